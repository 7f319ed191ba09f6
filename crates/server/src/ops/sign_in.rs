//! Signing in with address and password, and the code of a second factor where there is one: at once, or in two steps
//! with a half session between, which can do nothing but finish. Passkeys stand in `passkeys`.

use guildhall_domain::factor::{self as rules_of, Factor};
use guildhall_domain::identity::Identity;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::{self, Email};
use guildhall_store::ceremony::{self, Ceremony};
use guildhall_store::read::{factor as factors, identity};
use guildhall_store::stream::Note;
use guildhall_store::{Keep, Stop, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::factors::take_code;
use super::sessions::{Begun, begin, limited, password_stop};
use super::{Answer, Ctx, arrivals, sso};
use crate::security::limits::Whence;
use crate::security::secret::Secret;

/// Most identities that may claim one address without having proved it and still sign in with it.
const CLAIMANTS: u32 = 4;
/// What a half session is kept as.
const HALF: &str = "half";
/// How long the second step may take.
pub const HALF_LIFE_S: i64 = 600;

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

impl From<&Identity> for SignedIn {
    fn from(who: &Identity) -> Self {
        Self { id: who.id.to_string(), email: who.email.clone(), name: who.name.clone() }
    }
}

/// Somebody signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewSession {
    /// Who.
    pub identity: SignedIn,
    /// The session.
    pub session: Begun,
    /// What makes the browser known to the account from now on.
    pub device: String,
}

/// What signing in takes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// A code of the authenticator app, or a backup code, for those who have a second factor.
    #[serde(default)]
    pub otp: Option<String>,
}

/// Where the first of two steps leads.
#[derive(Clone, Debug)]
pub enum FirstStep {
    /// In.
    In(Box<NewSession>),
    /// To the second factor: the value of the half session's cookie.
    Half(String),
}

/// Somebody whose password was right.
#[derive(Clone, Debug)]
struct Known {
    who: Identity,
    account: String,
    stored: String,
    /// The password's hash anew, where it was made with weaker parameters.
    fresh: Option<String>,
}

/// The account that an address names, as limits and cookies know it.
fn account_of(email: &str) -> String {
    Email::parse(email, "email").map_or_else(|_| text::fold(email), |e| e.key().to_owned())
}

/// Signs in with address and password, and a code where the account has a second factor. Neither the answer nor its
/// time tells whether the address has an account; that a code is needed is told only after a right password.
///
/// # Errors
/// `auth.wrong_credentials`, `factor.needed`, `auth.wrong_code`, `auth.unproved`, `rate.limited`, `server.busy`.
pub async fn sign_in(ctx: &Ctx, wanted: SignIn) -> Result<Answer<NewSession>, Stop> {
    let known = by_password(ctx, &wanted.email, wanted.password).await?;
    let otp = wanted.otp.filter(|code| !code.trim().is_empty());
    enter(ctx, known, otp).await
}

/// The first of two steps, in a browser.
///
/// # Errors
/// As [`sign_in`] without a code.
pub async fn first_step(ctx: &Ctx, email: &str, password: String) -> Result<FirstStep, Stop> {
    let known = by_password(ctx, email, password).await?;
    let user = known.who.id;
    match enter(ctx, known, None).await.and_then(Answer::done) {
        Ok(begun) => Ok(FirstStep::In(Box::new(begun))),
        Err(Stop::Refused(refusal)) if refusal.code == Code::FactorNeeded => {
            let minted = ctx.app.credentials.mint_session(ctx.app.entropy.as_ref());
            let half = Ceremony { user: Some(user), sealed: Vec::new() };
            let (hash, until) = (minted.hash, ctx.now.plus_s(HALF_LIFE_S));
            let keep = move |tx: &mut Tx<'_>| Ok(tx.begin_ceremony(&hash, HALF, &half, until)?);
            ctx.app.store.write(ctx.author(), ctx.now, Keep::Commit, keep).await?;
            Ok(FirstStep::Half(minted.secret.expose().clone()))
        }
        Err(stop) => Err(stop),
    }
}

/// Whose half session it is; `None` when it is over.
///
/// # Errors
/// Faults only.
pub async fn half(ctx: &Ctx, cookie: &str) -> Result<Option<Identity>, Stop> {
    let Some(hash) = ctx.app.credentials.session_hash(cookie) else { return Ok(None) };
    ctx.read(move |ctx, conn| {
        let user = ceremony::open(conn, &hash, HALF, ctx.now)?.and_then(|half| half.user);
        Ok(user.map(|user| identity::by_id(conn, user)).transpose()?.flatten())
    })
    .await
}

/// The second of two steps: finishes what the first began.
///
/// # Errors
/// `ceremony.over`, `auth.wrong_code`, `rate.limited`.
pub async fn second_step(ctx: &Ctx, cookie: &str, code: String) -> Result<NewSession, Stop> {
    let hash = ctx.app.credentials.session_hash(cookie).ok_or(Code::CeremonyOver)?;
    let who = half(ctx, cookie).await?.ok_or(Code::CeremonyOver)?;
    guarded(ctx, &who, &account_of(&who.email), move |ctx, tx| {
        let half = tx.take_ceremony(&hash, HALF)?.ok_or(Code::CeremonyOver)?;
        let user = half.user.ok_or(Code::CeremonyOver)?;
        tx.take_identity(user)?.ok_or(Code::CeremonyOver)?;
        let who = identity::by_id(tx, user)?.ok_or(Code::CeremonyOver)?;
        take_code(ctx, tx, who.id, &code)?;
        come_in(ctx, tx, &who, Proof::one(Method::Password, ctx.now).and_factor(ctx.now))
    })
    .await
    .and_then(Answer::done)
}

