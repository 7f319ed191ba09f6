//! Joining by oneself: sign-ups that wait for a proof, mail domains that lead into organizations, and what
//! a policy keeps out.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};

const HERE: &str = "/organizations/acme";

async fn policy(owner: &mut Caller, knobs: Value) {
    owner.patch(&format!("{HERE}/policy"), knobs).await.expect(200);
}

async fn sign_up(test: &TestApp, email: &str) -> (Caller, Answer) {
    let mut caller = test.anybody();
    let body = json!({"email": email, "name": "Ann", "password": PASSWORD, "organization": "acme"});
    let answer = caller.post("/sign-up", body).await;
    (caller, answer)
}

async fn prove(test: &TestApp, email: &str) {
    let token = test.mails_to(email).await.pop().expect("a mail").secret("/email/verify/");
    test.anybody().post("/email/verify", json!({"token": token})).await.expect(204);
}

async fn status(owner: &mut Caller, email: &str) -> String {
    let found = owner.get(&format!("{HERE}/members?query={email}")).await.expect(200);
    if found.count() == 0 { String::new() } else { found.at("/items/0/status").to_owned() }
}

// PX-24, ON-1, ON-2
#[tokio::test]
async fn px_24_nobody_signs_in_before_the_address_is_proved() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"signup.open": true, "signup.verified_email": true})).await;
        let (mut ann, told) = sign_up(&test, "ann@acme.test").await;
        told.expect(201);
        let session = json!({"email": "ann@acme.test", "password": PASSWORD});
        ann.get("/me").await.refused(401, "auth.required");
        assert_eq!(status(&mut owner, "ann@acme.test").await, "", "nobody is in, and no seat is taken");
        let sent = test.mails_to("ann@acme.test").await.len();
        test.anybody().post("/session", session.clone()).await.refused(403, "auth.unproved");
        let wrong = json!({"email": "ann@acme.test", "password": "not the password"});
        test.anybody().post("/session", wrong).await.refused(401, "auth.wrong_credentials");
        assert_eq!(
            test.mails_to("ann@acme.test").await.len(),
            sent + 1,
            "the proof is mailed anew, to whoever has the password"
        );
        prove(&test, "ann@acme.test").await;
        // ON-1, ON-2: whoever joined is on the page, with the usual role.
        assert_eq!(status(&mut owner, "ann@acme.test").await, "active");
        let mut ann = test.sign_in("ann@acme.test").await;
        assert_eq!(ann.get("/me").await.expect(200).at("/memberships/0/role"), "member");
        policy(&mut owner, json!({"signup.verified_email": false})).await;
        let (mut bo, told) = sign_up(&test, "bo@acme.test").await;
        assert_eq!(told.expect(201).at("/membership/status"), "active");
        bo.get("/me").await.expect(200);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn on_9_addresses_of_other_domains_and_short_lived_ones_do_not_sign_up() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"signup.open": true})).await;
        sign_up(&test, "ann@mailinator.com").await.1.refused(403, "join.disposable");
        policy(&mut owner, json!({"signup.refuses_disposable": false, "signup.domains": ["acme.test"]})).await;
        sign_up(&test, "ann@else.test").await.1.refused(403, "join.domain");
        // An address that is claimed only opens nothing.
        assert!(sign_up(&test, "Ann@Acme.Test").await.1.expect(201).body["membership"].is_null());
        prove(&test, "Ann@acme.test").await;
        assert_eq!(status(&mut owner, "ann@acme.test").await, "active");
        policy(&mut owner, json!({"signup.domains": []})).await;
        assert_eq!(sign_up(&test, "bo@mailinator.com").await.1.expect(201).at("/membership/status"), "active");
        test.deliver().await;
        test.stop().await;
    }
}

