//! A storm of checks while access is given and taken, on both engines: no reader sees access after
//! its end was answered, nor a denial after it was given. What a reader may see is told by a number
//! that the writer moves on before and after each write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use guildhall_server::ops::Ctx;
use guildhall_server::ops::check::{Check, check};
use guildhall_testkit::{Caller, engines, memory};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::scene::Scene;

/// Times each way of giving and taking is gone through.
const ROUNDS: usize = 12;
const WAYS: usize = 6;
const READERS: usize = 3;
/// Answers that are awaited each time something is certain.
const PROBES: usize = 40;

/// Under way, and two further numbers for what was answered.
const MOVING: u64 = 0;
const DENIED: u64 = 1;
const ALLOWED: u64 = 2;

/// What is certain at this moment, and how many answers were.
#[derive(Default)]
struct Certain {
    state: AtomicU64,
    answers: AtomicUsize,
}

impl Certain {
    /// Moves on; earlier looks differ from later ones.
    fn moving(&self) {
        self.set(MOVING);
    }

    fn set(&self, state: u64) {
        let next = (self.state.load(Ordering::SeqCst) / 4 + 1) * 4 + state;
        self.state.store(next, Ordering::SeqCst);
    }

    /// A write was answered: this is so until the next begins, and is asked for meanwhile.
    async fn is(&self, state: u64) {
        self.set(state);
        let enough = self.answers.load(Ordering::SeqCst) + PROBES;
        while self.answers.load(Ordering::SeqCst) < enough {
            tokio::task::yield_now().await;
        }
    }

    fn look(&self) -> u64 {
        self.state.load(Ordering::SeqCst)
    }
}

async fn read(ctx: Ctx, organization: String, asked: Check, certain: Arc<Certain>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        let before = certain.look();
        let now = ctx.app.now();
        let answer = check(&Ctx { now, ..ctx.clone() }, &organization, asked.clone()).await.expect("is answered");
        if before == certain.look() && before % 4 != MOVING {
            assert_eq!(answer.allowed, before % 4 == ALLOWED, "{asked:?} at revision {}", answer.revision);
            certain.answers.fetch_add(1, Ordering::SeqCst);
        }
        tokio::task::yield_now().await;
    }
}

struct Writer {
    owner: Caller,
    base: String,
    member: String,
    group: String,
    certain: Arc<Certain>,
}

impl Writer {
    async fn post(&mut self, path: &str, body: Value) -> String {
        let answer = self.owner.post(&format!("{}{path}", self.base), body).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        answer.at("/id").to_owned()
    }

    async fn send(&mut self, method: &str, path: &str, body: Value) {
        let body = (!body.is_null()).then_some(body);
        let answer = self.owner.send(method, &format!("{}{path}", self.base), body.as_ref(), &[]).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
    }

