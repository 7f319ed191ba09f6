//! One role: what it gives, who holds it, what tells it from another; and the organization's own roles: made,
//! changed with a tick for each permission, deleted. Which roles may be made is the decision's to say.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::Code;

use super::desk::{Desk, with_query};
use super::groups::label;
use crate::console::pages::token_form;
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Cell, Chip, Choice, Empty, Fact, FactValue, Field, Form, Part, Person, Row, ScopeGroup, Select, Table,
    ThingPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::members::{self, MemberQuery};
use crate::ops::roles::{self, EditRole, NewRole, RoleView};

const TAB: &str = "roles";
/// How many holders a role's page names.
const NAMED: u32 = 10;
const FIELDS: &[&str] = &["name", "slug", "description"];

/// Making one, offered or refused: where the policy has no roles of one's own, it says so.
pub(super) fn new_action(desk: &Desk) -> Action {
    let says = "New role";
    match desk.scene.place.permit(Asks::RoleManage) {
        Err(refusal) => Action::refused(says, desk.why(Asks::RoleManage, &refusal)),
        Ok(_) if !desk.scene.place.rules.policy().roles_custom => {
            Action::refused(says, "The preset's roles are all there are here.")
        }
        Ok(_) => Action::link(says, desk.href("roles/new")),
    }
}

async fn load(desk: &Desk, role: &str) -> Result<RoleView, Wrong> {
    roles::get(desk.ctx(), desk.org(), role).await.map_err(|stop| desk.wrong(stop))
}

/// The permissions a role of this kind can give and this reader may, and what it gives already.
fn ticks(desk: &Desk, applies_to: &str, chosen: &[&str]) -> Vec<ScopeGroup> {
    let preset = desk.scene.place.rules.preset();
    let given = chosen.iter().filter_map(|name| preset.bit(name)).fold(Mask::EMPTY, Mask::with);
    token_form::groups(preset, (preset.reachable(applies_to) & desk.scene.rights) | given, chosen)
}

fn trail(desk: &Desk, title: &str) -> crate::console::view::Shell {
    desk.below(TAB, &[(&desk.scene.words.roles_title, TAB)], title)
}

/// `GET /{org}/admin/roles/new`, perhaps `?like=` another role.
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    desk.scene.place.permit(Asks::RoleManage).map_err(|refusal| desk.wrong(refusal))?;
    let like = match desk.asked("like") {
        Some(role) => load(&desk, &role).await?.permissions,
        None => Vec::new(),
    };
    let chosen: Vec<&str> = like.iter().map(String::as_str).collect();
    new_page(&desk, ("", "", ""), &chosen, &Verdict::default())
}

fn new_page(desk: &Desk, (name, slug, description): (&str, &str, &str), chosen: &[&str], verdict: &Verdict) -> Shown {
    let description = verdict.input("description", description);
    let fields = vec![
        Field::text("name", "Name", verdict.input("name", name)),
        Field::code("slug", "Short name", verdict.input("slug", slug))
            .optional()
            .hint("As programs call it, such as release_captain. Empty: made from the name. It stays."),
        Field::text("description", "What it is for", description).optional(),
        Field::ticks("permissions", "Permissions", ticks(desk, ORGANIZATION, chosen))
            .hint("Nobody makes a role that may do more than they may."),
    ];
    let page = ThingPage {
        page: trail(desk, "New role"),
        title: "New role".to_owned(),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: desk.href("roles/new"),
                fields,
                yes: "Make the role".to_owned(),
                cancel_href: desk.href(TAB),
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `POST` of the same.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let (name, slug, about) = (sent.get("name"), sent.get("slug").trim(), sent.get("description"));
    let chosen = sent.all("permissions");
    let wanted = NewRole {
        name: name.to_owned(),
        slug: Some(slug.to_owned()).filter(|slug| !slug.is_empty()),
        description: Some(about.to_owned()),
        applies_to: None,
        permissions: chosen.iter().map(|&name| name.to_owned()).collect(),
        ceiling: None,
        below: None,
    };
    match roles::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done) {
        Ok(made) => {
            let news = format!("The role {} can be given from now on.", made.name);
            Ok(go_with(&desk.href(&format!("roles/{}", made.id)), Tone::Good, &news))
        }
        Err(stop) => new_page(&desk, (name, slug, about), &chosen, &Verdict::of(&desk.visit, stop, FIELDS)?),
    }
}

/// `GET /{org}/admin/roles/{role}`, perhaps `?with=` another role.
pub(super) async fn show(visit: Visit, Path((org, role)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &role).await?;
    page(&desk, &found, None, &Verdict::default()).await
}