// PX-21, PX-22, TP-23
#[tokio::test]
async fn px_21_an_organization_of_a_mail_domain_takes_and_invites_nobody_else() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"signup.open": true, "domain.exclusive": ["acme.test"]})).await;
        // TP-23
        let list = json!({"invitations": [{"email": "a@acme.test"}, {"email": "b@else.test"}], "deliver": "link"});
        let told = owner.post(&format!("{HERE}/invitations"), list.clone()).await.expect(200);
        assert_eq!((told.at("/invitations/0/status"), told.at("/invitations/1/code")), ("created", "join.domain"));
        sign_up(&test, "cy@else.test").await.1.refused(403, "join.domain");
        assert!(sign_up(&test, "cy@acme.test").await.1.expect(201).body["membership"].is_null());
        let link = owner.post(&format!("{HERE}/invite-links"), json!({})).await.expect(201);
        let token = link.at("/link").rsplit('/').next().unwrap_or_default().to_owned();
        let come = |email: &str| json!({"token": token, "email": email, "name": "Cy", "password": PASSWORD});
        let accept = "/invitations/accept";
        test.anybody().post(accept, come("dee@else.test")).await.refused(403, "join.domain");
        test.anybody().post(accept, come("dee@acme.test")).await.refused(403, "join.unproved");
        // PX-22
        policy(&mut owner, json!({"domain.excludes_links": true})).await;
        test.anybody().post(accept, come("dee@acme.test")).await.refused(403, "join.link_excluded");
        policy(&mut owner, json!({"domain.exclusive": []})).await;
        test.anybody().post(accept, come("dee@else.test")).await.expect(200);
        let told = owner.post(&format!("{HERE}/invitations"), list).await.expect(200);
        assert_eq!(told.at("/invitations/1/status"), "created");
        test.deliver().await;
        test.stop().await;
    }
}

// TP-24
#[tokio::test]
async fn tp_24_people_of_a_trusted_domain_join_uninvited_once_proved() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "other", "standard").await;
        let ann = test.join(&mut owner, "other", "ann@good.test", "member").await;
        // No domain, nobody: an empty list lets nobody in.
        test.sign_in("ann@good.test").await;
        assert_eq!(status(&mut owner, "ann@good.test").await, "");
        policy(&mut owner, json!({"domain.auto_join": ["good.test"]})).await;
        let mut signed = test.sign_in("ann@good.test").await;
        let me = signed.get("/me").await.expect(200);
        assert_eq!(me.body["memberships"].as_array().map(Vec::len), Some(2));
        let listed = owner.get(&format!("{HERE}/members?query=ann@good.test")).await.expect(200);
        assert_eq!((listed.at("/items/0/origin"), listed.at("/items/0/role")), ("domain", "member"));
        // Gone means gone: the address alone does not bring anybody back.
        owner.delete(&format!("{HERE}/members/{}", listed.at("/items/0/id"))).await.expect(204);
        test.sign_in("ann@good.test").await;
        assert_eq!(status(&mut owner, "ann@good.test").await, "");
        // An address that is only claimed opens nothing.
        let mut bo = ann.caller.clone();
        bo.patch("/me", json!({"email": "bo@acme.test"})).await.expect(200);
        policy(&mut owner, json!({"domain.auto_join": ["acme.test"]})).await;
        let mut same = test.sign_in("ann@good.test").await;
        assert_eq!(same.get("/me").await.expect(200).body["memberships"].as_array().map(Vec::len), Some(1));
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_5_a_waiting_invitation_is_accepted_by_signing_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        test.found(&mut owner, "other", "standard").await;
        test.join(&mut owner, "other", "ann@good.test", "member").await;
        test.invite(&mut owner, "acme", "Ann@good.test", "admin").await;
        policy(&mut owner, json!({"domain.auto_join": ["good.test"]})).await;
        test.sign_in("ann@good.test").await;
        let listed = owner.get(&format!("{HERE}/members?query=ann@good.test")).await.expect(200);
        assert_eq!((listed.count(), listed.at("/items/0/status")), (1, "active"));
        assert_eq!((listed.at("/items/0/role"), listed.at("/items/0/origin")), ("admin", "invitation"));
        test.deliver().await;
        test.stop().await;
    }
}

