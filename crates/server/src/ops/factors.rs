//! One's own second factors: authenticator apps, backup codes, and what there is. Passkeys are made in `passkeys`.

use guildhall_domain::change::Change;
use guildhall_domain::factor::{self as rules_of, BACKUP_CODES, CodeHash, Factor, FactorChange, FactorKind};
use guildhall_domain::ids::{FactorId, UserId};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::proof;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::credential::Session;
use guildhall_store::read::factor as factors;
use guildhall_store::{Stop, StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::limited;
use super::view::Nothing;
use super::{Answer, Caller, Credential, Ctx, Place, id};
use crate::memory::Head;
use crate::security::secret::{Secret, random_bytes};
use crate::security::totp;

/// What secrets of authenticator apps are sealed for.
const SECRETS: &str = "factor.totp";
/// How fresh the proof of whoever changes their factors must be: a session left open is not enough.
const FRESH_S: i64 = 900;

/// One second factor.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorView {
    /// `fac_…`
    pub id: String,
    /// `totp` (an authenticator app) or `passkey`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What you call it.
    pub name: String,
    /// Whether it is in force; an app is once a code of it was given.
    pub confirmed: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last opened something.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl From<&Factor> for FactorView {
    fn from(f: &Factor) -> Self {
        Self {
            id: f.id.to_string(),
            kind: f.kind.word().to_owned(),
            name: f.name.clone(),
            confirmed: f.confirmed_at.is_some(),
            created_at: f.created_at,
            last_used_at: f.last_used_at,
        }
    }
}

/// Your second factors.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorList {
    /// Oldest first; never paged.
    pub items: Vec<FactorView>,
    /// Always `null`.
    pub next: Option<String>,
    /// How many backup codes are left.
    pub backup_codes_left: u64,
}

/// A new authenticator app.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// What you call it; `Authenticator app` when left out.
    #[serde(default)]
    pub name: Option<String>,
}

/// The secret of an authenticator app, in this answer only.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AppSecret {
    /// `fac_…`
    pub id: String,
    /// The secret in base 32, for typing.
    pub secret: String,
    /// The same for a QR code: `otpauth://totp/…`
    pub uri: String,
}

/// A code of the app that is set up.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Six digits.
    pub code: String,
}

/// A factor in force, with backup codes when it is the first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorAdded {
    /// The factor.
    pub factor: FactorView,
    /// Backup codes, in this answer only; there when it is the first factor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub backup_codes: Option<Vec<String>>,
}

/// Backup codes, in this answer only.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupCodes {
    /// Each works once, in place of a code of the app.
    pub backup_codes: Vec<String>,
}

/// Another name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameFactor {
    /// 1 to 100 characters.
    pub name: String,
}

/// The session of whoever may change their factors: signed in, and lately proved.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`.
pub fn guard_fresh(ctx: &Ctx) -> Result<Session, Refusal> {
    match &ctx.caller()?.credential {
        Credential::Token(_) => Err(Code::FactorSession.into()),
        Credential::Session(session) if ctx.now.seconds_since(session.proof.proved_at) > FRESH_S => {
            Err(Code::ProofStale.into())
        }
        Credential::Session(session) => Ok(session.clone()),
    }
}

/// Codes to show, and what is kept of them.
pub(super) fn new_codes(ctx: &Ctx, user: UserId) -> (Vec<String>, Vec<CodeHash>) {
    let made = ctx.app.credentials.backup_codes(user.uuid().as_bytes(), BACKUP_CODES, ctx.app.entropy.as_ref());
    made.into_iter().unzip()
}

/// The codes that these changes put into force, to be shown once.
pub(super) fn shown_codes(ctx: &Ctx, changes: &[Change], codes: Vec<String>) -> Option<Vec<String>> {
    let kept = |c: &Change| matches!(c, Change::Factor(FactorChange::CodesMade { hashes, .. }) if !hashes.is_empty());
    (changes.iter().any(kept) && !ctx.dry_run).then_some(codes)
}

