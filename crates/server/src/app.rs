//! What every request shares: the store, the keys, the clock, the limits. Holds no rules.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use guildhall_domain::ids::{MemberId, OrgId, SessionId, TokenId};
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::{ORGANIZATION, Preset, Rules};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::role::CustomRole;
use guildhall_domain::tenant::Tenant;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::scim::ScimRequest;
use guildhall_store::read::{group, role, tenant};
use guildhall_store::stream::Seen;
use guildhall_store::{Author, Conn, Follower, IdSource, Keep, Stop, Store, StoreError, Tx};
use tokio::sync::Notify;
use uuid::Uuid;
use webauthn_rs::prelude::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::config::{Allowed, Config, Cookies};
use crate::mail::MailTransport;
use crate::memory::Memory;
use crate::notes::Notes;
use crate::provider::Providers;
use crate::security::key::InstanceKey;
use crate::security::limits::Limits;
use crate::security::outbound::Outbound;
use crate::security::password::PasswordHasher;
use crate::security::secret::{Entropy, random_bytes};
use crate::security::token::CredentialKeys;

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// This moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_micros());
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// Ids from entropy: UUID version 7 with a counter (RFC 9562, 5.7 and 6.2, method 1), so that what
/// one write makes within one millisecond keeps the order in which it was made.
#[derive(Debug)]
pub struct FreshIds(pub Arc<dyn Entropy>);

/// Shared by all sources of the process: order matters, where it begins does not.
static MADE: AtomicU32 = AtomicU32::new(0);

impl IdSource for FreshIds {
    fn fresh(&self, at: Timestamp) -> Uuid {
        let count = MADE.fetch_add(1, Ordering::Relaxed);
        let mut bytes: [u8; 10] = random_bytes(self.0.as_ref());
        // The version takes the upper half of the first byte, the variant two bits of the third.
        let parts = [(count >> 22) & 0x0f, (count >> 14) & 0xff, (count >> 8) & 0x3f, count & 0xff];
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = u8::try_from(part).unwrap_or_default();
        }
        uuid::Builder::from_unix_timestamp_millis(at.millis(), &bytes).into_uuid()
    }
}

/// The running program.
pub struct App {
    /// Settings.
    pub config: Config,
    /// The address people use, without a slash at its end.
    pub public_url: String,
    /// The names of the cookies that every request is searched for.
    pub cookies: Cookies,
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Seals what must not be read from the database.
    pub key: InstanceKey,
    /// Makes and recognises credentials.
    pub credentials: CredentialKeys,
    /// Hashes passwords.
    pub passwords: PasswordHasher,
    /// How often is too often.
    pub limits: Limits,
    /// Identity providers.
    pub providers: Providers,
    /// Where mail goes.
    pub mail: MailTransport,
    /// Wakes the mail job.
    pub mail_waits: Notify,
    /// What waits to be noted in the audit trail.
    pub notes: Notes,
    /// Set when the program begins to stop: `readyz` says no.
    pub stopping: AtomicBool,
    webauthn: Option<Webauthn>,
    presets: RwLock<HashMap<String, Arc<Preset>>>,
    rules: RwLock<HashMap<Uuid, KeptRules>>,
    memory: Arc<Memory>,
    seen: Mutex<Marks>,
}

/// Most requests of directories that wait for the log.
const ASKED_MOST: usize = 10_000;

/// When things were last seen, until the sweep writes it. One entry a thing, however busy it is.
#[derive(Debug, Default)]
pub struct Marks {
    sessions: HashMap<SessionId, Timestamp>,
    tokens: HashMap<TokenId, Timestamp>,
    members: HashMap<(OrgId, MemberId), Timestamp>,
    /// What directories asked, the oldest first.
    asked: VecDeque<ScimRequest>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// What an [`App`] is made from.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// The address people use.
    pub public_url: String,
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The instance key.
    pub key: InstanceKey,
    /// Where mail goes.
    pub mail: MailTransport,
}

/// Passkeys belong to a name. A machine that is reached by its own loopback number is reached as `localhost` too,
/// where browsers take them.
fn relying_party(public_url: &str) -> Option<Webauthn> {
    let mut origin = Url::parse(public_url).ok()?;
    let own = origin.host_str()?.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if own {
        origin.set_host(Some("localhost")).ok()?;
    }
    let name = origin.domain()?.to_owned();
    WebauthnBuilder::new(&name, &origin).and_then(|builder| builder.rp_name("Guildhall").build()).ok()
}