// PL-6, PX-31
#[tokio::test]
async fn pl_6_guests_wait_and_proving_an_address_inside_ends_the_waiting() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let knobs = json!({"signup.open": true, "approval.mode": "outside_domains", "approval.domains": ["acme.test"]});
        policy(&mut owner, knobs).await;
        let (mut ann, told) = sign_up(&test, "ann@acme.test").await;
        assert_eq!(
            told.expect(201).at("/membership/status"),
            "pending_approval",
            "an address that is claimed is outside"
        );
        ann.get(&format!("{HERE}/members")).await.refused(404, "not_found");
        let (mut guest, told) = sign_up(&test, "guest@else.test").await;
        told.expect(201);
        prove(&test, "ann@acme.test").await;
        prove(&test, "guest@else.test").await;
        ann.get(&format!("{HERE}/members")).await.expect(200);
        guest.get(&format!("{HERE}/members")).await.refused(404, "not_found");
        assert_eq!(status(&mut owner, "guest@else.test").await, "pending_approval");
        test.deliver().await;
        test.stop().await;
    }
}

// PX-29
#[tokio::test]
async fn px_29_switching_approvals_off_lets_all_in_or_keeps_them_waiting_as_the_policy_says() {
    for engine in engines() {
        for (on_disable, after) in [("approve_all", "active"), ("keep_waiting", "pending_approval")] {
            let (test, mut owner) = TestApp::house(engine, "standard").await;
            let mut early = test.join(&mut owner, "acme", "early@acme.test", "member").await;
            policy(&mut owner, json!({"approval.mode": "all", "approval.on_disable": on_disable})).await;
            early.caller.get(&format!("{HERE}/members")).await.expect(200);
            test.join(&mut owner, "acme", "late@acme.test", "member").await;
            let off = json!({"approval.mode": "off"});
            let told = owner.patch(&format!("{HERE}/policy?dry_run=true"), off.clone()).await.expect(200);
            let gained = told.body["access_gained"].as_array().cloned().unwrap_or_default();
            let emails: Vec<_> = gained.iter().filter_map(|g| g["email"].as_str()).collect();
            assert_eq!(emails, if after == "active" { vec!["late@acme.test"] } else { vec![] });
            let stranded = told.body["stranded"].as_array().cloned().unwrap_or_default();
            assert_eq!(stranded.len(), usize::from(after != "active"), "{}", told.text);
            policy(&mut owner, off).await;
            assert_eq!(status(&mut owner, "late@acme.test").await, after);
            test.deliver().await;
            test.stop().await;
        }
    }
}

// PX-5, PX-6
#[tokio::test]
async fn px_5_names_of_organizations_keep_the_rules_and_one_person_has_one() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let made = |name: &str| json!({"name": name, "preset": "pixie-auth0"});
        // The owner of one organization makes no other where people have one only.
        owner.post("/organizations", made("Second one")).await.refused(409, "member.elsewhere");
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        owner.delete(&format!("{HERE}/members/{}", ann.member)).await.expect(204);
        let mut ann = test.sign_in("ann@acme.test").await;
        for (name, code) in
            [("short", "field.too_short"), ("a.b.c.d", "field.invalid"), ("Cost$ more", "field.invalid")]
        {
            let answer = ann.post("/organizations", made(name)).await.expect(422);
            assert_eq!((answer.at("/errors/0/code"), answer.at("/errors/0/field")), (code, "name"), "{name}");
        }
        ann.post("/organizations", made(&"x".repeat(51))).await.expect(422);
        ann.post("/organizations", made("Acme")).await.expect(422);
        ann.post("/organizations", made("Pixie House")).await.expect(201);
        ann.post("/organizations", made("Another House")).await.refused(409, "member.elsewhere");
        let rename = json!({"name": "No/Way"});
        ann.patch("/organizations/pixie-house", rename).await.expect(422);
        policy(&mut owner, json!({"organization.name_unique": true})).await;
        owner.patch(HERE, json!({"name": "Pixie House"})).await.refused(409, "organization.name_taken");
        owner.patch(HERE, json!({"name": "Acme House"})).await.expect(200);
        test.deliver().await;
        test.stop().await;
    }
}

