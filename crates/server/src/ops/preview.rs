//! What a write would do, told from the changes it would make. Does not keep anything.

use std::collections::HashSet;
use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::group::GroupChange;
use guildhall_domain::ids::{GroupId, MemberId, OrgId};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::organization::Organization;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{Rules, only};
use guildhall_domain::role::{CustomRole, RoleChange};
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, group as groups, member as members, organization, role as roles};
use guildhall_store::{Stop, Tx};

use super::view::{EventTarget, Preview, PreviewAccess, PreviewChange, PreviewMail};
use super::{Ctx, captured, stranded};

/// The preview of everything `tx` has applied.
///
/// # Errors
/// [`Stop`].
pub fn of(ctx: &Ctx, tx: &mut Tx<'_>) -> Result<Preview, Stop> {
    let changes: Vec<Change> = tx.changes().to_vec();
    let mut preview = Preview::default();
    let mut touched: Vec<OrgId> = Vec::new();
    for change in &changes {
        if let Some(fact) = change.audit() {
            let (kind, id, name) = fact.target;
            preview.changes.push(PreviewChange {
                kind: fact.kind.to_owned(),
                target: EventTarget { kind: kind.to_owned(), id, name },
                before: fact.before,
                after: fact.after,
            });
        }
        if let Change::MailQueued { kind, to, .. } = change {
            preview.mails.push(PreviewMail { to: to.clone(), kind: (*kind).to_owned() });
        }
        let here = match change {
            Change::PolicyChanged { organization, .. } => Some(*organization),
            Change::PresetApplied { after, .. } => Some(after.id),
            Change::Role(change) => Some(change.role().organization),
            Change::Group(change) => Some(change.group().organization),
            other => other.access().map(|access| access.organization),
        };
        touched.extend(here.filter(|id| !touched.contains(id)));
    }
    for id in touched {
        if let Some(here) = organization::by_id(tx, id)? {
            compare(ctx, tx, &here, &changes, &mut preview)?;
        }
    }
    Ok(preview)
}

/// Who has other rights than before: whoever's membership or role changed, and whoever is active with a role that
/// means something else by another knob, another preset or an edited role.
fn compare(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    here: &Organization,
    changes: &[Change],
    preview: &mut Preview,
) -> Result<(), Stop> {
    let own = roles::of_organization(tx, here.id)?;
    let (before, after) = (earlier(ctx, here, own.clone(), changes)?, ctx.app.rules_of(here, own)?);
    let giving = groups::giving(tx, here.id)?;
    let (before, after) = (giving_before(&before, &giving, changes), (*after).clone().and_groups(&giving));
    // Whoever comes in, changes the role or the groups by the same write is told by that.
    let mut told: HashSet<MemberId> = HashSet::new();
    for one in touched(tx, here, changes)? {
        told.insert(one.member);
        let [was, is] = [(&before, &one.before), (&after, &one.after)]
            .map(|(rules, (role, groups))| at_root(rules, role.as_deref(), groups));
        tell((one.member, &one.email), (&was, &is), preview);
    }
    preview.stranded.extend(stranded::of(tx, here.id, &before, &after)?);
    preview.without_factor.extend(stranded::without_factor(tx, here.id, &before, &after)?);
    preview.needs_sso.extend(captured::of(tx, here.id, &before, &after)?);
    let regrouped = before.policy().group_required != after.policy().group_required;
    for role in after.organization_roles() {
        if !regrouped && names(&before, &role.slug) == names(&after, &role.slug) {
            continue;
        }
        let filter = Filter { role: Some(role.slug.clone()), status: Some(Status::Active), ..Filter::default() };
        let holders = members::list(tx, here.id, &filter, &Page { after: None, limit: u32::MAX })?;
        let rest = holders.into_iter().map(|(_, member)| member).filter(|member| !told.contains(&member.id));
        holders_told(tx, here.id, (&before, &after), &rest.collect::<Vec<_>>(), preview)?;
    }
    Ok(())
}

/// Tells what holders of a role that means something else gain and lose. What their groups give as before, they keep.
fn holders_told(
    tx: &mut Tx<'_>,
    here: OrgId,
    (before, after): (&Rules, &Rules),
    holders: &[Member],
    preview: &mut Preview,
) -> Result<(), Stop> {
    const AT_ONCE: usize = 500;
    let by_group = before.groups_matter() || after.groups_matter();
    for some in holders.chunks(AT_ONCE) {
        let ids: Vec<MemberId> = some.iter().filter(|_| by_group).map(|member| member.id).collect();
        let seats = groups::of_members(tx, here, &ids)?;
        for member in some {
            let mine = seats.iter().filter(|seat| seat.0 == member.id);
            let mine: Vec<GroupId> = mine.map(|seat| seat.2).collect();
            let [was, is] = [before, after].map(|rules| at_root(rules, Some(&member.role), &mine));
            tell((member.id, member.label()), (&was, &is), preview);
        }
    }
    Ok(())
}