/// Somebody who proved everything that is asked of them begins a session.
///
/// # Errors
/// [`Stop`].
pub(super) fn come_in(ctx: &Ctx, tx: &mut Tx<'_>, who: &Identity, proof: Proof) -> Result<NewSession, Stop> {
    // A mail domain may have opened since; whoever may come in by it is taken first.
    if arrivals::leads_anywhere(tx, who)? {
        tx.take_identity(who.id)?;
        arrivals::arrive(ctx, tx, who)?;
    }
    let session = begin(ctx, tx, who, proof)?;
    let device = ctx.app.credentials.mint_device(&account_of(&who.email), ctx.app.entropy.as_ref());
    Ok(NewSession { identity: who.into(), session, device })
}

/// Whoever has the address and the password.
async fn by_password(ctx: &Ctx, email: &str, password: String) -> Result<Known, Stop> {
    let account = account_of(email);
    let (now_ms, from) = (ctx.now.micros() / 1_000, ctx.whence(&account));
    ctx.app.limits.may_sign_in(&account, from.clone(), now_ms).map_err(limited)?;
    let key = account.clone();
    let known = ctx.read(move |_, conn| Ok(identity::for_sign_in(conn, &key, CLAIMANTS)?)).await?;
    let password = Secret::new(password);
    let Some((who, stored)) = matching(ctx, known, &password).await? else {
        ctx.app.limits.sign_in_failed(&account, from, now_ms);
        return Err(failed(ctx, &account));
    };
    ctx.app.limits.sign_in_succeeded(&account, from, now_ms);
    arrivals::guard_proved(ctx, &who).await?;
    sso::guard_password(ctx, &who).await?;
    let fresh = match ctx.app.passwords.needs_rehash(&stored) {
        true => Some(ctx.app.passwords.hash(password).await.map_err(password_stop)?),
        false => None,
    };
    Ok(Known { who, account, stored, fresh })
}

async fn enter(ctx: &Ctx, known: Known, otp: Option<String>) -> Result<Answer<NewSession>, Stop> {
    let (who, account) = (known.who.clone(), known.account.clone());
    guarded(ctx, &who, &account, move |ctx, tx| {
        let who = &known.who;
        if let Some(fresh) = &known.fresh {
            tx.rehash(who.id, &known.stored, fresh)?;
        }
        let mut proof = Proof::one(Method::Password, ctx.now);
        let present = factors::of_identity(tx, who.id)?;
        if rules_of::confirmed(&present).next().is_some() {
            let Some(code) = &otp else { return Err(needed(&present).into()) };
            tx.take_identity(who.id)?.ok_or(Code::CredentialsWrong)?;
            take_code(ctx, tx, who.id, code)?;
            proof = proof.and_factor(ctx.now);
        }
        come_in(ctx, tx, who, proof)
    })
    .await
}

/// The password was right; this is what else would do.
fn needed(present: &[Factor]) -> Refusal {
    let mut methods: Vec<&str> = rules_of::confirmed(present).map(|f| f.kind.word()).collect();
    methods.sort_unstable();
    methods.dedup();
    methods.push("backup_code");
    Refusal { extra: Some(("methods", json!(methods))), ..Refusal::of(Code::FactorNeeded) }
}

/// Writes what takes a code: guessing waits longer and longer, and each wrong code stands in the trail.
async fn guarded(
    ctx: &Ctx,
    who: &Identity,
    account: &str,
    work: impl Fn(&Ctx, &mut Tx<'_>) -> Result<NewSession, Stop> + Send + 'static,
) -> Result<Answer<NewSession>, Stop> {
    let (now_ms, key) = (ctx.now.micros() / 1_000, ctx.whence(account).pair(&who.id.to_string()));
    ctx.app.limits.codes.may(&key, now_ms).map_err(limited)?;
    match ctx.write(work).await {
        Err(Stop::Refused(refusal)) if refusal.code == Code::AuthCodeWrong => {
            ctx.app.limits.codes.failed(&key, now_ms);
            noted(ctx, "session.code_refused", ("identity", who.id.to_string(), who.email.clone())).await?;
            Err(refusal.into())
        }
        Ok(done) => {
            ctx.app.limits.codes.succeeded(&key);
            Ok(done)
        }
        Err(stop) => Err(stop),
    }
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

fn failed(ctx: &Ctx, account: &str) -> Stop {
    let target = ("account", String::new(), account.chars().take(254).collect::<String>());
    let after = Value::Object(serde_json::Map::new());
    let note = Note { organization: None, kind: "session.refused", target, after, outcome: "failure" };
    ctx.app.notes.put(ctx.author(), note);
    Code::CredentialsWrong.into()
}

/// Writes down that somebody was refused, in a commit of its own.
pub(super) async fn noted(ctx: &Ctx, kind: &'static str, target: (&'static str, String, String)) -> Result<(), Stop> {
    let author = ctx.author();
    let note =
        Note { organization: None, kind, target, after: Value::Object(serde_json::Map::new()), outcome: "failure" };
    ctx.app.store.write(author.clone(), ctx.now, Keep::Commit, move |tx| Ok(tx.note(&author, &note)?)).await
}

impl Ctx {
    /// Whence somebody tries to get at an account: a browser it knows, or the network address.
    #[must_use]
    pub fn whence(&self, account: &str) -> Whence {
        let known = self.device.as_deref().and_then(|cookie| self.app.credentials.device_of(cookie, account));
        known.map_or_else(|| self.address.into(), Whence::device)
    }
}
