//! Whole answers: all resources of a subject, all subjects of a resource, all actions of both; and
//! who reaches a resource, whence.

use std::collections::BTreeSet;

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";

async fn make(owner: &mut Caller, body: Value) -> String {
    owner.post(&format!("{ORG}/resources"), body).await.expect(201).at("/id").to_owned()
}

async fn grant(owner: &mut Caller, on: &str, subject: Value, role: &str) -> String {
    let body = json!({"subject": subject, "role": role});
    owner.post(&format!("{ORG}/resources/{on}/grants"), body).await.expect(201).at("/id").to_owned()
}

/// Every item of an answer, three at a time.
async fn whole(by: &mut Caller, what: &str, mut asked: Value) -> Vec<Value> {
    asked["limit"] = json!(3);
    let mut items = Vec::new();
    loop {
        let page = by.post(&format!("{ORG}/access/{what}"), asked.clone()).await.expect(200);
        items.extend(page.body["items"].as_array().expect("items").clone());
        match page.body["next"].as_str() {
            Some(next) => asked["after"] = json!(next),
            None => return items,
        }
    }
}

fn each(items: &[Value], field: &str) -> Vec<String> {
    items.iter().map(|item| item[field].as_str().expect("a text").to_owned()).collect()
}

/// A tree, people and groups in which every way of reaching something occurs.
async fn scene(test: &TestApp, owner: &mut Caller) -> (Vec<String>, Vec<String>) {
    let mut people = Vec::new();
    for (email, role) in
        [("ada@a.test", "admin"), ("mo@a.test", "member"), ("gus@a.test", "guest"), ("una@a.test", "guest")]
    {
        people.push(test.join(owner, "acme", email, role).await.member);
    }
    let mut places = Vec::new();
    for at in 0..4 {
        let space = make(owner, json!({"type": "workspace", "name": format!("W{at}")})).await;
        for inner in 0..3 {
            let body =
                json!({"type": "project", "name": format!("P{at}{inner}"), "parent": space, "controlled": inner == 2});
            places.push(make(owner, body).await);
        }
        places.push(space);
    }
    grant(owner, &places[3], json!({"type": "member", "id": people[1]}), "viewer").await;
    grant(owner, &places[2], json!({"type": "member", "id": people[2]}), "editor").await;
    let team = owner.post(&format!("{ORG}/groups"), json!({"name": "Team"})).await.expect(201).at("/id").to_owned();
    let seat = format!("{ORG}/groups/{team}/members/{}", people[2]);
    owner.send("PUT", &seat, None, &[]).await.expect(204);
    grant(owner, &places[7], json!({"type": "group", "id": team}), "viewer").await;
    grant(owner, &places[4], json!({"type": "everyone"}), "viewer").await;
    // whoever reaches the second workspace sees the third
    grant(owner, &places[11], json!({"type": "resource", "id": places[7]}), "viewer").await;
    owner.patch(&format!("{ORG}/resources/{}", places[15]), json!({"owner": people[1]})).await.expect(200);
    (people, places)
}

