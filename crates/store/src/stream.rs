//! Streams: small marks that belong to no organization's order of changes and take no lock, so
//! that a stranger can never queue a tenant. Sessions beginning, "last seen" stamps, what became
//! of a mail, sign-ins and refusals in the audit trail, sweeping what is over.

use guildhall_domain::ids::{ConnectionId, InvitationId, MailId, MemberId, OrgId, SessionId, TokenId};
use guildhall_domain::invitation::Delivery;
use guildhall_domain::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::read::credential::Session;
use crate::read::scim::ScimRequest;
use crate::tx::{Author, INSTANCE_TRAIL, ONE_EVENT, Tx};

const BEGIN_SESSION: &str = "INSERT INTO sessions (id, identity_id, secret, created_at, seen_at, expires_at, address, agent, method, connection_id, factor_at, proved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const SESSION_SEEN: &str = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
const TOKEN_USED: &str = "UPDATE tokens SET last_used_at = $2 WHERE id = $1";
const DEPLOY_KEY_USED: &str = "UPDATE deploy_keys SET last_used_at = $2 WHERE id = $1";
const SCIM_TOKEN_USED: &str = "UPDATE scim_tokens SET last_used_at = $2 WHERE id = $1";
const SCIM_REQUEST: &str = "INSERT INTO scim_requests (organization_id, id, at, token_name, method, path, status, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const SCIM_PRUNE: &str = "DELETE FROM scim_requests WHERE organization_id = $1 AND id <= (SELECT id FROM scim_requests WHERE organization_id = $1 ORDER BY id DESC LIMIT 1 OFFSET 1000)";
const MEMBER_ACTIVE: &str = "UPDATE memberships SET last_active_at = $3 WHERE organization_id = $1 AND id = $2";
const MAIL_SENT: &str = "UPDATE outbox SET next_at = NULL, sealed = NULL, state = $2, detail = $3, attempts = attempts + 1 WHERE id = $1 AND next_at IS NOT NULL";
const MAIL_AGAIN: &str =
    "UPDATE outbox SET next_at = $2, detail = $3, attempts = attempts + 1 WHERE id = $1 AND next_at IS NOT NULL";
const MAIL_CLAIM: &str = "UPDATE outbox SET next_at = $2 WHERE id = $1 AND next_at <= $3";
const DELIVERY: &str =
    "UPDATE invitations SET delivery = $3, delivery_detail = $4 WHERE organization_id = $1 AND id = $2";
const SWEEP_SESSIONS: &str = "DELETE FROM sessions WHERE expires_at <= $1";
const BEGIN_ATTEMPT: &str =
    "INSERT INTO sso_attempts (state, connection_id, browser, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
const TAKE_ATTEMPT: &str =
    "DELETE FROM sso_attempts WHERE state = $1 RETURNING connection_id, browser, sealed, expires_at";
const SWEEP_ATTEMPTS: &str = "DELETE FROM sso_attempts WHERE expires_at <= $1";
const USE_ASSERTION: &str =
    "INSERT INTO sso_assertions (assertion, expires_at) VALUES ($1, $2) ON CONFLICT (assertion) DO NOTHING";
const SWEEP_ASSERTIONS: &str = "DELETE FROM sso_assertions WHERE expires_at <= $1";
const SESSION_SID: &str = "UPDATE sessions SET provider_sid = $2 WHERE id = $1";
const SWEEP_LINKS: &str = "DELETE FROM links WHERE expires_at <= $1";
const SWEEP_ANSWERS: &str = "DELETE FROM idempotency WHERE created_at <= $1";
const SWEEP_MAIL: &str = "DELETE FROM outbox WHERE next_at IS NULL AND created_at <= $1";
const SWEEP_REMOVALS: &str = "DELETE FROM removals WHERE until <= $1";
const CLAIM: &str = "INSERT INTO idempotency (key, body, sealed, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO UPDATE SET body = excluded.body, sealed = excluded.sealed, created_at = excluded.created_at WHERE idempotency.created_at <= $5";
const REMEMBER: &str = "UPDATE idempotency SET sealed = $2 WHERE key = $1";
const PROBE: &str = "UPDATE instance SET probe = $1 WHERE id = 1";
/// As much as an ordinary write and more: a disk that takes this has room again.
const PROBE_BYTES: usize = 128 * 1024;
const REHASH: &str = "UPDATE identities SET password = $3 WHERE id = $1 AND password = $2";

