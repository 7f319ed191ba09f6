//! One's own identity: name, address, password.

use guildhall_domain::change::{Change, LinkKind};
use guildhall_domain::identity::{self as rules_of, ProfileEdit};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::{self, Email};
use guildhall_store::Stop;
use guildhall_store::read::{identity, organization};
use guildhall_store::stream::Note;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::me::load;
pub use super::me::{Belonging, CredentialView, IdentityView, Me, me};
use super::sessions::{check_new_password, limited, password_stop};
use super::view::{Nothing, Preview};
use super::{Answer, Credential, Ctx, arrivals, letters, tenant_people};
use crate::security::{limits::address_key, secret::Secret, token::TokenKind};

/// Changes to one's own identity; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMe {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new handle, unique in the installation; an empty one gives it up.
    #[serde(default)]
    pub handle: Option<String>,
    /// The new address; it counts once its mailed link was opened.
    #[serde(default)]
    pub email: Option<String>,
}

/// A new password for oneself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    pub current: String,
    /// The new one.
    pub password: String,
}

/// An address whose owner forgot the password.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgot {
    /// The address.
    pub email: String,
}

/// A new password by a mailed link.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The secret of the link.
    pub token: String,
    /// The new password.
    pub password: String,
}

/// The secret of a mailed link that proves an address.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The secret of the link.
    pub token: String,
}

/// Changes of oneself are made with a session or a token that carries everything: a token made
/// for a narrow purpose does not reach its holder's own account.
///
/// # Errors
/// `auth.required`, `token.scope_missing`.
pub fn guard_whole(ctx: &Ctx) -> Result<(), Refusal> {
    match &ctx.caller()?.credential {
        Credential::Token(token) if token.scopes.is_some() || token.organization.is_some() => Err(Refusal::because(
            Code::ScopeMissing,
            "sign in to change your account; a token bound to an organization does not reach it",
        )),
        _ => Ok(()),
    }
}

/// Edits name and handle, and asks for proof of a new address.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `handle.taken`, refused values.
pub async fn edit(ctx: &Ctx, wanted: EditMe) -> Result<Answer<Me>, Stop> {
    guard_whole(ctx)?;
    let user = ctx.caller()?.identity.id;
    let name = wanted.name.as_deref().map(|n| text::name(n, "name")).transpose()?;
    let handle = match wanted.handle.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(given) => Some(Some(text::slug(given, "handle")?)),
    };
    let email = wanted.email.as_deref().map(|e| Email::parse(e, "email")).transpose()?;
    if let Some(email) = &email {
        let now_ms = ctx.now.micros() / 1_000;
        ctx.app.limits.mail_requests.take(&address_key(ctx.address), now_ms).map_err(limited)?;
        ctx.app.limits.mails_to_recipient.take(email.key(), now_ms).map_err(limited)?;
    }
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::AuthInvalid)?;
        if let Some(Some(wanted)) = &handle
            && (identity::by_handle(tx, wanted)?.is_some_and(|other| other.id != user)
                || who.handle.as_ref() != Some(wanted) && organization::find(tx, wanted)?.is_some())
        {
            return Err(Code::HandleTaken.into());
        }
        tx.apply(rules_of::edit_profile(&who, &ProfileEdit { name: name.clone(), handle: handle.clone() }))?;
        if let Some(email) = &email
            && (email.shown() != who.email || who.email_verified_at.is_none())
        {
            let letter = letters::link(ctx, tx, LinkKind::EmailVerify, user, email.shown())?;
            tx.apply(letter)?;
        }
        load(ctx, tx)
    })
    .await
}

/// Sets a new password, knowing the present one. Every other session of the person ends.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `password.wrong`, `rate.limited`, refused values.
pub async fn change_password(ctx: &Ctx, wanted: ChangePassword) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let caller = ctx.caller()?.clone();
    check_new_password(ctx, &wanted.password, "password")?;
    let account = caller.identity.id.to_string();
    let now_ms = ctx.now.micros() / 1_000;
    ctx.app.limits.may_sign_in(&account, ctx.address, now_ms).map_err(limited)?;
    let user = caller.identity.id;
    let look = ctx.read(move |ctx, conn| Ok((identity::password(conn, user)?, ctx.is_repetition(conn)?)));
    let (stored, again) = look.await?;
    let right = ctx.app.passwords.verify(Secret::new(wanted.current), stored).await.map_err(password_stop)?;
    // What was the present password is the old one when the request comes again.
    if !right && !again {
        ctx.app.limits.sign_in_failed(&account, ctx.address, now_ms);
        return Err(Code::PasswordWrong.into());
    }
    let hash = ctx.app.passwords.hash(Secret::new(wanted.password)).await.map_err(password_stop)?;
    let keep = caller.session();
    ctx.write(move |_, tx| {
        tx.take_identity(user)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::AuthInvalid)?;
        tx.apply(rules_of::change_password(&who, hash.clone(), keep))?;
        Ok(Nothing {})
    })
    .await
}

