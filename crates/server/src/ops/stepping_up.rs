//! Proving once more who one is, within a session: for acts that hand out more than themselves.

use guildhall_domain::change::Change;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::read::credential::Session;
use guildhall_store::read::identity;
use guildhall_store::{Stop, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::factors::take_code;
use super::passkeys::{self, UsePasskey};
use super::sessions::{limited, password_stop};
use super::view::Nothing;
use super::{Answer, Credential, Ctx};
use crate::security::secret::Secret;

/// One of these.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// The password.
    #[serde(default)]
    pub password: Option<String>,
    /// A code of the authenticator app, or a backup code.
    #[serde(default)]
    pub otp: Option<String>,
    /// The answer of a passkey to `POST /session/passkey/begin`.
    #[serde(default)]
    pub passkey: Option<UsePasskey>,
}

/// Proves that it is still the same person.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `password.wrong`, `factor.code_wrong`, `auth.passkey_refused`,
/// `rate.limited`, refused values.
pub async fn step_up(ctx: &Ctx, wanted: StepUp) -> Result<Answer<Nothing>, Stop> {
    let session = match &ctx.caller()?.credential {
        Credential::Session(session) => session.clone(),
        Credential::Token(_) => {
            let detail = "a token has no session to prove anew; it is not asked for a recent proof";
            return Err(Refusal::because(Code::FactorSession, detail).into());
        }
    };
    match wanted {
        StepUp { password: Some(password), otp: None, passkey: None } => by_password(ctx, session, password).await,
        StepUp { otp: Some(code), password: None, passkey: None } => by_code(ctx, session, code).await,
        StepUp { passkey: Some(passkey), password: None, otp: None } => {
            passkeys::prove(ctx, passkey, move |ctx, tx, user| {
                if user != session.user {
                    return Err(Code::PasskeyRefused.into());
                }
                proved(ctx, tx, &session, true)
            })
            .await
        }
        _ => Err(Refusal::field("body", "field.invalid", "send one of `password`, `otp` and `passkey`").into()),
    }
}

/// The session rests on a proof of now, and the trail says so.
fn proved(ctx: &Ctx, tx: &mut Tx<'_>, session: &Session, factor: bool) -> Result<Nothing, Stop> {
    tx.apply(vec![Change::SessionProved { user: session.user, session: session.id, factor, at: ctx.now }])?;
    Ok(Nothing {})
}

async fn by_password(ctx: &Ctx, session: Session, password: String) -> Result<Answer<Nothing>, Stop> {
    let (account, now_ms) = (session.user.to_string(), ctx.now.micros() / 1_000);
    ctx.app.limits.may_sign_in(&account, ctx.address, now_ms).map_err(limited)?;
    let user = session.user;
    let stored = ctx.read(move |_, conn| Ok(identity::password(conn, user)?)).await?;
    if !ctx.app.passwords.verify(Secret::new(password), stored).await.map_err(password_stop)? {
        ctx.app.limits.sign_in_failed(&account, ctx.address, now_ms);
        return Err(Code::PasswordWrong.into());
    }
    ctx.write(move |ctx, tx| proved(ctx, tx, &session, false)).await
}

async fn by_code(ctx: &Ctx, session: Session, code: String) -> Result<Answer<Nothing>, Stop> {
    let (key, now_ms) = (format!("step up {}", session.user), ctx.now.micros() / 1_000);
    ctx.app.limits.codes.may(&key, now_ms).map_err(limited)?;
    let written = ctx.write(move |ctx, tx| {
        tx.take_identity(session.user)?.ok_or(Code::AuthInvalid)?;
        take_code(ctx, tx, session.user, &code)?;
        proved(ctx, tx, &session, true)
    });
    match written.await {
        Err(Stop::Refused(refusal)) if refusal.code == Code::AuthCodeWrong => {
            ctx.app.limits.codes.failed(&key, now_ms);
            // Whoever asks is signed in: a wrong code is no reason to sign in again.
            Err(Code::FactorCodeWrong.into())
        }
        other => other,
    }
}
