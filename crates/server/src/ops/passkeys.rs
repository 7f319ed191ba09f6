//! Passkeys: registered, and used to sign in or to prove oneself once more. The questions to a device and its answers
//! are `WebAuthn`'s; each question is asked once, lasts minutes, and is kept sealed until it is answered.

use guildhall_domain::change::Change;
use guildhall_domain::factor::{self as rules_of, Factor, FactorChange, FactorKind};
use guildhall_domain::ids::{FactorId, UserId};
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_store::ceremony::Ceremony;
use guildhall_store::read::{factor as factors, identity};
use guildhall_store::{Keep, Stop, StoreError, Tx};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    WebauthnError,
};

use super::factors::{FactorAdded, guard_fresh, new_codes, shown_codes};
use super::sessions::limited;
use super::sign_in::{NewSession, come_in, noted};
use super::{Answer, Ctx, arrivals, letters};
use crate::security::limits::address_key;

/// What the two questions are kept as, and sealed for.
const ADD: &str = "passkey.add";
const USE: &str = "passkey.use";
/// What public keys are sealed for: they are no secret, but nobody shall put one in by the database.
const KEYS: &str = "factor.passkey";
/// How long a device may take to answer.
const ANSWER_S: i64 = 300;

/// A question to a device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Question {
    /// Comes back with the answer.
    pub ceremony: String,
    /// For `navigator.credentials`, with bytes in base64url: `publicKey` of `create()` or `get()`.
    pub options: Value,
}

/// A new passkey.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// Of the question.
    pub ceremony: String,
    /// What `navigator.credentials.create()` answered, as `toJSON()` writes it.
    pub credential: Value,
    /// What you call it; `Passkey` when left out.
    #[serde(default)]
    pub name: Option<String>,
}

/// The answer of a passkey.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsePasskey {
    /// Of the question.
    pub ceremony: String,
    /// What `navigator.credentials.get()` answered, as `toJSON()` writes it.
    pub credential: Value,
}

fn broken(error: impl std::fmt::Display) -> Stop {
    StoreError::Bug(format!("a passkey ceremony: {error}")).into()
}

fn invalid(why: impl std::fmt::Display) -> Refusal {
    Refusal::value(Code::PasskeyInvalid, "credential", format!("{}: {why}", Code::PasskeyInvalid.meaning()))
}

/// Keeps a question's other half, and answers with the question.
fn asked(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    kind: &'static str,
    (options, state): (Value, &impl Serialize),
    user: Option<UserId>,
) -> Result<Question, Stop> {
    let minted = ctx.app.credentials.mint_session(ctx.app.entropy.as_ref());
    let state = serde_json::to_vec(state).map_err(broken)?;
    let sealed = ctx.app.key.seal(kind, &minted.hash, &state, ctx.app.entropy.as_ref());
    tx.begin_ceremony(&minted.hash, kind, &Ceremony { user, sealed }, ctx.now.plus_s(ANSWER_S))?;
    Ok(Question { ceremony: minted.secret.expose().clone(), options })
}

/// Takes a question's other half: it is answered once.
fn answered<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    kind: &'static str,
    secret: &str,
) -> Result<(T, Option<UserId>), Stop> {
    let hash = ctx.app.credentials.session_hash(secret).ok_or(Code::CeremonyOver)?;
    let half = tx.take_ceremony(&hash, kind)?.ok_or(Code::CeremonyOver)?;
    let state = ctx.app.key.open(kind, &hash, &half.sealed).map_err(broken)?;
    Ok((serde_json::from_slice(state.expose()).map_err(broken)?, half.user))
}

/// Asks the caller's device for a new passkey: one that can be found without naming anybody, and that verifies its
/// user, so that it is two factors at once.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `passkey.unavailable`.
pub async fn begin_adding(ctx: &Ctx) -> Result<Answer<Question>, Stop> {
    let user = guard_fresh(ctx)?.user;
    let who = ctx.caller()?.identity.clone();
    ctx.write(move |ctx, tx| {
        let present = factors::credentials(tx, user)?;
        let name = if who.name.is_empty() { &who.email } else { &who.name };
        let started = ctx.app.webauthn()?.start_passkey_registration(user.uuid(), &who.email, name, Some(present));
        let (options, state) = started.map_err(broken)?;
        let mut options = serde_json::to_value(options).map_err(broken)?;
        let wanted = json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"});
        if let Some(key) = options.get_mut("publicKey").and_then(Value::as_object_mut) {
            key.insert("authenticatorSelection".to_owned(), wanted);
        }
        asked(ctx, tx, ADD, (options, &state), Some(user))
    })
    .await
}

