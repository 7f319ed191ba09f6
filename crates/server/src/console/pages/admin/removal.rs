//! Removing somebody, with who gets what they own, and undoing it.

use axum::extract::Path;
use guildhall_domain::refusal::{Code, FieldError, Refusal};
use guildhall_store::Stop;

use super::desk::Desk;
use super::rows;
use crate::console::pages::handover;
use crate::console::verdict::sentence;
use crate::console::view::{Consequence, GoingPage, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::departures;
use crate::ops::offers::{Act, Subject};
use crate::ops::removal_plan::{self, RemovalPlan};
use crate::ops::roster;

/// `GET /{org}/admin/users/{member}/remove`
pub(super) async fn ask(visit: Visit, Path((org, member)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let subject = found(&desk, &member).await?;
    let place = &desk.scene.place;
    let fits = subject.acts(place).contains(&Act::Remove);
    let answer = subject.ask(place, Act::Remove, desk.ctx().now);
    match answer.and_then(|()| if fits { Ok(()) } else { Err(Code::MemberState.into()) }) {
        Ok(()) => desk.page(&page(&desk, &subject, None).await?),
        Err(refusal) if matches!(refusal.code, Code::NotFound | Code::AccessDenied) => Err(desk.wrong(refusal)),
        Err(refusal) => {
            let refused = desk.why(Act::Remove.action(subject.member.status), &refusal);
            desk.page(&GoingPage { refused: Some(refused), handing: None, ..page(&desk, &subject, None).await? })
        }
    }
}

/// `POST` of the same.
pub(super) async fn answer(Path((org, member)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let subject = found(&desk, &member).await?;
    match remove(&desk, &member, &sent).await {
        Ok(()) => {
            let undo = match desk.scene.place.rules.policy().removal_grace_s {
                Some(_) => desk.href(&format!("users/{member}/restore")),
                None => String::new(),
            };
            Ok(desk.to_people_or_back(&format!("{} is removed.", rows::called(&subject.member)), &undo))
        }
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let page = page(&desk, &subject, Some((&sent, &refusal))).await?;
            desk.again(&refusal, &page)
        }
    }
}

async fn found(desk: &Desk, member: &str) -> Result<Subject, crate::console::visit::Wrong> {
    roster::one(desk.ctx(), desk.org(), member).await.map_err(|stop| desk.wrong(stop))
}

async fn remove(desk: &Desk, member: &str, sent: &Sent) -> Result<(), Stop> {
    let said = handover::said(desk.ctx(), desk.org(), sent).await?;
    departures::remove(desk.ctx(), desk.org(), member, said).await.map(drop)
}

/// The question, with what was answered before when that was refused.
async fn page(
    desk: &Desk,
    subject: &Subject,
    before: Option<(&Sent, &Refusal)>,
) -> Result<GoingPage, crate::console::visit::Wrong> {
    let (member, words) = (&subject.member, &desk.scene.words);
    let (id, place) = (member.id.to_string(), &desk.scene.place);
    let plan = removal_plan::plan(desk.ctx(), desk.org(), &id).await.map_err(|stop| desk.wrong(stop))?;
    let errors: &[FieldError] = before.map_or(&[], |(_, refusal)| refusal.errors.as_slice());
    let answer = before.map(|(sent, _)| (sent, errors));
    let handing = handover::form(desk.ctx(), desk.org(), &place.rules, &id, &plan.owns, answer).await;
    let handing = handing.map_err(|stop| desk.wrong(stop))?;
    // What an heir mends is said beside the fields; anything else leaves nothing to answer.
    let mends = |r: &Refusal| matches!(r.code, Code::OwnsResources | Code::TransferHeir | Code::TransferNotOwned);
    let told = before.map(|(_, refusal)| (mends(refusal), desk.why(Act::Remove.action(member.status), refusal)));
    let (problem, refused) = match told {
        Some((true, text)) => (errors.is_empty().then_some(text), None),
        Some((false, text)) => (None, Some(text)),
        None => (None, None),
    };
    let title = format!("{}?", words.remove);
    Ok(GoingPage {
        page: desk.below_people(&title),
        title,
        person: Some(rows::person(member)),
        lead: lead(desk, &rows::called(member)),
        consequences: follows(&plan),
        handing: handing.filter(|_| refused.is_none()),
        refused,
        problem,
        after: after(&plan),
        typed: None,
        password: None,
        action: desk.href(&format!("users/{id}/remove")),
        yes: words.remove_yes.clone(),
        cancel_href: desk.href("users"),
    })
}

fn lead(desk: &Desk, who: &str) -> String {
    let organization = &desk.scene.place.organization.name;
    let back = match desk.scene.place.rules.policy().removal_grace_s {
        Some(_) => "For a while it can be undone; after that they need a new invitation to come back.",
        None => "To come back they need a new invitation.",
    };
    format!("{who} loses access to {organization}. {back}")
}

fn count(many: usize, one: &str, more: &str) -> String {
    if many == 1 { format!("1 {one}") } else { format!("{many} {more}") }
}

fn follows(plan: &RemovalPlan) -> Vec<Consequence> {
    let mut follows = vec![
        Consequence::ends("Their sessions here end with the very next request"),
        Consequence::ends("Their role and every personal token for this organization are gone"),
    ];
    let (groups, grants) = (&plan.holds.groups, &plan.holds.grants);
    if !groups.is_empty() {
        let managed = groups.iter().filter(|group| group.manager).count();
        let led = if managed == 0 { String::new() } else { format!(", {managed} of them as manager") };
        follows.push(Consequence::ends(format!("They leave {}{led}", count(groups.len(), "group", "groups"))));
    }
    if !grants.is_empty() {
        follows.push(Consequence::ends(format!("{} with them end", count(grants.len(), "share", "shares"))));
    }
    let programs = plan.holds.service_accounts.len();
    if programs > 0 {
        let many = count(programs, "service account", "service accounts");
        follows.push(Consequence::stays(format!("{many} they answer for go on working, with nobody who answers")));
    }
    follows.push(Consequence::stays("Their account and their other organizations stay"));
    follows.push(Consequence::stays("What they did stays in the audit log"));
    follows
}

/// What remains to be done elsewhere.
fn after(plan: &RemovalPlan) -> Vec<String> {
    let mut after = Vec::new();
    if !plan.rotate.is_empty() {
        let named: Vec<String> = plan.rotate.iter().map(|t| format!("{} (…{})", t.name, t.last4)).collect();
        after.push(format!("Replace wherever they are in use: {}.", named.join(", ")));
    }
    after.extend(plan.upstream.as_deref().map(sentence));
    after
}

/// `POST /{org}/admin/users/{member}/restore`
pub(super) async fn restore(Path((org, member)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    match departures::restore(desk.ctx(), desk.org(), &member).await {
        Ok(_) => Ok(desk.to_people("The removal is undone.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            Ok(go_with(&desk.href("users"), Tone::Bad, &sentence(&refusal.detail)))
        }
    }
}
