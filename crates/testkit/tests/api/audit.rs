//! The audit trail: what stands in it, filters, pages, exports.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const TRAIL: &str = "/organizations/acme/audit-events";

fn kinds(page: &Answer) -> Vec<String> {
    let items = page.body["items"].as_array().expect("items");
    items.iter().map(|e| e["type"].as_str().unwrap_or_default().to_owned()).collect()
}

/// One person's way through, so that the trail has something of everything.
async fn history(test: &TestApp, owner: &mut Caller) -> guildhall_testkit::Person {
    let mut ann = test.join(owner, "acme", "ann@acme.test", "member").await;
    owner.patch(&format!("/organizations/acme/members/{}", ann.member), json!({"role": "admin"})).await.expect(200);
    test.mint(&mut ann.caller, "acme", None).await;
    let bad = json!({"invitations": [{"email": "=1+1@acme.test"}, {"email": "+ann@acme.test"}], "deliver": "link"});
    ann.caller.post("/organizations/acme/invitations", bad).await.expect(200);
    ann
}

#[tokio::test]
async fn every_change_stands_in_the_trail_with_who_what_and_when() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = history(&test, &mut owner).await;
        let headers = [("x-request-id", "the-removal")];
        owner.send("DELETE", &format!("/organizations/acme/members/{}", ann.member), None, &headers).await.expect(204);
        let page = owner.get(TRAIL).await.expect(200);
        let expected = [
            "member.removed",
            "invitation.created",
            "invitation.created",
            "token.created",
            "member.role_changed",
            "invitation.accepted",
            "invitation.created",
            "member.joined",
            "organization.created",
        ];
        assert_eq!(kinds(&page), expected, "newest first");
        let removed = &page.body["items"][0];
        let me = owner.get("/me").await.expect(200);
        assert_eq!(removed["actor"]["id"], me.at("/identity/id"));
        assert_eq!(removed["actor"]["name"], "owner@acme.test");
        assert_eq!(removed["credential"], me.at("/credential/id"));
        assert_eq!(removed["target"], json!({"type": "member", "id": ann.member, "name": "ann@acme.test"}));
        assert_eq!(removed["before"], json!({"role": "admin", "status": "active"}));
        assert_eq!(removed["after"], Value::Null);
        assert_eq!((&removed["outcome"], &removed["address"]), (&json!("success"), &json!("127.0.0.1")));
        assert_eq!(removed["request_id"], "the-removal");
        assert_eq!(page.body["items"][4]["before"], json!({"role": "member"}));
        assert_eq!(page.body["items"][4]["after"], json!({"role": "admin"}));
        let text = page.text.to_lowercase();
        assert!(!text.contains("gld_") && !text.contains("argon2") && !text.contains("secret"), "a secret leaks");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_30_the_trail_is_filtered_by_each_of_its_filters() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = history(&test, &mut owner).await;
        let all = owner.get(TRAIL).await.expect(200);
        let at = |index: usize| all.body["items"][index]["at"].as_str().unwrap_or_default().to_owned();
        let asked = [
            (format!("actor={}", ann.user), 3),
            ("actor=usr_nobody".to_owned(), 0),
            (format!("target={}", ann.member), 2),
            ("type=invitation.created".to_owned(), 3),
            ("type=invitation.created&outcome=success".to_owned(), 3),
            ("outcome=failure".to_owned(), 0),
            (format!("since={}", at(2)), 3),
            (format!("until={}", at(2)), all.count() - 3),
            (format!("since={}&until={}", at(3), at(2)), 1),
            (format!("actor={}&type=token.created&since={}", ann.user, at(7)), 1),
            ("type=".to_owned(), all.count()),
        ];
        for (filter, count) in asked {
            assert_eq!(test.all(&mut owner, &format!("{TRAIL}?{filter}")).await.len(), count, "{filter}");
        }
        for (filter, parameter) in [("since=yesterday", "since"), ("until=2026-13-01", "until"), ("who=me", "who")] {
            let answer = owner.get(&format!("{TRAIL}?{filter}")).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), parameter);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn the_trail_is_paged_without_gap_or_repetition() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let many: Vec<Value> = (0..50).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        // One request, one revision, fifty records.
        owner
            .post("/organizations/acme/invitations", json!({"invitations": many, "deliver": "link"}))
            .await
            .expect(200);
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = owner.get(&format!("{TRAIL}?limit=7{after}")).await.expect(200);
            seen.extend(page.body["items"].as_array().expect("items").iter().map(|e| e["id"].to_string()));
            if page.body["next"].is_null() {
                break;
            }
            after = format!("&after={}", page.at("/next"));
        }
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (52, 52));
        owner.get(&format!("{TRAIL}?after=x")).await.refused(400, "cursor.invalid");
        test.stop().await;
    }
}

