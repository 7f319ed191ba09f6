//! The organization around a page: which one, who reads, what they may do there, and the frame of
//! tabs and words that follows. Loads through the use cases' own door; decides nothing.

use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Rules;
use guildhall_store::Stop;

use super::view::{
    Account, Avatar, Flash, NavGroup, NavLink, Noun, OrganizationMark, Place, Shell, Tone, Words, titled,
};
use super::visit::{Visit, Wrong};
use crate::ops::identities::{self, Me};
use crate::ops::{self};

/// One organization as one reader meets it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The organization and the reader's standing.
    pub place: ops::Place,
    /// The reader and their organizations.
    pub me: Me,
    /// Everything the reader may do here: the same mask the server decides with.
    pub rights: Mask,
    /// The preset's words.
    pub words: Arc<Words>,
}

impl Scene {
    /// Enters an organization by its slug or id.
    ///
    /// # Errors
    /// As any use case there: to a stranger the organization does not exist.
    pub async fn enter(visit: &Visit, organization: &str) -> Result<Self, Wrong> {
        let name = organization.to_owned();
        let found: Result<ops::Place, Stop> = visit.ctx.read(move |ctx, conn| ctx.place(conn, &name)).await;
        let place = found.map_err(|stop| visit.wrong(stop))?;
        let me = identities::me(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
        let rights = place.standing.rights(&place.rules);
        let words = Arc::new(words(&place.rules));
        visit.enter(&place.organization.slug);
        Ok(Self { place, me, rights, words })
    }

    /// May the reader do this here? The same question the server asks.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.rights.contains(self.place.rules.preset().action_bit(action))
    }

    /// The organization's slug.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.place.organization.slug
    }

    /// The frame around a page; `tab` is the last segment of the tab's address.
    #[must_use]
    pub fn shell(&self, visit: &Visit, title: &str, tab: &str) -> Shell {
        let organization = &self.place.organization;
        let who = &self.me.identity;
        let label = if who.name.is_empty() { who.address() } else { &who.name };
        Shell {
            title: format!("{title} · {}", organization.name),
            theme: visit.theme.clone(),
            csrf: visit.csrf(),
            flash: visit.flash.clone(),
            notices: if tab == "users" { self.notices(visit) } else { Vec::new() },
            organization: OrganizationMark {
                name: organization.name.clone(),
                avatar: Avatar::of(&organization.name, &organization.id.to_string()),
            },
            organizations: self.organizations(),
            nav: self.nav(tab),
            account: Account {
                name: label.to_owned(),
                email: who.address().to_owned(),
                avatar: Avatar::of(label, &who.id),
                href: format!("/{}/me", organization.slug),
            },
            trail: Vec::new(),
            demo: visit.ctx.app.config.demo.is_some(),
        }
    }

    /// What holds until the operator mends it, told to those whom it concerns.
    fn notices(&self, visit: &Visit) -> Vec<Flash> {
        let app = &visit.ctx.app;
        if app.mail.is_smtp() || !self.may(Action::MemberInvite) {
            return Vec::new();
        }
        let notice = Flash::new(Tone::Wait, "Mail is written to files: no mail server is set.");
        vec![notice.detail("Whoever runs this installation finds it in the outbox folder of its data.")]
    }

    fn organizations(&self) -> Vec<Place> {
        let active = self.me.memberships.iter().filter(|b| b.membership.status == "active");
        let place = |b: &crate::ops::identities::Belonging| Place {
            label: b.organization.name.clone(),
            href: format!("/{}", b.organization.slug),
            current: b.organization.slug == self.slug(),
        };
        active.map(place).collect()
    }

    /// What the tab of inner scopes and resources is called: the plural of the preset's first type.
    #[must_use]
    pub fn resources_title(&self) -> Option<String> {
        self.place.rules.preset().types.first().map(|kind| kind.plural.clone())
    }

    fn nav(&self, tab: &str) -> Vec<NavGroup> {
        let (words, groups) = (&self.words, &self.place.rules.preset().words.groups_title);
        let tabs = [
            (words.person.titles.as_str(), "users", "users", Action::MemberList),
            (words.roles_title.as_str(), "roles", "shield", Action::RoleList),
            (groups.as_str(), "groups", "users", Action::GroupList),
            (words.tokens_title.as_str(), "tokens", "key", Action::TokenManage),
            (words.limits_title.as_str(), "limits", "gauge", Action::LimitManage),
            (words.audit_title.as_str(), "audit", "list", Action::AuditRead),
            (words.settings_title.as_str(), "org", "gear", Action::PolicyRead),
        ];
        let link = |(label, name, icon, _): &(&str, &str, &str, Action)| NavLink {
            label: (*label).to_owned(),
            href: format!("/{}/admin/{name}", self.slug()),
            icon: (*icon).to_owned(),
            current: *name == tab,
        };
        let mut links: Vec<NavLink> = tabs.iter().filter(|(_, _, _, action)| self.may(*action)).map(link).collect();
        // Everybody sees what they reach, whatever their role.
        if let Some(title) = self.resources_title() {
            let at = links.iter().position(|link| link.href.ends_with("/roles")).unwrap_or(0);
            links.insert(at, link(&(title.as_str(), "resources", "stack", Action::OrganizationRead)));
        }
        vec![NavGroup { label: self.place.rules.preset().words.access_section.clone(), links }]
    }
}

fn noun(one: &str, many: &str, titles: &str) -> Noun {
    Noun::new(one, many, &titled(one), titles)
}

/// The console's words for an organization, from its preset.
#[must_use]
pub fn words(rules: &Rules) -> Words {
    let given = &rules.preset().words;
    Words {
        person: noun(&given.member, &given.members, &given.members_title),
        invite: given.invite_button.clone(),
        invite_title: given.invite_title.clone(),
        invite_next: given.invite_next.clone(),
        invite_roles_title: given.invite_next.clone(),
        invite_send: given.invite_submit.clone(),
        invite_drop: given.invite_drop.clone(),
        change_role: given.change_role.clone(),
        change_role_title: given.edit_user_title.clone(),
        change_role_yes: given.change_role_submit.clone(),
        remove: given.remove.clone(),
        remove_yes: given.remove_confirm.clone(),
        leave: given.leave.clone(),
        leave_yes: given.leave_confirm.clone(),
        deactivate: given.deactivate.clone(),
        reactivate: given.reactivate.clone(),
        approve: given.approve.clone(),
        reject: given.reject.clone(),
        resend: given.invitation_resend.clone(),
        cancel_invitation: given.invitation_delete.clone(),
        ..Words::default()
    }
}
