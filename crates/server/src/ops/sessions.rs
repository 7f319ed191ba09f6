//! Sessions: begun, listed, ended. How somebody proves who they are stands in `sign_in` and `passkeys`.

use guildhall_domain::change::Change;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::SessionId;
use guildhall_domain::proof::Proof;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::read::credential::Session;
use guildhall_store::read::{Page, credential};
use guildhall_store::stream::Note;
use guildhall_store::{Author, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::identities::guard_whole;
use super::view::{List, Nothing, SessionView};
use super::{Answer, Ctx, id};
use crate::http::cursor;
use crate::security::limits::RetryAfter;
use crate::security::password::PasswordError;

const AGENT_MAX_CHARS: usize = 200;

/// A session that has just begun: what the cookie and the page need.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begun {
    /// Value of the cookie.
    pub cookie: String,
    /// The CSRF token of the session.
    pub csrf_token: String,
    /// Seconds until the cookie may be forgotten.
    pub max_age_s: i64,
}

/// Turns a limit into its refusal.
#[must_use]
pub fn limited(wait: RetryAfter) -> Refusal {
    Refusal { extra: Some(("retry_after_s", json!(wait.seconds))), ..Refusal::of(Code::RateLimited) }
}

/// Turns what the password threads say into its refusal.
#[must_use]
pub fn password_stop(error: PasswordError) -> Stop {
    match error {
        PasswordError::Busy { retry_after_s } => {
            Refusal { extra: Some(("retry_after_s", json!(retry_after_s))), ..Refusal::of(Code::Busy) }.into()
        }
        PasswordError::TooLong => Refusal::field("password", "field.too_long", "at most 1024 bytes").into(),
        PasswordError::Failed => {
            Stop::Failed(guildhall_store::StoreError::Bug("the password could not be hashed".to_owned()))
        }
    }
}

/// Checks a new password's length.
///
/// # Errors
/// `field.too_short`, `field.too_long`.
pub fn check_new_password(ctx: &Ctx, password: &str, field: &str) -> Result<(), Refusal> {
    let (least, most) = (ctx.app.config.password.min_length, ctx.app.config.password.max_length);
    let length = password.chars().count();
    if length > most {
        return Err(Refusal::field(field, "field.too_long", format!("at most {most} characters")));
    }
    if length < least {
        return Err(Refusal::field(field, "field.too_short", format!("at least {least} characters")));
    }
    if password.len() > crate::security::password::MAX_PASSWORD_BYTES {
        return Err(Refusal::field(field, "field.too_long", "at most 1024 bytes"));
    }
    Ok(())
}

/// Begins the session of somebody who gave their password.
///
/// # Errors
/// [`Stop`].
pub fn begin(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, proof: Proof) -> Result<Begun, Stop> {
    Ok(begin_named(ctx, tx, who, proof)?.1)
}

/// The same, with the session's id.
///
/// # Errors
/// [`Stop`].
pub fn begin_named(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, proof: Proof) -> Result<(SessionId, Begun), Stop> {
    let minted = ctx.app.credentials.mint_session(ctx.app.entropy.as_ref());
    let life_s = i64::try_from(ctx.app.config.session.lifetime_s).unwrap_or(i64::MAX);
    let session = Session {
        id: SessionId::new(tx.fresh()),
        user: who.id,
        created_at: ctx.now,
        seen_at: ctx.now,
        expires_at: ctx.now.plus_s(life_s),
        address: ctx.address.to_string(),
        agent: ctx.agent.chars().take(AGENT_MAX_CHARS).collect(),
        proof,
    };
    tx.begin_session(&session, &minted.hash)?;
    let author = Author {
        kind: "identity".to_owned(),
        id: who.id.to_string(),
        name: who.email.clone(),
        credential: session.id.to_string(),
        address: session.address.clone(),
        request_id: ctx.request_id.clone(),
    };
    let target = ("identity", who.id.to_string(), who.email.clone());
    tx.note(
        &author,
        &Note {
            organization: None,
            kind: "session.started",
            target,
            after: json!({ "method": session.proof.method.word() }),
            outcome: "success",
        },
    )?;
    let begun = Begun {
        cookie: minted.secret.expose().clone(),
        csrf_token: ctx.app.credentials.csrf_token(session.id.uuid().as_bytes()),
        max_age_s: life_s,
    };
    Ok((session.id, begun))
}

/// Signs out: ends the session in use.
///
/// # Errors
/// `auth.required`.
pub async fn sign_out(ctx: &Ctx) -> Result<Answer<Nothing>, Stop> {
    let caller = ctx.caller()?;
    let Some(session) = caller.session() else {
        return Err(
            Refusal::because(Code::AuthRequired, "a token has no session to end; revoke the token instead").into()
        );
    };
    let user = caller.identity.id;
    ctx.write(move |_, tx| {
        tx.apply(vec![Change::SessionEnded { user, session }])?;
        Ok(Nothing {})
    })
    .await
}

/// The caller's sessions, newest first.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `cursor.invalid`.
pub async fn list(ctx: &Ctx, page: Page<SessionId>) -> Result<List<SessionView>, Stop> {
    guard_whole(ctx)?;
    let (user, current) = (ctx.caller()?.identity.id, ctx.caller()?.session());
    ctx.read(move |ctx, conn| {
        let limit = page.limit;
        let found = credential::sessions_of_identity(conn, user, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|s| s.id.to_string());
        let live = shown.iter().filter(|s| s.expires_at > ctx.now);
        let items = live.map(|s| SessionView::of(s, current == Some(s.id))).collect();
        Ok(List { items, next })
    })
    .await
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `not_found`.
pub async fn end(ctx: &Ctx, session: &str) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    let session: SessionId = id(session)?;
    ctx.write(move |_, tx| {
        credential::session_of_identity(tx, user, session)?.ok_or(Code::NotFound)?;
        tx.apply(vec![Change::SessionEnded { user, session }])?;
        Ok(Nothing {})
    })
    .await
}

/// Ends all of the caller's sessions but the one in use.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub async fn end_others(ctx: &Ctx) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let (user, except) = (ctx.caller()?.identity.id, ctx.caller()?.session());
    ctx.write(move |_, tx| {
        tx.apply(vec![Change::SessionsEnded { user, except, why: "ended by their owner" }])?;
        Ok(Nothing {})
    })
    .await
}

/// Ends every session and refuses every token issued up to now, the ones in use included.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub async fn reset_authentication(ctx: &Ctx) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?;
        tx.apply(vec![Change::IdentityAuthenticationReset { user, at: ctx.now }])?;
        Ok(Nothing {})
    })
    .await
}
