//! How one member or invitation is shown: name, state, and what this reader may do about them. What may be
//! done is asked of [`crate::ops::offers`], never decided here.

use guildhall_domain::action::Action as Asks;
use guildhall_domain::invitation::{Deliver, Delivery, Invitation};
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::policy::ApprovalMode;

use super::desk::Desk;
use crate::console::view::{Action, Chip, Person, PersonRow, Tone};
use crate::ops::offers::{Act, Subject};

/// What to call somebody inside a sentence.
pub(super) fn called(member: &Member) -> String {
    Person::new(&member.name, &member.email, "").name
}

/// Somebody without a page to go to.
pub(super) fn person(member: &Member) -> Person {
    let one = Person::new(&member.name, &member.email, &member.id.to_string());
    match member.kind {
        MemberKind::Person => one,
        MemberKind::ServiceAccount => one.label("Service account"),
    }
}

/// The page about somebody: an invitation has one of its own for those who may manage it.
pub(super) fn href(desk: &Desk, subject: &Subject) -> String {
    match &subject.invitation {
        Some(invitation) => desk.href(&format!("invitations/{}", invitation.id)),
        None => desk.href(&format!("users/{}", subject.member.id)),
    }
}

/// One line of the list.
pub(super) fn row(desk: &Desk, subject: &Subject) -> PersonRow {
    let member = &subject.member;
    let (state, state_detail) = state(desk, subject);
    let link = href(desk, subject);
    let mut who = person(member).href(&link);
    if subject.is_me(&desk.scene.place) {
        who = who.label("You");
    }
    let mut offered = vec![Action::link("View", &link)];
    offered.extend(actions(desk, subject, true));
    // PX-27: where people are approved, those who were say so.
    let approves = desk.scene.place.rules.policy().approval_mode != ApprovalMode::Off;
    if approves && member.status == Status::Active && member.kind == MemberKind::Person {
        offered.push(Action::refused(&desk.scene.words.approved, "Is in already."));
    }
    PersonRow {
        person: who,
        role: desk.role_name(&member.role),
        state,
        state_detail,
        pick: member.id.to_string(),
        off: member.status == Status::Deactivated,
        last_active: member.last_active_at.map(|at| desk.when(at)),
        actions: offered,
    }
}

/// The state of a membership, and what is more to say about it.
pub(super) fn state(desk: &Desk, subject: &Subject) -> (Chip, String) {
    match (subject.member.status, &subject.invitation) {
        (Status::Invited, Some(invitation)) => invited(desk, invitation),
        (Status::Invited, None) => (Chip::new("Invited", Tone::Info), String::new()),
        (Status::Requested, _) => (Chip::new("Asks to join", Tone::Wait), String::new()),
        (Status::PendingApproval, _) => (Chip::new("Waiting for approval", Tone::Wait), String::new()),
        (Status::Active, _) => (Chip::new("Active", Tone::Good), String::new()),
        (Status::Deactivated, _) => (Chip::new("Deactivated", Tone::Plain), String::new()),
        (Status::Removed, _) => (Chip::new("Removed", Tone::Plain), String::new()),
    }
}

fn invited(desk: &Desk, invitation: &Invitation) -> (Chip, String) {
    let ends = invitation.expires_at.map(|at| desk.when(at).relative);
    if invitation.shown_state(desk.ctx().now) == "expired" {
        return (Chip::new("Expired", Tone::Wait), ends.map_or_else(String::new, |at| format!("Ended {at}")));
    }
    let ends = ends.map_or_else(|| "Never expires".to_owned(), |at| format!("Expires {at}"));
    match (invitation.deliver, invitation.delivery) {
        (Deliver::Email, Delivery::Failed) => (Chip::new("Invited", Tone::Bad), "Mail failed".to_owned()),
        (Deliver::Email, Delivery::Queued | Delivery::None) => {
            (Chip::new("Invited", Tone::Info), "Mail is on its way".to_owned())
        }
        (Deliver::Email, Delivery::Sent) => (Chip::new("Invited", Tone::Info), ends),
        (Deliver::Link, _) => (Chip::new("Invited by link", Tone::Info), ends),
    }
}

/// What this reader may do about somebody, and what not and why. On a page of its own an act that ends
/// with the person gone leads away; in the list it does not.
pub(super) fn actions(desk: &Desk, subject: &Subject, in_list: bool) -> Vec<Action> {
    let acts = subject.acts(&desk.scene.place).into_iter();
    acts.map(|act| action(desk, subject, act, in_list)).collect()
}

/// One act, offered or refused.
pub(super) fn action(desk: &Desk, subject: &Subject, act: Act, in_list: bool) -> Action {
    let label = label(desk, act);
    let asks: Asks = act.action(subject.member.status);
    if let Err(refusal) = subject.ask(&desk.scene.place, act, desk.ctx().now) {
        return Action::refused(label, desk.why(asks, &refusal));
    }
    let base = href(desk, subject);
    let question = |word: &str| {
        let href = format!("{base}/{word}");
        if in_list { Action::ask(label, href) } else { Action::ask_and_leave(label, href) }
    };
    match act {
        Act::ChangeRole => Action::ask(label, format!("{base}/role")),
        Act::Resend => Action::post(label, format!("{base}/resend{}", if in_list { "?from=users" } else { "" })),
        Act::Cancel => question("cancel").danger(),
        Act::Approve => Action::ask(label, format!("{base}/approve")),
        Act::Reject => question("reject").danger(),
        Act::EndSessions => Action::ask(label, format!("{base}/end-sessions")),
        Act::Deactivate => Action::ask(label, format!("{base}/deactivate")),
        Act::Reactivate => Action::ask(label, format!("{base}/reactivate")),
        Act::Remove => question("remove").danger(),
        Act::ResetFactors => Action::ask(label, format!("{base}/reset-factors")).danger(),
        Act::SendPasswordLink => Action::ask(label, format!("{base}/send-password-reset")),
        Act::Leave => Action::ask_and_leave(label, format!("/{}/leave", desk.org())).danger(),
    }
}

/// The preset's word for an act.
pub(super) fn label(desk: &Desk, act: Act) -> &str {
    let words = &desk.scene.words;
    match act {
        Act::ChangeRole => &words.change_role,
        Act::Resend => &words.resend,
        Act::Cancel => &words.cancel_invitation,
        Act::Approve => &words.approve,
        Act::Reject => &words.reject,
        Act::EndSessions => &words.end_sessions,
        Act::Deactivate => &words.deactivate,
        Act::Reactivate => &words.reactivate,
        Act::Remove => &words.remove,
        Act::Leave => &words.leave,
        Act::ResetFactors => "Reset second factors",
        Act::SendPasswordLink => "Send a link for a new password",
    }
}
