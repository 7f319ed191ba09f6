//! Invitations: made in lists, resent, changed, withdrawn, expired, paged.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const DAY_S: i64 = 86_400;
const HERE: &str = "/organizations/acme/invitations";

/// Tries to sign up with a link's secret.
async fn accept(test: &TestApp, secret: &str) -> (u16, String) {
    let body = json!({"token": secret, "name": "Somebody", "password": PASSWORD});
    let answer = test.anybody().post("/invitations/accept", body).await;
    (answer.status, answer.code().to_owned())
}

async fn state(owner: &mut Caller, id: &str) -> String {
    owner.get(&format!("{HERE}/{id}")).await.expect(200).at("/state").to_owned()
}

#[tokio::test]
async fn each_address_of_a_list_gets_an_answer_of_its_own() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        test.invite(&mut owner, "acme", "waiting@acme.test", "viewer").await;
        let asked = json!({"invitations": [
            {"email": "ann@acme.test", "role": "contributor", "name": "Ann Lee"},
            {"email": "not an address"},
            {"email": "ANN@Acme.TEST", "role": "viewer"},
            {"email": "bob@acme.test"},
            {"email": "owner@ACME.test"},
            {"email": "Waiting@acme.test"},
            {"email": "eve@acme.test", "role": "emperor"},
            {"email": ""},
            {"email": "zoë@bücher.test"}
        ]});
        let answer = owner.post(HERE, asked).await.expect(200);
        let told: Vec<&str> = answer.body["invitations"]
            .as_array()
            .expect("answers")
            .iter()
            .map(|one| one["code"].as_str().unwrap_or_else(|| one["status"].as_str().unwrap_or_default()))
            .collect();
        let expected = [
            "created",
            "email.invalid",
            "email.duplicate",
            "created",
            "member.already",
            "invitation.already_pending",
            "role.unknown",
            "email.invalid",
            "created",
        ];
        assert_eq!(told, expected, "{}", answer.text);
        assert_eq!(answer.at("/invitations/0/email"), "ann@acme.test");
        assert_eq!(answer.at("/invitations/2/email"), "ANN@Acme.TEST", "echoed as it was given");
        assert_eq!(answer.at("/invitations/3/invitation/role"), "viewer", "the default role");
        assert!(answer.body["invitations"][0].get("link").is_none(), "a mailed secret is not shown");
        assert_eq!(test.deliver().await, 3);
        let listed = owner.get(&format!("{HERE}?state=pending")).await.expect(200);
        assert_eq!(listed.count(), 4);
        assert!(listed.body["items"].as_array().expect("items").iter().all(|i| i["delivery"] == "sent"));
        test.stop().await;
    }
}

#[tokio::test]
async fn empty_and_ill_formed_lists_are_refused_by_field() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let field = |answer: &guildhall_testkit::Answer| answer.at("/errors/0/field").to_owned();
        let none = owner.post(HERE, json!({"invitations": []})).await.expect(422);
        assert_eq!(field(&none), "invitations");
        let way = json!({"invitations": [{"email": "a@b.test"}], "deliver": "pigeon"});
        assert_eq!(field(&owner.post(HERE, way).await.expect(422)), "deliver");
        let odd = json!({"invitations": [{"email": "a@b.test"}, {"email": "c@d.test", "roles": "x"}]});
        assert_eq!(field(&owner.post(HERE, odd).await.expect(422)), "invitations[1].roles");
        assert_eq!(owner.get(HERE).await.expect(200).count(), 0, "nothing came of it");
        test.stop().await;
    }
}

