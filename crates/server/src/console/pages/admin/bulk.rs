//! The same thing done to several at once: chosen in the list, shown with what would become of each, then done one
//! by one, so that one refusal stops no other. Each is asked of the decision that answers when it is done alone.

use std::collections::BTreeSet;

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use super::desk::Desk;
use super::rows;
use crate::console::verdict::sentence;
use crate::console::view::{Action, Cell, Chip, Choice, Field, Flash, Form, Part, Row, Select, Table, ThingPage, Tone};
use crate::console::visit::{Sent, Shown, Wrong, go_with};
use crate::http::problem::told;
use crate::ops::departures::{self, Handover};
use crate::ops::invitations::{self, Resend};
use crate::ops::member_role::{self, NewMemberRole};
use crate::ops::offers::{Act, Subject};
use crate::ops::{Answer, approvals, members, roster};

/// As many as one page of the list shows.
const MOST: usize = 100;
const ACTS: [(&str, Act, Asks); 6] = [
    ("role", Act::ChangeRole, Asks::MemberChangeRole),
    ("approve", Act::Approve, Asks::MemberApprove),
    ("resend", Act::Resend, Asks::InvitationManage),
    ("deactivate", Act::Deactivate, Asks::MemberDeactivate),
    ("reactivate", Act::Reactivate, Asks::MemberDeactivate),
    ("remove", Act::Remove, Asks::MemberRemove),
];

/// What this reader may do to several at once.
pub(super) fn offers(desk: &Desk) -> Vec<(&'static str, String)> {
    let may =
        |(_, act, asks): &&(&str, Act, Asks)| desk.scene.may(*asks) && (*act != Act::ChangeRole || desk.has_roles());
    ACTS.iter().filter(may).map(|(word, act, _)| (*word, rows::label(desk, *act).to_owned())).collect()
}

fn act_of(word: &str) -> Option<Act> {
    ACTS.iter().find(|(known, _, _)| *known == word).map(|(_, act, _)| *act)
}

/// Those who were chosen and are still there.
async fn chosen(desk: &Desk, sent: &Sent) -> Result<Vec<Subject>, Wrong> {
    let mut found = Vec::new();
    let picks: BTreeSet<&str> = sent.all("pick").into_iter().collect();
    for id in picks.into_iter().take(MOST) {
        match roster::one(desk.ctx(), desk.org(), id).await {
            Ok(subject) => found.push(subject),
            Err(Stop::Refused(refusal)) if refusal.code == Code::NotFound => {}
            Err(stop) => return Err(desk.wrong(stop)),
        }
    }
    Ok(found)
}

/// Whether it would be done to somebody, and if not, why.
fn ask(desk: &Desk, act: Act, subject: &Subject) -> Result<(), String> {
    let place = &desk.scene.place;
    // Of several, one's own row is left out rather than left.
    if !subject.acts(place).contains(&act) {
        return Err(match (act, subject.is_me(place)) {
            (Act::Remove, true) => "This is you: leave instead.".to_owned(),
            _ => "Does not fit their state.".to_owned(),
        });
    }
    subject.ask(place, act, desk.ctx().now).map_err(|refusal| desk.why(act.action(subject.member.status), &refusal))
}

fn who(desk: &Desk, subject: &Subject) -> Cell {
    Cell::Who(rows::person(&subject.member).href(rows::href(desk, subject)))
}

/// Asks, with what would become of each.
fn ask_all(desk: &Desk, act: Act, word: &str, subjects: &[Subject]) -> Shown {
    let answers: Vec<Result<(), String>> = subjects.iter().map(|subject| ask(desk, act, subject)).collect();
    let ready = answers.iter().filter(|answer| answer.is_ok()).count();
    let row = |(subject, answer): (&Subject, &Result<(), String>)| {
        let (state, why) = match answer {
            Ok(()) => (Chip::new("Ready", Tone::Good), desk.role_name(&subject.member.role)),
            Err(why) => (Chip::new("Left out", Tone::Wait), why.clone()),
        };
        Row {
            about: rows::called(&subject.member),
            cells: vec![who(desk, subject), Cell::State(state), Cell::Text(why)],
            actions: Vec::new(),
        }
    };
    let label = rows::label(desk, act);
    let table = Table::new("Chosen", &["Name", "State", "Details"], subjects.iter().zip(&answers).map(row).collect());
    let mut fields = vec![Field::hidden("act", word)];
    let fitting = subjects.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
    fields.extend(fitting.map(|(subject, _)| Field::hidden("pick", subject.member.id.to_string())));
    if act == Act::ChangeRole {
        let roles = desk.scene.place.rules.organization_roles();
        let choices = roles.map(|role| Choice::new(&role.slug, &role.name).hint(&role.description)).collect();
        fields.push(Field::options("role", "Role", Select::of(choices)));
    }
    let ends = matches!(act, Act::Deactivate | Act::Remove);
    let form = Form {
        action: desk.href("users/bulk/do"),
        fields,
        yes: format!("{label}: {ready}"),
        danger: ends,
        each: true,
        cancel_href: desk.href("users"),
        ..Form::default()
    };
    let mut parts = vec![Part { table: Some(table), ..Part::new("chosen", "Chosen") }];
    if ready > 0 {
        parts.push(Part { form: Some(form), ..Part::new("decide", "Do it?") });
    }
    let people = &desk.scene.words.person;
    desk.page(&ThingPage {
        page: desk.below_people(label),
        title: format!("{label}: {ready} of {}", subjects.len()),
        lead: follows(desk, act),
        notes: if ready == 0 {
            vec![Flash::new(Tone::Wait, format!("None of the {} chosen can be taken here.", people.many))]
        } else {
            Vec::new()
        },
        acts: if ready == 0 { vec![Action::link("Back", desk.href("users"))] } else { Vec::new() },
        parts,
        ..ThingPage::default()
    })
}

