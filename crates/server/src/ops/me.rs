//! Who am I, with what, and where do I belong? From memory, where it knows all of it.

use std::sync::Arc;

use guildhall_domain::identity::Identity;
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::refusal::Code;
use guildhall_domain::service_account::shown_id;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{identity, member as members, organization};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{MemberGroup, MemberView, OrganizationView};
use super::{Credential, Ctx, factors};
use crate::memory::Head;
use crate::memory::people::{Belongs, Seat};

/// One's own identity.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IdentityView {
    /// `usr_…`, or `svc_…` of a service account.
    pub id: String,
    /// `person` or `service_account`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The address; `null` for service accounts.
    pub email: Option<String>,
    /// Whether it was proved.
    pub email_verified: bool,
    /// The name.
    pub name: String,
    /// The handle.
    pub handle: Option<String>,
    /// Administrator of the installation.
    pub administrator: bool,
}

impl IdentityView {
    /// The address; empty for a service account.
    #[must_use]
    pub fn address(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }
}

/// The credential in use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CredentialView {
    /// `session` or `token`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ses_…` or `tok_…`.
    pub id: String,
    /// What a token carries; `null` is everything its holder may.
    pub scopes: Option<Vec<String>>,
}

/// One's place in one organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Belonging {
    /// The organization.
    pub organization: OrganizationView,
    /// The membership.
    pub membership: MemberView,
    /// Slug of the role.
    pub role: String,
    /// From when on this session does not count here without a second factor; `null` where none is missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub factor_due_at: Option<Timestamp>,
}

/// Who am I?
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The identity.
    pub identity: IdentityView,
    /// The credential in use.
    pub credential: CredentialView,
    /// Active and waiting memberships, as far as the credential reaches.
    pub memberships: Vec<Belonging>,
    /// The CSRF token of a session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub csrf_token: Option<String>,
}

/// A membership with what is shown beside it.
struct Known {
    head: Head,
    member: Arc<Member>,
    last_active_at: Option<Timestamp>,
    groups: Arc<Vec<MemberGroup>>,
}

impl Known {
    fn of(head: Head, seat: &Seat, groups: Arc<Vec<MemberGroup>>) -> Self {
        Self { head, member: Arc::clone(&seat.member), last_active_at: seat.last_active_at(), groups }
    }
}

/// Who am I, with what, and where do I belong?
///
/// # Errors
/// `auth.required`.
pub async fn me(ctx: &Ctx) -> Result<Me, Stop> {
    let who = &ctx.caller()?.identity;
    if let Some(belongs) = ctx.app.recall_belongs(who.id)
        && let Some(told) = remembered(ctx, who, &belongs)?
    {
        return Ok(told);
    }
    ctx.glance(|ctx, conn| {
        let who = &ctx.caller()?.identity;
        let mut memberships = Vec::new();
        for seat in &ctx.app.belongs(conn, who.id)?.seats {
            if let Some(head) = ctx.app.head_of(conn, seat.member.organization)? {
                memberships.push(Known::of(head, seat, ctx.app.groups(conn, &seat.member)?));
            }
        }
        shown(ctx, who, memberships)
    })
    .await
}

/// The same from memory, when it knows all of it.
fn remembered(ctx: &Ctx, who: &Identity, belongs: &Belongs) -> Result<Option<Me>, Stop> {
    let place = |seat: &Seat| {
        let head = ctx.app.recall_head_of(seat.member.organization)?;
        Some(Known::of(head, seat, ctx.app.recall_groups(seat.member.id)?))
    };
    let memberships: Option<Vec<_>> = belongs.seats.iter().map(place).collect();
    memberships.map(|memberships| shown(ctx, who, memberships)).transpose()
}

/// The same as the database has it, after a write.
pub(super) fn load(ctx: &Ctx, conn: &mut Conn<'_>) -> Result<Me, Stop> {
    let who = identity::by_id(conn, ctx.caller()?.identity.id)?.ok_or(Code::AuthInvalid)?;
    let mut memberships = Vec::new();
    for member in members::of_identity(conn, who.id)? {
        if let Some(found) = organization::by_id(conn, member.organization)? {
            let groups = ctx.app.groups(conn, &member)?;
            let head = ctx.app.head_read(conn, found)?;
            memberships.push(Known { head, last_active_at: member.last_active_at, member: Arc::new(member), groups });
        }
    }
    shown(ctx, &who, memberships)
}

fn shown(ctx: &Ctx, who: &Identity, memberships: Vec<Known>) -> Result<Me, Stop> {
    let caller = ctx.caller()?;
    let (kind, id, scopes, bound) = match &caller.credential {
        Credential::Session(session) => ("session", session.id.to_string(), None, None),
        Credential::Token(token) => ("token", token.id.to_string(), token.scopes.clone(), token.organization),
    };
    let waiting = |m: &Member| matches!(m.status, Status::Active | Status::PendingApproval | Status::Requested);
    let is_mine = |member: &Member| waiting(member) && bound.is_none_or(|only| only == member.organization);
    let mut mine = Vec::with_capacity(memberships.len());
    mine.extend(memberships.into_iter().filter(|known| is_mine(&known.member)).map(|known| Belonging {
        factor_due_at: factors::due_here(caller, &known.head, &known.member),
        organization: known.head.organization.as_ref().into(),
        role: known.member.role.clone(),
        membership: MemberView {
            groups: known.groups.to_vec(),
            last_active_at: known.last_active_at,
            ..known.member.as_ref().into()
        },
    }));
    Ok(Me {
        identity: IdentityView {
            id: shown_id(who.id, caller.kind()),
            kind: caller.kind().word().to_owned(),
            email: Some(who.email.clone()).filter(|_| caller.kind() == MemberKind::Person),
            email_verified: who.email_verified_at.is_some(),
            name: who.name.clone(),
            handle: who.handle.clone(),
            administrator: who.administrator,
        },
        credential: CredentialView { kind: kind.to_owned(), id, scopes },
        memberships: mine,
        csrf_token: caller.session().map(|s| ctx.app.credentials.csrf_token(s.uuid().as_bytes())),
    })
}