async fn page(desk: &Desk, role: &RoleView, sent: Option<&Sent>, verdict: &Verdict) -> Shown {
    let href = desk.href(&format!("roles/{}", role.id));
    let edits = !role.built_in && desk.scene.may(Asks::RoleManage);
    let mut acts = Vec::new();
    if desk.scene.may(Asks::RoleManage) && desk.scene.place.rules.policy().roles_custom {
        let like = with_query(&desk.href("roles/new"), &[("like", Some(&role.id))]);
        acts.push(Action::link("New role like this", like));
    }
    if edits {
        acts.push(Action::ask_and_leave("Delete", format!("{href}/delete")).danger());
    }
    let mut parts = vec![gives(desk, role, &href, edits, (sent, verdict))];
    if desk.scene.may(Asks::MemberList) {
        parts.push(holders(desk, role).await?);
    }
    parts.extend(difference(desk, role, &href).await?);
    let shown = ThingPage {
        page: trail(desk, &role.name),
        title: role.name.clone(),
        lead: role.description.clone(),
        chips: vec![if role.built_in {
            Chip::new("Comes with the preset", Tone::Plain)
        } else {
            Chip::new("Made here", Tone::Info)
        }],
        acts,
        notes: verdict.flash().into_iter().collect(),
        parts,
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &shown)
}

/// What it gives: in words, or as a tick for each where it may be changed.
fn gives(desk: &Desk, role: &RoleView, href: &str, edits: bool, (sent, verdict): (Option<&Sent>, &Verdict)) -> Part {
    let chosen: Vec<&str> = match sent {
        Some(sent) => sent.all("permissions"),
        None => role.permissions.iter().map(String::as_str).collect(),
    };
    if !edits {
        let preset = desk.scene.place.rules.preset();
        let held = chosen.iter().filter_map(|name| preset.bit(name)).fold(Mask::EMPTY, Mask::with);
        let fact = |group: ScopeGroup| {
            let labels: Vec<String> = group.scopes.into_iter().map(|scope| scope.label).collect();
            Fact::new(&group.label, FactValue::Marks(labels))
        };
        let facts = token_form::groups(preset, held, &[]).into_iter().map(fact).collect();
        return Part { facts, ..Part::new("gives", "What it gives") };
    }
    let text = |key: &str, present: &str| verdict.input(key, sent.map_or(present, |sent| sent.get(key)));
    let fields = vec![
        Field::text("name", "Name", text("name", &role.name)),
        Field::text("description", "What it is for", text("description", &role.description)).optional(),
        Field::ticks("permissions", "Permissions", ticks(desk, &role.applies_to, &chosen))
            .hint("Whoever has the role has the new rights with their next request."),
    ];
    let form = Form { action: href.to_owned(), fields, yes: "Save".to_owned(), ..Form::default() };
    Part { form: Some(form), ..Part::new("gives", "What it gives") }
}

async fn holders(desk: &Desk, role: &RoleView) -> Result<Part, Wrong> {
    let query = MemberQuery { role: Some(role.slug.clone()), limit: Some(NAMED), ..MemberQuery::default() };
    let found = members::list(desk.ctx(), desk.org(), query).await.map_err(|stop| desk.wrong(stop))?;
    let row = |one: &crate::ops::view::MemberView| {
        let email = one.identity.email.clone().unwrap_or_default();
        let person = Person::new(&one.identity.name, &email, &one.id).href(desk.href(&format!("users/{}", one.id)));
        Row { about: person.name.clone(), cells: vec![Cell::Who(person)], actions: Vec::new() }
    };
    let all = with_query(&desk.href("users"), &[("role", Some(&role.slug))]);
    let acts = if found.next.is_some() { vec![Action::link("Show all", all)] } else { Vec::new() };
    Ok(Part {
        acts,
        table: Some(Table::new("Who has it", &["Name"], found.items.iter().map(row).collect())),
        empty: Some(Empty::new("users", "", "Nobody has it.")),
        ..Part::new("holders", "Who has it")
    })
}

