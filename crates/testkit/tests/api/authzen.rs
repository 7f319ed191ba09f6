//! AuthZEN 1.0: the certification scenario's core levels (Basic, Batch, Search, Discovery) with its own fixture, and
//! what the scenario does not ask: whose organization, errors, pages, other subjects. Its properties levels are in
//! `conditions.rs`.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

use super::authzen_fixture::{decide, decisions, fixture, ids, question};

#[tokio::test]
async fn basic_core_is_met() {
    for engine in engines() {
        let (test, _, mut pdp) = fixture(engine).await;
        for (who, action, allowed) in
            [("alice", "read", true), ("alice", "write", true), ("bob", "read", true), ("bob", "write", false)]
        {
            for _ in 0..2 {
                assert_eq!(decide(&mut pdp, question(who, action, "record-1")).await, allowed, "{who} {action}");
            }
        }
        let mut more = question("alice", "read", "record-1");
        more["context"] = json!({"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"});
        more["subject"]["properties"] = json!({"department": "Sales", "role": "manager"});
        more["action"]["properties"] = json!({"method": "GET"});
        more["resource"]["properties"] = json!({"status": "active", "owner": "bob"});
        more["foo"] = json!("bar");
        more["futureField"] = json!({"nested": true});
        assert!(decide(&mut pdp, more).await);

        let whole = question("alice", "read", "record-1");
        for pointer in ["subject", "action", "resource"] {
            let mut lacking = whole.clone();
            lacking.as_object_mut().expect("an object").remove(pointer);
            pdp.post("/access/v1/evaluation", lacking).await.refused(400, "request.malformed");
        }
        for (part, leaf) in
            [("subject", "type"), ("subject", "id"), ("action", "name"), ("resource", "type"), ("resource", "id")]
        {
            let mut lacking = whole.clone();
            lacking[part].as_object_mut().expect("an object").remove(leaf);
            let told = pdp.post("/access/v1/evaluation", lacking).await;
            told.refused(400, "request.malformed");
            assert_eq!(told.at("/errors/0/field"), format!("{part}.{leaf}"));
        }
        let mut wrong = whole.clone();
        wrong["subject"] = json!("alice");
        pdp.post("/access/v1/evaluation", wrong).await.refused(400, "request.malformed");
        let mut wrong = whole.clone();
        wrong["action"]["name"] = json!(123);
        pdp.post("/access/v1/evaluation", wrong).await.refused(400, "request.malformed");
        for (body, media) in [
            (whole.to_string(), "text/plain"),
            ("{".to_owned(), "application/json"),
            (String::new(), "application/json"),
        ] {
            let told =
                pdp.send_bytes("POST", "/access/v1/evaluation", Some(body.into()), &[("content-type", media)]).await;
            told.refused(400, "request.malformed");
        }
        let answer =
            pdp.send("POST", "/access/v1/evaluation", Some(&whole), &[("x-request-id", "bfe9eb29-ab87")]).await;
        assert_eq!(answer.header("x-request-id"), "bfe9eb29-ab87");
        assert_eq!(answer.header("content-type"), "application/json");
        test.stop().await;
    }
}

