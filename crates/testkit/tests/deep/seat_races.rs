//! Races for the last seats, on both engines: by whatever ways people come at once, no seat is taken twice.

use std::future::Future;
use std::pin::Pin;

use guildhall_domain::refusal::Code;
use guildhall_server::ops::accept::{self, SignUp};
use guildhall_server::ops::inviting::{self, NewInvitations};
use guildhall_server::ops::{Answer, approvals, joining, members, organizations, seats};
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::engines;
use serde_json::{from_value, json};

use crate::races::{at_once, code};
use crate::scene::Scene;

const ROUNDS: usize = 12;
const COMERS: usize = 20;
const FREE: usize = 3;
/// The owner, and five people who wait to be let in and five to be switched on again.
const OTHERS: usize = 5;

type Try = Pin<Box<dyn Future<Output = Option<Code>> + Send>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_25_twenty_at_once_take_the_three_last_seats() {
    for engine in engines() {
        let scene = Scene::start(engine, 1 + 2 * OTHERS).await;
        for round in 0..ROUNDS {
            let slug = format!("r{round}");
            let mut placed = vec![(0, "owner")];
            placed.extend((0..OTHERS).map(|n| (1 + n, "member")));
            let (_, here) = scene.organization(&slug, &placed).await;
            let owner = || scene.ctx(Some(&scene.people[0]));
            for off in &here[1..] {
                members::deactivate(&owner(), &slug, &off.id.to_string()).await.expect("switched off");
            }
            let knobs = json!({"seats.max": 1 + FREE, "signup.open": true, "join.requests": true});
            let knobs = knobs.as_object().cloned().unwrap_or_default();
            organizations::change_policy(&owner(), &slug, knobs).await.expect("the policy is turned");
            let mut tries: Vec<Try> = Vec::new();
            for person in &scene.people[1 + OTHERS..] {
                let Ok(Answer::Done(asked)) = joining::ask(&scene.ctx(Some(person)), &slug).await else {
                    panic!("asks")
                };
                let (ctx, slug) = (owner(), slug.clone());
                tries.push(Box::pin(async move { code(&approvals::approve(&ctx, &slug, &asked.membership).await) }));
            }
            for off in &here[1..] {
                let (ctx, slug, id) = (owner(), slug.clone(), off.id.to_string());
                tries.push(Box::pin(async move { code(&members::reactivate(&ctx, &slug, &id).await) }));
            }
            for n in tries.len()..COMERS {
                let (slug, email) = (slug.clone(), format!("new{round}.{n}@acme.test"));
                let wanted = json!({"email": email, "name": "New", "password": PASSWORD, "organization": slug});
                let wanted: SignUp = from_value(wanted).expect("a sign-up");
                let list: NewInvitations =
                    from_value(json!({"invitations": [{"email": email}], "deliver": "link"})).expect("a list");
                let (ctx, stranger, invites) = (owner(), scene.ctx(None), n % 2 == 0);
                tries.push(Box::pin(async move {
                    if !invites {
                        return code(&accept::sign_up(&stranger, wanted).await);
                    }
                    match inviting::invite(&ctx, &slug, list).await {
                        Ok(Answer::Done(told)) if told.invitations[0].code.is_some() => Some(Code::SeatsFull),
                        other => code(&other),
                    }
                }));
            }
            let answers = at_once(tries).await;
            let let_in = answers.iter().filter(|a| a.is_none()).count();
            let full = answers.iter().filter(|a| **a == Some(Code::SeatsFull)).count();
            assert_eq!((let_in, full), (FREE, COMERS - FREE), "{engine:?}, round {round}: {answers:?}");
            let taken = seats::show(&owner(), &slug).await.expect("the seats");
            assert_eq!((taken.used, taken.max), (1 + FREE as u64, Some(1 + FREE as u64)));
        }
    }
}
