//! What holds for every route: strict bodies and parameters, problems, `ETag`s, request ids.

use guildhall_testkit::{Answer, TestApp, engines};
use serde_json::{Value, json};

const INVITATIONS: &str = "/organizations/acme/invitations";
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn problems_have_one_shape() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let body = json!({"invitations": [{"email": "a@b.test", "shoe_size": 43}]});
        let answer = owner.send("POST", INVITATIONS, Some(&body), &[("x-request-id", "abc-1")]).await.expect(422);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("x-request-id"), "abc-1");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let keys: Vec<&String> = answer.body.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["code", "detail", "errors", "instance", "status", "title", "type"]);
        assert_eq!((answer.at("/code"), answer.at("/instance")), ("request.invalid", "abc-1"));
        assert_eq!((&answer.body["status"], answer.at("/title")), (&json!(422), "Unprocessable Entity"));
        assert_eq!(answer.at("/errors/0/field"), "invitations[0].shoe_size");
        assert_eq!(answer.at("/errors/0/code"), "field.unknown");
        assert!(answer.at("/errors/0/detail").contains("email"), "tells what is known: {}", answer.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn request_ids_are_echoed_when_they_are_fit_and_made_otherwise() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let long = "x".repeat(500);
        for (given, kept) in [("trace-7", true), ("with space", false), (long.as_str(), false)] {
            let answer = owner.send("GET", "/me", None, &[("x-request-id", given)]).await.expect(200);
            let told = answer.header("x-request-id");
            assert_eq!(told == given, kept, "{told}");
            assert!(!told.is_empty());
        }
        assert_ne!(owner.get("/me").await.header("x-request-id"), owner.get("/me").await.header("x-request-id"));
        test.stop().await;
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_are_refused() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let bytes = |text: &str| Some(text.as_bytes().to_vec());
        for (body, status, code) in [
            ("{", 400, "request.malformed"),
            ("{\"name\": \"x\"} trailing", 400, "request.malformed"),
            ("{\"name\": \"\\ud800\"}", 400, "request.malformed"),
            ("", 400, "request.malformed"),
            ("[]", 422, "request.invalid"),
            ("null", 422, "request.invalid"),
            ("\"name\"", 422, "request.invalid"),
            ("{\"name\": 7}", 422, "request.invalid"),
            ("{\"name\": \"x\", \"name\": \"y\"}", 422, "request.invalid"),
            ("{\"nome\": \"x\"}", 422, "request.invalid"),
        ] {
            let answer = owner.send_bytes("PATCH", "/organizations/acme", bytes(body), &[JSON]).await;
            answer.refused(status, code);
        }
        let not_utf8 = Some(b"{\"name\": \"\xff\xfe\"}".to_vec());
        owner.send_bytes("PATCH", "/organizations/acme", not_utf8, &[JSON]).await.refused(400, "request.malformed");
        let deep = format!("{{\"name\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let answer = owner.send_bytes("PATCH", "/organizations/acme", bytes(&deep), &[JSON]).await;
        assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
            let headers = [("content-type", kind)];
            let answer = owner.send_bytes("PATCH", "/organizations/acme", bytes("{\"name\":\"x\"}"), &headers).await;
            answer.refused(415, "request.media_type");
        }
        let charset = [("content-type", "application/json; charset=utf-8")];
        owner.send_bytes("PATCH", "/organizations/acme", bytes("{}"), &charset).await.expect(200);
        assert_eq!(owner.get("/organizations/acme").await.expect(200).at("/name"), "Acme");
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_is_nobody_is_told_so_before_their_request_is_read() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut anybody = test.anybody();
        for (method, path) in [
            ("POST", INVITATIONS),
            ("PATCH", "/organizations/acme?x=1"),
            ("POST", "/me/tokens"),
            ("GET", "/me?x=1"),
            ("POST", "/organizations/nowhere/check"),
        ] {
            for headers in [&[JSON][..], &[]] {
                let body = (method != "GET").then(|| b"{\"x\":".to_vec());
                anybody.send_bytes(method, path, body, headers).await.refused(401, "auth.required");
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_by_size() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |config| {
            config.body_limit_bytes = 4_096;
            config.bulk_body_limit_bytes = 16_384;
        })
        .await;
        let mut owner = test.with_token(&test.init("standard").await.token);
        let name = json!({"name": "x".repeat(5_000)});
        owner.patch("/organizations/acme", name.clone()).await.refused(413, "request.body_too_large");
        let list = |count: usize| -> Value {
            let one = |n| json!({"email": format!("somebody-{n}@acme.test")});
            json!({"deliver": "link", "invitations": (0..count).map(one).collect::<Vec<_>>()})
        };
        owner.post(INVITATIONS, list(200)).await.expect(200);
        owner.post(INVITATIONS, list(500)).await.refused(413, "request.body_too_large");
        let key = [("idempotency-key", "k")];
        let answer = owner.send("POST", INVITATIONS, Some(&list(500)), &key).await;
        answer.refused(413, "request.body_too_large");
        let answer = owner.send("POST", "/organizations", Some(&name), &key).await;
        answer.refused(413, "request.body_too_large");
        test.stop().await;
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_on_reads_and_writes() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        for (method, path) in [
            ("GET", "/me?x=1"),
            ("GET", "/session?x=1"),
            ("GET", "/organizations?x=1"),
            ("GET", "/organizations/acme?dry_run=true"),
            ("GET", "/organizations/acme/members?x=1"),
            ("GET", "/organizations/acme/roles?x=1"),
            ("GET", "/organizations/acme/permissions?limit=1"),
            ("GET", "/me/tokens?x=1"),
            ("PATCH", "/organizations/acme?x=1"),
            ("POST", "/organizations/acme/leave?x=1"),
            ("DELETE", "/me/sessions?x=1"),
        ] {
            let body = (method == "PATCH").then(|| json!({}));
            let answer = owner.send(method, path, body.as_ref(), &[]).await.expect(422);
            assert_eq!(answer.at("/errors/0/code"), "field.unknown", "{method} {path}");
        }
        let answer = owner.patch("/organizations/acme?dry_run=perhaps", json!({})).await.expect(422);
        assert_eq!(answer.at("/errors/0/field"), "dry_run");
        test.stop().await;
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_say_so() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        for path in ["/nothing", "/organizations/acme/nothing", "/organizations/acme/members/x/y/z"] {
            owner.get(path).await.refused(404, "not_found");
        }
        for (method, path) in [
            ("PUT", "/organizations/acme"),
            ("DELETE", "/organizations"),
            ("GET", "/sign-up"),
            ("GET", "/organizations/acme/check"),
            ("POST", "/me"),
            ("PATCH", "/organizations/acme/members"),
        ] {
            owner.send(method, path, None, &[]).await.refused(405, "request.method");
        }
        test.stop().await;
    }
}

