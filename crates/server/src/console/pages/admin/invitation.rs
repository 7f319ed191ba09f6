//! The page of one invitation: what became of it and of its mail, and sending it again, handing over a link
//! instead, withdrawing it.

use axum::extract::Path;
use axum::response::Response;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::invitation::{Deliver, Delivery, Invitation};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;

use super::desk::Desk;
use super::{person, rows};
use crate::console::view::{
    Action, Chip, ConfirmPage, Consequence, Fact, FactValue, Flash, InvitationPage, Person, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::invitations::{self, Resend};
use crate::ops::inviting::InviteOutcome;
use crate::ops::offers::Act;
use crate::ops::roster::{self, Asked};
use crate::ops::{Answer, Ctx};

/// `GET /{org}/admin/invitations/{invitation}`
pub(super) async fn show(visit: Visit, Path((org, invitation)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &invitation).await?;
    desk.page(&page(&desk, &found, None))
}

async fn load(desk: &Desk, invitation: &str) -> Result<Asked, Wrong> {
    roster::invitation(desk.ctx(), desk.org(), invitation).await.map_err(|stop| desk.wrong(stop))
}

async fn send_again(ctx: &Ctx, org: &str, which: &str, way: Option<Deliver>) -> Result<Option<InviteOutcome>, Stop> {
    let wanted = Resend { deliver: way.map(|w| w.word().to_owned()) };
    Ok(match invitations::resend(ctx, org, which, wanted).await? {
        Answer::Done(outcome) => Some(outcome),
        Answer::Preview(_) => None,
    })
}

/// `POST …/resend`: back to the list when it was asked from there.
pub(super) async fn resend(Path((org, invitation)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let outcome = match send_again(desk.ctx(), desk.org(), &invitation, None).await {
        Ok(outcome) => outcome,
        Err(stop) => return refused(&desk, &invitation, stop).await,
    };
    if let Some(link) = outcome.as_ref().and_then(|o| o.link.clone()) {
        return with_link(&desk, &invitation, link).await;
    }
    let email = outcome.map(|o| o.addressee()).unwrap_or_default();
    let news = format!("The invitation of {email} is sent again. The link of the mail before is dead.");
    let in_list = desk.asked("from").as_deref() == Some("users");
    let next = if in_list { desk.href("users") } else { desk.href(&format!("invitations/{invitation}")) };
    Ok::<Response, Wrong>(go_with(&next, Tone::Good, &news))
}

/// `POST …/link`: a link to hand over instead of a mail, shown this once.
pub(super) async fn link(Path((org, invitation)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    match send_again(desk.ctx(), desk.org(), &invitation, Some(Deliver::Link)).await {
        Ok(outcome) => with_link(&desk, &invitation, outcome.and_then(|o| o.link).unwrap_or_default()).await,
        Err(stop) => refused(&desk, &invitation, stop).await,
    }
}

async fn with_link(desk: &Desk, invitation: &str, link: String) -> Shown {
    let found = load(desk, invitation).await?;
    desk.page(&page(desk, &found, Some(link)))
}

async fn refused(desk: &Desk, invitation: &str, stop: Stop) -> Shown {
    let refusal = desk.of_form(stop)?;
    let found = load(desk, invitation).await?;
    let mut shown = page(desk, &found, None);
    shown.page.flash.push(Flash::new(Tone::Bad, desk.why(Asks::InvitationManage, &refusal)));
    desk.again(&refusal, &shown)
}

/// `GET …/cancel`
pub(super) async fn ask_cancel(visit: Visit, Path((org, invitation)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &invitation).await?;
    let refusal = match &found.waiting {
        Some(subject) => subject.ask(&desk.scene.place, Act::Cancel, desk.ctx().now).err(),
        None => Some(Code::InvitationNotPending.into()),
    };
    desk.page(&cancel_page(&desk, &found, refusal.as_ref()))
}

/// `POST …/cancel`
pub(super) async fn cancel(Path((org, invitation)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let found = load(&desk, &invitation).await?;
    match invitations::cancel(desk.ctx(), desk.org(), &invitation).await {
        Ok(_) => Ok(desk.to_people(&format!("The invitation of {} is withdrawn.", found.invitation.addressee()))),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            desk.again(&refusal, &cancel_page(&desk, &found, Some(&refusal)))
        }
    }
}

fn cancel_page(desk: &Desk, found: &Asked, refusal: Option<&Refusal>) -> ConfirmPage {
    let word = &desk.scene.words.cancel_invitation;
    ConfirmPage {
        page: desk.below_people(word),
        title: "Take the invitation back?".to_owned(),
        person: Some(addressee(&found.invitation)),
        lead: String::new(),
        consequences: vec![
            Consequence::ends("The link in the mail stops working at once"),
            Consequence::stays("They can be invited again at any time"),
        ],
        refused: refusal.map(|r| desk.why(Asks::InvitationManage, r)),
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: word.clone(),
        danger: true,
        cancel_href: desk.href("users"),
    }
}

/// Whom an invitation is for, whether or not they came.
pub(super) fn addressee(invitation: &Invitation) -> Person {
    Person::new(&invitation.name, &invitation.addressee(), &invitation.member.to_string())
}

fn page(desk: &Desk, found: &Asked, link: Option<String>) -> InvitationPage {
    let invitation = &found.invitation;
    let (delivery, delivery_detail) = delivery(desk, invitation);
    let who = addressee(invitation);
    InvitationPage {
        page: desk.below_people(&who.name),
        words: desk.scene.words.clone(),
        person: who,
        state: state(desk, invitation),
        facts: facts(desk, found),
        delivery,
        delivery_detail,
        link,
        actions: actions(desk, found),
    }
}

fn state(desk: &Desk, invitation: &Invitation) -> Chip {
    match invitation.shown_state(desk.ctx().now) {
        "pending" => Chip::new("Waits for an answer", Tone::Info),
        "accepted" => Chip::new("Accepted", Tone::Good),
        "expired" => Chip::new("Expired", Tone::Wait),
        "refused" => Chip::new("Declined", Tone::Plain),
        _ => Chip::new("Withdrawn", Tone::Plain),
    }
}

fn facts(desk: &Desk, found: &Asked) -> Vec<Fact> {
    let invitation = &found.invitation;
    let what = if invitation.invitee.is_some() { "Handle" } else { "Email" };
    let mut facts = vec![Fact::text(what, invitation.addressee())];
    if desk.has_roles() {
        facts.push(Fact::text("Role", desk.role_name(&invitation.role)));
    }
    if let Some(by) = &found.inviter {
        facts.push(Fact::new("Invited by", FactValue::Link(person::place_of(desk, by))));
    }
    facts.push(Fact::new("Created", FactValue::When(desk.when(invitation.created_at))));
    let ends = invitation.expires_at.map_or(FactValue::Text("Never".to_owned()), |at| FactValue::When(desk.when(at)));
    facts.push(Fact::new("Expires", ends));
    facts.push(Fact::new("Id", FactValue::Code(invitation.id.to_string())));
    facts
}

fn delivery(desk: &Desk, invitation: &Invitation) -> (Chip, String) {
    let said = invitation.delivery_detail.clone().unwrap_or_default();
    let by_link = "It travels as a link that somebody hands over; no mail is sent.";
    match (invitation.deliver, invitation.delivery) {
        (Deliver::Link, _) => (Chip::new("By link", Tone::Plain), by_link.to_owned()),
        (_, Delivery::None) => (Chip::new("No mail", Tone::Plain), said),
        (_, Delivery::Queued) if said.is_empty() => {
            (Chip::new("On its way", Tone::Wait), "The mail waits to be sent; that takes seconds.".to_owned())
        }
        (_, Delivery::Queued) => (Chip::new("Is tried again", Tone::Wait), said),
        (_, Delivery::Sent) if desk.ctx().app.mail.is_smtp() => {
            (Chip::new("Sent", Tone::Good), format!("The mail server said: {said}"))
        }
        (_, Delivery::Sent) => (Chip::new("Written to a file", Tone::Good), format!("The file is {said}.")),
        (_, Delivery::Failed) => (
            Chip::new("Failed", Tone::Bad),
            format!("{said} Check the address, then send it again or hand over a link."),
        ),
    }
}

fn actions(desk: &Desk, found: &Asked) -> Vec<Action> {
    let Some(subject) = &found.waiting else { return Vec::new() };
    let mut actions = rows::actions(desk, subject, false);
    if found.invitation.deliver == Deliver::Link {
        // Sending it again gives a link anyway.
        return actions;
    }
    let again = subject.ask(&desk.scene.place, Act::Resend, desk.ctx().now);
    let hand_over = "Get a link instead";
    let before_last = actions.len().saturating_sub(1);
    actions.insert(
        before_last,
        match again {
            Ok(()) => Action::post(hand_over, desk.href(&format!("invitations/{}/link", found.invitation.id))),
            Err(refusal) => Action::refused(hand_over, desk.why(Asks::InvitationManage, &refusal)),
        },
    );
    actions
}
