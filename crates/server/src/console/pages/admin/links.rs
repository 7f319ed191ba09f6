//! Invite links: making one, those there are, withdrawing one, and resetting all (PX-16, PX-18).

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::policy::Knob;
use guildhall_store::read::Page;

use super::desk::Desk;
use super::invite::choices;
use super::knobs;
use crate::console::verdict::sentence;
use crate::console::view::{
    Action, Chip, Choice, ConfirmPage, Consequence, Input, InviteLinksPage, LinkRow, Place, Select, Shell, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::invite_links::{self, InviteLinkView, NewInviteLink};

/// As many links as the page shows, the newest.
const SHOWN: u32 = 50;

/// Whether the organization has invite links at all.
pub(super) fn are_offered(desk: &Desk) -> bool {
    desk.scene.place.rules.policy().invite_link_offered
}

/// Resetting all links, for whoever may.
pub(super) fn reset_action(desk: &Desk) -> Option<Action> {
    let may = are_offered(desk) && desk.scene.may(Asks::InvitationManage);
    may.then(|| Action::ask_and_leave("Reset Invite Links", desk.href("org/reset-links")).danger())
}

/// `GET /{org}/admin/invite/links`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = page(&desk, "").await?;
    desk.page(&page)
}

/// `POST` of the same: makes a link.
pub(super) async fn make(Path(org): Path<String>, sent: Sent) -> Shown {
    let role = sent.get("role").to_owned();
    let (life, uses) = (sent.get("expires_in_s").to_owned(), sent.get("uses").trim().to_owned());
    let desk = Desk::open(sent.visit, &org).await?;
    // What is no number at all is no number of people, and refused as such.
    let uses_wanted = Some(uses.as_str()).filter(|uses| !uses.is_empty()).map(|uses| uses.parse().unwrap_or(0));
    let wanted = NewInviteLink { role: Some(role.clone()), expires_in_s: life.parse().ok(), uses: uses_wanted };
    match invite_links::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done) {
        Ok(made) => {
            let page = page(&desk, &role).await?;
            desk.page(&InviteLinksPage { made: made.link, ..page })
        }
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let page = page(&desk, &role).await?;
            let problem = Some(desk.why(Asks::MemberInvite, &refusal));
            let (life, uses) = (lives(&desk, &life), Input::of(uses));
            desk.again(&refusal, &InviteLinksPage { problem, life, uses, ..page })
        }
    }
}

async fn page(desk: &Desk, role: &str) -> Result<InviteLinksPage, Wrong> {
    let permit = desk.scene.place.permit(Asks::MemberInvite).map_err(|refusal| desk.wrong(refusal))?;
    let rows = match desk.scene.may(Asks::InvitationManage) {
        true => {
            let newest = Page { after: None, limit: SHOWN };
            invite_links::list(desk.ctx(), desk.org(), newest).await.map_err(|stop| desk.wrong(stop))?.items
        }
        false => Vec::new(),
    };
    let trail = vec![
        Place::new(&desk.scene.words.person.titles, desk.href("users")),
        Place::new(&desk.scene.words.invite_title, desk.href("invite")),
    ];
    Ok(InviteLinksPage {
        page: Shell { trail, ..desk.shell("Invite link", "users") },
        words: desk.scene.words.clone(),
        action: desk.href("invite/links"),
        role: Select::of(choices(desk, &permit, role)),
        life: lives(desk, ""),
        uses: Input::default(),
        about: about(desk),
        made: None,
        problem: (!are_offered(desk)).then(|| "There are no invite links here; invite people by name.".to_owned()),
        rows: rows.iter().map(|link| row(desk, link)).collect(),
        reset: reset_action(desk),
    })
}

