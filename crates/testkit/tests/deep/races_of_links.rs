//! Races at invite links, on both engines: the last use is one person's, and after a reset has
//! answered nobody comes in.

use guildhall_domain::refusal::Code;
use guildhall_server::ops::accept::{self, Accept};
use guildhall_server::ops::invite_links::{self, NewInviteLink};
use guildhall_server::ops::{Answer, Ctx};
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::engines;

use crate::races::{ROUNDS, at_once, code};
use crate::scene::Scene;

async fn link(scene: &Scene, organization: &str, uses: Option<i64>) -> String {
    let wanted = NewInviteLink { uses, ..NewInviteLink::default() };
    match invite_links::create(&scene.ctx(Some(&scene.people[0])), organization, wanted).await {
        Ok(Answer::Done(made)) => made.token.expect("a secret"),
        other => panic!("the link is made: {other:?}"),
    }
}

async fn come_in(ctx: Ctx, token: String, email: String) -> Option<Code> {
    let (name, password) = (Some("Newcomer".to_owned()), Some(PASSWORD.to_owned()));
    code(&accept::accept(&ctx, Accept { token, email: Some(email), name, password }).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_use_of_a_link_lets_one_person_in() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        scene.organization("doors", &[(0, "owner")]).await;
        for round in 0..ROUNDS / 2 {
            let secret = link(&scene, "doors", Some(2)).await;
            let tries =
                (0..4).map(|n| come_in(scene.ctx(None), secret.clone(), format!("new{round}-{n}@acme.test"))).collect();
            let answers = at_once(tries).await;
            let refused: Vec<_> = answers.iter().filter(|a| a.is_some()).copied().collect();
            assert_eq!(refused, [Some(Code::InviteLinkUsedUp); 2], "{engine:?}, round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_who_joins_twice_at_once_uses_a_link_once() {
    for engine in engines() {
        let scene = Scene::start(engine, ROUNDS / 4 + 1).await;
        scene.organization("doors", &[(0, "owner")]).await;
        for who in &scene.people[1..] {
            let secret = link(&scene, "doors", Some(2)).await;
            let join = |secret: &str| {
                let wanted = Accept { token: secret.to_owned(), email: None, name: None, password: None };
                let ctx = scene.ctx(Some(who));
                async move { code(&accept::accept(&ctx, wanted).await) }
            };
            let answers = at_once((0..3).map(|_| join(&secret)).collect()).await;
            let refused: Vec<_> = answers.iter().filter(|a| a.is_some()).copied().collect();
            assert_eq!(refused, [Some(Code::MemberAlready); 2], "{engine:?}");
            let left = come_in(scene.ctx(None), secret.clone(), format!("a{}", who.email)).await;
            assert_eq!(left, None, "{engine:?}: the second use was still there");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn once_a_reset_has_answered_nobody_comes_in() {
    for engine in engines() {
        let scene = Scene::start(engine, 1).await;
        scene.organization("doors", &[(0, "owner")]).await;
        let (mut before, mut after) = (0, 0);
        for round in 0..ROUNDS / 2 {
            let secret = link(&scene, "doors", None).await;
            let reset = {
                let ctx = scene.ctx(Some(&scene.people[0]));
                async move {
                    let done = invite_links::reset(&ctx, "doors").await;
                    matches!(done, Ok(Answer::Done(made)) if made.reset == 1).then_some(()).expect("one link is reset");
                    None
                }
            };
            let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = Option<Code>> + Send>>> = vec![Box::pin(reset)];
            for n in 0..3 {
                let email = format!("guest{round}-{n}@acme.test");
                all.push(Box::pin(come_in(scene.ctx(None), secret.clone(), email)));
            }
            let answers = at_once(all).await;
            let refused = answers.iter().filter(|a| a.is_some()).count();
            assert!(answers.iter().flatten().all(|code| *code == Code::InviteLinkReset), "{answers:?}");
            (before, after) = (before + 3 - refused, after + refused);
            let late = come_in(scene.ctx(None), secret, format!("late{round}@acme.test")).await;
            assert_eq!(late, Some(Code::InviteLinkReset), "{engine:?}, round {round}");
        }
        assert_eq!(before + after, 3 * (ROUNDS / 2), "{engine:?}");
    }
}
