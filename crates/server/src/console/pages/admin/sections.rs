//! The settings of the organization, a page for each heading: what each means in a sentence, what the preset fixes,
//! and whom a change would touch, told before it is saved. Which values are allowed is the domain's to say.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::member::Status;
use guildhall_domain::policy::{ApprovalMode, ApprovalOnDisable, Knob as Name};
use guildhall_domain::refusal::{Code, Refusal};
use serde_json::{Map, Value};

use super::desk::Desk;
use super::{impact, knobs};
use crate::console::verdict::sentence;
use crate::console::view::{
    ApprovalSwitch, Field, Form, Knob, KnobControl, KnobGroup, Part, Place, SettingsPage, Shell, ThingPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::members::{self, MemberQuery};
use crate::ops::organizations::{self, KnobView, PolicyView};
use crate::ops::view::Preview;
use crate::ops::{Answer, Ctx};

/// What was sent and refused, to be shown again.
#[derive(Clone, Copy, Default)]
pub(super) struct Tried<'a> {
    /// What was sent.
    pub(super) sent: Option<&'a Sent>,
    /// What was said to it.
    pub(super) refusal: Option<&'a Refusal>,
}

impl Tried<'_> {
    /// What is wrong with one field.
    pub(super) fn error(&self, field: &str) -> Option<String> {
        let refusal = self.refusal?;
        let found = refusal.errors.iter().find(|e| e.field == field).map(|e| sentence(&e.detail));
        found.or_else(|| (field == "slug" && refusal.code == Code::SlugTaken).then(|| sentence(&refusal.detail)))
    }
}

async fn policy(desk: &Desk) -> Result<PolicyView, Wrong> {
    organizations::policy(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))
}

/// The pages of the settings; `current` is the one shown, empty the general one.
pub(super) fn tabs(desk: &Desk, current: &str) -> Vec<Place> {
    let place =
        |slug: &str, title: &str, href: String| Place { label: title.to_owned(), href, current: slug == current };
    let each = knobs::ORDER.iter().filter_map(|at| knobs::GROUPS.get(*at));
    std::iter::once(place("", "General", desk.href("org")))
        .chain(each.map(|(slug, title, _)| place(slug, title, desk.href(&format!("org/settings/{slug}")))))
        .collect()
}

/// `GET /{org}/admin/org/settings/{section}`
pub(super) async fn show(visit: Visit, Path((org, section)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = page(&desk, &section, Tried::default()).await?;
    desk.page(&page)
}

async fn page(desk: &Desk, section: &str, tried: Tried<'_>) -> Result<SettingsPage, Wrong> {
    let at = knobs::GROUPS.iter().position(|(slug, _, _)| *slug == section);
    let at = at.ok_or_else(|| desk.wrong(Code::NotFound))?;
    let policy = policy(desk).await?;
    let may_turn = desk.scene.may(Asks::PolicyUpdate);
    let open = group(desk, &policy, (at, true), may_turn, tried);
    // After a refusal the page is about what was refused.
    let approvals =
        if tried.refusal.is_none() && section == "approval" { approvals(desk, section).await? } else { None };
    let (_, title, intro) = knobs::GROUPS.get(at).copied().unwrap_or_default();
    let words = &desk.scene.words;
    let trail = vec![Place::new(&words.settings_title, desk.href("org"))];
    Ok(SettingsPage {
        page: Shell { trail, ..desk.shell(title, "org") },
        words: words.clone(),
        title: title.to_owned(),
        intro: intro.to_owned(),
        sections: tabs(desk, section),
        section: section.to_owned(),
        policy_action: desk.href("org/policy"),
        approvals,
        may_save: may_turn && !open.knobs.is_empty(),
        open,
        fixed: group(desk, &policy, (at, false), false, tried),
    })
}

/// `POST /{org}/admin/org/policy`
pub(super) async fn change_policy(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let rules = &desk.scene.place.rules;
    // Only what was turned is sent, so that somebody else's change of another setting stays.
    let turned = |knob: &&Name| knobs::read(rules, **knob, &sent).filter(|value| *value != rules.policy().get(**knob));
    let open = &rules.preset().open_knobs;
    let wanted: Map<String, Value> =
        open.iter().filter_map(|knob| turned(&knob).map(|value| (knob.name().to_owned(), value))).collect();
    let section = sent.get("section").to_owned();
    let done = change(&desk, wanted, sent.get("sure") == "yes").await;
    match done {
        Ok(Answer::Preview(preview)) => question(&desk, &section, &sent, &preview),
        Ok(Answer::Done(())) => {
            Ok(go_with(&page_of(&desk, &section), Tone::Good, "The settings are saved and hold from now on."))
        }
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let section = if section.is_empty() { "approval" } else { &section };
            let page = page(&desk, section, Tried { sent: Some(&sent), refusal: Some(&refusal) }).await?;
            desk.again(&refusal, &page)
        }
    }
}

/// The page that a form of the settings stands on.
fn page_of(desk: &Desk, section: &str) -> String {
    if section.is_empty() { desk.href("org") } else { desk.href(&format!("org/settings/{section}")) }
}

/// Changes the policy; asks first where somebody would notice at once.
async fn change(desk: &Desk, wanted: Map<String, Value>, sure: bool) -> Result<Answer<()>, guildhall_store::Stop> {
    if !sure {
        let dry = Ctx { dry_run: true, ..desk.ctx().clone() };
        if let Answer::Preview(preview) = organizations::change_policy(&dry, desk.org(), wanted.clone()).await?
            && impact::touches_people(&preview)
        {
            return Ok(Answer::Preview(preview));
        }
    }
    organizations::change_policy(desk.ctx(), desk.org(), wanted).await.map(|_| Answer::Done(()))
}

