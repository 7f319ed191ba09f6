//! What follows from a change by itself: an organization begins with its preset's groups, and whoever joins
//! enters those that are for everybody. Each consequence is a change of its own, with its record in the trail.

use guildhall_domain::change::Change;
use guildhall_domain::group::{Group, GroupChange, GroupOrigin, enter};
use guildhall_domain::ids::GroupId;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Preset;

use crate::error::StoreError;
use crate::read::{Page, group, member};
use crate::tx::Tx;

/// The consequences of one change that was just applied.
pub(crate) fn of(tx: &mut Tx<'_>, change: &Change) -> Result<Vec<Change>, StoreError> {
    match change {
        Change::OrganizationCreated { organization } => groups_of_preset(tx, organization),
        Change::PresetApplied { after, .. } => {
            let mut changes = groups_of_preset(tx, after)?;
            let everybody =
                member::list(tx, after.id, &member::Filter::default(), &Page { after: None, limit: u32::MAX })?;
            let fresh: Vec<Group> = changes.iter().filter_map(made_for_everybody).collect();
            for (_, member) in everybody.iter().filter(|(_, member)| came_in(member)) {
                changes.extend(enter(member, &fresh));
            }
            Ok(changes)
        }
        Change::MemberJoined { member } | Change::InvitationAccepted { member, .. } if came_in(member) => {
            joins(tx, member)
        }
        Change::MemberApproved { member, .. } | Change::MemberReactivated { member } => joins(tx, member),
        _ => Ok(Vec::new()),
    }
}

fn came_in(member: &Member) -> bool {
    matches!(member.status, Status::Active | Status::PendingApproval | Status::Deactivated)
}

fn joins(tx: &mut Tx<'_>, member: &Member) -> Result<Vec<Change>, StoreError> {
    if !tx.welcomes(member.organization)? {
        return Ok(Vec::new());
    }
    let groups = group::joining(tx, member.organization, member.id)?;
    Ok(enter(member, &groups))
}

fn made_for_everybody(change: &Change) -> Option<Group> {
    match change {
        Change::Group(GroupChange::Created { group }) if group.joins => Some((**group).clone()),
        _ => None,
    }
}

/// The groups of the preset that the organization does not have, by slug or by name.
fn groups_of_preset(tx: &mut Tx<'_>, organization: &Organization) -> Result<Vec<Change>, StoreError> {
    // Most presets name none, and then the file need not be read.
    if !organization.preset_text.contains("[[group]]") {
        return Ok(Vec::new());
    }
    let preset = Preset::parse(&organization.preset, &organization.preset_text)
        .map_err(|_| StoreError::Corrupt(format!("the preset of {} does not parse", organization.id)))?;
    let mut changes = Vec::new();
    for one in &preset.groups {
        if group::of_preset(tx, organization.id, &one.slug, &one.name)?.is_some() {
            continue;
        }
        let made = Group {
            id: GroupId::new(tx.fresh()),
            organization: organization.id,
            name: one.name.clone(),
            description: one.description.clone(),
            origin: GroupOrigin::Local,
            external_id: None,
            slug: Some(one.slug.clone()),
            reserved: one.reserved,
            joins: one.joins,
            permissions: preset.catalogue.names(one.permissions).into_iter().map(str::to_owned).collect(),
            created_at: tx.now(),
            revision: 0,
        };
        changes.push(Change::Group(GroupChange::Created { group: Box::new(made) }));
    }
    Ok(changes)
}