/// What tells it from another role.
async fn difference(desk: &Desk, role: &RoleView, href: &str) -> Result<Vec<Part>, Wrong> {
    let all = roles::list(desk.ctx(), desk.org()).await.map_err(|stop| desk.wrong(stop))?;
    let asked = desk.asked("with").unwrap_or_default();
    let others = all.items.iter().filter(|other| other.applies_to == role.applies_to && other.id != role.id);
    let choices = others.clone().map(|other| Choice::new(&other.slug, &other.name).selected(other.slug == asked));
    let select = Select::of(choices.collect());
    let form = Form {
        action: href.to_owned(),
        asks: true,
        fields: vec![Field::select("with", "Compare with", select)],
        yes: "Compare".to_owned(),
        ..Form::default()
    };
    let mut parts = vec![Part { form: Some(form), ..Part::new("difference", "Beside another role") }];
    let Some(other) = others.clone().find(|other| other.slug == asked) else { return Ok(parts) };
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let row = |name: &String, more: bool| Row {
        about: name.clone(),
        cells: vec![Cell::name(label(desk, name), "", name), Cell::Held(more), Cell::Held(!more)],
        actions: Vec::new(),
    };
    let more = only(&role.permissions, &other.permissions);
    let less = only(&other.permissions, &role.permissions);
    let rows = more.iter().map(|name| row(name, true)).chain(less.iter().map(|name| row(name, false))).collect();
    let both = role.permissions.len().saturating_sub(more.len());
    let intro = format!("Only {}: {}. Only {}: {}. Both: {both}.", role.name, more.len(), other.name, less.len());
    let table =
        Table::new("What one of them gives and the other does not", &["Permission", &role.name, &other.name], rows);
    parts.push(Part {
        table: Some(table),
        empty: Some(Empty::new("shield", "", "Both give the same.")),
        ..Part::new("apart", format!("{} and {}", role.name, other.name)).intro(intro)
    });
    Ok(parts)
}

/// `POST` of the same: what it gives, its name, what it is for.
pub(super) async fn edit(Path((org, role)): Path<(String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = load(&desk, &role).await?;
    let wanted = EditRole {
        name: Some(sent.get("name").to_owned()),
        description: Some(sent.get("description").to_owned()),
        permissions: Some(sent.all("permissions").into_iter().map(str::to_owned).collect()),
        ..EditRole::default()
    };
    match roles::edit(desk.ctx(), desk.org(), &role, wanted).await {
        Ok(_) => {
            Ok(go_with(&desk.href(&format!("roles/{role}")), Tone::Good, "Saved; it holds from the next request on."))
        }
        Err(stop) => page(&desk, &found, Some(&sent), &Verdict::of(&desk.visit, stop, FIELDS)?).await,
    }
}

/// `GET /{org}/admin/roles/{role}/delete`
pub(super) async fn ask_delete(visit: Visit, Path((org, role)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let found = load(&desk, &role).await?;
    desk.scene.place.permit(Asks::RoleManage).map_err(|refusal| desk.wrong(refusal))?;
    question(&desk, &found, "", &Verdict::default())
}

fn question(desk: &Desk, role: &RoleView, heir: &str, verdict: &Verdict) -> Shown {
    let rules = &desk.scene.place.rules;
    let none = Choice::new("", "Refuse while anybody has it").selected(heir.is_empty());
    let others = rules.roles_of(&role.applies_to).filter(|other| other.slug != role.slug);
    let each = others.map(|other| Choice::new(&other.slug, &other.name).selected(other.slug == heir));
    let choices = std::iter::once(none).chain(each).collect();
    let back = desk.href(&format!("roles/{}", role.id));
    let page = ThingPage {
        page: trail(desk, "Delete"),
        title: format!("Delete the role {}?", role.name),
        lead: "Whoever has it gets another role with the same commit; without one, a role that is in use stays."
            .to_owned(),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            facts: vec![Fact::new("Short name", FactValue::Code(role.slug.clone()))],
            form: Some(Form {
                action: format!("{back}/delete"),
                fields: vec![Field::select("replace_with", "Role of its holders afterwards", Select::of(choices))],
                yes: "Delete".to_owned(),
                danger: true,
                cancel_href: back,
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &page)
}

/// `POST` of the same.
pub(super) async fn delete(Path((org, role)): Path<(String, String)>, sent: Sent) -> Shown {
    let heir = sent.get("replace_with").to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    let found = load(&desk, &role).await?;
    if found.built_in {
        return Err(desk.wrong(Code::RoleBuiltIn));
    }
    match roles::delete(desk.ctx(), desk.org(), &role, Some(heir.clone())).await {
        Ok(_) => Ok(go_with(&desk.href(TAB), Tone::Good, &format!("The role {} is deleted.", found.name))),
        Err(stop) => question(&desk, &found, &heir, &Verdict::of(&desk.visit, stop, &[])?),
    }
}