/// Whom it would touch, asked before it is done; what was sent is carried along.
fn question(desk: &Desk, section: &str, sent: &Sent, preview: &Preview) -> Shown {
    let back = page_of(desk, section);
    let carried = sent.fields.iter().filter(|(key, _)| key != "csrf");
    let mut fields: Vec<Field> = carried.map(|(key, value)| Field::hidden(key, value)).collect();
    fields.push(Field::hidden("sure", "yes"));
    let form = Form {
        action: desk.href("org/policy"),
        fields,
        yes: "Save settings".to_owned(),
        cancel_href: back,
        ..Form::default()
    };
    let settings = &desk.scene.words.settings_title;
    desk.page(&ThingPage {
        page: desk.below("org", &[(settings, "org")], "Who is affected"),
        title: "Save these settings?".to_owned(),
        lead: "Nothing is saved yet. This is what it would do.".to_owned(),
        parts: vec![
            impact::part(desk, preview, &[desk.scene.place.rules.preset()]),
            Part { form: Some(form), ..Part::new("decide", "Do it?") },
        ],
        ..ThingPage::default()
    })
}

/// The switch for approvals, with those whom switching off lets in.
pub(super) async fn approvals(desk: &Desk, section: &str) -> Result<Option<ApprovalSwitch>, Wrong> {
    let (rules, mode) = (&desk.scene.place.rules, desk.scene.place.rules.policy().approval_mode);
    let turns = rules.preset().open_knobs.contains(&Name::ApprovalMode) && desk.scene.may(Asks::PolicyUpdate);
    if !turns || mode == ApprovalMode::OutsideDomains {
        return Ok(None);
    }
    let on = mode == ApprovalMode::All;
    let waiting = if on { waiting(desk).await? } else { String::new() };
    Ok(Some(ApprovalSwitch { action: desk.href("org/policy"), section: section.to_owned(), on, waiting }))
}

async fn waiting(desk: &Desk) -> Result<String, Wrong> {
    let waits = MemberQuery { status: Some(Status::PendingApproval.word().to_owned()), ..MemberQuery::default() };
    let found = members::list(desk.ctx(), desk.org(), waits).await.map_err(|stop| desk.wrong(stop))?;
    let names: Vec<String> = found.items.into_iter().filter_map(|m| m.identity.email).collect();
    if names.is_empty() {
        return Ok(String::new());
    }
    let more = if found.next.is_some() { " and more" } else { "" };
    Ok(match desk.scene.place.rules.policy().approval_on_disable {
        ApprovalOnDisable::ApproveAll => format!("Disabling lets in who waits: {}{more}.", names.join(", ")),
        ApprovalOnDisable::KeepWaiting => format!("Still waiting, also after disabling: {}{more}.", names.join(", ")),
    })
}

fn known(policy: &PolicyView) -> impl Iterator<Item = (Name, &KnobView)> {
    let name = |view: &KnobView| Name::ALL.iter().copied().find(|name| name.name() == view.name);
    policy.settings.iter().filter_map(move |view| name(view).map(|name| (name, view)))
}

/// The settings under one heading: those that can be turned, or those that the preset fixes.
fn group(desk: &Desk, policy: &PolicyView, (at, open): (usize, bool), may_turn: bool, tried: Tried<'_>) -> KnobGroup {
    let under = known(policy).filter(|(name, view)| view.open == open && knobs::title(*name).0 == at);
    let (_, title, _) = knobs::GROUPS.get(at).copied().unwrap_or_default();
    // The page itself says what those are about that can be turned.
    let (title, intro) = match open {
        true => (title, ""),
        false => ("Fixed by the preset", "These come with the preset and cannot be changed here."),
    };
    KnobGroup {
        title: title.to_owned(),
        intro: intro.to_owned(),
        knobs: under.map(|(name, view)| knob(desk, name, view, may_turn && open, tried)).collect(),
    }
}

fn knob(desk: &Desk, name: Name, view: &KnobView, may_turn: bool, tried: Tried<'_>) -> Knob {
    let rules = &desk.scene.place.rules;
    let typed = tried.sent.filter(|sent| sent.fields.iter().any(|(field, _)| *field == view.name));
    let sent = typed.and_then(|sent| knobs::read(rules, name, sent));
    let value = sent.as_ref().unwrap_or(&view.value);
    Knob {
        name: view.name.clone(),
        label: knobs::title(name).1.to_owned(),
        sentence: for_people(&view.sentence),
        control: if may_turn {
            knobs::control(rules, name, value, typed)
        } else {
            KnobControl::Shown(knobs::shown(rules, name, &view.value))
        },
        error: tried.error(&view.name),
    }
}

/// The sentences speak of seconds, `null` and dotted names, as files and the API do; the form has units, may
/// be empty and calls the settings by their titles.
fn for_people(sentence: &str) -> String {
    let titled = Name::ALL.iter().fold(sentence.to_owned(), |text, name| {
        text.replace(&format!("`{}`", name.name()), &format!("“{}”", knobs::title(*name).1))
    });
    titled
        .replace(", in seconds;", ";")
        .replace("how many seconds", "how long")
        .replace("; `null`:", ". Left empty:")
        .replace('`', "")
}
