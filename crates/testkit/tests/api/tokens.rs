//! Personal tokens: what they carry, how long they live, who sees and revokes them.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

const MEMBERS: &str = "/organizations/acme/members";
const MINE: &str = "/me/tokens";

#[tokio::test]
async fn a_token_carries_its_scopes_and_nothing_else() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (mut narrow, _) = test.mint(&mut owner, "acme", Some(&["member.list", "organization.read"])).await;
        narrow.get(MEMBERS).await.expect(200);
        narrow.get("/organizations/acme").await.expect(200);
        let me = narrow.get("/me").await.expect(200);
        assert_eq!(me.body["credential"]["scopes"], json!(["member.list", "organization.read"]));
        narrow.get("/organizations/acme/audit-events").await.refused(403, "token.scope_missing");
        let invite = json!({"invitations": [{"email": "a@acme.test"}]});
        narrow.post("/organizations/acme/invitations", invite).await.refused(403, "token.scope_missing");
        narrow.post(MINE, json!({"name": "t", "organization": "acme"})).await.refused(403, "token.scope_missing");
        for (verb, path) in [("PATCH", "/me"), ("POST", "/me/reset-authentication")] {
            let answer = narrow.send(verb, path, Some(&json!({})), &[]).await;
            answer.refused(403, "token.scope_missing");
        }
        // A check of oneself answers for the credential in use.
        let mine = me.at("/memberships/0/membership/id").to_owned();
        assert!(test.allowed(&mut narrow, "acme", &mine, "member.list").await);
        assert!(!test.allowed(&mut narrow, "acme", &mine, "audit.read").await);
        test.stop().await;
    }
}

