//! CloudTruth's lines on inviting, tokens and the audit trail, one test each. What a line says of
//! the console is tested there.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Engine, Person, TestApp, engines};
use serde_json::{Value, json};

const INVITATIONS: &str = "/organizations/acme/invitations";
const MEMBERS: &str = "/organizations/acme/members";

/// One person of each role below Owner.
pub const BELOW_OWNER: [&str; 4] = ["admin", "contributor", "viewer", "viewer_no_secrets"];

/// The program, its owner, and one person of each of `roles`.
pub async fn staffed(engine: Engine, roles: &[&str]) -> (TestApp, guildhall_testkit::Caller, Vec<Person>) {
    let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
    let mut people = Vec::new();
    for role in roles {
        people.push(test.join(&mut owner, "acme", &format!("{role}@staff.test"), role).await);
    }
    (test, owner, people)
}

fn one(email: &str, role: &str) -> Value {
    json!({"invitations": [{"email": email, "role": role}], "deliver": "link"})
}

#[tokio::test]
async fn ct_1_every_role_reads_the_list_of_users() {
    for engine in engines() {
        let (test, _, people) = staffed(engine, &BELOW_OWNER).await;
        for mut person in people {
            assert_eq!(person.caller.get(MEMBERS).await.expect(200).count(), 5, "{}", person.email);
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_2_owner_and_admin_invite_and_nobody_else() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &BELOW_OWNER).await;
        for mut person in people {
            let answer = person.caller.post(INVITATIONS, one("new@acme.test", "viewer")).await;
            if person.email.starts_with("admin") {
                assert_eq!(answer.expect(200).at("/invitations/0/status"), "created");
            } else {
                answer.refused(403, "access.denied");
            }
        }
        let by_owner = owner.post(INVITATIONS, one("newer@acme.test", "viewer")).await.expect(200);
        assert_eq!(by_owner.at("/invitations/0/status"), "created");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_3_an_admin_invites_up_to_admin_and_only_an_owner_invites_owners() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["admin"]).await;
        let admin = &mut people[0].caller;
        for role in BELOW_OWNER {
            let made = admin.post(INVITATIONS, one(&format!("{role}2@acme.test"), role)).await.expect(200);
            assert_eq!(made.at("/invitations/0/status"), "created", "{}", made.text);
        }
        let refused = admin.post(INVITATIONS, one("top@acme.test", "owner")).await.expect(200);
        assert_eq!(refused.at("/invitations/0/code"), "role.above_own");
        let made = owner.post(INVITATIONS, one("top@acme.test", "owner")).await.expect(200);
        assert_eq!(made.at("/invitations/0/status"), "created");
        test.stop().await;
    }
}

