//! What a tenant shares with its organizations, on the tenant's page: listed, made, sent to all or to none, ended.

use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use crate::console::verdict::Verdict;
use crate::console::view::{Action, Cell, Empty, Field, Form, Part, Row, Table, titled};
use crate::console::visit::{Sent, Visit, Wrong};
use crate::ops::tenant_resources::{self, EditTenantResource, NewTenantResource, TenantResourceView};
use crate::ops::tenants::{self, TenantView};

/// As many as the page shows, the first.
const SHOWN: u32 = 100;
/// The fields of the form, as the operation names them and as they are called here.
pub(super) const FIELDS: &[&str] = &["shared", "type", "organizations[0]"];

/// The part of the page.
pub(super) async fn part(
    visit: &Visit,
    tenant: &TenantView,
    href: &str,
    sent: Option<&Sent>,
    verdict: &Verdict,
) -> Result<Part, Wrong> {
    let page = || Page { after: None, limit: SHOWN };
    let found = tenant_resources::list(&visit.ctx, &tenant.id, page()).await.map_err(|stop| visit.wrong(stop))?;
    let below = tenants::organizations(&visit.ctx, &tenant.id, Page { after: None, limit: SHOWN }).await;
    let below = below.map_err(|stop| visit.wrong(stop))?.items;
    let called =
        |id: &String| below.iter().find(|one| one.id == *id).map_or_else(|| id.clone(), |one| one.name.clone());
    let row = |one: &TenantResourceView| {
        let to = |act: &str| format!("{href}/resources/{}/{act}", one.id);
        let all = one.organizations.iter().any(|name| name == "*");
        let goes = match one.organizations.len() {
            _ if all => "All organizations, those to come too".to_owned(),
            0 => "None".to_owned(),
            _ => one.organizations.iter().map(called).collect::<Vec<_>>().join(", "),
        };
        let mut actions = Vec::new();
        if !all {
            actions.push(Action::post("Send to all", to("all")));
        }
        if !one.organizations.is_empty() {
            actions.push(Action::post("Take back", to("none")));
        }
        actions.push(Action::post("Delete", to("delete")).danger());
        Row {
            about: one.name.clone(),
            cells: vec![Cell::name(&one.name, "", ""), Cell::Text(titled(&one.kind)), Cell::Text(goes)],
            actions,
        }
    };
    let typed = |name: &str| sent.map_or("", |sent| sent.get(name)).to_owned();
    let form = Form {
        action: format!("{href}/resources"),
        fields: vec![
            Field::text("shared", "Share something", verdict.input("shared", typed("shared"))),
            Field::code("type", "Type", verdict.input("type", typed("type"))).hint("Such as connection."),
            Field::code("organizations[0]", "Goes to", verdict.input("organizations[0]", typed("organizations[0]")))
                .optional()
                .hint("The short name of an organization, or * for all, those to come too. Empty: none yet."),
        ],
        yes: "Make it".to_owned(),
        ..Form::default()
    };
    Ok(Part {
        table: Some(Table::new("Shared", &["Name", "Type", "Goes to"], found.items.iter().map(row).collect())),
        empty: Some(Empty::new(
            "stack",
            "",
            "Nothing yet. What is made here is there in each organization it goes to.",
        )),
        form: Some(form),
        opens: "Add something to share",
        ..Part::new("shared", "Shared with the organizations")
    })
}

/// `POST /tenants/{tenant}/resources`
pub(super) async fn make(sent: &Sent, tenant: &str) -> Result<(), Stop> {
    let to = sent.get("organizations[0]").trim().to_owned();
    let wanted = NewTenantResource {
        kind: sent.get("type").trim().to_owned(),
        name: sent.get("shared").to_owned(),
        organizations: Some(to).filter(|to| !to.is_empty()).into_iter().collect(),
    };
    tenant_resources::create(&sent.visit.ctx, tenant, wanted).await.map(drop)
}

/// `POST /tenants/{tenant}/resources/{resource}/{act}`
pub(super) async fn act(sent: &Sent, tenant: &str, resource: &str, act: &str) -> Result<(), Stop> {
    let ctx = &sent.visit.ctx;
    let to = |names: &[&str]| EditTenantResource {
        organizations: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..EditTenantResource::default()
    };
    match act {
        "all" => tenant_resources::edit(ctx, tenant, resource, to(&["*"])).await.map(drop),
        "none" => tenant_resources::edit(ctx, tenant, resource, to(&[])).await.map(drop),
        "delete" => tenant_resources::delete(ctx, tenant, resource).await.map(drop),
        _ => Err(Code::NotFound.into()),
    }
}