/// Reads CSV as RFC 4180 has it: quoted cells may hold commas, quotes and line breaks.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    rows
}

#[tokio::test]
async fn exports_hold_every_record_and_no_formula() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        history(&test, &mut owner).await;
        let many: Vec<Value> = (0..600).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        owner
            .post("/organizations/acme/invitations", json!({"invitations": many, "deliver": "link"}))
            .await
            .expect(200);
        let listed = test.all(&mut owner, TRAIL).await;
        let lines = owner.get(&format!("{TRAIL}/export?format=ndjson")).await.expect(200);
        assert_eq!(lines.header("content-type"), "application/x-ndjson");
        let records: Vec<Value> = lines.text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        assert_eq!(records, listed, "the same records in the same order");
        let table = owner.get(&format!("{TRAIL}/export?format=csv")).await.expect(200);
        assert!(table.header("content-type").starts_with("text/csv"));
        assert!(table.header("content-disposition").contains("audit-events.csv"));
        let rows = csv(&table.text);
        assert_eq!(rows.len(), listed.len() + 1);
        assert_eq!(rows[0][0..4], ["at", "revision", "id", "type"]);
        for (row, record) in rows[1..].iter().zip(&listed) {
            assert_eq!(row.len(), rows[0].len());
            assert_eq!(row[2], record["id"].as_str().unwrap_or_default());
            assert!(row.iter().all(|c| !c.starts_with(['=', '+', '-', '@', '\t', '\r'])), "a formula: {row:?}");
        }
        assert!(rows.iter().any(|r| r.contains(&"'=1+1@acme.test".to_owned())));
        assert!(rows.iter().any(|r| r.contains(&"'+ann@acme.test".to_owned())));
        let some = owner.get(&format!("{TRAIL}/export?format=csv&type=token.created")).await.expect(200);
        assert_eq!(csv(&some.text).len(), 2);
        let odd = owner.get(&format!("{TRAIL}/export?format=xml")).await.expect(422);
        assert_eq!(odd.at("/errors/0/field"), "format");
        owner.get(&format!("{TRAIL}/export?format=csv&limit=3")).await.expect(422);
        test.stop().await;
    }
}

#[tokio::test]
async fn whoever_reads_a_trail_reads_what_was_refused_a_moment_ago() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        let refused = |page: &Answer| page.text.matches("\"outcome\":\"denied\"").count();
        ann.get(TRAIL).await.refused(403, "access.denied");
        let lines = owner.get(&format!("{TRAIL}/export?outcome=denied")).await.expect(200);
        assert_eq!(refused(&lines), 1, "{}", lines.text);
        ann.get(TRAIL).await.refused(403, "access.denied");
        let mine = ann.get("/me/audit-events").await.expect(200);
        assert_eq!(refused(&mine), 2, "{}", mine.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn what_one_did_is_shown_where_one_belongs_still() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        owner.post("/tenants", json!({"name": "Big"})).await.expect(201);
        owner.post("/tenants/big/members", json!({"email": "ann@acme.test", "role": "owner"})).await.expect(201);
        ann.patch("/tenants/big", json!({"name": "Bigger"})).await.expect(200);
        test.found(&mut ann, "short", "standard").await;
        let mine = ann.get("/me/audit-events").await.expect(200);
        assert_eq!(kinds(&mine)[..3], ["member.joined", "organization.created", "tenant.renamed"]);
        ann.send("DELETE", "/organizations/short", Some(&json!({"confirm": "short"})), &[]).await.expect(204);
        let mine = ann.get("/me/audit-events").await.expect(200);
        assert_eq!(kinds(&mine)[..2], ["organization.deleted", "tenant.renamed"], "nobody belongs to what is gone");
        test.stop().await;
    }
}

#[tokio::test]
async fn the_installations_trail_tells_sign_ins_among_everything_else_in_the_order_it_happened() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        test.clock.advance_s(5);
        test.sign_in("ann@acme.test").await;
        owner.post("/instance/reset-authentication", Value::Null).await.expect(204);
        test.clock.advance_s(5);
        let mut owner = test.sign_in("owner@acme.test").await;
        let page = owner.get("/instance/audit-events").await.expect(200);
        let expected = [
            "session.started",
            "instance.authentication_reset",
            "session.started",
            "session.started",
            "identity.created",
        ];
        assert_eq!(kinds(&page)[..5], expected, "newest first");
        test.stop().await;
    }
}
