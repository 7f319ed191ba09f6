//! How tokens live: switched off and on, rotated, shown again, ended by the policy; deploy keys.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const MINE: &str = "/me/tokens";
const HERE: &str = "/organizations/acme/service-accounts";
const MEMBERS: &str = "/organizations/acme/members";
const POLICY: &str = "/organizations/acme/policy";
const KEYS: &str = "/organizations/acme/deploy-keys";
const EVENTS: &str = "/organizations/acme/audit-events";

async fn set(owner: &mut Caller, knobs: Value) {
    owner.patch(POLICY, knobs).await.expect(200);
}

/// The path of the tokens of a new service account.
async fn account(by: &mut Caller, name: &str, role: &str) -> String {
    let made = by.post(HERE, json!({"name": name, "role": role})).await.expect(201);
    format!("{HERE}/{}/tokens", made.at("/id"))
}

async fn introspected(by: &mut Caller, shown: &str, organization: &str) -> Answer {
    by.post("/introspect", json!({"token": shown, "organization": organization})).await.expect(200)
}

#[tokio::test]
async fn tp_30_one_has_a_few_tokens_and_switches_them_off_and_on() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let (mut first, id) = test.mint(&mut ann, "acme", None).await;
        for _ in 1..5 {
            test.mint(&mut ann, "acme", None).await;
        }
        let more = json!({"name": "t", "organization": "acme"});
        ann.post(MINE, more.clone()).await.refused(409, "token.limit");
        let path = format!("{MINE}/{id}");
        let off = ann.patch(&path, json!({"active": false, "name": "old laptop"})).await.expect(200);
        assert_eq!((&off.body["active"], off.at("/name"), off.at("/last4").len()), (&json!(false), "old laptop", 4));
        first.get(MEMBERS).await.refused(401, "auth.invalid");
        ann.post(MINE, more.clone()).await.refused(409, "token.limit");
        let on = ann.patch(&path, json!({"active": true})).await.expect(200);
        assert_eq!(on.body["active"], true);
        first.get(MEMBERS).await.expect(200);
        // A token does not switch tokens, not even itself, unless it was made to make them.
        first.patch(&path, json!({"active": false})).await.refused(403, "token.scope_missing");
        owner.patch(&path, json!({"active": false})).await.refused(404, "not_found");
        ann.patch(&path, json!({"active": null, "colour": "red"})).await.refused(422, "request.invalid");
        ann.delete(&path).await.expect(204);
        ann.patch(&path, json!({"active": true})).await.refused(404, "not_found");
        ann.post(MINE, more).await.expect(201);
        let told = owner.get(&format!("{EVENTS}?target={id}")).await.expect(200);
        let kinds: Vec<&Value> = told.body["items"].as_array().expect("items").iter().map(|e| &e["type"]).collect();
        let expected = ["token.revoked", "token.reactivated", "token.deactivated", "token.renamed", "token.created"];
        assert_eq!(kinds, expected.map(|kind| json!(kind)).iter().collect::<Vec<_>>());
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_31_a_longest_life_binds_new_tokens_of_people_and_programs_and_no_old_ones() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let tokens = account(&mut owner, "bot", "member").await;
        let old = owner.post(&tokens, json!({})).await.expect(201);
        set(&mut owner, json!({"token.max_life_s": 7200})).await;
        test.with_token(old.at("/token")).get(MEMBERS).await.expect(200);
        let at = |seconds: i64| json!({"expires_at": test.app.now().plus_s(seconds).to_string()});
        owner.post(&tokens, json!({})).await.refused(422, "token.life");
        owner.post(&tokens, at(8000)).await.refused(422, "token.life");
        owner.post(&tokens, at(7000)).await.expect(201);
        // A rotation is a new beginning: what lived for ever needs an end now.
        let rotate = format!("{tokens}/{}/rotate", old.at("/id"));
        owner.post(&rotate, json!({})).await.refused(422, "token.life");
        test.with_token(old.at("/token")).get(MEMBERS).await.expect(200);
        let again = owner.post(&rotate, at(7000)).await.expect(200);
        test.clock.advance_s(7100);
        test.with_token(again.at("/token")).get(MEMBERS).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_30_a_rotated_secret_lives_beside_the_new_one_for_as_long_as_asked() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let tokens = account(&mut owner, "bot", "member").await;
        let made = owner.post(&tokens, json!({"name": "ci"})).await.expect(201);
        let rotate = format!("{tokens}/{}/rotate", made.at("/id"));
        for bad in [-1, 30 * 86_400 + 1] {
            owner.post(&rotate, json!({"overlap_s": bad})).await.refused(422, "request.invalid");
        }
        let second = owner.post(&rotate, json!({"overlap_s": 600})).await.expect(200);
        let (mut first, mut new) = (test.with_token(made.at("/token")), test.with_token(second.at("/token")));
        first.get(MEMBERS).await.expect(200);
        new.get(MEMBERS).await.expect(200);
        assert_eq!(owner.get(&tokens).await.expect(200).count(), 1);
        test.clock.advance_s(601);
        first.get(MEMBERS).await.refused(401, "auth.invalid");
        new.get(MEMBERS).await.expect(200);
        // Never three: a further rotation ends the one before the last.
        let third = owner.post(&rotate, json!({"overlap_s": 600})).await.expect(200);
        let fourth = owner.post(&rotate, json!({"overlap_s": 600})).await.expect(200);
        new.get(MEMBERS).await.refused(401, "auth.invalid");
        for working in [&third, &fourth] {
            test.with_token(working.at("/token")).get(MEMBERS).await.expect(200);
        }
        // Switched off, both are.
        let path = format!("{tokens}/{}", made.at("/id"));
        owner.patch(&path, json!({"active": false})).await.expect(200);
        for off in [&third, &fourth] {
            test.with_token(off.at("/token")).get(MEMBERS).await.refused(401, "auth.invalid");
        }
        owner.patch(&path, json!({"active": true})).await.expect(200);
        // What was issued before everybody's credentials were reset is over; a new secret is not.
        let reset = owner.post("/organizations/acme/reset-authentication", json!({})).await;
        reset.expect(204);
        let mut top = test.sign_in("owner@acme.test").await;
        test.with_token(fourth.at("/token")).get(MEMBERS).await.refused(401, "auth.invalid");
        let fifth = top.post(&rotate, json!({"overlap_s": 600})).await.expect(200);
        test.with_token(fourth.at("/token")).get(MEMBERS).await.refused(401, "auth.invalid");
        test.with_token(fifth.at("/token")).get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_28_a_service_key_has_exactly_its_scopes() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        let tokens = account(&mut owner, "bot", "admin").await;
        let made = owner.post(&tokens, json!({"scopes": ["member.list", "token.create"]})).await.expect(201);
        assert_eq!(made.at("/name"), "bot");
        let mut narrow = test.with_token(made.at("/token"));
        narrow.get(MEMBERS).await.expect(200);
        narrow.get(EVENTS).await.refused(403, "token.scope_missing");
        narrow.post(&tokens, json!({})).await.refused(403, "token.scope_missing");
        let told = introspected(&mut owner, made.at("/token"), "acme").await;
        assert_eq!((told.at("/kind"), told.at("/identity/type")), ("service_token", "service_account"));
        assert_eq!(told.body["scopes"], json!(["member.list", "token.create"]));
        assert!(told.at("/identity/id").starts_with("svc_") && told.body["identity"]["email"].is_null());
        owner.post(&tokens, json!({"scopes": ["moon.walk"]})).await.refused(422, "token.scope_unknown");
        owner.post(&tokens, json!({"scopes": []})).await.refused(422, "request.invalid");
        let above = json!({"scopes": ["organization.delete"]});
        admin.post(&tokens, above).await.refused(403, "token.scope_above_own");
        // Nobody gets a secret that is worth more than they are, and no token makes one unless it may.
        let tops = account(&mut owner, "top", "owner").await;
        admin.post(&tops, json!({})).await.refused(403, "member.top_role_required");
        let (mut plain, _) = test.mint(&mut owner, "acme", None).await;
        plain.post(&tokens, json!({})).await.refused(403, "token.scope_missing");
        plain.post(&format!("{tokens}/{}/rotate", made.at("/id")), json!({})).await.refused(403, "token.scope_missing");
        plain.get(&tokens).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_14_service_accounts_and_their_keys_belong_to_one_organization() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let tokens = account(&mut owner, "bot", "owner").await;
        let made = owner.post(&tokens, json!({})).await.expect(201);
        let mut bot = test.with_token(made.at("/token"));
        // The organization is the key's, never the request's: another one is as good as none.
        bot.get("/organizations/beta").await.refused(404, "not_found");
        bot.get("/organizations/nowhere").await.refused(404, "not_found");
        assert_eq!(bot.get("/organizations").await.expect(200).count(), 1);
        // Neither does a person's key reach their other organizations.
        let (mut key, _) = test.mint(&mut owner, "acme", None).await;
        key.get("/organizations/acme").await.expect(200);
        key.get("/organizations/beta").await.refused(404, "not_found");
        let there = tokens.replace("acme", "beta");
        owner.get(&there).await.refused(404, "not_found");
        owner.delete(&format!("{there}/{}", made.at("/id"))).await.refused(404, "not_found");
        assert_eq!(introspected(&mut owner, made.at("/token"), "beta").await.body, json!({"active": false}));
        let subject = tokens.split('/').nth(4).expect("an id").to_owned();
        assert!(test.allowed(&mut owner, "acme", &subject, "member.list").await);
        assert!(!test.allowed(&mut owner, "beta", &subject, "member.list").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_31_a_key_is_told_by_its_tail_its_state_its_end_and_its_last_use() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let tokens = account(&mut owner, "bot", "member").await;
        let end = test.app.now().plus_s(3600).to_string();
        let made = owner.post(&tokens, json!({"name": "ci", "expires_at": end})).await.expect(201);
        test.with_token(made.at("/token")).get(MEMBERS).await.expect(200);
        test.app.write_marks().await.expect("writes");
        let listed = owner.get(&tokens).await.expect(200);
        let one = &listed.body["items"][0];
        assert_eq!((&one["name"], &one["active"], &one["expires_at"]), (&json!("ci"), &json!(true), &json!(end)));
        assert!(one["last_used_at"].is_string() && one.get("token").is_none());
        assert!(made.at("/token").ends_with(one["last4"].as_str().expect("a tail")));
        test.clock.advance_s(3601);
        test.with_token(made.at("/token")).get(MEMBERS).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_39_each_program_is_its_own_account_and_its_key_is_renamed_regenerated_and_deleted() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        for role in ["admin", "basic", "limited"] {
            let tokens = account(&mut owner, role, role).await;
            let made = owner.post(&tokens, json!({})).await.expect(201);
            let path = format!("{tokens}/{}", made.at("/id"));
            let renamed = owner.patch(&path, json!({"name": "renamed"})).await.expect(200);
            assert_eq!((renamed.at("/name"), renamed.at("/token")), ("renamed", ""));
            owner.patch(&path, json!({"name": "x".repeat(101)})).await.refused(422, "request.invalid");
            let again = owner.post(&format!("{path}/rotate"), json!({})).await.expect(200);
            test.with_token(made.at("/token")).get("/me").await.refused(401, "auth.invalid");
            let mut program = test.with_token(again.at("/token"));
            assert_eq!(program.get("/me").await.expect(200).at("/memberships/0/role"), role);
            owner.delete(&path).await.expect(204);
            program.get("/me").await.refused(401, "auth.invalid");
        }
        assert_eq!(owner.get(&format!("{MEMBERS}?type=service_account")).await.expect(200).count(), 3);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_40_a_personal_token_lives_a_day_at_least_and_to_the_end_of_its_last() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await.caller;
        let ask = |seconds: i64| json!({"name": "t", "organization": "acme", "expires_at": test.app.now().plus_s(seconds).to_string()});
        ann.post(MINE, ask(86_000)).await.refused(422, "token.life");
        let made = ann.post(MINE, ask(90_000)).await.expect(201);
        assert!(made.at("/expires_at").ends_with("T23:59:59.999999Z"), "{}", made.text);
        let mut token = test.with_token(made.at("/token"));
        test.clock.advance_s(90_100);
        token.get("/me").await.expect(200);
        test.clock.advance_s(86_400);
        token.get("/me").await.refused(401, "auth.invalid");
        for name in [String::new(), "x".repeat(101)] {
            let answer = ann.post(MINE, json!({"name": name, "organization": "acme"})).await;
            answer.refused(422, "request.invalid");
        }
        let none = json!({"name": "t", "organization": "acme", "scopes": []});
        ann.post(MINE, none).await.refused(422, "request.invalid");
        let narrow = json!({"name": "x".repeat(100), "organization": "acme", "scopes": ["agent.create"]});
        let made = ann.post(MINE, narrow).await.expect(201);
        // Who it is it may always ask; anything else needs its scope.
        let mut narrow = test.with_token(made.at("/token"));
        narrow.get("/me").await.expect(200);
        narrow.post(MINE, json!({"name": "t", "organization": "acme"})).await.refused(403, "token.scope_missing");
        // Only its owner lists and ends it by this door.
        assert_eq!(owner.get(MINE).await.expect(200).count(), 1);
        owner.delete(&format!("{MINE}/{}", made.at("/id"))).await.refused(404, "not_found");
        // Elsewhere the policy asks for nothing of the kind.
        test.found(&mut owner, "beta", "standard").await;
        let end = test.app.now().plus_s(3600).to_string();
        let short = json!({"name": "t", "organization": "beta", "expires_at": end});
        assert_eq!(owner.post(MINE, short).await.expect(201).at("/expires_at"), end);
        test.stop().await;
    }
}

