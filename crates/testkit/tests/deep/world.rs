//! One program under test beside its model: every request goes to both, and everything that can be
//! seen of the program must be as the model says.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use guildhall_domain::change::Change;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::member::MemberKind;
use guildhall_domain::organization as rules_of;
use guildhall_domain::preset::{self, Preset};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, audit, identity, member, organization};
use guildhall_store::{Author, Keep};
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::model::{Model, Organization, Reply, Request, Rulebook, Who};
use guildhall_testkit::{Answer, Caller, Engine, ManualClock, TestApp, memory};
use serde_json::{Map, Value, json};

use crate::compare::Names;
use crate::outside::{lines, without_limits, written};

/// Seconds of the clock before the first request.
const BEGIN_S: i64 = 10;

/// One request of a history; `step` is its name, kept when others are dropped.
#[derive(Clone, Debug)]
pub struct Item {
    pub step: usize,
    /// How far the clock moves before it.
    pub later_s: i64,
    pub request: Request,
}

/// The presets of the organizations every history begins with, beside `acme` on `standard`.
pub fn tuned() -> Vec<(&'static str, Preset)> {
    let text =
        |name: &str| preset::BUILT_IN.iter().find(|(file, _)| *file == format!("{name}.toml")).expect("built in").1;
    // A role that may manage people but holds little itself: nobody gives more than their own.
    let clerk = "\n[[role]]\nslug = \"clerk\"\nname = \"Clerk\"\ndescription = \"People only.\"\nfloor = [\"organization.read\", \
                 \"member.list\", \"member.invite\", \"member.approve\", \"member.update\", \"member.change_role\", \
                 \"member.remove\", \"member.deactivate\", \"member.leave\", \"member.end_sessions\", \"member.recover\", \"invitation.manage\", \
                 \"role.list\", \"access.check\"]\n";
    // What a role, a grant, a group or a token can give under a condition; the model says what these mean.
    let conditions = "\n[[condition]]\nslug = \"said\"\nlabel = \"where it is said\"\npermissions = [\"workspace.*\"]\nwhen = \"context.said\"\n\
                      \n[[condition]]\nslug = \"members\"\nlabel = \"for members\"\npermissions = [\"workspace.read\", \"workspace.edit\"]\nwhen = \"subject.role == 'member'\"\n\
                      \n[[role]]\napplies_to = \"workspace\"\nslug = \"scribe\"\nname = \"Scribe\"\ndescription = \"Under conditions.\"\n\
                      floor = [\"workspace.read\", \"workspace.edit@said\", \"workspace.edit@members\"]\n";
    let open = text("standard")
        .replace("[policy]\n", "[policy]\nsignup.open = true\njoin.requests = true\nseats.max = 9\nrole_change.authority = \"admin\"\ndelete.precondition = \"deactivated\"\ndelete.owned_objects = \"transfer_required\"\napproval.mode = \"outside_domains\"\napproval.domains = [\"acme.test\"]\n");
    let closed = text("cloudtruth").replace(
        "identity.organizations = \"many\"",
        "identity.organizations = \"one\"\ninvite.deliver = \"link\"\norganization.created_by = \"administrators\"\ntoken.max_per_member = 1",
    );
    let closed = closed
        .replace("invite.ttl_s = 604_800", "invite.ttl_s = 7_200")
        .replace("invite.reissue_after_expiry = \"always\"", "invite.reissue_after_expiry = \"never\"");
    let parse = |name: &str, text: String| match Preset::parse(&format!("{name}.toml"), &text) {
        Ok(preset) => preset,
        Err(errors) => panic!("{errors:?}"),
    };
    vec![("open", parse("standard", open + clerk + conditions)), ("closed", parse("cloudtruth", closed))]
}

/// The model as every history begins.
pub fn beginning() -> Model {
    let mut model = Model::begun("owner@acme.test", "Olivia Owner", PASSWORD);
    let owner = model.people[0].id.clone();
    let standard = preset::built_in("standard").expect("built in");
    model.found(&owner, "Acme", "acme", Rulebook::of(&standard));
    for (slug, preset) in tuned() {
        model.found(&owner, slug, slug, Rulebook::of(&preset));
    }
    model
}

pub struct World {
    pub test: TestApp,
    pub model: Model,
    pub names: Names,
    anybody: Caller,
    csrf: HashMap<String, String>,
    read_mail: HashSet<PathBuf>,
    revisions: HashMap<String, u64>,
    elapsed_s: i64,
    /// Status and code of the last answer to a step.
    pub last: (u16, String),
}

