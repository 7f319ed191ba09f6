//! Onyx's lines on people, groups and the audit stream, one test each, under its own presets.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, Engine, Person, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const GROUPS: &str = "/organizations/acme/groups";
const MEMBERS: &str = "/organizations/acme/members";

async fn group(by: &mut Caller, name: &str) -> String {
    by.post(GROUPS, json!({"name": name})).await.expect(201).at("/id").to_owned()
}

async fn seat(by: &mut Caller, group: &str, member: &str, manager: bool) -> Answer {
    by.send("PUT", &format!("{GROUPS}/{group}/members/{member}"), Some(&json!({"manager": manager})), &[]).await
}

async fn change_role(by: &mut Caller, member: &str, role: &str) -> Answer {
    by.patch(&format!("{MEMBERS}/{member}"), json!({"role": role})).await
}

/// A workspace with an Admin, a Basic called Ann who curates `Research`, and a Basic called Bob.
async fn curated(engine: Engine, preset: &str) -> (TestApp, Caller, Person, Person, String) {
    let (test, mut admin) = TestApp::house(engine, preset).await;
    let ann = test.join(&mut admin, "acme", "ann@acme.test", "basic").await;
    let bob = test.join(&mut admin, "acme", "bob@acme.test", "basic").await;
    let research = group(&mut admin, "Research").await;
    seat(&mut admin, &research, &ann.member, true).await.expect(204);
    (test, admin, ann, bob, research)
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.body["items"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str()).collect()
}

