//! Asking once more who it is, and then going on with what was sent: the browser is told to send it again, so nothing
//! typed is lost. Works with scripts off.

use axum::http::{HeaderValue, StatusCode, header::LOCATION};
use axum::response::{IntoResponse, Response};
use guildhall_store::Stop;

use crate::console::verdict::Verdict;
use crate::console::view::StepUpPage;
use crate::console::visit::{Sent, Shown, Visit, go, local};
use crate::ops::passkeys::UsePasskey;
use crate::ops::stepping_up::{self, StepUp};

/// What the page itself sends, beside what it carries on.
const OWN: &str = "step_up_";
/// Marks what was only looked at: it is opened again, not sent.
const LOOKED: &str = "step_up_looked";

/// The page for a visit that needs a fresh proof.
#[must_use]
pub fn of(visit: &Visit) -> StepUpPage {
    let here = match (visit.path.as_str(), visit.query.as_str()) {
        (path, "") => path.to_owned(),
        (path, query) => format!("{path}?{query}"),
    };
    let mut fields: Vec<(String, String)> =
        visit.fields.iter().filter(|(name, _)| name != "csrf" && !name.starts_with(OWN)).cloned().collect();
    if !visit.sent {
        fields.push((LOOKED.to_owned(), "1".to_owned()));
    }
    made(visit, &here, fields, None)
}

fn made(visit: &Visit, to: &str, fields: Vec<(String, String)>, problem: Option<String>) -> StepUpPage {
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    StepUpPage {
        page: visit.plain("Is it still you?"),
        email: visit.ctx.caller.as_ref().map(|c| c.identity.email.clone()).unwrap_or_default(),
        action: format!("/account/step-up?to={to}"),
        fields,
        problem,
        passkeys: visit.ctx.app.webauthn().is_ok(),
        back_href: if visit.sent { visit.back.clone() } else { "/".to_owned() },
    }
}

/// `GET /account/step-up?to=`
pub(super) async fn show(visit: Visit) -> Shown {
    visit.ctx.caller().map_err(|refusal| visit.wrong(refusal))?;
    let to = visit.asked("to");
    visit.page(StatusCode::OK, &made(&visit, local(&to), vec![(LOOKED.to_owned(), "1".to_owned())], None))
}

/// `POST /account/step-up?to=`
pub(super) async fn prove(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let given = |name: &str| Some(sent.get(name).to_owned()).filter(|value| !value.is_empty());
    let wanted = match (given("step_up_credential"), given("step_up_code")) {
        (Some(credential), _) => {
            let credential = serde_json::from_str(&credential).unwrap_or_default();
            let ceremony = sent.get("step_up_ceremony").to_owned();
            StepUp { passkey: Some(UsePasskey { ceremony, credential }), ..StepUp::default() }
        }
        (None, Some(code)) => StepUp { otp: Some(code), ..StepUp::default() },
        (None, None) => StepUp { password: Some(sent.get("step_up_password").to_owned()), ..StepUp::default() },
    };
    let to = visit.asked("to");
    match stepping_up::step_up(&visit.ctx, wanted).await {
        Ok(_) if sent.get(LOOKED) == "1" => Ok(go(&to)),
        Ok(_) => Ok(send_again(local(&to))),
        Err(stop) => refused(&sent, &to, stop),
    }
}

/// Has the browser send the same form, with everything in it, to where it was meant for (RFC 9110, 15.4.8).
fn send_again(path: &str) -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    let safe = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, safe);
    response
}

fn refused(sent: &Sent, to: &str, stop: Stop) -> Shown {
    let verdict = Verdict::of(&sent.visit, stop, &[])?;
    let kept = |(name, _): &&(String, String)| name != "csrf" && (!name.starts_with(OWN) || name == LOOKED);
    let fields = sent.fields.iter().filter(kept).cloned().collect();
    verdict.page(&sent.visit, &made(&sent.visit, local(to), fields, verdict.problem.clone()))
}