/// A problem without the request's own id.
fn told(answer: &Answer) -> String {
    answer.text.replace(answer.at("/instance"), "-")
}

#[tokio::test]
async fn what_is_foreign_answers_exactly_as_what_is_missing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "beta", "standard").await;
        let mut eve = test.join(&mut owner, "beta", "eve@acme.test", "owner").await.caller;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        let here = owner.get("/organizations/acme").await.expect(200).at("/id").to_owned();
        let missing = told(&eve.get("/organizations/nowhere").await);
        for path in [
            "/organizations/acme".to_owned(),
            format!("/organizations/{here}"),
            "/organizations/acme/members".to_owned(),
            format!("/organizations/acme/members/{}", ann.member),
            format!("/organizations/beta/members/{}", ann.member),
            format!("/organizations/beta/invitations/{}", invited.id),
            "/organizations/beta/members/mem_00000000000000000000000000".to_owned(),
            "/organizations/beta/roles/emperor".to_owned(),
        ] {
            let answer = eve.get(&path).await;
            assert_eq!((answer.status, told(&answer)), (404, missing.clone()), "{path}");
        }
        for path in [format!("/organizations/acme/members/{}", ann.member), "/organizations/beta/members/x".to_owned()]
        {
            for method in ["PATCH", "DELETE"] {
                let body = (method == "PATCH").then(|| json!({"role": "guest"}));
                let answer = eve.send(method, &path, body.as_ref(), &[]).await;
                assert_eq!((answer.status, told(&answer)), (404, missing.clone()), "{method} {path}");
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_stale_if_match_is_refused_and_a_fresh_one_is_taken() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        let next = test.invite(&mut owner, "acme", "carl@acme.test", "member").await;
        let role = |slug: &str| Some(json!({"role": slug}));
        let member = format!("/organizations/acme/members/{}", ann.member);
        let waiting = format!("/organizations/acme/members/{}", next.member);
        let invitation = format!("{INVITATIONS}/{}", invited.id);
        let policy = "/organizations/acme/policy".to_owned();
        let organization = "/organizations/acme".to_owned();
        for (path, body) in [
            (&member, role("admin")),
            (&waiting, role("admin")),
            (&invitation, role("admin")),
            (&policy, Some(json!({"invite.ttl_s": 3600}))),
            (&organization, Some(json!({"name": "Acme 2"}))),
        ] {
            let seen = owner.get(path).await.expect(200).header("etag").to_owned();
            assert!(seen.starts_with('"') && seen.ends_with('"'), "{path}: {seen}");
            for odd in ["\"0\"", "\"x\"", "\"99999\""] {
                let answer = owner.send("PATCH", path, body.as_ref(), &[("if-match", odd)]).await;
                answer.refused(412, "etag.stale");
            }
            let done = owner.send("PATCH", path, body.as_ref(), &[("if-match", &seen)]).await.expect(200);
            let fresh = done.header("etag").to_owned();
            assert_ne!(fresh, seen, "{path}");
            assert_eq!(owner.get(path).await.header("etag"), fresh, "{path}");
            owner.send("PATCH", path, body.as_ref(), &[("if-match", &seen)]).await.refused(412, "etag.stale");
            owner.send("PATCH", path, body.as_ref(), &[("if-match", "*")]).await.expect(200);
        }
        // Somebody else's change does not make mine stale.
        let seen = owner.get(&member).await.header("etag").to_owned();
        owner.patch(&organization, json!({"name": "Acme 3"})).await.expect(200);
        for path in [&member, &waiting, &invitation] {
            owner.send("DELETE", path, None, &[("if-match", "\"0\"")]).await.refused(412, "etag.stale");
        }
        owner.send("DELETE", &member, None, &[("if-match", &seen)]).await.expect(204);
        test.stop().await;
    }
}
