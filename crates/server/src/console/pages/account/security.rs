//! How one signs in: second factors, passkeys, backup codes. Outside any organization, since one may lack the factor
//! that theirs asks for.

use axum::extract::Path;
use axum::http::StatusCode;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;
use qrcode::{Color, QrCode};

use crate::console::verdict::Verdict;
use crate::console::view::{Action, AppPage, CodesPage, FactorRow, Input, SecurityPage, Tone};
use crate::console::visit::{Sent, Shown, Visit, Wrong, go, go_with};
use crate::ops::factors::{self, Confirm, FactorAdded, FactorView, NewApp, RenameFactor};
use crate::ops::identities;
use crate::ops::passkeys::{self, AddPasskey};
use crate::ops::{Answer, Caller, Credential};

/// The page's address; its forms post below it.
pub const SECURITY: &str = "/account/security";

/// What people call a factor of that sort.
fn kind(view: &FactorView) -> &'static str {
    if view.kind == "totp" { "Authenticator app" } else { "Passkey" }
}

/// `GET /account/security`
pub(super) async fn show(visit: Visit) -> Shown {
    page(&visit, &Verdict::default()).await
}

async fn page(visit: &Visit, verdict: &Verdict) -> Shown {
    let me = identities::me(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let all = factors::list(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let asking = me.memberships.iter().filter(|b| b.factor_due_at.is_some());
    let row = |f: &FactorView| FactorRow {
        name: f.name.clone(),
        kind: kind(f).to_owned(),
        created: visit.when(f.created_at),
        last_used: f.last_used_at.map(|at| visit.when(at)),
        rename_href: format!("{SECURITY}/{}/rename", f.id),
        remove: Action::post("Remove", format!("{SECURITY}/{}/remove", f.id)).danger(),
    };
    let known: Vec<&FactorView> = all.items.iter().filter(|f| f.confirmed).collect();
    let asked_by: Vec<String> = asking.map(|b| b.organization.name.clone()).collect();
    let back = visit.last.as_ref().map_or_else(|| "/".to_owned(), |slug| format!("/{slug}/me"));
    let page = SecurityPage {
        page: visit.plain("How you sign in"),
        email: me.identity.address().to_owned(),
        back_href: if asked_by.is_empty() { back } else { "/organizations".to_owned() },
        prove_href: (!known.is_empty()).then(|| "/account/step-up?to=/organizations".to_owned()),
        asked_by,
        problem: verdict.problem.clone(),
        has_app: known.iter().any(|f| f.kind == "totp"),
        factors: known.into_iter().map(row).collect(),
        passkeys: visit.ctx.app.webauthn().is_ok(),
        codes_left: all.backup_codes_left,
    };
    verdict.page(visit, &page)
}

async fn again(visit: &Visit, stop: Stop) -> Shown {
    let verdict = Verdict::of(visit, stop, &[])?;
    page(visit, &verdict).await
}

/// `POST /account/security/app`: the secret, on the only page that shows it.
pub(super) async fn begin_app(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let begun = match factors::begin_app(&visit.ctx, NewApp::default()).await.and_then(Answer::done) {
        Ok(begun) => begun,
        Err(stop) => return again(visit, stop).await,
    };
    let (size, path) = drawn(&begun.uri).map_err(|stop| visit.wrong(stop))?;
    let secret = begun.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    let page = AppPage { page: visit.plain("Set up your app"), secret, size, path, code: Input::default() };
    visit.page(StatusCode::OK, &page)
}

/// A QR code: how many squares a side has, and the dark ones as an SVG path.
fn drawn(text: &str) -> Result<(usize, String), Stop> {
    let code = QrCode::new(text).map_err(|e| guildhall_store::StoreError::Bug(format!("a QR code: {e}")))?;
    let size = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    Ok((size, dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % size, at / size)).collect()))
}

fn codes_page(visit: &Visit, added: String, codes: Vec<String>) -> Shown {
    visit.page(StatusCode::OK, &CodesPage { page: visit.plain("Backup codes"), added, codes })
}

/// Backup codes where there are new ones, else back with good news.
fn in_force(visit: &Visit, added: FactorAdded) -> Shown {
    match added.backup_codes {
        Some(codes) => codes_page(visit, added.factor.name, codes),
        None => Ok(go_with(SECURITY, Tone::Good, &format!("{} is on.", added.factor.name))),
    }
}

/// `POST /account/security/app/confirm`
pub(super) async fn confirm_app(sent: Sent) -> Shown {
    let (visit, code) = (&sent.visit, sent.get("code").to_owned());
    match factors::confirm_app(&visit.ctx, Confirm { code }).await.and_then(Answer::done) {
        Ok(added) => in_force(visit, added),
        Err(Stop::Refused(refusal)) if refusal.code == Code::FactorCodeWrong => {
            let words = "That code was wrong. Set the app up anew and give the code it shows then.";
            again(visit, Refusal::because(Code::FactorCodeWrong, words).into()).await
        }
        Err(stop) => again(visit, stop).await,
    }
}

/// `POST /account/security/passkeys`, sent by the script once the device has answered.
pub(super) async fn add_passkey(sent: Sent) -> Shown {
    let visit = &sent.visit;
    let credential = serde_json::from_str(sent.get("credential")).unwrap_or_default();
    let name = Some(sent.get("name").to_owned()).filter(|name| !name.trim().is_empty());
    let wanted = AddPasskey { ceremony: sent.get("ceremony").to_owned(), credential, name };
    match passkeys::add(&visit.ctx, wanted).await.and_then(Answer::done) {
        Ok(added) => in_force(visit, added),
        Err(stop) => again(visit, stop).await,
    }
}

/// `POST /account/security/codes`
pub(super) async fn make_codes(sent: Sent) -> Shown {
    let visit = &sent.visit;
    match factors::make_codes(&visit.ctx).await.and_then(Answer::done) {
        Ok(made) => codes_page(visit, String::new(), made.backup_codes),
        Err(stop) => again(visit, stop).await,
    }
}

/// `POST /account/security/{factor}/rename`
pub(super) async fn rename(Path(factor): Path<String>, sent: Sent) -> Shown {
    let (visit, name) = (&sent.visit, sent.get("name").to_owned());
    match factors::rename(&visit.ctx, &factor, RenameFactor { name }).await {
        Ok(_) => Ok(go_with(SECURITY, Tone::Good, "It has its new name.")),
        Err(stop) => again(visit, stop).await,
    }
}

/// `POST /account/security/{factor}/remove`
pub(super) async fn remove(Path(factor): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    match factors::remove(&visit.ctx, &factor).await {
        Ok(_) => Ok(go_with(SECURITY, Tone::Good, "It is removed.")),
        Err(stop) => again(visit, stop).await,
    }
}

/// How one signs in, in a sentence for one's own page.
pub(super) async fn summary(visit: &Visit) -> Result<String, Wrong> {
    let all = factors::list(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    let names: Vec<&str> = all.items.iter().filter(|f| f.confirmed).map(|f| f.name.as_str()).collect();
    Ok(match names.as_slice() {
        [] => "Password alone. A second factor keeps whoever learns it out.".to_owned(),
        names => format!("Password, {}. {} backup codes left.", names.join(", "), all.backup_codes_left),
    })
}

/// Where somebody goes whose organization asks for a factor that their session lacks.
pub fn to_security(caller: Option<&Caller>) -> axum::response::Response {
    let signed_in = caller.is_some_and(|c| matches!(c.credential, Credential::Session(_)));
    go(if signed_in { SECURITY } else { "/sign-in" })
}
