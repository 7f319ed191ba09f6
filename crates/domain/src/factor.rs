//! Second factors: authenticator apps, passkeys and backup codes, and when an organization asks for them.
//! Computes no codes and verifies no signatures; what was computed comes in.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::action::Action;
use crate::change::{AuditFact, Change};
use crate::ids::{FactorId, OrgId, UserId};
use crate::member::{Member, MemberKind, Surroundings, guard_recovery, words};
use crate::policy::FactorsRequired;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// How many factors one person may have.
const FACTORS_MOST: usize = 20;
/// How many backup codes are made at a time.
pub const BACKUP_CODES: usize = 10;

words! {
    /// What sort of factor it is.
    FactorKind {
        /// An app that computes codes from a shared secret (RFC 6238).
        Totp = "totp",
        /// A key pair of a device (`WebAuthn`), which is two factors at once.
        Passkey = "passkey",
    }
}

/// One second factor, as the store keeps it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose.
    pub user: UserId,
    /// What sort.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// When it was first used; before that it is asked for nowhere.
    pub confirmed_at: Option<Timestamp>,
    /// The last time step whose code was taken, or the passkey's signature counter.
    pub count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last opened something.
    pub last_used_at: Option<Timestamp>,
}

/// The hash of one backup code.
pub type CodeHash = [u8; 32];

/// One recorded change of somebody's factors.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum FactorChange {
    /// An app was shown its secret; it takes the place of one that was never confirmed.
    Begun {
        factor: Box<Factor>,
        sealed: Vec<u8>,
    },
    /// The app is in force.
    Confirmed {
        factor: Box<Factor>,
        step: u64,
        at: Timestamp,
    },
    /// A passkey is in force.
    PasskeyAdded {
        factor: Box<Factor>,
        sealed: Vec<u8>,
        credential: Vec<u8>,
    },
    Renamed {
        factor: Box<Factor>,
        name: String,
    },
    /// It opened something; `sealed` is what is kept of a passkey from here on.
    Used {
        factor: FactorId,
        count: u64,
        sealed: Option<Vec<u8>>,
        at: Timestamp,
    },
    Removed {
        factor: Box<Factor>,
    },
    /// Backup codes, in the place of all earlier ones.
    CodesMade {
        user: UserId,
        hashes: Vec<CodeHash>,
    },
    CodeUsed {
        user: UserId,
        hash: CodeHash,
    },
    /// An administrator took all factors of a person away.
    Reset {
        member: Box<Member>,
        user: UserId,
    },
    /// An administrator had a link for a new password mailed to a person.
    LinkSent {
        member: Box<Member>,
    },
}

impl FactorChange {
    /// What the audit trail says of it; `None` for what belongs to a session that begins.
    #[must_use]
    pub fn audit(&self) -> Option<AuditFact> {
        let of = |f: &Factor, kind, before, after| {
            let target = ("factor", f.id.to_string(), f.name.clone());
            Some(AuditFact { organization: None, kind, target, before, after })
        };
        let own = |user: UserId, kind, after| {
            let target = ("identity", user.to_string(), String::new());
            Some(AuditFact { organization: None, kind, target, before: Value::Null, after })
        };
        let shown = |f: &Factor| json!({"identity": f.user, "type": f.kind.word(), "name": f.name});
        match self {
            Self::Begun { .. } | Self::Used { .. } => None,
            Self::Confirmed { factor, .. } | Self::PasskeyAdded { factor, .. } => {
                of(factor, "factor.added", Value::Null, shown(factor))
            }
            Self::Renamed { factor, name } => of(factor, "factor.renamed", shown(factor), json!({"name": name})),
            Self::Removed { factor } => of(factor, "factor.removed", shown(factor), Value::Null),
            Self::CodesMade { user, hashes } => own(*user, "factor.codes_made", json!({"count": hashes.len()})),
            Self::CodeUsed { user, .. } => own(*user, "factor.code_used", Value::Null),
            Self::Reset { member, user } => Some(AuditFact {
                organization: Some(member.organization),
                kind: "member.factors_reset",
                target: ("member", member.id.to_string(), member.label().to_owned()),
                before: Value::Null,
                after: json!({"identity": user}),
            }),
            Self::LinkSent { member } => Some(AuditFact {
                organization: Some(member.organization),
                kind: "member.password_link_sent",
                target: ("member", member.id.to_string(), member.label().to_owned()),
                before: Value::Null,
                after: Value::Null,
            }),
        }
    }
}