/// Rules, and the revisions of the organization and of the tenant above that they were read at.
type KeptRules = ((u64, u64), Arc<Rules>);

/// The tenant above an organization.
fn above(conn: &mut Conn<'_>, organization: &Organization) -> Result<Option<Tenant>, StoreError> {
    Ok(organization.tenant.map(|id| tenant::by_id(conn, id)).transpose()?.flatten())
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the password threads cannot be started, or TLS not be set up.
    pub fn new(parts: Parts) -> std::io::Result<Arc<Self>> {
        let passwords = PasswordHasher::new(
            parts.config.password_params(),
            parts.config.password_capacity(),
            Arc::clone(&parts.entropy),
        )?;
        let sso = &parts.config.sso;
        let timeout = std::time::Duration::from_secs(sso.timeout_s);
        let outbound = Outbound::new(sso.private_addresses == Allowed::Yes, timeout)?;
        let seed = u64::from_le_bytes(random_bytes(parts.entropy.as_ref()));
        let kept = &parts.config.memory;
        let memory = Arc::new(Memory::new(kept.people, kept.rights_mib << 20, kept.directories_mib << 20, seed));
        parts.store.follow(Arc::clone(&memory) as Arc<dyn Follower>);
        Ok(Arc::new(Self {
            providers: Providers::new(outbound, i64::from(sso.clock_skew_s)),
            credentials: CredentialKeys::new(&parts.key),
            limits: Limits::new(parts.config.limit_rates()),
            passwords,
            webauthn: relying_party(&parts.public_url),
            cookies: parts.config.cookies(),
            config: parts.config,
            public_url: parts.public_url,
            store: parts.store,
            clock: parts.clock,
            entropy: parts.entropy,
            key: parts.key,
            mail: parts.mail,
            mail_waits: Notify::new(),
            notes: Notes::default(),
            stopping: AtomicBool::new(false),
            presets: RwLock::new(HashMap::new()),
            rules: RwLock::new(HashMap::new()),
            memory,
            seen: Mutex::new(Marks::default()),
        }))
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is kept in memory, while it may be answered from: nobody else writes to the database, and
    /// the end of every commit is known.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        (self.store.is_alone() && self.memory.is_sure()).then_some(&*self.memory)
    }

    /// A number that callers do not know: what they name cannot be chosen to meet in a table.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.memory.seed
    }

    /// What passkeys are made for and verified with.
    ///
    /// # Errors
    /// `passkey.unavailable` where the installation is reached by a number.
    pub fn webauthn(&self) -> Result<&Webauthn, Refusal> {
        self.webauthn.as_ref().ok_or_else(|| Code::PasskeyUnavailable.into())
    }

    /// What authenticator apps show codes under.
    #[must_use]
    pub fn issuer(&self) -> String {
        let host = Url::parse(&self.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        format!("Guildhall {}", host.unwrap_or_default()).trim().to_owned()
    }

    /// A fresh id's bits.
    #[must_use]
    pub fn fresh(&self) -> Uuid {
        self.store.ids().fresh(self.now())
    }

    /// Whether the program is on its way out.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The rules of an organization: its copy of the preset, its changed knobs and its own roles. Kept until the
    /// organization's own revision moves, or that of the tenant above.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the stored preset does not parse.
    pub fn rules(&self, conn: &mut Conn<'_>, organization: &Organization) -> Result<Arc<Rules>, StoreError> {
        let above = above(conn, organization)?;
        let seen = (organization.revision, above.as_ref().map_or(0, |tenant| tenant.revision));
        let id = organization.id.uuid();
        if let Some((revision, rules)) = self.rules.read().unwrap_or_else(PoisonError::into_inner).get(&id)
            && *revision == seen
        {
            return Ok(Arc::clone(rules));
        }
        let rules = self.rules_uncached(conn, organization)?;
        let mut known = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= 10_000 {
            known.clear();
        }
        known.insert(id, (seen, Arc::clone(&rules)));
        Ok(rules)
    }

    /// The same, for an organization as an open transaction sees it: nothing of it is kept, since
    /// the transaction may yet be undone.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn rules_uncached(&self, conn: &mut Conn<'_>, organization: &Organization) -> Result<Arc<Rules>, StoreError> {
        let rules = self.rules_of(organization, role::of_organization(conn, organization.id)?)?;
        let giving = group::giving(conn, organization.id)?;
        let above = above(conn, organization)?;
        if giving.is_empty() && above.is_none() {
            return Ok(rules);
        }
        let rules = (*rules).clone().and_groups(&giving);
        Ok(Arc::new(match above {
            Some(tenant) => rules.under(&tenant.settings),
            None => rules,
        }))
    }

    /// The rules of an organization with these roles of its own, without what its groups give.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn rules_of(&self, organization: &Organization, own: Vec<CustomRole>) -> Result<Arc<Rules>, StoreError> {
        let preset = self.preset(organization)?;
        let slugs = own.iter().filter(|role| role.applies_to == ORGANIZATION).map(|role| role.slug.as_str());
        let policy = preset.policy_beside(&organization.policy, &slugs.collect::<Vec<_>>()).map_err(|errors| {
            StoreError::Corrupt(format!(
                "the policy of {} does not fit its preset: {}",
                organization.id,
                errors.first().map_or_else(String::new, ToString::to_string)
            ))
        })?;
        Ok(Arc::new(Rules::with_own(preset, policy, own)))
    }

    fn preset(&self, organization: &Organization) -> Result<Arc<Preset>, StoreError> {
        if let Some(known) = self.presets.read().unwrap_or_else(PoisonError::into_inner).get(&organization.preset_text)
        {
            return Ok(Arc::clone(known));
        }
        let parsed =
            Preset::parse(&format!("{}.toml", organization.preset), &organization.preset_text).map_err(|errors| {
                StoreError::Corrupt(format!(
                    "the preset of {}: {}",
                    organization.id,
                    errors.first().map_or_else(String::new, ToString::to_string)
                ))
            })?;
        let preset = Arc::new(parsed);
        let mut known = self.presets.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= 1_000 {
            known.clear();
        }
        known.insert(organization.preset_text.clone(), Arc::clone(&preset));
        Ok(preset)
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a session as seen now.
    pub fn mark_session(&self, session: SessionId) {
        let now = self.now();
        self.marks().sessions.insert(session, now);
    }

    /// Marks a token as used now.
    pub fn mark_token(&self, token: TokenId) {
        let now = self.now();
        self.marks().tokens.insert(token, now);
    }

    /// Marks a member as active now.
    pub fn mark_member(&self, organization: OrgId, member: MemberId) {
        let now = self.now();
        self.marks().members.insert((organization, member), now);
    }

    /// Keeps in mind what a directory asked, until the log is written. Of more than the log takes, the oldest is lost.
    pub fn mark_asked(&self, request: ScimRequest) {
        let asked = &mut self.marks().asked;
        if asked.len() >= ASKED_MOST {
            asked.pop_front();
        }
        asked.push_back(request);
    }

    /// When a session was last seen, as far as this process knows and has not written.
    #[must_use]
    pub fn session_seen(&self, session: SessionId) -> Option<Timestamp> {
        self.marks().sessions.get(&session).copied()
    }

    /// Writes the marks that wait.
    ///
    /// # Errors
    /// [`Stop`]; the marks are lost then, which only makes "last seen" older.
    pub async fn write_marks(&self) -> Result<(), Stop> {
        let Marks { sessions, tokens, members, asked } = std::mem::take(&mut *self.marks());
        if sessions.is_empty() && tokens.is_empty() && members.is_empty() && asked.is_empty() {
            return Ok(());
        }
        let seen = Seen {
            sessions: sessions.into_iter().collect(),
            tokens: tokens.into_iter().collect(),
            members: members.into_iter().map(|((organization, member), at)| (organization, member, at)).collect(),
        };
        let asked = Vec::from(asked);
        let work = move |tx: &mut Tx<'_>| {
            tx.seen(&seen)?;
            Ok(tx.asked_by_directories(&asked)?)
        };
        self.store.write(Author::default(), self.now(), Keep::Commit, work).await
    }
}