#[tokio::test]
async fn px_41_where_values_are_kept_they_are_shown_again_to_whoever_may_manage_them() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-hydra").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let made = ann.post(MINE, json!({"name": "api", "organization": "acme"})).await.expect(201);
        let (id, secret) = (made.at("/id").to_owned(), made.at("/token").to_owned());
        // Listed and read by every member, deleted by any.
        let all = "/organizations/acme/tokens";
        assert_eq!(owner.get(all).await.expect(200).at("/items/0/id"), id);
        for (caller, path) in [(&mut owner, format!("{all}/{id}/value")), (&mut ann, format!("{MINE}/{id}/value"))] {
            assert_eq!(caller.get(&path).await.expect(200).at("/token"), secret);
        }
        let told = owner.get(&format!("{EVENTS}?type=token.value_shown")).await.expect(200);
        assert_eq!((told.count(), told.at("/items/0/target/id")), (2, id.as_str()));
        let tokens = account(&mut owner, "bot", "member").await;
        let service = owner.post(&tokens, json!({})).await.expect(201);
        let path = format!("{tokens}/{}", service.at("/id"));
        let again = owner.post(&format!("{path}/rotate"), json!({})).await.expect(200);
        assert_eq!(ann.get(&format!("{path}/value")).await.expect(200).at("/token"), again.at("/token"));
        // A token reads no other's value.
        let mut narrow = test.with_token(&secret);
        narrow.get(&format!("{MINE}/{id}/value")).await.refused(403, "token.scope_missing");
        narrow.get(&format!("{path}/value")).await.refused(403, "token.scope_missing");
        owner.delete(&format!("{all}/{id}")).await.expect(204);
        owner.get(&format!("{all}/{id}/value")).await.refused(404, "not_found");
        test.with_token(&secret).get("/me").await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn values_are_kept_only_while_the_policy_says_so_and_never_shown_upwards() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        let value = |id: &str| format!("/organizations/acme/tokens/{id}/value");
        let (_, before) = test.mint(&mut admin, "acme", None).await;
        owner.get(&value(&before)).await.refused(409, "token.value_hidden");
        set(&mut owner, json!({"token.value_again": true})).await;
        owner.get(&value(&before)).await.refused(409, "token.value_hidden");
        let (_, kept) = test.mint(&mut admin, "acme", None).await;
        owner.get(&value(&kept)).await.expect(200);
        let (_, top) = test.mint(&mut owner, "acme", None).await;
        admin.get(&value(&top)).await.refused(403, "member.top_role_required");
        // Switched off, what was kept is gone; switching on again does not bring it back.
        set(&mut owner, json!({"token.value_again": false})).await;
        admin.get(&format!("{MINE}/{kept}/value")).await.refused(409, "token.value_hidden");
        set(&mut owner, json!({"token.value_again": true})).await;
        owner.get(&value(&kept)).await.refused(409, "token.value_hidden");
        test.stop().await;
    }
}

