//! Going with belongings: what a person owns and has, who gets it, undoing a removal, and deleting
//! one's own account.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, Person, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";

async fn policy(owner: &mut Caller, knobs: Value) {
    owner.patch(&format!("{ORG}/policy"), knobs).await.expect(200);
}

/// A workspace that `who` owns: its id.
async fn workspace(owner: &mut Caller, name: &str, who: &str) -> String {
    let body = json!({"type": "workspace", "name": name, "owner": who});
    owner.post(&format!("{ORG}/resources"), body).await.expect(201).at("/id").to_owned()
}

async fn owner_of(owner: &mut Caller, resource: &str) -> Value {
    owner.get(&format!("{ORG}/resources/{resource}")).await.expect(200).body["owner"]["id"].clone()
}

async fn remove(owner: &mut Caller, person: &Person, said: Value) -> Answer {
    owner.send("DELETE", &format!("{ORG}/members/{}", person.member), Some(&said), &[]).await
}

async fn restore(owner: &mut Caller, person: &Person) -> Answer {
    owner.send("POST", &format!("{ORG}/members/{}/restore", person.member), None, &[]).await
}

async fn plan(by: &mut Caller, person: &Person) -> Value {
    by.get(&format!("{ORG}/members/{}/removal-plan", person.member)).await.expect(200).body
}

async fn farewell(who: &mut Caller, confirm: &str, password: Option<&str>) -> Answer {
    let mut body = json!({"confirm": confirm});
    if let Some(password) = password {
        body["password"] = json!(password);
    }
    who.send("DELETE", "/me", Some(&body), &[]).await
}

fn codes(plan: &Value) -> Vec<&str> {
    plan["blocks"].as_array().expect("blocks").iter().filter_map(|b| b["code"].as_str()).collect()
}

#[tokio::test]
async fn pl_9_the_plan_tells_what_somebody_owns_and_has_what_blocks_and_what_to_replace() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let other = workspace(&mut owner, "Shared", "").await;
        let group = owner.post(&format!("{ORG}/groups"), json!({"name": "Ops"})).await.expect(201).at("/id").to_owned();
        let seat = format!("{ORG}/groups/{group}/members/{}", ann.member);
        owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
        let given = json!({"subject": {"type": "member", "id": ann.member}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/{other}/grants"), given).await.expect(201);
        let (_, token) = test.mint(&mut ann.caller, "acme", None).await;

        let told = plan(&mut owner, &ann).await;
        let thing = json!({"resource": space, "type": "workspace", "name": "Plan", "becomes": "organization"});
        assert_eq!(told["owns"], json!([thing]));
        assert_eq!(told["holds"]["groups"], json!([{"id": group, "name": "Ops", "manager": true}]));
        let granted = &told["holds"]["grants"][0];
        assert_eq!((&granted["resource"], &granted["role"]), (&json!(other), &json!("viewer")));
        assert_eq!(told["holds"]["tokens"][0]["id"], token);
        assert_eq!(told["rotate"][0]["id"], token, "whoever made a secret may have copied it");
        assert_eq!(told["blocks"], json!([]));

        policy(&mut owner, json!({"delete.owned_objects": "block", "delete.precondition": "deactivated"})).await;
        let told = plan(&mut owner, &ann).await;
        assert_eq!(codes(&told), ["member.deactivate_first", "member.owns_resources"]);
        let blocker = json!({"resource": space, "type": "workspace", "name": "Plan"});
        assert_eq!(told["blocks"][1]["blockers"], json!([blocker]));
        assert_eq!(told["owns"][0]["becomes"], "undecided");

        // One's own plan is what leaving does; another's is for those who take people out.
        assert_eq!(codes(&plan(&mut ann.caller.clone(), &ann).await), ["member.owns_resources"]);
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let path = format!("{ORG}/members/{}/removal-plan", ann.member);
        bob.caller.get(&path).await.refused(403, "access.denied");
        policy(&mut owner, json!({"offboard.modes": ["deactivate"]})).await;
        assert_eq!(codes(&plan(&mut owner, &ann).await), ["access.denied"], "nobody is removed here");
        test.stop().await;
    }
}

