//! Where a person belongs: the start, the list of their organizations, the door of one, and a new one.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::action::Action;
use guildhall_domain::ids::OrgId;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use guildhall_store::read::Page;

use super::setup as setup_page;
use crate::console::scene::Scene;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{Choice, NewOrganizationPage, OrganizationsPage, Person, Select, Tone, WaitingPage, titled};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go, go_with};
use crate::ops::identities::{self, Belonging, Me};
use crate::ops::organizations::{self, NewOrganization, Offer};
use crate::ops::{Answer, joining, setup};

const ACTIVE: &str = "active";
const REQUESTED: &str = "requested";

async fn me(visit: &Visit) -> Result<Me, Wrong> {
    identities::me(&visit.ctx).await.map_err(|stop| visit.wrong(stop))
}

/// `GET /`
pub(super) async fn start(visit: Visit) -> Shown {
    if visit.ctx.caller.is_none() {
        let waits = setup::waits(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
        return if waits { setup_page::hint(&visit) } else { Ok(go("/sign-in")) };
    }
    let me = me(&visit).await?;
    let mut active = me.memberships.iter().filter(|b| b.membership.status == ACTIVE);
    match (active.next(), active.next()) {
        (Some(only), None) => Ok(go(&format!("/{}", only.organization.slug))),
        _ => show(&visit, &me).await,
    }
}

/// `GET /organizations`
pub(super) async fn list(visit: Visit) -> Shown {
    let me = me(&visit).await?;
    show(&visit, &me).await
}

async fn show(visit: &Visit, me: &Me) -> Shown {
    let offers = organizations::offers(&visit.ctx).map_err(|refusal| visit.wrong(refusal))?;
    let page = Page { after: None, limit: 20 };
    let asked = joining::mine(&visit.ctx, page).await.map_err(|stop| visit.wrong(stop))?;
    let turned_away = asked.items.into_iter().filter(|a| a.status == "rejected");
    let page = OrganizationsPage {
        page: visit.plain("Your organizations"),
        email: me.identity.address().to_owned(),
        places: me.memberships.iter().map(place).collect(),
        create_href: offers.iter().any(|offer| offer.refusal.is_none()).then(|| "/organizations/new".to_owned()),
        turned_away: turned_away.map(|a| rejection(&a.organization.name, a.reason.as_deref())).collect(),
    };
    visit.page(StatusCode::OK, &page)
}

fn rejection(organization: &str, reason: Option<&str>) -> String {
    let told = format!("An administrator of {organization} has not let you in.");
    reason.map_or_else(|| told.clone(), |reason| format!("{told} They wrote: {reason}"))
}

/// One of somebody's organizations, as a line of a list.
pub(in crate::console::pages) fn place(belonging: &Belonging) -> Person {
    let organization = &belonging.organization;
    let label = match belonging.membership.status.as_str() {
        ACTIVE => titled(&belonging.role),
        REQUESTED => "Asked to join".to_owned(),
        _ => "Waiting for approval".to_owned(),
    };
    Person::new(&organization.name, &organization.slug, &organization.id)
        .href(format!("/{}", organization.slug))
        .label(label)
}

/// Whether a word of an address can name an organization at all.
fn may_name(word: &str) -> bool {
    word.parse::<OrgId>().is_ok() || guildhall_domain::text::slug(word, "organization").is_ok()
}

/// `GET /{org}`: the list of people for whoever may see it, one's own page for the others, and a calm word for those
/// who wait to be let in.
pub(super) async fn door(visit: Visit, Path(organization): Path<String>) -> Shown {
    if !may_name(&organization) {
        return Err(visit.wrong(Code::NotFound));
    }
    let closed = match Scene::enter(&visit, &organization).await {
        Ok(scene) => {
            let page = if scene.may(Action::MemberList) { "admin/users" } else { "me" };
            return Ok(go(&format!("/{}/{page}", scene.slug())));
        }
        Err(wrong) if visit.ctx.caller.is_none() => return Err(wrong),
        Err(wrong) => wrong,
    };
    let me = me(&visit).await?;
    let named = |b: &&Belonging| b.organization.slug == organization || b.organization.id == organization;
    match me.memberships.iter().find(named).filter(|b| b.membership.status != ACTIVE) {
        Some(waiting) => {
            let page = WaitingPage {
                page: visit.plain("Waiting for approval"),
                organization_name: waiting.organization.name.clone(),
                email: me.identity.address().to_owned(),
                slug: waiting.organization.slug.clone(),
                asked: waiting.membership.status == REQUESTED,
            };
            visit.page(StatusCode::OK, &page)
        }
        None => Err(closed),
    }
}

/// `GET /admin/…`: the same page of the organization last used.
pub(super) async fn last_used(visit: Visit) -> Shown {
    let me = me(&visit).await?;
    let mut open = me.memberships.iter().filter(|b| b.membership.status == ACTIVE).map(|b| &b.organization.slug);
    let Some(slug) = open.clone().find(|slug| visit.last.as_ref() == Some(slug)).or_else(|| open.next()) else {
        return Ok(go("/organizations"));
    };
    let page = visit.path.strip_prefix("/admin/").filter(|page| !page.is_empty()).unwrap_or("users");
    let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
    Ok(go(&format!("/{slug}/admin/{page}{query}")))
}

/// `POST /organizations/ask`
pub(super) async fn ask(sent: Sent) -> Shown {
    let visit = &sent.visit;
    match joining::ask(&visit.ctx, sent.get("organization").trim()).await.and_then(Answer::done) {
        Ok(asked) => {
            let text = format!("You asked to join {}. An administrator there decides.", asked.organization.name);
            Ok(go_with("/organizations", Tone::Good, &text))
        }
        Err(Stop::Refused(refusal)) if refusal.code == Code::NotFound => {
            let text = "There is no organization of that name that takes requests. Ask somebody there to invite you.";
            Ok(go_with("/organizations", Tone::Wait, text))
        }
        Err(Stop::Refused(refusal)) if refusal.code != Code::AuthRequired => {
            Ok(go_with("/organizations", Tone::Wait, &sentence(&refusal.detail)))
        }
        Err(stop) => Err(visit.wrong(stop)),
    }
}

/// `POST /organizations/ask/back`
pub(super) async fn take_back(sent: Sent) -> Shown {
    let visit = &sent.visit;
    match joining::withdraw(&visit.ctx, sent.get("organization")).await {
        Ok(_) => Ok(go_with("/organizations", Tone::Good, "Your request is taken back.")),
        Err(stop) => Err(visit.wrong(stop)),
    }
}

/// `GET /organizations/new`
pub(super) async fn new(visit: Visit) -> Shown {
    new_page(
        &visit,
        NewOrganization { name: String::new(), slug: None, preset: None, tenant: None },
        &Verdict::default(),
    )
}

fn new_page(visit: &Visit, typed: NewOrganization, verdict: &Verdict) -> Shown {
    let offers = organizations::offers(&visit.ctx).map_err(|refusal| visit.wrong(refusal))?;
    let first = offers.iter().find(|offer| offer.refusal.is_none()).map(|offer| offer.preset.name.clone());
    let wanted = typed.preset.or(first).unwrap_or_default();
    let choice = |Offer { preset, refusal }: &Offer| {
        let choice = Choice::new(&preset.name, &preset.title).hint(&preset.description);
        match refusal {
            Some(refusal) => choice.refused(sentence(&refusal.detail)),
            None => choice.selected(preset.name == wanted),
        }
    };
    let mut page = visit.plain("New organization");
    page.flash.extend(verdict.flash());
    let page = NewOrganizationPage {
        page,
        preset: Select { choices: offers.iter().map(choice).collect(), error: verdict.at("preset") },
        name: verdict.input("name", typed.name),
        slug: verdict.input("slug", typed.slug.unwrap_or_default()),
    };
    verdict.page(visit, &page)
}

/// `POST /organizations`
pub(super) async fn create(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let given = |field: &str| Some(sent.get(field).to_owned()).filter(|text| !text.is_empty());
    let wanted = NewOrganization {
        name: sent.get("name").to_owned(),
        slug: given("slug"),
        preset: given("preset"),
        tenant: None,
    };
    match organizations::create(&visit.ctx, wanted.clone()).await.and_then(Answer::done) {
        Ok(made) => {
            let text = format!("{} is yours. Invite the first people when you like.", made.name);
            Ok(go_with(&format!("/{}/admin/users", made.slug), Tone::Good, &text))
        }
        Err(stop) => new_page(visit, wanted, &Verdict::of(visit, stop, &["name", "slug", "preset"])?),
    }
}
