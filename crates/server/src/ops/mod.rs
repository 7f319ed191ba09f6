//! The use cases. Each loads facts, asks `domain` for a decision, and has the store commit it.
//! INVARIANT: no rule about who may do what stands here; only the order of questions does.

pub mod accept;
pub mod access;
pub mod account;
pub mod approvals;
pub mod arrivals;
pub mod audit;
pub mod authzen;
pub mod authzen_shapes;
pub mod caller;
pub mod captured;
pub mod carrying;
pub mod check;
pub mod declining;
pub mod departures;
pub mod deploy_keys;
pub mod direct;
pub mod domains;
pub mod factors;
pub mod farewell;
pub mod forward_auth;
pub mod grant_shapes;
pub mod grants;
pub mod group_deletion;
pub mod group_sight;
pub mod groups;
pub mod identities;
pub mod import;
pub mod import_lines;
pub mod import_shapes;
pub mod instance;
pub mod introspect;
pub mod invitations;
pub mod invite_links;
pub mod inviting;
pub mod joining;
pub mod letters;
pub mod limits;
pub mod link_joining;
pub mod links;
mod lock_out;
pub mod me;
pub mod member_role;
pub mod members;
pub mod offers;
pub mod organizations;
pub mod passkeys;
pub mod people;
pub mod place;
pub mod presets;
pub mod preview;
pub mod recovery;
pub mod removal_plan;
pub mod replay;
pub mod resource_keeping;
pub mod resource_shapes;
pub mod resources;
pub mod roles;
pub mod roster;
pub mod saml;
mod saml_shapes;
pub mod scim;
pub mod scim_tokens;
pub mod seats;
pub mod service_accounts;
pub mod service_tokens;
pub mod sessions;
pub mod setup;
pub mod share_links;
pub mod shared;
pub mod sign_in;
pub mod sso;
mod sso_attempts;
pub mod sso_connections;
pub mod sso_entering;
pub mod sso_logout;
mod sso_shapes;
pub mod stepping_up;
pub mod stranded;
pub mod tenant_people;
pub mod tenant_resources;
pub mod tenants;
pub mod token_shapes;
pub mod tokens;
pub mod usage;
pub mod view;

use std::net::IpAddr;
use std::sync::Arc;

use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::{Author, Conn, Keep, Stop, StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub use caller::{Caller, Credential};
pub use place::Place;

use crate::app::App;

/// A key that makes repeating a request harmless, bound to caller and route, and the hash of the
/// body it came with.
#[derive(Clone, Copy, Debug)]
pub struct Idempotency {
    /// Hash of key and route; of the credential too once that was recognised.
    pub key: [u8; 32],
    /// Hash of the body.
    pub body: [u8; 32],
}

impl Idempotency {
    /// The same, of one caller only. A credential that is not valid any more recognises nobody, and
    /// so finds none of the answers it once got.
    #[must_use]
    pub fn of(self, caller: Option<&Caller>) -> Self {
        let credential = match caller.map(|c| &c.credential) {
            Some(Credential::Session(session)) => session.id.to_string(),
            Some(Credential::Token(token)) => token.id.to_string(),
            None => String::new(),
        };
        Self { key: Sha256::new().chain_update(self.key).chain_update(credential).finalize().into(), ..self }
    }
}

/// One request, without its body.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The program.
    pub app: Arc<App>,
    /// Who asks; `None` is anybody.
    pub caller: Option<Arc<Caller>>,
    /// When the session in use was seen before this request, which has marked it by now.
    pub seen_at: Timestamp,
    /// Hash of the share link that came as credential; it only answers for itself.
    pub link: Option<[u8; 32]>,
    /// The cookie of a browser that signed in before; see [`Ctx::whence`].
    pub device: Option<String>,
    /// Where from.
    pub address: IpAddr,
    /// The browser's name for itself.
    pub agent: String,
    /// The request's id.
    pub request_id: String,
    /// When.
    pub now: Timestamp,
    /// Only say what would happen.
    pub dry_run: bool,
    /// The revision the caller has seen.
    pub if_match: Option<u64>,
    /// Set when the request may be a repetition.
    pub idempotency: Option<Idempotency>,
}

