//! A slow, obvious model of the whole system: vectors, loops and sentences. It says what the
//! program must answer to every request, and is compared with it over random histories.
//!
//! It knows nothing of the program's decisions, masks or tables. From a preset it takes lists of
//! names only. Ids and secrets are texts that begin with `~` and stand for the program's own.

mod answers;
mod arriving;
mod beneath;
mod carrying;
mod coming;
mod departures;
mod deploy_keys;
mod direct;
mod domains;
mod grants;
mod groups;
mod importing;
mod invitations;
mod invite_links;
mod joining;
mod limits;
mod members;
mod organizations;
mod people;
mod presets;
mod previews;
mod programs;
mod questions;
mod recognising;
mod request;
mod resources;
mod roles;
mod rules;
mod sharing;
mod state;
mod tenant_places;
mod tenant_resources;
mod tenants;
mod tokens;
mod trails;

use serde_json::Value;

pub use departures::Removal;
pub use deploy_keys::DeployKey;
pub use domains::Domain;
pub use grants::Grant;
pub use groups::Group;
pub use invite_links::InviteLink;
pub use limits::{Account, Limit, Use};
pub use programs::Program;
pub use request::{Letter, Reply, Request, Who};
pub use resources::Resource;
pub use roles::OwnRole;
pub use rules::{Reach, Rulebook};
pub use sharing::Share;
pub use state::{Invitation, Link, Member, Organization, Person, Session, Token};
pub use tenant_resources::{KeptHere, TenantResource};
pub use tenants::{Tenant, TenantPerson};
pub use trails::Act;

/// Seconds since the history began.
pub type Seconds = i64;

/// Why an operation ends early.
#[derive(Clone, Debug)]
enum Out {
    No(u16, &'static str),
    Earlier(Box<Reply>),
}

type Outcome<T = (u16, Value)> = Result<T, Out>;

fn no<T>(status: u16, code: &'static str) -> Outcome<T> {
    Err(Out::No(status, code))
}

#[derive(Clone, Debug)]
struct Kept {
    credential: String,
    route: String,
    key: String,
    body: Value,
    at: Seconds,
    reply: Reply,
}

/// Whoever was recognised.
#[derive(Clone, Debug, Default)]
struct Caller {
    person: String,
    session: Option<String>,
    token: Option<String>,
    /// When the session began, or the token's secret was issued.
    issued: Seconds,
    /// A share link, whose holder is nobody.
    share: Option<String>,
}

/// The request at hand, with its caller.
#[derive(Clone, Debug)]
struct Call<'a> {
    asked: &'a Request,
    caller: Option<Caller>,
}

impl Call<'_> {
    fn caller(&self) -> Outcome<&Caller> {
        self.caller.as_ref().map_or_else(|| no(401, "auth.required"), Ok)
    }

    fn arg(&self, at: usize) -> &str {
        self.asked.args.get(at).map_or("", String::as_str)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.asked.body.get(field).and_then(Value::as_str)
    }

    fn seen(&self, revision: u64) -> Outcome<()> {
        match self.asked.if_match {
            Some(seen) if seen != revision => no(412, "etag.stale"),
            _ => Ok(()),
        }
    }
}

/// The whole system.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub people: Vec<Person>,
    pub organizations: Vec<Organization>,
    pub members: Vec<Member>,
    pub invitations: Vec<Invitation>,
    pub invite_links: Vec<InviteLink>,
    pub sessions: Vec<Session>,
    pub tokens: Vec<Token>,
    pub programs: Vec<Program>,
    pub tenants: Vec<Tenant>,
    /// Resources of tenants, and what they are in organizations.
    pub shared_out: Vec<TenantResource>,
    pub kept_here: Vec<KeptHere>,
    pub deploy_keys: Vec<DeployKey>,
    pub links: Vec<Link>,
    pub groups: Vec<Group>,
    pub resources: Vec<Resource>,
    pub grants: Vec<Grant>,
    pub limits: Vec<Limit>,
    pub uses: Vec<Use>,
    /// Accounts that were ever changed, by organization.
    pub accounts: Vec<(String, Account)>,
    pub shares: Vec<Share>,
    pub removals: Vec<Removal>,
    pub domains: Vec<Domain>,
    /// Everything that any trail tells, oldest first.
    pub acts: Vec<Act>,
    /// Letters the last request sent.
    pub letters: Vec<Letter>,
    kept: Vec<Kept>,
    /// People whose sign-up waits for the proof of their address, and where they want to go.
    waiting: Vec<(String, String)>,
    /// Memberships that were turned away, and when.
    rejected: Vec<(String, Seconds)>,
    /// What was issued before this moment is not valid any more.
    valid_from: Seconds,
    now: Seconds,
    step: usize,
    made: usize,
    told: Vec<&'static str>,
    /// Who asks: a person or a service account; empty for nobody.
    actor: String,
    /// Of an import: what becomes of each item.
    items: Option<Value>,
    cookie: Option<String>,
    writes: bool,
}

const DAY_S: Seconds = 86_400;
const SESSION_LIFE_S: Seconds = 90 * DAY_S;
const SESSION_IDLE_S: Seconds = 14 * DAY_S;
const LINK_LIFE_S: Seconds = DAY_S;