// PX-20
#[tokio::test]
async fn px_20_a_link_takes_whoever_has_no_organization_yet() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"identity.organizations": "one"})).await;
        test.found(&mut owner, "other", "standard").await;
        let mut ann = test.join(&mut owner, "other", "ann@else.test", "member").await;
        let link = owner.post(&format!("{HERE}/invite-links"), json!({})).await.expect(201);
        let token = link.at("/link").rsplit('/').next().unwrap_or_default().to_owned();
        let come = json!({"token": token});
        ann.caller.post("/invitations/accept", come.clone()).await.refused(409, "member.elsewhere");
        assert_eq!(status(&mut owner, "ann@else.test").await, "", "nothing changes");
        owner.delete(&format!("/organizations/other/members/{}", ann.member)).await.expect(204);
        test.sign_in("ann@else.test").await.post("/invitations/accept", come).await.expect(200);
        assert_eq!(status(&mut owner, "ann@else.test").await, "active");
        test.deliver().await;
        test.stop().await;
    }
}

// PX-3
#[tokio::test]
async fn px_3_any_member_manages_the_people_of_their_own_organization_and_no_others() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pixie-auth0").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bo = test.join(&mut owner, "acme", "bo@acme.test", "member").await;
        let mut cy = test.join(&mut owner, "acme", "cy@acme.test", "member").await;
        owner.delete(&format!("{HERE}/members/{}", cy.member)).await.expect(204);
        cy.caller = test.sign_in("cy@acme.test").await;
        cy.caller.post("/organizations", json!({"name": "Elsewhere", "preset": "pixie-auth0"})).await.expect(201);
        let path = format!("{HERE}/members/{}", ann.member);
        cy.caller.delete(&path).await.refused(404, "not_found");
        bo.caller.send("POST", &format!("{path}/end-sessions"), None, &[]).await.expect(204);
        bo.caller.delete(&path).await.expect(204);
        test.deliver().await;
        test.stop().await;
    }
}

// PX-23, PX-13, PX-14
#[tokio::test]
async fn px_23_signing_up_without_invitation_makes_or_joins_the_organization_of_the_domain() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |config| config.sign_up_preset = Some("pixie-auth0".to_owned())).await;
        test.init("standard").await;
        let anywhere = |email: &str| json!({"email": email, "name": "Ann", "password": PASSWORD});
        for (email, role) in [("ann@clusters.test", "member"), ("bo@clusters.test", "member"), ("cy@gmail.com", "")] {
            let told = test.anybody().post("/sign-up", anywhere(email)).await.expect(201);
            assert!(told.body["membership"].is_null() && told.body["csrf_token"].is_null());
            prove(&test, email).await;
            let me = test.sign_in(email).await.get("/me").await.expect(200);
            let places = me.body["memberships"].as_array().expect("memberships").len();
            assert_eq!(places, usize::from(!role.is_empty()), "{email}");
            if places == 1 {
                assert_eq!(
                    (me.at("/memberships/0/organization/name"), me.at("/memberships/0/role")),
                    ("clusters.test", role)
                );
            }
        }
        test.stop().await;
        // PX-13, PX-14: without that setting nobody signs up by themself, and is told what to do.
        let (test, _) = TestApp::house(engine, "pixie-hydra").await;
        let told = test.anybody().post("/sign-up", anywhere("ann@clusters.test")).await;
        told.refused(403, "join.closed");
        let (_, told) = sign_up(&test, "ann@clusters.test").await;
        told.refused(403, "join.closed");
        assert!(told.at("/detail").contains("ask somebody there to invite you"), "{}", told.text);
        test.stop().await;
    }
}