pub(crate) const STATEMENTS: &[&str] = &[
    BEGIN_SESSION,
    SESSION_SEEN,
    TOKEN_USED,
    DEPLOY_KEY_USED,
    SCIM_TOKEN_USED,
    SCIM_REQUEST,
    SCIM_PRUNE,
    MEMBER_ACTIVE,
    MAIL_SENT,
    MAIL_AGAIN,
    MAIL_CLAIM,
    DELIVERY,
    SWEEP_SESSIONS,
    BEGIN_ATTEMPT,
    TAKE_ATTEMPT,
    SWEEP_ATTEMPTS,
    USE_ASSERTION,
    SWEEP_ASSERTIONS,
    SESSION_SID,
    SWEEP_LINKS,
    SWEEP_REMOVALS,
    SWEEP_ANSWERS,
    SWEEP_MAIL,
    CLAIM,
    REMEMBER,
    PROBE,
    REHASH,
];

/// A mark for a stream's entry in the audit trail.
#[derive(Clone, Debug)]
pub struct Note {
    /// Whose trail; `None` is the installation's.
    pub organization: Option<OrgId>,
    /// Dotted type, such as `session.started`.
    pub kind: &'static str,
    /// What it is about: kind, id, name.
    pub target: (&'static str, String, String),
    /// Facts.
    pub after: Json,
    /// `success`, `denied` or `failure`.
    pub outcome: &'static str,
}

/// A sign-in on its way to a provider and back.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// By which connection.
    pub connection: ConnectionId,
    /// Hash of what the browser that began it holds.
    pub browser: Vec<u8>,
    /// What it needs on its return, unreadable without the instance key.
    pub sealed: Vec<u8>,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// When each member, session and token was last seen; written now and then, in one go.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Sessions.
    pub sessions: Vec<(SessionId, Timestamp)>,
    /// Tokens, deploy keys and tokens of directories.
    pub tokens: Vec<(TokenId, Timestamp)>,
    /// Members.
    pub members: Vec<(OrgId, MemberId, Timestamp)>,
}

