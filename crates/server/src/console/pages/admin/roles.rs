//! The roles of the organization and what each may do.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::preset::ORGANIZATION;

use super::desk::{Desk, with_query};
use super::role_editor;
use crate::console::view::{MatrixCell, MatrixRow, MatrixSection, RoleHead, RolesPage};
use crate::console::visit::{Shown, Visit};
use crate::ops::roles::{self, PermissionView, RoleView};

/// `GET /{org}/admin/roles`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let all = roles::list(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
    let permissions = roles::permissions(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
    let own: Vec<RoleView> = all.items.into_iter().filter(|role| role.applies_to == ORGANIZATION).collect();
    desk.page(&RolesPage {
        page: desk.shell(&desk.scene.words.roles_title, "roles"),
        words: desk.scene.words.clone(),
        new: role_editor::new_action(&desk),
        roles: own.iter().map(|role| head(&desk, role)).collect(),
        sections: sections(&desk, &own, &permissions.items),
    })
}

fn head(desk: &Desk, role: &RoleView) -> RoleHead {
    let mine = desk.scene.place.standing.member.as_ref().is_some_and(|me| me.role == role.slug);
    let listed = desk.scene.may(Asks::MemberList);
    let slug = Some(role.slug.as_str());
    RoleHead {
        name: role.name.clone(),
        slug: role.slug.clone(),
        href: desk.href(&format!("roles/{}", role.slug)),
        sentence: role.description.clone(),
        holders: if listed { format!("Show {}", desk.scene.words.person.many) } else { String::new() },
        holders_href: if listed { with_query(&desk.href("users"), &[("role", slug)]) } else { String::new() },
        own: mine,
        made: !role.built_in,
    }
}

/// The organization's own permissions first, then type by type, in the order of the preset.
fn sections(desk: &Desk, roles: &[RoleView], permissions: &[PermissionView]) -> Vec<MatrixSection> {
    let kinds = desk.scene.place.rules.preset().types.iter().map(|kind| (kind.slug.as_str(), kind.plural.as_str()));
    let own = [(ORGANIZATION, desk.scene.words.organization.title.as_str())];
    let row = |permission: &PermissionView| MatrixRow {
        label: permission.label.clone(),
        name: permission.name.clone(),
        cells: roles
            .iter()
            .map(|role| MatrixCell { allowed: role.permissions.contains(&permission.name), note: String::new() })
            .collect(),
    };
    let section = |(slug, label): (&str, &str)| MatrixSection {
        label: label.to_owned(),
        rows: permissions.iter().filter(|p| p.applies_to == slug).map(row).collect(),
    };
    own.into_iter().chain(kinds).map(section).filter(|section| !section.rows.is_empty()).collect()
}