/// Mails a link that sets a new password, if the address is somebody's proved one. The answer is
/// the same either way, and so is what it waits for: one commit, which notes that it was asked.
///
/// # Errors
/// `rate.limited`, `email.invalid`.
pub async fn forgot(ctx: &Ctx, wanted: Forgot) -> Result<Answer<Nothing>, Stop> {
    let email = Email::parse(&wanted.email, "email")?;
    let now_ms = ctx.now.micros() / 1_000;
    ctx.app.limits.mail_requests.take(&address_key(ctx.address), now_ms).map_err(limited)?;
    // Too many letters to one address are dropped in silence: a refusal would tell of the others.
    if ctx.app.limits.mails_to_recipient.take(email.key(), now_ms).is_err() {
        return Ok(Answer::Done(Nothing {}));
    }
    // A preview would tell whether there is a letter to send, and so whether there is an account.
    if ctx.dry_run {
        return Ok(Answer::Preview(Preview::default()));
    }
    ctx.write(move |ctx, tx| {
        let target = ("account", String::new(), email.key().to_owned());
        let note =
            Note { organization: None, kind: "password.reset_asked", target, after: Value::Null, outcome: "success" };
        tx.note(&ctx.author(), &note)?;
        if let Some(who) = identity::reachable(tx, email.key())? {
            let letter = letters::link(ctx, tx, LinkKind::PasswordReset, who.id, &who.email)?;
            tx.apply(letter)?;
        }
        Ok(Nothing {})
    })
    .await
}

fn link_hash(ctx: &Ctx, token: &str, kind: TokenKind) -> Result<[u8; 32], Refusal> {
    match ctx.app.credentials.parse(token) {
        Ok((found, hash)) if found == kind => Ok(hash),
        _ => Err(Code::LinkInvalid.into()),
    }
}

/// Sets a new password by a mailed link; every session of the person ends.
///
/// # Errors
/// `link.invalid`, refused values.
pub async fn reset(ctx: &Ctx, wanted: Reset) -> Result<Answer<Nothing>, Stop> {
    check_new_password(ctx, &wanted.password, "password")?;
    let secret = link_hash(ctx, &wanted.token, TokenKind::Reset)?;
    ctx.read(move |ctx, conn| {
        if ctx.is_repetition(conn)? {
            return Ok(());
        }
        let link = identity::link(conn, &secret, LinkKind::PasswordReset)?.filter(|l| l.expires_at > ctx.now);
        link.map(drop).ok_or_else(|| Code::LinkInvalid.into())
    })
    .await?;
    let hash = ctx.app.passwords.hash(Secret::new(wanted.password)).await.map_err(password_stop)?;
    ctx.write(move |ctx, tx| {
        let link = identity::link(tx, &secret, LinkKind::PasswordReset)?
            .filter(|l| l.expires_at > ctx.now)
            .ok_or(Code::LinkInvalid)?;
        let user = link.user.ok_or(Code::LinkInvalid)?;
        tx.take_identity(user)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::LinkInvalid)?;
        tx.apply(vec![Change::LinkUsed { link: link.id }])?;
        tx.apply(rules_of::change_password(&who, hash.clone(), None))?;
        arrivals::proved_by_link(ctx, tx, &who, &link.email)?;
        Ok(Nothing {})
    })
    .await
}

/// Proves an address by a mailed link.
///
/// # Errors
/// `link.invalid`, `email.taken`.
pub async fn verify(ctx: &Ctx, wanted: Verify) -> Result<Answer<Nothing>, Stop> {
    let secret = link_hash(ctx, &wanted.token, TokenKind::Verify)?;
    ctx.write(move |ctx, tx| {
        let link = identity::link(tx, &secret, LinkKind::EmailVerify)?
            .filter(|l| l.expires_at > ctx.now)
            .ok_or(Code::LinkInvalid)?;
        let user = link.user.ok_or(Code::LinkInvalid)?;
        tx.take_identity(user)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::LinkInvalid)?;
        let email = Email::parse(&link.email, "email")?;
        // Whoever opens the link reads that mailbox: they may be told.
        let holder = identity::verified(tx, email.key())?;
        holder.filter(|other| other.id != user).map_or(Ok(()), |_| Err(Code::EmailTaken))?;
        tx.apply(vec![Change::LinkUsed { link: link.id }])?;
        if !email.is_same(&who.email) {
            tenant_people::keep_named(tx, &who)?;
        }
        tx.apply(rules_of::verify_email(&who, email.shown(), ctx.now))?;
        let who = identity::by_id(tx, user)?.ok_or(Code::LinkInvalid)?;
        arrivals::arrive(ctx, tx, &who)?;
        Ok(Nothing {})
    })
    .await
}

/// Mails the link that proves one's present address once more.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `rate.limited`.
pub async fn ask_verification(ctx: &Ctx) -> Result<Answer<Nothing>, Stop> {
    guard_whole(ctx)?;
    let caller = ctx.caller()?.clone();
    ctx.app.limits.mail_requests.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
    ctx.write(move |ctx, tx| {
        let who = identity::by_id(tx, caller.identity.id)?.ok_or(Code::AuthInvalid)?;
        if who.email_verified_at.is_none() {
            let letter = letters::link(ctx, tx, LinkKind::EmailVerify, who.id, &who.email)?;
            tx.apply(letter)?;
        }
        Ok(Nothing {})
    })
    .await
}
