//! The list of resources, and the forms that make and change one.

use axum::extract::Path;
use guildhall_domain::preset::ORGANIZATION;

use super::desk::{Desk, with_query};
use crate::console::verdict::Verdict;
use crate::console::view::{Action, Choice, Pager, Place, ResourceFormPage, ResourceRow, ResourcesPage, Select, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::Answer;
use crate::ops::grants;
use crate::ops::resources::{self, EditResource, NewResource, ResourceQuery, ResourceView};

/// What tab and heading say: the plural of the preset's first type.
pub(super) fn title(desk: &Desk) -> String {
    desk.scene.resources_title().unwrap_or_else(|| "Resources".to_owned())
}

/// What the preset calls a type.
pub(super) fn kind_name(desk: &Desk, slug: &str) -> String {
    desk.scene.place.rules.preset().resource_type(slug).map_or_else(|| slug.to_owned(), |kind| kind.name.clone())
}

/// What the preset calls a role of a type, or the name itself.
pub(super) fn level_name(desk: &Desk, kind: &str, level: &str) -> String {
    let rules = &desk.scene.place.rules;
    let preset = rules.preset();
    let permission = || preset.catalogue.iter().find(|(_, p)| p.name == level).map(|(_, p)| p.label.clone());
    rules.role(kind, level).map(|role| role.name.clone()).or_else(permission).unwrap_or_else(|| level.to_owned())
}

/// One line of a list.
pub(super) fn row(desk: &Desk, view: &ResourceView) -> ResourceRow {
    let owner = view.owner.as_ref();
    ResourceRow {
        name: view.name.clone(),
        href: desk.href(&format!("resources/{}", view.id)),
        kind: kind_name(desk, &view.kind),
        external_id: view.external_id.clone().unwrap_or_default(),
        owner: owner.map(|o| if o.name.is_empty() { o.email.clone() } else { o.name.clone() }).unwrap_or_default(),
        controlled: view.controlled,
        role: view.role.as_deref().map(|role| level_name(desk, &view.kind, role)).unwrap_or_default(),
    }
}

/// `GET /{org}/admin/resources`: one level of the tree, or everything that fits what is looked for.
pub(super) async fn list(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let kind = desk.asked("type");
    shown(&desk, kind).await
}

/// The list of everything of one type.
pub(super) async fn of_type(desk: &Desk, kind: String) -> Shown {
    shown(desk, Some(kind)).await
}

async fn shown(desk: &Desk, kind: Option<String>) -> Shown {
    let (query, parent) = (desk.asked("query"), desk.asked("parent"));
    let filtered = query.is_some() || kind.is_some();
    let asked = ResourceQuery {
        kind: kind.clone(),
        parent: parent.clone().or_else(|| (!filtered).then(|| ORGANIZATION.to_owned())),
        query: query.clone(),
        owner: None,
        limit: None,
        after: desk.asked("after"),
    };
    let first = asked.after.is_none();
    let found = resources::list(desk.ctx(), desk.org(), asked).await.map_err(|stop| desk.wrong(stop))?;
    let href = desk.href("resources");
    let at = |after: Option<&str>| {
        let pairs =
            [("query", query.as_deref()), ("type", kind.as_deref()), ("parent", parent.as_deref()), ("after", after)];
        with_query(&href, &pairs)
    };
    let types = desk.scene.place.rules.preset().types.iter();
    let each = types.map(|t| Choice::new(&t.slug, &t.plural).selected(kind.as_deref() == Some(t.slug.as_str())));
    let title = title(desk);
    desk.page(&ResourcesPage {
        page: desk.shell(&title, "resources"),
        kinds: std::iter::once(Choice::new("", "All types").selected(kind.is_none())).chain(each).collect(),
        rows: found.items.iter().map(|view| row(desk, view)).collect(),
        new: Action::link("New", with_query(&desk.href("resources/new"), &[("parent", parent.as_deref())])),
        pager: Pager {
            summary: format!("{} shown", found.items.len()),
            first: (!first).then(|| at(None)),
            next: found.next.as_deref().map(|next| at(Some(next))),
        },
        query: query.clone().unwrap_or_default(),
        filtered,
        href: href.clone(),
        title,
    })
}

/// What somebody typed into a form, or what there is.
struct Typed {
    kind: String,
    name: String,
    external_id: String,
    parent: String,
    owner: String,
    controlled: bool,
}

impl Typed {
    fn of(sent: &Sent) -> Self {
        let own = |field: &str| sent.get(field).trim().to_owned();
        Self {
            kind: own("type"),
            name: own("name"),
            external_id: own("external_id"),
            parent: own("parent"),
            owner: own("owner"),
            controlled: !sent.get("controlled").is_empty(),
        }
    }
}

const FIELDS: &[&str] = &["type", "name", "external_id", "parent", "owner"];

fn form(desk: &Desk, present: Option<&ResourceView>, typed: &Typed, verdict: &Verdict) -> ResourceFormPage {
    let kinds = desk.scene.place.rules.preset().types.iter();
    let choices = kinds.map(|kind| Choice::new(&kind.slug, &kind.name).selected(kind.slug == typed.kind)).collect();
    let title = if present.is_some() { "Change" } else { "New" };
    let list = desk.href("resources");
    let back = present.map_or_else(|| list.clone(), |view| desk.href(&format!("resources/{}", view.id)));
    let mut trail = vec![Place::new(self::title(desk), list)];
    trail.extend(present.map(|view| Place::new(&view.name, &back)));
    let fresh = present.is_none();
    ResourceFormPage {
        page: crate::console::view::Shell { trail, ..desk.shell(title, "resources") },
        title: present.map_or_else(|| title.to_owned(), |view| format!("Change {}", view.name)),
        action: desk.visit.path.clone(),
        cancel_href: back,
        problem: verdict.problem.clone(),
        kind: fresh.then(|| Select { choices, error: verdict.at("type") }),
        name: verdict.input("name", &typed.name),
        external_id: fresh.then(|| verdict.input("external_id", &typed.external_id)),
        parent: verdict.input("parent", &typed.parent),
        owner: (!fresh).then(|| verdict.input("owner", &typed.owner)),
        controlled: Choice::new("yes", "Controlled")
            .hint("Rights from above stop here; only what is granted here and below counts.")
            .selected(typed.controlled),
        yes: if fresh { "Create".to_owned() } else { "Save".to_owned() },
    }
}

/// `GET /{org}/admin/resources/new`
pub(super) async fn new(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let first = desk.scene.place.rules.preset().types.first().map(|kind| kind.slug.clone());
    let typed = Typed {
        kind: desk.asked("type").or(first).unwrap_or_default(),
        name: String::new(),
        external_id: String::new(),
        parent: desk.asked("parent").unwrap_or_default(),
        owner: String::new(),
        controlled: false,
    };
    desk.page(&form(&desk, None, &typed, &Verdict::default()))
}

/// `POST` of the same.
pub(super) async fn create(Path(org): Path<String>, sent: Sent) -> Shown {
    let typed = Typed::of(&sent);
    let desk = Desk::open(sent.visit, &org).await?;
    let wanted = NewResource {
        integration: false,
        kind: typed.kind.clone(),
        external_id: Some(typed.external_id.clone()),
        name: typed.name.clone(),
        parent: Some(typed.parent.clone()),
        owner: None,
        controlled: typed.controlled,
    };
    match resources::create(desk.ctx(), desk.org(), wanted).await.and_then(Answer::done) {
        Ok(made) => {
            Ok(go_with(&desk.href(&format!("resources/{}", made.id)), Tone::Good, &format!("{} is made.", made.name)))
        }
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, FIELDS)?;
            verdict.page(&desk.visit, &form(&desk, None, &typed, &verdict))
        }
    }
}