#[tokio::test]
async fn px_42_a_deploy_key_proves_its_organization_and_opens_nothing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-auth0").await;
        let made = owner.post(KEYS, json!({"name": "clusters"})).await.expect(201);
        let (id, secret) = (made.at("/id").to_owned(), made.at("/token").to_owned());
        assert!(secret.starts_with("gld_dep_") && secret.ends_with(made.at("/last4")), "{}", made.text);
        let here = owner.get("/organizations/acme").await.expect(200).at("/id").to_owned();
        // Usable for any number of installations.
        for _ in 0..3 {
            let told = introspected(&mut owner, &secret, "acme").await;
            assert_eq!(told.body, json!({"active": true, "kind": "deploy_key", "organization": here}));
        }
        test.app.write_marks().await.expect("writes");
        let listed = owner.get(KEYS).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/id")), (1, id.as_str()));
        assert!(listed.body["items"][0]["last_used_at"].is_string() && listed.body["items"][0].get("token").is_none());
        let mut key = test.with_token(&secret);
        for path in ["/me", "/organizations/acme", KEYS, MEMBERS] {
            key.get(path).await.refused(401, "auth.invalid");
        }
        test.found(&mut owner, "beta", "standard").await;
        assert_eq!(introspected(&mut owner, &secret, "beta").await.body, json!({"active": false}));
        owner.delete(&format!("{KEYS}/{id}")).await.expect(204);
        assert_eq!(introspected(&mut owner, &secret, "acme").await.body, json!({"active": false}));
        owner.delete(&format!("{KEYS}/{id}")).await.refused(404, "not_found");
        for name in [String::new(), "x".repeat(101)] {
            owner.post(KEYS, json!({"name": name})).await.refused(422, "request.invalid");
        }
        let told = owner.get(&format!("{EVENTS}?target={id}")).await.expect(200);
        let kinds: Vec<&Value> = told.body["items"].as_array().expect("items").iter().map(|e| &e["type"]).collect();
        assert_eq!(kinds, ["deploy_key.deleted", "deploy_key.created"]);
        test.stop().await;
    }
}

#[tokio::test]
async fn deploy_keys_are_there_only_where_the_policy_offers_them() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.post(KEYS, json!({"name": "k"})).await.refused(409, "deploy_key.not_offered");
        set(&mut owner, json!({"deploy_keys.offered": true})).await;
        let secret = owner.post(KEYS, json!({"name": "k"})).await.expect(201).at("/token").to_owned();
        assert_eq!(introspected(&mut owner, &secret, "acme").await.body["active"], true);
        set(&mut owner, json!({"deploy_keys.offered": false})).await;
        assert_eq!(introspected(&mut owner, &secret, "acme").await.body, json!({"active": false}));
        set(&mut owner, json!({"deploy_keys.offered": true})).await;
        assert_eq!(introspected(&mut owner, &secret, "acme").await.body["active"], true);
        owner.post("/organizations/acme/reset-authentication", json!({})).await.expect(204);
        let mut top = test.sign_in("owner@acme.test").await;
        assert_eq!(introspected(&mut top, &secret, "acme").await.body, json!({"active": false}));
        test.stop().await;
    }
}