impl World {
    pub async fn start(engine: Engine) -> Self {
        let test = TestApp::start_with(engine, without_limits).await;
        let owner = test.init("standard").await;
        for (slug, preset) in tuned() {
            found(&test, slug, preset).await;
        }
        for slug in ["acme", "open", "closed"] {
            memory::warm(&test.app, slug).await;
        }
        let (model, anybody) = (beginning(), test.anybody());
        let mut names = Names::default();
        names.bind(&model.tokens[0].secret, &owner.token).expect("fresh names");
        let (csrf, read_mail, revisions) = (HashMap::new(), HashSet::new(), HashMap::new());
        let mut world =
            Self { test, model, names, anybody, csrf, read_mail, revisions, elapsed_s: 0, last: Default::default() };
        let who = Who::Token(world.model.tokens[0].secret.clone());
        let me = Request { who, ..Request::get("/me") };
        world.step(&Item { step: 0, later_s: 0, request: me }).await.expect("the beginning agrees");
        world
    }

    /// Puts one request to both, and tells where they differ.
    pub async fn step(&mut self, item: &Item) -> Result<(), String> {
        self.elapsed_s += item.later_s;
        let now = BEGIN_S + item.step as i64 + self.elapsed_s;
        self.test.clock.set_s(now);
        let expected = self.model.perform(&item.request, item.step, now);
        let answer = self.send(&item.request).await;
        self.last = (answer.status, answer.code().to_owned());
        self.judge(&expected, &answer)?;
        self.read_letters(item.step).await?;
        self.learn_names(item, &expected, now).await?;
        self.look_inside().await
    }

    /// What a dry run of a step says, at the moment of the step. The model hears nothing of it.
    pub async fn foretell(&mut self, item: &Item) -> Answer {
        self.test.clock.set_s(BEGIN_S + item.step as i64 + self.elapsed_s + item.later_s);
        self.send(&Request { dry_run: true, ..item.request.clone() }).await
    }

    /// A new session, or a new organization's membership, is named where its holder looks at
    /// themself; the place of whoever made a tenant, in the list of its people.
    async fn learn_names(&mut self, item: &Item, reply: &Reply, now: i64) -> Result<(), String> {
        if item.request.route == "/tenants" && reply.status == 201 {
            let (who, args) = (item.request.who.clone(), reply.body["id"].as_str().map(str::to_owned));
            let asked = Request { who, args: args.into_iter().collect(), ..Request::get("/tenants/{}/members") };
            return self.ask(item, asked, now).await;
        }
        let who = match &reply.cookie {
            Some(secret) => Who::Session(secret.clone()),
            None if item.request.route == "/organizations" && reply.status == 201 => item.request.who.clone(),
            None => return Ok(()),
        };
        self.ask(item, Request { who, ..Request::get("/me") }, now).await
    }

    /// Asks both, for the names that are told.
    async fn ask(&mut self, item: &Item, asked: Request, now: i64) -> Result<(), String> {
        let expected = self.model.perform(&asked, item.step, now);
        let answer = self.send(&asked).await;
        self.judge(&expected, &answer).map_err(|why| format!("then GET {}: {why}", asked.route))
    }

    /// The organizations that are there.
    pub fn organizations(&self) -> Vec<OrgId> {
        let present = self.model.organizations.iter().filter(|o| !o.deleted);
        present.filter_map(|o| self.names.real(&o.id)?.parse().ok()).collect()
    }

    async fn send(&mut self, asked: &Request) -> Answer {
        let body = self.translate(&asked.body);
        let args: Vec<String> = asked.args.iter().map(|a| self.word(a)).collect();
        let path = Request { args, ..asked.clone() }.path();
        let mut caller = self.caller(&asked.who);
        let mut headers = Vec::new();
        let seen = asked.if_match.map(|revision| format!("\"{revision}\""));
        headers.extend(seen.as_deref().map(|tag| ("if-match", tag)));
        headers.extend(asked.key.as_deref().map(|key| ("idempotency-key", key)));
        if asked.method == "GET" {
            let query: Vec<_> = asked.query.iter().map(|(name, value)| (*name, written(&self.word(value)))).collect();
            return lines(self.all_pages(&mut caller, &path, &query).await);
        }
        let body = (!body.is_null()).then_some(body);
        let answer = caller.send(asked.method, &path, body.as_ref(), &headers).await;
        if let Some(cookie) = caller.cookie().filter(|_| answer.headers.contains_key("set-cookie")) {
            let csrf = answer.body["csrf_token"].as_str().unwrap_or_default();
            self.csrf.insert(cookie.to_owned(), csrf.to_owned());
        }
        answer
    }

