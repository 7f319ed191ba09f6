//! What callers see of things: the shapes of answers. Does not load anything.

use guildhall_domain::member::{Member, Status};
use guildhall_domain::organization::Organization;
use guildhall_domain::service_account::shown_id;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::audit::Event;
use guildhall_store::read::credential::Session;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use super::token_shapes::TokenView;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
    /// Where the next page begins: pass it as `after`. `null` on the last page.
    pub next: Option<String>,
}

/// Who stands behind a membership.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberIdentity {
    /// `usr_…`, `svc_…` of a service account; `null` while invited.
    pub id: Option<String>,
    /// The address; `null` for service accounts.
    pub email: Option<String>,
    /// The name, perhaps empty.
    pub name: String,
    /// The handle.
    pub handle: Option<String>,
    /// `person` or `service_account`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A group a member is in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberGroup {
    /// `grp_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the member manages it.
    pub manager: bool,
}

/// One member, invited people included.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberView {
    /// `mem_…`
    pub id: String,
    /// Who.
    pub identity: MemberIdentity,
    /// Slug of the organization role.
    pub role: String,
    /// `invited`, `requested`, `pending_approval`, `active` or `deactivated`.
    pub status: String,
    /// Groups they are in.
    pub groups: Vec<MemberGroup>,
    /// When they came in; `null` while invited or waiting.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
    /// Last request seen, kept roughly.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
    /// Whether a directory keeps them, by SCIM.
    #[serde(default)]
    pub managed: bool,
    /// `founder`, `invitation`, `invite_link`, `sign_up`, `direct` or `scim`.
    pub origin: String,
    /// `mem_…` of whoever invited or added them; `null` for those who came by themselves.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl From<&Member> for MemberView {
    fn from(m: &Member) -> Self {
        let person = m.kind == guildhall_domain::member::MemberKind::Person;
        Self {
            id: m.id.to_string(),
            identity: MemberIdentity {
                id: m.user.filter(|_| m.status != Status::Invited).map(|id| shown_id(id, m.kind)),
                email: Some(m.email.clone()).filter(|email| person && !email.is_empty()),
                name: m.name.clone(),
                handle: m.handle.clone(),
                kind: m.kind.word().to_owned(),
            },
            role: m.role.clone(),
            status: m.status.word().to_owned(),
            groups: Vec::new(),
            joined_at: m.joined_at,
            last_active_at: m.last_active_at,
            managed: m.managed,
            origin: m.origin.word().to_owned(),
            created_by: m.created_by.map(|id| id.to_string()),
            revision: m.revision,
        }
    }
}

/// One organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationView {
    /// `org_…`
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The preset it was made with.
    pub preset: String,
    /// That preset's version.
    pub preset_version: u32,
    /// The tenant it belongs to, if any: `tnt_…`.
    pub tenant: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl From<&Organization> for OrganizationView {
    fn from(o: &Organization) -> Self {
        Self {
            id: o.id.to_string(),
            slug: o.slug.clone(),
            name: o.name.clone(),
            preset: o.preset.clone(),
            preset_version: o.preset_version,
            tenant: o.tenant.map(|id| id.to_string()),
            created_at: o.created_at,
            revision: o.revision,
        }
    }
}

/// One browser session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// `ses_…`
    pub id: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last request seen, kept roughly.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where it began from.
    pub address: String,
    /// The browser's name for itself.
    pub agent: String,
    /// With what it began: `password`, `passkey` or `sso`.
    pub method: String,
    /// Whether it is the one asking.
    pub current: bool,
}

impl SessionView {
    /// As its owner sees it.
    #[must_use]
    pub fn of(s: &Session, current: bool) -> Self {
        Self {
            id: s.id.to_string(),
            created_at: s.created_at,
            seen_at: s.seen_at,
            expires_at: s.expires_at,
            address: s.address.clone(),
            agent: s.agent.clone(),
            method: s.proof.method.word().to_owned(),
            current,
        }
    }
}

/// Who did something.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventActor {
    /// `identity`, `service_account`, `system` or `anonymous`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `usr_…` or `svc_…`, empty for others.
    pub id: String,
    /// Address or name.
    pub name: String,
}

/// What something happened to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventTarget {
    /// Kind of thing.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name at that moment.
    pub name: String,
}

/// One record of the audit trail.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// `evt_…`
    pub id: String,
    /// The organization's revision it belongs to.
    pub revision: u64,
    /// Dotted noun and verb, such as `member.role_changed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who.
    pub actor: EventActor,
    /// The session or token used.
    pub credential: Option<String>,
    /// What to.
    pub target: EventTarget,
    /// What was.
    pub before: Value,
    /// What is.
    pub after: Value,
    /// `success`, `denied` or `failure`.
    pub outcome: String,
    /// Where the request came from.
    pub address: String,
    /// The request.
    pub request_id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Event> for EventView {
    fn from(e: Event) -> Self {
        let (kind, id, name) = e.target;
        Self {
            id: e.id.to_string(),
            revision: e.revision,
            kind: e.kind,
            actor: EventActor { kind: e.author.kind, id: e.author.id, name: e.author.name },
            credential: Some(e.author.credential).filter(|c| !c.is_empty()),
            target: EventTarget { kind, id, name },
            before: e.before,
            after: e.after,
            outcome: e.outcome,
            address: e.author.address,
            request_id: e.author.request_id,
            at: e.at,
        }
    }
}

/// One thing a write would change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewChange {
    /// Dotted type of the audit record it would leave.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it would happen to.
    pub target: EventTarget,
    /// What is.
    pub before: Value,
    /// What would be.
    pub after: Value,
}

/// Access somebody would gain or lose.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewAccess {
    /// `mem_…`
    pub member: String,
    /// Their address.
    pub email: String,
    /// `res_…` where it is about one thing and what is below it; left out, about the organization.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<String>,
    /// The permissions.
    pub permissions: Vec<String>,
}

/// A letter a write would send.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewMail {
    /// To whom.
    pub to: String,
    /// Which letter.
    pub kind: String,
}

/// What a write would do.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// In order.
    pub changes: Vec<PreviewChange>,
    /// Access that would come.
    pub access_gained: Vec<PreviewAccess>,
    /// Access that would go.
    pub access_lost: Vec<PreviewAccess>,
    /// Mail that would go out.
    pub mails: Vec<PreviewMail>,
    /// People who wait, and whose way in a change of the policy closes or does not open.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stranded: Vec<super::stranded::PreviewStranded>,
    /// Who would be asked for a second factor and has none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub without_factor: Vec<super::stranded::PreviewWithoutFactor>,
    /// People who would get in by single sign-on alone.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs_sso: Vec<super::captured::PreviewCaptured>,
    /// Of an import: what would become of each item.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<super::import_shapes::ImportOutcome>,
}

/// Nothing to say but that it is done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Nothing {}