/// Those of somebody's factors that are in force.
pub fn confirmed(factors: &[Factor]) -> impl Iterator<Item = &Factor> {
    factors.iter().filter(|f| f.confirmed_at.is_some())
}

/// Begins setting up an authenticator app. There is one at a time; one never confirmed makes way.
///
/// # Errors
/// `factor.already`.
pub fn begin_app(factor: Factor, sealed: Vec<u8>, present: &[Factor]) -> Result<Vec<Change>, Refusal> {
    if confirmed(present).any(|f| f.kind == FactorKind::Totp) {
        return Err(Code::FactorAlready.into());
    }
    Ok(vec![Change::Factor(FactorChange::Begun { factor: Box::new(factor), sealed })])
}

/// Puts an app into force by a code of it. The first factor comes with backup codes.
///
/// # Errors
/// `factor.already`, `factor.code_wrong`.
pub fn confirm_app(
    factor: &Factor,
    step: Option<u64>,
    present: &[Factor],
    codes: Vec<CodeHash>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if factor.confirmed_at.is_some() {
        return Err(Code::FactorAlready.into());
    }
    let step = step.ok_or(Code::FactorCodeWrong)?;
    let mut changes = vec![Change::Factor(FactorChange::Confirmed { factor: Box::new(factor.clone()), step, at: now })];
    changes.extend(first_codes(factor.user, present, codes));
    Ok(changes)
}

fn first_codes(user: UserId, present: &[Factor], hashes: Vec<CodeHash>) -> Option<Change> {
    let first = confirmed(present).next().is_none();
    first.then_some(Change::Factor(FactorChange::CodesMade { user, hashes }))
}

/// Registers a passkey, which its device has just proved. The first factor comes with backup codes.
///
/// # Errors
/// `factor.too_many`.
pub fn add_passkey(
    factor: Factor,
    sealed: Vec<u8>,
    credential: Vec<u8>,
    present: &[Factor],
    codes: Vec<CodeHash>,
) -> Result<Vec<Change>, Refusal> {
    if present.len() >= FACTORS_MOST {
        return Err(Code::FactorTooMany.into());
    }
    let user = factor.user;
    let mut changes = vec![Change::Factor(FactorChange::PasskeyAdded { factor: Box::new(factor), sealed, credential })];
    changes.extend(first_codes(user, present, codes));
    Ok(changes)
}

/// Takes a code of an app.
/// INVARIANT: the identity was taken before `factor` was read, so no code counts twice.
///
/// # Errors
/// `auth.wrong_code`, also for a code that was taken before.
pub fn take_step(factor: &Factor, step: Option<u64>, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    let fresh = step.filter(|step| factor.confirmed_at.is_some() && *step > factor.count);
    let count = fresh.ok_or(Code::AuthCodeWrong)?;
    Ok(vec![Change::Factor(FactorChange::Used { factor: factor.id, count, sealed: None, at: now })])
}

/// Gives a factor another name.
#[must_use]
pub fn rename(factor: &Factor, name: String) -> Vec<Change> {
    match name == factor.name {
        true => Vec::new(),
        false => vec![Change::Factor(FactorChange::Renamed { factor: Box::new(factor.clone()), name })],
    }
}

/// Removes a factor; with the last one the backup codes go.
#[must_use]
pub fn remove(factor: &Factor, present: &[Factor]) -> Vec<Change> {
    let mut changes = vec![Change::Factor(FactorChange::Removed { factor: Box::new(factor.clone()) })];
    if factor.confirmed_at.is_some() && !confirmed(present).any(|f| f.id != factor.id) {
        changes.push(Change::Factor(FactorChange::CodesMade { user: factor.user, hashes: Vec::new() }));
    }
    changes
}

/// New backup codes in the place of the old ones.
///
/// # Errors
/// `factor.none`.
pub fn make_codes(user: UserId, present: &[Factor], hashes: Vec<CodeHash>) -> Result<Vec<Change>, Refusal> {
    if confirmed(present).next().is_none() {
        return Err(Code::FactorNone.into());
    }
    Ok(vec![Change::Factor(FactorChange::CodesMade { user, hashes })])
}

