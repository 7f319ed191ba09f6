//! Sign-ins under way: what is kept of one while somebody is at the provider, and taking it up again. Decides nothing
//! about people.

use guildhall_domain::ids::UserId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::sso::{Connection, Kind};
use guildhall_store::read::sso as connections;
use guildhall_store::stream::Attempt;
use guildhall_store::{Keep, Stop, Tx};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Ctx;
use crate::security::secret::random_bytes;
use crate::security::token::same;

/// What is kept for a while under a state.
pub(super) trait Held: Serialize + DeserializeOwned {
    /// What it is sealed for: one is never taken for another.
    const PURPOSE: &'static str;
    /// How long somebody has to come back.
    const FOR_S: i64;
}

/// What is kept while somebody is at the provider.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Comes back in what the provider signs; of a request by SAML its id.
    pub(super) nonce: String,
    /// Proves to an OpenID provider that whoever began exchanges.
    pub(super) verifier: String,
    /// The page to end at.
    pub(super) next: Option<String>,
    /// Who was signed in.
    pub(super) user: Option<UserId>,
}

impl Held for Kept {
    const PURPOSE: &'static str = "sso-attempt";
    const FOR_S: i64 = 600;
}

/// A secret that nobody guesses, for one use.
pub(super) fn fresh(ctx: &Ctx) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<32>(ctx.app.entropy.as_ref()))
}

pub(super) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// What is written down of a sign-in, and under which key.
pub(super) fn sealed<T: Held>(
    ctx: &Ctx,
    connection: &Connection,
    state: &str,
    browser: Vec<u8>,
    kept: &T,
) -> ([u8; 32], Attempt) {
    let key = hash(state);
    let text = serde_json::to_vec(kept).unwrap_or_default();
    let sealed = ctx.app.key.seal(T::PURPOSE, &key, &text, ctx.app.entropy.as_ref());
    (key, Attempt { connection: connection.id, browser, sealed, expires_at: ctx.now.plus_s(T::FOR_S) })
}

/// Keeps a sign-in under the hash of its state, for the browser that has this hash.
pub(super) async fn begin<T: Held>(
    ctx: &Ctx,
    connection: &Connection,
    state: &str,
    browser: Vec<u8>,
    kept: &T,
) -> Result<(), Stop> {
    let (key, attempt) = sealed(ctx, connection, state, browser, kept);
    let noted = move |tx: &mut Tx<'_>| Ok(tx.begin_attempt(&key, attempt.clone())?);
    ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, noted).await
}

/// Takes up a sign-in: its connection with the sealed secret, the hash of its browser, and what was kept. `browser` is
/// what this one says to be; `None` where no browser can say it yet.
/// INVARIANT: a state is taken from the store before it is looked at, so it serves once whatever becomes of it.
///
/// # Errors
/// `sso.state`.
pub(super) async fn take_up<T: Held>(
    ctx: &Ctx,
    state: Option<&str>,
    browser: Option<Option<&str>>,
    kind: Kind,
) -> Result<(Connection, Option<Vec<u8>>, Vec<u8>, T), Stop> {
    let key = hash(state.ok_or(Code::SsoState)?);
    let taking = move |tx: &mut Tx<'_>| match tx.take_attempt(&key)? {
        Some(attempt) => Ok(connections::by_id(tx, attempt.connection)?.map(|found| (attempt, found))),
        None => Ok(None),
    };
    let found = ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, taking).await?;
    let (attempt, (connection, secret)) = found.ok_or(Code::SsoState)?;
    let known = |text: Option<&str>| text.is_some_and(|text| same(&hash(text), &attempt.browser));
    if !browser.is_none_or(known) || attempt.expires_at <= ctx.now || !connection.enabled || connection.kind() != kind {
        return Err(Code::SsoState.into());
    }
    let open = ctx.app.key.open(T::PURPOSE, &key, &attempt.sealed).map_err(|_| Refusal::of(Code::SsoState))?;
    let kept: T = serde_json::from_slice(open.expose()).map_err(|_| Refusal::of(Code::SsoState))?;
    Ok((connection, secret, attempt.browser, kept))
}
