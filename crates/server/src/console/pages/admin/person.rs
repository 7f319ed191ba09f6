//! The page of one member.

use axum::extract::Path;
use axum::response::Response;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::{Member, Origin};

use super::desk::{Desk, with_query};
use super::{events, rows, tokens, why};
use crate::console::view::{Action, Fact, FactValue, MemberPage, Place};
use crate::console::visit::{Shown, Visit, go};
use crate::ops::members;
use crate::ops::offers::Act;
use crate::ops::roster::{self, Person};
use crate::ops::view::MemberGroup;

/// `GET /{org}/admin/users/{member}`
pub(super) async fn show(visit: Visit, Path((org, member)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = roster::person(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    if let Some(invitation) = &found.subject.invitation {
        return Ok::<Response, _>(go(&desk.href(&format!("invitations/{}", invitation.id))));
    }
    let listed = members::get(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    desk.page(&page(&desk, &found, &listed.groups))
}

fn page(desk: &Desk, found: &Person, groups: &[MemberGroup]) -> MemberPage {
    let (subject, member) = (&found.subject, &found.subject.member);
    let mut who = rows::person(member);
    if subject.is_me(&desk.scene.place) {
        who = who.label("You");
    }
    let acts = subject.acts(&desk.scene.place);
    let buttons = acts.iter().filter(|act| **act != Act::EndSessions);
    let helping = subject.recovery().iter().map(|act| rows::action(desk, subject, *act, false));
    let revoke = |id: &str| Action::ask("Revoke", desk.href(&format!("tokens/{id}/revoke"))).danger();
    let id = member.id.to_string();
    MemberPage {
        page: desk.below_people(&who.name),
        words: desk.scene.words.clone(),
        person: who,
        state: rows::state(desk, subject).0,
        facts: facts(desk, found, groups),
        actions: buttons
            .map(|act| rows::action(desk, subject, *act, false))
            .chain(why::action(
                desk,
                "What they may do, and why",
                if member.email.is_empty() { &id } else { &member.email },
                "",
            ))
            .collect(),
        sessions: found.sessions,
        recovery: helping.collect(),
        end_sessions: rows::action(desk, subject, Act::EndSessions, false),
        tokens: found
            .tokens
            .as_ref()
            .map(|all| all.iter().map(|token| tokens::row(desk, token, String::new(), revoke(&token.id))).collect()),
        events: found.events.iter().flatten().map(|event| events::event(desk, event)).collect(),
        history_href: desk
            .scene
            .may(Asks::AuditRead)
            .then(|| with_query(&desk.href("audit"), &[("target", Some(id.as_str()))])),
    }
}

fn facts(desk: &Desk, found: &Person, groups: &[MemberGroup]) -> Vec<Fact> {
    let member = &found.subject.member;
    let mut facts = Vec::new();
    if !member.email.is_empty() {
        facts.push(Fact::text("Email", &member.email));
    }
    if let Some(handle) = &member.handle {
        facts.push(Fact::text("Handle", handle));
    }
    if desk.has_roles() {
        facts.push(Fact::text("Role", desk.role_name(&member.role)));
    }
    if !groups.is_empty() {
        let called = |group: &MemberGroup| match group.manager {
            true => format!("{} (runs it)", group.name),
            false => group.name.clone(),
        };
        let names: Vec<String> = groups.iter().map(called).collect();
        facts.push(Fact::text(&desk.scene.place.rules.preset().words.groups_title, names.join(", ")));
    }
    facts.push(Fact::new("Joined", member.joined_at.map_or(FactValue::Nothing, |at| FactValue::When(desk.when(at)))));
    facts.push(came_by(desk, member, found.inviter.as_ref()));
    facts.push(Fact::new(
        "Last active",
        member.last_active_at.map_or(FactValue::Nothing, |at| FactValue::When(desk.when(at))),
    ));
    if member.managed {
        facts.push(Fact::text("Kept by", "A directory, by SCIM"));
    }
    facts.push(Fact::new("Id", FactValue::Code(member.id.to_string())));
    facts
}

fn came_by(desk: &Desk, member: &Member, inviter: Option<&Member>) -> Fact {
    match (member.origin, inviter) {
        (Origin::Founder, _) => Fact::text("Came by", "Made the organization"),
        (Origin::Invitation, Some(by)) => Fact::new("Invited by", FactValue::Link(place_of(desk, by))),
        (Origin::Invitation, None) => Fact::text("Came by", "Invitation"),
        (Origin::Direct, Some(by)) => Fact::new("Added by", FactValue::Link(place_of(desk, by))),
        (Origin::Direct, None) => Fact::text("Came by", "Made here"),
        (Origin::Tenant, _) => Fact::text("Came by", "Owner of the tenant"),
        (Origin::InviteLink, Some(by)) => Fact::new("Came with a link of", FactValue::Link(place_of(desk, by))),
        (Origin::InviteLink, None) => Fact::text("Came by", "Invite link"),
        (Origin::SignUp, _) => Fact::text("Came by", "Signed up"),
        (Origin::Provider, _) => Fact::text("Came by", "Single sign-on"),
        (Origin::Domain, _) => Fact::text("Came by", "An address of our mail domain"),
        (Origin::Scim, _) => Fact::text("Came by", "A directory"),
        (Origin::Request, _) => Fact::text("Came by", "Asked to join"),
        (Origin::Import, Some(by)) => Fact::new("Imported by", FactValue::Link(place_of(desk, by))),
        (Origin::Import, None) => Fact::text("Came by", "An import"),
    }
}

/// Somebody as a link to their page.
pub(super) fn place_of(desk: &Desk, member: &Member) -> Place {
    Place::new(rows::called(member), desk.href(&format!("users/{}", member.id)))
}
