//! The question which role somebody shall have: a member, or the addressee of an invitation. Which roles
//! can be given, and why not, is asked role by role of the decision that gives them.

use axum::extract::Path;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use super::desk::Desk;
use super::{invitation, rows};
use crate::console::verdict::sentence;
use crate::console::view::{ChangeRolePage, Choice, ConfirmPage, Person, Select};
use crate::console::visit::{Sent, Shown, Visit};
use crate::ops::invitations::{self, EditInvitation};
use crate::ops::member_role::{self, NewMemberRole};
use crate::ops::offers::{Act, Subject};
use crate::ops::roster;

/// `GET /{org}/admin/users/{member}/role`
pub(super) async fn of_member(visit: Visit, Path((org, member)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let subject = roster::one(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    question(&desk, &subject)
}

/// `POST` of the same.
pub(super) async fn change_of_member(Path((org, member)): Path<(String, String)>, sent: Sent) -> Shown {
    let wanted = sent.get("role").to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    let subject = roster::one(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    let done = member_role::change(
        desk.ctx(),
        desk.org(),
        &member,
        NewMemberRole { role: wanted.clone(), groups: Vec::new() },
    )
    .await;
    finish(&desk, &subject, &wanted, done.map(drop))
}

/// `GET /{org}/admin/invitations/{invitation}/role`
pub(super) async fn of_invitation(visit: Visit, Path((org, which)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = roster::invitation(desk.ctx(), desk.org(), &which).await.map_err(|stop| desk.wrong(stop))?;
    match &found.waiting {
        Some(subject) => question(&desk, subject),
        None => {
            let why = sentence(Code::InvitationNotPending.meaning());
            desk.page(&refused(&desk, invitation::addressee(&found.invitation), why))
        }
    }
}

/// `POST` of the same.
pub(super) async fn change_of_invitation(Path((org, which)): Path<(String, String)>, sent: Sent) -> Shown {
    let wanted = sent.get("role").to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    let found = roster::invitation(desk.ctx(), desk.org(), &which).await.map_err(|stop| desk.wrong(stop))?;
    let edit = EditInvitation { role: Some(wanted.clone()), ..EditInvitation::default() };
    let done = invitations::edit(desk.ctx(), desk.org(), &which, edit).await;
    match (&found.waiting, done) {
        (Some(subject), done) => finish(&desk, subject, &wanted, done.map(drop)),
        // It came to wait again between the two questions.
        (None, Ok(_)) => Ok(desk.to_people("The role is changed.")),
        (None, Err(stop)) => {
            let refusal = desk.of_form(stop)?;
            let who = invitation::addressee(&found.invitation);
            desk.again(&refusal, &refused(&desk, who, sentence(&refusal.detail)))
        }
    }
}

fn question(desk: &Desk, subject: &Subject) -> Shown {
    match subject.ask(&desk.scene.place, Act::ChangeRole, desk.ctx().now) {
        Ok(()) => desk.page(&page(desk, subject, &subject.member.role, None)),
        Err(refusal) if matches!(refusal.code, Code::NotFound | Code::AccessDenied) => Err(desk.wrong(refusal)),
        Err(refusal) => {
            let why = desk.why(Act::ChangeRole.action(subject.member.status), &refusal);
            desk.page(&refused(desk, rows::person(&subject.member), why))
        }
    }
}

fn finish(desk: &Desk, subject: &Subject, wanted: &str, done: Result<(), Stop>) -> Shown {
    let stop = match done {
        Ok(()) => {
            let news = format!("{} now has the role {}.", rows::called(&subject.member), desk.role_name(wanted));
            return Ok(desk.to_people(&news));
        }
        Err(stop) => stop,
    };
    let refusal = desk.of_form(stop)?;
    let why = desk.why(Act::ChangeRole.action(subject.member.status), &refusal);
    desk.again(&refusal, &page(desk, subject, wanted, Some(why)))
}

fn page(desk: &Desk, subject: &Subject, chosen: &str, error: Option<String>) -> ChangeRolePage {
    let asks = Act::ChangeRole.action(subject.member.status);
    let choice = |(role, answer): (&guildhall_domain::preset::Role, Result<(), _>)| {
        let choice = Choice::new(&role.slug, &role.name).hint(&role.description).selected(role.slug == chosen);
        match answer {
            Ok(()) => choice,
            Err(refusal) => choice.refused(desk.why(asks, &refusal)),
        }
    };
    ChangeRolePage {
        page: desk.below_people(&desk.scene.words.change_role_title),
        words: desk.scene.words.clone(),
        person: rows::person(&subject.member),
        role: Select { choices: subject.roles(&desk.scene.place).into_iter().map(choice).collect(), error },
        action: desk.visit.path.clone(),
        cancel_href: desk.href("users"),
    }
}

fn refused(desk: &Desk, who: Person, why: String) -> ConfirmPage {
    let words = &desk.scene.words;
    ConfirmPage {
        page: desk.below_people(&words.change_role_title),
        title: words.change_role_title.clone(),
        person: Some(who),
        lead: String::new(),
        consequences: Vec::new(),
        refused: Some(why),
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: words.change_role_yes.clone(),
        danger: false,
        cancel_href: desk.href("users"),
    }
}
