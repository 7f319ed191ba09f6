//! Tenants, the tier above organizations: those one belongs to, one of them with its people, organizations and
//! settings, and a new one. Who may do what is the tier's own decision; a refusal is shown where it belongs.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use super::{tenant_resources, tenant_settings};
use crate::app::App;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{
    Account, Action, Avatar, Cell, Chip, Choice, ConfirmPage, Consequence, Empty, Fact, FactValue, Field, Form,
    NavGroup, NavLink, OrganizationMark, Part, Place, Row, Select, Shell, Table, ThingPage, Tone, titled,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::identities;
use crate::ops::organizations::{self, NewOrganization};
use crate::ops::tenant_people::{self, NewTenantMember, NewTenantRole, TenantMemberView};
use crate::ops::tenants::{self, NewTenant, RenameTenant, TenantView};

/// As many as a page shows, the first of each.
const SHOWN: u32 = 100;
const TITLE: &str = "Tenants";

/// The pages of this part.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/tenants", get(list))
        .route("/tenants/new", get(new).post(create))
        .route("/tenants/{tenant}", get(show).post(rename))
        .route("/tenants/{tenant}/people", post(add))
        .route("/tenants/{tenant}/people/{member}/{act}", post(change))
        .route("/tenants/{tenant}/organizations", post(found))
        .route("/tenants/{tenant}/resources", post(share))
        .route("/tenants/{tenant}/resources/{resource}/{act}", post(send))
        .route("/tenants/{tenant}/settings", post(save))
        .route("/tenants/{tenant}/reset", get(ask_reset).post(reset))
}

