//! `dry_run`: a write that changes nothing and tells what it would do.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

use crate::operations::{House, all};
use crate::walls::{OF_FACTORS, OF_TENANTS};

/// Everything an owner can see of an organization and themself, but for "last seen".
async fn dump(test: &TestApp, owner: &mut Caller) -> Value {
    let mut whole = json!({});
    for list in ["members", "invitations", "tokens", "roles", "groups", "resources", "usage-limits", "audit-events"] {
        whole[list] = json!(test.all(owner, &format!("/organizations/acme/{list}")).await);
    }
    for list in ["/organizations", "/me/sessions", "/me/tokens", "/me/join-requests"] {
        whole[list] = json!(test.all(owner, list).await);
    }
    for path in ["/me", "/organizations/acme", "/organizations/acme/policy", "/organizations/acme/account"] {
        whole[path] = owner.get(path).await.expect(200).body;
    }
    whole
}

#[tokio::test]
async fn a_preview_of_every_write_changes_nothing() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let mut owner = house.owner.clone();
        let before = dump(&house.test, &mut owner).await;
        let mut tried = 0;
        for operation in all(&house.test).await.into_iter().filter(|o| o.writes() && o.id != "set_up") {
            if OF_TENANTS.contains(&operation.id.as_str()) || OF_FACTORS.contains(&operation.id.as_str()) {
                continue;
            }
            let path = house.path(&operation).await;
            let body = house.body(&operation);
            let mut caller =
                if operation.permission.is_none() && !operation.path.starts_with("/me") && operation.method == "POST" {
                    let whole = ["/organizations", "/tenants", "/instance", "/sso-connections"];
                    if ["ask_to_join", "step_up"].contains(&operation.id.as_str())
                        || whole.iter().any(|at| operation.path.starts_with(at))
                    {
                        owner.clone()
                    } else {
                        house.test.anybody()
                    }
                } else {
                    owner.clone()
                };
            let previewed = format!("{path}?dry_run=true");
            let answer = caller.send(&operation.method, &previewed, body.as_ref(), &[]).await.expect(200);
            for part in ["changes", "access_gained", "access_lost", "mails"] {
                assert!(answer.body[part].is_array(), "{}: {}", operation.id, answer.text);
            }
            assert!(!answer.text.contains("gld_"), "{}: a preview holds no secret", operation.id);
            assert!(answer.headers.get("set-cookie").is_none(), "{}: no session begins or ends", operation.id);
            assert_eq!(house.test.deliver().await, 0, "{}: a mail was sent", operation.id);
            tried += 1;
        }
        assert!(tried >= 30, "only {tried}");
        assert_eq!(dump(&house.test, &mut owner).await, before);
        house.test.stop().await;
    }
}

