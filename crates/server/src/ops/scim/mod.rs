//! What a directory does by SCIM: recognised by its token, it reads and writes the people and groups it keeps, one
//! transaction a request. Decisions stand in `domain`; the language of SCIM stands in [`crate::scim`].

pub mod bulk;
pub mod groups;
pub mod listing;
pub mod people;
pub mod resources;
mod rows;
pub mod shapes;

use std::collections::BTreeSet;
use std::sync::Arc;

use guildhall_domain::access::Permit;
use guildhall_domain::ids::{EventId, MemberId};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::provisioning::{self, ScimToken};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::read::scim::{self, ScimRequest};
use guildhall_store::read::{member as members, organization};
use guildhall_store::{Author, Conn, Keep, Stop, StoreError, Tx};

use super::sessions::limited;
use super::{Ctx, seats};
use crate::scim::ScimError;
use crate::security::limits::address_key;
use crate::security::token::TokenKind;

/// Longest path and outcome that the log keeps, in characters.
const LOGGED_CHARS: usize = 300;

/// Why a request of a directory ends without its answer.
#[derive(Clone, Debug)]
pub enum Halt {
    /// Refused in SCIM's words.
    Scim(ScimError),
    /// Refused in ours, or failed.
    Stop(Stop),
}

impl<T: Into<Stop>> From<T> for Halt {
    fn from(stop: T) -> Self {
        Self::Stop(stop.into())
    }
}

impl From<ScimError> for Halt {
    fn from(error: ScimError) -> Self {
        Self::Scim(error)
    }
}

/// A refusal is an answer like any other; only a failure ends the transaction as one.
fn settle<T>(outcome: Result<T, Halt>) -> Result<Result<T, ScimError>, Stop> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Halt::Scim(error)) => Ok(Err(error)),
        Err(Halt::Stop(Stop::Refused(refusal))) => Ok(Err(refusal.into())),
        Err(Halt::Stop(stop)) => Err(stop),
    }
}

/// A directory that has shown its token.
#[derive(Clone, Debug)]
pub struct Directory {
    ctx: Ctx,
    token: ScimToken,
    /// The address everything of the organization's is below, `https://host/scim/v2/acme`.
    pub base: Arc<str>,
}

/// The organization a directory works in.
#[derive(Debug)]
pub struct Site {
    /// The organization.
    pub organization: Organization,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// Leave to keep people and groups.
    pub permit: Permit,
    /// See [`Directory::base`].
    pub base: Arc<str>,
}

/// What was written, and what it came to in the words of the trail.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// The answer.
    pub value: T,
    /// `member.joined, group.member_added ×3`; empty when nothing changed.
    pub did: String,
}

impl Directory {
    /// Recognises the token. Another organization's is told that there is nothing here.
    ///
    /// # Errors
    /// `auth.required`, `auth.invalid`, `token.malformed`, `not_found`, `scim.not_offered`, `rate.limited`.
    pub async fn recognise(ctx: Ctx, name: &str, bearer: Option<&str>) -> Result<Self, Stop> {
        let app = Arc::clone(&ctx.app);
        let text = bearer.ok_or(Code::AuthRequired)?;
        let parsed = app.credentials.parse(text);
        let (kind, hash) = parsed.map_err(|typo| Refusal::because(Code::TokenMalformed, typo.to_string()))?;
        if kind != TokenKind::Scim {
            return Err(Refusal::because(Code::AuthInvalid, "that kind of token does not open SCIM").into());
        }
        let token = app.store.glance(move |conn| Ok(scim::token_by_secret(conn, &hash)?)).await?;
        let Some(token) = token else {
            app.limits.bad_tokens.take(&address_key(ctx.address), ctx.now.micros() / 1_000).map_err(limited)?;
            return Err(Code::AuthInvalid.into());
        };
        let (name, here) = (name.to_owned(), token.organization);
        let found = app.store.glance(move |conn| Ok(organization::find(conn, &name)?)).await?;
        let found = found.filter(|o| o.id == here).ok_or(Code::NotFound)?;
        let base = Arc::from(format!("{}/scim/v2/{}", app.public_url, found.slug));
        let directory = Self { ctx, token, base };
        directory.app().mark_token(directory.token.id);
        Ok(directory)
    }

