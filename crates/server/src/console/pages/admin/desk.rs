//! What every administrator's page stands on: one visit in one organization, with the frame, the words and
//! the sentences that several pages share. Decides nothing.

use std::str::FromStr;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use guildhall_domain::action::Action;
use guildhall_domain::preset::Role;
use guildhall_domain::refusal::{Code, Kind, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;

use crate::console::scene::Scene;
use crate::console::verdict::sentence;
use crate::console::view::{Pager, Place, Shell, Time, Tone};
use crate::console::visit::{Shown, Visit, Wrong, go_with, go_with_undo};
use crate::http::problem::status;
use crate::ops::Ctx;

/// One visit in one organization.
pub(super) struct Desk {
    /// The visit.
    pub(super) visit: Visit,
    /// The organization around it.
    pub(super) scene: Scene,
}

impl Desk {
    /// Enters the organization.
    pub(super) async fn open(visit: Visit, organization: &str) -> Result<Self, Wrong> {
        let scene = Scene::enter(&visit, organization).await?;
        Ok(Self { visit, scene })
    }

    pub(super) fn ctx(&self) -> &Ctx {
        &self.visit.ctx
    }

    /// The organization's slug, as every use case takes it.
    pub(super) fn org(&self) -> &str {
        self.scene.slug()
    }

    pub(super) fn wrong(&self, stop: impl Into<Stop>) -> Wrong {
        self.visit.wrong(stop)
    }

    /// An address below `/{org}/admin/`.
    pub(super) fn href(&self, rest: &str) -> String {
        format!("/{}/admin/{rest}", self.org())
    }

    /// The frame of a page that is a tab.
    pub(super) fn shell(&self, title: &str, tab: &str) -> Shell {
        self.scene.shell(&self.visit, title, tab)
    }

    /// The frame of a page below the list of people.
    pub(super) fn below_people(&self, title: &str) -> Shell {
        let trail = vec![Place::new(&self.scene.words.person.titles, self.href("users"))];
        Shell { trail, ..self.shell(title, "users") }
    }

    /// The frame of a page below a tab: the way there as labels and addresses below `/{org}/admin/`.
    pub(super) fn below(&self, tab: &str, trail: &[(&str, &str)], title: &str) -> Shell {
        let trail = trail.iter().map(|(label, rest)| Place::new(*label, self.href(rest))).collect();
        Shell { trail, notices: Vec::new(), ..self.shell(title, tab) }
    }

    pub(super) fn page<T: Template>(&self, page: &T) -> Shown {
        self.visit.page(StatusCode::OK, page)
    }

    /// Answers a form that was refused: the page again, with the refusal's status.
    pub(super) fn again<T: Template>(&self, refusal: &Refusal, page: &T) -> Shown {
        self.visit.page(status(refusal.code.kind()), page)
    }

    /// On to the list of people, with good news.
    pub(super) fn to_people(&self, text: &str) -> Response {
        go_with(&self.href("users"), Tone::Good, text)
    }

    /// The same with a button that takes it back.
    pub(super) fn to_people_or_back(&self, text: &str, undo: &str) -> Response {
        go_with_undo(&self.href("users"), Tone::Good, text, undo)
    }

    /// A refusal that belongs to the form it answers is given back; everything else is a page of its own.
    pub(super) fn of_form(&self, stop: Stop) -> Result<Refusal, Wrong> {
        match stop {
            Stop::Refused(refusal) if belongs_to_form(&refusal) => Ok(refusal),
            other => Err(self.wrong(other)),
        }
    }

    pub(super) fn when(&self, at: Timestamp) -> Time {
        self.visit.when(at)
    }

    /// What was asked behind the `?`, when it is not empty.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        Some(self.visit.asked(name)).filter(|value| !value.is_empty())
    }

    /// Where the page before ended, as the address says.
    pub(super) fn after<T: FromStr>(&self) -> Result<Option<T>, Wrong> {
        let after = self.asked("after").map(|text| text.parse()).transpose();
        after.map_err(|_| self.wrong(Code::CursorInvalid))
    }

    /// Where one is in the list at this address, with so many things on this page of it.
    pub(super) fn pager(&self, href: &str, shown: usize, next: Option<&str>) -> Pager {
        Pager {
            summary: format!("{shown} shown"),
            first: self.asked("after").map(|_| href.to_owned()),
            next: next.map(|next| with_query(href, &[("after", Some(next))])),
        }
    }

    /// The same; there is none where the whole list is empty.
    pub(super) fn pager_unless_empty(&self, href: &str, shown: usize, next: Option<&str>) -> Option<Pager> {
        Some(self.pager(href, shown, next)).filter(|pager| shown > 0 || pager.first.is_some())
    }

    /// The role of the organization behind a slug.
    pub(super) fn role(&self, slug: &str) -> Option<&Role> {
        self.scene.place.rules.role(guildhall_domain::preset::ORGANIZATION, slug)
    }

    /// What people call a role.
    pub(super) fn role_name(&self, slug: &str) -> String {
        self.role(slug).map_or_else(|| slug.to_owned(), |role| role.name.clone())
    }

    /// Whether there is more than one role to speak of.
    pub(super) fn has_roles(&self) -> bool {
        self.scene.place.rules.organization_roles().count() > 1
    }

    /// Why something is refused, in a sentence for people.
    pub(super) fn why(&self, action: Action, refusal: &Refusal) -> String {
        let rules = &self.scene.place.rules;
        let top = &rules.preset().top_role().name;
        match refusal.code {
            Code::AccessDenied if !self.scene.may(action) => {
                let bit = rules.preset().action_bit(action);
                let able = rules.organization_roles().filter(|role| rules.role_mask(&role.slug).contains(bit));
                let names: Vec<&str> = able.map(|role| role.name.as_str()).collect();
                match names.split_last() {
                    None => "Nobody may do this here.".to_owned(),
                    Some((last, [])) => format!("Needs the role {last}."),
                    Some((last, rest)) => format!("Needs the role {} or {last}.", rest.join(", ")),
                }
            }
            Code::LastOwner if refusal.detail.starts_with(&format!("`{}`", self.scene.me.identity.address())) => {
                format!("You are the only active {top}. Make somebody else {top} first.")
            }
            Code::TopRoleRequired => format!("Only somebody with the role {top} may do this to another {top}."),
            Code::RoleAboveOwn => "This role may do more than yours; nobody gives more than their own.".to_owned(),
            _ => sentence(&refusal.detail),
        }
    }
}

fn belongs_to_form(refusal: &Refusal) -> bool {
    match refusal.code.kind() {
        Kind::Conflict | Kind::Invalid | Kind::Stale | Kind::Gone | Kind::Unpaid => true,
        Kind::Forbidden => matches!(refusal.code, Code::RoleAboveOwn | Code::TopRoleRequired | Code::KnobClosed),
        _ => false,
    }
}

/// An address with a query made of the pairs that have a value.
pub(super) fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_what_has_a_value() {
        assert_eq!(with_query("/a", &[("q", None), ("r", Some(""))]), "/a");
        assert_eq!(with_query("/a", &[("q", Some("a&b c")), ("r", None)]), "/a?q=a%26b+c");
    }
}