/// Everything you have.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub async fn list(ctx: &Ctx) -> Result<FactorList, Stop> {
    super::identities::guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    ctx.read(move |_, conn| {
        let items = factors::of_identity(conn, user)?.iter().map(Into::into).collect();
        Ok(FactorList { items, next: None, backup_codes_left: factors::codes_left(conn, user)? })
    })
    .await
}

/// Begins setting up an authenticator app: its secret is in this answer only.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `factor.already`, refused values.
pub async fn begin_app(ctx: &Ctx, wanted: NewApp) -> Result<Answer<AppSecret>, Stop> {
    guard_fresh(ctx)?;
    let who = ctx.caller()?.identity.clone();
    let name = text::short_name(wanted.name.as_deref().unwrap_or("Authenticator app"), "name")?;
    ctx.write(move |ctx, tx| {
        tx.take_identity(who.id)?.ok_or(Code::AuthInvalid)?;
        let secret: Secret<[u8; totp::SECRET_BYTES]> = Secret::new(random_bytes(ctx.app.entropy.as_ref()));
        let factor = Factor {
            id: FactorId::new(tx.fresh()),
            user: who.id,
            kind: FactorKind::Totp,
            name: name.clone(),
            confirmed_at: None,
            count: 0,
            created_at: ctx.now,
            last_used_at: None,
        };
        let (id, bound) = (factor.id.to_string(), factor.id.uuid());
        let sealed = ctx.app.key.seal(SECRETS, bound.as_bytes(), secret.expose(), ctx.app.entropy.as_ref());
        let present = factors::of_identity(tx, who.id)?;
        tx.apply(rules_of::begin_app(factor, sealed, &present)?)?;
        let issuer = ctx.app.issuer();
        Ok(AppSecret {
            id,
            secret: totp::base32(secret.expose()),
            uri: totp::uri(&issuer, &who.email, secret.expose()),
        })
    })
    .await
}

/// The time step that a code of an app stands for.
fn step(ctx: &Ctx, tx: &mut Tx<'_>, factor: &Factor, code: &str) -> Result<Option<u64>, Stop> {
    let sealed = factors::sealed(tx, factor.id)?.ok_or(Code::NotFound)?;
    let secret = ctx.app.key.open(SECRETS, factor.id.uuid().as_bytes(), &sealed);
    let secret = secret.map_err(|e| StoreError::Corrupt(format!("the secret of {}: {e}", factor.id)))?;
    Ok(totp::step_of(secret.expose(), code, ctx.now.micros() / 1_000_000))
}

/// Puts the app into force by a code of it. Whoever does so has given a second factor in this session.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `not_found`, `factor.code_wrong`, `rate.limited`.
pub async fn confirm_app(ctx: &Ctx, wanted: Confirm) -> Result<Answer<FactorAdded>, Stop> {
    let session = guard_fresh(ctx)?;
    let (user, now_ms) = (session.user, ctx.now.micros() / 1_000);
    let key = format!("confirm {user}");
    ctx.app.limits.codes.may(&key, now_ms).map_err(limited)?;
    let written = ctx.write(move |ctx, tx| {
        tx.take_identity(user)?.ok_or(Code::AuthInvalid)?;
        let present = factors::of_identity(tx, user)?;
        let app = present.iter().find(|f| f.kind == FactorKind::Totp).ok_or(Code::NotFound)?;
        let step = step(ctx, tx, app, &wanted.code)?;
        let (codes, hashes) = new_codes(ctx, user);
        let changes = rules_of::confirm_app(app, step, &present, hashes, ctx.now)?;
        let backup_codes = shown_codes(ctx, &changes, codes);
        tx.apply(changes)?;
        tx.apply(vec![Change::SessionProved { user: session.user, session: session.id, factor: true, at: ctx.now }])?;
        let factor = FactorView { confirmed: true, last_used_at: Some(ctx.now), ..app.into() };
        Ok(FactorAdded { factor, backup_codes })
    });
    let written = written.await;
    if matches!(&written, Err(Stop::Refused(refusal)) if refusal.code == Code::FactorCodeWrong) {
        ctx.app.limits.codes.failed(&key, now_ms);
    }
    written
}

