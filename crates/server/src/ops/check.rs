//! May this subject do that? The question the program exists for. Asked of the database for now:
//! the same facts and the same formula as every other decision.

use guildhall_domain::action::Action;
use guildhall_domain::ids::{MemberId, ServiceAccountId, UserId};
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::permission::Bit;
use guildhall_domain::reach::{self, Site, Who};
use guildhall_domain::refusal::Refusal;
use guildhall_domain::rights;
use guildhall_domain::text::Email;
use guildhall_store::read::{group, identity, member as members, organization, resource};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ctx, Place, resources};

/// Most checks in one request.
pub const MOST: usize = 1_000;

/// One question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `usr_…`, `mem_…`, `svc_…` or a proved email address.
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

/// Answers one question.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn check(ctx: &Ctx, organization: &str, asked: Check) -> Result<Checked, Stop> {
    let organization = organization.to_owned();
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
    let subject = subject(conn, place, &asked.subject)?;
    // Anybody may ask about themself; about others only who has the right to.
    let mine = subject.as_ref().is_some_and(|s| Some(s.id) == place.standing.member.as_ref().map(|m| m.id));
    if !mine {
        place.permit(Action::AccessCheck)?;
    }
    let Some(bit) = place.rules.preset().bit(&asked.permission) else {
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
    // A check of oneself answers for the credential in use, of others for whatever they may have.
    let scopes = if mine { place.standing.scopes } else { None };
    let (path, grants) = match &asked.resource {
        // What is not here is reached by nobody; nothing tells it from what is hidden.
        Some(name) => match resources::find(conn, place, name) {
            Ok(target) => {
                let path = resource::path(conn, place.organization.id, target.id)?;
                (path, resource::path_grants(conn, place.organization.id, target.id)?)
            }
            Err(Stop::Refused(_)) => {
                return Ok(Checked { allowed: false, revision, reasons: asked.explain.then(Vec::new) });
            }
            Err(failed) => return Err(failed),
        },
        None => (Vec::new(), Vec::new()),
    };
    let site = Site { path: &path, grants: &grants };
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
    let (allowed, reasons) = reach::with(&place.rules, standing, site, who, ctx.now, |inputs| {
        (rights::effective(inputs).contains(bit), asked.explain.then(|| told(inputs, bit)))
    });
    Ok(Checked { allowed, revision, reasons })
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