/// CT-5 and CT-6: what the two steps of the console send.
#[tokio::test]
async fn a_list_of_addresses_is_invited_with_a_role_each() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let asked: Vec<Value> =
            BELOW_OWNER.iter().map(|role| json!({"email": format!("{role}@acme.test"), "role": role})).collect();
        let made = owner.post(INVITATIONS, json!({"invitations": asked})).await.expect(200);
        for (at, role) in BELOW_OWNER.iter().enumerate() {
            assert_eq!(made.at(&format!("/invitations/{at}/invitation/role")), *role);
        }
        assert_eq!(test.deliver().await, 4, "pressing the button sends all of them");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_7_a_sent_invitation_stands_in_the_list_of_users_and_is_resent_or_deleted() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["admin"]).await;
        let invited = test.invite(&mut owner, "acme", "new@acme.test", "viewer").await;
        let listed = owner.get(&format!("{MEMBERS}?status=invited")).await.expect(200);
        assert_eq!(listed.at("/items/0/id"), invited.member);
        assert_eq!(listed.at("/items/0/identity/email"), "new@acme.test");
        assert!(listed.body["items"][0]["identity"]["id"].is_null());
        let admin = &mut people[0].caller;
        admin.send("POST", &format!("{INVITATIONS}/{}/resend", invited.id), None, &[]).await.expect(200);
        admin.delete(&format!("{INVITATIONS}/{}", invited.id)).await.expect(204);
        assert_eq!(owner.get(&format!("{MEMBERS}?status=invited")).await.expect(200).count(), 0);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_8_whoever_accepts_appears_and_the_invitation_disappears() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let listed = owner.get(&format!("{MEMBERS}?query=ann")).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/status")), (1, "active"));
        assert_eq!(listed.at("/items/0/identity/id"), ann.user);
        assert_eq!(owner.get(&format!("{INVITATIONS}?state=pending")).await.expect(200).count(), 0);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_9_an_invitation_has_its_fields_its_operations_and_a_resulting_membership() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "contributor").await;
        let shown = owner.get(&format!("{INVITATIONS}/{}", invited.id)).await.expect(200);
        assert_eq!((shown.at("/email"), shown.at("/role")), ("ann@acme.test", "contributor"));
        let inviter = owner.get(&format!("{MEMBERS}?role=owner")).await.expect(200).at("/items/0/id").to_owned();
        assert_eq!(shown.at("/created_by"), inviter);
        assert_eq!((shown.at("/state"), shown.at("/delivery")), ("pending", "sent"));
        assert_eq!(shown.at("/member"), invited.member);
        assert!(shown.at("/expires_at") > shown.at("/created_at"));
        // Made and read; listed, changed, deleted, sent again and accepted.
        assert_eq!(owner.get(INVITATIONS).await.expect(200).at("/items/0/id"), invited.id);
        let path = format!("{INVITATIONS}/{}", invited.id);
        assert_eq!(owner.patch(&path, json!({"role": "viewer"})).await.expect(200).at("/role"), "viewer");
        let other = test.invite(&mut owner, "acme", "bob@acme.test", "viewer").await;
        let gone = format!("{INVITATIONS}/{}", other.id);
        owner.delete(&gone).await.expect(204);
        assert_eq!(owner.get(&gone).await.expect(200).at("/state"), "cancelled");
        owner.send("POST", &format!("{path}/resend"), None, &[]).await.expect(200);
        let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/invite/");
        let body = json!({"token": secret, "name": "Ann", "password": guildhall_testkit::app::PASSWORD});
        let came = test.anybody().post("/invitations/accept", body).await.expect(200);
        assert_eq!((came.at("/membership/id"), came.at("/membership/role")), (invited.member.as_str(), "viewer"));
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_11_the_default_role_is_viewer_and_a_pending_role_is_changed() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["admin"]).await;
        let made = owner.post(INVITATIONS, json!({"invitations": [{"email": "a@acme.test"}], "deliver": "link"})).await;
        let made = made.expect(200);
        assert_eq!(made.at("/invitations/0/invitation/role"), "viewer");
        let path = format!("{INVITATIONS}/{}", made.at("/invitations/0/invitation/id"));
        let changed = people[0].caller.patch(&path, json!({"role": "admin"})).await.expect(200);
        assert_eq!(changed.at("/role"), "admin", "the pending ones are an Admin's too");
        people[0].caller.patch(&path, json!({"role": "owner"})).await.refused(403, "role.above_own");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_12_resending_without_a_pending_invitation_is_an_error() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let accepted = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let body = json!({"token": accepted.secret, "name": "Ann", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.expect(200);
        let cancelled = test.invite(&mut owner, "acme", "bob@acme.test", "viewer").await;
        owner.delete(&format!("{INVITATIONS}/{}", cancelled.id)).await.expect(204);
        for invited in [accepted, cancelled] {
            let answer = owner.send("POST", &format!("{INVITATIONS}/{}/resend", invited.id), None, &[]).await;
            answer.refused(409, "invitation.not_pending");
        }
        let unknown = owner.send("POST", &format!("{INVITATIONS}/inv_nothing/resend"), None, &[]).await;
        unknown.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_13_there_are_five_roles_and_one_of_them_sees_no_secrets() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let roles = owner.get("/organizations/acme/roles").await.expect(200);
        let here = roles.body["items"].as_array().expect("roles").iter().filter(|r| r["applies_to"] == "organization");
        let slugs: Vec<&str> = here.map(|r| r["slug"].as_str().unwrap_or_default()).collect();
        assert_eq!(slugs, ["owner", "admin", "contributor", "viewer", "viewer_no_secrets"]);
        let mut rights = Vec::new();
        for slug in ["viewer", "viewer_no_secrets"] {
            let shown = owner.get(&format!("/organizations/acme/roles/{slug}")).await.expect(200);
            let by_id = owner.get(&format!("/organizations/acme/roles/{}", shown.at("/id"))).await.expect(200);
            assert_eq!(by_id.body, shown.body);
            rights.push(shown.body["permissions"].as_array().expect("permissions").clone());
        }
        let lost: Vec<_> = rights[0].iter().filter(|p| !rights[1].contains(p)).collect();
        assert_eq!(lost, [&json!("secret.read")]);
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_24_contributor_admin_and_owner_make_tokens_and_viewers_do_not() {
    for engine in engines() {
        let (test, _, people) =
            staffed(engine, &["owner", "admin", "contributor", "viewer", "viewer_no_secrets"]).await;
        for mut person in people {
            let answer = person.caller.post("/me/tokens", json!({"name": "t", "organization": "acme"})).await;
            if person.email.starts_with("viewer") {
                answer.refused(403, "access.denied");
            } else {
                assert!(answer.expect(201).at("/token").starts_with("gld_pat_"));
            }
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_26_a_token_is_shown_once_and_deleting_it_revokes() {
    for engine in engines() {
        let (test, mut owner, mut people) = staffed(engine, &["contributor"]).await;
        let ann = &mut people[0].caller;
        let made = ann.post("/me/tokens", json!({"name": "ci", "organization": "acme"})).await.expect(201);
        let (secret, id) = (made.at("/token").to_owned(), made.at("/id").to_owned());
        let listed = ann.get("/me/tokens").await.expect(200);
        assert_eq!(listed.at("/items/0/id"), id);
        assert!(secret.ends_with(listed.at("/items/0/last4")) && !listed.text.contains(&secret));
        let all = owner.get("/organizations/acme/tokens").await.expect(200);
        assert!(all.text.contains(&id) && !all.text.contains(&secret));
        test.with_token(&secret).get(MEMBERS).await.expect(200);
        ann.delete(&format!("/me/tokens/{id}")).await.expect(204);
        test.with_token(&secret).get(MEMBERS).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn ct_29_owner_and_admin_read_and_download_the_audit_log_and_nobody_else() {
    for engine in engines() {
        let (test, mut owner, people) = staffed(engine, &BELOW_OWNER).await;
        let paths = ["audit-events", "audit-events/export?format=csv", "audit-events/export?format=ndjson"];
        for path in paths {
            owner.get(&format!("/organizations/acme/{path}")).await.expect(200);
        }
        for mut person in people {
            for path in paths {
                let answer = person.caller.get(&format!("/organizations/acme/{path}")).await;
                if person.email.starts_with("admin") {
                    answer.expect(200);
                } else {
                    answer.refused(403, "access.denied");
                }
            }
        }
        test.stop().await;
    }
}
