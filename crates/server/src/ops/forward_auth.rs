//! What a proxy asks before it lets a request through: who is this, and may they? Decides nothing itself.

use guildhall_domain::member::MemberKind;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::service_account::shown_id;
use guildhall_store::Stop;

use super::check::{self, Check};
use super::token_shapes::kind_of;
use super::{Credential, Ctx};

/// What must hold for a request to be let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Id or slug; the token's own when left out.
    pub organization: Option<String>,
    /// A permission that whoever asks must have there.
    pub permission: Option<String>,
    /// On what: `res_…` or `type:external_id`; left out: the organization itself.
    pub resource: Option<String>,
}

/// Who is let through. What is not known is empty.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// `usr_…` or `svc_…`
    pub user: String,
    /// A proved address.
    pub email: String,
    /// The name for people.
    pub name: String,
    /// The handle.
    pub handle: String,
    /// `session`, `personal_token` or `service_token`.
    pub credential: &'static str,
    /// `org_…`
    pub organization: String,
    /// Its slug.
    pub slug: String,
    /// `mem_…`
    pub member: String,
    /// Slug of the role there.
    pub role: String,
}

/// Who asks, when everything that is wanted holds.
///
/// # Errors
/// `auth.required`, `auth.invalid`, `not_found`, `access.denied`, refused values.
pub async fn pass(ctx: &Ctx, wanted: Wanted) -> Result<Passed, Stop> {
    let caller = ctx.caller()?;
    let (bound, credential) = match &caller.credential {
        Credential::Token(token) => (token.organization.map(|id| id.to_string()), kind_of(token.holder)),
        Credential::Session(_) => (None, "session"),
    };
    let person = caller.kind() == MemberKind::Person;
    let proved = person && caller.identity.email_verified_at.is_some();
    let who = Passed {
        user: shown_id(caller.identity.id, caller.kind()),
        email: if proved { caller.identity.email.clone() } else { String::new() },
        name: caller.identity.name.clone(),
        handle: caller.identity.handle.clone().unwrap_or_default(),
        credential,
        ..Passed::default()
    };
    let Some(organization) = wanted.organization.or(bound) else {
        return match wanted.permission.or(wanted.resource) {
            None => Ok(who),
            Some(_) => {
                let detail = "name the organization in which the permission is asked";
                Err(Refusal::field("organization", "field.missing", detail).into())
            }
        };
    };
    let place = ctx.place_now(&organization).await?;
    match (wanted.permission, wanted.resource) {
        (Some(permission), resource) => {
            let asked = Check { permission, resource, ..Check::default() };
            if !check::check(ctx, &organization, asked).await?.allowed {
                return Err(Code::AccessDenied.into());
            }
        }
        (None, Some(_)) => {
            let detail = "name the permission that is asked on the resource";
            return Err(Refusal::field("permission", "field.missing", detail).into());
        }
        (None, None) => {}
    }
    let me = place.me()?;
    Ok(Passed {
        organization: place.organization.id.to_string(),
        slug: place.organization.slug.clone(),
        member: me.id.to_string(),
        role: me.role.clone(),
        ..who
    })
}
