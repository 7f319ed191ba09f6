//! Leaving an organization: the question, and the answer to it.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::refusal::{Code, Refusal};

use crate::console::scene::Scene;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{ConfirmPage, Consequence, Place, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::members;

fn page(visit: &Visit, scene: &Scene, refused: Option<String>) -> ConfirmPage {
    let name = &scene.place.organization.name;
    let href = format!("/{}/me", scene.slug());
    let mut shell = scene.shell(visit, &scene.words.leave, "");
    shell.trail.push(Place::new("My account", href.as_str()));
    ConfirmPage {
        page: shell,
        title: format!("Leave {name}?"),
        person: None,
        lead: "It takes effect at once. Coming back takes a new invitation.".to_owned(),
        consequences: vec![
            Consequence::ends(format!("Your access to {name} and everything shared with you there")),
            Consequence::ends(format!("Your personal tokens for {name}")),
            Consequence::stays(format!("Your account and your other {}", scene.words.organization.many)),
        ],
        refused,
        typed: None,
        reason: None,
        action: format!("/{}/leave", scene.slug()),
        yes: scene.words.leave_yes.clone(),
        danger: true,
        cancel_href: href,
    }
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
    let refusal = members::leave_refusal(&visit.ctx, &organization).await.map_err(|stop| visit.wrong(stop))?;
    visit.page(StatusCode::OK, &page(&visit, &scene, refusal.as_ref().map(why)))
}

/// `POST /{org}/leave`
pub(super) async fn leave(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let scene = Scene::enter(visit, &organization).await?;
    match members::leave(&visit.ctx, &organization).await {
        Ok(_) => {
            let text = format!("You left {}.", scene.place.organization.name);
            Ok(go_with("/organizations", Tone::Good, &text))
        }
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            verdict.page(visit, &page(visit, &scene, verdict.problem.clone()))
        }
    }
}