/// Routes that take other proof than a session: there a forged one is nobody.
const OPEN: &[&str] = &[
    "/session",
    "/sign-up",
    "/invitations/accept",
    "/invitations/refuse",
    "/password/forgot",
    "/password/reset",
    "/email/verify",
];

impl Model {
    /// Answers a request. `step` names what the request makes, so that dropping other requests of
    /// a history changes no names.
    pub fn perform(&mut self, asked: &Request, step: usize, now: Seconds) -> Reply {
        (self.now, self.step, self.made, self.writes, self.cookie) = (now, step, 0, false, None);
        self.told.clear();
        self.letters.clear();
        (self.actor, self.items) = Default::default();
        let caller = match self.recognise(asked) {
            Ok(caller) => caller,
            Err(out) => return refused(out),
        };
        let open = OPEN.contains(&asked.route) && asked.method == "POST";
        if caller.is_none() && !open {
            return refused(Out::No(401, "auth.required"));
        }
        let program = |caller: &Caller| self.programs.iter().any(|p| p.id == caller.person);
        if open && caller.as_ref().is_some_and(program) {
            // It does not sign in, sign up or accept for itself.
            return refused(Out::No(403, "access.denied"));
        }
        self.actor = caller.as_ref().map(|caller| caller.person.clone()).unwrap_or_default();
        let call = Call { asked, caller };
        let before = self.clone();
        let outcome = self.dispatch(&call);
        if outcome.is_ok() {
            self.watch_seats(&before);
        }
        let reply = match outcome {
            Ok(_) if asked.dry_run => {
                let body = self.preview(&before);
                *self = before;
                return Reply { status: 200, code: "", body, cookie: None };
            }
            Ok((status, body)) => Reply { status, code: "", body, cookie: self.cookie.clone() },
            // Refusing to sign in before the proof mails that proof.
            Err(out @ Out::No(403, "auth.unproved")) => return refused(out),
            Err(out) => {
                *self = before;
                return refused(out);
            }
        };
        if let (true, "POST", Some(key)) = (self.writes, asked.method, &asked.key) {
            let (credential, route) = (credential_of(&call), asked.path());
            self.kept.retain(|k| (&k.credential, &k.route, &k.key) != (&credential, &route, key));
            let body = asked.body.clone();
            self.kept.push(Kept { credential, route, key: key.clone(), body, at: now, reply: reply.clone() });
        }
        reply
    }

    /// A write begins: a request that was answered before gets the same answer again.
    fn write(&mut self, call: &Call<'_>) -> Outcome<()> {
        self.writes = true;
        let Some(kept) = self.earlier(call) else { return Ok(()) };
        if kept.body != call.asked.body {
            return no(409, "idempotency.mismatch");
        }
        Err(Out::Earlier(Box::new(kept.reply.clone())))
    }

    fn earlier(&self, call: &Call<'_>) -> Option<&Kept> {
        let key = call.asked.key.as_ref().filter(|_| !call.asked.dry_run && call.asked.method == "POST")?;
        let (credential, route) = (credential_of(call), call.asked.path());
        let mut same = self.kept.iter().filter(|k| k.credential == credential && k.route == route && k.key == *key);
        same.find(|k| self.now - k.at < DAY_S)
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("~{kind}.{}.{}", self.step, self.made)
    }

    fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.id == id)
    }

    /// The person who proved this address.
    fn prover(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.verified && rules::key(&p.email) == rules::key(email))
    }

    /// A present organization by id or slug.
    fn organization(&self, name: &str) -> Option<&Organization> {
        self.organizations.iter().find(|o| !o.deleted && (o.id == name || o.slug == name))
    }

    fn organization_mut(&mut self, id: &str) -> &mut Organization {
        self.organizations.iter_mut().find(|o| o.id == id).expect("an organization")
    }

    /// A present membership.
    fn member(&self, organization: &str, id: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.organization == organization && m.id == id && m.status != "removed")
    }

    fn member_mut(&mut self, id: &str) -> &mut Member {
        self.members.iter_mut().find(|m| m.id == id).expect("a member")
    }

    fn member_of(&self, organization: &str, person: &str) -> Option<&Member> {
        let mut here = self.members.iter().filter(|m| m.organization == organization && m.status != "removed");
        here.find(|m| m.person.as_deref() == Some(person))
    }

    /// Every write of an organization raises its revision.
    fn take(&mut self, organization: &str) {
        self.organization_mut(organization).revision += 1;
    }

    fn tell(&mut self, organization: &str, kind: &'static str) {
        self.told.push(kind);
        self.act(organization, kind);
        let organization = self.organization_mut(organization);
        organization.trail.push((organization.revision, kind));
    }

    /// Tells the installation's own trail.
    fn tell_instance(&mut self, kind: &'static str) {
        self.told.push(kind);
        self.act("", kind);
    }
}

fn credential_of(call: &Call<'_>) -> String {
    let caller = call.caller.as_ref();
    caller.and_then(|c| c.session.clone().or_else(|| c.token.clone())).unwrap_or_default()
}

fn refused(out: Out) -> Reply {
    match out {
        Out::No(status, code) => Reply { status, code, body: Value::Null, cookie: None },
        Out::Earlier(reply) => *reply,
    }
}