    fn app(&self) -> &Arc<crate::app::App> {
        &self.ctx.app
    }

    /// The organization as it is now, if the token still opens it.
    fn site(&self, conn: &mut Conn<'_>) -> Result<Site, Stop> {
        let here = self.token.organization;
        let token = scim::token_by_id(conn, here, self.token.id)?;
        let token = token.filter(|token| token.issued_at == self.token.issued_at).ok_or(Code::AuthInvalid)?;
        let organization = organization::by_id(conn, here)?.ok_or(Code::NotFound)?;
        let rules = self.app().rules(conn, &organization)?;
        let permit = provisioning::permit(&token, &rules, organization.valid_from)?;
        Ok(Site { organization, rules, permit, base: Arc::clone(&self.base) })
    }

    /// Reads.
    ///
    /// # Errors
    /// What the work returns.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Site, &mut Conn<'_>) -> Result<T, Halt> + Send + 'static,
    ) -> Result<T, Halt> {
        let mine = self.clone();
        Ok(self
            .app()
            .store
            .read(move |conn| settle(mine.site(conn).map_err(Halt::from).and_then(|site| work(&site, conn))))
            .await??)
    }

    /// Writes: one transaction that leaves no trace when nothing is to be changed. `about` names the people it is
    /// about, who are taken before the organization.
    ///
    /// INVARIANT: the work decides everything before it applies anything, so that what is refused has changed nothing.
    ///
    /// # Errors
    /// What the work returns.
    pub async fn write<T: Send + 'static>(
        &self,
        about: Vec<MemberId>,
        work: impl Fn(&Site, &mut Tx<'_>) -> Result<T, Halt> + Send + 'static,
    ) -> Result<Written<T>, Halt> {
        let mine = self.clone();
        let run = move |tx: &mut Tx<'_>| {
            let here = mine.token.organization;
            let found = members::some(tx, here, &about)?;
            let people: BTreeSet<_> = found.iter().filter_map(|member| member.user).collect();
            for user in people {
                tx.take_identity(user)?;
            }
            tx.take_organization(here)?.ok_or(Code::NotFound)?;
            let outcome = mine.site(tx).map_err(Halt::from).and_then(|site| work(&site, tx));
            let value = match settle(outcome)? {
                Ok(value) => value,
                Err(error) => return Ok(Err(error)),
            };
            seats::watch(&mine.ctx, tx)?;
            Ok(Ok(Written { value, did: told(tx) }))
        };
        let written = self.app().store.write(self.author(), self.ctx.now, Keep::Changes, run).await??;
        if !written.did.is_empty() {
            self.app().mail_waits.notify_one();
        }
        Ok(written)
    }

    fn author(&self) -> Author {
        Author {
            kind: "scim_token".to_owned(),
            id: self.token.id.to_string(),
            name: self.token.name.clone(),
            credential: self.token.id.to_string(),
            address: self.ctx.address.to_string(),
            request_id: self.ctx.request_id.clone(),
        }
    }

    /// Keeps in mind what was asked and what came of it, for the provisioning page.
    pub fn log(&self, method: &str, path: &str, status: u16, outcome: &str) {
        let cut = |text: &str| text.chars().take(LOGGED_CHARS).collect();
        self.app().mark_asked(ScimRequest {
            organization: self.token.organization,
            id: EventId::new(self.app().fresh()),
            at: self.ctx.now,
            token_name: self.token.name.clone(),
            method: method.to_owned(),
            path: cut(path),
            status,
            outcome: cut(outcome),
        });
    }
}

/// What a transaction did, in the words of the trail.
fn told(tx: &Tx<'_>) -> String {
    let shown =
        tx.kinds().iter().map(|(kind, many)| if *many == 1 { (*kind).to_owned() } else { format!("{kind} ×{many}") });
    shown.collect::<Vec<_>>().join(", ")
}

/// A stored record that its own reader does not take.
fn corrupt(error: &ScimError) -> Halt {
    Halt::from(StoreError::Corrupt(format!("what a directory said: {}", error.detail)))
}
