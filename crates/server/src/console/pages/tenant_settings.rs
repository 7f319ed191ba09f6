//! The settings of a tenant as a form, and what it sends back. Which values are allowed is the domain's to say.

use guildhall_domain::tenant::SIGN_IN_METHODS;
use serde_json::{Map, Value, json};

use crate::console::verdict::Verdict;
use crate::console::view::{Choice, Field, Form, Part, ScopeGroup, Select, titled};
use crate::console::visit::{Sent, Visit, Wrong};
use crate::ops::tenants::{self, TenantView};

const DAY_S: i64 = 86_400;

/// The form.
pub(super) async fn part(visit: &Visit, tenant: &TenantView, href: &str, verdict: &Verdict) -> Result<Part, Wrong> {
    let found = tenants::settings(&visit.ctx, &tenant.id).await.map_err(|stop| visit.wrong(stop))?;
    let value = |name: &str| found.settings.get(name).cloned().unwrap_or_default();
    let list = |name: &str| -> Vec<String> {
        value(name).as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let number = |name: &str, unit: i64| value(name).as_i64().map_or_else(String::new, |n| (n / unit).to_string());
    let on = |name: &str| value(name).as_bool().unwrap_or_default();
    let ways = list("sign_in_methods");
    let tick = |way: &&str| Choice::new(*way, called(way)).selected(ways.iter().any(|one| one == way));
    let ways = vec![ScopeGroup { label: String::new(), scopes: SIGN_IN_METHODS.iter().map(tick).collect() }];
    let mode = value("seat_mode").as_str().unwrap_or_default().to_owned();
    let modes = [("warn", "Its owners are told"), ("cap", "Nobody else comes in")];
    let modes = modes.iter().map(|(value, label)| Choice::new(*value, *label).selected(*value == mode)).collect();
    let fields = vec![
        Field::area(
            "trusted_domains",
            "Trusted mail domains",
            verdict.input("trusted_domains", list("trusted_domains").join("\n")),
        )
        .optional()
        .hint("Only addresses of these come in, one a line. Empty: any.")
        .below("Who comes in"),
        Field::ticks("sign_in_methods", "Ways to sign in", ways).hint("None chosen: every way there is."),
        Field::text("seats", "Seats", verdict.input("seats", number("seats", 1))).optional().below("How many people"),
        Field::select("seat_mode", "When all seats are taken", Select::of(modes)),
        Field::tick(
            "personal_workspaces",
            Choice::new("true", "People may have workspaces of their own").selected(on("personal_workspaces")),
        )
        .below("What organizations may do"),
        Field::tick("link_sharing", Choice::new("true", "Things may be shared by link").selected(on("link_sharing"))),
        Field::text(
            "token_max_life_days",
            "Longest life of a token, in days",
            verdict.input("token_max_life_s", number("token_max_life_s", DAY_S)),
        )
        .optional()
        .hint("Empty: as each organization has it.")
        .below("How long access lasts"),
        Field::text(
            "session_absolute_days",
            "Sessions end after, in days",
            verdict.input("session_absolute_s", number("session_absolute_s", DAY_S)),
        )
        .optional()
        .hint("Empty: as each organization has it."),
    ];
    let form = Form { action: format!("{href}/settings"), fields, yes: "Save settings".to_owned(), ..Form::default() };
    let people = if found.people == 1 { "1 person".to_owned() } else { format!("{} people", found.people) };
    let intro = format!("They hold in every organization of the tenant. It has {people}.");
    Ok(Part { form: Some(form), ..Part::new("settings", "Settings").intro(intro) })
}

/// What people call a way of signing in.
fn called(way: &str) -> String {
    match way {
        "oidc" => "OpenID Connect".to_owned(),
        "saml" => "SAML".to_owned(),
        "github" => "GitHub".to_owned(),
        other => titled(other),
    }
}

/// What the form said; what is no number is passed on as it is, so that the refusal names it.
pub(super) fn said(sent: &Sent) -> Map<String, Value> {
    let lines = |key: &str| -> Vec<String> {
        let parts = sent.get(key).split([',', '\n', '\r', ' ']).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let number = |key: &str, unit: i64| match sent.get(key).trim() {
        "" => Value::Null,
        text => text.parse::<i64>().ok().and_then(|n| n.checked_mul(unit)).map_or_else(|| json!(text), |n| json!(n)),
    };
    [
        ("trusted_domains", json!(lines("trusted_domains"))),
        ("personal_workspaces", json!(sent.get("personal_workspaces") == "true")),
        ("link_sharing", json!(sent.get("link_sharing") == "true")),
        ("token_max_life_s", number("token_max_life_days", DAY_S)),
        ("session_absolute_s", number("session_absolute_days", DAY_S)),
        ("sign_in_methods", json!(sent.all("sign_in_methods"))),
        ("seats", number("seats", 1)),
        ("seat_mode", json!(sent.get("seat_mode"))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
