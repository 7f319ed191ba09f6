//! Laws that hold whatever the presets and policies say.

use std::collections::HashMap;

use guildhall_domain::ids::OrgId;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, audit, credential, deploy_key, invitation, member, organization};
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

use crate::generate::history;
use crate::scene::Scene;
use crate::world::World;

/// Everything of an organization that its own writes change, its revision, and its trail.
async fn inside(test: &TestApp, id: OrgId) -> (String, u64, Vec<(u64, String)>) {
    let read = test.app.store.read(move |conn| {
        let here = organization::by_id(conn, id)?;
        let members = member::list(conn, id, &member::Filter::default(), &Page { after: None, limit: 10_000 })?;
        let members: Vec<_> = members
            .into_iter()
            .map(|(_, m)| json!([m.id, m.user, m.role, m.status, m.sessions_from, m.joined_at]))
            .collect();
        let invitations = invitation::list(conn, id, None, &Page { after: None, limit: 10_000 }, Timestamp::default())?;
        let invitations: Vec<_> = invitations
            .into_iter()
            .map(|i| json!([i.id, i.role, i.state, i.expires_at, i.deliver, i.revision]))
            .collect();
        let tokens = credential::tokens_of_organization(conn, id, &Page { after: None, limit: 10_000 })?;
        let tokens: Vec<_> =
            tokens.into_iter().map(|t| json!([t.id, t.name, t.active, t.issued_at, t.expires_at])).collect();
        let keys = deploy_key::list(conn, id, &Page { after: None, limit: 10_000 })?;
        let keys: Vec<_> = keys.into_iter().map(|k| json!([k.id, k.name])).collect();
        let here = here.map(|o| json!([o.name, o.slug, o.policy, o.valid_from, o.revision]));
        let trail = audit::list(conn, id, &audit::Filter::default(), &Page { after: None, limit: 10_000 })?;
        // Refusals are noted beside, when there is time.
        let done = trail.into_iter().rev().filter(|e| e.outcome == "success");
        let trail = done.map(|e| (e.revision, e.kind)).collect();
        let mut members = members;
        members.sort_by_key(ToString::to_string);
        let picture = json!([here, members, invitations, tokens, keys]).to_string();
        Ok((picture, organization::revision(conn, id)?, trail))
    });
    read.await.expect("reads")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changes_without_a_record_of_its_revision() {
    for engine in engines() {
        let mut world = World::start(engine).await;
        let (mut known, mut changes) = (HashMap::new(), 0);
        for item in history(1_001, 1_000) {
            world.step(&item).await.expect("model and program agree");
            for id in world.organizations() {
                let (picture, revision, trail) = inside(&world.test, id).await;
                let revisions: Vec<u64> = trail.iter().map(|(revision, _)| *revision).collect();
                assert!(revisions.is_sorted(), "{engine:?}, step {}: the trail is out of order: {trail:?}", item.step);
                assert!(revisions.last().is_none_or(|last| *last <= revision));
                let Some((old_picture, old_revision, old_trail)) =
                    known.insert(id, (picture.clone(), revision, trail.clone()))
                else {
                    continue;
                };
                assert!(trail.starts_with(&old_trail), "{engine:?}, step {}: the past was changed", item.step);
                assert!(revision >= old_revision);
                if picture != old_picture {
                    changes += 1;
                    assert!(revision > old_revision, "{engine:?}, step {}: no new revision", item.step);
                    let told = trail[old_trail.len()..].iter().any(|(at, _)| *at == revision);
                    assert!(told, "{engine:?}, step {}: a change without a record: {:?}", item.step, item.request);
                }
            }
        }
        assert!(changes > 25, "{engine:?}: only {changes} changes were looked at");
    }
}

/// A member as everybody sees them, and everything they may do.
async fn seen(owner: &mut Caller, permissions: &[String], member: &str) -> (Value, Value) {
    let mut view = owner.get(&format!("/organizations/law/members/{member}")).await.expect(200).body;
    for moving in ["revision", "last_active_at"] {
        view[moving] = Value::Null;
    }
    let checks: Vec<Value> =
        permissions.iter().map(|p| json!({"subject": member, "permission": p, "explain": true})).collect();
    let answers = owner.post("/organizations/law/check/batch", json!({"checks": checks})).await.expect(200);
    let results = answers.body["results"].as_array().cloned().unwrap_or_default();
    let rights = results.iter().map(|r| json!([r["allowed"], r["reasons"]])).collect();
    // Groups, grants and what they own, as the plan of a removal lists them.
    let plan = owner.get(&format!("/organizations/law/members/{member}/removal-plan")).await.expect(200).body;
    view["has"] = json!([plan["owns"], plan["holds"]]);
    (view, rights)
}

#[tokio::test]
async fn whoever_is_switched_off_and_on_is_exactly_as_before() {
    for engine in engines() {
        let scene = Scene::start(engine, 4).await;
        let roles = [(0, "owner"), (1, "admin"), (2, "member"), (3, "guest")];
        let (organization, placed) = scene.organization("law", &roles).await;
        let (_, secret) = scene.token(organization, &placed[0]).await;
        let mut owner = scene.test.with_token(&secret);
        let catalogue = owner.get("/organizations/law/permissions").await.expect(200);
        let names = catalogue.body["items"].as_array().expect("items").iter();
        let permissions: Vec<String> = names.filter_map(|p| p["name"].as_str()).map(str::to_owned).collect();
        let group = owner.post("/organizations/law/groups", json!({"name": "Ops"})).await.expect(201);
        let shared = json!({"type": "workspace", "name": "Shared"});
        let shared = owner.post("/organizations/law/resources", shared).await.expect(201).at("/id").to_owned();
        for one in &placed[1..] {
            let seat = format!("/organizations/law/groups/{}/members/{}", group.at("/id"), one.id);
            owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
            let given = json!({"subject": {"type": "member", "id": one.id}, "role": "editor"});
            owner.post(&format!("/organizations/law/resources/{shared}/grants"), given).await.expect(201);
            let own = json!({"type": "workspace", "name": one.id.to_string(), "owner": one.id});
            owner.post("/organizations/law/resources", own).await.expect(201);
        }
        for one in &placed[1..] {
            let (id, theirs) = (one.id.to_string(), scene.token(organization, one).await.1);
            let mut themself = scene.test.with_token(&theirs);
            assert_eq!(themself.get("/organizations/law").await.status, 200);
            let before = seen(&mut owner, &permissions, &id).await;
            assert_eq!(owner.post(&format!("/organizations/law/members/{id}/deactivate"), json!({})).await.status, 200);
            let (view, rights) = seen(&mut owner, &permissions, &id).await;
            assert_eq!(view["status"], "deactivated");
            assert!(rights.as_array().is_some_and(|all| all.iter().all(|r| r[0] == false)), "{rights}");
            themself.get("/organizations/law").await.refused(404, "not_found");
            assert_eq!(owner.post(&format!("/organizations/law/members/{id}/reactivate"), json!({})).await.status, 200);
            assert_eq!(seen(&mut owner, &permissions, &id).await, before, "{engine:?}");
            assert_eq!(themself.get("/organizations/law").await.status, 200);
        }
    }
}
