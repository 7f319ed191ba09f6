//! The plan of a removal: what somebody owns and has here, what refuses it at this moment, and what
//! remains to be done elsewhere. Asks the decision that removing asks; changes nothing.

use guildhall_domain::action::Action;
use guildhall_domain::departure::Estate;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::member::{Member, MemberKind, Surroundings};
use guildhall_domain::policy::OwnedObjects;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{Given, Grant};
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::Token;
use guildhall_store::read::{Page, credential, group as groups, resource as resources, service_account as accounts};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::departures::{Handover, around, estate, obstacles};
use super::members::load;
use super::view::MemberGroup;
use super::{Ctx, Place};

/// What the plan says where the policy wants it said (PL-11).
pub const UPSTREAM: &str = "access that other providers granted through this person, such as OAuth grants of connections, is not taken back here; revoke it there";

/// Something the person owns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnedThing {
    /// `res_…`
    pub resource: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What becomes of it when nothing is said: `organization`, `nobody`, or `undecided` where
    /// somebody has to say first.
    pub becomes: String,
}

/// Something granted to the person themself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldGrant {
    /// `grt_…`
    pub id: String,
    /// `res_…` of what it is on.
    pub resource: String,
    /// That one's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// That one's name.
    pub name: String,
    /// The role it gives, if it gives one.
    pub role: Option<String>,
    /// The permission it gives, if it gives one.
    pub permission: Option<String>,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A secret of the person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldToken {
    /// `tok_…`
    pub id: String,
    /// `token`, or `service_key` for one of a service account.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    pub name: String,
    /// The last four characters of the secret.
    pub last4: String,
}

/// A service account of the person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldAccount {
    /// `svc_…`
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What the person has here beside what they own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Holds {
    /// Granted to them directly; it goes with them.
    pub grants: Vec<HeldGrant>,
    /// Groups they are in.
    pub groups: Vec<MemberGroup>,
    /// Their own tokens; they stop working.
    pub tokens: Vec<HeldToken>,
    /// Service accounts they own; those stay.
    pub service_accounts: Vec<HeldAccount>,
}

/// Something that refuses the removal at this moment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// The code the removal would answer.
    pub code: String,
    /// What is in the way and what to do.
    pub detail: String,
    /// For `member.owns_resources`: the things.
    pub blockers: Vec<Value>,
}

/// What a removal meets and leaves.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RemovalPlan {
    /// What they own.
    pub owns: Vec<OwnedThing>,
    /// What they have beside.
    pub holds: Holds,
    /// What refuses the removal now; empty when nothing does.
    pub blocks: Vec<Block>,
    /// Secrets they made or could have copied: replace what still works.
    pub rotate: Vec<HeldToken>,
    /// What is not taken back anywhere else, where the policy wants it said.
    pub upstream: Option<String>,
}

impl From<&Token> for HeldToken {
    fn from(t: &Token) -> Self {
        let kind = match t.holder {
            MemberKind::Person => "token",
            MemberKind::ServiceAccount => "service_key",
        };
        Self { id: t.id.to_string(), kind: kind.to_owned(), name: t.name.clone(), last4: t.last4.clone() }
    }
}

/// The unrevoked tokens of a membership.
fn tokens_of(conn: &mut Conn<'_>, here: OrgId, member: MemberId) -> Result<Vec<HeldToken>, Stop> {
    let found = credential::tokens_of_member(conn, here, member, &Page { after: None, limit: u32::MAX })?;
    Ok(found.iter().map(Into::into).collect())
}

impl From<Refusal> for Block {
    fn from(why: Refusal) -> Self {
        let blockers = match why.extra {
            Some(("blockers", Value::Array(list))) => list,
            _ => Vec::new(),
        };
        Self { code: why.code.name().to_owned(), detail: why.detail, blockers }
    }
}

fn held_grants(conn: &mut Conn<'_>, place: &Place, grants: Vec<Grant>) -> Result<Vec<HeldGrant>, Stop> {
    let mut held = Vec::with_capacity(grants.len());
    for grant in grants {
        let on = resources::by_id(conn, place.organization.id, grant.resource)?.ok_or(Code::NotFound)?;
        let (role, permission) = match grant.given {
            Given::Role(slug) => (Some(slug), None),
            Given::Permission(name) => (None, Some(name)),
        };
        held.push(HeldGrant {
            id: grant.id.to_string(),
            resource: on.id.to_string(),
            kind: on.kind,
            name: on.name,
            role,
            permission,
            expires_at: grant.expires_at,
        });
    }
    Ok(held)
}

/// What becomes of each thing when nothing is said.
pub(super) fn owns(place: &Place, estate: &Estate) -> Vec<OwnedThing> {
    let becomes = match place.rules.policy().delete_owned_objects {
        OwnedObjects::OrgOwned => "organization",
        OwnedObjects::Orphan => "nobody",
        OwnedObjects::Block | OwnedObjects::TransferRequired => "undecided",
    };
    let thing = |resource: &guildhall_domain::resource::Resource| OwnedThing {
        resource: resource.id.to_string(),
        kind: resource.kind.clone(),
        name: resource.name.clone(),
        becomes: becomes.to_owned(),
    };
    estate.holdings.iter().map(|holding| thing(&holding.resource)).collect()
}

/// The plan for `member`, whoever asks having leave to.
fn drawn(
    conn: &mut Conn<'_>,
    place: &Place,
    member: &Member,
    around: Surroundings,
    estate: Estate,
) -> Result<RemovalPlan, Stop> {
    let here = place.organization.id;
    let blocks = obstacles(place, member, around, &estate).into_iter().map(Into::into).collect();
    let owns = owns(place, &estate);
    let groups = groups::of_members(conn, here, &[member.id])?;
    let groups =
        groups.into_iter().map(|(_, manager, id, name)| MemberGroup { id: id.to_string(), name, manager }).collect();
    let tokens = tokens_of(conn, here, member.id)?;
    // Whoever answers for a program could have copied its secrets (PL-9).
    let (mut rotate, mut service_accounts) = (tokens.clone(), Vec::new());
    for account in accounts::owned_by(conn, here, member.id)? {
        rotate.extend(tokens_of(conn, here, account.member.id)?);
        service_accounts.push(HeldAccount { id: account.id().to_string(), name: account.member.name });
    }
    let upstream = place.rules.policy().offboard_upstream_notice.then(|| UPSTREAM.to_owned());
    let grants = held_grants(conn, place, estate.grants)?;
    let holds = Holds { grants, groups, tokens, service_accounts };
    Ok(RemovalPlan { owns, holds, blocks, rotate, upstream })
}

/// The plan of a removal, for whoever may take people out, and for oneself.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn plan(ctx: &Ctx, organization: &str, member: &str) -> Result<RemovalPlan, Stop> {
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::MemberList)?;
        let found = load(conn, &place, &member)?;
        if place.me()?.id != found.id {
            place
                .permit(Action::MemberRemove)
                .or_else(|why| place.permit(Action::MemberDeactivate).map_err(|_| why))?;
        }
        let around = around(conn, &place, &found)?;
        let estate = estate(ctx, conn, &place, &found, &Handover::default())?;
        drawn(conn, &place, &found, around, estate)
    })
    .await
}
