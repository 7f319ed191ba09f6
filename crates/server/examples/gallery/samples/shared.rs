//! What the samples share: a visit, the surroundings, CloudTruth's words, people and moments.

use std::collections::HashMap;
use std::sync::Arc;

use guildhall_server::console::view::{
    Account, Avatar, Flash, NavGroup, NavLink, Noun, OrganizationMark, Person, Place, Plain, Shell, Time, Tone, Words,
};

/// Who looks at a sample, and when.
pub(crate) struct Visit {
    pub(crate) theme: String,
    pub(crate) done: bool,
    pub(crate) query: HashMap<String, String>,
    pub(crate) path: String,
    pub(crate) now_ms: i64,
}

/// Names nobody wishes for.
pub(crate) const SCRIPT: &str = "<script>alert(\"name\")</script>";
pub(crate) const BACKWARDS: &str = "\u{202e}gnp.tnuocca\u{202c} שרה כהן";
pub(crate) const EMOJI: &str = "🦀🧑🏽‍🚀 Zoë 👩‍👩‍👧‍👦";

/// A name of 200 characters without a single blank.
pub(crate) fn endless() -> String {
    "Wolfeschlegelsteinhausen".repeat(9).chars().take(200).collect()
}

impl Visit {
    pub(crate) fn plain(&self, title: &str) -> Plain {
        Plain { title: title.to_owned(), theme: self.theme.clone(), csrf: "sample".to_owned(), ..Plain::default() }
    }

    pub(crate) fn shell(&self, title: &str) -> Shell {
        let org = |name: &str, slug: &str, current: bool| Place {
            label: name.to_owned(),
            href: format!("/{slug}/admin/users"),
            current,
        };
        let mut flash = Vec::new();
        if self.done {
            flash.push(
                Flash::new(Tone::Good, "Done. The change holds from now on.")
                    .link("Show in the audit log", "/acme/admin/audit"),
            );
        }
        Shell {
            title: title.to_owned(),
            theme: self.theme.clone(),
            csrf: "sample".to_owned(),
            flash,
            organization: OrganizationMark {
                name: "Acme Rockets".to_owned(),
                avatar: Avatar::of("Acme Rockets", "acme"),
            },
            organizations: vec![
                org("Acme Rockets", "acme", true),
                org(SCRIPT, "script", false),
                org(&endless(), "endless", false),
            ],
            nav: self.nav(),
            account: Account {
                name: "Ada Lovelace".to_owned(),
                email: "ada@acme.example".to_owned(),
                avatar: Avatar::of("Ada Lovelace", "mem_1"),
                href: "/acme/me".to_owned(),
            },
            ..Shell::default()
        }
    }

    pub(crate) fn below(&self, title: &str, trail: &[(&str, &str)]) -> Shell {
        let trail = trail.iter().map(|(label, href)| Place::new(*label, *href)).collect();
        Shell { trail, ..self.shell(title) }
    }

    fn nav(&self) -> Vec<NavGroup> {
        let link = |label: &str, tab: &str, icon: &str| {
            let href = format!("/acme/admin/{tab}");
            let current = self.path.starts_with(&href) || (tab == "users" && self.path.contains("/invit"));
            NavLink { label: label.to_owned(), href, icon: icon.to_owned(), current }
        };
        vec![
            NavGroup {
                label: "Access Control".to_owned(),
                links: vec![
                    link("Users", "users", "users"),
                    link("Roles", "roles", "shield"),
                    link("API Tokens", "tokens", "key"),
                ],
            },
            NavGroup {
                label: "Account".to_owned(),
                links: vec![link("Audit Logs", "audit", "list"), link("Settings", "org", "gear")],
            },
        ]
    }

    pub(crate) fn ago(&self, seconds: i64) -> Time {
        Time::from_millis(self.now_ms - seconds * 1_000, self.now_ms)
    }

    pub(crate) fn asked(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// The words of the `cloudtruth` preset.
pub(crate) fn words() -> Arc<Words> {
    let own = str::to_owned;
    Arc::new(Words {
        person: Noun::new("user", "users", "User", "Users"),
        people_intro: own("Everybody in this organization and everybody who was invited, with their roles."),
        invite: own("+ Create Users"),
        invite_title: own("Invite team members"),
        invite_next: own("Set User Roles"),
        invite_roles_title: own("Set User Roles"),
        invite_send: own("Set User Roles"),
        invite_drop: own("REMOVE"),
        change_role: own("Change Role"),
        change_role_title: own("EDIT USER"),
        change_role_yes: own("Update"),
        remove: own("Remove Access"),
        leave: own("Leave Organization"),
        resend: own("Resend Invitation"),
        cancel_invitation: own("Delete Invitation"),
        tokens_title: own("API Tokens"),
        audit_title: own("Audit Logs"),
        ..Words::default()
    })
}

pub(crate) fn grace() -> Person {
    Person::new("Grace Hopper", "grace@acme.example", "mem_2").href("/acme/admin/users/mem_2")
}

pub(crate) fn ada() -> Person {
    Person::new("Ada Lovelace", "ada@acme.example", "mem_1").href("/acme/admin/users/mem_2")
}