#[tokio::test]
async fn the_three_questions_answer_what_single_checks_answer_and_are_never_cut() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (people, places) = scene(&test, &mut owner).await;
        for permission in ["workspace.read", "project.read", "project.edit", "workspace.create"] {
            let mut expected = Vec::new();
            for member in &people {
                let check = |place: &String| json!({"subject": member, "permission": permission, "resource": place});
                let checks: Vec<Value> = places.iter().map(check).collect();
                let told = owner.post(&format!("{ORG}/check/batch"), json!({"checks": checks})).await.expect(200);
                let allowed = told.body["results"].as_array().expect("results").iter().zip(&places);
                let mut reached: Vec<String> =
                    allowed.filter(|(one, _)| one["allowed"] == json!(true)).map(|(_, place)| place.clone()).collect();
                reached.sort();
                let found = whole(&mut owner, "resources", json!({"subject": member, "permission": permission})).await;
                assert_eq!(each(&found, "id"), reached, "{permission} of {member}");
                let only = json!({"subject": member, "permission": permission, "type": "workspace"});
                let found = whole(&mut owner, "resources", only).await;
                assert!(found.iter().all(|one| one["type"] == json!("workspace")) && found.len() <= 4);
                expected.push((member.clone(), reached));
            }
            for place in &places {
                let found = whole(&mut owner, "subjects", json!({"resource": place, "permission": permission})).await;
                let found: BTreeSet<String> = each(&found, "member").into_iter().collect();
                let wanted = expected.iter().filter(|(_, reached)| reached.contains(place)).map(|(member, _)| member);
                let wanted: BTreeSet<String> = wanted.cloned().collect();
                let others: Vec<&String> = found.difference(&wanted).collect();
                assert!(wanted.is_subset(&found) && others.len() == 1, "the owner beside {wanted:?}: {found:?}");
            }
        }
        for member in &people {
            for place in &places {
                let found = whole(&mut owner, "actions", json!({"subject": member, "resource": place})).await;
                let found = each(&found, "permission");
                let all = owner.get(&format!("{ORG}/permissions")).await.expect(200);
                let names: Vec<String> = each(all.body["items"].as_array().expect("items"), "name");
                let check = |name: &String| json!({"subject": member, "permission": name, "resource": place});
                let checks: Vec<Value> = names.iter().map(check).collect();
                let told = owner.post(&format!("{ORG}/check/batch"), json!({"checks": checks})).await.expect(200);
                for (name, one) in names.iter().zip(told.body["results"].as_array().expect("results")) {
                    assert_eq!(found.contains(name), one["allowed"] == json!(true), "{name} of {member} on {place}");
                }
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_question_says_its_revision_goes_on_after_a_change_and_is_for_those_who_may_ask() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (_, places) = scene(&test, &mut owner).await;
        let mut mo = test.sign_in("mo@a.test").await;
        let ask = |after: Option<&str>| json!({"permission": "project.read", "limit": 1, "after": after});
        let first = mo.post(&format!("{ORG}/access/resources"), ask(None)).await.expect(200);
        let revision = first.body["revision"].as_u64().expect("a revision");
        grant(&mut owner, &places[12], json!({"type": "everyone"}), "viewer").await;
        let (mut seen, mut after) = (vec![first.body["items"][0]["id"].clone()], first.at("/next").to_owned());
        loop {
            let page = mo.post(&format!("{ORG}/access/resources"), ask(Some(&after))).await.expect(200);
            assert_eq!(page.body["revision"], json!(revision + 1), "the page is of what is now");
            seen.extend(page.body["items"].as_array().expect("items").iter().map(|one| one["id"].clone()));
            match page.body["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert!(seen.contains(&json!(places[12])) && seen.contains(&json!(places[0])), "{seen:?}");
        let bad = json!({"permission": "project.read", "after": "nonsense"});
        mo.post(&format!("{ORG}/access/resources"), bad).await.refused(400, "cursor.invalid");
        let ahead = json!({"permission": "project.read", "at_least_revision": revision + 9});
        for what in ["resources", "subjects"] {
            owner.post(&format!("{ORG}/access/{what}"), ahead.clone()).await.refused(422, "request.invalid");
        }
        owner
            .post(&format!("{ORG}/access/actions"), json!({"at_least_revision": 999}))
            .await
            .refused(422, "request.invalid");
        let odd = json!({"permission": "project.read", "type": "castle"});
        owner.post(&format!("{ORG}/access/resources"), odd).await.refused(422, "resource.type");
        let unknown = json!({"permission": "no.such"});
        owner.post(&format!("{ORG}/access/resources"), unknown).await.refused(422, "request.invalid");
        // about others only whoever may ask; a stranger is nobody, and reaches nothing
        let other = json!({"subject": "owner@acme.test", "permission": "project.read"});
        mo.post(&format!("{ORG}/access/resources"), other.clone()).await.refused(403, "access.denied");
        mo.post(&format!("{ORG}/access/subjects"), json!({"permission": "project.read"}))
            .await
            .refused(403, "access.denied");
        let stranger = json!({"subject": "nobody@a.test", "permission": "project.read"});
        assert_eq!(owner.post(&format!("{ORG}/access/resources"), stranger).await.expect(200).count(), 0);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_17_people_of_a_workspace_are_listed_with_where_their_access_comes_from() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let ann = test.join(&mut owner, "acme", "ann@a.test", "member").await;
        test.join(&mut owner, "acme", "bob@a.test", "member").await;
        make(&mut owner, json!({"type": "workspace", "name": "Prod", "external_id": "w"})).await;
        make(&mut owner, json!({"type": "snapshot", "name": "May", "external_id": "s", "parent": "workspace:w"})).await;
        grant(&mut owner, "workspace:w", json!({"type": "member", "id": ann.member}), "reader").await;
        let people = test.all(&mut owner, &format!("{ORG}/resources/workspace:w/people")).await;
        let of = |email: &str| people.iter().find(|one| one["identity"]["email"] == json!(email));
        assert_eq!(people.len(), 2, "Bob has no workspace by default: {people:?}");
        let scopes = |one: &Value| -> BTreeSet<String> {
            one["sources"].as_array().expect("sources").iter().map(|s| s["scope"].to_string()).collect()
        };
        assert!(scopes(of("owner@acme.test").expect("the owner")).contains("\"organization\""));
        assert_eq!(scopes(of("ann@a.test").expect("ann")), BTreeSet::from(["\"resource\"".to_owned()]));
        let below = test.all(&mut owner, &format!("{ORG}/resources/snapshot:s/people")).await;
        let ann = below.iter().find(|one| one["identity"]["email"] == json!("ann@a.test")).expect("ann");
        assert_eq!(scopes(ann), BTreeSet::from(["\"above\"".to_owned()]));
        test.stop().await;
    }
}
