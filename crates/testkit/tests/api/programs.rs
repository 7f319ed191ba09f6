//! What programs may not do by another door than their own, and where they are told of beside people.

use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const HERE: &str = "/organizations/acme/service-accounts";

/// A service account with a token: its id, its membership, the token's id, and the program itself.
async fn program(test: &TestApp, by: &mut Caller, name: &str, role: &str) -> (String, String, String, Caller) {
    let made = by.post(HERE, json!({"name": name, "role": role})).await.expect(201);
    let token = by.post(&format!("{HERE}/{}/tokens", made.at("/id")), json!({})).await.expect(201);
    let ids = [made.at("/id"), made.at("/member"), token.at("/id")].map(str::to_owned);
    let [id, member, key] = ids;
    (id, member, key, test.with_token(token.at("/token")))
}

#[tokio::test]
async fn the_plan_of_a_removal_names_the_programs_somebody_answers_for_and_their_keys() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (id, _, key, _) = program(&test, &mut ann.caller, "bot", "member").await;
        let path = format!("{ORG}/members/{}/removal-plan", ann.member);
        let plan = owner.get(&path).await.expect(200);
        assert_eq!(plan.body["holds"]["service_accounts"], json!([{"id": id, "name": "bot"}]));
        assert_eq!((plan.at("/rotate/0/id"), plan.at("/rotate/0/type")), (key.as_str(), "service_key"));
        let mine = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        owner.patch(&format!("{HERE}/{id}"), json!({"owner": mine})).await.expect(200);
        let plan = owner.get(&path).await.expect(200);
        assert_eq!((&plan.body["holds"]["service_accounts"], &plan.body["rotate"]), (&json!([]), &json!([])));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_program_gives_another_the_top_role_by_no_door_and_keeps_its_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (id, _, _, mut bot) = program(&test, &mut owner, "bot", "owner").await;
        let own = json!({"slug": "helper", "name": "Helper", "permissions": ["organization.read"]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        let (worker, member, ..) = program(&test, &mut owner, "worker", "helper").await;
        let replaced = format!("{ORG}/roles/helper?replace_with=owner");
        bot.delete(&replaced).await.refused(403, "role.above_own");
        let up = json!({"preset": "cloudtruth", "roles": {"helper": "owner"}});
        bot.post(&format!("{ORG}/preset"), up.clone()).await.refused(403, "role.above_own");
        bot.patch(&format!("{ORG}/members/{member}"), json!({"role": "owner"})).await.refused(403, "role.above_own");
        bot.patch(&format!("{HERE}/{worker}"), json!({"role": "owner"})).await.refused(403, "role.above_own");
        // What it has already nobody gives it.
        bot.patch(&format!("{HERE}/{id}"), json!({"role": "owner", "description": "runs"})).await.expect(200);
        // A person may do all of that.
        owner.delete(&format!("{replaced}&dry_run=true")).await.expect(200);
        owner.post(&format!("{ORG}/preset?dry_run=true"), up).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn the_value_of_a_token_is_worth_more_than_its_holders_role_and_not_shown_to_whoever_has_less() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch(&format!("{ORG}/policy"), json!({"token.value_again": true})).await.expect(200);
        let own = json!({"slug": "ops", "name": "Ops", "permissions": [
            "organization.read", "member.leave", "member.list", "service_account.manage", "token.manage", "token.create",
        ]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "ops").await;
        let (id, member, key, _) = program(&test, &mut owner, "bot", "guest").await;
        let doors = [format!("{ORG}/tokens/{key}/value"), format!("{HERE}/{id}/tokens/{key}/value")];
        for door in &doors {
            ann.caller.get(door).await.expect(200);
        }
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let given = json!({"subject": {"type": "member", "id": member}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/workspace:w/grants"), given).await.expect(201);
        for door in &doors {
            ann.caller.get(door).await.refused(403, "grant.above_own");
            owner.get(door).await.expect(200);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_group_that_gives_below_the_organization_keeps_a_secret_from_whoever_has_it_only_there() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let own = json!({"slug": "ops", "name": "Ops", "below": [], "permissions": [
            "organization.read", "member.leave", "member.list", "service_account.manage", "token.create", "workspace.read",
        ]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "ops").await;
        let nothing = json!({"slug": "idle", "name": "Idle", "permissions": ["organization.read"], "below": []});
        owner.post(&format!("{ORG}/roles"), nothing).await.expect(201);
        let (id, member, ..) = program(&test, &mut owner, "bot", "idle").await;
        let tokens = format!("{HERE}/{id}/tokens");
        ann.caller.post(&tokens, json!({})).await.expect(201);
        let group = json!({"name": "G", "permissions": ["workspace.read"]});
        let group = owner.post(&format!("{ORG}/groups"), group).await.expect(201).at("/id").to_owned();
        owner.send("PUT", &format!("{ORG}/groups/{group}/members/{member}"), None, &[]).await.expect(204);
        ann.caller.post(&tokens, json!({})).await.refused(403, "grant.above_own");
        test.stop().await;
    }
}

#[tokio::test]
async fn another_preset_that_keeps_no_values_forgets_those_there_are() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let (_, _, key, _) = program(&test, &mut owner, "bot", "member").await;
        let value = format!("{ORG}/tokens/{key}/value");
        owner.get(&value).await.expect(200);
        let preset = format!("{ORG}/preset");
        owner.post(&preset, json!({"preset": "standard", "roles": {"member": "owner"}})).await.expect(200);
        owner.get(&value).await.refused(409, "token.value_hidden");
        owner.patch(&format!("{ORG}/policy"), json!({"token.value_again": true})).await.expect(200);
        owner.get(&value).await.refused(409, "token.value_hidden");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_dry_run_calls_programs_by_their_names() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let own = json!({"slug": "helper", "name": "Helper", "permissions": ["organization.read", "member.list"]});
        owner.post(&format!("{ORG}/roles"), own).await.expect(201);
        program(&test, &mut owner, "bot", "helper").await;
        let less = json!({"permissions": ["organization.read"]});
        let told = owner.patch(&format!("{ORG}/roles/helper?dry_run=true"), less).await.expect(200);
        let lost: Vec<&Value> =
            told.body["access_lost"].as_array().expect("a list").iter().map(|a| &a["email"]).collect();
        assert_eq!(lost, ["bot"], "{}", told.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_program_ends_its_own_membership_by_no_door() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (id, member, _, mut bot) = program(&test, &mut owner, "bot", "owner").await;
        let path = format!("{ORG}/members/{member}");
        for dry_run in ["?dry_run=true", ""] {
            bot.post(&format!("{ORG}/leave{dry_run}"), json!({})).await.refused(409, "member.self");
            bot.delete(&format!("{path}{dry_run}")).await.refused(409, "member.self");
            let mine = format!("{HERE}/{id}{dry_run}");
            bot.send("DELETE", &mine, Some(&json!({"confirm": "bot"})), &[]).await.refused(409, "member.self");
        }
        let plan = bot.get(&format!("{path}/removal-plan")).await.expect(200);
        assert_eq!(plan.at("/blocks/0/code"), "member.self", "{}", plan.text);
        bot.get(&path).await.expect(200);
        // Somebody else takes it out.
        owner.delete(&path).await.expect(204);
        bot.get(&path).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_a_deleted_program_owned_goes_where_the_policy_says() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let heir = test.join(&mut owner, "acme", "heir@acme.test", "member").await;
        for (knob, alone, to_organization) in
            [("org_owned", 204, 204), ("orphan", 204, 204), ("block", 409, 204), ("transfer_required", 409, 409)]
        {
            owner.patch(&format!("{ORG}/policy"), json!({"delete.owned_objects": knob})).await.expect(200);
            let (id, member, _, mut bot) = program(&test, &mut owner, "bot", "member").await;
            let (other, _, _, _) = program(&test, &mut owner, "bot", "member").await;
            let thing = json!({"type": "workspace", "name": knob, "owner": member});
            let thing = owner.post(&format!("{ORG}/resources"), thing).await.expect(201).at("/id").to_owned();
            let resource = format!("{ORG}/resources/{thing}");
            for (said, status) in [
                (json!({}), alone),
                (json!({"transfers": {&thing: null}}), to_organization),
                (json!({"transfer_to": heir.member}), 204),
            ] {
                let mut body = said.clone();
                body["confirm"] = json!("bot");
                let told = owner.send("DELETE", &format!("{HERE}/{id}?dry_run=true"), Some(&body), &[]).await;
                match status {
                    204 => {
                        let told = told.expect(200);
                        assert_eq!(told.at("/changes/0/type"), "resource.edited", "{knob} {said}: {}", told.text);
                        assert_eq!(told.at("/changes/1/type"), "service_account.deleted", "{}", told.text);
                    }
                    _ => {
                        told.refused(409, "member.owns_resources");
                        assert_eq!(told.at("/blockers/0/resource"), thing, "{knob} {said}");
                    }
                }
            }
            let wrong = json!({"confirm": "bot", "transfer_to": member});
            owner.send("DELETE", &format!("{HERE}/{id}"), Some(&wrong), &[]).await.refused(422, "transfer.heir");
            let strange = json!({"confirm": "bot", "transfers": {"res_0000000000000000000000000x": null}});
            owner.send("DELETE", &format!("{HERE}/{id}"), Some(&strange), &[]).await.refused(422, "transfer.not_owned");
            assert_eq!(owner.get(&resource).await.expect(200).at("/owner/id"), member, "nothing was changed");
            bot.get(&resource).await.expect(200);

            let done = json!({"confirm": "bot", "transfer_to": heir.member});
            owner.send("DELETE", &format!("{HERE}/{id}"), Some(&done), &[]).await.expect(204);
            assert_eq!(owner.get(&resource).await.expect(200).at("/owner/id"), heir.member);
            bot.get(&resource).await.refused(401, "auth.invalid");
            // Whoever owns nothing goes as before.
            owner.send("DELETE", &format!("{HERE}/{other}"), Some(&json!({"confirm": "bot"})), &[]).await.expect(204);
        }
        test.stop().await;
    }
}
