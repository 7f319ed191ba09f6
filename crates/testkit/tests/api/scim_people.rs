//! People whom a directory keeps: taken in, taken over, switched off and on, let go.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::engines;
use serde_json::{Value, json};

use crate::scim::{Directory, house, person, refused, trail};

#[tokio::test]
async fn on_42_a_directory_brings_people_who_work_at_once_with_the_usual_role() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "onyx").await;
        let made = directory.post("/Users", person("Ada@Acme.test")).await.expect(201);
        assert_eq!(made.header("content-type"), "application/scim+json");
        assert_eq!(made.header("location"), made.at("/meta/location"));
        assert!(made.at("/meta/location").ends_with(&format!("/scim/v2/acme/Users/{}", made.at("/id"))));
        assert_eq!((made.at("/userName"), &made.body["active"]), ("Ada@Acme.test", &json!(true)));
        let path = format!("/organizations/acme/members/{}", made.at("/id"));
        let member = owner.get(&path).await.expect(200);
        assert_eq!((member.at("/status"), member.at("/role"), member.at("/origin")), ("active", "basic", "scim"));
        assert_eq!((member.at("/identity/name"), &member.body["managed"]), ("Ada", &json!(true)));
        let events = owner.get("/organizations/acme/audit-events?type=member.joined").await.expect(200);
        assert_eq!((events.at("/items/0/actor/type"), events.at("/items/0/actor/name")), ("scim_token", "Entra"));
        test.stop().await;
    }
}

#[tokio::test]
async fn on_46_a_blank_user_name_is_400_and_what_is_kept_already_409() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "onyx").await;
        for blank in [json!(""), json!("  "), Value::Null] {
            let mut body = person("ada@acme.test");
            body["userName"] = blank;
            refused(&directory.post("/Users", body).await, 400, Some("invalidValue"));
        }
        let nowhere = json!({"userName": "ada"});
        refused(&directory.post("/Users", nowhere).await, 400, Some("invalidValue"));
        directory.person("ada@acme.test").await;
        refused(&directory.post("/Users", person("ADA@acme.test")).await, 409, Some("uniqueness"));
        let mut same_address = person("ada@acme.test");
        same_address["userName"] = json!("other");
        refused(&directory.post("/Users", same_address).await, 409, Some("uniqueness"));
        // The address comes from `emails`; the user name only matches.
        let named = json!({"userName": "bob", "emails": [{"value": "home@b.test", "type": "home"}, {"value": "bob@b.test", "type": "work"}]});
        let bob = directory.post("/Users", named).await.expect(201);
        assert_eq!(bob.at("/userName"), "bob");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_46_an_account_here_that_proved_the_address_is_taken_over() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "onyx").await;
        let mut ada = test.join(&mut owner, "acme", "ada@acme.test", "basic").await;
        let taken = directory.post("/Users", person("ada@acme.test")).await.expect(201);
        assert_eq!(taken.at("/id"), ada.member);
        ada.caller.get("/me").await.expect(200);
        // Not somebody who only claims the address: a second account stands beside them.
        let policy = json!({"signup.open": true, "signup.closed_by_invites": "never"});
        owner.patch("/organizations/acme/policy", policy).await.expect(200);
        let body = json!({"email": "eve@acme.test", "name": "Eve", "password": PASSWORD, "organization": "acme"});
        let eve = test.anybody().post("/sign-up", body).await.expect(201);
        let made = directory.post("/Users", person("eve@acme.test")).await.expect(201);
        assert_ne!(made.at("/id"), eve.at("/membership/id"));
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_who_was_invited_comes_in_with_the_role_they_were_invited_to() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let invited = test.invite(&mut owner, "acme", "ada@acme.test", "admin").await;
        let made = directory.post("/Users", person("ada@acme.test")).await.expect(201);
        let member = owner.get(&format!("/organizations/acme/members/{}", made.at("/id"))).await.expect(200);
        assert_eq!((member.at("/role"), member.at("/status")), ("admin", "active"));
        let accept = json!({"token": invited.secret, "name": "Ada", "password": PASSWORD});
        test.anybody().post("/invitations/accept", accept).await.refused(410, "invitation.cancelled");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_47_inactive_ends_sessions_and_tokens_at_once_and_active_brings_them_back() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let mut ada = test.join(&mut owner, "acme", "ada@acme.test", "member").await;
        let (mut token, _) = test.mint(&mut ada.caller, "acme", None).await;
        let id = directory.person("ada@acme.test").await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let answer = directory.patch(&format!("/Users/{id}"), off).await.expect(200);
        assert_eq!(answer.body["active"], json!(false));
        ada.caller.get("/organizations/acme").await.refused(401, "auth.required");
        token.get("/organizations/acme").await.refused(404, "not_found");
        let on = json!([{"op": "replace", "value": {"active": true}}]);
        directory.patch(&format!("/Users/{id}"), on).await.expect(200);
        test.sign_in("ada@acme.test").await.get("/organizations/acme").await.expect(200);
        test.stop().await;
    }
}

