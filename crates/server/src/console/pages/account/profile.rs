//! Name, handle, address and password.

use axum::extract::Path;
use guildhall_store::Stop;

use super::me::{Typed, page};
use crate::console::verdict::Verdict;
use crate::console::view::Tone;
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::identities::{self, ChangePassword, EditMe};

/// Back to the page with a word of success.
fn done(organization: &str, text: &str) -> Shown {
    Ok(go_with(&format!("/{organization}/me"), Tone::Good, text))
}

async fn refused(visit: &Visit, organization: &str, typed: Typed, stop: Stop, fields: &[&str]) -> Shown {
    let verdict = Verdict::of(visit, stop, fields)?;
    page(visit, organization, typed, &verdict).await
}

/// `POST /{org}/me`: name and handle.
pub(super) async fn save(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let own = |field: &str| Some(sent.get(field).trim().to_owned());
    match identities::edit(&visit.ctx, EditMe { name: own("name"), handle: own("handle"), email: None }).await {
        Ok(_) => done(&organization, "Your profile is saved."),
        Err(stop) => {
            let typed = Typed { name: own("name"), handle: own("handle"), email: None };
            refused(visit, &organization, typed, stop, &["name", "handle"]).await
        }
    }
}

/// `POST /{org}/me/email`: asks for proof of another address.
pub(super) async fn change_email(Path(organization): Path<String>, sent: Sent) -> Shown {
    let (visit, email) = (&sent.visit, sent.get("email").trim().to_owned());
    let present = visit.ctx.caller().map_err(|refusal| visit.wrong(refusal))?.identity.clone();
    let same = present.email == email && present.email_verified_at.is_some();
    match identities::edit(&visit.ctx, EditMe { email: Some(email.clone()), ..EditMe::default() }).await {
        Ok(_) if same => done(&organization, "That is your address already."),
        Ok(_) => done(&organization, &format!("A link is on its way to {email}. The address counts once you open it.")),
        Err(stop) => {
            let typed = Typed { email: Some(email), ..Typed::default() };
            refused(visit, &organization, typed, stop, &["email"]).await
        }
    }
}

/// `POST /{org}/me/verify-email`: the link once more.
pub(super) async fn ask_verification(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    match identities::ask_verification(&visit.ctx).await {
        Ok(_) => done(&organization, "The link is on its way. Look into your mail."),
        Err(stop) => refused(visit, &organization, Typed::default(), stop, &[]).await,
    }
}

/// `POST /{org}/me/password`
pub(super) async fn change_password(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    let wanted =
        ChangePassword { current: sent.get("current_password").to_owned(), password: sent.get("password").to_owned() };
    match identities::change_password(&visit.ctx, wanted).await {
        Ok(_) => done(&organization, "Your password is changed. Your other sessions are over."),
        Err(stop) => refused(visit, &organization, Typed::default(), stop, &["password", "current_password"]).await,
    }
}
