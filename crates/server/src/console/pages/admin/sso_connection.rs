//! One connection to an identity provider: what its claims give, and how it is set up. Whether any of it is allowed is
//! the use case's to say.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_store::Stop;

use super::desk::Desk;
use super::sso;
use crate::console::verdict::Verdict;
use crate::console::view::{
    Action, Cell, Choice, Empty, Fact, FactValue, Field, Form, Part, Row, Select, Table, ThingPage, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::groups;
use crate::ops::sso_connections::{self as connections, ConnectionView, ConnectionWish, MappingRule};
use crate::security::secret::Secret;

/// As many groups as are offered for choosing.
const GROUPS: u32 = 100;
const SETTINGS: &[&str] = &["name", "client_id", "client_secret", "domains", "role", "mail_trust"];

/// `GET /{org}/admin/sso/connections/{connection}`
pub(super) async fn show(visit: Visit, Path((org, connection)): Path<(String, String)>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    page(&desk, &connection, None, &Verdict::default()).await
}

/// The page; `sent` is the form of it that came back refused.
async fn page(desk: &Desk, connection: &str, sent: Option<&Sent>, verdict: &Verdict) -> Shown {
    let found = connections::get(desk.ctx(), Some(desk.org()), connection).await.map_err(|stop| desk.wrong(stop))?;
    let named = groups::list(desk.ctx(), desk.org(), Some(GROUPS), None).await;
    let groups: Vec<(String, String)> =
        named.map(|list| list.items.into_iter().map(|group| (group.id, group.name)).collect()).unwrap_or_default();
    let href = desk.href(&format!("sso/connections/{}", found.id));
    let (state, acts) = sso::acts(desk, &found);
    let about = Part {
        facts: vec![
            Fact::new("Issuer", FactValue::Code(found.issuer.clone())),
            Fact::text("Client secret", if found.has_client_secret { "Kept, and not shown" } else { "None" }),
            Fact::new(
                "Last found to work",
                found.tested_at.map_or(FactValue::Nothing, |at| FactValue::When(desk.when(at))),
            ),
        ],
        ..Part::new("about", "About")
    };
    let shown = ThingPage {
        page: desk.below("sso", &[("Single sign-on", "sso")], &found.name),
        title: found.name.clone(),
        lead: "Whoever signs in with it comes as this provider says.".to_owned(),
        chips: vec![state],
        acts,
        notes: verdict.flash().into_iter().collect(),
        narrow: true,
        parts: vec![
            about,
            rules(desk, &found, &groups, &href),
            add(desk, &groups, &href, (sent, verdict)),
            settings(desk, &found, &href, (sent, verdict)),
        ],
        ..ThingPage::default()
    };
    verdict.page(&desk.visit, &shown)
}

/// What a rule gives, in words.
pub(super) fn gives(desk: &Desk, rule: &MappingRule, groups: &[(String, String)]) -> String {
    let group = |id: &String| {
        groups.iter().find(|(known, _)| known == id).map_or(id.as_str(), |(_, name)| name.as_str()).to_owned()
    };
    match (&rule.role, &rule.group) {
        (Some(role), None) => format!("the role {}", desk.role_name(role)),
        (None, Some(id)) => format!("a place in {}", group(id)),
        (Some(role), Some(id)) => format!("the role {} and a place in {}", desk.role_name(role), group(id)),
        (None, None) => String::new(),
    }
}

fn rules(desk: &Desk, found: &ConnectionView, groups: &[(String, String)], href: &str) -> Part {
    let row = |(at, rule): (usize, &MappingRule)| Row {
        about: format!("{} = {}", rule.claim, rule.value),
        cells: vec![
            Cell::name(format!("{} = {}", rule.claim, rule.value), "", ""),
            Cell::Text(gives(desk, rule, groups)),
        ],
        // The revision says which list was looked at: of a newer one, another line could have this number.
        actions: vec![Action::post("Take away", format!("{href}/rules/{at}/{}", found.revision)).danger()],
    };
    let rows = found.mapping.iter().enumerate().map(row).collect();
    Part {
        table: Some(Table::new("What claims give", &["Whoever has", "gets"], rows)),
        empty: Some(Empty::new(
            "key",
            "",
            "Nothing yet: whoever comes in has the role below. Add a line to let what the provider says decide.",
        )),
        ..Part::new("rules", "What claims give").intro(
            "Decided anew at each sign-in. Of the roles the first line that holds counts; a group that stands here is \
             kept by the provider from then on.",
        )
    }
}

fn roles(desk: &Desk, none: &str, chosen: &str) -> Vec<Choice> {
    let each = desk.scene.place.rules.organization_roles();
    let first = std::iter::once(Choice::new("", none));
    first.chain(each.map(|role| Choice::new(&role.slug, &role.name).selected(role.slug == chosen))).collect()
}

fn add(desk: &Desk, groups: &[(String, String)], href: &str, (sent, verdict): (Option<&Sent>, &Verdict)) -> Part {
    let typed = |key: &str| sent.map_or("", |sent| sent.get(key)).to_owned();
    let seats = groups.iter().map(|(id, name)| Choice::new(id, name).selected(*id == typed("group")));
    let seats = std::iter::once(Choice::new("", "No group")).chain(seats).collect();
    let mut fields = vec![
        Field::code("claim", "Claim", verdict.input("claim", typed("claim")))
            .hint("What the provider calls it, such as groups or department."),
        Field::code("value", "Value", verdict.input("value", typed("value")))
            .hint("Exactly as the provider says it; one of several is enough."),
    ];
    if desk.has_roles() {
        fields.push(Field::select(
            "gives_role",
            "Gives the role",
            Select::of(roles(desk, "No role", &typed("gives_role"))),
        ));
    }
    let word = &desk.scene.place.rules.preset().words.group;
    fields.push(Field::select("group", &format!("Leads into the {word}"), Select::of(seats)));
    let form = Form { action: format!("{href}/rules"), fields, yes: "Add the line".to_owned(), ..Form::default() };
    Part { form: Some(form), ..Part::new("add", "Add a line") }
}

fn settings(desk: &Desk, found: &ConnectionView, href: &str, (sent, verdict): (Option<&Sent>, &Verdict)) -> Part {
    let sent = sent.filter(|sent| sent.fields.iter().any(|(key, _)| key == "client_id"));
    let input = |key: &str, present: &str| verdict.input(key, sent.map_or(present, |sent| sent.get(key)));
    let trust = [
        ("never", "Never: whoever has an account here links it by signing in to it"),
        ("claimed_domains", "Where its domain is claimed and proved here"),
    ];
    let trust = trust.map(|(value, label)| Choice::new(value, label).selected(found.mail_trust == value));
    let mut fields = vec![
        Field::text("name", "Name on the button", input("name", &found.name)),
        Field::code("client_id", "Client ID", input("client_id", &found.client_id)),
        Field::code("client_secret", "New client secret", verdict.input("client_secret", ""))
            .optional()
            .hint("Left empty, the one that is kept stays."),
        Field::area("domains", "Only for these mail domains", input("domains", &found.domains.join("\n")))
            .optional()
            .hint("One a line. Left empty, whoever the provider lets in."),
        Field::tick(
            "just_in_time",
            Choice::new("yes", "Make a member of whoever signs in for the first time").selected(found.just_in_time),
        ),
    ];
    if desk.has_roles() {
        let chosen = found.role.as_deref().unwrap_or_default();
        fields.push(Field::select(
            "role",
            "Role of whoever is new",
            Select::of(roles(desk, "The settings’ usual one", chosen)),
        ));
    }
    fields.push(Field::options(
        "mail_trust",
        "When an address says which account is meant",
        Select::of(trust.to_vec()),
    ));
    let form = Form { action: format!("{href}/edit"), fields, yes: "Save".to_owned(), ..Form::default() };
    Part { form: Some(form), ..Part::new("settings", "How it is set up") }
}

async fn finish(
    desk: &Desk,
    connection: &str,
    sent: &Sent,
    wish: ConnectionWish,
    (news, fields): (&str, &[&str]),
) -> Shown {
    match connections::edit(desk.ctx(), Some(desk.org()), connection, wish).await {
        Ok(_) => Ok(go_with(&desk.href(&format!("sso/connections/{connection}")), Tone::Good, news)),
        Err(stop) => {
            let verdict = Verdict::of(&desk.visit, unplaced(stop), fields)?;
            page(desk, connection, Some(sent), &verdict).await
        }
    }
}

/// The operation names a line of the whole mapping; the form has one line without a number.
fn unplaced(stop: Stop) -> Stop {
    let Stop::Refused(mut refusal) = stop else { return stop };
    for error in &mut refusal.errors {
        if let Some((_, field)) = error.field.strip_prefix("mapping[").and_then(|rest| rest.split_once("].")) {
            error.field = field.to_owned();
        }
    }
    Stop::Refused(refusal)
}

/// `POST …/edit`
pub(super) async fn edit(Path((org, connection)): Path<(String, String)>, sent: Sent) -> Shown {
    let given = |name: &str| sent.get(name).trim().to_owned();
    let lines = |name: &str| -> Vec<String> {
        sent.get(name).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (secret, role) = (given("client_secret"), given("role"));
    let has_role = sent.fields.iter().any(|(key, _)| key == "role");
    let wish = ConnectionWish {
        name: Some(given("name")),
        client_id: Some(given("client_id")),
        client_secret: (!secret.is_empty()).then(|| Some(Secret::new(secret))),
        domains: Some(lines("domains")),
        just_in_time: Some(sent.get("just_in_time") == "yes"),
        role: has_role.then(|| Some(role).filter(|role| !role.is_empty())),
        mail_trust: Some(given("mail_trust")).filter(|word| !word.is_empty()),
        ..ConnectionWish::default()
    };
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    finish(&desk, &connection, &sent, wish, ("Saved; it holds from the next sign-in on.", SETTINGS)).await
}

async fn mapping(desk: &Desk, connection: &str) -> Result<ConnectionView, crate::console::visit::Wrong> {
    desk.scene.place.permit(Asks::SsoManage).map_err(|refusal| desk.wrong(refusal))?;
    connections::get(desk.ctx(), Some(desk.org()), connection).await.map_err(|stop| desk.wrong(stop))
}

/// `POST …/rules`: one line more.
pub(super) async fn add_rule(Path((org, connection)): Path<(String, String)>, sent: Sent) -> Shown {
    let given = |name: &str| Some(sent.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let rule = MappingRule {
        claim: given("claim").unwrap_or_default(),
        value: given("value").unwrap_or_default(),
        role: given("gives_role"),
        group: given("group"),
    };
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = mapping(&desk, &connection).await?;
    let wish = ConnectionWish {
        mapping: Some(found.mapping.into_iter().chain([rule]).collect()),
        ..ConnectionWish::default()
    };
    finish(&desk, &connection, &sent, wish, ("The line holds from the next sign-in on.", &["claim", "value", "group"]))
        .await
}

/// `POST …/rules/{at}/{revision}`: takes a line away, if the list is still the one that was looked at.
pub(super) async fn drop_rule(
    Path((org, connection, at, revision)): Path<(String, String, usize, u64)>,
    sent: Sent,
) -> Shown {
    let desk = Desk::open(sent.visit.clone(), &org).await?;
    let found = mapping(&desk, &connection).await?;
    let back = desk.href(&format!("sso/connections/{connection}"));
    if found.revision != revision || at >= found.mapping.len() {
        return Ok(go_with(&back, Tone::Wait, "The lines were changed meanwhile. Look at them again."));
    }
    let kept = found.mapping.into_iter().enumerate().filter(|(place, _)| *place != at).map(|(_, rule)| rule);
    let wish = ConnectionWish { mapping: Some(kept.collect()), ..ConnectionWish::default() };
    finish(&desk, &connection, &sent, wish, ("The line is gone from the next sign-in on.", &[])).await
}
