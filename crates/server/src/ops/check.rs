//! May this subject do that? The question the program exists for. Asked of the organization's rights
//! index: the same facts and the same formula as every other decision, and no database.

use std::collections::HashMap;
use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::ids::{MemberId, ResourceId, UserId};
use guildhall_domain::index::{Asked, Index, MemberAt, ResourceAt};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::permission::Bit;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::rights;
use guildhall_domain::text::Email;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{identity, member as members};
use guildhall_store::{Conn, Stop, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ctx, Place};

/// Most checks in one request.
pub const MOST: usize = 1_000;

/// One question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `usr_…`, `mem_…` or a proved email address.
    pub subject: String,
    /// Name of the permission.
    pub permission: String,
    /// On what: `res_…` or `type:external_id`; left out: the organization itself.
    #[serde(default)]
    pub resource: Option<String>,
    /// Answer only from this revision on.
    #[serde(default)]
    pub at_least_revision: Option<u64>,
    /// Tell why.
    #[serde(default)]
    pub explain: bool,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// May they?
    pub allowed: bool,
    /// The revision it was decided at.
    pub revision: u64,
    /// The chain that caused it, when asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reasons: Option<Vec<Value>>,
}

/// Many questions.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Up to 1,000.
    pub checks: Vec<Check>,
}

/// Many answers, all of one revision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllChecked {
    /// In the order of the questions.
    pub results: Vec<Checked>,
    /// The revision they were decided at.
    pub revision: u64,
}

/// May this subject do that?
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn check(ctx: &Ctx, organization: &str, asked: Check) -> Result<Checked, Stop> {
    let place = ctx.place_now(organization).await?;
    let addresses = addresses(ctx, std::slice::from_ref(&asked)).await?;
    let index = index(ctx, &place).await?;
    Asking { place: &place, index: &index, addresses, now: ctx.now }.one(&asked, "")
}

/// Answers many questions at one revision.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn batch(ctx: &Ctx, organization: &str, asked: Checks) -> Result<AllChecked, Stop> {
    if asked.checks.len() > MOST {
        return Err(Refusal::field("checks", "field.too_long", format!("at most {MOST} at a time")).into());
    }
    let place = ctx.place_now(organization).await?;
    let addresses = addresses(ctx, &asked.checks).await?;
    let index = index(ctx, &place).await?;
    let asking = Asking { place: &place, index: &index, addresses, now: ctx.now };
    let answers = asked.checks.iter().enumerate().map(|(at, check)| asking.one(check, &format!("checks[{at}].")));
    Ok(AllChecked { results: answers.collect::<Result<_, _>>()?, revision: index.revision() })
}

/// The organization's index; read when memory does not have it.
async fn index(ctx: &Ctx, place: &Place) -> Result<Arc<Index>, Stop> {
    let id = place.organization.id;
    match ctx.app.recall_index(id) {
        Some(index) => Ok(index),
        None => ctx.read(move |ctx, conn| Ok(ctx.app.index(conn, id)?.ok_or(Code::NotFound)?)).await,
    }
}

/// The key of a subject that is an address.
fn address(subject: &str) -> Option<Email> {
    subject.contains('@').then(|| Email::parse(subject, "subject").ok()).flatten()
}

/// Who has proved each of the addresses among the subjects, by its key.
async fn addresses(ctx: &Ctx, checks: &[Check]) -> Result<HashMap<String, Option<UserId>>, Stop> {
    let (mut known, mut unknown) = (HashMap::new(), Vec::new());
    for email in checks.iter().filter_map(|check| address(&check.subject)) {
        match ctx.app.memory().and_then(|memory| memory.addresses.get(email.key())) {
            Some(who) => drop(known.insert(email.key().to_owned(), who)),
            None => unknown.push(email.key().to_owned()),
        }
    }
    if !unknown.is_empty() {
        let read = ctx.read(move |ctx, conn| {
            let each = unknown.into_iter().map(|key| Ok((ctx.app.proved(conn, &key)?, key)));
            Ok(each.collect::<Result<Vec<_>, StoreError>>()?)
        });
        known.extend(read.await?.into_iter().map(|(who, key)| (key, who)));
    }
    Ok(known)
}

