//! May this subject do that? The question the program exists for. Asked of the database for now:
//! the same facts and the same formula as every other decision.

use guildhall_domain::action::Action;
use guildhall_domain::ids::{MemberId, ServiceAccountId, UserId};
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::permission::Bit;
use guildhall_domain::preset::Rules;
use guildhall_domain::reach::{self, Ground, Who};
use guildhall_domain::refusal::Refusal;
use guildhall_domain::rights;
use guildhall_domain::text::Email;
use guildhall_store::read::{group, identity, member as members, organization, reach as reaches};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ctx, Place, resources, share_links};

/// Most checks in one request.
pub const MOST: usize = 1_000;

/// One question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `usr_…`, `mem_…`, `svc_…`, a proved email address or a share link's token; left out: whoever asks.
    #[serde(default)]
    pub subject: Option<String>,
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

/// Answers one question.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn check(ctx: &Ctx, organization: &str, asked: Check) -> Result<Checked, Stop> {
    let organization = organization.to_owned();
    if let Some(link) = ctx.link {
        return share_links::check(ctx, organization, link, asked).await;
    }
    ctx.glance(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let revision = organization::revision(conn, place.organization.id)?;
        one(ctx, conn, &place, &asked, revision, "")
    })
    .await
}

/// Answers many questions at one revision.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn batch(ctx: &Ctx, organization: &str, asked: Checks) -> Result<AllChecked, Stop> {
    if asked.checks.len() > MOST {
        return Err(Refusal::field("checks", "field.too_long", format!("at most {MOST} at a time")).into());
    }
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let revision = organization::revision(conn, place.organization.id)?;
        let answers = asked
            .checks
            .iter()
            .enumerate()
            .map(|(at, check)| one(ctx, conn, &place, check, revision, &format!("checks[{at}].")));
        Ok(AllChecked { results: answers.collect::<Result<_, _>>()?, revision })
    })
    .await
}

fn one(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    asked: &Check,
    revision: u64,
    field: &str,
) -> Result<Checked, Stop> {
    if let Some(link) = share_links::token(ctx, asked.subject.as_deref()) {
        place.permit(Action::AccessCheck)?;
        let held = share_links::held(ctx, conn, &link)?.filter(|held| held.organization.id == place.organization.id);
        return share_links::answer(conn, &place.rules, held.as_ref(), asked, revision, field);
    }
    let subject = subject_or_caller(conn, place, asked.subject.as_deref())?;
    // Anybody may ask about themself; about others only who has the right to.
    let mine = subject.as_ref().is_some_and(|s| Some(s.id) == place.standing.member.as_ref().map(|m| m.id));
    if !mine {
        place.permit(Action::AccessCheck)?;
    }
    let bit = known(&place.rules, asked, revision, field)?;
    // A check of oneself answers for the credential in use, of others for whatever they may have.
    let scopes = if mine { place.standing.scopes } else { None };
    let ground = match &asked.resource {
        // What is not here is reached by nobody; nothing tells it from what is hidden.
        Some(name) => match resources::find(conn, place, name) {
            Ok(target) => reaches::ground(conn, place.organization.id, target.id)?,
            Err(Stop::Refused(_)) => {
                return Ok(Checked { allowed: false, revision, reasons: asked.explain.then(Vec::new) });
            }
            Err(failed) => return Err(failed),
        },
        None => Ground::default(),
    };
    let groups = match &subject {
        Some(member) => group::of_member(conn, place.organization.id, member.id)?,
        None => Vec::new(),
    };
    let standing = subject.as_ref().map(|m| place.rules.standing(&m.role, m.status == Status::Active, scopes));
    // Without a subject there is no standing, and then nobody is looked for among the grants.
    let who = subject.as_ref().map(|m| Who { member: m.id, groups: &groups });
    let Some(who) = who else {
        let inputs = rights::Inputs::at_root(None);
        let reasons = asked.explain.then(|| told(&inputs, bit));
        return Ok(Checked { allowed: false, revision, reasons });
    };
    let (allowed, reasons) = reach::with(&place.rules, standing, ground.site(), who, ctx.now, |inputs| {
        (rights::effective(inputs).contains(bit), asked.explain.then(|| told(inputs, bit)))
    });
    Ok(Checked { allowed, revision, reasons })
}

/// The permission asked for, when it and the revision asked for are there.
pub(super) fn known(rules: &Rules, asked: &Check, revision: u64, field: &str) -> Result<Bit, Refusal> {
    let bit = permission(rules, &asked.permission, field)?;
    at_least(asked.at_least_revision, revision, field)?;
    Ok(bit)
}

/// The bit of a permission that a request names.
pub(super) fn permission(rules: &Rules, name: &str, field: &str) -> Result<Bit, Refusal> {
    rules.preset().bit(name).ok_or_else(|| {
        let detail = format!("no permission `{name}`; GET the organization's permissions to see them");
        Refusal::field(format!("{field}permission"), "permission.unknown", detail)
    })
}

/// Refuses to answer from before the revision that a request asks for.
pub(super) fn at_least(wanted: Option<u64>, revision: u64, field: &str) -> Result<(), Refusal> {
    if wanted.is_some_and(|least| least > revision) {
        let field = format!("{field}at_least_revision");
        return Err(Refusal::field(field, "revision.ahead", format!("the organization is at revision {revision}")));
    }
    Ok(())
}

/// The membership a question is about: the caller's own when it names nobody.
pub(super) fn subject_or_caller(
    conn: &mut Conn<'_>,
    place: &Place,
    text: Option<&str>,
) -> Result<Option<Member>, Stop> {
    match text {
        Some(text) => subject(conn, place, text),
        None => Ok(Some(place.me()?.clone())),
    }
}

fn told(inputs: &rights::Inputs<'_>, bit: Bit) -> Vec<Value> {
    rights::explain(inputs, bit).iter().filter_map(|reason| serde_json::to_value(reason).ok()).collect()
}

/// The subject's membership here. Whoever is unknown, removed or of another organization has none.
pub(super) fn subject(conn: &mut Conn<'_>, place: &Place, text: &str) -> Result<Option<Member>, Stop> {
    let here = place.organization.id;
    if let Ok(id) = text.parse::<MemberId>() {
        return Ok(members::by_id(conn, here, id)?.filter(|m| m.status != Status::Invited));
    }
    if let Ok(id) = text.parse::<ServiceAccountId>() {
        let found = members::by_id(conn, here, MemberId::new(id.uuid()))?;
        return Ok(found.filter(|m| m.kind == MemberKind::ServiceAccount));
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
