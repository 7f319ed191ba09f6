//! Who reaches a resource and whence, and taking somebody out of it.

use std::collections::BTreeMap;

use guildhall_domain::group::Belonging;
use guildhall_domain::ids::{GrantId, UserId};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Preset;
use guildhall_domain::reach::{self, Audience, Ground, Who};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Grant, Subject, Verb};
use guildhall_domain::rights::{self, Inputs, Reason};
use guildhall_domain::tenant::{TenantRole, standing};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::member::{self as members, After};
use guildhall_store::read::reach::{self as reaches, Order};
use guildhall_store::read::{group as groups, identity, tenant as tenants};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::resources::permitted;
use super::view::{List, MemberIdentity, MemberView, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;

/// Somebody who reaches a resource.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReachView {
    /// `mem_…`
    pub member: String,
    /// Who.
    pub identity: MemberIdentity,
    /// What they may do there.
    pub permissions: Vec<String>,
    /// Whence: roles and grants that give something there. Each has a `scope`: `organization` for
    /// what comes with the role, `above` for what comes from further up, `resource` for what was
    /// given here.
    pub sources: Vec<Value>,
    /// Last request seen of them in the organization, kept roughly.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
}

/// The permissions that are asked of resources of one type.
pub(super) fn asked_of(preset: &Preset, kind: &str) -> Mask {
    let there = preset.catalogue.iter().filter(|(_, permission)| permission.applies_to == kind);
    there.fold(Mask::EMPTY, |mask, (bit, _)| mask.with(bit))
}

/// What one member may do there, when they may do anything of what is `wanted`.
pub(super) struct Reached {
    pub(super) member: Member,
    pub(super) mask: Mask,
    pub(super) sources: Vec<Value>,
}

/// Owners of the tenant as they stand here, each at their place in a list of members.
fn above(conn: &mut Conn<'_>, place: &Place) -> Result<BTreeMap<UserId, (After, Member)>, Stop> {
    let (here, mut found) = (place.organization.id, BTreeMap::new());
    let Some(tenant) = place.organization.tenant else { return Ok(found) };
    let top = &place.rules.preset().top_role().slug;
    for owner in tenants::owner_ids(conn, tenant)? {
        let Some(who) = identity::by_id(conn, owner)? else { continue };
        let member = members::of_identity_here(conn, here, owner)?.filter(|member| member.status == Status::Active);
        if let Some(member) = standing(Some(TenantRole::Owner), &who, here, top, member) {
            found.insert(owner, (reaches::place(&member), member));
        }
    }
    Ok(found)
}

/// Members who may do any of `wanted` on this ground, and owners of the tenant, in `order`: `limit` of them and whether
/// more follow. `order` is left where the list goes on. `settle` says what of everything that they hold counts.
pub(super) fn reached(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    ground: &Ground,
    wanted: Mask,
    settle: impl Fn(&Member, &[Belonging], Mask) -> Mask,
    (mut order, limit): (Order, u32),
) -> Result<(Vec<Reached>, Option<Order>), Stop> {
    let here = place.organization.id;
    let audience = Audience::of(&place.rules, ground.site(), wanted, ctx.now);
    let (most, mut found) = (limit as usize, Vec::new());
    let owners = above(conn, place)?;
    loop {
        let mut window = reaches::candidates(conn, here, &audience, &order, limit + 1)?;
        let end = window.last().map(|(at, _)| order.at(at)).filter(|_| window.len() > most);
        window.retain(|(_, member)| member.user.is_none_or(|user| !owners.contains_key(&user)));
        let ahead =
            |(at, _): &&(After, Member)| order.is_before(at) && end.as_ref().is_none_or(|end| !end.is_before(at));
        window.extend(owners.values().filter(ahead).cloned());
        window.sort_by(|(one, _), (other, _)| order.compare(one, other));
        let ids: Vec<_> = window.iter().map(|(_, member)| member.id).collect();
        let seats = groups::of_members(conn, here, &ids)?;
        for (at, member) in window {
            if found.len() == most {
                return Ok((found, Some(order)));
            }
            order = order.at(&at);
            let mine: Vec<_> = seats
                .iter()
                .filter(|seat| seat.0 == member.id)
                .map(|seat| Belonging { group: seat.2, manager: seat.1 })
                .collect();
            let standing = place.rules.standing(&member.role, true, None);
            let who = Who { member: member.id, groups: &mine };
            let (mask, sources) = reach::with(&place.rules, Some(standing), ground.site(), who, ctx.now, |inputs| {
                let mask = rights::effective(inputs) & wanted;
                (mask, sources(inputs, ground, mask))
            });
            let mask = settle(&member, &mine, mask);
            if !mask.is_empty() {
                found.push(Reached { member, mask, sources });
            }
        }
        match end {
            Some(end) => order = end,
            None => return Ok((found, None)),
        }
    }
}