#[tokio::test]
async fn scopes_that_do_not_exist_or_exceed_the_maker_are_refused() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let ask = |scopes: Value| json!({"name": "t", "organization": "acme", "scopes": scopes});
        let unknown = ann.post(MINE, ask(json!(["member.list", "moon.walk"]))).await;
        unknown.refused(422, "token.scope_unknown");
        assert_eq!(unknown.at("/errors/0/field"), "scopes[1]");
        ann.post(MINE, ask(json!(["audit.read"]))).await.refused(403, "token.scope_above_own");
        assert_eq!(ann.post(MINE, ask(json!([]))).await.expect(422).at("/errors/0/field"), "scopes");
        let (mut minting, _) = test.mint(&mut ann, "acme", Some(&["token.create", "role.list"])).await;
        minting.post(MINE, ask(json!(["member.list"]))).await.refused(403, "token.scope_above_own");
        // Made by a token without naming scopes, a token has its maker's of that moment.
        let (mut made, _) = test.mint(&mut minting, "acme", None).await;
        let me = made.get("/me").await.expect(200);
        assert_eq!(me.body["credential"]["scopes"], json!(["role.list"]));
        assert_eq!(ann.get(MINE).await.expect(200).count(), 2);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_does_not_make_tokens_unless_it_was_made_for_that() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (mut whole, _) = test.mint(&mut owner, "acme", None).await;
        whole.get("/organizations/acme/audit-events").await.expect(200);
        whole.post(MINE, json!({"name": "t", "organization": "acme"})).await.refused(403, "token.scope_missing");
        let denied = whole.post("/organizations", json!({"name": "Beta"})).await;
        denied.refused(403, "organization.create_denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_has_never_more_than_its_holder_of_this_moment() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", Some(&["audit.read", "member.list"])).await;
        token.get("/organizations/acme/audit-events").await.expect(200);
        let path = format!("{MEMBERS}/{}", ann.member);
        owner.patch(&path, json!({"role": "member"})).await.expect(200);
        token.get("/organizations/acme/audit-events").await.refused(403, "access.denied");
        token.get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_ends_at_its_time() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let now = test.app.now();
        let ask = |end: Value| json!({"name": "t", "organization": "acme", "expires_at": end});
        let made = owner.post(MINE, ask(json!(now.plus_s(3600).to_string()))).await.expect(201);
        let mut token = test.with_token(made.at("/token"));
        token.get(MEMBERS).await.expect(200);
        test.clock.advance_s(3600);
        token.get(MEMBERS).await.refused(401, "auth.invalid");
        owner.post(MINE, ask(json!(now.to_string()))).await.refused(422, "token.life");
        assert_eq!(owner.post(MINE, ask(json!("tomorrow"))).await.expect(422).at("/errors/0/field"), "expires_at");
        owner.patch("/organizations/acme/policy", json!({"token.max_life_s": 7200})).await.expect(200);
        owner.post(MINE, ask(Value::Null)).await.refused(422, "token.life");
        let late = test.app.now().plus_s(8000).to_string();
        owner.post(MINE, ask(json!(late))).await.refused(422, "token.life");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_policy_caps_how_many_tokens_one_holds() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch("/organizations/acme/policy", json!({"token.max_per_member": 2})).await.expect(200);
        let ask = json!({"name": "t", "organization": "acme"});
        let first = owner.post(MINE, ask.clone()).await.expect(201).at("/id").to_owned();
        owner.post(MINE, ask.clone()).await.expect(201);
        owner.post(MINE, ask.clone()).await.refused(409, "token.limit");
        owner.delete(&format!("{MINE}/{first}")).await.expect(204);
        owner.post(MINE, ask).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_shows_when_it_was_last_used() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let (mut token, _) = test.mint(&mut owner, "acme", None).await;
        assert!(owner.get(MINE).await.expect(200).body["items"][0]["last_used_at"].is_null());
        test.clock.advance_s(60);
        token.get(MEMBERS).await.expect(200);
        test.app.write_marks().await.expect("writes");
        let listed = owner.get(MINE).await.expect(200);
        assert!(listed.at("/items/0/last_used_at") > listed.at("/items/0/created_at"), "{}", listed.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_token_is_bound_to_its_organization() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let (mut here, here_id) = test.mint(&mut owner, "acme", None).await;
        let (mut there, there_id) = test.mint(&mut owner, "beta", None).await;
        here.get(MEMBERS).await.expect(200);
        here.get("/organizations/beta/members").await.refused(404, "not_found");
        there.get(MEMBERS).await.refused(404, "not_found");
        for (caller, slug, id) in [(&mut here, "acme", &here_id), (&mut there, "beta", &there_id)] {
            assert_eq!(caller.get("/organizations").await.expect(200).at("/items/0/slug"), slug);
            assert_eq!(caller.get("/organizations").await.expect(200).count(), 1);
            let tokens = caller.get(&format!("{MINE}?limit=1")).await.expect(200);
            assert_eq!((tokens.count(), tokens.at("/items/0/id")), (1, id.as_str()), "{slug}: {}", tokens.text);
        }
        here.delete(&format!("{MINE}/{there_id}")).await.refused(404, "not_found");
        owner.delete(&format!("/organizations/acme/tokens/{there_id}")).await.refused(404, "not_found");
        there.get("/organizations/beta").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn administrators_list_and_revoke_the_tokens_of_everybody() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let (mut token, id) = test.mint(&mut ann.caller, "acme", None).await;
        let path = "/organizations/acme/tokens";
        let listed = admin.caller.get(path).await.expect(200);
        assert_eq!((listed.at("/items/0/id"), listed.at("/items/0/holder")), (id.as_str(), ann.user.as_str()));
        ann.caller.get(path).await.refused(403, "access.denied");
        ann.caller.delete(&format!("{path}/{id}")).await.refused(403, "access.denied");
        admin.caller.delete(&format!("{MINE}/{id}")).await.refused(404, "not_found");
        admin.caller.delete(&format!("{path}/{id}")).await.expect(204);
        token.get(MEMBERS).await.refused(401, "auth.invalid");
        admin.caller.delete(&format!("{path}/{id}")).await.refused(404, "not_found");
        assert_eq!(ann.caller.get(MINE).await.expect(200).count(), 0);
        let told = owner.get("/organizations/acme/audit-events?type=token.revoked").await.expect(200);
        assert_eq!(told.at("/items/0/target/id"), id);
        test.stop().await;
    }
}

