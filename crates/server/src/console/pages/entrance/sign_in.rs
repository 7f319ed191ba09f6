//! Signing in, a step at a time: the address, then the password or another way, then the code of a second factor. No
//! step tells whether the address has an account.

use axum::response::Response;
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;

use crate::console::verdict::Verdict;
use crate::console::view::{Input, Place, SignInPage, SignInStep};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go, push_cookie};
use crate::http::reply::{set_device, set_session};
use crate::ops::passkeys::{self, UsePasskey};
use crate::ops::sign_in::{self as ways, FirstStep, HALF_LIFE_S, NewSession};
use crate::ops::{Answer, accept, setup, sso};

/// `GET /sign-in`. With `next` the form is shown even to somebody signed in: a session may be too old for one
/// organization and good for others, and sending them back would turn in a circle.
pub(super) async fn show(visit: Visit) -> Shown {
    let next = visit.asked("next");
    if visit.ctx.caller.is_some() && next.is_empty() {
        return Ok(go("/"));
    }
    if setup::waits(&visit.ctx).await.map_err(|stop| visit.wrong(stop))? {
        return Ok(go("/"));
    }
    page(&visit, SignInStep::Address, Input::default(), next, &Verdict::default()).await
}

async fn page(visit: &Visit, step: SignInStep, email: Input, next: String, verdict: &Verdict) -> Shown {
    let organization = visit.asked("organization");
    let open = match organization.is_empty() {
        true => false,
        false => accept::open_to_all(&visit.ctx, organization.clone()).await.is_ok(),
    };
    let packed: String = form_urlencoded::byte_serialize(organization.as_bytes()).collect();
    let other_ways = other_ways(visit, step, &email.value, &organization).await?;
    let page = SignInPage {
        page: visit.plain("Sign in"),
        step,
        email,
        next,
        problem: verdict.problem.clone(),
        passkeys: visit.ctx.app.webauthn().is_ok(),
        other_ways,
        demo: visit.ctx.app.config.demo.clone(),
        sign_up_href: open.then(|| format!("/sign-up?organization={packed}")),
    };
    verdict.page(visit, &page)
}

/// The identity providers to sign in with: the organization's, where one is named, those of the address's mail
/// domain, whosever it is, and the installation's.
async fn other_ways(visit: &Visit, step: SignInStep, email: &str, organization: &str) -> Result<Vec<Place>, Wrong> {
    let wrong = |stop| visit.wrong(stop);
    let mut ways = Vec::new();
    if !organization.is_empty() {
        ways.extend(sso::ways_into(&visit.ctx, organization).await.map_err(wrong)?);
    }
    if step == SignInStep::Password {
        ways.extend(sso::way_for(&visit.ctx, email).await.map_err(wrong)?);
    }
    ways.extend(sso::ways_for_all(&visit.ctx).await.map_err(wrong)?);
    ways.dedup_by_key(|way| way.connection);
    Ok(ways.into_iter().map(|way| Place::new(format!("Sign in with {}", way.name), way.start)).collect())
}

/// `POST /sign-in`: the address alone leads to the second step, whosever it is; with a password one signs in.
pub(super) async fn sign_in(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let (email, next) = (sent.get("email").trim().to_owned(), sent.get("next").to_owned());
    if !sent.fields.iter().any(|(name, _)| name == "password") {
        let step = if email.is_empty() { SignInStep::Address } else { SignInStep::Password };
        return page(visit, step, Input::of(email), next, &Verdict::default()).await;
    }
    match ways::first_step(&visit.ctx, &email, sent.get("password").to_owned()).await {
        Ok(FirstStep::In(begun)) => Ok(inside(visit, &begun, &next)),
        Ok(FirstStep::Half(cookie)) => {
            let packed: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let mut response = go(&format!("/sign-in/code?next={packed}"));
            set_half(visit, &mut response, &cookie, HALF_LIFE_S);
            Ok(response)
        }
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            page(visit, SignInStep::Password, Input::of(email), next, &verdict).await
        }
    }
}

/// In: on to where one wanted.
fn inside(visit: &Visit, begun: &NewSession, next: &str) -> Response {
    let mut response = go(next);
    set_session(&visit.ctx.app, &mut response, &begun.session);
    set_device(&visit.ctx.app, &mut response, &begun.device);
    response
}

/// The cookie of a sign-in that waits for its second factor; the pages of signing in alone see it.
fn set_half(visit: &Visit, response: &mut Response, value: &str, life_s: i64) {
    let config = &visit.ctx.app.config;
    let secure = if config.is_https() { "; Secure" } else { "" };
    let name = config.half_cookie_name();
    push_cookie(response, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life_s}{secure}"));
}

/// `GET /sign-in/code`
pub(super) async fn show_code(visit: Visit) -> Shown {
    let who = ways::half(&visit.ctx, &visit.half).await.map_err(|stop| visit.wrong(stop))?;
    let next = visit.asked("next");
    let Some(who) = who else { return Ok(go("/sign-in")) };
    page(&visit, SignInStep::Code, Input::of(who.email), next, &Verdict::default()).await
}

/// `POST /sign-in/code`
pub(super) async fn finish(sent: Sent) -> Shown {
    let (visit, next) = (&sent.visit, sent.get("next").to_owned());
    let who = ways::half(&visit.ctx, &visit.half).await.map_err(|stop| visit.wrong(stop))?;
    let Some(who) = who else { return over(visit, next).await };
    match ways::second_step(&visit.ctx, &visit.half, sent.get("code").to_owned()).await {
        Ok(begun) => {
            let mut response = inside(visit, &begun, &next);
            set_half(visit, &mut response, "", 0);
            Ok(response)
        }
        Err(Stop::Refused(refusal)) if refusal.code == Code::CeremonyOver => over(visit, next).await,
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            page(visit, SignInStep::Code, Input::of(who.email), next, &verdict).await
        }
    }
}

/// The second step came too late: from the beginning.
async fn over(visit: &Visit, next: String) -> Shown {
    let verdict = Verdict::of(visit, Code::CeremonyOver.into(), &[])?;
    page(visit, SignInStep::Address, Input::default(), next, &verdict).await
}

/// `POST /sign-in/passkey`, sent by the script once the device has answered.
pub(super) async fn by_passkey(sent: Sent) -> Shown {
    let (visit, next) = (&sent.visit, sent.get("next").to_owned());
    let credential = serde_json::from_str(sent.get("credential")).unwrap_or_default();
    let wanted = UsePasskey { ceremony: sent.get("ceremony").to_owned(), credential };
    match passkeys::sign_in(&visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(begun) => {
            let mut response = inside(visit, &begun, &next);
            set_half(visit, &mut response, "", 0);
            Ok(response)
        }
        Err(stop) => {
            let verdict = Verdict::of(visit, stop, &[])?;
            page(visit, SignInStep::Address, Input::default(), next, &verdict).await
        }
    }
}
