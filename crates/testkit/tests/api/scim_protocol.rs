//! What surrounds people and groups: tokens, discovery, refusals in SCIM's form, versions, bulk, the log.

use guildhall_testkit::{TestApp, engines};
use serde_json::{Value, json};

use crate::scim::{Directory, TOKENS, house, person, refused, trail};

#[tokio::test]
async fn on_43_two_tokens_live_and_a_rotated_or_revoked_one_is_dead() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut member = test.join(&mut owner, "acme", "member@acme.test", "member").await;
        member.caller.post(TOKENS, json!({"name": "x"})).await.refused(403, "access.denied");
        let first = owner.post(TOKENS, json!({"name": "Entra"})).await.expect(201);
        assert!(first.at("/token").starts_with("gld_scim_"), "{}", first.text);
        assert!(first.at("/token").ends_with(first.at("/last4")));
        let second = owner.post(TOKENS, json!({"name": "Okta"})).await.expect(201);
        owner.post(TOKENS, json!({"name": "third"})).await.refused(409, "scim_token.limit");
        let of = |token: &str| Directory { caller: test.with_token(token), base: "/scim/v2/acme".to_owned() };
        let (mut one, mut two) = (of(first.at("/token")), of(second.at("/token")));
        let listed = owner.get(TOKENS).await.expect(200);
        assert_eq!((listed.count(), &listed.body["items"][1]["last_used_at"]), (2, &Value::Null));
        assert!(!listed.text.contains(first.at("/token")));
        one.get("/Users").await.expect(200);
        two.get("/Users").await.expect(200);
        let listed = owner.get(TOKENS).await.expect(200);
        assert!(listed.body["items"][1]["last_used_at"].is_string(), "{}", listed.text);
        let path = format!("{TOKENS}/{}", first.at("/id"));
        let rotated = owner.send("POST", &format!("{path}/rotate"), None, &[]).await.expect(200);
        refused(&one.get("/Users").await, 401, None);
        of(rotated.at("/token")).get("/Users").await.expect(200);
        assert_eq!(owner.patch(&path, json!({"name": "Entra ID"})).await.expect(200).at("/name"), "Entra ID");
        owner.delete(&path).await.expect(204);
        refused(&of(rotated.at("/token")).get("/Users").await, 401, None);
        owner.get(&path).await.refused(404, "not_found");
        two.get("/Users").await.expect(200);
        // Everybody's credentials are reset, the directory's too.
        owner.send("POST", "/organizations/acme/reset-authentication", None, &[]).await.expect(204);
        refused(&two.get("/Users").await, 401, None);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_directorys_token_opens_nothing_else_and_nothing_else_opens_scim() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        for path in ["/me", "/organizations/acme", "/organizations/acme/members", "/session"] {
            directory.caller.get(path).await.refused(401, "auth.invalid");
        }
        let (pat, _) = test.mint(&mut owner, "acme", None).await;
        let base = directory.base.clone();
        refused(&Directory { caller: pat, base: base.clone() }.get("/Users").await, 401, None);
        let mut anybody = Directory { caller: test.anybody(), base: base.clone() };
        let answer = anybody.get("/Users").await;
        refused(&answer, 401, None);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        refused(&Directory { caller: test.sign_in("owner@acme.test").await, base }.get("/Users").await, 401, None);
        directory.base = "/scim/v2/nowhere".to_owned();
        refused(&directory.get("/Users").await, 404, None);
        // No other preset has it, unless its policy says so.
        let (other, mut elsewhere) = TestApp::house(engine, "cloudtruth").await;
        elsewhere.post(TOKENS, json!({"name": "x"})).await.refused(409, "scim.not_offered");
        other.stop().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn on_44_what_is_offered_is_told_to_anybody() {
    for engine in engines() {
        let (test, _, directory) = house(engine, "standard").await;
        let mut anybody = Directory { caller: test.anybody(), base: directory.base };
        let config = anybody.get("/ServiceProviderConfig").await.expect(200);
        for feature in ["patch", "bulk", "filter", "sort", "etag"] {
            assert_eq!(config.body[feature]["supported"], json!(true), "{feature}");
        }
        assert_eq!(config.body["changePassword"]["supported"], json!(false));
        assert_eq!(config.body["pagination"]["cursor"], json!(true));
        assert_eq!(anybody.get("/ResourceTypes").await.expect(200).body["totalResults"], json!(2));
        assert_eq!(anybody.get("/ResourceTypes/User").await.expect(200).at("/endpoint"), "/Users");
        let schemas = anybody.get("/Schemas").await.expect(200);
        assert_eq!(schemas.body["totalResults"], json!(3));
        for schema in schemas.body["Resources"].as_array().expect("schemas") {
            let one = anybody.get(&format!("/Schemas/{}", schema["id"].as_str().expect("an id"))).await.expect(200);
            assert_eq!(&one.body, schema);
        }
        for path in ["/Schemas/nothing", "/ResourceTypes/nothing", "/nothing"] {
            refused(&anybody.get(path).await, 404, None);
        }
        refused(&anybody.post("/Schemas", json!({})).await, 405, None);
        test.stop().await;
    }
}

