//! Organizations: made, listed, renamed, tuned, ended.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

#[tokio::test]
async fn whoever_makes_an_organization_holds_its_top_role() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await.caller;
        let made = ann.post("/organizations", json!({"name": "Bücher & Söhne"})).await.expect(201);
        assert_eq!((made.at("/slug"), made.at("/preset")), ("bucher-sohne", "standard"));
        assert_eq!(made.header("etag"), "\"1\"");
        let again = ann.post("/organizations", json!({"name": "Bücher & Söhne", "preset": "cloudtruth"})).await;
        assert_eq!(again.expect(201).at("/slug"), "bucher-sohne-2");
        let me = ann.get("/me").await.expect(200);
        assert_eq!(me.at("/memberships/1/role"), "owner");
        let by_id = ann.get(&format!("/organizations/{}", made.at("/id"))).await.expect(200);
        assert_eq!(by_id.body, made.body);
        for (asked, field) in [
            (json!({"name": ""}), "name"),
            (json!({"name": "X", "slug": "Not Good"}), "slug"),
            (json!({"name": "X", "slug": "admin"}), "slug"),
            (json!({"name": "X", "preset": "moon"}), "preset"),
        ] {
            assert_eq!(ann.post("/organizations", asked).await.expect(422).at("/errors/0/field"), field);
        }
        let taken = ann.post("/organizations", json!({"name": "X", "slug": "acme"})).await;
        taken.refused(409, "organization.slug_taken");
        assert_eq!(ann.get("/organizations").await.expect(200).count(), 3);
        let first = ann.get("/organizations?limit=2").await.expect(200);
        let rest = ann.get(&format!("/organizations?limit=2&after={}", first.at("/next"))).await.expect(200);
        assert_eq!((first.count(), rest.count()), (2, 1));
        test.stop().await;
    }
}

#[tokio::test]
async fn an_organization_is_renamed_and_its_old_slug_is_free() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let renamed = owner.patch("/organizations/acme", json!({"name": "Acme 2", "slug": "acme-2"})).await.expect(200);
        assert_eq!((renamed.at("/name"), renamed.at("/slug")), ("Acme 2", "acme-2"));
        owner.get("/organizations/acme").await.refused(404, "not_found");
        test.found(&mut owner, "acme", "standard").await;
        let taken = owner.patch("/organizations/acme-2", json!({"slug": "acme"})).await;
        taken.refused(409, "organization.slug_taken");
        test.stop().await;
    }
}

#[tokio::test]
async fn ending_an_organization_is_typed_and_final() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let (mut token, _) = test.mint(&mut ann.caller, "acme", None).await;
        let confirm = |slug: &str| json!({"confirm": slug});
        let path = "/organizations/acme";
        let denied = ann.caller.send("DELETE", path, Some(&confirm("acme")), &[]).await;
        denied.refused(403, "access.denied");
        let typo = owner.send("DELETE", path, Some(&confirm("acne")), &[]).await;
        typo.refused(422, "organization.confirm_name");
        owner.send("DELETE", path, Some(&confirm("acme")), &[]).await.expect(204);
        owner.get(path).await.refused(404, "not_found");
        token.get(path).await.refused(401, "auth.invalid");
        ann.caller.get(path).await.refused(404, "not_found");
        assert_eq!(owner.get("/me").await.expect(200).body["memberships"], json!([]));
        assert_eq!(owner.get("/organizations").await.expect(200).count(), 0);
        test.stop().await;
    }
}

#[tokio::test]
async fn the_policy_is_changed_all_or_none_within_what_the_preset_opens() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let path = "/organizations/acme/policy";
        let before = owner.get(path).await.expect(200);
        for (asked, status, code, field) in [
            (json!({"invite.ttl_s": 3600, "moon.phase": 1}), 422, "policy.unknown_knob", "moon.phase"),
            (json!({"invite.ttl_s": 3600, "signup.open": true}), 403, "policy.closed", "signup.open"),
            (json!({"invite.ttl_s": "soon"}), 422, "policy.invalid_value", "invite.ttl_s"),
            (json!({"invite.ttl_s": 1}), 422, "policy.invalid_value", "invite.ttl_s"),
            (json!({"role.default": "emperor"}), 422, "role.unknown", "role.default"),
            (json!({"role_change.authority": "everybody"}), 422, "policy.invalid_value", "role_change.authority"),
        ] {
            let answer = owner.patch(path, asked).await;
            answer.refused(status, code);
            assert_eq!(answer.at("/errors/0/field"), field);
        }
        assert_eq!(owner.get(path).await.expect(200).body, before.body, "nothing of it was taken");
        let after = owner.patch(path, json!({"invite.ttl_s": 3600, "role.default": "contributor"})).await.expect(200);
        assert_eq!(
            (&after.body["policy"]["invite.ttl_s"], &after.body["policy"]["role.default"]),
            (&json!(3600), &json!("contributor"))
        );
        let knob = |name: &str| -> Value {
            let settings = after.body["settings"].as_array().expect("settings");
            settings.iter().find(|s| s["name"] == name).expect("a knob").clone()
        };
        assert_eq!((&knob("invite.ttl_s")["changed"], &knob("invite.ttl_s")["open"]), (&json!(true), &json!(true)));
        assert_eq!((&knob("signup.open")["changed"], &knob("signup.open")["open"]), (&json!(false), &json!(false)));
        let told = owner.get("/organizations/acme/audit-events?type=policy.changed").await.expect(200);
        assert_eq!(told.body["items"][0]["after"], json!({"invite.ttl_s": 3600, "role.default": "contributor"}));
        test.stop().await;
    }
}
