//! Connections to identity providers and claimed mail domains: what there is, a new one, and what is done to one.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::Code;
use guildhall_store::read::Page;

use super::desk::Desk;
use crate::console::view::{
    Action, Chip, Choice, ConnectionCard, DomainCard, Input, RuleLine, Select, SsoPage, StepLine, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::domains::{self, DomainProof, DomainView, NewDomain};
use crate::ops::sso_connections::{self as connections, ConnectionView, ConnectionWish};
use crate::ops::{sso, sso_logout};
use crate::security::secret::Secret;

/// As many of each as the page shows, the newest.
const SHOWN: u32 = 100;

/// `GET /{org}/admin/sso`
pub(super) async fn show(visit: Visit, Path(org): Path<String>) -> Shown {
    let desk = Desk::open(visit, &org).await?;
    let page = page(&desk).await?;
    desk.page(&page)
}

async fn page(desk: &Desk) -> Result<SsoPage, Wrong> {
    let permit = desk.scene.place.permit(Asks::SsoManage).map_err(|refusal| desk.wrong(refusal))?;
    let wrong = |stop| desk.wrong(stop);
    let (ctx, org) = (desk.ctx(), desk.org());
    let known = connections::list(ctx, Some(org), Page { after: None, limit: SHOWN }).await.map_err(wrong)?;
    let claimed = domains::list(ctx, org, Page { after: None, limit: SHOWN }).await.map_err(wrong)?;
    let closed = connections::closed(ctx, org).await.map_err(wrong)?;
    let default = desk.scene.place.rules.policy().role_default.as_str();
    let mut roles = Vec::new();
    for role in desk.scene.place.rules.organization_roles() {
        if permit.covers_role(desk.scene.place.rules.rights(&role.slug)) {
            roles.push(Choice::new(&role.slug, &role.name).selected(role.slug == default));
        }
    }
    Ok(SsoPage {
        page: desk.shell("Single sign-on", "sso"),
        redirect_uri: sso::redirect_uri(ctx),
        logout_uri: sso_logout::address(ctx),
        connections: known.items.iter().map(|c| card(desk, c)).collect(),
        closed: closed.map(|refusal| desk.why(Asks::SsoManage, &refusal)),
        connect: desk.href("sso/connections"),
        name: Input::default(),
        issuer: Input::default(),
        client_id: Input::default(),
        role: Select::of(if desk.has_roles() { roles } else { Vec::new() }),
        domains: claimed.items.iter().map(|d| domain_card(desk, d)).collect(),
        claim: desk.href("sso/domains"),
        domain: Input::default(),
        problem: None,
    })
}

fn card(desk: &Desk, c: &ConnectionView) -> ConnectionCard {
    let act = |name: &str| desk.href(&format!("sso/connections/{}/{name}", c.id));
    let mut actions = vec![Action::post("Test", act("test"))];
    let state = match (c.enabled, c.tested_at) {
        (true, _) => Chip::new("On", Tone::Good),
        (false, Some(_)) => Chip::new("Off", Tone::Plain),
        (false, None) => Chip::new("Not tested", Tone::Wait),
    };
    match (c.enabled, c.tested_at) {
        (true, _) => actions.push(Action::post("Switch off", act("disable"))),
        (false, Some(_)) => actions.push(Action::post("Switch on", act("enable"))),
        (false, None) => actions.push(Action::refused("Switch on", "Test it first.")),
    }
    if !c.enabled {
        actions.push(Action::post("Delete", act("delete")).danger());
    }
    let step = |s: &crate::provider::Step| StepLine {
        step: s.step.clone(),
        state: if s.ok { Chip::new("OK", Tone::Good) } else { Chip::new("Failed", Tone::Bad) },
        detail: s.detail.clone(),
    };
    let rule = |r: &connections::MappingRule| RuleLine {
        claim: format!("{} = {}", r.claim, r.value),
        gives: match (&r.role, &r.group) {
            (Some(role), None) => format!("the role {}", desk.role_name(role)),
            (None, Some(group)) => format!("a place in {group}"),
            (Some(role), Some(group)) => format!("the role {} and a place in {group}", desk.role_name(role)),
            (None, None) => String::new(),
        },
    };
    ConnectionCard {
        id: c.id.clone(),
        name: c.name.clone(),
        issuer: c.issuer.clone(),
        state,
        steps: c.test.iter().flat_map(|trial| trial.steps.iter().map(step)).collect(),
        rules: c.mapping.iter().map(rule).collect(),
        actions,
    }
}

fn domain_card(desk: &Desk, d: &DomainView) -> DomainCard {
    let act = |name: &str| desk.href(&format!("sso/domains/{}/{name}", d.id));
    DomainCard {
        id: d.id.clone(),
        domain: d.domain.clone(),
        state: match d.state.as_str() {
            "verified" => Chip::new("Verified", Tone::Good),
            "lost" => Chip::new("Lost", Tone::Bad),
            _ => Chip::new("Waits for its proof", Tone::Wait),
        },
        record: d.record.as_ref().map(|r| (r.name.clone(), r.text.clone())),
        verify: act("verify"),
        release: Action::post("Give up", act("release")).danger(),
    }
}

/// `POST /{org}/admin/sso/connections`
pub(super) async fn connect(Path(org): Path<String>, sent: Sent) -> Shown {
    let given = |name: &str| sent.get(name).trim().to_owned();
    let (name, issuer, client) = (given("name"), given("issuer"), given("client_id"));
    let (secret, role) = (given("client_secret"), given("role"));
    let wanted = ConnectionWish {
        name: Some(name.clone()),
        issuer: Some(issuer.clone()),
        client_id: Some(client.clone()),
        client_secret: (!secret.is_empty()).then(|| Some(Secret::new(secret))),
        just_in_time: Some(sent.get("just_in_time") == "yes"),
        role: (!role.is_empty()).then_some(Some(role)),
        ..ConnectionWish::default()
    };
    let desk = Desk::open(sent.visit, &org).await?;
    match connections::create(desk.ctx(), Some(desk.org()), wanted).await.and_then(Answer::done) {
        Ok(_) => Ok(go_with(&desk.href("sso"), Tone::Good, "The provider is connected. Test it, then switch it on.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let problem = Some(desk.why(Asks::SsoManage, &refusal));
            let (name, issuer, client_id) = (Input::of(name), Input::of(issuer), Input::of(client));
            let page = page(&desk).await?;
            desk.again(&refusal, &SsoPage { name, issuer, client_id, problem, ..page })
        }
    }
}

/// `POST /{org}/admin/sso/connections/{connection}/{act}`
pub(super) async fn act(Path((org, connection, act)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let desk = Desk::open(sent.visit, &org).await?;
    let (ctx, org) = (desk.ctx(), Some(desk.org()));
    let switch = |on: bool| ConnectionWish { enabled: Some(on), ..ConnectionWish::default() };
    let outcome = match act.as_str() {
        "test" => connections::test(ctx, org, &connection).await.and_then(Answer::done).map(|c| {
            let works = c.test.is_some_and(|trial| trial.works);
            if works { (Tone::Good, "The connection works.") } else { (Tone::Bad, "The connection does not work yet.") }
        }),
        "enable" => connections::edit(ctx, org, &connection, switch(true))
            .await
            .map(|_| (Tone::Good, "People can sign in with it now.")),
        "disable" => connections::edit(ctx, org, &connection, switch(false))
            .await
            .map(|_| (Tone::Good, "Nobody signs in with it any more.")),
        "delete" => {
            connections::delete(ctx, org, &connection).await.map(|_| (Tone::Good, "The connection is deleted."))
        }
        _ => return Err(desk.wrong(Code::NotFound)),
    };
    told(&desk, outcome)
}

fn told(desk: &Desk, outcome: Result<(Tone, &str), guildhall_store::Stop>) -> Shown {
    match outcome {
        Ok((tone, text)) => Ok(go_with(&desk.href("sso"), tone, text)),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            Ok(go_with(&desk.href("sso"), Tone::Bad, &desk.why(Asks::SsoManage, &refusal)))
        }
    }
}

/// `POST /{org}/admin/sso/domains`
pub(super) async fn claim(Path(org): Path<String>, sent: Sent) -> Shown {
    let domain = sent.get("domain").trim().to_owned();
    let verify_by = if sent.get("by_mail") == "yes" { "mail" } else { "dns" }.to_owned();
    let desk = Desk::open(sent.visit, &org).await?;
    let wanted = NewDomain { domain, verify_by };
    let outcome = domains::claim(desk.ctx(), desk.org(), wanted).await;
    told(&desk, outcome.map(|_| (Tone::Good, "The domain is claimed. It counts once it is proved.")))
}

/// `POST /{org}/admin/sso/domains/{domain}/{act}`
pub(super) async fn act_on_domain(Path((org, domain, act)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let code = Some(sent.get("code").to_owned()).filter(|code| !code.is_empty());
    let desk = Desk::open(sent.visit, &org).await?;
    let outcome = match act.as_str() {
        "verify" => domains::verify(desk.ctx(), desk.org(), &domain, DomainProof { code })
            .await
            .map(|_| (Tone::Good, "The domain is yours for certain.")),
        "release" => {
            domains::release(desk.ctx(), desk.org(), &domain).await.map(|_| (Tone::Good, "The domain is given up."))
        }
        _ => return Err(desk.wrong(Code::NotFound)),
    };
    told(&desk, outcome)
}