#[tokio::test]
async fn on_3_inviting_sends_a_mail_with_the_way_in() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;
        let asked = json!({"invitations": [{"email": "ann@acme.test"}, {"email": "bob@acme.test"}]});
        admin.post(&format!("{ORG}/invitations"), asked).await.expect(200);
        for email in ["ann@acme.test", "bob@acme.test"] {
            let mail = test.mails_to(email).await.pop().expect("a mail");
            let body = json!({"token": mail.secret("/invite/"), "name": "Ann", "password": PASSWORD});
            test.anybody().post("/invitations/accept", body).await.expect(200);
        }
        assert_eq!(admin.get(&format!("{MEMBERS}?status=active")).await.expect(200).count(), 3);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_16_only_admins_change_roles_and_not_their_own_and_not_those_of_programs() {
    for engine in engines() {
        let (test, mut admin, mut ann, bob, _) = curated(engine, "onyx").await;
        let second = test.join(&mut admin, "acme", "second@acme.test", "admin").await;
        change_role(&mut ann.caller, &bob.member, "admin").await.refused(403, "access.denied");
        // `limited` is what programs are: nobody is made one, and one is not made more.
        change_role(&mut admin, &bob.member, "limited").await.refused(422, "role.fixed");
        let limited = test.join(&mut admin, "acme", "limited@acme.test", "limited").await;
        change_role(&mut admin, &limited.member, "basic").await.refused(422, "role.fixed");
        // One's own is refused even with a second admin there.
        let mine = admin.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        change_role(&mut admin, &mine, "basic").await.refused(409, "member.self_demote");
        change_role(&mut admin, &second.member, "basic").await.expect(200);
        change_role(&mut admin, &bob.member, "admin").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_17_another_role_ends_curating_everywhere() {
    for engine in engines() {
        let (test, mut admin, ann, _, research) = curated(engine, "onyx").await;
        let second = group(&mut admin, "Second").await;
        seat(&mut admin, &second, &ann.member, true).await.expect(204);
        assert_eq!(admin.get(&format!("{MEMBERS}/{}", ann.member)).await.expect(200).at("/role"), "curator");
        let mut browser = test.browser();
        browser.sign_in("owner@acme.test", PASSWORD).await;
        browser.open(&format!("/acme/admin/users/{}/role", ann.member)).await;
        assert!(browser.shows("With another role than Curator they no longer run any"), "{}", browser.html);
        let changed = change_role(&mut admin, &ann.member, "basic").await.expect(200);
        let places = changed.body["groups"].as_array().expect("groups");
        assert!(places.len() == 2 && places.iter().all(|one| one["manager"] == json!(false)), "{}", changed.text);
        for group in [research, second] {
            seat(&mut ann.caller.clone(), &group, &ann.member, false).await.refused(403, "access.denied");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn on_27_people_are_filtered_by_text_role_group_and_status_and_exported_so() {
    for engine in engines() {
        let (test, mut admin, ann, bob, research) = curated(engine, "onyx").await;
        test.invite(&mut admin, "acme", "new@acme.test", "basic").await;
        admin.post(&format!("{MEMBERS}/{}/deactivate", bob.member), json!({})).await.expect(200);
        let asked = [
            ("query=ANN", vec!["ann@acme.test"]),
            ("role=basic", vec!["bob@acme.test", "new@acme.test"]),
            ("status=deactivated", vec!["bob@acme.test"]),
            ("status=invited", vec!["new@acme.test"]),
            (&format!("group={research}"), vec!["ann@acme.test"]),
            (&format!("group={research}&status=invited"), vec![]),
        ];
        for (query, expected) in asked {
            let listed = test.all(&mut admin, &format!("{MEMBERS}?{query}")).await;
            let mut listed: Vec<&str> = listed.iter().filter_map(|m| m["identity"]["email"].as_str()).collect();
            listed.sort_unstable();
            assert_eq!(listed, expected, "{query}");
            let file = admin.get(&format!("{MEMBERS}/export?format=csv&{query}")).await.expect(200);
            assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
            let mut lines = file.text.lines();
            assert!(lines.next().is_some_and(|head| head.starts_with("email,role,status,")), "{}", file.text);
            let mut rows: Vec<&str> = lines.filter_map(|line| line.split(',').next()).collect();
            rows.sort_unstable();
            assert_eq!(rows, expected, "{query}");
        }
        let all = admin.get(&format!("{MEMBERS}/export?format=ndjson")).await.expect(200);
        assert_eq!(all.text.lines().count(), 4);
        let bob: Value = all
            .text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .find(|one: &Value| one["identity"]["email"] == json!("bob@acme.test"))
            .expect("Bob");
        assert_eq!((&bob["role"], &bob["status"]), (&json!("basic"), &json!("deactivated")));
        admin.get(&format!("{MEMBERS}/export?format=xlsx")).await.refused(422, "request.invalid");
        admin.get(&format!("{MEMBERS}?group=nobody")).await.refused(422, "request.invalid");
        ann.caller.clone().get(&format!("{MEMBERS}/export")).await.expect(200);
        let mut basic = test.join(&mut admin, "acme", "cid@acme.test", "basic").await;
        basic.caller.get(&format!("{MEMBERS}/export")).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_27_an_export_goes_on_beyond_one_page_and_no_name_becomes_a_formula() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;
        let many: Vec<Value> = (0..120).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        let asked = json!({"invitations": many, "deliver": "link"});
        admin.post(&format!("{ORG}/invitations"), asked).await.expect(200);
        admin.patch("/me", json!({"name": "=1+1"})).await.expect(200);
        let file = admin.get(&format!("{MEMBERS}/export?format=csv")).await.expect(200);
        assert_eq!(file.text.lines().count(), 1 + 121);
        assert!(file.text.contains(",'=1+1,"), "{}", file.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_30_names_are_unique_and_who_makes_lists_and_edits_groups() {
    for engine in engines() {
        let (test, mut admin, mut ann, mut bob, research) = curated(engine, "onyx").await;
        let gil = test.join(&mut admin, "acme", "gil@acme.test", "global_curator").await;
        admin.post(GROUPS, json!({"name": "RESEARCH"})).await.refused(409, "group.name_taken");
        let sales = group(&mut admin, "Sales").await;
        seat(&mut admin, &sales, &gil.member, false).await.expect(204);
        let mut gil = gil.caller;
        // To make and to end groups is an Admin's; a curator sees and edits those they curate, a global curator
        // those they are in.
        for caller in [&mut ann.caller, &mut gil, &mut bob.caller] {
            caller.post(GROUPS, json!({"name": "Own"})).await.refused(403, "access.denied");
        }
        assert_eq!(names(&admin.get(GROUPS).await.expect(200)), ["Research", "Sales"]);
        assert_eq!(names(&ann.caller.get(GROUPS).await.expect(200)), ["Research"]);
        assert_eq!(names(&gil.get(GROUPS).await.expect(200)), ["Sales"]);
        bob.caller.get(GROUPS).await.refused(403, "access.denied");
        ann.caller.patch(&format!("{GROUPS}/{research}"), json!({"name": "Science"})).await.expect(200);
        ann.caller.patch(&format!("{GROUPS}/{sales}"), json!({"name": "Mine"})).await.refused(404, "not_found");
        ann.caller.delete(&format!("{GROUPS}/{research}")).await.refused(403, "access.denied");
        gil.patch(&format!("{GROUPS}/{sales}"), json!({"description": "Sells"})).await.expect(200);
        gil.get(&format!("{GROUPS}/{research}/members")).await.refused(404, "not_found");
        // Everybody sees the names of their own.
        seat(&mut admin, &sales, &bob.member, false).await.expect(204);
        let me = bob.caller.get("/me").await.expect(200);
        assert_eq!(me.at("/memberships/0/membership/groups/0/name"), "Sales");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_31_deleting_a_group_drops_its_links_and_keeps_its_people() {
    for engine in engines() {
        let (test, mut admin, mut ann, _, research) = curated(engine, "onyx").await;
        let set = json!({"type": "document_set", "name": "Papers", "external_id": "papers"});
        admin.post(&format!("{ORG}/resources"), set).await.expect(201);
        let given = json!({"subject": {"type": "group", "id": research}, "role": "user"});
        admin.post(&format!("{ORG}/resources/document_set:papers/grants"), given).await.expect(201);
        let limit =
            json!({"scope": {"type": "group", "id": research}, "unit": "tokens", "budget": 5, "period_s": 3600});
        admin.post(&format!("{ORG}/usage-limits"), limit).await.expect(201);
        ann.caller.get(&format!("{ORG}/resources/document_set:papers")).await.expect(200);
        admin.delete(&format!("{GROUPS}/{research}")).await.expect(204);
        ann.caller.get(&format!("{ORG}/resources/document_set:papers")).await.refused(404, "not_found");
        let grants = admin.get(&format!("{ORG}/resources/document_set:papers/grants")).await.expect(200);
        assert_eq!(grants.count(), 0, "{}", grants.text);
        assert_eq!(admin.get(&format!("{ORG}/usage-limits")).await.expect(200).count(), 0);
        let kept = admin.get(&format!("{MEMBERS}/{}", ann.member)).await.expect(200);
        assert_eq!((kept.at("/status"), kept.at("/role")), ("active", "basic"));
        assert_eq!(kept.body["groups"], json!([]));
        test.stop().await;
    }
}

#[tokio::test]
async fn on_33_a_group_manager_runs_their_group_and_nothing_else() {
    for engine in engines() {
        let (test, mut admin, mut ann, bob, research) = curated(engine, "onyx-4.7").await;
        let other = group(&mut admin, "Other").await;
        let cid = test.join(&mut admin, "acme", "cid@acme.test", "basic").await;
        let by = &mut ann.caller;
        // People in and out, the name, a second manager.
        seat(by, &research, &bob.member, false).await.expect(204);
        seat(by, &research, &bob.member, true).await.expect(204);
        by.patch(&format!("{GROUPS}/{research}"), json!({"name": "Science"})).await.expect(200);
        seat(by, &research, &cid.member, false).await.expect(204);
        by.delete(&format!("{GROUPS}/{research}/members/{}", cid.member)).await.expect(204);
        // Private things that only their group is given, never others', and never made public.
        for name in ["mine", "theirs"] {
            let made = json!({"type": "document_set", "name": name, "external_id": name});
            admin.post(&format!("{ORG}/resources"), made).await.expect(201);
        }
        for (what, whom) in [("mine", &research), ("theirs", &other)] {
            let given = json!({"subject": {"type": "group", "id": whom}, "role": "user"});
            admin.post(&format!("{ORG}/resources/document_set:{what}/grants"), given).await.expect(201);
        }
        by.patch(&format!("{ORG}/resources/document_set:mine"), json!({"name": "Ours"})).await.expect(200);
        by.patch(&format!("{ORG}/resources/document_set:theirs"), json!({"name": "x"})).await.refused(404, "not_found");
        let everyone = json!({"subject": {"type": "everyone"}, "role": "user"});
        by.post(&format!("{ORG}/resources/document_set:mine/grants"), everyone).await.refused(403, "access.denied");
        // The limits of their group.
        let limit = |group: &str| json!({"scope": {"type": "group", "id": group}, "unit": "tokens", "budget": 9, "period_s": 60});
        let made = by.post(&format!("{ORG}/usage-limits"), limit(&research)).await.expect(201);
        by.post(&format!("{ORG}/usage-limits"), limit(&other)).await.refused(403, "access.denied");
        let whole = json!({"scope": {"type": "organization"}, "unit": "tokens", "budget": 9, "period_s": 60});
        by.post(&format!("{ORG}/usage-limits"), whole.clone()).await.refused(403, "access.denied");
        let theirs = admin.post(&format!("{ORG}/usage-limits"), whole).await.expect(201);
        assert_eq!(by.get(&format!("{ORG}/usage-limits")).await.expect(200).count(), 1);
        by.get(&format!("{ORG}/usage-limits/{}", theirs.at("/id"))).await.refused(404, "not_found");
        by.delete(&format!("{ORG}/usage-limits/{}", made.at("/id"))).await.expect(204);
        // No other groups, no permissions, not themself.
        seat(by, &other, &bob.member, false).await.refused(404, "not_found");
        let gives = json!({"permissions": ["token.create"]});
        by.patch(&format!("{GROUPS}/{research}"), gives).await.refused(403, "access.denied");
        by.delete(&format!("{GROUPS}/{research}/members/{}", ann.member)).await.refused(409, "group.self_manager");
        // Where the policy leaves limits to the admins, they are the admins'.
        let text = admin.get(&format!("{ORG}/preset")).await.expect(200).at("/text").to_owned();
        let text = text.replace("group.managers_limit_use = true", "group.managers_limit_use = false");
        admin.post(&format!("{ORG}/preset"), json!({"text": text})).await.expect(200);
        by.post(&format!("{ORG}/usage-limits"), limit(&research)).await.refused(403, "access.denied");
        by.get(&format!("{ORG}/usage-limits")).await.refused(403, "access.denied");
        test.stop().await;
    }
}

// ON-19
#[tokio::test]
async fn on_19_a_basic_makes_nothing_public_and_a_curator_their_own() {
    for engine in engines() {
        let (test, mut admin, mut ann, mut bob, _) = curated(engine, "onyx").await;
        let public = json!({"subject": {"type": "everyone"}, "role": "user"});
        for (who, may) in [(&mut ann.caller, true), (&mut bob.caller, false)] {
            let made =
                who.post(&format!("{ORG}/resources"), json!({"type": "agent", "name": "Helper"})).await.expect(201);
            let answer = who.post(&format!("{ORG}/resources/{}/grants", made.at("/id")), public.clone()).await;
            if may {
                answer.expect(201);
            } else {
                answer.refused(403, "access.denied");
            }
        }
        admin.get(ORG).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_35_only_people_and_programs_enter_groups_and_whoever_else_is_no_member() {
    for engine in engines() {
        let (test, mut admin, _, _, research) = curated(engine, "onyx").await;
        let bot =
            admin.post(&format!("{ORG}/service-accounts"), json!({"name": "bot", "role": "basic"})).await.expect(201);
        seat(&mut admin, &research, bot.at("/member"), false).await.expect(204);
        let listed = admin.get(&format!("{MEMBERS}?type=service_account")).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/identity/type")), (1, "service_account"));
        // Somebody who was asked and never came is no account yet; neither is an address nobody has.
        let waiting = test.invite(&mut admin, "acme", "later@acme.test", "basic").await;
        seat(&mut admin, &research, &waiting.member, false).await.refused(409, "member.state");
        seat(&mut admin, &research, "mem_0000000000000000000000000x", false).await.refused(404, "not_found");
        let before = admin.get(MEMBERS).await.expect(200).count();
        for stranger in ["seen@elsewhere.test", "later@acme.test"] {
            assert!(!test.allowed(&mut admin, "acme", stranger, "organization.read").await, "{stranger}");
            let body = json!({"subject": stranger, "unit": "tokens", "amount": 1});
            admin.post(&format!("{ORG}/usage"), body).await.refused(422, "usage.subject");
        }
        assert_eq!(admin.get(MEMBERS).await.expect(200).count(), before, "asking about somebody makes nobody");
        test.stop().await;
    }
}
