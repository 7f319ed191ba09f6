//! The organization around a page: which one, who reads, what they may do there, and the frame of
//! tabs and words that follows. Loads through the use cases' own door; decides nothing.

use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Rules;

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
        let place = visit.ctx.place_now(organization).await.map_err(|stop| visit.wrong(stop))?;
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
            notices: self.notices(visit, tab),
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

    /// What holds until somebody mends it: a second factor that is asked for, and, among people, mail that only
    /// those who invite need to know of.
    fn notices(&self, visit: &Visit, tab: &str) -> Vec<Flash> {
        let app = &visit.ctx.app;
        let mut notices = Vec::new();
        let here = self.me.memberships.iter().find(|b| b.organization.slug == self.slug());
        if let Some(due) = here.and_then(|b| b.factor_due_at) {
            let text =
                format!("{} asks for a second factor from {}.", self.place.organization.name, visit.when(due).exact);
            let notice = Flash::new(Tone::Wait, text);
            notices.push(notice.link("Set one up", "/account/security"));
        }
        if tab == "users" && !app.mail.is_smtp() && self.may(Action::MemberInvite) {
            let notice = Flash::new(Tone::Wait, "Mail is written to files: no mail server is set.");
            notices.push(notice.detail("Whoever runs this installation finds it in the outbox folder of its data."));
        }
        notices
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
            ("Service accounts", "service-accounts", "screen", Action::ServiceAccountManage),
            ("Deploy keys", "deploy-keys", "lock", Action::TokenDeploy),
            ("Provisioning", "provisioning", "building", Action::DirectoryManage),
            ("Single sign-on", "sso", "key", Action::SsoManage),
            (words.limits_title.as_str(), "limits", "gauge", Action::LimitManage),
            (words.audit_title.as_str(), "audit", "list", Action::AuditRead),
            (words.settings_title.as_str(), "org", "gear", Action::PolicyRead),
        ];
        let preset = self.place.rules.preset();
        let mut sections: [NavGroup; 3] = [&preset.words.access_section, "Programs", &words.organization.title]
            .map(|label: &str| NavGroup { label: label.to_owned(), links: Vec::new() });
        let link = |label: &str, name: &str, icon: &str| NavLink {
            label: label.to_owned(),
            href: format!("/{}/admin/{name}", self.slug()),
            icon: icon.to_owned(),
            current: name == tab,
        };
        for (label, name, icon, action) in tabs {
            let offered = match name {
                "deploy-keys" => self.place.rules.policy().deploy_keys_offered,
                "provisioning" => self.place.rules.policy().scim_offered,
                _ => true,
            };
            // Everybody sees what they reach, whatever their role.
            if name == "roles"
                && let (Some(title), Some(section)) = (self.resources_title(), sections.first_mut())
            {
                section.links.push(link(&title, "resources", "stack"));
            }
            if self.may(action)
                && offered
                && let Some(section) = sections.get_mut(section_of(name))
            {
                section.links.push(link(label, name, icon));
            }
        }
        let [people, .., own] = &mut sections;
        // PX-4: some products have inviting and the own account among their tabs.
        if !preset.words.invite_tab.is_empty() && self.may(Action::MemberInvite) {
            people.links.push(link(&preset.words.invite_tab, "invite", "mail"));
        }
        if !preset.words.account_tab.is_empty() {
            let page = link(&preset.words.account_tab, "user", "user");
            own.links.push(NavLink { href: format!("/{}/me", self.slug()), ..page });
        }
        sections.into_iter().filter(|section| !section.links.is_empty()).collect()
    }
}

/// The part of the navigation a tab stands in: people and what they may, programs, the organization itself.
fn section_of(tab: &str) -> usize {
    match tab {
        "users" | "roles" | "groups" => 0,
        "tokens" | "service-accounts" | "deploy-keys" | "provisioning" => 1,
        _ => 2,
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
        organization: noun(&given.organization, &given.organizations, &titled(&given.organizations)),
        place_people: given.place_people.clone(),
        place_add: given.place_add.clone(),
        place_add_yes: given.place_add_submit.clone(),
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
        approved: given.approved.clone(),
        settings_title: given.settings_title.clone(),
        tokens_title: given.tokens_title.clone(),
        limits_title: given.limits_title.clone(),
        shared_title: given.shared_title.clone(),
        role_advice: given.role_advice.clone(),
        reject: given.reject.clone(),
        resend: given.invitation_resend.clone(),
        cancel_invitation: given.invitation_delete.clone(),
        ..Words::default()
    }
}
