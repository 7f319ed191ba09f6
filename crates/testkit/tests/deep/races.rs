//! Races, on both engines: whatever meets whatever, an organization keeps an owner, what may happen
//! once happens once, and access that was taken away is gone when the answer says so.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use guildhall_domain::refusal::Code;
use guildhall_server::ops::accept::{self, Accept};
use guildhall_server::ops::departures::{self, Handover};
use guildhall_server::ops::identities::{self, Verify};
use guildhall_server::ops::inviting::{self, NewInvitation, NewInvitations};
use guildhall_server::ops::member_role::{self, NewMemberRole};
use guildhall_server::ops::organizations::{self, NewOrganization};
use guildhall_server::ops::{Answer, Ctx, Idempotency, members};
use guildhall_store::Stop;
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Engine, engines};
use serde_json::json;
use tokio::task::JoinSet;

use crate::generate::Dice;
use crate::scene::{Placed, Scene};

const OWNER_ROUNDS: usize = 1_200;
pub const ROUNDS: usize = 120;
const STORMS: usize = 6;

pub fn code<T>(outcome: &Result<T, Stop>) -> Option<Code> {
    match outcome {
        Ok(_) => None,
        Err(Stop::Refused(refusal)) => Some(refusal.code),
        Err(Stop::Failed(error)) => panic!("a race ended in a fault: {error}"),
    }
}

/// Runs all at once and waits for all.
pub async fn at_once<T: Send + 'static>(all: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let gate = Arc::new(tokio::sync::Barrier::new(all.len()));
    let mut tasks = JoinSet::new();
    for one in all {
        let gate = Arc::clone(&gate);
        tasks.spawn(async move {
            gate.wait().await;
            one.await
        });
    }
    tasks.join_all().await
}