/// Takes all factors of a person away, who lost them, and ends their sessions.
///
/// Factors are the person's, not the organization's: where they belong to other organizations too, only an
/// administrator of the installation does it.
///
/// # Errors
/// `member.top_role_required`, `access.denied`, `member.state`, `factor.elsewhere`.
pub fn reset(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    by_administrator: bool,
) -> Result<Vec<Change>, Refusal> {
    let user = guard_recovery(permit, rules, member)?;
    if around.active_elsewhere && !by_administrator {
        return Err(Code::FactorElsewhere.into());
    }
    Ok(vec![
        Change::Factor(FactorChange::Reset { member: Box::new(member.clone()), user }),
        Change::SessionsEnded { user, except: None, why: "second factors reset" },
    ])
}

/// Has a link for a new password mailed to a person: to an address whose proof, or a directory's word, says that it
/// is theirs.
///
/// # Errors
/// `member.unreachable`.
pub fn mail_link(member: &Member, reachable: bool) -> Result<Vec<Change>, Refusal> {
    if !reachable {
        return Err(Code::MemberUnreachable.into());
    }
    Ok(vec![Change::Factor(FactorChange::LinkSent { member: Box::new(member.clone()) })])
}

/// Whether the policy asks a second factor of a member.
#[must_use]
pub fn asked_of(rules: &Rules, member: &Member) -> bool {
    if member.kind != MemberKind::Person {
        return false;
    }
    match rules.policy().mfa_required {
        FactorsRequired::Off => false,
        FactorsRequired::All => true,
        FactorsRequired::Administrators => {
            let rights = rules.role_mask(&member.role);
            let preset = rules.preset();
            preset.is_top(&member.role)
                || Action::ALL.iter().any(|a| a.administers() && rights.contains(preset.action_bit(*a)))
        }
    }
}

/// From when on a member who is asked for a factor is refused without one: the time of grace runs from the policy's
/// change, or from when the person came in.
#[must_use]
pub fn due(rules: &Rules, member: &Member, asked_since: Timestamp) -> Timestamp {
    let from = asked_since.max(member.joined_at.unwrap_or(member.created_at));
    from.plus_s(rules.policy().mfa_grace_s)
}

/// The organization that a change of the policy makes look at its people's factors anew.
#[must_use]
pub fn asks_anew(change: &Change) -> Option<OrgId> {
    let knob = "mfa.required";
    match change {
        Change::PolicyChanged { organization, before, after } => {
            (before.get(knob) != after.get(knob)).then_some(*organization)
        }
        Change::PresetApplied { after, .. } => Some(after.id),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn app(count: u64, confirmed: bool) -> Factor {
        Factor {
            id: FactorId::new(Uuid::from_u128(1)),
            user: UserId::new(Uuid::from_u128(2)),
            kind: FactorKind::Totp,
            name: "phone".to_owned(),
            confirmed_at: confirmed.then(|| Timestamp::from_micros(0)),
            count,
            created_at: Timestamp::from_micros(0),
            last_used_at: None,
        }
    }

    #[test]
    fn a_step_counts_once_and_never_an_earlier_one() {
        let now = Timestamp::from_micros(9);
        assert!(take_step(&app(5, true), Some(6), now).is_ok());
        for (factor, step) in [(app(5, true), Some(5)), (app(5, true), Some(4)), (app(5, true), None)] {
            assert_eq!(take_step(&factor, step, now).unwrap_err().code, Code::AuthCodeWrong);
        }
        assert!(take_step(&app(0, false), Some(6), now).is_err(), "not in force yet");
    }

    #[test]
    fn the_first_factor_brings_codes_and_the_last_takes_them_along() {
        let now = Timestamp::from_micros(9);
        let made = confirm_app(&app(0, false), Some(1), &[app(0, false)], vec![[7; 32]], now).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(confirm_app(&app(0, false), None, &[], Vec::new(), now).unwrap_err().code, Code::FactorCodeWrong);
        assert_eq!(remove(&app(1, true), &[app(1, true)]).len(), 2);
        let other = Factor { id: FactorId::new(Uuid::from_u128(3)), ..app(1, true) };
        assert_eq!(remove(&app(1, true), &[app(1, true), other]).len(), 1);
        assert_eq!(make_codes(app(0, true).user, &[app(0, false)], Vec::new()).unwrap_err().code, Code::FactorNone);
        assert_eq!(begin_app(app(0, false), Vec::new(), &[app(1, true)]).unwrap_err().code, Code::FactorAlready);
    }
}
