//! Signing in and out, and the sessions somebody has.

use guildhall_domain::change::Change;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::SessionId;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::Email;
use guildhall_store::read::credential::Session;
use guildhall_store::read::{Page, credential, identity};
use guildhall_store::stream::Note;
use guildhall_store::{Author, Keep, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::identities::guard_whole;
use super::view::{List, Nothing, SessionView};
use super::{Answer, Ctx, arrivals, id, sso};
use crate::http::cursor;
use crate::security::limits::RetryAfter;
use crate::security::password::PasswordError;
use crate::security::secret::Secret;

/// Most identities that may claim one address without having proved it and still sign in with it.
const CLAIMANTS: u32 = 4;
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

/// The person signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// `usr_…`
    pub id: String,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
}

/// Somebody signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewSession {
    /// Who.
    pub identity: SignedIn,
    /// The session.
    pub session: Begun,
}

/// What signing in takes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
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
    let least = ctx.app.config.password.min_length;
    if password.chars().count() < least {
        return Err(Refusal::field(field, "field.too_short", format!("at least {least} characters")));
    }
    if password.len() > crate::security::password::MAX_PASSWORD_BYTES {
        return Err(Refusal::field(field, "field.too_long", "at most 1024 bytes"));
    }
    Ok(())
}

/// Begins a session inside a transaction.
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

/// Signs in with address and password. Neither the answer nor its time tells whether the address
/// has an account.
///
/// # Errors
/// `auth.wrong_credentials`, `auth.unproved`, `rate.limited`, `server.busy`.
pub async fn sign_in(ctx: &Ctx, wanted: SignIn) -> Result<Answer<NewSession>, Stop> {
    let account = Email::parse(&wanted.email, "email")
        .map_or_else(|_| guildhall_domain::text::fold(&wanted.email), |e| e.key().to_owned());
    let now_ms = ctx.now.micros() / 1_000;
    ctx.app.limits.may_sign_in(&account, ctx.address, now_ms).map_err(limited)?;
    let key = account.clone();
    let known = ctx.read(move |_, conn| Ok(identity::for_sign_in(conn, &key, CLAIMANTS)?)).await?;
    let password = Secret::new(wanted.password);
    let Some((who, stored)) = matching(ctx, known, &password).await? else {
        ctx.app.limits.sign_in_failed(&account, ctx.address, now_ms);
        return Err(failed(ctx, &account).await);
    };
    ctx.app.limits.sign_in_succeeded(&account, ctx.address, now_ms);
    arrivals::guard_proved(ctx, &who).await?;
    let fresh = match ctx.app.passwords.needs_rehash(&stored) {
        true => Some(ctx.app.passwords.hash(password).await.map_err(password_stop)?),
        false => None,
    };
    sso::guard_password(ctx, &who).await?;
    ctx.write(move |ctx, tx| {
        if let Some(fresh) = &fresh {
            tx.rehash(who.id, &stored, fresh)?;
        }
        // A mail domain may have opened since; whoever may come in by it is taken first.
        if arrivals::leads_anywhere(tx, &who)? {
            tx.take_identity(who.id)?;
            arrivals::arrive(ctx, tx, &who)?;
        }
        let session = begin(ctx, tx, &who, Proof::one(Method::Password, ctx.now))?;
        let identity = SignedIn { id: who.id.to_string(), email: who.email.clone(), name: who.name.clone() };
        Ok(NewSession { identity, session })
    })
    .await
}

/// The identity whose password it is. The one that proved the address comes first and always
/// costs one hash, whether it exists or not; claimants that have not proved it follow.
async fn matching(
    ctx: &Ctx,
    known: Vec<(Option<String>, Identity)>,
    password: &Secret<String>,
) -> Result<Option<(Identity, String)>, Stop> {
    let (proved, claiming): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, i)| i.email_verified_at.is_some());
    let stored = proved.first().and_then(|(hash, _)| hash.clone());
    let right = ctx.app.passwords.verify(password.clone(), stored).await.map_err(password_stop)?;
    let mut found = proved.into_iter().next().filter(|_| right);
    for (hash, who) in claiming {
        let right = ctx.app.passwords.verify(password.clone(), hash.clone()).await.map_err(password_stop)?;
        if right && found.is_none() {
            found = Some((hash, who));
        }
    }
    Ok(found.and_then(|(hash, who)| hash.map(|hash| (who, hash))))
}

async fn failed(ctx: &Ctx, account: &str) -> Stop {
    let author = ctx.author();
    let target = ("account", String::new(), account.chars().take(254).collect::<String>());
    let note = Note { organization: None, kind: "session.refused", target, after: json!({}), outcome: "failure" };
    let noted =
        ctx.app.store.write(author.clone(), ctx.now, Keep::Commit, move |tx| Ok(tx.note(&author, &note)?)).await;
    noted.err().unwrap_or_else(|| Code::CredentialsWrong.into())
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