    /// A list whole: page after page.
    async fn all_pages(&self, caller: &mut Caller, path: &str, query: &[(&str, String)]) -> Answer {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut answer = caller.get(&format!("{path}?{}", query.join("&"))).await;
        while let Some(next) = answer.body["next"].as_str().filter(|_| answer.status == 200) {
            let mut more = caller.get(&format!("{path}?{}&after={next}", query.join("&"))).await;
            if more.status == 200 {
                let mut items = answer.body["items"].as_array().cloned().unwrap_or_default();
                items.extend(more.body["items"].as_array().cloned().unwrap_or_default());
                more.body["items"] = Value::Array(items);
            }
            answer = more;
        }
        answer
    }

    fn caller(&mut self, who: &Who) -> Caller {
        let anybody = self.anybody.clone();
        match who {
            Who::Anybody => anybody,
            Who::Garbled => anybody.with_token("gld_pat_oops"),
            Who::Token(secret) => anybody.with_token(&self.word(secret)),
            Who::Session(secret) | Who::Forged(secret) => {
                let cookie = format!("{}={}", self.test.app.config.cookie_name(), self.word(secret));
                let csrf = self.csrf.get(&cookie).map_or("", String::as_str);
                anybody.with_session(&cookie, if matches!(who, Who::Forged(_)) { "forged" } else { csrf })
            }
        }
    }

    /// The program's word for one of the model's. What the program never named gets a name that is
    /// well formed and unknown.
    fn word(&mut self, text: &str) -> String {
        if !text.starts_with('~') {
            return text.to_owned();
        }
        if let Some(seconds) = text.strip_prefix("~time:").and_then(|n| n.parse().ok()) {
            return ManualClock::at_s(seconds).to_string();
        }
        if let Some(real) = self.names.real(text) {
            return real.to_owned();
        }
        use guildhall_server::security::token::TokenKind;
        let mint = |kind| self.test.app.credentials.mint(kind, self.test.app.entropy.as_ref()).secret.expose().clone();
        let real = match Names::kind(text) {
            "pat" => mint(TokenKind::Pat),
            "program" => mint(TokenKind::Svc),
            "invite" => mint(TokenKind::Inv),
            "share" => mint(TokenKind::Share),
            "join" => mint(TokenKind::Link),
            "reset" => mint(TokenKind::Reset),
            "verify" => mint(TokenKind::Verify),
            "cookie" => self.test.app.credentials.mint_session(self.test.app.entropy.as_ref()).secret.expose().clone(),
            kind => {
                format!("{kind}_{:0>26}", text.bytes().map(u64::from).fold(7, |sum, b| (sum * 31 + b) % 99_999_999))
            }
        };
        self.names.bind(text, &real).expect("an unknown name is fresh");
        real
    }

