//! Ending a group; a dry run of it tells what the people in it lose. Decides nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_domain::action::Action;
use guildhall_domain::group as rules_of;
use guildhall_domain::ids::{GroupId, MemberId, ResourceId};
use guildhall_domain::member::Status;
use guildhall_domain::permission::Mask;
use guildhall_store::read::{Page, group as groups, member as members, reach, resource as resources};
use guildhall_store::{Conn, Stop};

use super::group_sight::load;
use super::resources::rights_on;
use super::view::{Nothing, Preview, PreviewAccess};
use super::{Answer, Ctx, Place};

/// As many people of the group, and as many things granted to it, as a dry run looks at: others wait to write.
const MOST: u32 = 200;

/// What somebody may do: at the organization (`None`), or at something granted to the group.
type Rights = BTreeMap<(MemberId, Option<ResourceId>), Mask>;

/// Who is in a group, and what is granted to it, from before it ends.
struct Touched {
    members: Vec<MemberId>,
    resources: Vec<Option<ResourceId>>,
}

impl Touched {
    fn of(conn: &mut Conn<'_>, place: &Place, group: GroupId) -> Result<Self, Stop> {
        let here = place.organization.id;
        let seats = groups::seats(conn, here, group, &Page { after: None, limit: MOST })?;
        let mut granted: Vec<_> = resources::of_group(conn, here, group)?.iter().map(|grant| grant.resource).collect();
        granted.sort_unstable();
        granted.dedup();
        granted.truncate(MOST as usize);
        let resources = std::iter::once(None).chain(granted.into_iter().map(Some)).collect();
        Ok(Self { members: seats.iter().map(|seat| seat.member).collect(), resources })
    }

    fn rights(&self, ctx: &Ctx, conn: &mut Conn<'_>, place: &Place) -> Result<Rights, Stop> {
        let present = members::some(conn, place.organization.id, &self.members)?;
        let mut found = Rights::new();
        for resource in &self.resources {
            let ground = match resource {
                Some(id) => reach::ground(conn, place.organization.id, *id)?,
                None => guildhall_domain::reach::Ground::default(),
            };
            for member in present.iter().filter(|member| member.status == Status::Active) {
                found.insert((member.id, *resource), rights_on(ctx, conn, place, member, None, &ground)?);
            }
        }
        Ok(found)
    }

    /// What is lost between two moments.
    fn lost(&self, conn: &mut Conn<'_>, place: &Place, before: &Rights, after: &Rights) -> Result<Lost, Stop> {
        let mut lost = Lost::new();
        for member in members::some(conn, place.organization.id, &self.members)? {
            for resource in &self.resources {
                let key = (member.id, *resource);
                let had = before.get(&key).copied().unwrap_or(Mask::EMPTY);
                let gone = had - after.get(&key).copied().unwrap_or(Mask::EMPTY);
                let permissions = place.rules.preset().catalogue.names(gone).into_iter().map(str::to_owned).collect();
                if !gone.is_empty() {
                    lost.push(PreviewAccess {
                        member: member.id.to_string(),
                        email: member.label().to_owned(),
                        resource: resource.map(|id| id.to_string()),
                        permissions,
                    });
                }
            }
        }
        Ok(lost)
    }
}

type Lost = Vec<PreviewAccess>;

/// Ends a group.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn delete(ctx: &Ctx, organization: &str, group: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, group) = (organization.to_owned(), group.to_owned());
    // A preview is made of what is there after the changes; what a group gave is told from before.
    let told: Arc<Mutex<Lost>> = Arc::default();
    let tell = Arc::clone(&told);
    let answer = ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        place.permit(Action::GroupList)?;
        let found = load(tx, &place, &group)?;
        let permit = place.permit(Action::GroupManage)?;
        ctx.guard_seen(found.revision)?;
        let here = place.organization.id;
        let alone = groups::is_alone(tx, here, found.id)?;
        let managers = groups::managers_of_this_only(tx, here, found.id)?;
        let managers = members::some(tx, here, &managers)?;
        let changes = rules_of::delete(&permit, &place.rules, &found, alone, &managers)?;
        if !ctx.dry_run {
            tx.apply(changes)?;
            return Ok(Nothing {});
        }
        let touched = Touched::of(tx, &place, found.id)?;
        let before = touched.rights(ctx, tx, &place)?;
        tx.apply(changes)?;
        let after = touched.rights(ctx, tx, &place)?;
        *tell.lock().unwrap_or_else(PoisonError::into_inner) = touched.lost(tx, &place, &before, &after)?;
        Ok(Nothing {})
    });
    match answer.await? {
        Answer::Preview(preview) => {
            let mut lost = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
            let known = |one: &PreviewAccess| lost.iter().any(|l| l.member == one.member && l.resource.is_none());
            let others: Lost = preview.access_lost.iter().filter(|one| !known(one)).cloned().collect();
            lost.extend(others);
            Ok(Answer::Preview(Preview { access_lost: lost, ..preview }))
        }
        done => Ok(done),
    }
}