/// One owner does something to another, or to themself.
async fn turn_on(ctx: Ctx, organization: String, target: String, way: usize) -> Option<Code> {
    let lower = || NewMemberRole { groups: Vec::new(), role: "member".to_owned() };
    match way {
        0 => code(&member_role::change(&ctx, &organization, &target, lower()).await),
        1 => code(&departures::remove(&ctx, &organization, &target, Handover::default()).await),
        2 => code(&members::deactivate(&ctx, &organization, &target).await),
        _ => code(&departures::leave(&ctx, &organization, Handover::default()).await),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_at_each_others_throats_never_leave_an_organization_ownerless() {
    const EXPECTED: &[Code] =
        &[Code::LastOwner, Code::NotFound, Code::AccessDenied, Code::MemberState, Code::SelfRemove];
    for engine in engines() {
        let scene = Scene::start(engine, 3).await;
        let mut dice = Dice::new(7);
        let (mut refused, mut done) = (0, 0);
        for round in 0..OWNER_ROUNDS {
            let owners = [(0, "owner"), (1, "owner"), (2, "owner")];
            // Two in most rounds: there the last one is always near.
            let owners = if round % 3 == 0 { &owners[..] } else { &owners[..2] };
            let (organization, placed) = scene.organization(&format!("r{round}"), owners).await;
            let turns = (0..4 + dice.below(5)).map(|n| {
                let actor = &placed[n % placed.len()];
                let target = &placed[dice.below(placed.len())];
                turn_on(scene.ctx(Some(&actor.person)), organization.to_string(), target.id.to_string(), dice.below(4))
            });
            for answer in at_once(turns.collect()).await {
                match answer {
                    None => done += 1,
                    Some(code) => {
                        assert!(EXPECTED.contains(&code), "{engine:?}, round {round}: {}", code.name());
                        refused += usize::from(code == Code::LastOwner);
                    }
                }
            }
            assert!(scene.owners(organization).await >= 1, "{engine:?}: round {round} left nobody");
        }
        assert!(done > OWNER_ROUNDS / 2 && refused > OWNER_ROUNDS / 4, "{engine:?}: {done} done, {refused} held back");
    }
}

/// Invites `email` by link or mail, and gives the secret.
async fn invited(scene: &Scene, organization: &str, email: &str, by_mail: bool) -> String {
    let wanted = NewInvitations {
        invitations: vec![NewInvitation { email: Some(email.to_owned()), ..NewInvitation::default() }],
        deliver: Some(if by_mail { "email" } else { "link" }.to_owned()),
    };
    let Ok(Answer::Done(made)) = inviting::invite(&scene.ctx(Some(&scene.people[0])), organization, wanted).await
    else {
        panic!("the invitation is made");
    };
    match &made.invitations[0].link {
        Some(link) => link.rsplit('/').next().unwrap_or_default().to_owned(),
        None => scene.test.mails_to(email).await.pop().expect("a mail").secret("/invite/"),
    }
}

async fn come_in(ctx: Ctx, token: String) -> Option<Code> {
    let wanted = Accept { token, email: None, name: Some("Newcomer".to_owned()), password: Some(PASSWORD.to_owned()) };
    code(&accept::accept(&ctx, wanted).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_invitation_lets_one_person_in() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        scene.organization("doors", &[(0, "owner")]).await;
        for round in 0..ROUNDS {
            let secret = invited(&scene, "doors", &format!("new{round}@acme.test"), false).await;
            let tries = (0..4).map(|_| come_in(scene.ctx(None), secret.clone())).collect();
            let answers = at_once(tries).await;
            let others = [Some(Code::InvitationUsed); 3];
            let refused: Vec<_> = answers.iter().filter(|a| a.is_some()).copied().collect();
            assert_eq!(refused, others, "{engine:?}, round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_address_is_proved_by_one_person() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        scene.organization("north", &[(0, "owner")]).await;
        scene.organization("south", &[(0, "owner")]).await;
        for round in 0..ROUNDS / 4 {
            let email = format!("same{round}@acme.test");
            let mut tries = Vec::new();
            for n in 0..4 {
                let person = scene.person(&format!("claimant{n}@acme.test"), false).await;
                let token = scene.proof(&person, &email).await;
                let ctx = scene.ctx(None);
                tries.push(async move { code(&identities::verify(&ctx, Verify { token }).await) });
            }
            let answers = at_once(tries).await;
            let won = answers.iter().filter(|a| a.is_none()).count();
            let taken = answers.iter().filter(|a| **a == Some(Code::EmailTaken)).count();
            assert_eq!((won, taken), (1, 3), "{engine:?}, round {round}: {answers:?}");
            assert!(scene.prover(&email).await.is_some());

            let email = format!("both{round}@acme.test");
            let doors = [invited(&scene, "north", &email, true).await, invited(&scene, "south", &email, true).await];
            // Two files with one address: the newest mail of each organization is the one at hand.
            let answers = at_once(doors.iter().map(|s| come_in(scene.ctx(None), s.clone())).collect()).await;
            let won = answers.iter().filter(|a| a.is_none()).count();
            let told = answers.iter().filter(|a| **a == Some(Code::InvitationSignIn)).count();
            assert_eq!((won, told), (1, 1), "{engine:?}, round {round}: {answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_slug_is_one_organizations() {
    for engine in engines() {
        let scene = &Scene::start(engine, 4).await;
        for round in 0..ROUNDS {
            let make = |slug: Option<String>| {
                let wanted = NewOrganization { name: format!("Same {round}"), slug, preset: None, tenant: None };
                let tries = scene.people.iter().map(move |person| {
                    let (ctx, wanted) = (scene.ctx(Some(person)), wanted.clone());
                    async move { organizations::create(&ctx, wanted).await }
                });
                tries.collect::<Vec<_>>()
            };
            let named: Vec<_> = at_once(make(Some(format!("slug-{round}")))).await.iter().map(code).collect();
            let taken = named.iter().filter(|a| **a == Some(Code::SlugTaken)).count();
            assert_eq!((named.iter().filter(|a| a.is_none()).count(), taken), (1, 3), "{engine:?}: {named:?}");
            let free: HashSet<String> = at_once(make(None))
                .await
                .into_iter()
                .map(|made| match made {
                    Ok(Answer::Done(organization)) => organization.slug,
                    other => panic!("{engine:?}, round {round}: {other:?}"),
                })
                .collect();
            assert_eq!(free.len(), 4, "{engine:?}, round {round}: {free:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_idempotency_key_has_one_effect() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        scene.organization("keys", &[(0, "owner")]).await;
        for round in 0..ROUNDS {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&(round as u64).to_be_bytes());
            let base =
                Ctx { idempotency: Some(Idempotency { key, body: [1; 32] }), ..scene.ctx(Some(&scene.people[0])) };
            let tries = (0..4).map(|_| {
                let ctx = base.clone();
                let one = NewInvitation { email: Some(format!("key{round}@acme.test")), ..NewInvitation::default() };
                async move {
                    let wanted = NewInvitations { invitations: vec![one], deliver: Some("link".to_owned()) };
                    match inviting::invite(&ctx, "keys", wanted).await {
                        Ok(Answer::Done(made)) => json!(made),
                        other => panic!("{other:?}"),
                    }
                }
            });
            let answers = at_once(tries.collect()).await;
            assert_eq!(answers[0]["invitations"][0]["status"], "created", "{engine:?}, round {round}: {answers:?}");
            assert!(answers.iter().all(|a| *a == answers[0]), "{engine:?}, round {round}: {answers:?}");
        }
    }
}

/// The ways access is taken away, by the owner's token or by the holder themself.
const ENDINGS: &[&str] = &[
    "member removed",
    "member deactivated",
    "role lowered",
    "sessions ended",
    "authentication reset",
    "token revoked",
    "organization deleted",
    "own token revoked",
    "left",
    "signed out",
    "own authentication reset",
];

struct Storm {
    scene: Scene,
    organization: String,
    owner: guildhall_testkit::Caller,
    victim: Placed,
    token: (String, String),
    session: (String, String),
}

impl Storm {
    async fn gather(engine: Engine) -> Self {
        let scene = Scene::start(engine, 2).await;
        let owner = scene.test.anybody();
        let placed =
            Placed { id: guildhall_domain::ids::MemberId::new(scene.app().fresh()), person: scene.people[1].clone() };
        let (organization, none) = (String::new(), (String::new(), String::new()));
        Self { scene, organization, owner, victim: placed, token: none.clone(), session: none }
    }

    /// A fresh organization with a victim who works, with a token and a session.
    async fn set(&mut self, slug: &str) {
        let (organization, placed) = self.scene.organization(slug, &[(0, "owner"), (1, "admin")]).await;
        let (_, owner) = self.scene.token(organization, &placed[0]).await;
        let (id, secret) = self.scene.token(organization, &placed[1]).await;
        self.owner = self.scene.test.with_token(&owner);
        self.session = self.scene.session(&placed[1].person).await;
        (self.organization, self.token, self.victim) =
            (organization.to_string(), (id.to_string(), secret), placed[1].clone());
    }

    /// Whether this ending concerns the session rather than the token.
    fn by_session(ending: &str) -> bool {
        ["sessions ended", "signed out", "own authentication reset"].contains(&ending)
    }

    fn victim(&self, by_session: bool) -> guildhall_testkit::Caller {
        let anybody = self.scene.test.anybody();
        match by_session {
            true => anybody.with_session(&self.session.0, &self.session.1),
            false => anybody.with_token(&self.token.1),
        }
    }

    async fn end(&mut self, ending: &str, slug: &str) -> u16 {
        let (org, member) = (self.organization.clone(), self.victim.id);
        let mut themself = self.victim(Self::by_session(ending));
        let owner = &mut self.owner;
        let answer = match ending {
            "member removed" => owner.delete(&format!("/organizations/{org}/members/{member}")).await,
            "member deactivated" => {
                owner.post(&format!("/organizations/{org}/members/{member}/deactivate"), json!({})).await
            }
            "role lowered" => {
                owner.patch(&format!("/organizations/{org}/members/{member}"), json!({"role": "guest"})).await
            }
            "sessions ended" => {
                owner.post(&format!("/organizations/{org}/members/{member}/end-sessions"), json!({})).await
            }
            "authentication reset" => {
                owner.post(&format!("/organizations/{org}/reset-authentication"), json!({})).await
            }
            "token revoked" => owner.delete(&format!("/organizations/{org}/tokens/{}", self.token.0)).await,
            "organization deleted" => {
                owner.send("DELETE", &format!("/organizations/{org}"), Some(&json!({"confirm": slug})), &[]).await
            }
            "own token revoked" => themself.delete(&format!("/me/tokens/{}", self.token.0)).await,
            "left" => themself.post(&format!("/organizations/{org}/leave"), json!({})).await,
            "signed out" => themself.delete("/session").await,
            _ => themself.post("/me/reset-authentication", json!({})).await,
        };
        answer.status
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn gone_is_gone_once_the_answer_says_so() {
    for engine in engines() {
        let mut storm = Storm::gather(engine).await;
        let (mut before, mut after) = (0, 0);
        for round in 0..STORMS * ENDINGS.len() {
            let (ending, slug) = (ENDINGS[round % ENDINGS.len()], format!("storm-{round}"));
            storm.set(&slug).await;
            let answered = Arc::new(AtomicBool::new(false));
            let (allowed, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let mut readers = JoinSet::new();
            for n in 0..4 {
                let path = match n % 2 {
                    0 => format!("/organizations/{}/members", storm.organization),
                    _ => format!("/organizations/{}/invitations?limit=1", storm.organization),
                };
                let mut victim = storm.victim(Storm::by_session(ending));
                let (answered, allowed, refused) = (Arc::clone(&answered), Arc::clone(&allowed), Arc::clone(&refused));
                readers.spawn(async move {
                    let mut last = 0;
                    while last < 5 {
                        // Whether the end was answered is looked at before the request goes out.
                        let over = answered.load(Ordering::SeqCst);
                        let answer = victim.get(&path).await;
                        assert!(answer.status < 500, "{}", answer.text);
                        assert!(!over || answer.status >= 400, "{ending}: read after the answer: {}", answer.text);
                        if over {
                            last += 1;
                            refused.fetch_add(1, Ordering::SeqCst);
                        } else if answer.status == 200 {
                            allowed.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
            while allowed.load(Ordering::SeqCst) < 4 {
                tokio::task::yield_now().await;
            }
            let status = storm.end(ending, &slug).await;
            answered.store(true, Ordering::SeqCst);
            readers.join_all().await;
            assert!(status < 300, "{engine:?}: {ending} answered {status}");
            (before, after) = (before + allowed.load(Ordering::SeqCst), after + refused.load(Ordering::SeqCst));
        }
        assert!(
            after == STORMS * ENDINGS.len() * 20 && before >= after / 5,
            "{engine:?}: {before} before, {after} after"
        );
    }
}
