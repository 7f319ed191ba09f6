//! The eighty cells of CloudTruth's two tables, each asked of `check`.

use std::collections::BTreeMap;

use guildhall_testkit::engines;
use serde_json::json;

use crate::cloudtruth::{BELOW_OWNER, staffed};

/// The page's tables: row, then Owner, Admin, Contributor, Viewer, VIEWERNOSECRETS.
const MATRIX: [(&str, [bool; 5]); 16] = [
    ("O1", [true, true, true, true, true]),
    ("O2", [true, true, true, false, false]),
    ("O3", [true, true, false, false, false]),
    ("O4", [true, true, false, false, false]),
    ("O5", [true, true, false, false, false]),
    ("O6", [true, true, false, false, false]),
    ("O7", [true, false, false, false, false]),
    ("O8", [true, false, false, false, false]),
    ("C1", [true, true, true, true, true]),
    ("C2", [true, true, true, true, true]),
    ("C3", [true, true, true, true, false]),
    ("C4", [true, true, true, true, true]),
    ("C5", [true, true, true, false, false]),
    ("C6", [true, true, true, false, false]),
    ("C7", [true, true, true, false, false]),
    ("C8", [true, true, true, false, false]),
];

/// CT-O1..CT-O8 and CT-C1..CT-C8, in every position of `role_change.authority`: the knob decides
/// who changes roles, never what stands in the tables.
#[tokio::test]
async fn every_cell_of_the_matrix_is_as_the_page_has_it() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &BELOW_OWNER).await;
        let catalogue = owner.get("/organizations/acme/permissions").await.expect(200);
        let mut covering: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for permission in catalogue.body["items"].as_array().expect("permissions") {
            for row in permission["covers"].as_array().expect("covers") {
                let name = permission["name"].as_str().unwrap_or_default();
                covering.entry(row.as_str().unwrap_or_default()).or_default().push(name);
            }
        }
        assert!(covering.values().all(|names| names.len() == 1), "each row by exactly one: {covering:?}");
        let me = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        let mut columns = vec![me];
        columns.extend(people.iter().map(|p| p.member.clone()));
        for authority in ["top", "admin_below_own_rank", "admin"] {
            let knob = json!({"role_change.authority": authority});
            owner.patch("/organizations/acme/policy", knob).await.expect(200);
            let mut asked = Vec::new();
            for (row, _) in MATRIX {
                let permission = covering.get(row).unwrap_or_else(|| panic!("{row} is covered by nothing"))[0];
                asked.extend(columns.iter().map(|who| json!({"subject": who, "permission": permission})));
            }
            let answer = owner.post("/organizations/acme/check/batch", json!({"checks": asked})).await.expect(200);
            let mut cells = answer.body["results"].as_array().expect("results").iter();
            for (row, expected) in MATRIX {
                for (column, expected) in expected.iter().enumerate() {
                    let told = &cells.next().expect("a cell")["allowed"];
                    assert_eq!(told, expected, "{row}, column {column}, authority {authority}");
                }
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn a_check_asked_with_explain_tells_the_chain() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["viewer_no_secrets"]).await;
        let path = "/organizations/acme/check";
        let ask = |permission: &str| json!({"subject": people[0].member, "permission": permission, "explain": true});
        let yes = owner.post(path, ask("parameter.read")).await.expect(200);
        assert_eq!(yes.body["allowed"], true);
        assert!(!yes.body["reasons"].as_array().expect("reasons").is_empty());
        let no = owner.post(path, ask("secret.read")).await.expect(200);
        assert_eq!(no.body["allowed"], false);
        assert!(!no.body["reasons"].as_array().expect("reasons").is_empty());
        let knob = owner.post(path, ask("member.leave")).await.expect(200);
        assert!(knob.text.contains("leave.allowed_for"), "the knob that takes it: {}", knob.text);
        assert!(
            owner.post(path, json!({"subject": people[0].user, "permission": "secret.read"})).await.body["reasons"]
                .is_null()
        );
        // About oneself anybody may ask, about others only who has the right to.
        let mine = people[0].caller.clone().post(path, ask("parameter.read")).await.expect(200);
        assert_eq!(mine.body["allowed"], true);
        let me = owner.get("/me").await.expect(200).at("/identity/id").to_owned();
        let other = json!({"subject": me, "permission": "parameter.read"});
        people[0].caller.post(path, other).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn unknown_subjects_are_allowed_nothing_and_unknown_permissions_are_refused() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &["admin"]).await;
        test.found(&mut owner, "beta", "cloudtruth").await;
        let other = test.join(&mut owner, "beta", "bob@acme.test", "admin").await;
        let invited = test.invite(&mut owner, "acme", "eve@acme.test", "admin").await;
        for subject in ["nobody@acme.test", "usr_x", "mem_x", "", "💥", &other.user, &other.member, "bob@acme.test"] {
            assert!(!test.allowed(&mut owner, "acme", subject, "member.list").await, "{subject}");
        }
        assert!(!test.allowed(&mut owner, "acme", &invited.member, "member.list").await);
        assert!(!test.allowed(&mut owner, "acme", "eve@acme.test", "member.list").await);
        for subject in [&people[0].user, &people[0].member, "ADMIN@staff.test"] {
            assert!(test.allowed(&mut owner, "acme", subject, "member.list").await, "{subject}");
        }
        let path = "/organizations/acme/check";
        let unknown = owner.post(path, json!({"subject": people[0].member, "permission": "moon.walk"})).await;
        assert_eq!(unknown.expect(422).at("/errors/0/code"), "permission.unknown");
        let now = owner.post(path, json!({"subject": people[0].member, "permission": "member.list"})).await.expect(200);
        let revision = now.body["revision"].as_u64().expect("a revision");
        let ahead =
            json!({"subject": people[0].member, "permission": "member.list", "at_least_revision": revision + 1});
        assert_eq!(owner.post(path, ahead).await.expect(422).at("/errors/0/code"), "revision.ahead");
        let many: Vec<_> = (0..1001).map(|_| json!({"subject": "x", "permission": "member.list"})).collect();
        owner.post("/organizations/acme/check/batch", json!({"checks": many})).await.expect(422);
        test.stop().await;
    }
}