    /// One way of giving access and taking it again.
    async fn turn(&mut self, way: usize) {
        let (member, group) = (self.member.clone(), self.group.clone());
        let to = |kind: &str, id: &str| json!({"subject": {"type": kind, "id": id}, "role": "viewer"});
        self.certain.moving();
        let made = match way {
            0 => self.post("/resources/workspace:w1/grants", to("member", &member)).await,
            1 => self.post("/resources/workspace:w1/grants", to("group", &group)).await,
            2 => {
                self.send("PUT", &format!("/groups/{group}/members/{member}"), json!({"manager": false})).await;
                self.post("/resources/workspace:w1/grants", to("group", &group)).await
            }
            3 => {
                self.send("PATCH", &format!("/members/{member}"), json!({"role": "admin"})).await;
                String::new()
            }
            4 => {
                self.send("PATCH", "/resources/workspace:w1", json!({"owner": member})).await;
                String::new()
            }
            _ => {
                // What a group gives by itself is among the rules: everything is read anew.
                self.send("PUT", &format!("/groups/{group}/members/{member}"), json!({"manager": false})).await;
                let gives = json!({"permissions": ["workspace.read"]});
                self.send("PATCH", &format!("/groups/{group}"), gives).await;
                String::new()
            }
        };
        if way == 1 {
            // The group is granted something; the member is not in it.
            self.certain.is(DENIED).await;
            self.certain.moving();
            self.send("PUT", &format!("/groups/{group}/members/{member}"), json!({"manager": false})).await;
        }
        self.certain.is(ALLOWED).await;
        self.certain.moving();
        match way {
            0 => self.send("DELETE", &format!("/grants/{made}"), Value::Null).await,
            1 => {
                self.send("DELETE", &format!("/groups/{group}/members/{member}"), Value::Null).await;
                self.certain.is(DENIED).await;
                self.certain.moving();
                self.send("DELETE", &format!("/grants/{made}"), Value::Null).await;
            }
            2 => {
                self.send("DELETE", &format!("/groups/{group}"), Value::Null).await;
                self.group = self.post("/groups", json!({"name": format!("Team {made}")})).await;
            }
            3 => self.send("POST", &format!("/members/{member}/deactivate"), json!({})).await,
            4 => self.send("PATCH", "/resources/workspace:w1", json!({"owner": ""})).await,
            _ => {
                self.send("DELETE", &format!("/groups/{group}/members/{member}"), Value::Null).await;
                self.certain.is(DENIED).await;
                self.certain.moving();
                self.send("PATCH", &format!("/groups/{group}"), json!({"permissions": []})).await;
            }
        }
        self.certain.is(DENIED).await;
        if way == 3 {
            self.certain.moving();
            self.send("POST", &format!("/members/{member}/reactivate"), json!({})).await;
            self.send("PATCH", &format!("/members/{member}"), json!({"role": "member"})).await;
            self.certain.is(DENIED).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_check_is_stale_once_the_write_was_answered() {
    for engine in engines() {
        let scene = Scene::start(engine, 2).await;
        let (organization, placed) = scene.organization("storm", &[(0, "owner"), (1, "member")]).await;
        let (_, secret) = scene.token(organization, &placed[0]).await;
        let certain = Arc::new(Certain::default());
        let mut writer = Writer {
            owner: scene.test.with_token(&secret),
            base: format!("/organizations/{organization}"),
            member: placed[1].id.to_string(),
            group: String::new(),
            certain: Arc::clone(&certain),
        };
        writer.post("/resources", json!({"type": "workspace", "name": "Space", "external_id": "w1"})).await;
        writer.group = writer.post("/groups", json!({"name": "Team"})).await;
        certain.set(DENIED);
        let over = Arc::new(AtomicBool::new(false));
        let mut readers = JoinSet::new();
        for n in 0..READERS {
            let asked = Check {
                subject: Some(if n == 0 { placed[1].person.id.to_string() } else { placed[1].id.to_string() }),
                permission: "workspace.read".to_owned(),
                resource: Some("workspace:w1".to_owned()),
                explain: n == 1,
                ..Check::default()
            };
            let ctx = scene.ctx(Some(&placed[0].person));
            readers.spawn(read(ctx, organization.to_string(), asked, Arc::clone(&certain), Arc::clone(&over)));
        }
        let mut round = 0;
        while round < ROUNDS * WAYS {
            writer.turn(round % WAYS).await;
            round += 1;
            if round % 50 == 0 {
                // Everything is read again in the middle.
                guildhall_store::Follower::forget(scene.test.app.memory().expect("alone"));
            }
        }
        over.store(true, Ordering::SeqCst);
        readers.join_all().await;
        let sure = certain.answers.load(Ordering::SeqCst);
        assert!(sure >= ROUNDS * 16 * PROBES, "{engine:?}: only {sure} certain answers");
        memory::is_true(&scene.test.app).await;
    }
}

async fn knock(mut holder: Caller, certain: Arc<Certain>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        let before = certain.look();
        let answer = holder.get("/me").await;
        if before == certain.look() && before % 4 != MOVING {
            assert_eq!(answer.status, if before % 4 == ALLOWED { 200 } else { 401 }, "{}", answer.text);
            certain.answers.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_credential_opens_anything_once_its_end_was_answered() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        let (organization, placed) = scene.organization("storm", &[(0, "owner")]).await;
        let (cookie, csrf) = scene.session(&placed[0].person).await;
        let mut owner = scene.test.anybody().with_session(&cookie, &csrf);
        let accounts = format!("/organizations/{organization}/service-accounts");
        let bot =
            owner.post(&accounts, json!({"name": "bot", "role": "member"})).await.expect(201).at("/id").to_owned();
        let made = owner.post(&format!("{accounts}/{bot}/tokens"), json!({"name": "ci"})).await.expect(201);
        let token = format!("{accounts}/{bot}/tokens/{}", made.at("/id"));
        let (certain, over) = (Arc::new(Certain::default()), Arc::new(AtomicBool::new(false)));
        certain.set(ALLOWED);
        let mut readers = JoinSet::new();
        for _ in 0..READERS {
            let holder = scene.test.with_token(made.at("/token"));
            readers.spawn(knock(holder, Arc::clone(&certain), Arc::clone(&over)));
        }
        for _ in 0..ROUNDS {
            for (active, state) in [(false, DENIED), (true, ALLOWED)] {
                certain.moving();
                owner.patch(&token, json!({"active": active})).await.expect(200);
                certain.is(state).await;
            }
        }
        certain.moving();
        owner.delete(&token).await.expect(204);
        certain.is(DENIED).await;
        over.store(true, Ordering::SeqCst);
        readers.join_all().await;
        memory::is_true(&scene.test.app).await;
    }
}