// ON-25
#[tokio::test]
async fn on_47_without_a_seat_nobody_is_taken_in_or_switched_on() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let ada = directory.person("ada@acme.test").await;
        directory.patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "active", "value": false}])).await;
        directory.person("bob@acme.test").await;
        owner.patch("/organizations/acme/policy", json!({"seats.max": 2})).await.expect(200);
        test.deliver().await;
        let full = directory.post("/Users", person("cyd@acme.test")).await;
        refused(&full, 403, None);
        let on = json!([{"op": "replace", "path": "active", "value": true}]);
        refused(&directory.patch(&format!("/Users/{ada}"), on).await, 403, None);
        // Whoever is not to work takes none.
        let mut body = person("cyd@acme.test");
        body["active"] = json!(false);
        assert_eq!(directory.post("/Users", body).await.expect(201).body["active"], json!(false));
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn on_48_deleting_switches_off_and_lets_go_and_a_second_time_finds_nobody() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("ada@acme.test").await;
        let group = directory.group("Engineering", &[&id]).await;
        directory.delete(&format!("/Users/{id}")).await.expect(204);
        refused(&directory.delete(&format!("/Users/{id}")).await, 404, None);
        refused(&directory.get(&format!("/Users/{id}")).await, 404, None);
        let group = directory.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(group.body["members"], Value::Null);
        let member = owner.get(&format!("/organizations/acme/members/{id}")).await.expect(200);
        assert_eq!((member.at("/status"), &member.body["managed"]), ("deactivated", &json!(false)));
        assert_eq!(directory.get("/Users").await.expect(200).body["totalResults"], json!(0));
        test.stop().await;
    }
}

#[tokio::test]
async fn on_49_an_address_is_not_moved_for_those_who_lead_and_a_rename_before_deletion_leaves_it() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "onyx").await;
        let moved = |to: &str| json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": to}]);
        let email = |body: &Value| body["identity"]["email"].clone();
        // Somebody plain: the address moves, and is not proved any more.
        let ada = directory.person("ada@acme.test").await;
        directory.patch(&format!("/Users/{ada}"), moved("ada.l@acme.test")).await.expect(200);
        let member = owner.get(&format!("/organizations/acme/members/{ada}")).await.expect(200);
        assert_eq!(email(&member.body), json!("ada.l@acme.test"));
        // An administrator: it does not, nor that of somebody who runs a group.
        test.join(&mut owner, "acme", "boss@acme.test", "admin").await;
        let boss = directory.person("boss@acme.test").await;
        refused(&directory.patch(&format!("/Users/{boss}"), moved("other@acme.test")).await, 403, None);
        let lead = directory.person("lead@acme.test").await;
        let group = directory.group("Leads", &[&lead]).await;
        let seat = format!("/organizations/acme/groups/{group}/members/{lead}");
        owner.send("PUT", &seat, Some(&json!({"manager": true})), &[]).await.expect(204);
        refused(&directory.patch(&format!("/Users/{lead}"), moved("other@acme.test")).await, 403, None);
        // Nor onto an administrator's.
        refused(&directory.patch(&format!("/Users/{ada}"), moved("owner@acme.test")).await, 403, None);
        // Entra renames before it deletes.
        let gone = json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "userName", "value": "0123456789abcdefada.l@acme.test"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "0123456789abcdefada.l@acme.test"},
        ]);
        directory.patch(&format!("/Users/{ada}"), gone).await.expect(200);
        let member = owner.get(&format!("/organizations/acme/members/{ada}")).await.expect(200);
        assert_eq!((email(&member.body), member.at("/status")), (json!("ada.l@acme.test"), "deactivated"));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_directory_does_not_move_the_address_of_an_account_used_elsewhere() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        test.found(&mut owner, "other", "standard").await;
        let mut eve = test.join(&mut owner, "other", "eve@other.test", "member").await;
        let taken = directory.post("/Users", person("eve@other.test")).await.expect(201);
        let moved = json!([{"op": "replace", "path": "emails", "value": [{"value": "mine@evil.test"}]}]);
        refused(&directory.patch(&format!("/Users/{}", taken.at("/id")), moved).await, 403, None);
        let renamed = json!([{"op": "replace", "path": "displayName", "value": "Somebody Else"}]);
        directory.patch(&format!("/Users/{}", taken.at("/id")), renamed).await.expect(200);
        assert_eq!(eve.caller.get("/me").await.expect(200).at("/identity/name"), "Eve");
        test.stop().await;
    }
}