impl Tx<'_> {
    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_session(&mut self, session: &Session, secret: &[u8; 32]) -> Result<(), StoreError> {
        self.execute(
            BEGIN_SESSION,
            params![
                session.id,
                session.user,
                *secret,
                session.created_at,
                session.seen_at,
                session.expires_at,
                &session.address,
                &session.agent,
                session.proof.method,
                session.proof.connection,
                session.proof.factor_at,
                session.proof.proved_at
            ],
        )
        .map(drop)
    }

    /// Remembers the provider's own name for a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session_sid(&mut self, session: SessionId, sid: &str) -> Result<(), StoreError> {
        self.execute(SESSION_SID, params![session, sid]).map(drop)
    }

    /// Remembers a sign-in that goes to a provider, under the hash of its state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_attempt(&mut self, state: &[u8; 32], attempt: Attempt) -> Result<(), StoreError> {
        let Attempt { connection, browser, sealed, expires_at } = attempt;
        self.execute(BEGIN_ATTEMPT, params![*state, connection, browser, sealed, expires_at]).map(drop)
    }

    /// Takes the sign-in that comes back with a state; it is never taken again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_attempt(&mut self, state: &[u8; 32]) -> Result<Option<Attempt>, StoreError> {
        self.first(TAKE_ATTEMPT, params![*state], |row| {
            let (connection, browser, sealed, expires_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
            Ok(Attempt { connection, browser, sealed, expires_at })
        })
    }

    /// Uses an assertion, named by a hash, and remembers that; tells whether this is the first time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn use_assertion(&mut self, assertion: &[u8; 32], expires_at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(USE_ASSERTION, params![*assertion, expires_at])? == 1)
    }

    /// Writes a note to the audit trail, at the revision it was seen at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note(&mut self, author: &Author, note: &Note) -> Result<(), StoreError> {
        let trail = note.organization.unwrap_or(INSTANCE_TRAIL);
        let revision = match note.organization {
            Some(id) => crate::read::organization::revision(self, id)?,
            None => self.instance_revision()?,
        };
        let id = self.event_id();
        let (kind, target, name) = &note.target;
        let now = self.now();
        self.execute(
            &ONE_EVENT,
            params![
                trail,
                revision,
                id,
                note.kind,
                &author.kind,
                &author.id,
                &author.name,
                &author.credential,
                *kind,
                target,
                name,
                &Json::Null,
                &note.after,
                note.outcome,
                &author.address,
                &author.request_id,
                now
            ],
        )
        .map(drop)
    }

    /// Writes when things were last seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn seen(&mut self, seen: &Seen) -> Result<(), StoreError> {
        for (id, at) in &seen.sessions {
            self.execute(SESSION_SEEN, params![*id, *at])?;
        }
        for (id, at) in &seen.tokens {
            for mark in [TOKEN_USED, DEPLOY_KEY_USED, SCIM_TOKEN_USED] {
                if self.execute(mark, params![*id, *at])? > 0 {
                    break;
                }
            }
        }
        for (organization, member, at) in &seen.members {
            self.execute(MEMBER_ACTIVE, params![*organization, *member, *at])?;
        }
        Ok(())
    }

    /// Writes what directories asked; of each organization the newest thousand requests are kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn asked_by_directories(&mut self, requests: &[ScimRequest]) -> Result<(), StoreError> {
        for r in requests {
            let (status, token) = (u64::from(r.status), &r.token_name);
            let values = params![r.organization, r.id, r.at, token, &r.method, &r.path, status, &r.outcome];
            self.execute(SCIM_REQUEST, values)?;
        }
        let organizations: std::collections::BTreeSet<OrgId> = requests.iter().map(|r| r.organization).collect();
        organizations.into_iter().try_for_each(|here| self.execute(SCIM_PRUNE, params![here]).map(drop))
    }

    /// Takes a due message for sending until `until`; `false` when another node has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_mail(&mut self, mail: MailId, until: Timestamp) -> Result<bool, StoreError> {
        let now = self.now();
        Ok(self.execute(MAIL_CLAIM, params![mail, until, now])? == 1)
    }

    /// Records that a message was sent or failed for good; its text is erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_done(
        &mut self,
        mail: MailId,
        about: Option<(OrgId, InvitationId)>,
        delivery: Delivery,
        detail: &str,
    ) -> Result<(), StoreError> {
        let waited = self.execute(MAIL_SENT, params![mail, delivery, detail])? == 1;
        self.delivery(about.filter(|_| waited), delivery, detail)
    }

    /// Records that a message is to be tried again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_again(
        &mut self,
        mail: MailId,
        about: Option<(OrgId, InvitationId)>,
        next_at: Timestamp,
        detail: &str,
    ) -> Result<(), StoreError> {
        let waited = self.execute(MAIL_AGAIN, params![mail, next_at, detail])? == 1;
        self.delivery(about.filter(|_| waited), Delivery::Queued, detail)
    }

    fn delivery(
        &mut self,
        about: Option<(OrgId, InvitationId)>,
        delivery: Delivery,
        detail: &str,
    ) -> Result<(), StoreError> {
        match about {
            Some((organization, invitation)) => {
                self.execute(DELIVERY, params![organization, invitation, delivery, detail]).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Takes an idempotency key for this transaction; `false` when an answer made after `since`
    /// is kept under it. Two that bring the same key at once meet here: the second waits until the
    /// first has ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_answer(&mut self, key: &[u8; 32], body: &[u8; 32], since: Timestamp) -> Result<bool, StoreError> {
        let now = self.now();
        Ok(self.execute(CLAIM, params![*key, *body, Vec::<u8>::new(), now, since])? == 1)
    }

    /// Keeps the answer of a claimed idempotency key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remember(&mut self, key: &[u8; 32], sealed: Vec<u8>) -> Result<(), StoreError> {
        self.execute(REMEMBER, params![*key, sealed]).map(drop)
    }

    /// Renews a password hash made with weaker parameters, unless it changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rehash(&mut self, user: guildhall_domain::ids::UserId, old: &str, new: &str) -> Result<(), StoreError> {
        self.execute(REHASH, params![user, old, new]).map(drop)
    }

    /// Deletes what is over: sessions and links that ended, answers and mail records older than
    /// `old`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&mut self, old_answers: Timestamp, old_mail: Timestamp) -> Result<u64, StoreError> {
        let now = self.now();
        let mut gone = self.execute(SWEEP_SESSIONS, params![now])?;
        gone += self.execute(SWEEP_ATTEMPTS, params![now])?;
        gone += self.execute(SWEEP_ASSERTIONS, params![now])?;
        gone += self.execute(SWEEP_LINKS, params![now])?;
        gone += self.sweep_ceremonies()?;
        gone += self.execute(SWEEP_REMOVALS, params![now])?;
        gone += self.execute(SWEEP_ANSWERS, params![old_answers])?;
        Ok(gone + self.execute(SWEEP_MAIL, params![old_mail])?)
    }

    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        self.execute(PROBE, params![vec![0_u8; PROBE_BYTES]]).map(drop)
    }
}