/// `GET /{org}/admin/resources/{resource}/edit`
pub(super) async fn edit(visit: Visit, Path((org, resource)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let view = resources::get(desk.ctx(), desk.org(), &resource).await.map_err(|stop| desk.wrong(stop))?;
    let typed = Typed {
        kind: view.kind.clone(),
        name: view.name.clone(),
        external_id: String::new(),
        parent: view.parent.clone().unwrap_or_default(),
        owner: view.owner.as_ref().map(|owner| owner.email.clone()).unwrap_or_default(),
        controlled: view.controlled,
    };
    desk.page(&form(&desk, Some(&view), &typed, &Verdict::default()))
}

/// `POST` of the same. What was not touched is not sent on, since each of it may take another right.
pub(super) async fn save(Path((org, resource)): Path<(String, String)>, sent: Sent) -> Shown {
    let typed = Typed::of(&sent);
    let desk = Desk::open(sent.visit, &org).await?;
    let view = resources::get(desk.ctx(), desk.org(), &resource).await.map_err(|stop| desk.wrong(stop))?;
    let email = view.owner.as_ref().map(|owner| owner.email.as_str()).unwrap_or_default();
    let owner = match typed.owner.as_str() {
        same if same == email => Ok(None),
        "" => Ok(Some(String::new())),
        other => grants::named(desk.ctx(), desk.org(), "member", other).await.map(|body| body.id),
    };
    let done = match owner {
        Ok(owner) => {
            let wanted = EditResource {
                name: (typed.name != view.name).then(|| typed.name.clone()),
                parent: (typed.parent != view.parent.clone().unwrap_or_default()).then(|| typed.parent.clone()),
                controlled: (typed.controlled != view.controlled).then_some(typed.controlled),
                owner,
            };
            resources::edit(desk.ctx(), desk.org(), &resource, wanted).await.map(drop)
        }
        Err(stop) => Err(stop),
    };
    match done {
        Ok(()) => Ok(go_with(&desk.href(&format!("resources/{}", view.id)), Tone::Good, "Saved.")),
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, stop, FIELDS)?;
            verdict.page(&desk.visit, &form(&desk, Some(&view), &typed, &verdict))
        }
    }
}
