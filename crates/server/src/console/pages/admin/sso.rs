//! Connections to identity providers and claimed mail domains: what there is, a new one, and what is done to one.

use axum::extract::Path;
use guildhall_domain::action::Action as Asks;
use guildhall_domain::refusal::Code;
use guildhall_store::read::Page;

use super::desk::Desk;
use crate::console::view::{
    Action, Chip, Choice, ConnectionCard, DomainCard, Input, SamlCard, Select, SsoPage, StepLine, Tone,
};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::ops::Answer;
use crate::ops::domains::{self, DomainProof, DomainView, NewDomain};
use crate::ops::sso_connections::{self as connections, CertificateView, ConnectionView, ConnectionWish};
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
        saml_name: Input::default(),
        saml_metadata: Input::default(),
        just_in_time: Choice::new("yes", "Make a member of whoever signs in for the first time"),
        by_mail: Choice::new("yes", "Prove it by a code mailed to its postmaster")
            .hint("Otherwise by a TXT record in its DNS, which is looked at again from time to time."),
        domains: claimed.items.iter().map(|d| domain_card(desk, d)).collect(),
        claim: desk.href("sso/domains"),
        domain: Input::default(),
        problem: None,
    })
}

/// The state of a connection, and what may be done about it.
pub(super) fn acts(desk: &Desk, c: &ConnectionView) -> (Chip, Vec<Action>) {
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
    (state, actions)
}

fn card(desk: &Desk, c: &ConnectionView) -> ConnectionCard {
    let (state, mut actions) = acts(desk, c);
    let href = desk.href(&format!("sso/connections/{}", c.id));
    actions.insert(0, Action::link("Set up", href.clone()));
    let step = |s: &crate::provider::Step| StepLine {
        step: s.step.clone(),
        state: if s.ok { Chip::new("OK", Tone::Good) } else { Chip::new("Failed", Tone::Bad) },
        detail: s.detail.clone(),
    };
    ConnectionCard {
        id: c.id.clone(),
        name: c.name.clone(),
        issuer: c.issuer.clone(),
        state,
        kind: if c.entity_id.is_some() { "SAML 2.0" } else { "OpenID Connect" },
        saml: saml_card(c, desk.href(&format!("sso/connections/{}/describe", c.id))),
        steps: c.test.iter().flat_map(|trial| trial.steps.iter().map(step)).collect(),
        rules: c.mapping.len(),
        href,
        actions,
    }
}

fn saml_card(c: &ConnectionView, describe: String) -> Option<SamlCard> {
    let line = |one: &CertificateView| format!("{}, until {}, {}", one.key, one.valid_until.plain(), one.fingerprint);
    Some(SamlCard {
        acs_url: c.acs_url.clone()?,
        entity_id: c.entity_id.clone()?,
        sso_url: c.sso_url.clone().unwrap_or_default(),
        certificates: c.certificates.iter().map(line).collect(),
        pem: c.certificates.iter().map(|one| one.pem.as_str()).collect(),
        describe,
    })
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

/// `POST /{org}/admin/sso/connections`: by OpenID Connect, or with `kind` by SAML.
pub(super) async fn connect(Path(org): Path<String>, sent: Sent) -> Shown {
    let given = |name: &str| sent.get(name).trim().to_owned();
    let said = |name: &str| Some(given(name)).filter(|text| !text.is_empty());
    let saml = given("kind") == "saml";
    let wanted = ConnectionWish {
        kind: said("kind"),
        just_in_time: Some(sent.get("just_in_time") == "yes"),
        role: said("role").map(Some),
        ..if saml {
            let metadata = said("saml_metadata");
            ConnectionWish { name: Some(given("saml_name")), metadata, ..ConnectionWish::default() }
        } else {
            ConnectionWish {
                name: Some(given("name")),
                issuer: Some(given("issuer")),
                client_id: Some(given("client_id")),
                client_secret: said("client_secret").map(|secret| Some(Secret::new(secret))),
                ..ConnectionWish::default()
            }
        }
    };
    let again = |name: &str| Input::of(given(name));
    let (name, issuer, client_id) = (again("name"), again("issuer"), again("client_id"));
    let (saml_name, saml_metadata) = (again("saml_name"), again("saml_metadata"));
    let desk = Desk::open(sent.visit, &org).await?;
    match connections::create(desk.ctx(), Some(desk.org()), wanted).await.and_then(Answer::done) {
        Ok(_) => Ok(go_with(&desk.href("sso"), Tone::Good, "The provider is connected. Test it, then switch it on.")),
        Err(stop) => {
            let refusal = desk.of_form(stop)?;
            let problem = Some(desk.why(Asks::SsoManage, &refusal));
            let page = page(&desk).await?;
            let page = SsoPage { name, issuer, client_id, saml_name, saml_metadata, problem, ..page };
            desk.again(&refusal, &page)
        }
    }
}

/// What a form says of a provider that speaks SAML: its metadata, or the parts of it.
fn described(sent: &Sent) -> ConnectionWish {
    let said = |name: &str| Some(sent.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let many = |pem: String| {
        let each = pem.split_inclusive("-----END CERTIFICATE-----").map(|one| one.trim().to_owned());
        each.filter(|one| !one.is_empty()).collect()
    };
    ConnectionWish {
        metadata: said("metadata"),
        issuer: said("issuer"),
        sso_url: said("sso_url"),
        certificates: said("certificates").map(many),
        ..ConnectionWish::default()
    }
}

/// `POST /{org}/admin/sso/connections/{connection}/{act}`
pub(super) async fn act(Path((org, connection, act)): Path<(String, String, String)>, sent: Sent) -> Shown {
    let wanted = described(&sent);
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
        "describe" => connections::edit(ctx, org, &connection, wanted)
            .await
            .map(|_| (Tone::Good, "What is known of the provider is saved.")),
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