    fn translate(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.word(text)),
            Value::Array(list) => list.iter().map(|one| self.translate(one)).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, one)| (self.word(name), self.translate(one))).collect())
            }
            other => other.clone(),
        }
    }

    fn judge(&mut self, expected: &Reply, answer: &Answer) -> Result<(), String> {
        if (expected.status, expected.code) != (answer.status, answer.code()) {
            return Err(format!(
                "expected {} {}, got {} {}",
                expected.status, expected.code, answer.status, answer.text
            ));
        }
        if expected.code.is_empty() && expected.status != 204 {
            self.names.agree(&expected.body, &answer.body, "body")?;
        }
        let set = answer.headers.get("set-cookie").and_then(|line| line.to_str().ok());
        let value =
            set.and_then(|line| line.split(';').next()?.split_once('=')).map(|(_, v)| v).filter(|v| !v.is_empty());
        match (&expected.cookie, value) {
            (None, None) => Ok(()),
            (Some(secret), Some(value)) => self.names.bind(secret, value),
            (wanted, got) => Err(format!("expected the session {wanted:?}, got {got:?}")),
        }
    }

    /// Every letter the model sends goes out, and no other.
    async fn read_letters(&mut self, step: usize) -> Result<(), String> {
        // Looking for letters that nobody asked for costs; now and then is enough.
        if self.model.letters.is_empty() && !step.is_multiple_of(8) {
            return Ok(());
        }
        self.test.deliver().await;
        let folder = std::fs::read_dir(self.test.folder.join("outbox"));
        let files = folder.map_or_else(|_| Vec::new(), |dir| dir.flatten().map(|file| file.path()).collect());
        let mut fresh = Vec::new();
        for file in files {
            if self.read_mail.insert(file.clone()) {
                fresh.push(std::fs::read_to_string(&file).map_err(|e| e.to_string())?);
            }
        }
        for letter in self.model.letters.clone() {
            // What tells a letter from others, and whether that is a link with a secret.
            let (path, secret) = match letter.kind {
                "invitation" => ("/invite/", true),
                "password_reset" => ("/password/reset/", true),
                "domain_code" => ("this code: ", true),
                "email_verification" => ("/email/verify/", true),
                "member_approved" => ("has been approved", false),
                "member_rejected" => ("has not let you in", false),
                "tenant_seats" => ("its threshold names", false),
                _ => (" seats of ", false),
            };
            let found = fresh.iter().position(|text| {
                let to = text.lines().find(|line| line.starts_with("To:")).unwrap_or_default();
                to.contains(&letter.to) && text.contains(path)
            });
            let Some(place) = found else { return Err(format!("{letter:?} was not sent; there are {fresh:?}")) };
            let text = fresh.swap_remove(place);
            if secret {
                let mail = guildhall_testkit::mail::Caught { to: letter.to.clone(), text };
                let shown =
                    if letter.kind == "domain_code" { mail.word_after(path).to_owned() } else { mail.secret(path) };
                self.names.bind(&letter.secret, &shown)?;
            }
        }
        if fresh.is_empty() { Ok(()) } else { Err(format!("nobody asked for {fresh:?}")) }
    }

    /// Looks into the store: revisions, members and trails are the model's, and nobody is ownerless.
    async fn look_inside(&mut self) -> Result<(), String> {
        self.look_at_kept().await?;
        let present = self.model.organizations.iter().filter(|o| !o.deleted);
        let named = |o: &Organization| Some((o.clone(), self.names.real(&o.id)?.parse::<OrgId>().ok()?));
        let present: Vec<_> = present.filter_map(named).collect();
        let ids: Vec<OrgId> = present.iter().map(|(_, id)| *id).collect();
        let revisions = self.test.app.store.read(move |conn| {
            let revisions = ids.iter().map(|id| organization::revision(conn, *id));
            Ok(revisions.collect::<Result<Vec<_>, _>>()?)
        });
        let revisions = revisions.await.map_err(|e| format!("{e:?}"))?;
        for ((here, id), revision) in present.into_iter().zip(revisions) {
            if revision != here.revision {
                return Err(format!("{} is at revision {revision}, not {}", here.slug, here.revision));
            }
            if self.revisions.insert(here.id.clone(), revision) == Some(revision) {
                continue;
            }
            let top = here.top().to_owned();
            let read = self.test.app.store.read(move |conn| {
                let all = Page { after: None, limit: 10_000 };
                let members = member::list(conn, id, &member::Filter::default(), &all)?;
                let trail = audit::list(conn, id, &audit::Filter::default(), &Page { after: None, limit: 10_000 })?;
                Ok((members, trail, member::top_holders(conn, id, &top, 1)?))
            });
            let (members, trail, holders) = read.await.map_err(|e| format!("{e:?}"))?;
            // Refusals are noted beside, when there is time.
            let done = trail.iter().rev().filter(|e| e.outcome == "success");
            let trail: Vec<_> = done.map(|e| json!([e.revision, e.kind])).collect();
            self.names.agree(&json!(here.trail), &json!(trail), &format!("trail of {}", here.slug))?;
            // Whoever was brought in has an identity that no answer has named yet.
            let members: Vec<_> = members
                .iter()
                .map(|(_, m)| (m, m.user.filter(|_| m.kind == MemberKind::Person)))
                .map(|(m, who)| json!([m.id, who, m.email, m.name, m.role, m.status, m.revision]))
                .collect();
            let present = self.model.members.iter().filter(|m| m.organization == here.id && m.status != "removed");
            let wanted: Vec<_> = present
                .map(|m| (m, m.person.as_ref().filter(|_| !m.program)))
                .map(|(m, who)| json!([m.id, who, m.email, m.name, m.role, m.status, m.revision]))
                .collect();
            self.names.agree(&json!({"$set": wanted}), &json!(members), &format!("members of {}", here.slug))?;
            if holders.is_empty() {
                return Err(format!("{} has no active holder of its top role", here.slug));
            }
        }
        Ok(())
    }
}

/// Makes an organization with a preset of its own, held by the first owner.
async fn found(test: &TestApp, slug: &'static str, preset: Preset) {
    let now = test.app.now();
    let made = test.app.store.write(Author::default(), now, Keep::Commit, move |tx| {
        let owner = identity::verified(tx, "owner@acme.test")?.expect("the owner");
        let organization = rules_of::Organization {
            id: OrgId::new(tx.fresh()),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            preset: preset.name.clone(),
            preset_version: preset.version,
            preset_text: preset.text.clone(),
            policy: Map::new(),
            valid_from: Timestamp::default(),
            revision: 1,
            created_at: now,
            tenant: None,
        };
        let member = MemberId::new(tx.fresh());
        let changes: Vec<Change> = rules_of::create(organization, &preset, &owner, member, now);
        Ok(tx.apply(changes)?)
    });
    made.await.expect("the organization is made");
}
