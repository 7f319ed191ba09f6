//! Service accounts: members that are programs, and their tokens.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const HERE: &str = "/organizations/acme/service-accounts";
const MEMBERS: &str = "/organizations/acme/members";
const POLICY: &str = "/organizations/acme/policy";
const EVENTS: &str = "/organizations/acme/audit-events";

/// A service account that `by` makes: its id.
async fn account(by: &mut Caller, name: &str, role: &str) -> String {
    by.post(HERE, json!({"name": name, "role": role})).await.expect(201).at("/id").to_owned()
}

/// A token of a service account: its answer.
async fn token(by: &mut Caller, account: &str, body: Value) -> Answer {
    by.post(&format!("{HERE}/{account}/tokens"), body).await.expect(201)
}

/// A service account with a token that carries everything: its id and the program that uses it.
async fn program(test: &TestApp, by: &mut Caller, name: &str, role: &str) -> (String, Caller) {
    let id = account(by, name, role).await;
    let made = token(by, &id, json!({})).await;
    (id, test.with_token(made.at("/token")))
}

#[tokio::test]
async fn ct_25_a_service_account_has_a_name_that_stays_an_owner_and_a_role_at_most_its_makers() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let mut viewer = test.join(&mut owner, "acme", "viewer@acme.test", "viewer").await;
        let body = json!({"name": "  Deploy   bot ", "description": "ships", "role": "contributor"});
        let made = admin.caller.post(HERE, body).await.expect(201);
        assert!(made.at("/id").starts_with("svc_"), "{}", made.text);
        assert_eq!((made.at("/name"), made.at("/description")), ("Deploy bot", "ships"));
        assert_eq!((made.at("/owner/id"), made.at("/owner/email")), (admin.member.as_str(), "admin@acme.test"));
        assert_eq!((made.at("/role"), made.at("/status")), ("contributor", "active"));
        // A role at most the maker's own, when made and later.
        let above = json!({"name": "x", "role": "owner"});
        admin.caller.post(HERE, above).await.refused(403, "role.above_own");
        let path = format!("{HERE}/{}", made.at("/id"));
        admin.caller.patch(&path, json!({"role": "owner"})).await.refused(403, "role.above_own");
        viewer.caller.post(HERE, json!({"name": "x"})).await.refused(403, "access.denied");
        // The name stays; the rest may change.
        let renamed = admin.caller.patch(&path, json!({"name": "Other"})).await;
        renamed.refused(422, "request.invalid");
        assert_eq!(renamed.at("/errors/0/code"), "field.unknown");
        let edit = json!({"description": "", "owner": viewer.member});
        let edited = admin.caller.patch(&path, edit).await.expect(200);
        assert_eq!((edited.at("/owner/id"), edited.at("/description")), (viewer.member.as_str(), ""));
        assert_ne!(edited.header("etag"), made.header("etag"));
        for stranger in ["mem_0000000000000000000000000x", "nobody", made.at("/member")] {
            let answer = admin.caller.patch(&path, json!({"owner": stranger})).await;
            answer.refused(422, "service_account.owner");
            assert_eq!(answer.at("/errors/0/field"), "owner");
        }
        // Left out, it is the role of whoever joins.
        assert_eq!(admin.caller.post(HERE, json!({"name": "plain"})).await.expect(201).at("/role"), "viewer");
        for bad in [json!(""), json!("x".repeat(101))] {
            admin.caller.post(HERE, json!({"name": bad})).await.refused(422, "request.invalid");
        }
        admin.caller.post(HERE, json!({"name": "x".repeat(100)})).await.expect(201);
        admin.caller.post(HERE, json!({"name": "x", "role": "emperor"})).await.refused(422, "role.unknown");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_26_a_value_is_shown_once_and_regenerating_or_deleting_ends_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let id = account(&mut owner, "bot", "viewer").await;
        let made = token(&mut owner, &id, json!({"name": "main"})).await;
        let first = made.at("/token").to_owned();
        assert!(first.starts_with("gld_svc_"), "{first}");
        assert!(first.ends_with(made.at("/last4")));
        let here = format!("{HERE}/{id}/tokens/{}", made.at("/id"));
        let listed = owner.get(&format!("{HERE}/{id}/tokens")).await.expect(200);
        assert_eq!((listed.count(), listed.body["items"][0].get("token")), (1, None));
        test.with_token(&first).get(MEMBERS).await.expect(200);
        let path = format!("{here}/rotate");
        let preview = owner.post(&format!("{path}?dry_run=true"), json!({})).await.expect(200);
        assert_eq!(preview.at("/changes/0/type"), "token.rotated");
        test.with_token(&first).get(MEMBERS).await.expect(200);
        let again = owner.post(&path, json!({})).await.expect(200);
        let second = again.at("/token").to_owned();
        assert_ne!(first, second);
        assert_eq!((again.at("/id"), again.at("/last4")), (made.at("/id"), &second[second.len() - 4..]));
        test.with_token(&first).get(MEMBERS).await.refused(401, "auth.invalid");
        test.with_token(&second).get(MEMBERS).await.expect(200);
        owner.delete(&here).await.expect(204);
        test.with_token(&second).get(MEMBERS).await.refused(401, "auth.invalid");
        owner.delete(&here).await.refused(404, "not_found");
        owner.post(&path, json!({})).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_27_service_accounts_are_members_obey_the_roles_and_are_audited_as_themselves() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let (id, mut bot) = program(&test, &mut owner, "bot", "admin").await;
        let (plain, mut viewer) = program(&test, &mut owner, "reader", "viewer").await;
        let listed = admin.caller.get(&format!("{MEMBERS}?type=service_account")).await.expect(200);
        assert_eq!(listed.count(), 2);
        let first = &listed.body["items"][0];
        assert_eq!((&first["identity"]["id"], &first["identity"]["name"]), (&json!(id), &json!("bot")));
        assert_eq!(
            (&first["identity"]["email"], &first["identity"]["type"]),
            (&Value::Null, &json!("service_account"))
        );
        assert_eq!((&first["origin"], &first["role"]), (&json!("direct"), &json!("admin")));
        assert_eq!(owner.get(&format!("{MEMBERS}?type=person")).await.expect(200).count(), 2);
        // The same matrix: what a role may not, its program may not; and a check says so.
        viewer.get(MEMBERS).await.expect(200);
        viewer.get(EVENTS).await.refused(403, "access.denied");
        assert!(!test.allowed(&mut owner, "acme", &plain, "audit.read").await);
        assert!(test.allowed(&mut owner, "acme", &id, "audit.read").await);
        assert!(!test.allowed(&mut owner, "acme", "svc_0000000000000000000000000x", "audit.read").await);
        // What it does stands under its own name.
        let invite = json!({"invitations": [{"email": "new@acme.test", "role": "viewer"}], "deliver": "link"});
        bot.post("/organizations/acme/invitations", invite).await.expect(200);
        let told = owner.get(&format!("{EVENTS}?type=invitation.created&actor={id}")).await.expect(200);
        let actor = &told.body["items"][0]["actor"];
        assert_eq!(*actor, json!({"type": "service_account", "id": id, "name": "bot"}));
        assert!(told.at("/items/0/credential").starts_with("tok_"));
        let me = bot.get("/me").await.expect(200);
        assert_eq!((me.at("/identity/id"), me.at("/identity/type")), (id.as_str(), "service_account"));
        assert_eq!((&me.body["identity"]["email"], me.at("/memberships/0/role")), (&Value::Null, "admin"));
        // Administrators see and manage all tokens, whosever account it is.
        let tokens = admin.caller.get("/organizations/acme/tokens").await.expect(200);
        let holders: Vec<&Value> =
            tokens.body["items"].as_array().expect("items").iter().map(|t| &t["holder"]).collect();
        assert_eq!(holders, [&json!(plain), &json!(id)]);
        assert_eq!(tokens.at("/items/0/kind"), "service_token");
        let other = tokens.at("/items/0/id").to_owned();
        admin.caller.delete(&format!("{HERE}/{plain}/tokens/{other}")).await.expect(204);
        viewer.get(MEMBERS).await.refused(401, "auth.invalid");
        assert_eq!(admin.caller.get(HERE).await.expect(200).count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_28_the_last_use_is_empty_until_the_first() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let (id, mut bot) = program(&test, &mut owner, "bot", "viewer").await;
        let (here, tokens) = (format!("{HERE}/{id}"), format!("{HERE}/{id}/tokens"));
        assert!(owner.get(&here).await.expect(200).body["last_used_at"].is_null());
        assert!(owner.get(&tokens).await.expect(200).body["items"][0]["last_used_at"].is_null());
        test.clock.advance_s(60);
        bot.get(MEMBERS).await.expect(200);
        test.app.write_marks().await.expect("writes");
        let (shown, listed) = (owner.get(&here).await.expect(200), owner.get(&tokens).await.expect(200));
        assert!(shown.at("/last_used_at") > shown.at("/created_at"), "{}", shown.text);
        assert!(listed.at("/items/0/last_used_at") > listed.at("/items/0/created_at"), "{}", listed.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_34_on_pipes_a_service_account_has_two_tokens() {
    for engine in engines() {
        for preset in ["pipes-team", "pipes-enterprise"] {
            let (test, mut owner) = TestApp::house(engine, preset).await;
            let id = account(&mut owner, "bot", "member").await;
            for _ in 0..2 {
                token(&mut owner, &id, json!({})).await;
            }
            owner.post(&format!("{HERE}/{id}/tokens"), json!({})).await.refused(409, "token.limit");
            test.stop().await;
        }
    }
}

#[tokio::test]
async fn tp_34_a_service_account_signs_in_nowhere_has_few_tokens_and_is_deleted_by_typing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch(POLICY, json!({"service_account.max_tokens": 2})).await.expect(200);
        let id = account(&mut owner, "bot", "member").await;
        // It counts as a member: with the owner both seats are taken.
        owner.patch(POLICY, json!({"seats.max": 2})).await.expect(200);
        owner.post(HERE, json!({"name": "one more"})).await.refused(402, "seats.full");
        owner.patch(POLICY, json!({"seats.max": null})).await.expect(200);
        let tokens = format!("{HERE}/{id}/tokens");
        let first = token(&mut owner, &id, json!({})).await;
        token(&mut owner, &id, json!({})).await;
        owner.post(&tokens, json!({})).await.refused(409, "token.limit");
        // A switched-off token is one still; a rotated one is no more than before.
        let path = format!("{tokens}/{}", first.at("/id"));
        owner.patch(&path, json!({"active": false})).await.expect(200);
        owner.post(&tokens, json!({})).await.refused(409, "token.limit");
        owner.patch(&path, json!({"active": true})).await.expect(200);
        let rotated = owner.post(&format!("{path}/rotate"), json!({"overlap_s": 60})).await.expect(200);
        // No console, no personal resources.
        let mut bot = test.with_token(rotated.at("/token"));
        let sign_in = json!({"email": "owner@acme.test", "password": PASSWORD});
        bot.post("/session", sign_in).await.refused(403, "access.denied");
        let waiting = test.invite(&mut owner, "acme", "new@acme.test", "member").await;
        let accept = json!({"token": waiting.secret, "name": "New", "password": PASSWORD});
        bot.post("/invitations/accept", accept).await.refused(403, "access.denied");
        let personal = json!({"name": "t", "organization": "acme"});
        bot.post("/me/tokens", personal).await.refused(403, "access.denied");
        bot.patch("/me", json!({"name": "Other"})).await.refused(403, "token.scope_missing");
        bot.post("/organizations", json!({"name": "Beta"})).await.refused(403, "organization.create_denied");
        // Deleted by typing its name, with every token in the same commit.
        let here = format!("{HERE}/{id}");
        let typo = owner.send("DELETE", &here, Some(&json!({"confirm": "Bot"})), &[]).await;
        typo.refused(422, "service_account.confirm_name");
        assert_eq!(typo.at("/errors/0/field"), "confirm");
        bot.get(MEMBERS).await.expect(200);
        owner.send("DELETE", &here, Some(&json!({"confirm": "bot"})), &[]).await.expect(204);
        bot.get(MEMBERS).await.refused(401, "auth.invalid");
        owner.get(&here).await.refused(404, "not_found");
        assert_eq!(owner.get(HERE).await.expect(200).count(), 0);
        assert_eq!(owner.get(&format!("{MEMBERS}?type=service_account")).await.expect(200).count(), 0);
        assert!(!test.allowed(&mut owner, "acme", &id, "member.list").await);
        let told = owner.get(&format!("{EVENTS}?type=service_account.deleted")).await.expect(200);
        assert_eq!(told.at("/items/0/target/id"), id);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_34_a_service_account_with_the_top_role_does_not_make_up_for_the_last_person() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mine = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        let (_, mut bot) = program(&test, &mut owner, "bot", "owner").await;
        let path = format!("{MEMBERS}/{mine}");
        bot.patch(&path, json!({"role": "member"})).await.refused(409, "member.last_owner");
        bot.delete(&path).await.refused(409, "member.last_owner");
        owner.post("/organizations/acme/leave", json!({})).await.refused(409, "member.last_owner");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_35_an_owner_program_manages_itself_and_lower_programs_but_no_other_owner() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (mine, mut bot) = program(&test, &mut owner, "bot", "owner").await;
        let (peer, mut other) = program(&test, &mut owner, "peer", "owner").await;
        let peers = owner.get(&format!("{HERE}/{peer}/tokens")).await.expect(200).at("/items/0/id").to_owned();
        // Its own tokens, and everything of lower ones.
        let own = token(&mut bot, &mine, json!({"name": "second"})).await;
        bot.post(&format!("{HERE}/{mine}/tokens/{}/rotate", own.at("/id")), json!({})).await.expect(200);
        bot.delete(&format!("{HERE}/{mine}/tokens/{}", own.at("/id"))).await.expect(204);
        let (low, mut worker) = program(&test, &mut bot, "worker", "member").await;
        worker.get(MEMBERS).await.expect(200);
        assert!(owner.get(&format!("{HERE}/{low}")).await.expect(200).body["owner"].is_null());
        bot.patch(&format!("{HERE}/{low}"), json!({"description": "works", "role": "admin"})).await.expect(200);
        let raised = bot.patch(&format!("{HERE}/{low}"), json!({"role": "owner"})).await;
        raised.refused(403, "role.above_own");
        bot.post(HERE, json!({"name": "x", "role": "owner"})).await.refused(403, "role.above_own");
        bot.send("DELETE", &format!("{HERE}/{low}"), Some(&json!({"confirm": "worker"})), &[]).await.expect(204);
        worker.get(MEMBERS).await.refused(401, "auth.invalid");
        // Another owner account is out of reach by every way there is.
        let at_peer = |rest: &str| format!("{HERE}/{peer}{rest}");
        let confirm = json!({"confirm": "peer"});
        let member = owner.get(&at_peer("")).await.expect(200).at("/member").to_owned();
        let of_member = format!("{MEMBERS}/{member}");
        for answer in [
            bot.patch(&at_peer(""), json!({"description": "mine"})).await,
            bot.patch(&at_peer(""), json!({"role": "member"})).await,
            bot.send("DELETE", &at_peer(""), Some(&confirm), &[]).await,
            bot.post(&at_peer("/tokens"), json!({})).await,
            bot.patch(&at_peer(&format!("/tokens/{peers}")), json!({"active": false})).await,
            bot.post(&at_peer(&format!("/tokens/{peers}/rotate")), json!({})).await,
            bot.delete(&at_peer(&format!("/tokens/{peers}"))).await,
            bot.delete(&format!("/organizations/acme/tokens/{peers}")).await,
            bot.patch(&of_member, json!({"role": "member"})).await,
            bot.post(&format!("{of_member}/deactivate"), json!({})).await,
            bot.delete(&of_member).await,
        ] {
            answer.refused(403, "service_account.other_top");
        }
        other.get(MEMBERS).await.expect(200);
        // Itself it does not end.
        let confirm = json!({"confirm": "bot"});
        bot.send("DELETE", &format!("{HERE}/{mine}"), Some(&confirm), &[]).await.refused(409, "member.self");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_service_account_goes_on_when_its_owner_leaves_and_stops_when_it_is_switched_off() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (id, mut bot) = program(&test, &mut ann.caller, "bot", "member").await;
        ann.caller.post("/organizations/acme/leave", json!({})).await.expect(204);
        let left = owner.get(&format!("{HERE}/{id}")).await.expect(200);
        assert!(left.body["owner"].is_null(), "{}", left.text);
        bot.get(MEMBERS).await.expect(200);
        let member = left.at("/member").to_owned();
        owner.post(&format!("{MEMBERS}/{member}/deactivate"), json!({})).await.expect(200);
        bot.get(MEMBERS).await.refused(404, "not_found");
        assert!(!test.allowed(&mut owner, "acme", &id, "member.list").await);
        assert_eq!(owner.get(&format!("{HERE}/{id}")).await.expect(200).at("/status"), "deactivated");
        owner.post(&format!("{MEMBERS}/{member}/reactivate"), json!({})).await.expect(200);
        bot.get(MEMBERS).await.expect(200);
        let gone = owner.delete(&format!("{MEMBERS}/{member}")).await;
        gone.expect(204);
        bot.get(MEMBERS).await.refused(401, "auth.invalid");
        owner.get(&format!("{HERE}/{id}")).await.refused(404, "not_found");
        test.stop().await;
    }
}