/// Registers the passkey that the device made. Whoever does so has given a second factor in this session.
///
/// # Errors
/// `auth.required`, `factor.session_required`, `proof.stale`, `ceremony.over`, `passkey.invalid`, `passkey.taken`,
/// `factor.too_many`, refused values.
pub async fn add(ctx: &Ctx, wanted: AddPasskey) -> Result<Answer<FactorAdded>, Stop> {
    let session = guard_fresh(ctx)?;
    let user = session.user;
    let name = text::short_name(wanted.name.as_deref().unwrap_or("Passkey"), "name")?;
    let answer: RegisterPublicKeyCredential = serde_json::from_value(wanted.credential).map_err(invalid)?;
    ctx.write(move |ctx, tx| {
        tx.take_identity(user)?.ok_or(Code::AuthInvalid)?;
        let (state, asked) = answered::<PasskeyRegistration>(ctx, tx, ADD, &wanted.ceremony)?;
        if asked != Some(user) {
            return Err(Code::CeremonyOver.into());
        }
        let passkey = ctx.app.webauthn()?.finish_passkey_registration(&answer, &state).map_err(invalid)?;
        let credential = passkey.cred_id().to_vec();
        if factors::by_credential(tx, &credential)?.is_some() {
            return Err(Code::PasskeyTaken.into());
        }
        let factor = Factor {
            id: FactorId::new(tx.fresh()),
            user,
            kind: FactorKind::Passkey,
            name: name.clone(),
            confirmed_at: Some(ctx.now),
            count: 0,
            created_at: ctx.now,
            last_used_at: None,
        };
        let view = (&factor).into();
        let (codes, hashes) = new_codes(ctx, user);
        let (sealed, present) = (kept(ctx, factor.id, &passkey)?, factors::of_identity(tx, user)?);
        let changes = rules_of::add_passkey(factor, sealed, credential, &present, hashes)?;
        let backup_codes = shown_codes(ctx, &changes, codes);
        tx.apply(changes)?;
        tx.apply(vec![Change::SessionProved { user: session.user, session: session.id, factor: true, at: ctx.now }])?;
        Ok(FactorAdded { factor: view, backup_codes })
    })
    .await
}

fn kept(ctx: &Ctx, id: FactorId, passkey: &Passkey) -> Result<Vec<u8>, Stop> {
    let text = serde_json::to_vec(passkey).map_err(broken)?;
    Ok(ctx.app.key.seal(KEYS, id.uuid().as_bytes(), &text, ctx.app.entropy.as_ref()))
}

/// Asks any device for a passkey of this installation, whosever it is.
///
/// # Errors
/// `passkey.unavailable`.
pub async fn begin_using(ctx: &Ctx) -> Result<Answer<Question>, Stop> {
    let now_ms = ctx.now.micros() / 1_000;
    ctx.app.limits.questions.take(&address_key(ctx.address), now_ms).map_err(limited)?;
    ctx.write(|ctx, tx| {
        let (options, state) = ctx.app.webauthn()?.start_discoverable_authentication().map_err(broken)?;
        let options = serde_json::to_value(options).map_err(broken)?;
        asked(ctx, tx, USE, (options, &state), None)
    })
    .await
}

/// Signs in with a passkey alone.
///
/// # Errors
/// `ceremony.over`, `auth.passkey_refused`, `auth.unproved`, `rate.limited`, refused values.
pub async fn sign_in(ctx: &Ctx, wanted: UsePasskey) -> Result<Answer<NewSession>, Stop> {
    prove(ctx, wanted, |ctx, tx, user| {
        let who = identity::by_id(tx, user)?.ok_or(Code::PasskeyRefused)?;
        arrivals::guard_waiting(tx, &who)?;
        come_in(ctx, tx, &who, Proof::one(Method::Passkey, ctx.now).and_factor(ctx.now))
    })
    .await
}