/// Takes the code that somebody gave in place of a second factor: of their app, or a backup code.
/// INVARIANT: the caller has taken the identity, so that no code opens twice.
///
/// # Errors
/// `auth.wrong_code`.
pub(super) fn take_code(ctx: &Ctx, tx: &mut Tx<'_>, user: UserId, given: &str) -> Result<(), Stop> {
    let digits = given.chars().filter(|c| !c.is_whitespace()).all(|c| c.is_ascii_digit());
    if digits {
        let present = factors::of_identity(tx, user)?;
        let app = present.iter().find(|f| f.kind == FactorKind::Totp).ok_or(Code::AuthCodeWrong)?;
        let step = step(ctx, tx, app, given)?;
        return Ok(tx.apply(rules_of::take_step(app, step, ctx.now)?)?);
    }
    let hash = ctx.app.credentials.backup_hash(user.uuid().as_bytes(), given);
    if !factors::is_code(tx, user, &hash)? {
        return Err(Code::AuthCodeWrong.into());
    }
    Ok(tx.apply(vec![Change::Factor(FactorChange::CodeUsed { user, hash })])?)
}

/// One of the caller's factors, with all of them, once the identity is taken.
fn taken(tx: &mut Tx<'_>, user: UserId, factor: &str) -> Result<(Factor, Vec<Factor>), Stop> {
    let wanted: FactorId = id(factor)?;
    tx.take_identity(user)?.ok_or(Code::AuthInvalid)?;
    let present = factors::of_identity(tx, user)?;
    let found = present.iter().find(|f| f.id == wanted).cloned().ok_or(Code::NotFound)?;
    Ok((found, present))
}

/// Gives a factor another name.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `not_found`, refused values.
pub async fn rename(ctx: &Ctx, factor: &str, wanted: RenameFactor) -> Result<Answer<FactorView>, Stop> {
    let user = guard_fresh(ctx)?.user;
    let (factor, name) = (factor.to_owned(), text::short_name(&wanted.name, "name")?);
    ctx.write(move |_, tx| {
        let (found, _) = taken(tx, user, &factor)?;
        tx.apply(rules_of::rename(&found, name.clone()))?;
        Ok(FactorView { name: name.clone(), ..(&found).into() })
    })
    .await
}

/// Removes a factor; with the last one the backup codes go.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `not_found`.
pub async fn remove(ctx: &Ctx, factor: &str) -> Result<Answer<Nothing>, Stop> {
    let user = guard_fresh(ctx)?.user;
    let factor = factor.to_owned();
    ctx.write(move |_, tx| {
        let (found, present) = taken(tx, user, &factor)?;
        tx.apply(rules_of::remove(&found, &present))?;
        Ok(Nothing {})
    })
    .await
}

/// New backup codes; the old ones are dead.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `factor.none`.
pub async fn make_codes(ctx: &Ctx) -> Result<Answer<BackupCodes>, Stop> {
    let user = guard_fresh(ctx)?.user;
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?.ok_or(Code::AuthInvalid)?;
        let (codes, hashes) = new_codes(ctx, user);
        let present = factors::of_identity(tx, user)?;
        tx.apply(rules_of::make_codes(user, &present, hashes)?)?;
        Ok(BackupCodes { backup_codes: if ctx.dry_run { Vec::new() } else { codes } })
    })
    .await
}

/// From when on the session in use does not count in an organization for want of a second factor.
pub(super) fn due_here(caller: &Caller, head: &Head, member: &Member) -> Option<Timestamp> {
    let Credential::Session(session) = &caller.credential else { return None };
    let asked = member.status == Status::Active && rules_of::asked_of(&head.rules, member);
    let missing = asked && session.proof.factor_at.is_none();
    missing.then(|| rules_of::due(&head.rules, member, head.past.factors_since))
}

impl Ctx {
    /// Refuses a session whose proof is older than the organization wants for what is asked. Tokens have scopes of
    /// their own and are not asked.
    ///
    /// # Errors
    /// `proof.stale`.
    pub fn guard_recent(&self, place: &Place) -> Result<(), Refusal> {
        match &self.caller()?.credential {
            Credential::Token(_) => Ok(()),
            Credential::Session(session) => proof::guard_recent(place.rules.policy(), &session.proof, self.now),
        }
    }
}