#[tokio::test]
async fn resending_kills_the_old_link_and_renews_the_end() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let first = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let before = owner.get(&format!("{HERE}/{}", first.id)).await.expect(200);
        test.clock.advance_s(3 * DAY_S);
        let resent = owner.send("POST", &format!("{HERE}/{}/resend", first.id), None, &[]).await.expect(200);
        assert_eq!(resent.at("/invitation/id"), first.id);
        assert_eq!(resent.at("/invitation/delivery"), "queued");
        assert!(resent.at("/invitation/expires_at") > before.at("/expires_at"), "{}", resent.text);
        let mails = test.mails_to("ann@acme.test").await;
        assert_eq!(mails.len(), 2);
        let fresh = mails[1].secret("/invite/");
        assert_ne!(fresh, first.secret);
        assert_eq!(accept(&test, &first.secret).await, (404, "invitation.unknown".to_owned()));
        test.clock.advance_s(6 * DAY_S);
        assert_eq!(accept(&test, &fresh).await.0, 200, "the end was renewed");
        let again = owner.send("POST", &format!("{HERE}/{}/resend", first.id), None, &[]).await;
        again.refused(409, "invitation.not_pending");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_mail_that_was_not_sent_yet_is_replaced_by_the_resent_one() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let made = owner.post(HERE, json!({"invitations": [{"email": "ann@acme.test"}]})).await.expect(200);
        let id = made.at("/invitations/0/invitation/id").to_owned();
        let handed = owner.post(&format!("{HERE}/{id}/resend"), json!({"deliver": "link"})).await.expect(200);
        assert_eq!((handed.at("/invitation/delivery"), handed.at("/invitation/deliver")), ("none", "link"));
        assert!(test.mails_to("ann@acme.test").await.is_empty(), "the first mail held a dead link");
        let secret = handed.at("/link").rsplit('/').next().expect("a secret").to_owned();
        assert_eq!(accept(&test, &secret).await.0, 200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_waiting_invitation_is_given_another_role() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let path = format!("{HERE}/{}", invited.id);
        let changed = owner.patch(&path, json!({"role": "contributor"})).await.expect(200);
        assert_eq!(changed.at("/role"), "contributor");
        let member = format!("/organizations/acme/members/{}", invited.member);
        assert_eq!(owner.get(&member).await.expect(200).at("/role"), "contributor");
        owner.patch(&member, json!({"role": "admin"})).await.expect(200);
        assert_eq!(owner.get(&path).await.expect(200).at("/role"), "admin");
        owner.patch(&path, json!({"role": "emperor"})).await.refused(422, "role.unknown");
        assert_eq!(accept(&test, &invited.secret).await.0, 200, "the link stays good");
        assert_eq!(owner.get(&member).await.expect(200).at("/role"), "admin");
        owner.patch(&path, json!({"role": "viewer"})).await.refused(409, "invitation.not_pending");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_cancelled_link_is_dead_and_the_waiting_member_is_gone() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let ann = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let bob = test.invite(&mut owner, "acme", "bob@acme.test", "viewer").await;
        owner.delete(&format!("{HERE}/{}", ann.id)).await.expect(204);
        owner.delete(&format!("/organizations/acme/members/{}", bob.member)).await.expect(204);
        for invited in [&ann, &bob] {
            assert_eq!(accept(&test, &invited.secret).await, (410, "invitation.cancelled".to_owned()));
            assert_eq!(state(&mut owner, &invited.id).await, "cancelled");
            owner.get(&format!("/organizations/acme/members/{}", invited.member)).await.refused(404, "not_found");
            owner.delete(&format!("{HERE}/{}", invited.id)).await.refused(409, "invitation.not_pending");
        }
        assert_eq!(owner.get("/organizations/acme/members").await.expect(200).count(), 1);
        test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_expired_link_is_gone_and_the_address_can_be_invited_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let old = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        test.clock.advance_s(8 * DAY_S);
        assert_eq!(accept(&test, &old.secret).await, (410, "invitation.expired".to_owned()));
        assert_eq!(state(&mut owner, &old.id).await, "expired");
        let fresh = test.invite(&mut owner, "acme", "Ann@acme.test", "contributor").await;
        assert_eq!(state(&mut owner, &old.id).await, "cancelled");
        assert_eq!(accept(&test, &old.secret).await, (410, "invitation.cancelled".to_owned()));
        assert_eq!(accept(&test, &fresh.secret).await.0, 200);
        test.stop().await;
    }
}

#[tokio::test]
async fn where_the_policy_says_never_an_expired_address_is_not_invited_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let knobs = json!({"invite.reissue_after_expiry": "never", "invite.ttl_s": 3600});
        owner.patch("/organizations/acme/policy", knobs).await.expect(200);
        let old = test.invite(&mut owner, "acme", "ann@acme.test", "member").await;
        test.clock.advance_s(3_601);
        let again = owner.post(HERE, json!({"invitations": [{"email": "ann@acme.test"}]})).await.expect(200);
        assert_eq!(again.at("/invitations/0/code"), "invitation.no_reissue");
        let resent = owner.send("POST", &format!("{HERE}/{}/resend", old.id), None, &[]).await;
        resent.refused(409, "invitation.no_reissue");
        test.stop().await;
    }
}

#[tokio::test]
async fn used_forged_and_mistyped_links_each_get_a_code() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let invited = test.invite(&mut owner, "acme", "ann@acme.test", "viewer").await;
        let mut mistyped = invited.secret.clone();
        let last = mistyped.pop().expect("a character");
        mistyped.push(if last == 'a' { 'b' } else { 'a' });
        let mut session = test.sign_in("owner@acme.test").await;
        let token = session.post("/me/tokens", json!({"name": "t", "organization": "acme"})).await.expect(201);
        let forged = [mistyped.as_str(), token.at("/token"), "", "gld_inv_", "💥", "../../me"];
        for secret in forged {
            assert_eq!(accept(&test, secret).await, (404, "invitation.unknown".to_owned()), "`{secret}`");
        }
        assert_eq!(accept(&test, &invited.secret).await.0, 200);
        assert_eq!(accept(&test, &invited.secret).await, (410, "invitation.used".to_owned()));
        test.stop().await;
    }
}

#[tokio::test]
async fn invitations_are_listed_newest_first_in_pages() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "cloudtruth").await;
        let many: Vec<Value> = (0..7).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        owner.post(HERE, json!({"invitations": many, "deliver": "link"})).await.expect(200);
        let (mut seen, mut after) = (Vec::new(), String::new());
        for expected in [3, 3, 1] {
            let page = owner.get(&format!("{HERE}?limit=3{after}")).await.expect(200);
            assert_eq!(page.count(), expected);
            seen.extend(page.body["items"].as_array().expect("items").iter().map(|i| i["email"].clone()));
            after = format!("&after={}", page.at("/next"));
        }
        assert_eq!(after, "&after=", "the last page has no `next`");
        let newest_first: Vec<Value> = (0..7).rev().map(|n| json!(format!("p{n}@acme.test"))).collect();
        assert_eq!(seen, newest_first);
        owner.get(&format!("{HERE}?after=nonsense")).await.refused(400, "cursor.invalid");
        owner.get(&format!("{HERE}?state=lost")).await.refused(422, "request.invalid");
        owner.get(&format!("{HERE}?limit=0")).await.refused(422, "request.invalid");
        assert_eq!(owner.get(&format!("{HERE}?state=cancelled")).await.expect(200).count(), 0);
        test.stop().await;
    }
}
