//! Deleting one's own account: the question, and the answer to it.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;

use crate::console::scene::Scene;
use crate::console::verdict::{Verdict, sentence};
use crate::console::view::{Consequence, GoingPage, Input, Place, Tone, TypedWord};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::http::reply::clear_session;
use crate::ops::farewell::{self, Before, Farewell};

const TITLE: &str = "Delete your account";

/// Why it is refused now, with what is in the way.
pub(super) fn why(refusal: &Refusal) -> String {
    let named = match (&refusal.code, &refusal.extra) {
        (Code::OwnsResources, Some(("blockers", list))) => {
            let one = |thing: &serde_json::Value| {
                let text = |field: &str| thing.get(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                format!("{} in {}", text("name"), text("organization"))
            };
            list.as_array().into_iter().flatten().take(5).map(one).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    };
    match named.as_str() {
        "" => sentence(&refusal.detail),
        named => format!("You own things that need another owner first: {named}."),
    }
}

fn page(visit: &Visit, scene: &Scene, before: &Before, verdict: &Verdict, typed: &str) -> GoingPage {
    let href = format!("/{}/me", scene.slug());
    let mut shell = scene.shell(visit, TITLE, "");
    shell.trail.push(Place::new("My account", href.as_str()));
    let word = |expected: &str| TypedWord { expected: expected.to_owned(), input: verdict.input("confirm", typed) };
    GoingPage {
        page: shell,
        title: format!("{TITLE}?"),
        person: None,
        lead: "This cannot be undone.".to_owned(),
        consequences: vec![
            Consequence::ends(format!("Your membership of all your {}", scene.words.organization.many)),
            Consequence::ends("Every session and every token of yours, at once"),
            Consequence::ends("Your name, address, handle and password are erased"),
            Consequence::stays("Audit logs keep what you did, under the name you had then"),
        ],
        refused: before.refusal.as_ref().map(why),
        problem: verdict.problem.clone(),
        handing: None,
        after: Vec::new(),
        typed: Some(word(&before.confirm)),
        password: before.has_password.then(|| Input { value: String::new(), error: verdict.at("password") }),
        action: format!("{href}/delete"),
        yes: TITLE.to_owned(),
        cancel_href: href,
    }
}

/// `GET /{org}/me/delete`
pub(super) async fn ask(visit: Visit, Path(organization): Path<String>) -> Shown {
    let scene = Scene::enter(&visit, &organization).await?;
    let before = farewell::before(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    visit.page(StatusCode::OK, &page(&visit, &scene, &before, &Verdict::default(), ""))
}

/// `POST /{org}/me/delete`
pub(super) async fn delete(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let scene = Scene::enter(visit, &organization).await?;
    let password = Some(sent.get("password").to_owned()).filter(|given| !given.is_empty());
    let wanted = Farewell { confirm: sent.get("confirm").to_owned(), password };
    match farewell::delete_me(&visit.ctx, wanted).await {
        Ok(_) => {
            let mut response = go_with("/sign-in", Tone::Good, "Your account is deleted.");
            clear_session(&visit.ctx.app, &mut response);
            Ok(response)
        }
        Err(stop) => {
            let before = farewell::before(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
            let verdict = Verdict::of(visit, of_this_form(stop), &["confirm", "password"])?;
            verdict.page(visit, &page(visit, &scene, &before, &verdict, sent.get("confirm")))
        }
    }
}

/// The password of this form stands in a field of its own name.
fn of_this_form(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(refusal) if refusal.code == Code::PasswordWrong => {
            Refusal::value(Code::PasswordWrong, "password", refusal.detail).into()
        }
        other => other,
    }
}