/// What a write answers.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// It is done.
    Done(T),
    /// It would do this.
    Preview(view::Preview),
}

impl<T> Answer<T> {
    /// What was done, for callers that never ask for a preview.
    ///
    /// # Errors
    /// A fault when it was only a preview.
    pub fn done(self) -> Result<T, Stop> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Preview(_) => Err(StoreError::Bug("a preview came where nothing asked for one".to_owned()).into()),
        }
    }
}

impl Ctx {
    /// What the operator does at the command line, outside any request.
    #[must_use]
    pub fn of_operator(app: &Arc<App>, command: &str) -> Self {
        Self {
            app: Arc::clone(app),
            caller: None,
            seen_at: Timestamp::default(),
            link: None,
            device: None,
            address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            agent: command.to_owned(),
            request_id: app.fresh().simple().to_string(),
            now: app.now(),
            dry_run: false,
            if_match: None,
            idempotency: None,
        }
    }

    /// Who asks.
    ///
    /// # Errors
    /// `auth.required`.
    pub fn caller(&self) -> Result<&Caller, Refusal> {
        self.caller.as_deref().ok_or_else(|| Code::AuthRequired.into())
    }

    /// How the audit trail names whoever asks.
    #[must_use]
    pub fn author(&self) -> Author {
        let (address, request_id) = (self.address.to_string(), self.request_id.clone());
        match &self.caller {
            Some(caller) => Author { address, request_id, ..caller.author() },
            None => Author { kind: "anonymous".to_owned(), address, request_id, ..Author::default() },
        }
    }

    /// Refuses when the caller has seen an older revision than `present`.
    ///
    /// # Errors
    /// `etag.stale`.
    pub fn guard_seen(&self, present: u64) -> Result<(), Refusal> {
        match self.if_match {
            Some(seen) if seen != present => Err(Code::StaleEtag.into()),
            _ => Ok(()),
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// What the work returns.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &mut Conn<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> impl Future<Output = Result<T, Stop>> + Send {
        let ctx = self.clone();
        self.app.store.read(move |conn| work(&ctx, conn))
    }

    /// Reads a few rows by their keys, see [`guildhall_store::Store::glance`].
    ///
    /// # Errors
    /// What the work returns.
    pub fn glance<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &mut Conn<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> impl Future<Output = Result<T, Stop>> + Send {
        let ctx = self.clone();
        self.app.store.glance(move |conn| work(&ctx, conn))
    }

    /// Writes: one transaction, with its audit records, its mail and, when the caller gave an
    /// idempotency key, its answer. The work may run again, so it must only read and apply.
    ///
    /// # Errors
    /// What the work returns, `idempotency.mismatch`.
    pub async fn write<T>(
        &self,
        work: impl Fn(&Self, &mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Answer<T>, Stop>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let ctx = self.clone();
        let keep = if self.dry_run { Keep::Discard } else { Keep::Commit };
        let answer = self
            .app
            .store
            .write(self.author(), self.now, keep, move |tx| {
                if let Some(earlier) = ctx.earlier_answer(tx)? {
                    return Ok(Answer::Done(earlier));
                }
                let value = work(&ctx, tx)?;
                seats::watch(&ctx, tx)?;
                if ctx.dry_run {
                    return Ok(Answer::Preview(preview::of(&ctx, tx)?));
                }
                ctx.keep_answer(tx, &value)?;
                Ok(Answer::Done(value))
            })
            .await?;
        self.app.mail_waits.notify_one();
        Ok(answer)
    }
}

/// How long a kept answer is good for.
pub const DAY_S: i64 = 86_400;

/// Reads an id of the path; what does not parse cannot exist.
///
/// # Errors
/// `not_found`.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Code::NotFound.into())
}
