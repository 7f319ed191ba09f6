//! Members: listed, found, paged, given other roles.

use std::collections::BTreeSet;

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const HERE: &str = "/organizations/acme/members";

fn emails(page: &Answer) -> Vec<String> {
    let items = page.body["items"].as_array().expect("items");
    items.iter().map(|m| m["identity"]["email"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Invites 118 people, most with a name, in two roles.
async fn crowd(owner: &mut Caller) {
    let many: Vec<Value> = (0..118)
        .map(|n| {
            let role = if n % 3 == 0 { "contributor" } else { "viewer" };
            let name = match n % 4 {
                0 => String::new(),
                1 => format!("Ärzte_{n} 100%"),
                2 => format!("bob {n}"),
                _ => format!("Zoë {n}"),
            };
            json!({"email": format!("p{n:03}@crowd.test"), "role": role, "name": name})
        })
        .collect();
    let made = owner.post("/organizations/acme/invitations", json!({"invitations": many, "deliver": "link"})).await;
    made.expect(200);
}

#[tokio::test]
async fn a_hundred_and_twenty_members_are_paged_without_gap_or_repetition() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        crowd(&mut owner).await;
        test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        for limit in ["limit=7", "limit=50", "limit=100", ""] {
            let (mut seen, mut names, mut after) = (Vec::new(), Vec::new(), String::new());
            loop {
                let page = owner.get(&format!("{HERE}?{limit}{after}")).await.expect(200);
                seen.extend(page.body["items"].as_array().expect("items").iter().map(|m| m["id"].to_string()));
                names.extend(emails(&page));
                if page.body["next"].is_null() {
                    break;
                }
                after = format!("&after={}", page.at("/next"));
                after = if limit.is_empty() { after.replacen('&', "", 1) } else { after };
            }
            assert_eq!(seen.len(), 120, "{limit}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 120, "{limit}: somebody stands twice");
            assert_eq!(names.first().map(String::as_str), Some("ann@acme.test"), "in the order of names");
        }
        // Who joins while somebody pages neither hides nor repeats those who were there.
        let first = owner.get(&format!("{HERE}?limit=60")).await.expect(200);
        test.join(&mut owner, "acme", "aaa@acme.test", "viewer").await;
        let second = owner.get(&format!("{HERE}?limit=60&after={}", first.at("/next"))).await.expect(200);
        let both: BTreeSet<_> = emails(&first).into_iter().chain(emails(&second)).collect();
        assert_eq!(both.len(), 120);
        test.stop().await;
    }
}

#[tokio::test]
async fn members_are_found_by_part_of_name_or_address_and_by_filters() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        crowd(&mut owner).await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        ann.caller.patch("/me", json!({"handle": "queen-ann"})).await.expect(200);
        let asked: [(&str, usize); 16] = [
            ("query=bob", 29),
            ("query=BOB%201", 7),
            ("query=%C3%84RZTE", 30),
            ("query=zo%C3%AB", 29),
            ("query=p007%40crowd", 1),
            ("query=100%25", 30),
            ("query=_", 30),
            ("query=%25%25", 0),
            ("query=queen", 1),
            ("query=%20%20", 120),
            ("query=nobody", 0),
            ("status=invited", 118),
            ("status=active", 2),
            ("role=contributor", 40),
            ("role=contributor&query=bob", 10),
            ("type=person&status=active&role=owner", 1),
        ];
        for (filter, count) in asked {
            assert_eq!(test.all(&mut owner, &format!("{HERE}?{filter}")).await.len(), count, "{filter}");
        }
        assert_eq!(owner.get(&format!("{HERE}?type=service_account")).await.expect(200).count(), 0);
        // A filter and a cursor go together.
        let page = owner.get(&format!("{HERE}?query=bob&limit=20")).await.expect(200);
        let rest = owner.get(&format!("{HERE}?query=bob&limit=20&after={}", page.at("/next"))).await.expect(200);
        assert_eq!((page.count(), rest.count()), (20, 9));
        test.stop().await;
    }
}

