//! Laws over random histories: a dry run tells what the write then does, no more and no less; whoever is switched off
//! and on is as before, and so is everybody else; a grant takes nothing from anybody.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::resource::Resource;
use guildhall_server::ops::grant_shapes::{NewGrant, SubjectBody};
use guildhall_server::ops::{Answer as Done, Ctx, grants, members};
use guildhall_store::read::{Page, audit, identity, organization, resource};
use guildhall_testkit::{Answer, Engine, TestApp, engines};
use serde_json::Value;

use crate::generate::{Dice, history};
use crate::matrix::{self, Matrix, missing};
use crate::scene::ctx;
use crate::world::{Item, World};

/// Histories of so many requests.
const STEPS: usize = 260;

/// What succeeded in an organization, oldest first: kind and target's name.
async fn trail(test: &TestApp, id: OrgId) -> Vec<String> {
    let read = test.app.store.read(move |conn| {
        let page = Page { after: None, limit: 10_000 };
        Ok(audit::list(conn, id, &audit::Filter::default(), &page)?)
    });
    let events = read.await.expect("reads");
    events.into_iter().rev().filter(|e| e.outcome == "success").map(|e| e.kind).collect()
}

/// An organization as a law compares it.
struct Picture {
    trail: Vec<String>,
    /// What everybody may do at its root.
    rights: Matrix,
    /// Everybody's address.
    labels: BTreeMap<MemberId, String>,
}

async fn pictures(world: &World) -> BTreeMap<OrgId, Picture> {
    let mut all = BTreeMap::new();
    for id in world.organizations() {
        let labels = matrix::members(&world.test, id).await.into_iter().map(|m| (m.id, m.label().to_owned())).collect();
        let (trail, rights) = (trail(&world.test, id).await, matrix::of(&world.test, id, false).await);
        all.insert(id, Picture { trail, rights, labels });
    }
    all
}

/// Who has which permissions: by id, or by address for somebody who was not there before, whose id a dry run cannot
/// know.
type Told = BTreeSet<(String, BTreeSet<String>)>;

/// One list of a preview, about organizations.
fn told(preview: &Answer, list: &str, before: &BTreeMap<OrgId, Picture>) -> Told {
    let entries = preview.body[list].as_array().cloned().unwrap_or_default();
    let entry = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let names = one["permissions"].as_array().cloned().unwrap_or_default();
        let names = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let known = text("member").parse().is_ok_and(|id| before.values().any(|here| here.labels.contains_key(&id)));
        one["resource"].is_null().then(|| (text(if known { "member" } else { "email" }), names))
    };
    entries.iter().filter_map(entry).collect()
}

fn came(of: Matrix, was: &Picture, is: &Picture) -> Told {
    let name = |id: MemberId| match was.labels.contains_key(&id) {
        true => id.to_string(),
        false => is.labels.get(&id).cloned().unwrap_or_default(),
    };
    of.into_iter().map(|((id, _), names)| (name(id), names)).collect()
}

/// Whether a request writes something that can be asked beforehand.
fn can_be_foretold(item: &Item) -> bool {
    let asked = &item.request;
    let asks = ["/introspect", "/check", "/access/"].iter().any(|part| asked.route.contains(part));
    asked.method != "GET" && !asked.dry_run && asked.key.is_none() && !asks
}