#[tokio::test]
async fn the_last_active_holder_of_the_top_role_is_not_switched_off_and_told_why() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("owner@acme.test").await;
        let off = || json!([{"op": "replace", "path": "active", "value": false}]);
        let answer = directory.patch(&format!("/Users/{id}"), off()).await;
        refused(&answer, 409, None);
        assert!(answer.at("/detail").contains("only active Owner"), "{}", answer.text);
        refused(&directory.delete(&format!("/Users/{id}")).await, 409, None);
        test.join(&mut owner, "acme", "second@acme.test", "owner").await;
        directory.patch(&format!("/Users/{id}"), off()).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_12_people_a_directory_keeps_are_switched_off_there_unless_the_policy_lets_it_be_done_here() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("ada@acme.test").await;
        let path = format!("/organizations/acme/members/{id}");
        owner.send("POST", &format!("{path}/deactivate"), None, &[]).await.refused(409, "member.managed");
        owner.delete(&path).await.refused(409, "member.managed");
        owner.patch(&path, json!({"role": "admin"})).await.expect(200);
        let policy = "/organizations/acme/policy";
        owner.patch(policy, json!({"scim.local_changes": true})).await.expect(200);
        owner.send("POST", &format!("{path}/deactivate"), None, &[]).await.expect(200);
        owner.patch(policy, json!({"scim.local_changes": false})).await.expect(200);
        owner.send("POST", &format!("{path}/reactivate"), None, &[]).await.refused(409, "member.managed");
        // Where no directory is offered any more, nobody is kept by one.
        owner.patch(policy, json!({"scim.offered": false})).await.expect(200);
        owner.send("POST", &format!("{path}/reactivate"), None, &[]).await.expect(200);
        refused(&directory.get("/Users").await, 403, None);
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_removed_here_is_not_kept_any_more() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("ada@acme.test").await;
        owner.patch("/organizations/acme/policy", json!({"scim.local_changes": true})).await.expect(200);
        owner.delete(&format!("/organizations/acme/members/{id}")).await.expect(204);
        refused(&directory.get(&format!("/Users/{id}")).await, 404, None);
        assert_eq!(directory.get("/Users").await.expect(200).body["totalResults"], json!(0));
        assert_ne!(directory.person("ada@acme.test").await, id);
        test.stop().await;
    }
}

#[tokio::test]
async fn people_a_directory_brought_choose_their_first_password_by_a_mailed_link() {
    for engine in engines() {
        let (test, _, mut directory) = house(engine, "standard").await;
        directory.person("ada@acme.test").await;
        test.anybody().post("/password/forgot", json!({"email": "ada@acme.test"})).await.expect(204);
        let secret = test.mails_to("ada@acme.test").await.pop().expect("a mail").secret("/password/reset/");
        let body = json!({"token": secret, "password": PASSWORD});
        test.anybody().post("/password/reset", body).await.expect(204);
        let mut ada = test.sign_in("ada@acme.test").await;
        assert_eq!(ada.get("/me").await.expect(200).body["identity"]["email_verified"], json!(true));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_second_sync_that_says_the_same_writes_nothing() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        let id = directory.person("ada@acme.test").await;
        let group = directory.group("Engineering", &[&id]).await;
        let before = trail(&test, &mut owner).await;
        let tag = directory.get(&format!("/Users/{id}")).await.expect(200).header("etag").to_owned();
        directory.put(&format!("/Users/{id}"), person("ada@acme.test")).await.expect(200);
        let same = json!([{"op": "Replace", "path": "displayName", "value": "ada"}, {"op": "Add", "path": "active", "value": "True"}]);
        directory.patch(&format!("/Users/{id}"), same).await.expect(200);
        let whole = json!({"displayName": "Engineering", "members": [{"value": id}]});
        directory.put(&format!("/Groups/{group}"), whole).await.expect(200);
        directory
            .patch(&format!("/Groups/{group}"), json!([{"op": "Add", "path": "members", "value": [{"value": id}]}]))
            .await
            .expect(200);
        assert_eq!(trail(&test, &mut owner).await, before);
        assert_eq!(directory.get(&format!("/Users/{id}")).await.expect(200).header("etag"), tag);
        test.stop().await;
    }
}

#[tokio::test]
async fn people_of_another_organization_are_out_of_reach() {
    for engine in engines() {
        let (test, mut owner, mut directory) = house(engine, "standard").await;
        test.found(&mut owner, "other", "standard").await;
        let made = owner.post("/organizations/other/scim-tokens", json!({"name": "x"})).await.expect(201);
        let mut other = Directory { caller: test.with_token(made.at("/token")), base: directory.base.clone() };
        let id = directory.person("ada@acme.test").await;
        refused(&other.get(&format!("/Users/{id}")).await, 404, None);
        other.base = "/scim/v2/other".to_owned();
        refused(&other.get(&format!("/Users/{id}")).await, 404, None);
        assert_eq!(other.get("/Users").await.expect(200).body["totalResults"], json!(0));
        test.stop().await;
    }
}