/// Somebody whose role or groups change: what they were and are.
struct Touched {
    member: MemberId,
    email: String,
    before: (Option<String>, Vec<GroupId>),
    after: (Option<String>, Vec<GroupId>),
}

/// Everybody whose role, groups, or what a group of theirs gives, the changes touch.
fn touched(tx: &mut Tx<'_>, here: &Organization, changes: &[Change]) -> Result<Vec<Touched>, Stop> {
    let mut found: Vec<Touched> = Vec::new();
    let mut seated: Vec<MemberId> = Vec::new();
    for change in changes {
        if let Some(access) = change.access().filter(|access| access.organization == here.id) {
            let (before, after) = ((access.before, Vec::new()), (access.after, Vec::new()));
            found.push(Touched { member: access.member, email: access.email, before, after });
        }
        match change {
            Change::Group(GroupChange::SeatSet { after: seat, .. } | GroupChange::SeatLeft { seat, .. }) => {
                seated.push(seat.member);
            }
            Change::Group(GroupChange::PermissionsSet { group, .. }) => {
                let all = groups::seats(tx, here.id, group.id, &Page { after: None, limit: u32::MAX })?;
                seated.extend(all.iter().map(|seat| seat.member));
            }
            _ => {}
        }
    }
    for id in seated {
        if !found.iter().any(|one| one.member == id)
            && let Some(member) = members::by_id(tx, here.id, id)?.filter(|member| member.status == Status::Active)
        {
            let role = || (Some(member.role.clone()), Vec::new());
            found.push(Touched { member: id, email: member.label().to_owned(), before: role(), after: role() });
        }
    }
    for one in &mut found {
        one.after.1 = groups::of_member(tx, here.id, one.member)?.iter().map(|seat| seat.group).collect();
        one.before.1.clone_from(&one.after.1);
        for change in changes.iter().rev() {
            match change {
                Change::Group(GroupChange::SeatSet { group, before: None, after, .. })
                    if after.member == one.member =>
                {
                    one.before.1.retain(|id| *id != group.id);
                }
                Change::Group(GroupChange::SeatLeft { group, seat, .. }) if seat.member == one.member => {
                    one.before.1.push(group.id);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The same rules with what groups gave before the changes.
fn giving_before(rules: &Rules, giving: &[(GroupId, Vec<String>)], changes: &[Change]) -> Rules {
    let mut was = giving.to_vec();
    for change in changes.iter().rev() {
        if let Change::Group(GroupChange::PermissionsSet { group, .. } | GroupChange::Deleted { group }) = change {
            was.retain(|(id, _)| *id != group.id);
            was.push((group.id, group.permissions.clone()));
        }
    }
    rules.clone().and_groups(&was)
}

/// What a role in these groups gives at the root, by name; nothing for nobody.
fn at_root(rules: &Rules, role: Option<&str>, groups: &[GroupId]) -> Vec<String> {
    let mask = role.map_or(Mask::EMPTY, |slug| rules.root_mask(slug, groups));
    rules.preset().catalogue.whole_names(mask).into_iter().map(str::to_owned).collect()
}

/// The rules as they were before the changes.
fn earlier(ctx: &Ctx, here: &Organization, mut own: Vec<CustomRole>, changes: &[Change]) -> Result<Arc<Rules>, Stop> {
    let mut was = here.clone();
    for change in changes.iter().rev() {
        match change {
            Change::PolicyChanged { organization, before, .. } if *organization == here.id => {
                was.policy = before.clone();
            }
            Change::PresetApplied { before, .. } if before.id == here.id => was = (**before).clone(),
            Change::Role(change) if change.role().organization == here.id => {
                own.retain(|role| role.id != change.role().id);
                if !matches!(change, RoleChange::Created { .. }) {
                    own.push(change.role().clone());
                }
            }
            _ => {}
        }
    }
    Ok(ctx.app.rules_of(&was, own)?)
}

/// What a role gives at the root, by name: bits mean something in one preset only.
fn names<'a>(rules: &'a Rules, role: &str) -> Vec<&'a str> {
    rules.preset().catalogue.whole_names(rules.role_mask(role))
}

fn tell((member, email): (MemberId, &str), (before, after): (&[String], &[String]), preview: &mut Preview) {
    let [before, after] = [before, after].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
    for (list, permissions) in
        [(&mut preview.access_gained, only(&after, &before)), (&mut preview.access_lost, only(&before, &after))]
    {
        if !permissions.is_empty() {
            let permissions = permissions.into_iter().map(str::to_owned).collect();
            list.push(PreviewAccess {
                member: member.to_string(),
                email: email.to_owned(),
                resource: None,
                permissions,
            });
        }
    }
}
