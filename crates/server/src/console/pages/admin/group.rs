//! One group: who is in it and who runs it, what it gives, its name, and its end. Whether something would be done is
//! the decision's to say; what cannot be changed at all is shown without a form.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::groups::{TAB, called, chips, label, one, title};
use crate::console::pages::token_form;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{
    Action, Cell, Chip, Choice, ConfirmPage, Consequence, Empty, Fact, FactValue, Field, Form, Part, Person, Row,
    Table, ThingPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::groups::{self, EditGroup, GroupView, NewSeat, SeatView};
use crate::ops::view::PreviewAccess;
use crate::ops::{Answer, Ctx, grants, group_deletion, members};

const SHOWN: u32 = 50;
/// As many of those who lose something as are named.
const LOSERS_NAMED: usize = 5;

/// What the reader may do with this group: run it, and end it.
struct May {
    run: bool,
    manage: bool,
    permissions: bool,
}

async fn may(desk: &Desk, group: &GroupView) -> May {
    let local = group.origin != "external";
    let manage = desk.scene.may(Asks::GroupManage);
    let mine = !manage && desk.scene.may(Asks::GroupManageOwn) && runs(desk, group).await;
    May {
        run: local && (manage || mine),
        manage: local && manage && !group.reserved,
        permissions: desk.scene.may(Asks::GroupPermissions),
    }
}

/// Whether the reader runs it; whoever may not look themself up is offered nothing.
async fn runs(desk: &Desk, group: &GroupView) -> bool {
    let Ok(me) = desk.scene.place.me() else { return false };
    let found = members::get(desk.ctx(), desk.org(), &me.id.to_string()).await;
    found.is_ok_and(|me| me.groups.iter().any(|one| one.manager && one.id == group.id))
}

async fn load(desk: &Desk, group: &str) -> Result<GroupView, Wrong> {
    groups::get(desk.ctx(), desk.org(), group).await.map_err(|stop| desk.wrong(stop))
}

/// `GET /{org}/admin/groups/{group}`
pub(super) async fn show(visit: Visit, Path((org, group)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    page(&desk, &group, None, &Verdict::default()).await
}

/// The page; `sent` is the form of it that came back refused.
async fn page(desk: &Desk, group: &str, sent: Option<&Sent>, verdict: &Verdict) -> Shown {
    let found = load(desk, group).await?;
    let may = may(desk, &found).await;
    let href = desk.href(&format!("groups/{}", found.id));
    let mut parts =
        vec![people(desk, &found, &href, may.run, (sent, verdict)).await?, gives(desk, &found, &href, &may)];
    if may.run && !found.reserved {
        let given = |key: &str, present: &str| {
            verdict.input(key, sent.filter(|s| s.fields.iter().any(|(k, _)| k == key)).map_or(present, |s| s.get(key)))
        };
        parts.push(Part {
            form: Some(Form {
                action: href.clone(),
                fields: vec![
                    Field::text("name", "Name", given("name", &found.name)),
                    Field::text("description", "What it is for", given("description", &found.description)).optional(),
                ],
                yes: "Save".to_owned(),
                ..Form::default()
            }),
            ..Part::new("name-and-purpose", "Name and purpose")
        });
    }
    let delete = format!("Delete {}", one(desk));
    let delete = match (may.manage, found.reserved) {
        (true, _) => Action::ask_and_leave(delete, format!("{href}/delete")).danger(),
        (false, true) => Action::refused(delete, "It comes with the preset and stays."),
        (false, false) if found.origin == "external" => Action::refused(delete, "A directory keeps it."),
        (false, false) => Action::refused(delete, desk.why(Asks::GroupManage, &Code::AccessDenied.into())),
    };
    let shown = ThingPage {
        page: desk.below(TAB, &[(&title(desk), TAB)], &found.name),
        title: found.name.clone(),
        lead: found.description.clone(),
        chips: chips(&found),
        acts: vec![delete],
        notes: verdict.flash().into_iter().collect(),
        parts,
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &shown)
}

async fn people(
    desk: &Desk,
    group: &GroupView,
    href: &str,
    run: bool,
    (sent, verdict): (Option<&Sent>, &Verdict),
) -> Result<Part, Wrong> {
    let page = Page { after: desk.after()?, limit: SHOWN };
    let seats = groups::seats(desk.ctx(), desk.org(), &group.id, page).await.map_err(|stop| desk.wrong(stop))?;
    let rows = seats.items.iter().map(|seat| row(desk, seat, href, run)).collect();
    let pager = desk.pager(href, seats.items.len(), seats.next.as_deref());
    let who = sent.map_or("", |sent| sent.get("who"));
    let add = Form {
        action: format!("{href}/members"),
        fields: vec![
            Field::code("who", "Take somebody in", verdict.input("who", who)).hint("The email address of a member."),
            Field::tick("manager", Choice::new("true", "They run it: change it and decide who is in it")),
        ],
        yes: "Take in".to_owned(),
        ..Form::default()
    };
    Ok(Part {
        table: Some(Table::new("Who is in it", &["Name", "Place"], rows)),
        empty: Some(Empty::new("users", "", "Nobody is in it yet.")),
        pager: Some(pager).filter(|pager| pager.first.is_some() || pager.next.is_some()),
        form: run.then_some(add),
        ..Part::new("people", "Who is in it")
    })
}

fn row(desk: &Desk, seat: &SeatView, href: &str, run: bool) -> Row {
    let person = Person::new(&seat.name, &seat.email, &seat.member);
    let one = format!("{href}/members/{}", seat.member);
    let place = if seat.manager { Chip::new("Runs it", Tone::Info) } else { Chip::new("Member", Tone::Plain) };
    let switch = match seat.manager {
        true => Action::post("Does not run it any more", format!("{one}/member")),
        false => Action::post("Let them run it", format!("{one}/manager")),
    };
    Row {
        about: called(seat),
        cells: vec![Cell::Who(person.href(desk.href(&format!("users/{}", seat.member)))), Cell::State(place)],
        actions: if run { vec![switch, Action::post("Take out", format!("{one}/out")).danger()] } else { Vec::new() },
    }
}

/// What being in it gives: as ticks for whoever may decide it, in words for the others.
fn gives(desk: &Desk, group: &GroupView, href: &str, may: &May) -> Part {
    let intro = "What being in it gives in the whole organization, whatever somebody's role. Nobody lets it give more than they have.";
    let part = Part::new("gives", "What it gives").intro(intro);
    let chosen: Vec<&str> = group.permissions.iter().map(String::as_str).collect();
    let named: Vec<String> = chosen.iter().map(|name| label(desk, name)).collect();
    let now = match named.is_empty() {
        true => Fact::text("Now", "Nothing by itself"),
        false => Fact::new("Now", FactValue::Marks(named)),
    };
    let part = Part { facts: vec![now], ..part };
    if !may.permissions {
        return part;
    }
    // What it gives already is shown even where the reader does not have it.
    let preset = desk.scene.place.rules.preset();
    let given = chosen.iter().filter_map(|name| preset.bit(name)).fold(desk.scene.rights, |mask, bit| mask.with(bit));
    Part {
        form: Some(Form {
            action: format!("{href}/gives"),
            fields: vec![Field::ticks("permissions", "Permissions", token_form::groups(preset, given, &chosen))],
            yes: "Save".to_owned(),
            ..Form::default()
        }),
        opens: "Choose what it gives",
        ..part
    }
}

async fn finish(
    desk: &Desk,
    group: &str,
    sent: &Sent,
    done: Result<(), Stop>,
    (news, fields): (&str, &[&str]),
) -> Shown {
    match done {
        Ok(()) => Ok(go_with(&desk.href(&format!("groups/{group}")), Tone::Good, news)),
        Err(stop) => page(desk, group, Some(sent), &Verdict::of(&desk.visit, stop, fields)?).await,
    }
}

/// `POST` of the same: name and purpose.
pub(super) async fn edit(Path((org, group)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let wanted = EditGroup {
        name: Some(sent.get("name").to_owned()),
        description: Some(sent.get("description").to_owned()),
        permissions: None,
    };
    let done = groups::edit(desk.ctx(), desk.org(), &group, wanted).await.map(drop);
    finish(&desk, &group, &sent, done, ("Saved.", &["name", "description"])).await
}

/// `POST …/gives`
pub(super) async fn give(Path((org, group)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let permissions = sent.all("permissions").into_iter().map(str::to_owned).collect();
    let wanted = EditGroup { permissions: Some(permissions), ..EditGroup::default() };
    let done = groups::edit(desk.ctx(), desk.org(), &group, wanted).await.map(drop);
    finish(&desk, &group, &sent, done, ("Saved; it holds from the next request on.", &[])).await
}

/// `POST …/members`: takes somebody in by their address.
pub(super) async fn add(Path((org, group)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let seat = NewSeat { manager: sent.get("manager") == "true" };
    let done = match grants::named(desk.ctx(), desk.org(), "member", sent.get("who")).await {
        Ok(subject) => {
            let member = subject.id.unwrap_or_default();
            groups::set_seat(desk.ctx(), desk.org(), &group, &member, seat).await.map(drop)
        }
        Err(stop) => Err(stop),
    };
    let news = format!("{} is in it.", sent.get("who").trim());
    finish(&desk, &group, &sent, done, (&news, &["who"])).await
}

/// `POST …/members/{member}/{act}`: `manager`, `member`, `out`.
pub(super) async fn seat(Path((org, group, member, act)): Path<(String, String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let (ctx, here) = (desk.ctx(), desk.org());
    let (done, news) = match act.as_str() {
        "manager" => {
            let done = groups::set_seat(ctx, here, &group, &member, NewSeat { manager: true }).await;
            (done.map(drop), "They run it now.")
        }
        "member" => {
            let done = groups::set_seat(ctx, here, &group, &member, NewSeat { manager: false }).await;
            (done.map(drop), "They do not run it any more.")
        }
        "out" => (groups::leave_seat(ctx, here, &group, &member).await.map(drop), "They are out of it."),
        _ => return Err(desk.wrong(Code::NotFound)),
    };
    let back = desk.href(&format!("groups/{group}"));
    match done {
        Ok(()) => Ok(go_with(&back, Tone::Good, news)),
        Err(stop) => Ok(go_with(&back, Tone::Bad, &sentence(&desk.of_form(stop)?.detail))),
    }
}

/// `GET /{org}/admin/groups/{group}/delete`
pub(super) async fn ask_delete(visit: Visit, Path((org, group)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &group).await?;
    desk.scene.place.permit(Asks::GroupManage).map_err(|refusal| desk.wrong(refusal))?;
    let preview = Ctx { dry_run: true, ..desk.ctx().clone() };
    let lost = match group_deletion::delete(&preview, desk.org(), &group).await {
        Ok(Answer::Preview(preview)) => losers(&preview.access_lost),
        // A refusal is told where the answer is given.
        _ => None,
    };
    desk.page(&ConfirmPage {
        page: desk.below(TAB, &[(&title(&desk), TAB)], "Delete"),
        title: format!("Delete {}?", found.name),
        person: None,
        lead: String::new(),
        consequences: vec![
            Consequence::ends("What is shared with it is shared with nobody through it any more"),
            Consequence::ends("What it gives by itself is gone for everybody in it"),
            Consequence::stays("Its people stay in the organization, with their roles"),
        ]
        .into_iter()
        .chain(lost.map(Consequence::ends))
        .collect(),
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Yes, delete".to_owned(),
        danger: true,
        cancel_href: desk.href(&format!("groups/{}", found.id)),
    })
}

/// Who loses something, in a sentence.
fn losers(lost: &[PreviewAccess]) -> Option<String> {
    let mut names: Vec<&str> = lost.iter().map(|one| one.email.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(LOSERS_NAMED);
    names.truncate(LOSERS_NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("Rights are lost by {}{rest}", names.join(", ")))
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, group)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    match group_deletion::delete(desk.ctx(), desk.org(), &group).await {
        Ok(_) => Ok(go_with(&desk.href(TAB), Tone::Good, "It is deleted.")),
        Err(stop) => {
            let back = desk.href(&format!("groups/{group}"));
            Ok(go_with(&back, Tone::Bad, &sentence(&desk.of_form(stop)?.detail)))
        }
    }
}
