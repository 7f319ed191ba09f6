//! Leaving an organization: the question, with who gets what one owns, and the answer to it.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::refusal::{Code, FieldError, Refusal};
use guildhall_store::Stop;

use crate::console::pages::handover;
use crate::console::scene::Scene;
use crate::console::verdict::sentence;
use crate::console::view::{Consequence, GoingPage, Place, Tone};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go_with};
use crate::http::problem::status;
use crate::ops::{departures, removal_plan};

/// What somebody mends by naming who gets their things.
pub(super) const fn mends(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::OwnsResources | Code::TransferHeir | Code::TransferNotOwned)
}

/// The question, with what was answered before when that was refused.
async fn page(
    visit: &Visit,
    scene: &Scene,
    refusal: Option<&Refusal>,
    sent: Option<&Sent>,
) -> Result<GoingPage, Wrong> {
    let (ctx, name) = (&visit.ctx, &scene.place.organization.name);
    let href = format!("/{}/me", scene.slug());
    let mut shell = scene.shell(visit, &scene.words.leave, "");
    shell.trail.push(Place::new("My account", href.as_str()));
    let me = scene.place.me().map_err(|refusal| visit.wrong(refusal))?.id.to_string();
    let plan = removal_plan::plan(ctx, scene.slug(), &me).await;
    // Who may not even list people learns what leaving means all the same.
    let plan = plan.ok();
    let errors: &[FieldError] = refusal.map_or(&[], |r| r.errors.as_slice());
    let handing = match &plan {
        Some(plan) => {
            let answer = sent.map(|sent| (sent, errors));
            handover::form(ctx, scene.slug(), &scene.place.rules, &me, &plan.owns, answer).await
        }
        None => Ok(None),
    };
    let handing = handing.map_err(|stop| visit.wrong(stop))?;
    let refused = refusal.filter(|r| !mends(r)).map(why);
    let problem = refusal.filter(|r| mends(r) && sent.is_some() && errors.is_empty()).map(why);
    Ok(GoingPage {
        page: shell,
        title: format!("Leave {name}?"),
        person: None,
        lead: "It takes effect at once. Coming back takes a new invitation.".to_owned(),
        consequences: vec![
            Consequence::ends(format!("Your access to {name} and everything shared with you there")),
            Consequence::ends(format!("Your personal tokens for {name}")),
            Consequence::stays(format!("Your account and your other {}", scene.words.organization.many)),
        ],
        handing: handing.filter(|_| refused.is_none()),
        refused,
        problem,
        after: Vec::new(),
        typed: None,
        password: None,
        action: format!("/{}/leave", scene.slug()),
        yes: scene.words.leave_yes.clone(),
        cancel_href: href,
    })
}

/// Why somebody cannot leave now, and what to do about it.
pub(super) fn why(refusal: &Refusal) -> String {
    if refusal.code == Code::AccessDenied {
        return "Your role here does not let you leave by yourself. Ask somebody who manages people to remove you."
            .to_owned();
    }
    sentence(&refusal.detail)
}

/// `GET /{org}/leave`
pub(super) async fn ask(visit: Visit, Path(organization): Path<String>) -> Shown {
    let scene = Scene::enter(&visit, &organization).await?;
    let refusal = departures::leave_refusal(&visit.ctx, &organization).await.map_err(|stop| visit.wrong(stop))?;
    visit.page(StatusCode::OK, &page(&visit, &scene, refusal.as_ref(), None).await?)
}

async fn go(visit: &Visit, organization: &str, sent: &Sent) -> Result<(), Stop> {
    let said = handover::said(&visit.ctx, organization, sent).await?;
    departures::leave(&visit.ctx, organization, said).await.map(drop)
}

/// `POST /{org}/leave`
pub(super) async fn leave(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let scene = Scene::enter(visit, &organization).await?;
    match go(visit, &organization, &sent).await {
        Ok(()) => {
            let text = format!("You left {}.", scene.place.organization.name);
            Ok(go_with("/organizations", Tone::Good, &text))
        }
        Err(Stop::Refused(refusal)) if refusal.code != Code::NotFound => {
            visit.page(status(refusal.code.kind()), &page(visit, &scene, Some(&refusal), Some(&sent)).await?)
        }
        Err(stop) => Err(visit.wrong(stop)),
    }
}
