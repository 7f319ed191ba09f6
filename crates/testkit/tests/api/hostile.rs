//! Hostile text: kept, tidied or refused, the same on every engine, and never a fault.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

const ODD: [&str; 9] = [
    "👩‍👩‍👧‍👦 Famîlie",
    "שלום עולם",
    "\u{202e}evil\u{202c}",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "Robert'); DROP TABLE memberships;--",
    "<script>alert(1)</script>",
    "a\u{0}b",
    "${jndi:ldap://x}",
    "\u{1f}\u{7f}control",
];

#[tokio::test]
async fn hostile_names_are_kept_tidy_and_never_break_anything() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        for odd in ODD {
            let named = ann.caller.patch("/me", json!({"name": odd})).await.expect(200);
            let kept = named.at("/identity/name").to_owned();
            assert!(!kept.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)), "{kept:?}");
            let path = format!("/organizations/acme/members/{}", ann.member);
            assert_eq!(owner.get(&path).await.expect(200).at("/identity/name"), kept);
            let made = json!({"name": odd, "organization": "acme", "scopes": ["member.list"]});
            assert_eq!(ann.caller.post("/me/tokens", made).await.expect(201).at("/name"), kept);
            owner.patch("/organizations/acme", json!({"name": odd})).await.expect(200);
        }
        let all = owner.get("/organizations/acme/audit-events/export?format=ndjson").await.expect(200);
        assert!(all.text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        owner.get("/organizations/acme/audit-events/export?format=csv").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn hostile_text_in_questions_finds_nothing_and_is_no_fault() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02x}")).collect::<String>();
        for odd in ODD {
            let odd = encode(odd);
            for list in ["members?query=", "members?role=", "audit-events?actor=", "audit-events?target="] {
                assert_eq!(
                    owner.get(&format!("/organizations/acme/{list}{odd}")).await.expect(200).count(),
                    0,
                    "{odd}"
                );
            }
            for list in ["audit-events?type=", "audit-events?outcome="] {
                assert_eq!(
                    owner.get(&format!("/organizations/acme/{list}{odd}")).await.expect(200).count(),
                    0,
                    "{odd}"
                );
            }
            for path in ["members/", "invitations/", "roles/"] {
                owner.get(&format!("/organizations/acme/{path}{odd}")).await.refused(404, "not_found");
            }
            owner.get(&format!("/organizations/{odd}")).await.refused(404, "not_found");
            owner.get(&format!("/organizations/acme/members?after={odd}")).await.refused(400, "cursor.invalid");
        }
        // Bytes that are no text at all.
        let answer = owner.get("/organizations/acme/members?query=%ff%fe").await;
        assert!(matches!(answer.status, 200 | 400 | 422), "{}", answer.text);
        let answer = owner.get("/organizations/%ff%fe").await;
        assert!(matches!(answer.status, 400 | 404), "{}", answer.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn hostile_text_in_bodies_is_refused_or_kept_and_is_no_fault() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        for odd in ODD {
            test.anybody()
                .post("/session", json!({"email": odd, "password": odd}))
                .await
                .refused(401, "auth.wrong_credentials");
            test.anybody().post("/password/forgot", json!({"email": odd})).await.refused(422, "email.invalid");
            let link = test.anybody().post("/email/verify", json!({"token": odd})).await;
            link.refused(410, "link.invalid");
            let sign_up = json!({"email": "a@b.test", "name": odd, "password": "long enough", "organization": odd});
            test.anybody().post("/sign-up", sign_up).await.refused(403, "join.closed");
            let invite = json!({"invitations": [{"email": odd, "role": odd, "name": odd}], "deliver": "link"});
            let told = owner.post("/organizations/acme/invitations", invite).await.expect(200);
            assert_eq!(told.at("/invitations/0/code"), "email.invalid");
            let invite = json!({"invitations": [{"email": "a@b.test", "role": odd}], "deliver": "link"});
            let told = owner.post("/organizations/acme/invitations", invite).await.expect(200);
            assert_eq!(told.at("/invitations/0/code"), "role.unknown");
            let check = json!({"subject": odd, "permission": "member.list"});
            assert_eq!(owner.post("/organizations/acme/check", check).await.expect(200).body["allowed"], false);
            let scopes = json!({"name": "t", "organization": "acme", "scopes": [odd]});
            owner.post("/me/tokens", scopes).await.refused(422, "token.scope_unknown");
            let elsewhere = json!({"name": "t", "organization": odd});
            owner.post("/me/tokens", elsewhere).await.refused(404, "not_found");
            owner.post("/introspect", json!({"token": odd, "organization": "acme"})).await.expect(200);
            owner.post("/introspect", json!({"token": odd, "organization": odd})).await.refused(404, "not_found");
            let waiting = json!({"invitations": [{"email": format!("x{}@acme.test", odd.len()), "name": odd}]});
            owner.post("/organizations/acme/invitations", waiting).await.expect(200);
        }
        test.deliver().await;
        let headers = [("x-forwarded-for", "'; DROP TABLE x"), ("user-agent", "\u{e9}'\"<>")];
        test.anybody().send("GET", "/me", None, &headers).await.refused(401, "auth.required");
        test.stop().await;
    }
}