/// How long a link may work: what the policy allows of the usual times.
fn lives(desk: &Desk, chosen: &str) -> Vec<Choice> {
    let longest = desk.scene.place.rules.policy().invite_link_ttl_s;
    let usual = [(3_600, "For an hour"), (86_400, "For a day"), (604_800, "For 7 days"), (2_592_000, "For 30 days")];
    let fitting = usual.iter().filter(|(s, _)| longest.is_none_or(|most| *s <= most));
    let each = fitting.map(|(s, label)| Choice::new(s.to_string(), *label));
    let all =
        std::iter::once(Choice::new("", if longest.is_some() { "As long as allowed" } else { "Until withdrawn" }));
    let choice = |choice: Choice| {
        let on = choice.value == chosen;
        choice.selected(on)
    };
    all.chain(each).map(choice).collect()
}

/// For how long and for how many a link is.
fn about(desk: &Desk) -> String {
    let rules = &desk.scene.place.rules;
    let name = &desk.scene.place.organization.name;
    let life = match rules.policy().invite_link_ttl_s {
        Some(_) => {
            let value = rules.policy().get(Knob::InviteLinkTtlS);
            format!("It works for {}", knobs::shown(rules, Knob::InviteLinkTtlS, &value))
        }
        None => "It works until it is withdrawn".to_owned(),
    };
    let many = rules.policy().invite_link_uses.map_or_else(String::new, |uses| format!(", for {uses} people at most"));
    format!("One link for many: anyone holding it joins {name}. {life}{many}.")
}

fn row(desk: &Desk, link: &InviteLinkView) -> LinkRow {
    let open = link.state == "open";
    let state = match link.state.as_str() {
        "open" => Chip::new("Open", Tone::Good),
        "expired" => Chip::new("Expired", Tone::Plain),
        "used_up" => Chip::new("Used up", Tone::Plain),
        "reset" => Chip::new("Reset", Tone::Plain),
        _ => Chip::new("Withdrawn", Tone::Plain),
    };
    LinkRow {
        role: if desk.has_roles() { desk.role_name(&link.role) } else { String::new() },
        state,
        created: desk.when(link.created_at),
        expires: link.expires_at.map(|at| desk.when(at)),
        uses: link.uses_left.map_or_else(|| "Any number".to_owned(), |left| left.to_string()),
        withdraw: open
            .then(|| Action::post("Withdraw", desk.href(&format!("invite/links/{}/cancel", link.id))).danger()),
    }
}

/// `POST /{org}/admin/invite/links/{link}/cancel`
pub(super) async fn cancel(Path((org, link)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let back = desk.href("invite/links");
    match invite_links::cancel(desk.ctx(), desk.org(), &link).await {
        Ok(_) => Ok(go_with(&back, Tone::Good, "The link is withdrawn.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            Ok(go_with(&back, Tone::Wait, &sentence(&refusal.detail)))
        }
    }
}

/// `GET /{org}/admin/org/reset-links`
pub(super) async fn ask_reset(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(Asks::InvitationManage).map_err(|refusal| desk.wrong(refusal))?;
    let trail = vec![Place::new(&desk.scene.words.settings_title, desk.href("org"))];
    desk.page(&ConfirmPage {
        page: Shell { trail, ..desk.shell("Reset invite links", "org") },
        title: "Reset all invite links?".to_owned(),
        person: None,
        lead: String::new(),
        consequences: vec![
            Consequence::ends("Every invite link made so far stops working at once"),
            Consequence::stays("Whoever came in with one stays"),
            Consequence::stays("Invitations made for one person go on working, and so do links made later"),
        ],
        refused: None,
        typed: None,
        reason: None,
        action: desk.visit.path.clone(),
        yes: "Reset Invite Links".to_owned(),
        danger: true,
        cancel_href: desk.href("org"),
    })
}

/// `POST` of the same.
pub(super) async fn reset(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let done = invite_links::reset(desk.ctx(), desk.org()).await.and_then(Answer::done);
    let news = match done.map_err(|stop| desk.wrong(stop))?.reset {
        0 => "There was no open invite link.".to_owned(),
        1 => "1 invite link was reset.".to_owned(),
        many => format!("{many} invite links were reset."),
    };
    Ok(go_with(&desk.href("org"), Tone::Good, &news))
}