fn kinds(preview: &Answer) -> Vec<&str> {
    let changes = preview.body["changes"].as_array().expect("changes");
    changes.iter().map(|c| c["type"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_preview_of_inviting_tells_the_mails() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let path = "/organizations/acme/invitations?dry_run=true";
        let list =
            json!({"invitations": [{"email": "a@b.test"}, {"email": "bad"}, {"email": "c@d.test", "role": "admin"}]});
        let told = owner.post(path, list).await.expect(200);
        assert_eq!(kinds(&told), ["invitation.created", "invitation.created"]);
        let mails = json!([{"to": "a@b.test", "kind": "invitation"}, {"to": "c@d.test", "kind": "invitation"}]);
        assert_eq!(told.body["mails"], mails);
        assert_eq!(told.body["access_gained"], json!([]), "nobody came in yet");
        let linked = json!({"invitations": [{"email": "a@b.test"}], "deliver": "link"});
        assert_eq!(owner.post(path, linked).await.expect(200).body["mails"], json!([]));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preview_tells_access_gained_and_lost() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let path = format!("/organizations/acme/members/{}", ann.member);
        let permissions = |role: Answer| role.body["permissions"].as_array().expect("permissions").clone();
        let admin = permissions(owner.get("/organizations/acme/roles/admin").await.expect(200));
        let member = permissions(owner.get("/organizations/acme/roles/member").await.expect(200));
        let lost: Vec<&Value> = admin.iter().filter(|p| !member.contains(p)).collect();

        let lowered = owner.patch(&format!("{path}?dry_run=true"), json!({"role": "member"})).await.expect(200);
        assert_eq!(kinds(&lowered), ["member.role_changed"]);
        assert_eq!(lowered.body["changes"][0]["before"], json!({"role": "admin"}));
        assert_eq!(lowered.body["changes"][0]["after"], json!({"role": "member"}));
        assert_eq!(lowered.body["access_gained"], json!([]));
        let expected = json!([{"member": ann.member, "email": "ann@acme.test", "permissions": lost}]);
        assert_eq!(lowered.body["access_lost"], expected);

        let removed = owner.delete(&format!("{path}?dry_run=true")).await.expect(200);
        assert_eq!(kinds(&removed)[0], "member.removed");
        assert_eq!(removed.body["access_lost"][0]["permissions"], json!(admin));

        owner.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        let on = owner.send("POST", &format!("{path}/reactivate?dry_run=true"), None, &[]).await.expect(200);
        assert_eq!(on.body["access_gained"][0]["permissions"], json!(admin));
        let raised = owner.patch(&format!("{path}?dry_run=true"), json!({"role": "owner"})).await.expect(200);
        assert_eq!(raised.body["access_gained"], json!([]), "a deactivated member has none");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preview_of_a_policy_tells_who_gains_and_loses_by_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let path = "/organizations/acme/policy?dry_run=true";
        let told = owner.patch(path, json!({"role_change.authority": "admin_below_own_rank"})).await.expect(200);
        assert_eq!(kinds(&told), ["policy.changed"]);
        let gained = &told.body["access_gained"];
        assert_eq!(gained[0]["member"], admin.member, "{}", told.text);
        assert_eq!(gained[0]["permissions"], json!(["member.change_role", "member.remove"]));
        let told = owner.patch(path, json!({"leave.allowed_for": ["owner"]})).await.expect(200);
        assert_eq!(told.body["access_lost"][0]["permissions"], json!(["member.leave"]));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preview_refuses_what_the_write_would_refuse() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut guest = test.join(&mut owner, "acme", "guest@acme.test", "guest").await;
        let me = owner.get("/organizations/acme/members?role=owner").await.expect(200).at("/items/0/id").to_owned();
        let mine = format!("/organizations/acme/members/{me}?dry_run=true");
        owner.patch(&mine, json!({"role": "guest"})).await.refused(409, "member.last_owner");
        owner.patch(&mine, json!({"role": "emperor"})).await.refused(422, "role.unknown");
        guest.caller.delete(&mine).await.refused(403, "access.denied");
        test.anybody().delete(&mine).await.refused(401, "auth.required");
        let stale = [("if-match", "\"0\"")];
        owner.send("PATCH", &mine, Some(&json!({"role": "owner"})), &stale).await.refused(412, "etag.stale");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preview_of_deleting_a_group_tells_the_rights_lost_with_it_here_and_on_what_it_was_granted() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "basic").await;
        let here = "/organizations/acme";
        let group = owner.post(&format!("{here}/groups"), json!({"name": "Curators"})).await.expect(201);
        let group = format!("{here}/groups/{}", group.at("/id"));
        owner.patch(&group, json!({"permissions": ["member.invite"]})).await.expect(200);
        for who in [&ann.member, &bob.member] {
            owner.send("PUT", &format!("{group}/members/{who}"), Some(&json!({})), &[]).await.expect(204);
        }
        let made = json!({"type": "document_set", "name": "Plans", "external_id": "p"});
        let set = owner.post(&format!("{here}/resources"), made).await.expect(201).at("/id").to_owned();
        let to = |kind: &str, id: &str| json!({"subject": {"type": kind, "id": id}, "permission": "document_set.view"});
        let id = group.rsplit('/').next().unwrap_or_default();
        let grants = format!("{here}/resources/{set}/grants");
        owner.post(&grants, to("group", id)).await.expect(201);
        owner.post(&grants, to("member", &bob.member)).await.expect(201);
        ann.caller.get(&format!("{here}/resources/{set}")).await.expect(200);

        let told = owner.delete(&format!("{group}?dry_run=true")).await.expect(200);
        let lost = told.body["access_lost"].as_array().expect("a list");
        let of = |who: &str, at: Option<&str>| {
            let mut found = lost.iter().filter(|one| one["member"] == who && one["resource"].as_str() == at);
            found.next().map(|one| one["permissions"].clone())
        };
        assert_eq!(of(&ann.member, None), Some(json!(["member.invite"])), "{}", told.text);
        assert_eq!(of(&ann.member, Some(&set)), Some(json!(["document_set.view", "member.invite"])), "{}", told.text);
        assert_eq!(of(&bob.member, Some(&set)), Some(json!(["member.invite"])), "he is granted it himself");
        ann.caller.get(&format!("{here}/resources/{set}")).await.expect(200);

        owner.delete(&group).await.expect(204);
        ann.caller.get(&format!("{here}/resources/{set}")).await.refused(404, "not_found");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn a_preview_counts_what_groups_go_on_giving_and_who_would_have_to_be_in_one() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let here = "/organizations/acme";
        let role = json!({"name": "Clerk", "slug": "clerk", "permissions": ["organization.read", "audit.read"]});
        let role = owner.post(&format!("{here}/roles"), role).await.expect(201).at("/id").to_owned();
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "clerk").await.member;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "clerk").await.member;
        let auditors = json!({"name": "Auditors", "permissions": ["audit.read"]});
        let group = owner.post(&format!("{here}/groups"), auditors).await.expect(201).at("/id").to_owned();
        let seat = format!("{here}/groups/{group}/members/{ann}");
        owner.send("PUT", &seat, Some(&json!({})), &[]).await.expect(204);
        let less = json!({"permissions": ["organization.read"]});
        let told = owner.patch(&format!("{here}/roles/{role}?dry_run=true"), less).await.expect(200);
        let lost = json!([{"member": bob, "email": "bob@acme.test", "permissions": ["audit.read"]}]);
        assert_eq!(told.body["access_lost"], lost, "{}", told.text);

        let text = owner.get(&format!("{here}/preset")).await.expect(200).at("/text").to_owned();
        let text = text.replacen("[policy]\n", "[policy]\ngroup.required = true\n", 1);
        let told = owner.post(&format!("{here}/preset?dry_run=true"), json!({"text": text})).await.expect(200);
        let lost =
            json!([{"member": bob, "email": "bob@acme.test", "permissions": ["organization.read", "audit.read"]}]);
        assert_eq!(told.body["access_lost"], lost, "{}", told.text);
        test.stop().await;
    }
}