/// Everything that gives any of `mask`, each told once.
fn sources(inputs: &Inputs<'_>, ground: &Ground, mask: Mask) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::new();
    for reason in mask.iter().flat_map(|bit| rights::explain(inputs, bit)) {
        let (scope, on) = match reason {
            Reason::Role { .. } => ("organization", None),
            // What a group gives by itself.
            Reason::Grant { depth: 0, .. } => ("organization", None),
            Reason::Grant { depth, .. } => {
                let at = usize::from(depth).checked_sub(1).and_then(|at| ground.path.get(at));
                (if depth == inputs.depth { "resource" } else { "above" }, at.map(|resource| resource.id))
            }
            _ => continue,
        };
        let mut value = serde_json::to_value(&reason).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("scope".to_owned(), json!(scope));
            fields.extend(on.map(|on| ("on".to_owned(), json!(on))));
        }
        if !told.contains(&value) {
            told.push(value);
        }
    }
    told
}

/// A page of the people who reach a resource by name, with what they may do there and whence it comes.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`.
pub async fn list(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    limit: Option<u32>,
    after: Option<String>,
) -> Result<List<ReachView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    let limit = cursor::limit(limit)?;
    let after = after.as_deref().map(cursor::read::<(String, String)>).transpose()?;
    let after =
        after.map(|(key, id)| Ok::<_, Refusal>((key, id.parse().map_err(|_| Code::CursorInvalid)?))).transpose()?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (target, _) = permitted(ctx, conn, &place, &resource, Verb::Share)?;
        let preset = place.rules.preset();
        let wanted = asked_of(preset, &target.resource.kind);
        let (found, more) =
            reached(ctx, conn, &place, &target.ground, wanted, |_, _, held| held, (Order::Name(after), limit))?;
        let items = found.into_iter().map(|one| ReachView {
            member: one.member.id.to_string(),
            identity: MemberView::from(&one.member).identity,
            permissions: preset.catalogue.names(one.mask).into_iter().map(str::to_owned).collect(),
            sources: one.sources,
            last_active_at: one.member.last_active_at,
        });
        let next = match more {
            Some(Order::Name(Some((key, id)))) => Some(cursor::write(&(key, id.to_string()))),
            _ => None,
        };
        Ok(List { items: items.collect(), next })
    })
    .await
}

/// Takes somebody out of a resource: what was granted to them there goes. Whom something else lets
/// in stays, and the refusal says what.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.elsewhere`, `grant.not_offered`.
pub async fn remove(ctx: &Ctx, organization: &str, resource: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, resource, member) = (organization.to_owned(), resource.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let here = place.organization.id;
        let (target, permit) = permitted(ctx, tx, &place, &resource, Verb::Share)?;
        let who = members::by_id(tx, here, id(&member)?)?.ok_or(Code::NotFound)?;
        let mine = |grant: &&Grant| grant.resource == target.resource.id && grant.subject == Subject::Member(who.id);
        let direct: Vec<Grant> = target.ground.grants.iter().filter(mine).cloned().collect();
        let without: Vec<GrantId> = direct.iter().map(|grant| grant.id).collect();
        let groups = groups::of_member(tx, here, who.id)?;
        let wanted = asked_of(place.rules.preset(), &target.resource.kind);
        let elsewhere = reach::elsewhere(
            &place.rules,
            place.rules.standing(&who.role, who.status == Status::Active, None),
            target.ground.site(),
            Who { member: who.id, groups: &groups },
            (wanted, &without),
            ctx.now,
        );
        tx.apply(rules_of::take_out(&permit, &place.rules, &target.resource, direct, elsewhere.as_ref())?)?;
        Ok(Nothing {})
    })
    .await
}