fn follows(desk: &Desk, act: Act) -> String {
    let grace = desk.scene.place.rules.policy().removal_grace_s.is_some();
    match act {
        Act::Deactivate => "Sessions end at once; role, tokens and everything they made are kept.",
        Act::Remove if grace => "They lose access at once. Each removal can be undone for a while.",
        Act::Remove => "They lose access at once, and it cannot be undone.",
        Act::Resend => "Each gets a new link; the one before is dead.",
        Act::Approve => "They come in at once.",
        _ => "Each is done by itself: one that is refused stops no other.",
    }
    .to_owned()
}

/// `POST /{org}/admin/users/bulk`
pub(super) async fn choose(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let word = sent.get("act").to_owned();
    let Some(act) = act_of(&word) else {
        return Err(desk.wrong(Code::NotFound));
    };
    let subjects = chosen(&desk, &sent).await?;
    if subjects.is_empty() {
        let text = format!("Choose {} first: tick the boxes at the left.", desk.scene.words.person.many);
        return Ok(go_with(&desk.href("users"), Tone::Wait, &text));
    }
    ask_all(&desk, act, &word, &subjects)
}

/// Does it to one of them; what is to be handed over by whoever asked, such as a new link, is given back.
async fn done(desk: &Desk, act: Act, subject: &Subject, role: &str) -> Result<String, Stop> {
    let (ctx, org, member) = (desk.ctx(), desk.org(), subject.member.id.to_string());
    let plain = match act {
        Act::ChangeRole => {
            let wanted = NewMemberRole { role: role.to_owned(), groups: Vec::new() };
            member_role::change(ctx, org, &member, wanted).await.map(drop)
        }
        Act::Approve => approvals::approve(ctx, org, &member).await.map(drop),
        Act::Deactivate => members::deactivate(ctx, org, &member).await.map(drop),
        Act::Reactivate => members::reactivate(ctx, org, &member).await.map(drop),
        Act::Remove => departures::remove(ctx, org, &member, Handover::default()).await.map(drop),
        _ => {
            let invitation = subject.invitation.as_ref().map(|i| i.id.to_string()).unwrap_or_default();
            let sent = invitations::resend(ctx, org, &invitation, Resend::default()).await.and_then(Answer::done)?;
            return Ok(sent.link.unwrap_or_default());
        }
    };
    plain.map(|()| String::new())
}

/// `POST /{org}/admin/users/bulk/do`: does it, and tells of each.
pub(super) async fn answer(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let Some(act) = act_of(sent.get("act")) else {
        return Err(desk.wrong(Code::NotFound));
    };
    let subjects = chosen(&desk, &sent).await?;
    let (mut rows_told, mut succeeded) = (Vec::with_capacity(subjects.len()), 0_usize);
    for subject in &subjects {
        let (state, why) = match done(&desk, act, subject, sent.get("role")).await {
            Ok(link) => {
                succeeded += 1;
                (Chip::new("Done", Tone::Good), link)
            }
            Err(stop) => match told(&stop) {
                Some(refusal) if matches!(stop, Stop::Refused(_)) => {
                    (Chip::new("Refused", Tone::Bad), sentence(&refusal.detail))
                }
                _ => return Err(desk.wrong(stop)),
            },
        };
        let gone = act == Act::Remove && state.tone == Tone::Good;
        let person = rows::person(&subject.member);
        let shown = if gone { Cell::Who(person) } else { who(&desk, subject) };
        rows_told.push(Row {
            about: rows::called(&subject.member),
            cells: vec![shown, Cell::State(state), Cell::Text(why)],
            actions: Vec::new(),
        });
    }
    let label = rows::label(&desk, act);
    desk.page(&ThingPage {
        page: desk.below_people(label),
        title: format!("{label}: {succeeded} of {} done", subjects.len()),
        acts: vec![Action::link(format!("Back to {}", desk.scene.words.person.many), desk.href("users"))],
        begins: true,
        parts: vec![Part {
            table: Some(Table::new("Done", &["Name", "State", "Details"], rows_told)),
            ..Part::default()
        }],
        ..ThingPage::default()
    })
}
