//! Races of people who go with people who get their things, and of owners who delete themselves.

use guildhall_domain::ids::OrgId;
use guildhall_domain::refusal::Code;
use guildhall_server::ops::departures::{self, Handover};
use guildhall_server::ops::farewell::{self, Farewell};
use guildhall_server::ops::resources::{self, NewResource};
use guildhall_server::ops::{Answer, Ctx, members};
use guildhall_testkit::engines;

use crate::races::{at_once, code};
use crate::scene::{Placed, Scene};

const ROUNDS: usize = 60;

/// A workspace that `who` owns.
async fn owned(scene: &Scene, organization: OrgId, owner: &Placed, who: &Placed) -> String {
    let wanted = NewResource {
        kind: "workspace".to_owned(),
        external_id: None,
        name: "Plan".to_owned(),
        parent: None,
        owner: Some(who.id.to_string()),
        controlled: false,
        integration: false,
    };
    match resources::create(&scene.ctx(Some(&owner.person)), &organization.to_string(), wanted).await {
        Ok(Answer::Done(made)) => made.id,
        other => panic!("{other:?}"),
    }
}

enum Act {
    /// Removes the first, whose things go to the second.
    Remove(String, String),
    Deactivate(String),
    RemoveAlone(String),
}

/// Whether it was the removal with an heir, and what it answered.
async fn act(ctx: Ctx, organization: String, act: Act) -> (bool, Option<Code>) {
    let first = matches!(act, Act::Remove(..));
    let answer = match act {
        Act::Remove(who, heir) => {
            let said = Handover { transfer_to: Some(heir), ..Handover::default() };
            code(&departures::remove(&ctx, &organization, &who, said).await)
        }
        Act::Deactivate(who) => code(&members::deactivate(&ctx, &organization, &who).await),
        Act::RemoveAlone(who) => code(&departures::remove(&ctx, &organization, &who, Handover::default()).await),
    };
    (first, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_handed_on_to_somebody_who_is_gone() {
    for engine in engines() {
        let scene = Scene::start(engine, 3).await;
        let (mut handed_on, mut refused) = (0, 0);
        for round in 0..ROUNDS {
            let roles = [(0, "owner"), (1, "member"), (2, "member")];
            let (organization, placed) = scene.organization(&format!("h{round}"), &roles).await;
            let thing = owned(&scene, organization, &placed[0], &placed[1]).await;
            let [leaver, heir] = [placed[1].id.to_string(), placed[2].id.to_string()];
            let ends = if round % 2 == 0 { Act::Deactivate(heir.clone()) } else { Act::RemoveAlone(heir.clone()) };
            let mut acts = [Act::Remove(leaver.clone(), heir.clone()), ends];
            // Now one, now the other is asked first.
            if round % 4 < 2 {
                acts.reverse();
            }
            let owner = &placed[0].person;
            let turns = acts.into_iter().map(|one| act(scene.ctx(Some(owner)), organization.to_string(), one));
            let answers = at_once(turns.collect()).await;
            let told = |first: bool| answers.iter().find(|(which, _)| *which == first).and_then(|(_, code)| *code);
            assert_eq!(told(false), None, "{engine:?}, round {round}");
            let ctx = scene.ctx(Some(owner));
            let now = resources::get(&ctx, &organization.to_string(), &thing).await.expect("it is there");
            let now = now.owner.map(|o| o.id);
            match told(true) {
                // The heir had it, and was switched off or went after that.
                None => {
                    handed_on += 1;
                    assert_eq!(now, (round % 2 == 0).then_some(heir), "{engine:?}, round {round}");
                }
                Some(code) => {
                    refused += 1;
                    assert_eq!((code, now), (Code::TransferHeir, Some(leaver)), "{engine:?}, round {round}");
                }
            }
        }
        assert!(handed_on > 0 && refused > 0, "{engine:?}: {handed_on} handed on, {refused} refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_who_delete_themselves_at_once_never_leave_an_organization_ownerless() {
    for engine in engines() {
        let mut scene = Scene::start(engine, 0).await;
        let mut held_back = 0;
        for round in 0..ROUNDS {
            let mut people = Vec::new();
            for n in 0..2 {
                people.push(scene.person(&format!("p{n}.{round}@acme.test"), true).await);
            }
            scene.people = people;
            let both = [(0, "owner"), (1, "owner")];
            // Found by one and by the other, so that whoever takes them takes them in one order.
            let (north, _) = scene.organization(&format!("n{round}"), &both).await;
            let (south, _) = scene.organization(&format!("s{round}"), &[both[1], both[0]]).await;
            let go = |ctx: Ctx, email: String| async move {
                let wanted = Farewell { confirm: email, password: None };
                code(&farewell::delete_me(&ctx, wanted).await)
            };
            let turns = scene.people.iter().map(|who| go(scene.ctx(Some(who)), who.email.clone())).collect();
            let answers = at_once(turns).await;
            let gone = answers.iter().filter(|a| a.is_none()).count();
            assert_eq!(gone, 1, "{engine:?}, round {round}: {answers:?}");
            held_back += answers.iter().filter(|a| **a == Some(Code::LastOwner)).count();
            for organization in [north, south] {
                assert_eq!(scene.owners(organization).await, 1, "{engine:?}, round {round}");
            }
        }
        assert_eq!(held_back, ROUNDS, "{engine:?}");
    }
}