#[tokio::test]
async fn tokens_are_listed_newest_first_in_pages() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(test.mint(&mut owner, "acme", None).await.1);
        }
        made.reverse();
        let first = owner.get("/organizations/acme/tokens?limit=3").await.expect(200);
        let rest = owner.get(&format!("/organizations/acme/tokens?limit=3&after={}", first.at("/next"))).await;
        let ids = [first, rest.expect(200)].map(|page| page.body["items"].as_array().expect("items").clone()).concat();
        let ids: Vec<&str> = ids.iter().map(|t| t["id"].as_str().unwrap_or_default()).collect();
        assert_eq!(ids, made);
        owner.get(&format!("{MINE}?after=tok_x")).await.refused(400, "cursor.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn mistyped_unknown_and_foreign_tokens_are_told_apart() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        let made = owner.post(MINE, json!({"name": "t", "organization": "acme"})).await.expect(201);
        let secret = made.at("/token").to_owned();
        let mut typo = secret.clone();
        typo.insert(12, 'x');
        for (token, code) in [
            (typo.as_str(), "token.malformed"),
            ("gld_pat_", "token.malformed"),
            ("hello", "token.malformed"),
            (invited.secret.as_str(), "auth.invalid"),
        ] {
            test.with_token(token).get("/me").await.refused(401, code);
        }
        let basic = [("authorization", "Basic b3duZXI6cHc=")];
        let answer = test.anybody().send("GET", "/me", None, &basic).await;
        answer.refused(401, "auth.invalid");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        test.stop().await;
    }
}

#[tokio::test]
async fn resetting_authentication_ends_what_was_issued_before() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        test.join_too(&mut owner, "beta", &mut ann, "member").await;
        let (mut here, _) = test.mint(&mut ann.caller, "acme", None).await;
        let (mut there, _) = test.mint(&mut ann.caller, "beta", None).await;
        let mut top = test.sign_in("owner@acme.test").await;
        top.send("POST", "/organizations/acme/reset-authentication", None, &[]).await.expect(204);
        top.get(MEMBERS).await.refused(401, "auth.invalid");
        here.get(MEMBERS).await.refused(401, "auth.invalid");
        ann.caller.get(MEMBERS).await.refused(401, "auth.invalid");
        ann.caller.get("/organizations/beta/members").await.expect(200);
        there.get("/organizations/beta/members").await.expect(200);
        let mut again = test.sign_in("ann@acme.test").await;
        again.get(MEMBERS).await.expect(200);
        again.send("POST", "/me/reset-authentication", None, &[]).await.expect(204);
        again.get("/me").await.refused(401, "auth.required");
        ann.caller.get("/me").await.refused(401, "auth.required");
        there.get("/organizations/beta/members").await.refused(401, "auth.invalid");
        test.sign_in("ann@acme.test").await.get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_product_asks_what_a_credential_stands_for() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let body = json!({"name": "t", "organization": "acme", "scopes": ["member.list"]});
        let token = ann.caller.post(MINE, body).await.expect(201).at("/token").to_owned();
        let ask = |shown: &str, organization: &str| json!({"token": shown, "organization": organization});
        let told = owner.post("/introspect", ask(&token, "acme")).await.expect(200);
        assert_eq!(told.body["active"], true);
        assert_eq!((told.at("/identity/id"), told.at("/membership")), (ann.user.as_str(), ann.member.as_str()));
        assert_eq!((told.at("/role"), &told.body["scopes"]), ("member", &json!(["member.list"])));
        let cookie = ann.caller.cookie().expect("a session").split_once('=').expect("a pair").1.to_owned();
        let session = owner.post("/introspect", ask(&cookie, "acme")).await.expect(200);
        assert_eq!((session.at("/membership"), session.body.get("scopes")), (ann.member.as_str(), None));
        for (shown, organization) in [(token.as_str(), "beta"), ("gld_pat_x", "acme"), ("x", "acme"), ("", "acme")] {
            let none = owner.post("/introspect", ask(shown, organization)).await.expect(200);
            assert_eq!(none.body, json!({"active": false}), "{shown} in {organization}");
        }
        ann.caller.post("/introspect", ask(&token, "acme")).await.refused(403, "access.denied");
        owner.delete(&format!("{MEMBERS}/{}", ann.member)).await.expect(204);
        for shown in [&token, &cookie] {
            assert_eq!(owner.post("/introspect", ask(shown, "acme")).await.body, json!({"active": false}));
        }
        test.stop().await;
    }
}
