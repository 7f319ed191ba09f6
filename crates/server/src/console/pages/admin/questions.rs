//! Questions about one member, each a page that also floats as a dialog: asked with what follows from a
//! yes, answered by one use case. When the answer is known to be no, the page says why instead.

use axum::extract::Path;
use guildhall_domain::member::Member;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;

use super::desk::Desk;
use super::rows;
use crate::console::view::{ConfirmPage, Consequence, Input};
use crate::console::visit::{Sent, Shown, Visit};
use crate::ops::approvals::{self, Rejection};
use crate::ops::members;
use crate::ops::offers::{Act, Subject};
use crate::ops::{recovery, roster};

fn act_of(word: &str) -> Option<Act> {
    Some(match word {
        "approve" => Act::Approve,
        "reject" => Act::Reject,
        "end-sessions" => Act::EndSessions,
        "deactivate" => Act::Deactivate,
        "reactivate" => Act::Reactivate,
        "reset-factors" => Act::ResetFactors,
        "send-password-reset" => Act::SendPasswordLink,
        _ => return None,
    })
}

/// `GET /{org}/admin/users/{member}/{act}`
pub(super) async fn ask(visit: Visit, Path((org, member, word)): Path<(String, String, String)>) -> Shown {
    let act = act_of(&word).ok_or_else(|| visit.wrong(Code::NotFound))?;
    let desk = Desk::open(visit, &org).await?;
    let subject = roster::one(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    question(&desk, act, &subject)
}

/// `POST` of the same.
pub(super) async fn answer(Path((org, member, word)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let act = act_of(&word).ok_or_else(|| sent.visit.wrong(Code::NotFound))?;
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let subject = roster::one(desk.ctx(), desk.org(), &member).await.map_err(|stop| desk.wrong(stop))?;
    let who = rows::called(&subject.member);
    let (ctx, org) = (desk.ctx(), desk.org());
    let (done, news) = match act {
        Act::Approve => (approvals::approve(ctx, org, &member).await.map(drop), format!("{who} is in.")),
        Act::Reject => {
            let reason = Some(sent.get("reason").trim().to_owned()).filter(|reason| !reason.is_empty());
            let done = approvals::reject(ctx, org, &member, Rejection { reason }).await.map(drop);
            (done, format!("{who} was turned away."))
        }
        Act::EndSessions => {
            (members::end_sessions(ctx, org, &member).await.map(drop), format!("The sessions of {who} have ended."))
        }
        Act::Deactivate => (members::deactivate(ctx, org, &member).await.map(drop), format!("{who} is deactivated.")),
        Act::Reactivate => (members::reactivate(ctx, org, &member).await.map(drop), format!("{who} is active again.")),
        Act::ResetFactors => (
            recovery::reset_factors(ctx, org, &member).await.map(drop),
            format!("The second factors of {who} are gone; they sign in with their password."),
        ),
        Act::SendPasswordLink => {
            (recovery::send_password_link(ctx, org, &member).await.map(drop), format!("A link is on its way to {who}."))
        }
        _ => return Err(desk.wrong(Code::NotFound)),
    };
    match done {
        Ok(()) if act == Act::Deactivate => {
            Ok(desk.to_people_or_back(&news, &desk.href(&format!("users/{member}/reactivate"))))
        }
        Ok(()) => Ok(desk.to_people(&news)),
        Err(stop) => refused(&desk, act, &subject, stop),
    }
}

/// Asks, unless the answer is known already; who may not ask is told so by the page of refusals.
fn question(desk: &Desk, act: Act, subject: &Subject) -> Shown {
    let place = &desk.scene.place;
    let fits = subject.acts(place).contains(&act) || subject.recovery().contains(&act);
    let answer = subject.ask(place, act, desk.ctx().now);
    // Doing it again where it is done already is harmless, but there is nothing to ask.
    match answer.and_then(|()| if fits { Ok(()) } else { Err(Code::MemberState.into()) }) {
        Ok(()) => desk.page(&page(desk, act, subject, None)),
        Err(refusal) => {
            let refusal = match refusal.code {
                Code::NotFound | Code::AccessDenied => return Err(desk.wrong(refusal)),
                _ => refusal,
            };
            desk.page(&page(desk, act, subject, Some(&refusal)))
        }
    }
}

fn refused(desk: &Desk, act: Act, subject: &Subject, stop: Stop) -> Shown {
    let refusal = desk.of_form(stop)?;
    desk.again(&refusal, &page(desk, act, subject, Some(&refusal)))
}

fn page(desk: &Desk, act: Act, subject: &Subject, refusal: Option<&Refusal>) -> ConfirmPage {
    let member = &subject.member;
    let asked = asked(desk, act, member, subject.is_me(&desk.scene.place));
    ConfirmPage {
        page: desk.below_people(&asked.title),
        title: asked.title,
        person: Some(rows::person(member)),
        lead: asked.lead,
        consequences: asked.follows,
        refused: refusal.map(|r| desk.why(act.action(member.status), r)),
        typed: None,
        reason: (act == Act::Reject).then(Input::default),
        action: desk.visit.path.clone(),
        yes: asked.yes,
        danger: asked.danger,
        cancel_href: desk.href("users"),
    }
}

/// A question in words.
struct Question {
    title: String,
    lead: String,
    follows: Vec<Consequence>,
    yes: String,
    danger: bool,
}

fn asked(desk: &Desk, act: Act, member: &Member, mine: bool) -> Question {
    let words = &desk.scene.words;
    let (who, organization) = (rows::called(member), &desk.scene.place.organization.name);
    let role = desk.role_name(&member.role);
    let (ends, stays) = (|t: &str| Consequence::ends(t), |t: &str| Consequence::stays(t));
    let simple = |title: String, lead: String, yes: &str| Question {
        title,
        lead,
        follows: Vec::new(),
        yes: yes.to_owned(),
        danger: false,
    };
    match act {
        Act::Approve => simple(
            format!("{} {who}?", words.approve),
            format!("They come into {organization} at once{}.", with_role(desk, &role)),
            &words.approve,
        ),
        Act::Reject => Question {
            follows: vec![ends("They do not come in, and are no longer listed"), stays("They can be invited again")],
            danger: true,
            ..simple(format!("{} {who}?", words.reject), String::new(), &words.reject)
        },
        Act::EndSessions => Question {
            follows: vec![
                ends("Every browser they are signed in with asks for the password again"),
                stays("Their role and their tokens stay"),
            ],
            ..simple(
                format!("{} of {who}?", words.end_sessions),
                if mine { "This is you: you will have to sign in again, too.".to_owned() } else { String::new() },
                &words.end_sessions,
            )
        },
        Act::ResetFactors | Act::SendPasswordLink => recovering(act, &who),
        Act::Deactivate => Question {
            follows: vec![
                ends("Their sessions here end with the very next request"),
                ends("Their tokens do not work while they are deactivated"),
                stays("Role, tokens and everything they made are kept"),
            ],
            danger: true,
            ..simple(
                format!("{} {who}?", words.deactivate),
                "Access ends at once and can be given back at any time.".to_owned(),
                &words.deactivate,
            )
        },
        Act::Reactivate => simple(
            format!("{} {who}?", words.reactivate),
            format!("Access comes back{}. Sessions that ended stay ended.", with_role(desk, &role)),
            &words.reactivate,
        ),
        _ => simple(format!("{}?", rows::label(desk, act)), String::new(), rows::label(desk, act)),
    }
}

/// Helping somebody back in.
fn recovering(act: Act, who: &str) -> Question {
    let (ends, stays) = (|t: &str| Consequence::ends(t), |t: &str| Consequence::stays(t));
    if act == Act::ResetFactors {
        return Question {
            title: format!("Reset the second factors of {who}?"),
            lead: "Make sure first that it is really them who asks.".to_owned(),
            follows: vec![
                ends("Their authenticator app, their passkeys and their backup codes stop working"),
                ends("They are signed out everywhere"),
                stays("Their password, their role and their tokens stay"),
            ],
            yes: "Reset second factors".to_owned(),
            danger: true,
        };
    }
    Question {
        title: format!("Send {who} a link for a new password?"),
        lead: "It goes to their own address and works for a day.".to_owned(),
        follows: vec![stays("Their present password works until they choose a new one")],
        yes: "Send the link".to_owned(),
        danger: false,
    }
}

fn with_role(desk: &Desk, role: &str) -> String {
    if desk.has_roles() { format!(" with the role {role}") } else { String::new() }
}