#[tokio::test]
async fn every_refusal_is_in_scims_form() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        refused(&directory.get("/Me").await, 501, None);
        refused(&directory.get("/Users/nobody").await, 404, None);
        refused(&directory.delete("/Users").await, 405, None);
        let raw = |kind: &'static str, body: &'static [u8]| (kind, body.to_vec());
        for (kind, body) in
            [raw("application/json", b"{"), raw("application/scim+json", b"[]"), raw("application/json", b"")]
        {
            let answer =
                directory.caller.send_bytes("POST", "/scim/v2/acme/Users", Some(body), &[("content-type", kind)]).await;
            refused(&answer, 400, Some("invalidSyntax"));
        }
        let answer = directory
            .caller
            .send_bytes("POST", "/scim/v2/acme/Users", Some(b"{}".to_vec()), &[("content-type", "text/plain")])
            .await;
        refused(&answer, 415, None);
        let huge = vec![b' '; (16 << 20) + 1];
        let answer = directory
            .caller
            .send_bytes("POST", "/scim/v2/acme/Users", Some(huge), &[("content-type", "application/json")])
            .await;
        refused(&answer, 413, None);
        let mut large = person("ada@acme.test");
        large["photos"] = (0..40).map(|n| json!({"value": format!("{n}{}", "x".repeat(4_000))})).collect();
        refused(&directory.post("/Users", large).await, 413, None);
        let mut long = person("ada@acme.test");
        long["title"] = json!("x".repeat(5_000));
        refused(&directory.post("/Users", long).await, 400, Some("invalidValue"));
        assert_eq!(directory.get("/Users").await.expect(200).body["totalResults"], json!(0));
        test.stop().await;
    }
}

#[tokio::test]
async fn versions_guard_against_changes_nobody_saw() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        let ada = directory.post("/Users", person("ada@acme.test")).await.expect(201);
        let (path, tag) = (format!("/Users/{}", ada.at("/id")), ada.header("etag").to_owned());
        assert_eq!(tag, ada.at("/meta/version"));
        let same = directory.send_with("GET", &path, None, &[("if-none-match", &tag)]).await;
        assert_eq!((same.status, same.text.as_str()), (304, ""));
        let title = |word: &str| Some(json!({"Operations": [{"op": "add", "path": "title", "value": word}]}));
        let changed = directory.send_with("PATCH", &path, title("a"), &[("if-match", &tag)]).await.expect(200);
        assert_ne!(changed.header("etag"), tag);
        refused(&directory.send_with("PATCH", &path, title("b"), &[("if-match", &tag)]).await, 412, None);
        refused(
            &directory.send_with("PUT", &path, Some(person("ada@acme.test")), &[("if-match", &tag)]).await,
            412,
            None,
        );
        refused(&directory.send_with("DELETE", &path, None, &[("if-match", &tag)]).await, 412, None);
        directory.send_with("GET", &path, None, &[("if-none-match", &tag)]).await.expect(200);
        directory.send_with("PATCH", &path, title("c"), &[("if-match", "*")]).await.expect(200);
        let group = directory.post("/Groups", json!({"displayName": "Sales"})).await.expect(201);
        let (path, tag) = (format!("/Groups/{}", group.at("/id")), group.header("etag").to_owned());
        directory.send_with("PUT", &path, Some(json!({"displayName": "X"})), &[("if-match", &tag)]).await.expect(200);
        refused(&directory.send_with("DELETE", &path, None, &[("if-match", &tag)]).await, 412, None);
        test.stop().await;
    }
}