/// Verifies the answer of a passkey and goes on with whosever it is. A right passkey is never slowed by what others
/// try; wrong answers count by address.
///
/// # Errors
/// `ceremony.over`, `auth.passkey_refused`, `rate.limited`, and those of `work`.
pub(super) async fn prove<T>(
    ctx: &Ctx,
    wanted: UsePasskey,
    work: impl Fn(&Ctx, &mut Tx<'_>, UserId) -> Result<T, Stop> + Send + 'static,
) -> Result<Answer<T>, Stop>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let answer: PublicKeyCredential = serde_json::from_value(wanted.credential).map_err(invalid)?;
    let secret = wanted.ceremony;
    let written = ctx.write(move |ctx, tx| {
        let (state, _) = answered::<DiscoverableAuthentication>(ctx, tx, USE, &secret)?;
        let user = verified(ctx, tx, &answer, state)?;
        work(ctx, tx, user)
    });
    let refusal = match written.await {
        Err(Stop::Refused(refusal)) if refusal.code == Code::PasskeyRefused => refusal,
        other => return other,
    };
    let now_ms = ctx.now.micros() / 1_000;
    let Refusal { extra, .. } = &refusal;
    if let Some(("factor", factor)) = extra {
        copied(ctx, serde_json::from_value(factor.clone()).map_err(broken)?).await?;
    } else {
        noted(ctx, "session.passkey_refused", ("factor", String::new(), String::new())).await?;
    }
    ctx.app.limits.bad_tokens.take(&address_key(ctx.address), now_ms).map_err(limited)?;
    Err(Refusal { extra: None, ..refusal }.into())
}

/// Two devices with one key: whoever looks at the trail must know, and its owner, at a proved address.
async fn copied(ctx: &Ctx, factor: Factor) -> Result<(), Stop> {
    noted(ctx, "factor.counter_regressed", ("factor", factor.id.to_string(), factor.name.clone())).await?;
    // Counted by the passkey, so that nobody uses the address's letters up first.
    let now_ms = ctx.now.micros() / 1_000;
    if ctx.app.limits.mails_to_recipient.take(&factor.id.to_string(), now_ms).is_err() {
        return Ok(());
    }
    let by = ctx.clone();
    let letter = move |tx: &mut Tx<'_>| {
        let owner = identity::by_id(tx, factor.user)?.filter(|who| who.email_verified_at.is_some());
        let letter = owner.map(|who| letters::passkey_copied(&by, tx, &who.email, &factor.name));
        Ok(tx.apply(letter.into_iter().collect())?)
    };
    ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, letter).await?;
    ctx.app.mail_waits.notify_one();
    Ok(())
}

/// Whose passkey answered, with its counter moved on.
fn verified(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    answer: &PublicKeyCredential,
    state: DiscoverableAuthentication,
) -> Result<UserId, Stop> {
    let webauthn = ctx.app.webauthn()?;
    let named = webauthn.identify_discoverable_authentication(answer);
    let (owner, credential) = named.map_err(|_| Code::PasskeyRefused)?;
    // The identity first, so that two answers of one counter queue; then the key as it is.
    tx.take_identity(UserId::new(owner))?.ok_or(Code::PasskeyRefused)?;
    let factor = factors::by_credential(tx, credential)?.filter(|f| f.user.uuid() == owner);
    let factor = factor.ok_or(Code::PasskeyRefused)?;
    let sealed = factors::sealed(tx, factor.id)?.ok_or(Code::PasskeyRefused)?;
    let text = ctx.app.key.open(KEYS, factor.id.uuid().as_bytes(), &sealed).map_err(broken)?;
    let mut passkey: Passkey = serde_json::from_slice(text.expose()).map_err(broken)?;
    let result = match webauthn.finish_discoverable_authentication_v2(answer, state, &passkey) {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            let extra = Some(("factor", json!(factor)));
            return Err(Refusal { extra, ..Refusal::of(Code::PasskeyRefused) }.into());
        }
        Err(_) => return Err(Code::PasskeyRefused.into()),
    };
    if !result.user_verified() {
        return Err(Code::PasskeyRefused.into());
    }
    passkey.update_credential(&result);
    tx.apply(vec![Change::Factor(FactorChange::Used {
        factor: factor.id,
        count: u64::from(result.counter()),
        sealed: Some(kept(ctx, factor.id, &passkey)?),
        at: ctx.now,
    })])?;
    Ok(factor.user)
}