/// Holds what was told to what came of it.
fn compare(
    preview: &Answer,
    (status, code): (u16, &str),
    before: &BTreeMap<OrgId, Picture>,
    after: &BTreeMap<OrgId, Picture>,
) -> Result<(), String> {
    if preview.status != 200 || status >= 300 {
        let same = (preview.status, preview.code()) == (status, code);
        return if same { Ok(()) } else { Err(format!("foretold {}, came {status} {code}", preview.text)) };
    }
    let (mut done, mut gained, mut lost) = (Vec::new(), Told::new(), Told::new());
    for (id, is) in after {
        let Some(was) = before.get(id) else { return Ok(()) };
        done.extend(is.trail.iter().skip(was.trail.len()).cloned());
        gained.extend(came(missing(&is.rights, &was.rights), was, is));
        lost.extend(came(missing(&was.rights, &is.rights), was, is));
    }
    let changes = preview.body["changes"].as_array().cloned().unwrap_or_default();
    let mut foretold: Vec<String> = changes.iter().filter_map(|c| c["type"].as_str()).map(str::to_owned).collect();
    // What belongs to no organization is in no trail of one.
    foretold.retain(|kind| done.contains(kind));
    foretold.sort();
    done.sort();
    if foretold != done {
        return Err(format!("foretold {foretold:?}, done {done:?}"));
    }
    for (list, came) in [("access_gained", gained), ("access_lost", lost)] {
        let said = told(preview, list, before);
        if said != came {
            return Err(format!("{list}: foretold {said:?}, came {came:?}"));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_exactly_what_the_write_then_does() {
    for engine in engines() {
        let (mut tried, mut refused, mut touched) = (0, 0, 0);
        for seed in 7_001..7_007 {
            let mut world = World::start(engine).await;
            for item in history(seed, STEPS) {
                if !can_be_foretold(&item) {
                    world.step(&item).await.expect("model and program agree");
                    continue;
                }
                let preview = world.foretell(&item).await;
                let before = pictures(&world).await;
                world.step(&item).await.expect("model and program agree");
                let after = pictures(&world).await;
                let (status, code) = world.last.clone();
                let verdict = compare(&preview, (status, &code), &before, &after);
                assert!(verdict.is_ok(), "{engine:?}, seed {seed}, step {}: {verdict:?}: {item:?}", item.step);
                tried += 1;
                refused += usize::from(status >= 400);
                let moves =
                    ["access_gained", "access_lost"].iter().any(|list| !told(&preview, list, &before).is_empty());
                touched += usize::from(moves);
            }
            world.test.stop().await;
        }
        assert!(tried > 500 && refused > 50 && touched > 9, "{engine:?}: {tried} {refused} {touched}");
    }
}

/// The world after a history that is over before most people have gone again.
async fn after(engine: Engine, seed: u64) -> World {
    let mut world = World::start(engine).await;
    for item in history(seed, STEPS / 2) {
        world.step(&item).await.expect("model and program agree");
    }
    world
}

/// Somebody who may do everything in an organization, signed in this moment.
async fn owner(test: &TestApp, id: OrgId) -> Ctx {
    let holder = matrix::owner(test, id).await.user.expect("a person");
    let read = test.app.store.read(move |conn| Ok(identity::by_id(conn, holder)?));
    let person = read.await.expect("reads").expect("an identity");
    ctx(test, Some(&person))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switching_off_and_on_restores_the_rights_of_everybody_on_everything() {
    for engine in engines() {
        let mut restored = 0;
        for seed in 8_001..8_011 {
            let world = after(engine, seed).await;
            for id in world.organizations() {
                let ctx = owner(&world.test, id).await;
                let before = matrix::of(&world.test, id, true).await;
                for member in matrix::members(&world.test, id).await {
                    if member.status != Status::Active || member.kind != MemberKind::Person {
                        continue;
                    }
                    let (place, name) = (id.to_string(), member.id.to_string());
                    // Some presets only remove, and the last holder of the top role stays.
                    if members::deactivate(&ctx, &place, &name).await.is_err() {
                        continue;
                    }
                    let off = matrix::of(&world.test, id, true).await;
                    assert!(off.keys().all(|(who, _)| *who != member.id), "{engine:?}: off and not out");
                    members::reactivate(&ctx, &place, &name).await.expect("the seat is free still");
                    let now = matrix::of(&world.test, id, true).await;
                    assert_eq!(now, before, "{engine:?}, seed {seed}, {}", member.label());
                    restored += 1;
                }
            }
            world.test.stop().await;
        }
        assert!(restored > 5, "{engine:?}: only {restored}");
    }
}

async fn things(test: &TestApp, id: OrgId) -> Vec<Resource> {
    let all = Page { after: None, limit: 10_000 };
    let read = test.app.store.read(move |conn| Ok(resource::list(conn, id, &resource::Filter::default(), &all)?));
    read.await.expect("reads")
}

/// Whether grants close scopes here: then they are no law.
async fn closes(test: &TestApp, id: OrgId) -> bool {
    let app = test.app.clone();
    let read = test.app.store.read(move |conn| {
        let here = organization::by_id(conn, id)?.expect("it is there");
        Ok(app.rules_uncached(conn, &here)?.policy().scope_controlled_by_grants)
    });
    read.await.expect("reads")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_takes_nothing_from_anybody() {
    for engine in engines() {
        let (mut made, mut widened) = (0, 0);
        for seed in 9_001..9_011 {
            let (world, mut dice) = (after(engine, seed).await, Dice::new(seed));
            for id in world.organizations() {
                if closes(&world.test, id).await {
                    continue;
                }
                let ctx = owner(&world.test, id).await;
                let (people, things) = (matrix::members(&world.test, id).await, things(&world.test, id).await);
                let mut before = matrix::of(&world.test, id, true).await;
                for _ in 0..12 {
                    let (Some(who), Some(on)) = (dice.pick(&people), dice.pick(&things)) else { break };
                    let subject = match dice.below(4) {
                        0 => SubjectBody { kind: "everyone".to_owned(), id: None },
                        1 => SubjectBody {
                            kind: "resource".to_owned(),
                            id: dice.pick(&things).map(|t| t.id.to_string()),
                        },
                        _ => SubjectBody { kind: "member".to_owned(), id: Some(who.id.to_string()) },
                    };
                    let role = dice.word(&["viewer", "editor", "manager"]).to_owned();
                    let wanted = NewGrant { subject, role: Some(role), permission: None, expires_at: None };
                    let granted = grants::create(&ctx, &id.to_string(), &on.id.to_string(), wanted).await;
                    let after = matrix::of(&world.test, id, true).await;
                    let gone = missing(&before, &after);
                    assert!(gone.is_empty(), "{engine:?}, seed {seed}: {granted:?} took {gone:?}");
                    made += usize::from(matches!(granted, Ok(Done::Done(_))));
                    widened += usize::from(!missing(&after, &before).is_empty());
                    before = after;
                }
            }
            world.test.stop().await;
        }
        assert!(made > 5 && widened > 2, "{engine:?}: {made} made, {widened} widened");
    }
}