/// The frame: the tenant, or all of them, where an organization stands elsewhere.
async fn shell(visit: &Visit, tenant: Option<&TenantView>, title: &str) -> Result<Shell, Wrong> {
    let me = identities::me(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let name = tenant.map_or(TITLE, |tenant| tenant.name.as_str());
    let link = |label: &str, href: String, icon: &str, current: bool| NavLink {
        label: label.to_owned(),
        href,
        icon: icon.to_owned(),
        current,
    };
    let mut links = vec![link("All tenants", "/tenants".to_owned(), "stack", tenant.is_none())];
    links.extend(tenant.map(|one| link(&one.name, format!("/tenants/{}", one.slug), "building", true)));
    let active = me.memberships.iter().filter(|b| b.membership.status == "active");
    let trail = tenant.map(|_| Place::new(TITLE, "/tenants")).into_iter().collect();
    let label = if me.identity.name.is_empty() { me.identity.address() } else { &me.identity.name };
    Ok(Shell {
        title: title.to_owned(),
        theme: visit.theme.clone(),
        csrf: visit.csrf(),
        flash: visit.flash.clone(),
        organization: OrganizationMark { name: name.to_owned(), avatar: Avatar::of(name, name) },
        organizations: active.map(|b| Place::new(&b.organization.name, format!("/{}", b.organization.slug))).collect(),
        nav: vec![NavGroup { label: TITLE.to_owned(), links }],
        account: Account {
            name: label.to_owned(),
            email: me.identity.address().to_owned(),
            avatar: Avatar::of(label, &me.identity.id),
            href: "/organizations".to_owned(),
        },
        trail,
        ..Shell::default()
    })
}

async fn list(visit: Visit) -> Shown {
    let page = Page { after: None, limit: SHOWN };
    let found = tenants::list(&visit.ctx, page).await.map_err(|stop| visit.wrong(stop))?;
    let new = Action::link("New tenant", "/tenants/new");
    let row = |one: &TenantView| Row {
        about: one.name.clone(),
        cells: vec![
            Cell::name(&one.name, format!("/tenants/{}", one.slug), &one.slug),
            Cell::Text(titled(&one.role)),
            Cell::When(Some(visit.when(one.created_at)), ""),
        ],
        actions: Vec::new(),
    };
    let empty = Empty::new(
        "building",
        "You belong to no tenant",
        "A tenant holds several organizations together: its owners own each of them, and its settings hold in all.",
    );
    let shown = ThingPage {
        page: shell(&visit, None, TITLE).await?,
        title: TITLE.to_owned(),
        lead: "The tier above organizations.".to_owned(),
        acts: vec![new.clone()],
        begins: true,
        parts: vec![Part {
            table: Some(Table::new(TITLE, &["Name", "You are", "Since"], found.items.iter().map(row).collect())),
            empty: Some(empty.act(new)),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    visit.page(StatusCode::OK, &shown)
}

async fn new(visit: Visit) -> Shown {
    new_page(&visit, "", "", &Verdict::default()).await
}

async fn new_page(visit: &Visit, name: &str, slug: &str, verdict: &Verdict) -> Shown {
    let slug = Field::code("slug", "Short name", verdict.input("slug", slug)).optional();
    let shown = ThingPage {
        page: shell(visit, None, "New tenant").await?,
        title: "New tenant".to_owned(),
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![Part {
            form: Some(Form {
                action: "/tenants/new".to_owned(),
                fields: vec![
                    Field::text("name", "Name", verdict.input("name", name)),
                    slug.hint("Part of its address. Empty: made from the name."),
                ],
                yes: "Make the tenant".to_owned(),
                cancel_href: "/tenants".to_owned(),
                ..Form::default()
            }),
            ..Part::default()
        }],
        ..ThingPage::default()
    };
    verdict.page(visit, &shown)
}

async fn create(sent: Sent) -> Shown {
    let (name, slug) = (sent.get("name").to_owned(), sent.get("slug").trim().to_owned());
    let wanted = NewTenant { name: name.clone(), slug: Some(slug.clone()).filter(|slug| !slug.is_empty()) };
    match tenants::create(&sent.visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(made) => Ok(go_with(&format!("/tenants/{}", made.slug), Tone::Good, "It is made, and yours.")),
        Err(stop) => {
            let verdict = Verdict::of(&sent.visit, stop, &["name", "slug"])?;
            new_page(&sent.visit, &name, &slug, &verdict).await
        }
    }
}

async fn show(visit: Visit, Path(tenant): Path<String>) -> Shown {
    page(&visit, &tenant, None, &Verdict::default()).await
}

/// The page of one; `sent` is the form of it that came back refused.
async fn page(visit: &Visit, tenant: &str, sent: Option<&Sent>, verdict: &Verdict) -> Shown {
    let found = tenants::get(&visit.ctx, tenant).await.map_err(|stop| visit.wrong(stop))?;
    let href = format!("/tenants/{}", found.slug);
    let runs = found.role == "owner";
    let text = |key: &str, present: &str| verdict.input(key, sent.map_or(present, |sent| sent.get(key)));
    let mut parts = vec![Part {
        facts: vec![
            Fact::text("You are", titled(&found.role)),
            Fact::new("Short name", FactValue::Code(found.slug.clone())),
            Fact::new("Made", FactValue::When(visit.when(found.created_at))),
            Fact::new("Id", FactValue::Code(found.id.clone())),
        ],
        ..Part::new("about", "About")
    }];
    let mut acts = Vec::new();
    if runs {
        parts.push(people(visit, &found, &href, text("email", "")).await?);
        parts.push(belonging(visit, &found, &href, text("organization", "")).await?);
        parts.push(tenant_resources::part(visit, &found, &href, sent, verdict).await?);
        parts.push(tenant_settings::part(visit, &found, &href, verdict).await?);
        parts.push(Part {
            form: Some(Form {
                action: href.clone(),
                fields: vec![Field::text("name", "Name", text("name", &found.name))],
                yes: "Save".to_owned(),
                ..Form::default()
            }),
            ..Part::new("naming", "Name")
        });
        acts.push(Action::ask("End all sessions and tokens", format!("{href}/reset")).danger());
    }
    let shown = ThingPage {
        page: shell(visit, Some(&found), &found.name).await?,
        title: found.name.clone(),
        lead: "What its owners set holds in all of its organizations, and they own each of them.".to_owned(),
        notes: verdict.flash().into_iter().collect(),
        acts,
        parts,
        ..ThingPage::default()
    };
    verdict.page(visit, &shown)
}

async fn people(
    visit: &Visit,
    tenant: &TenantView,
    href: &str,
    email: crate::console::view::Input,
) -> Result<Part, Wrong> {
    let page = Page { after: None, limit: SHOWN };
    let found = tenant_people::members(&visit.ctx, &tenant.id, page).await.map_err(|stop| visit.wrong(stop))?;
    let row = |one: &TenantMemberView| {
        let to = |act: &str| format!("{href}/people/{}/{act}", one.id);
        let owner = one.role == "owner";
        let state = if owner { Chip::new("Owner", Tone::Info) } else { Chip::new("Member", Tone::Plain) };
        let switch = if owner {
            Action::post("Make a member", to("member"))
        } else {
            Action::post("Make an owner", to("owner"))
        };
        Row {
            about: one.label.clone(),
            cells: vec![
                Cell::name(&one.label, "", ""),
                Cell::State(state),
                Cell::When(Some(visit.when(one.created_at)), ""),
            ],
            actions: vec![switch, Action::post("Take out", to("out")).danger()],
        }
    };
    let form = Form {
        action: format!("{href}/people"),
        fields: vec![
            Field::code("email", "Take somebody in", email).hint("An email address, or the @handle of an account."),
            Field::tick("owner", Choice::new("true", "As an owner, of the tenant and of each of its organizations")),
        ],
        yes: "Take in".to_owned(),
        ..Form::default()
    };
    Ok(Part {
        table: Some(Table::new("People", &["Who", "Role", "Since"], found.items.iter().map(row).collect())),
        form: Some(form),
        opens: "Add somebody",
        ..Part::new("people", "People")
    })
}

async fn belonging(
    visit: &Visit,
    tenant: &TenantView,
    href: &str,
    name: crate::console::view::Input,
) -> Result<Part, Wrong> {
    let page = Page { after: None, limit: SHOWN };
    let found = tenants::organizations(&visit.ctx, &tenant.id, page).await.map_err(|stop| visit.wrong(stop))?;
    let row = |one: &crate::ops::view::OrganizationView| Row {
        about: one.name.clone(),
        cells: vec![
            Cell::name(&one.name, format!("/{}", one.slug), &one.slug),
            Cell::Text(format!("{}, version {}", one.preset, one.preset_version)),
            Cell::When(Some(visit.when(one.created_at)), ""),
        ],
        actions: Vec::new(),
    };
    let offers = organizations::offers(&visit.ctx).map_err(|refusal| visit.wrong(refusal))?;
    let choices = offers.iter().map(|offer| Choice::new(&offer.preset.name, &offer.preset.title)).collect();
    let form = Form {
        action: format!("{href}/organizations"),
        fields: vec![
            Field::text("organization", "New organization", name),
            Field::select("preset", "Preset", Select::of(choices)),
        ],
        yes: "Make it".to_owned(),
        ..Form::default()
    };
    Ok(Part {
        table: Some(Table::new("Organizations", &["Name", "Preset", "Since"], found.items.iter().map(row).collect())),
        empty: Some(Empty::new("building", "", "None yet.")),
        form: Some(form),
        opens: "Add an organization",
        ..Part::new("organizations", "Organizations")
    })
}

async fn finish(sent: &Sent, tenant: &str, done: Result<(), Stop>, (news, fields): (&str, &[&str])) -> Shown {
    match done {
        Ok(()) => Ok(go_with(&format!("/tenants/{tenant}"), Tone::Good, news)),
        Err(stop) => page(&sent.visit, tenant, Some(sent), &Verdict::of(&sent.visit, stop, fields)?).await,
    }
}

async fn rename(Path(tenant): Path<String>, sent: Sent) -> Shown {
    let wanted = RenameTenant { name: sent.get("name").to_owned() };
    let done = tenants::rename(&sent.visit.ctx, &tenant, wanted).await.map(drop);
    finish(&sent, &tenant, done, ("Saved.", &["name"])).await
}

async fn add(Path(tenant): Path<String>, sent: Sent) -> Shown {
    let typed = sent.get("email").trim().to_owned();
    let (handle, email) = match typed.strip_prefix('@') {
        Some(handle) => (Some(handle.to_owned()), None),
        None => (None, Some(typed)),
    };
    let role = Some("owner".to_owned()).filter(|_| sent.get("owner") == "true");
    let wanted = NewTenantMember { handle, email, role };
    let done = tenant_people::add(&sent.visit.ctx, &tenant, wanted).await.map(drop);
    finish(&sent, &tenant, done, ("They belong to the tenant.", &["email"])).await
}

async fn change(Path((tenant, member, act)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let ctx = &sent.visit.ctx;
    let role = |role: &str| NewTenantRole { role: role.to_owned() };
    let done = match act.as_str() {
        "owner" | "member" => tenant_people::change_role(ctx, &tenant, &member, role(&act)).await.map(drop),
        "out" => tenant_people::remove(ctx, &tenant, &member).await.map(drop),
        _ => return Err(sent.visit.wrong(Code::NotFound)),
    };
    finish(&sent, &tenant, done, ("Done.", &[])).await
}

async fn found(Path(tenant): Path<String>, sent: Sent) -> Shown {
    let wanted = NewOrganization {
        name: sent.get("organization").to_owned(),
        slug: None,
        preset: Some(sent.get("preset").to_owned()),
        tenant: Some(tenant.clone()),
        personal: false,
    };
    let done = organizations::create(&sent.visit.ctx, wanted).await.map(drop);
    finish(&sent, &tenant, done, ("The organization is made.", &["organization"])).await
}

async fn share(Path(tenant): Path<String>, sent: Sent) -> Shown {
    let done = tenant_resources::make(&sent, &tenant).await;
    finish(&sent, &tenant, done, ("It is made, and there in the organizations it goes to.", tenant_resources::FIELDS))
        .await
}

async fn send(Path((tenant, resource, act)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let done = tenant_resources::act(&sent, &tenant, &resource, &act).await;
    finish(&sent, &tenant, done, ("Done.", &[])).await
}

async fn save(Path(tenant): Path<String>, sent: Sent) -> Shown {
    let wanted = tenant_settings::said(&sent);
    let done = tenants::change_settings(&sent.visit.ctx, &tenant, wanted).await.map(drop);
    let fields = ["trusted_domains", "token_max_life_s", "session_absolute_s", "seats"];
    finish(&sent, &tenant, done, ("The settings are saved and hold from now on.", &fields)).await
}

async fn ask_reset(visit: Visit, Path(tenant): Path<String>) -> Shown {
    let found = tenants::get(&visit.ctx, &tenant).await.map_err(|stop| visit.wrong(stop))?;
    let shown = ConfirmPage {
        page: shell(&visit, Some(&found), "End all sessions and tokens").await?,
        title: format!("End all sessions and tokens of {}?", found.name),
        person: None,
        lead: "For a leak: whatever was issued up to now is worthless at once, yours too.".to_owned(),
        consequences: vec![
            Consequence::ends("Everybody signs in again, in each of its organizations"),
            Consequence::ends("Every token stops working, programs' too"),
            Consequence::stays("Accounts, roles and everything that was made stay"),
        ],
        refused: (found.role != "owner").then(|| "Only its owners do that.".to_owned()),
        typed: None,
        reason: None,
        action: visit.path.clone(),
        yes: "End them all".to_owned(),
        danger: true,
        cancel_href: format!("/tenants/{}", found.slug),
    };
    visit.page(StatusCode::OK, &shown)
}

async fn reset(Path(tenant): Path<String>, sent: Sent) -> Shown {
    match tenants::reset_authentication(&sent.visit.ctx, &tenant).await {
        Ok(_) => Ok(go_with("/sign-in", Tone::Good, "Everything that was issued is worthless now. Sign in again.")),
        Err(Stop::Refused(refusal)) if refusal.code == Code::AccessDenied => {
            Ok(go_with(&format!("/tenants/{tenant}"), Tone::Bad, &sentence(&refusal.detail)))
        }
        Err(stop) => Err(sent.visit.wrong(stop)),
    }
}