#[tokio::test]
async fn bulk_does_each_by_itself_and_lets_operations_name_what_others_make() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let post =
            |id: &str, email: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": person(email)});
        let done = directory.post("/Bulk", json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "Sales", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}},
                post("a", "ada@acme.test"),
                post("b", "bob@acme.test"),
                post("c", "ADA@acme.test"),
                {"method": "PATCH", "path": "/Users/bulkId:b", "data": {"Operations": [{"op": "add", "path": "title", "value": "Sales"}]}},
                {"method": "DELETE", "path": "/Users/nobody"},
                {"method": "GET", "path": "/Users"},
                {"method": "POST", "path": "/Users", "data": {}},
                {"method": "POST", "path": "/Groups", "bulkId": "h", "data": {"displayName": "X", "members": [{"value": "bulkId:c"}]}},
                {"method": "put", "path": "/Users/bulkId:a", "version": "W/\"1\"", "data": person("ada@acme.test")},
            ],
        })).await.expect(200);
        let statuses: Vec<&str> =
            (0..10).map(|at| done.body["Operations"][at]["status"].as_str().expect("a status")).collect();
        assert_eq!(statuses, ["201", "201", "201", "409", "200", "404", "400", "400", "409", "412"], "{}", done.text);
        assert_eq!(done.at("/Operations/3/response/scimType"), "uniqueness");
        let group = done.at("/Operations/0/location").rsplit('/').next().expect("an id").to_owned();
        let group = directory.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(group.body["members"].as_array().map(Vec::len), Some(2));
        assert_eq!(directory.get("/Users").await.expect(200).body["totalResults"], json!(2));
        // It stops after as many refusals as it is told to bear.
        let stopped = directory.post("/Bulk", json!({"failOnErrors": 1, "Operations": [post("1", "cyd@acme.test"), post("2", "cyd@acme.test"), post("3", "dan@acme.test")]})).await.expect(200);
        assert_eq!(stopped.body["Operations"].as_array().map(Vec::len), Some(2));
        assert_eq!(directory.get("/Users").await.expect(200).body["totalResults"], json!(3));
        // Said once more, nothing is written.
        let before = trail(&test, &mut owner).await;
        let id = done.at("/Operations/1/location").rsplit('/').next().expect("an id").to_owned();
        directory.post("/Bulk", json!({"Operations": [{"method": "PUT", "path": format!("/Users/{id}"), "data": person("ada@acme.test")}]})).await.expect(200);
        assert_eq!(trail(&test, &mut owner).await, before);
        // Two that name each other are both refused.
        let circle = |id: &str, other: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": {"userName": format!("{id}@acme.test"), "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": format!("bulkId:{other}")}}}});
        let lost =
            directory.post("/Bulk", json!({"Operations": [circle("x", "y"), circle("y", "x")]})).await.expect(200);
        assert_eq!((lost.at("/Operations/0/status"), lost.at("/Operations/1/status")), ("409", "409"));
        let many: Vec<Value> = (0..1_001).map(|n| post(&n.to_string(), "x@acme.test")).collect();
        refused(&directory.post("/Bulk", json!({"Operations": many})).await, 413, None);
        refused(
            &directory.post("/Bulk", json!({"failOnErrors": 0, "Operations": []})).await,
            400,
            Some("invalidSyntax"),
        );
        refused(&directory.post("/Bulk", json!({})).await, 400, Some("invalidSyntax"));
        test.stop().await;
    }
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_what_was_done() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("ada@acme.test").await;
        directory.put(&format!("/Users/{id}"), person("ada@acme.test")).await.expect(200);
        directory.post("/Users", person("ada@acme.test")).await.expect(409);
        directory.get("/Users?count=1").await.expect(200);
        let log = owner.get("/organizations/acme/scim-requests").await.expect(200);
        let line = |at: usize| {
            let item = &log.body["items"][at];
            (item["method"].as_str(), item["path"].as_str(), item["status"].as_u64(), item["outcome"].as_str())
        };
        assert_eq!(log.count(), 4);
        assert_eq!(line(0), (Some("GET"), Some("/Users?count=1"), Some(200), Some("1 shown")));
        assert_eq!((line(1).2, line(2).3), (Some(409), Some("nothing changed")));
        assert_eq!(line(3).3, Some("identity.created, member.directory_linked, member.joined"));
        assert_eq!(log.at("/items/0/token"), "Entra");
        // The newest thousand are kept.
        for _ in 0..1_003 {
            directory.get("/Users?count=0").await.expect(200);
        }
        let all = test.all(&mut owner, "/organizations/acme/scim-requests").await;
        assert_eq!(all.len(), 1_000);
        test.stop().await;
    }
}