/// One request's questions: all of them are answered at one revision.
struct Asking<'a> {
    place: &'a Place,
    index: &'a Index,
    addresses: HashMap<String, Option<UserId>>,
    now: Timestamp,
}

impl Asking<'_> {
    fn one(&self, asked: &Check, field: &str) -> Result<Checked, Stop> {
        let (place, index) = (self.place, self.index);
        let (subject, revision) = (self.subject(&asked.subject), index.revision());
        // Anybody may ask about themself; about others only who has the right to.
        let mine = subject.is_some_and(|subject| index.id_of(subject) == place.standing.member.as_ref().map(|m| m.id));
        if !mine {
            place.permit(Action::AccessCheck)?;
        }
        let Some(bit) = index.rules().preset().bit(&asked.permission) else {
            let field = format!("{field}permission");
            return Err(Refusal::field(
                field,
                "permission.unknown",
                format!("no permission `{}`; GET the organization's permissions to see them", asked.permission),
            )
            .into());
        };
        if asked.at_least_revision.is_some_and(|least| least > revision) {
            let field = format!("{field}at_least_revision");
            return Err(
                Refusal::field(field, "revision.ahead", format!("the organization is at revision {revision}")).into()
            );
        }
        let at = match &asked.resource {
            // What is not here is reached by nobody; nothing tells it from what is hidden.
            Some(name) => match self.resource(name) {
                None => return Ok(Checked { allowed: false, revision, reasons: asked.explain.then(Vec::new) }),
                found => found,
            },
            None => None,
        };
        let Some(member) = subject else {
            let reasons = asked.explain.then(|| told(&rights::Inputs::at_root(None), bit));
            return Ok(Checked { allowed: false, revision, reasons });
        };
        // A check of oneself answers for the credential in use, of others for whatever they may have.
        let scopes = if mine { place.standing.scopes } else { None };
        let question = Asked { member, at, scopes, now: self.now };
        let reasons = asked.explain.then(|| index.spelled_out(&question, |inputs| told(inputs, bit)));
        Ok(Checked { allowed: index.may(&question, bit), revision, reasons })
    }

    /// The subject's membership here. Whoever is unknown, removed or of another organization has none.
    fn subject(&self, text: &str) -> Option<MemberAt> {
        if let Ok(id) = text.parse::<MemberId>() {
            let here = |member: &MemberAt| self.index.status_of(*member) != Some(Status::Invited);
            return self.index.member(id).filter(here);
        }
        if let Ok(id) = text.parse::<UserId>() {
            return self.index.member_of(id);
        }
        let who = *self.addresses.get(address(text)?.key())?;
        self.index.member_of(who?)
    }

    /// A resource by `res_…` or by `type:external_id`.
    fn resource(&self, name: &str) -> Option<ResourceAt> {
        match name.parse::<ResourceId>() {
            Ok(id) => self.index.resource(id),
            Err(_) => name.split_once(':').and_then(|(kind, external)| self.index.resource_named(kind, external)),
        }
    }
}

fn told(inputs: &rights::Inputs<'_>, bit: Bit) -> Vec<Value> {
    rights::explain(inputs, bit).iter().filter_map(|reason| serde_json::to_value(reason).ok()).collect()
}

/// The membership somebody names as in a check, as a write reads it: whoever is unknown, removed or of another
/// organization has none.
pub(super) fn subject(conn: &mut Conn<'_>, place: &Place, text: &str) -> Result<Option<Member>, Stop> {
    let here = place.organization.id;
    if let Ok(id) = text.parse::<MemberId>() {
        return Ok(members::by_id(conn, here, id)?.filter(|m| m.status != Status::Invited));
    }
    if let Ok(id) = text.parse::<UserId>() {
        return Ok(members::of_identity_here(conn, here, id)?);
    }
    let Ok(email) = Email::parse(text, "subject") else { return Ok(None) };
    match identity::verified(conn, email.key())? {
        Some(who) => Ok(members::of_identity_here(conn, here, who.id)?),
        None => Ok(None),
    }
}
