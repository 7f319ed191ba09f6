//! Signing up where an organization lets people in by themselves.

use super::password_hint;
use crate::console::verdict::Verdict;
use crate::console::view::{SignUpPage, Tone};
use crate::console::visit::{Sent, Shown, Visit, go, go_with};
use crate::http::reply::set_session;
use crate::ops::Answer;
use crate::ops::accept::{self, SignUp};

/// `GET /sign-up?organization=`
pub(super) async fn show(visit: Visit) -> Shown {
    if visit.ctx.caller.is_some() {
        return Ok(go("/"));
    }
    let organization = visit.asked("organization");
    page(&visit, organization, String::new(), String::new(), &Verdict::default()).await
}

async fn page(visit: &Visit, organization: String, name: String, email: String, verdict: &Verdict) -> Shown {
    let open = accept::open_to_all(&visit.ctx, organization.clone()).await;
    let page = SignUpPage {
        page: visit.plain("Create an account"),
        organization_name: Some(open.map_err(|stop| visit.wrong(stop))?),
        organization,
        name: verdict.input("name", name),
        email: verdict.input("email", email),
        password: verdict.input("password", ""),
        password_hint: password_hint(&visit.ctx),
        problem: verdict.problem.clone(),
    };
    verdict.page(visit, &page)
}

/// `POST /sign-up`
pub(super) async fn sign_up(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let own = |field: &str| sent.get(field).to_owned();
    let wanted = SignUp {
        email: own("email"),
        name: own("name"),
        password: own("password"),
        organization: Some(own("organization")),
    };
    match accept::sign_up(&visit.ctx, wanted).await.and_then(Answer::done) {
        // Joining waits for the proof of the address.
        Ok(came) if came.session.is_none() => {
            let text = "Almost there: open the link in the mail we have sent you, then sign in.";
            Ok(go_with("/sign-in", Tone::Good, text))
        }
        Ok(came) => {
            let path = came.organization.map_or_else(|| "/".to_owned(), |o| format!("/{}", o.slug));
            let mut response = go(&path);
            if let Some(begun) = &came.session {
                set_session(&visit.ctx.app, &mut response, begun);
            }
            Ok(response)
        }
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &["name", "email", "password"])?;
            page(visit, own("organization"), own("name"), own("email"), &verdict).await
        }
    }
}