// PL-11
#[tokio::test]
async fn the_plan_says_that_grants_at_other_providers_stay_where_the_policy_wants_it_said() {
    let (test, mut owner) = TestApp::house(engines()[0], "standard").await;
    let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
    assert!(plan(&mut owner, &ann).await["upstream"].as_str().is_some_and(|text| text.contains("OAuth")));
    policy(&mut owner, json!({"offboard.upstream_notice": false})).await;
    assert_eq!(plan(&mut owner, &ann).await["upstream"], Value::Null);
    test.stop().await;
}

// ON-23, PL-9
#[tokio::test]
async fn what_a_removed_person_owned_goes_where_the_policy_says() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let heir = test.join(&mut owner, "acme", "heir@acme.test", "member").await;
        for (knob, alone, to_organization) in
            [("org_owned", 204, 204), ("orphan", 204, 204), ("block", 409, 204), ("transfer_required", 409, 409)]
        {
            policy(&mut owner, json!({"delete.owned_objects": knob})).await;
            let ann = test.join(&mut owner, "acme", &format!("{knob}1@acme.test"), "member").await;
            let space = workspace(&mut owner, knob, &ann.member).await;
            let answer = remove(&mut owner, &ann, json!({})).await;
            assert_eq!(answer.status, alone, "{knob}: {}", answer.text);
            if alone == 409 {
                answer.refused(409, "member.owns_resources");
                let blocker = json!({"resource": space, "type": "workspace", "name": knob});
                assert_eq!(answer.body["blockers"], json!([blocker]));
                assert_eq!(owner_of(&mut owner, &space).await, json!(ann.member), "{knob}: nothing changed");
                let answer = remove(&mut owner, &ann, json!({"transfers": {space.clone(): null}})).await;
                assert_eq!(answer.status, to_organization, "{knob}: {}", answer.text);
            }
            if to_organization == 204 {
                assert_eq!(owner_of(&mut owner, &space).await, Value::Null, "{knob}");
            } else {
                remove(&mut owner, &ann, json!({"transfer_to": heir.member})).await.expect(204);
                assert_eq!(owner_of(&mut owner, &space).await, json!(heir.member), "{knob}");
            }
            let bob = test.join(&mut owner, "acme", &format!("{knob}2@acme.test"), "member").await;
            let space = workspace(&mut owner, knob, &bob.member).await;
            remove(&mut owner, &bob, json!({"transfer_to": heir.member})).await.expect(204);
            assert_eq!(owner_of(&mut owner, &space).await, json!(heir.member), "{knob}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn things_go_to_one_heir_or_each_to_its_own_in_the_commit_of_the_removal() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"delete.owned_objects": "transfer_required"})).await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let cy = test.join(&mut owner, "acme", "cy@acme.test", "member").await;
        let (one, two) =
            (workspace(&mut owner, "One", &ann.member).await, workspace(&mut owner, "Two", &ann.member).await);
        let foreign = workspace(&mut owner, "Foreign", &bob.member).await;
        let unfit = [
            (json!({"transfer_to": ann.member}), 422, "transfer.heir"),
            (json!({"transfer_to": "mem_nobody"}), 422, "transfer.heir"),
            (json!({"transfers": {one.clone(): ann.member}}), 422, "transfer.heir"),
            (json!({"transfer_to": bob.member, "transfers": {foreign: cy.member}}), 422, "transfer.not_owned"),
            (json!({"transfers": {one.clone(): cy.member}}), 409, "member.owns_resources"),
        ];
        for (said, status, code) in unfit {
            remove(&mut owner, &ann, said.clone()).await.refused(status, code);
        }
        owner.send("POST", &format!("{ORG}/members/{}/deactivate", cy.member), None, &[]).await.expect(200);
        remove(&mut owner, &ann, json!({"transfer_to": cy.member})).await.refused(422, "transfer.heir");
        owner.send("POST", &format!("{ORG}/members/{}/reactivate", cy.member), None, &[]).await.expect(200);
        let said = json!({"transfer_to": bob.member, "transfers": {two.clone(): cy.member}});
        remove(&mut owner, &ann, said).await.expect(204);
        assert_eq!(owner_of(&mut owner, &one).await, json!(bob.member));
        assert_eq!(owner_of(&mut owner, &two).await, json!(cy.member));
        let trail = test.all(&mut owner, &format!("{ORG}/audit-events?target={one}")).await;
        assert_eq!(trail[0]["type"], "resource.edited");
        let last = test.all(&mut owner, &format!("{ORG}/audit-events?type=member.removed")).await;
        assert_eq!(trail[0]["revision"], last[0]["revision"], "one commit");
        // Whoever got it has it at the very next request.
        let mut cy = test.sign_in(&cy.email).await;
        cy.patch(&format!("{ORG}/resources/{two}"), json!({"name": "Mine"})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_gives_away_what_they_do_not_have_by_removing_its_owner() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut boss = test.join(&mut owner, "acme", "boss@acme.test", "admin").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let scopes = ["member.list", "member.remove", "workspace.read"];
        let (mut narrow, _) = test.mint(&mut boss.caller, "acme", Some(&scopes)).await;
        remove(&mut narrow, &ann, json!({"transfer_to": boss.member})).await.refused(403, "access.denied");
        assert_eq!(owner_of(&mut owner, &space).await, json!(ann.member));
        remove(&mut boss.caller, &ann, json!({"transfer_to": boss.member})).await.expect(204);
        assert_eq!(owner_of(&mut owner, &space).await, json!(boss.member));
        test.stop().await;
    }
}

#[tokio::test]
async fn an_owner_hands_a_thing_on_by_an_act_of_its_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let path = format!("{ORG}/resources/{space}/transfer");
        bob.caller.post(&path, json!({"to": bob.member})).await.refused(404, "not_found");
        ann.caller.post(&path, json!({"to": "mem_nobody"})).await.refused(422, "transfer.heir");
        let moved = ann.caller.post(&path, json!({"to": bob.member})).await.expect(200);
        assert_eq!(moved.at("/owner/id"), bob.member);
        ann.caller.get(&format!("{ORG}/resources/{space}")).await.refused(404, "not_found");
        let left = bob.caller.post(&path, json!({"to": null})).await.expect(200);
        assert_eq!(left.body["owner"], Value::Null);
        owner.post(&path, json!({})).await.refused(422, "request.invalid");
        owner.post(&path, json!({"to": ann.member})).await.expect(200);
        // Where everything must be handed on before, an heir in the removal itself comes too late.
        policy(&mut owner, json!({"delete.precondition": "transferred"})).await;
        remove(&mut owner, &ann, json!({"transfer_to": bob.member})).await.refused(409, "member.owns_resources");
        owner.post(&path, json!({"to": bob.member})).await.expect(200);
        remove(&mut owner, &ann, json!({})).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_leaves_hands_on_what_they_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"delete.owned_objects": "transfer_required"})).await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let leave = format!("{ORG}/leave");
        ann.caller.send("POST", &leave, None, &[]).await.refused(409, "member.owns_resources");
        ann.caller.post(&leave, json!({"transfer_to": bob.member})).await.expect(204);
        assert_eq!(owner_of(&mut owner, &space).await, json!(bob.member));
        restore(&mut owner, &ann).await.refused(410, "removal.over");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_removal_is_undone_within_the_grace_period_and_everything_is_as_before() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"removal.grace_s": 3600})).await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let shared = workspace(&mut owner, "Shared", "").await;
        let group = owner.post(&format!("{ORG}/groups"), json!({"name": "Ops"})).await.expect(201).at("/id").to_owned();
        let seat = format!("{ORG}/groups/{group}/members/{}", ann.member);
        owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
        let given = json!({"subject": {"type": "member", "id": ann.member}, "role": "viewer"});
        let path = format!("{ORG}/resources/{shared}/grants");
        let grant = owner.post(&path, given).await.expect(201).at("/id").to_owned();
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        let mut elsewhere = test.sign_in("ann@acme.test").await;
        test.found(&mut elsewhere, "mine", "standard").await;
        let seen = |mut view: Value| {
            view["revision"] = Value::Null;
            view["last_active_at"] = Value::Null;
            view
        };
        let before = seen(owner.get(&format!("{ORG}/members/{}", ann.member)).await.expect(200).body);
        restore(&mut owner, &ann).await.refused(409, "member.already");

        remove(&mut owner, &ann, json!({})).await.expect(204);
        assert_eq!(owner_of(&mut owner, &space).await, Value::Null);
        assert_eq!(owner.get(&path).await.expect(200).count(), 0);
        let back = restore(&mut owner, &ann).await.expect(200);
        assert_eq!(seen(back.body), before);
        assert_eq!(owner_of(&mut owner, &space).await, json!(ann.member));
        assert_eq!(owner.get(&path).await.expect(200).at("/items/0/id"), grant);
        token.get(ORG).await.refused(401, "auth.invalid");
        elsewhere.get(ORG).await.refused(401, "auth.invalid");
        elsewhere.get("/organizations/mine").await.expect(200);
        test.sign_in("ann@acme.test").await.get(&format!("{ORG}/audit-events")).await.expect(200);

        remove(&mut owner, &ann, json!({})).await.expect(204);
        test.clock.advance_s(3601);
        restore(&mut owner, &ann).await.refused(410, "removal.over");
        policy(&mut owner, json!({"removal.grace_s": null})).await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        remove(&mut owner, &bob, json!({})).await.expect(204);
        restore(&mut owner, &bob).await.refused(410, "removal.over");
        test.stop().await;
    }
}