#[tokio::test]
async fn batch_core_is_met() {
    for engine in engines() {
        let (test, _, mut pdp) = fixture(engine).await;
        let path = "/access/v1/evaluations";
        let bob = json!({
            "subject": {"type": "user", "id": "bob"}, "resource": {"type": "record", "id": "record-1"},
            "evaluations": [{"action": {"name": "read"}}, {"action": {"name": "write"}}],
        });
        assert_eq!(decisions(&pdp.post(path, bob).await.expect(200)), [true, false]);
        let full =
            json!({"evaluations": [question("alice", "read", "record-1"), question("bob", "write", "record-1")]});
        assert_eq!(decisions(&pdp.post(path, full).await.expect(200)), [true, false]);
        let merged = json!({
            "subject": {"type": "user", "id": "alice"}, "action": {"name": "write"}, "resource": {"type": "record"},
            "context": {"time": "2025-06-27T18:03-07:00"},
            "evaluations": [
                {"resource": {"id": "record-1"}},
                {"resource": {"type": "record", "id": "record-2"}, "context": {"source": "batch-override"}},
            ],
        });
        assert_eq!(decisions(&pdp.post(path, merged).await.expect(200)), [true, false]);

        // what is wrong with one question is its own no
        let lacking = json!({
            "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
            "evaluations": [{"resource": {"type": "record", "id": "record-1"}}, {},
                {"action": {"name": "fly"}, "resource": {"type": "record", "id": "record-1"}}],
        });
        let answer = pdp.post(path, lacking).await.expect(200);
        assert_eq!(decisions(&answer), [true, false, false]);
        assert_eq!(answer.at("/evaluations/1/context/error/code"), "field.missing");
        assert_eq!(answer.at("/evaluations/2/context/error/code"), "permission.unknown");

        // no questions below: the one above
        let mut single = question("alice", "read", "record-1");
        assert_eq!(pdp.post(path, single.clone()).await.expect(200).body, json!({"decision": true}));
        single["evaluations"] = json!([]);
        assert_eq!(pdp.post(path, single).await.expect(200).body, json!({"decision": true}));

        let too_many: Vec<_> = (0..1_001).map(|_| json!({})).collect();
        pdp.post(path, json!({"evaluations": too_many})).await.refused(400, "request.malformed");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_batch_ends_where_its_semantic_says() {
    for engine in engines() {
        let (test, _, mut pdp) = fixture(engine).await;
        let reads = ["record-1", "record-2", "record-1"].map(|id| question("bob", "read", id));
        for (semantic, expected) in [
            (None, vec![true, false, true]),
            (Some("execute_all"), vec![true, false, true]),
            (Some("deny_on_first_deny"), vec![true, false]),
            (Some("permit_on_first_permit"), vec![true]),
        ] {
            let mut body = json!({"evaluations": reads});
            if let Some(semantic) = semantic {
                body["options"] = json!({"evaluations_semantic": semantic, "another": 1});
            }
            let answer = pdp.post("/access/v1/evaluations", body).await.expect(200);
            assert_eq!(decisions(&answer), expected, "{semantic:?}");
        }
        let body = json!({"evaluations": reads, "options": {"evaluations_semantic": "first_come"}});
        pdp.post("/access/v1/evaluations", body).await.refused(400, "request.malformed");
        test.stop().await;
    }
}

#[tokio::test]
async fn search_core_is_met() {
    for engine in engines() {
        let (test, _, mut pdp) = fixture(engine).await;
        let user = json!({"type": "user"});
        let record = json!({"type": "record", "id": "record-1"});
        let who = |page: Value| json!({"subject": user, "action": {"name": "read"}, "resource": record, "page": page, "context": {"a": 1}});
        let found = pdp.post("/access/v1/search/subject", who(json!({}))).await.expect(200);
        assert!(["alice", "bob"].iter().all(|id| ids(&found).contains(&(*id).to_owned())), "{}", found.text);
        assert_eq!(found.at("/page/next_token"), "");

        // page by page the same, and each of them is let through
        let (mut paged, mut token) = (Vec::new(), String::new());
        loop {
            let page =
                pdp.post("/access/v1/search/subject", who(json!({"limit": 1, "token": token}))).await.expect(200);
            assert_eq!(page.body["page"]["count"], 1);
            paged.extend(ids(&page));
            token = page.at("/page/next_token").to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(paged, ids(&found));
        for id in &paged {
            assert!(decide(&mut pdp, question(id, "read", "record-1")).await, "{id}");
        }

        let alice = json!({"type": "user", "id": "alice"});
        let on = json!({"subject": alice, "action": {"name": "read"}, "resource": {"type": "record"}});
        assert_eq!(ids(&pdp.post("/access/v1/search/resource", on).await.expect(200)), ["record-1"]);
        let what = json!({"subject": alice, "resource": record});
        let may = pdp.post("/access/v1/search/action", what).await.expect(200);
        for name in ids(&may) {
            assert!(decide(&mut pdp, question("alice", &name, "record-1")).await, "{name}");
        }
        assert!(["read", "write", "record.read"].iter().all(|name| ids(&may).contains(&(*name).to_owned())));
        assert!(!ids(&may).contains(&"delete".to_owned()));

        for (path, body) in [
            ("action", json!({"subject": {"type": "user", "id": "nonexistent-user"}, "resource": record})),
            ("subject", json!({"subject": {"type": "spaceship"}, "action": {"name": "read"}, "resource": record})),
            ("subject", json!({"subject": user, "action": {"name": "fly"}, "resource": record})),
            ("resource", json!({"subject": alice, "action": {"name": "read"}, "resource": {"type": "spaceship"}})),
        ] {
            let nothing = pdp.post(&format!("/access/v1/search/{path}"), body).await.expect(200);
            assert_eq!(nothing.body["results"], json!([]), "{path}");
        }
        for (path, body) in [
            ("subject", json!({"subject": user, "resource": record})),
            ("resource", json!({"action": {"name": "read"}, "resource": {"type": "record"}})),
            ("action", json!({"subject": alice})),
            ("subject", json!({"subject": user, "action": {"name": "read"}, "resource": {"type": "record"}})),
            ("resource", json!({"subject": user, "action": {"name": "read"}, "resource": {"type": "record"}})),
        ] {
            pdp.post(&format!("/access/v1/search/{path}"), body).await.refused(400, "request.malformed");
        }
        let body = who(json!({"token": "made up"}));
        pdp.post("/access/v1/search/subject", body).await.refused(400, "cursor.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn discovery_is_met() {
    for engine in engines() {
        let test = TestApp::start(engine).await;
        let told = test.anybody().get("/.well-known/authzen-configuration").await.expect(200);
        assert_eq!(told.header("content-type"), "application/json");
        assert_eq!(told.at("/policy_decision_point"), test.url);
        for (field, path) in [
            ("access_evaluation_endpoint", "evaluation"),
            ("access_evaluations_endpoint", "evaluations"),
            ("search_subject_endpoint", "search/subject"),
            ("search_resource_endpoint", "search/resource"),
            ("search_action_endpoint", "search/action"),
        ] {
            assert_eq!(told.at(&format!("/{field}")), format!("{}/access/v1/{path}", test.url));
            let answer = test.anybody().post(&format!("/access/v1/{path}"), json!({})).await;
            answer.refused(401, "auth.required");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn the_organization_is_the_tokens_or_is_named() {
    for engine in engines() {
        let (test, mut owner, mut bound) = fixture(engine).await;
        let asked = question("alice", "read", "record-1");
        let path = "/access/v1/evaluation";
        let named = |name: &'static str| [("x-guildhall-organization", name)];
        // the token of `init` is bound to none
        owner.post(path, asked.clone()).await.refused(400, "request.malformed");
        assert!(owner.send("POST", path, Some(&asked), &named("acme")).await.expect(200).body["decision"] == true);
        test.found(&mut owner, "other", "standard").await;
        let elsewhere = owner.send("POST", path, Some(&asked), &named("other")).await.expect(200);
        assert_eq!(elsewhere.body["decision"], false, "record-1 is not there");
        bound.send("POST", path, Some(&asked), &named("other")).await.refused(403, "access.denied");
        bound.send("POST", path, Some(&asked), &named("nowhere")).await.refused(403, "access.denied");

        // about others only who may ask; about oneself everybody
        let mut bob = test.sign_in("bob@acme.test").await;
        bob.send("POST", path, Some(&asked), &named("acme")).await.refused(403, "access.denied");
        let unknown = question("nobody-at-all", "read", "record-1");
        bob.send("POST", path, Some(&unknown), &named("acme")).await.refused(403, "access.denied");
        let own = question("bob", "read", "record-1");
        assert!(bob.send("POST", path, Some(&own), &named("acme")).await.expect(200).body["decision"] == true);
        bob.without_csrf().send("POST", path, Some(&own), &named("acme")).await.refused(403, "csrf.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn subjects_and_resources_go_by_their_types() {
    for engine in engines() {
        let (test, mut owner, mut pdp) = fixture(engine).await;
        let made = json!({"name": "deployer", "role": "admin"});
        let account = owner.post("/organizations/acme/service-accounts", made).await.expect(201);
        let record = owner.get("/organizations/acme/resources/record:record-1").await.expect(200).at("/id").to_owned();
        let bob = test.allowed(&mut owner, "acme", "bob@acme.test", "organization.read").await;
        assert!(bob);
        let ask = |kind: &str, id: &str, what: (&str, &str), action: &str| json!({"subject": {"type": kind, "id": id}, "action": {"name": action}, "resource": {"type": what.0, "id": what.1}});
        let organization = owner.get("/organizations/acme").await.expect(200).at("/id").to_owned();
        let svc = account.at("/id");
        for (question, allowed) in [
            (ask("user", "bob@acme.test", ("record", "record-1"), "record.read"), true),
            (ask("user", "bob@acme.test", ("record", record.as_str()), "read"), true),
            (ask("user", "bob@acme.test", ("workspace", record.as_str()), "record.read"), false),
            (ask("user", "bob@acme.test", ("record", "record-9"), "read"), false),
            (ask("user", "bob", ("organization", "acme"), "read"), true),
            (ask("user", "bob", ("organization", organization.as_str()), "organization.read"), true),
            (ask("user", "bob", ("organization", "other"), "organization.read"), false),
            (ask("user", "bob", ("organization", "acme"), "member.list"), false),
            (ask("service_account", svc, ("organization", "acme"), "member.list"), true),
            (ask("user", svc, ("organization", "acme"), "member.list"), false),
            (ask("robot", svc, ("organization", "acme"), "member.list"), false),
        ] {
            assert_eq!(decide(&mut pdp, question.clone()).await, allowed, "{question}");
        }
        let programs = json!({"subject": {"type": "service_account"}, "action": {"name": "member.list"},
            "resource": {"type": "organization", "id": "acme"}, "page": {"limit": 1}});
        let found = pdp.post("/access/v1/search/subject", programs).await.expect(200);
        assert_eq!(ids(&found), [svc], "pages without any are passed over");
        let where_to = json!({"subject": {"type": "user", "id": "bob"}, "action": {"name": "read"},
            "resource": {"type": "organization"}});
        let found = pdp.post("/access/v1/search/resource", where_to).await.expect(200);
        assert_eq!(ids(&found), [organization.as_str()]);

        let links = "/organizations/acme/resources/record:record-1/share-links";
        let link = owner.post(links, json!({"role": "reader"})).await.expect(201).at("/token").to_owned();
        assert!(decide(&mut pdp, ask("share_link", &link, ("record", "record-1"), "read")).await);
        assert!(!decide(&mut pdp, ask("share_link", &link, ("record", "record-1"), "write")).await);
        test.stop().await;
    }
}