#[tokio::test]
async fn broken_questions_are_refused_by_parameter() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        for (asked, parameter) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=many", "limit"),
            ("limit=-1", "limit"),
            ("status=removed", "status"),
            ("status=gone", "status"),
            ("type=robot", "type"),
            ("colour=red", "colour"),
            ("offset=10", "offset"),
        ] {
            let answer = owner.get(&format!("{HERE}?{asked}")).await.expect(422);
            assert_eq!(answer.at("/errors/0/field"), parameter, "{asked}: {}", answer.text);
        }
        for cursor in ["x", "bm90LWpzb24", "WyJhIiwibm90LWFuLWlkIl0", "%00", &"A".repeat(6000)] {
            owner.get(&format!("{HERE}?after={cursor}")).await.refused(400, "cursor.invalid");
        }
        owner.get(&format!("{HERE}/mem_nonsense")).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_changed_role_counts_from_the_next_request() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let mut token = test.sign_in("ann@acme.test").await;
        for caller in [&mut ann.caller, &mut token] {
            caller.get("/organizations/acme/audit-events").await.refused(403, "access.denied");
        }
        let path = format!("{HERE}/{}", ann.member);
        let raised = owner.patch(&path, json!({"role": "admin"})).await.expect(200);
        assert_eq!(raised.at("/role"), "admin");
        for caller in [&mut ann.caller, &mut token] {
            caller.get("/organizations/acme/audit-events").await.expect(200);
        }
        owner.patch(&path, json!({"role": "viewer"})).await.expect(200);
        for caller in [&mut ann.caller, &mut token] {
            caller.get("/organizations/acme/audit-events").await.refused(403, "access.denied");
        }
        owner.patch(&path, json!({"role": "emperor"})).await.refused(422, "role.unknown");
        owner.patch(&path, json!({"role": ""})).await.refused(422, "role.unknown");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_gives_or_touches_more_than_they_hold() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let top = test.join(&mut owner, "acme", "top@acme.test", "owner").await;
        let path = |member: &str| format!("{HERE}/{member}");
        let up = admin.caller.patch(&path(&ann.member), json!({"role": "owner"})).await;
        up.refused(403, "role.above_own");
        let own = admin.caller.patch(&path(&admin.member.clone()), json!({"role": "owner"})).await;
        own.refused(403, "role.above_own");
        let down = admin.caller.patch(&path(&top.member), json!({"role": "guest"})).await;
        down.refused(403, "member.top_role_required");
        for verb in ["deactivate", "end-sessions"] {
            let answer = admin.caller.send("POST", &format!("{}/{verb}", path(&top.member)), None, &[]).await;
            answer.refused(403, "member.top_role_required");
        }
        admin.caller.delete(&path(&top.member)).await.refused(403, "member.top_role_required");
        let pending = test.invite(&mut owner, "acme", "next@acme.test", "owner").await;
        let invitation = format!("/organizations/acme/invitations/{}", pending.id);
        admin.caller.patch(&invitation, json!({"role": "guest"})).await.refused(403, "role.above_own");
        admin.caller.delete(&invitation).await.refused(403, "role.above_own");
        admin.caller.delete(&path(&pending.member)).await.refused(403, "role.above_own");
        admin.caller.send("POST", &format!("{invitation}/resend"), None, &[]).await.refused(403, "role.above_own");
        admin.caller.patch(&path(&ann.member), json!({"role": "admin"})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_member_shows_when_they_were_last_active() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let path = format!("{HERE}/{}", ann.member);
        assert!(owner.get(&path).await.expect(200).body["last_active_at"].is_null());
        test.clock.advance_s(100);
        ann.caller.get(HERE).await.expect(200);
        test.app.write_marks().await.expect("writes");
        let shown = owner.get(&path).await.expect(200);
        assert!(shown.at("/last_active_at") > shown.at("/joined_at"), "{}", shown.text);
        assert_eq!(shown.at("/origin"), "invitation");
        assert_eq!(shown.at("/identity/type"), "person");
        assert_eq!(shown.body["groups"], json!([]));
        test.stop().await;
    }
}