// K34: whoever comes back has none of the old rights, and the way back is closed by it.
#[tokio::test]
async fn whoever_came_back_by_an_invitation_is_not_restored() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let shared = workspace(&mut owner, "Shared", "").await;
        let group = owner.post(&format!("{ORG}/groups"), json!({"name": "Ops"})).await.expect(201).at("/id").to_owned();
        let seat = format!("{ORG}/groups/{group}/members/{}", ann.member);
        owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
        let given = json!({"subject": {"type": "member", "id": ann.member}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/{shared}/grants"), given).await.expect(201);
        remove(&mut owner, &ann, json!({})).await.expect(204);
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "guest").await;
        let mut back = test.sign_in("ann@acme.test").await;
        let came = back.post("/invitations/accept", json!({"token": invited.secret})).await.expect(200);
        let fresh = owner.get(&format!("{ORG}/members/{}", came.at("/membership/id"))).await.expect(200);
        assert_eq!((fresh.at("/role"), &fresh.body["groups"]), ("guest", &json!([])));
        back.get(&format!("{ORG}/resources/{shared}")).await.refused(404, "not_found");
        restore(&mut owner, &ann).await.refused(409, "member.already");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_22_an_account_is_deleted_from_everywhere_but_not_while_it_is_the_only_owner_anywhere() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        test.found(&mut ann.caller, "mine", "cloudtruth").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        let mut second = test.sign_in("ann@acme.test").await;

        let alone = farewell(&mut ann.caller, "ann@acme.test", Some(PASSWORD)).await;
        alone.refused(409, "member.last_owner");
        assert_eq!(alone.at("/organizations/0/slug"), "mine");
        token.get(ORG).await.expect(200);
        let mut bob = test.join(&mut ann.caller, "mine", "bob@acme.test", "owner").await;

        policy(&mut owner, json!({"delete.owned_objects": "block"})).await;
        let space = workspace(&mut owner, "Plan", &ann.member).await;
        let owns = farewell(&mut ann.caller, "ann@acme.test", Some(PASSWORD)).await;
        owns.refused(409, "member.owns_resources");
        let blocker = json!({"resource": space, "type": "workspace", "name": "Plan", "organization": "acme"});
        assert_eq!(owns.body["blockers"], json!([blocker]));
        policy(&mut owner, json!({"delete.owned_objects": "org_owned"})).await;

        farewell(&mut token, "ann@acme.test", Some(PASSWORD)).await.refused(403, "token.scope_missing");
        test.anybody().send("DELETE", "/me", Some(&json!({"confirm": "x"})), &[]).await.refused(401, "auth.required");
        let gone = farewell(&mut ann.caller, "ann@acme.test", Some(PASSWORD)).await.expect(204);
        assert!(gone.header("set-cookie").contains("Max-Age=0"));
        for caller in [&mut ann.caller, &mut second] {
            caller.get("/me").await.refused(401, "auth.required");
        }
        token.get(ORG).await.refused(401, "auth.invalid");
        owner.get(&format!("{ORG}/members/{}", ann.member)).await.refused(404, "not_found");
        assert_eq!(bob.caller.get("/organizations/mine/members").await.expect(200).count(), 1);
        assert_eq!(owner_of(&mut owner, &space).await, Value::Null);
        let body = json!({"email": "ann@acme.test", "password": PASSWORD});
        test.anybody().post("/session", body).await.refused(401, "auth.wrong_credentials");
        for path in [ORG, "/organizations/mine"] {
            let by = if path == ORG { &mut owner } else { &mut bob.caller };
            let left = test.all(by, &format!("{path}/audit-events?type=member.left")).await;
            assert_eq!(left[0]["target"]["name"], "ann@acme.test", "the past keeps the name it was told with");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_38_an_account_is_deleted_by_typing_its_handle_or_address_and_the_password() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
        farewell(&mut ann.caller, "ann", None).await.refused(422, "request.invalid");
        farewell(&mut ann.caller, "ann", Some("not this one")).await.refused(403, "password.wrong");
        for typed in ["", "bob", "Ann", "bob@acme.test"] {
            farewell(&mut ann.caller, typed, Some(PASSWORD)).await.refused(422, "identity.confirm");
        }
        let typed = json!({"confirm": "ann", "password": PASSWORD});
        let told = ann.caller.send("DELETE", "/me?dry_run=true", Some(&typed), &[]).await.expect(200);
        let kinds: Vec<_> = told.body["changes"].as_array().expect("changes").iter().map(|c| &c["type"]).collect();
        assert_eq!(kinds, ["member.left", "identity.sessions_ended", "identity.deleted"]);
        ann.caller.get("/me").await.expect(200);
        farewell(&mut ann.caller, "ann", Some(PASSWORD)).await.expect(204);
        // Address and handle are free again, and whoever takes them is somebody else.
        let mut again = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
        assert_ne!(again.user, ann.user);
        again.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
        farewell(&mut again.caller, "ANN@acme.test", Some(PASSWORD)).await.expect(204);
        test.stop().await;
    }
}

// PX-40: deleting oneself never deletes an organization; deliberately not as that product has it.
#[tokio::test]
async fn a_removal_is_not_undone_once_the_account_is_deleted() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        remove(&mut owner, &ann, json!({})).await.expect(204);
        let mut alone = test.sign_in("ann@acme.test").await;
        farewell(&mut alone, "ann@acme.test", Some(PASSWORD)).await.expect(204);
        restore(&mut owner, &ann).await.refused(410, "removal.over");
        let only = farewell(&mut test.sign_in("owner@acme.test").await, "owner@acme.test", Some(PASSWORD)).await;
        only.refused(409, "member.last_owner");
        owner.get(ORG).await.expect(200);
        test.stop().await;
    }
}
