//! Adding the people of a tenant to its organizations directly.

use guildhall_domain::action::Action;
use guildhall_domain::direct::{self as rules_of, Newcomer};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::MemberId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::Email;
use guildhall_store::read::{identity, member as members, tenant as tenants};
use guildhall_store::{Stop, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::MemberView;
use super::{Answer, Ctx, Place, joining};

/// One of the tenant's people, to be a member at once.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectMember {
    /// Their handle.
    #[serde(default)]
    pub handle: Option<String>,
    /// Their proved address.
    #[serde(default)]
    pub email: Option<String>,
    /// The role they get; the organization's usual one when left out.
    #[serde(default)]
    pub role: Option<String>,
}

/// Whoever is named, when the tenant of the organization has them.
fn of_tenant(tx: &mut Tx<'_>, place: &Place, wanted: &DirectMember) -> Result<Option<Identity>, Stop> {
    let who = match (wanted.handle.as_deref(), wanted.email.as_deref()) {
        (Some(handle), None) => identity::by_handle(tx, handle.trim_start_matches('@'))?,
        (None, Some(email)) => identity::verified(tx, Email::parse(email, "email")?.key())?,
        _ => return Err(Refusal::field("handle", "field.missing", "name one person, by `handle` or by `email`").into()),
    };
    let (Some(who), Some(tenant)) = (who, place.organization.tenant) else { return Ok(None) };
    Ok(tenants::role(tx, tenant, &who)?.map(|_| who))
}

/// Adds one of the tenant's people.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn add(ctx: &Ctx, organization: &str, wanted: DirectMember) -> Result<Answer<MemberView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberInvite)?;
        let here = place.organization.id;
        let who = of_tenant(tx, &place, &wanted)?;
        let facts = joining::facts(tx, &place.rules, here, who.as_ref().map(|who| who.id))?;
        let newcomer = Newcomer { who: who.as_ref(), role: wanted.role.as_deref(), facts: &facts };
        let id = MemberId::new(tx.fresh());
        tx.apply(rules_of::add(&permit, &place.rules, newcomer, id, ctx.now)?)?;
        Ok((&members::by_id(tx, here, id)?.ok_or(Code::NotFound)?).into())
    })
    .await
}
