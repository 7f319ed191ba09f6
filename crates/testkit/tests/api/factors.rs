//! Second factors: authenticator apps, backup codes, what a policy asks, and help for those who lost theirs.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, authenticator, engines};
use serde_json::{Value, json};

const MEMBERS: &str = "/organizations/acme/members";
const POLICY: &str = "/organizations/acme/policy";
const STEP_S: i64 = 30;

/// Somebody's authenticator app.
pub struct App {
    secret: String,
}

impl App {
    /// Sets one up, and answers with the backup codes.
    pub async fn set_up(test: &TestApp, caller: &mut Caller) -> (Self, Vec<String>) {
        let begun = caller.send("POST", "/me/factors/totp", None, &[]).await.expect(201);
        let app = Self { secret: begun.at("/secret").to_owned() };
        let done = caller.post("/me/factors/totp/confirm", json!({"code": app.code(test)})).await.expect(200);
        test.clock.advance_s(STEP_S);
        let codes = done.body["backup_codes"].as_array().cloned().unwrap_or_default();
        (app, codes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    pub fn code(&self, test: &TestApp) -> String {
        authenticator::code(&self.secret, test.app.now().micros() / 1_000_000)
    }
}

fn body(email: &str, otp: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "otp": otp})
}

async fn sign_in(test: &TestApp, email: &str, otp: &str) -> Caller {
    let mut caller = test.anybody();
    caller.post("/session", body(email, otp)).await.expect(200);
    caller
}

#[tokio::test]
async fn pl_33_an_app_is_set_up_asked_for_and_its_codes_count_once() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        let begun = owner.post("/me/factors/totp", json!({"name": "Phone"})).await.expect(201);
        assert!(begun.at("/uri").starts_with("otpauth://totp/Guildhall%20127.0.0.1:owner%40acme.test?secret="));
        assert!(begun.at("/uri").contains(begun.at("/secret")));
        let mut listed = owner.get("/me/factors").await.expect(200);
        assert_eq!((listed.count(), &listed.body["items"][0]["confirmed"]), (1, &json!(false)));
        assert!(!listed.text.contains(begun.at("/secret")));
        // Not in force: nobody is asked for it.
        test.sign_in("owner@acme.test").await;
        owner.post("/me/factors/totp/confirm", json!({"code": "000000"})).await.refused(403, "factor.code_wrong");
        let app = App { secret: begun.at("/secret").to_owned() };
        let code = app.code(&test);
        let done = owner.post("/me/factors/totp/confirm", json!({"code": code})).await.expect(200);
        assert_eq!(done.body["backup_codes"].as_array().map(Vec::len), Some(10));
        listed = owner.get("/me/factors").await.expect(200);
        assert_eq!((listed.at("/items/0/type"), &listed.body["backup_codes_left"]), ("totp", &json!(10)));
        owner.send("POST", "/me/factors/totp", None, &[]).await.refused(409, "factor.already");
        // The code is told to be missing only to whoever has the password.
        let mut browser = test.anybody();
        let plain = json!({"email": "owner@acme.test", "password": PASSWORD});
        let needed = browser.post("/session", plain).await;
        needed.refused(401, "factor.needed");
        assert_eq!(needed.body["methods"], json!(["totp", "backup_code"]));
        let wrong = json!({"email": "owner@acme.test", "password": "wrong password", "otp": code});
        browser.post("/session", wrong).await.refused(401, "auth.wrong_credentials");
        assert!(browser.cookie().is_none());
        // The step that confirmed is spent; the next one counts once.
        browser.post("/session", body("owner@acme.test", &code)).await.refused(401, "auth.wrong_code");
        test.clock.advance_s(STEP_S);
        let next = app.code(&test);
        browser.post("/session", body("owner@acme.test", &next)).await.expect(200);
        test.anybody().post("/session", body("owner@acme.test", &next)).await.refused(401, "auth.wrong_code");
        let trail = browser.get("/me/audit-events").await.expect(200).text;
        assert!(trail.contains("factor.added"), "{trail}");
        // Removed, and the password is enough again; the codes are gone with it.
        let id = listed.at("/items/0/id").to_owned();
        browser.patch(&format!("/me/factors/{id}"), json!({"name": "Old phone"})).await.expect(200);
        browser.delete(&format!("/me/factors/{id}")).await.expect(204);
        assert_eq!(browser.get("/me/factors").await.expect(200).body["backup_codes_left"], 0);
        test.sign_in("owner@acme.test").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_33_backup_codes_work_once_each_and_new_ones_end_the_old() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        owner.send("POST", "/me/factors/backup-codes", None, &[]).await.refused(409, "factor.none");
        let (_, codes) = App::set_up(&test, &mut owner).await;
        let typed = codes[0].to_uppercase().replace('-', " ");
        sign_in(&test, "owner@acme.test", &typed).await;
        test.anybody().post("/session", body("owner@acme.test", &codes[0])).await.refused(401, "auth.wrong_code");
        let mut owner = sign_in(&test, "owner@acme.test", &codes[1]).await;
        assert_eq!(owner.get("/me/factors").await.expect(200).body["backup_codes_left"], 8);
        let preview = owner.send("POST", "/me/factors/backup-codes?dry_run=true", None, &[]).await.expect(200);
        assert!(preview.text.contains("factor.codes_made"));
        let made = owner.send("POST", "/me/factors/backup-codes", None, &[]).await.expect(200);
        test.anybody().post("/session", body("owner@acme.test", &codes[2])).await.refused(401, "auth.wrong_code");
        sign_in(&test, "owner@acme.test", made.at("/backup_codes/9")).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn factors_are_changed_by_whoever_proved_themself_lately_and_by_no_token() {
    for engine in engines() {
        let (test, mut token) = TestApp::house(engine, "standard").await;
        token.send("POST", "/me/factors/totp", None, &[]).await.refused(403, "factor.session_required");
        token.post("/session/step-up", json!({"password": PASSWORD})).await.refused(403, "factor.session_required");
        let mut owner = test.sign_in("owner@acme.test").await;
        let (app, codes) = App::set_up(&test, &mut owner).await;
        let id = owner.get("/me/factors").await.expect(200).at("/items/0/id").to_owned();
        test.clock.advance_s(3_600);
        owner.delete(&format!("/me/factors/{id}")).await.refused(403, "proof.stale");
        owner.post("/session/step-up", json!({"password": "wrong password"})).await.refused(403, "password.wrong");
        owner.post("/session/step-up", json!({"otp": "000000"})).await.refused(403, "factor.code_wrong");
        owner.post("/session/step-up", json!({})).await.refused(422, "request.invalid");
        owner.post("/session/step-up", json!({"otp": app.code(&test)})).await.expect(204);
        owner.delete(&format!("/me/factors/{id}")).await.expect(204);
        // Lost the phone: a backup code signs in, and what is lost goes.
        let (_, fresh) = App::set_up(&test, &mut owner).await;
        assert_ne!(codes, fresh);
        let mut back = sign_in(&test, "owner@acme.test", &fresh[0]).await;
        let id = back.get("/me/factors").await.expect(200).at("/items/0/id").to_owned();
        back.delete(&format!("/me/factors/{id}")).await.expect(204);
        test.sign_in("owner@acme.test").await;
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_33_a_policy_asks_administrators_or_everybody_after_a_time_of_grace() {
    for engine in engines() {
        let (test, mut token) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut token, "acme", "ann@acme.test", "admin").await.caller;
        let mut bob = test.join(&mut token, "acme", "bob@acme.test", "member").await.caller;
        // Off: nobody is asked.
        ann.get(MEMBERS).await.expect(200);
        let knobs = json!({"mfa.required": "administrators", "mfa.grace_s": 3600});
        let preview = token.patch(&format!("{POLICY}?dry_run=true"), knobs.clone()).await.expect(200);
        let without: Vec<&Value> =
            preview.body["without_factor"].as_array().expect("people").iter().map(|p| &p["email"]).collect();
        assert_eq!(without, [&json!("owner@acme.test"), &json!("ann@acme.test")]);
        token.patch(POLICY, knobs).await.expect(200);
        // During grace one is told.
        ann.get(MEMBERS).await.expect(200);
        let told = ann.get("/me").await.expect(200);
        assert!(told.at("/memberships/0/factor_due_at").starts_with("20"), "{}", told.text);
        assert!(bob.get("/me").await.expect(200).body["memberships"][0]["factor_due_at"].is_null());
        test.clock.advance_s(3_601);
        ann.get(MEMBERS).await.refused(403, "factor.required");
        ann.post("/organizations/acme/invitations", json!({"invitations": [{"email": "x@x.test"}]}))
            .await
            .refused(403, "factor.required");
        bob.get(MEMBERS).await.expect(200);
        // Tokens are not asked.
        token.get(MEMBERS).await.expect(200);
        // Setting one up counts as using it.
        ann.get("/me/factors").await.expect(200);
        ann.post("/session/step-up", json!({"password": PASSWORD})).await.expect(204);
        let (app, _) = App::set_up(&test, &mut ann).await;
        ann.get(MEMBERS).await.expect(200);
        assert!(ann.get("/me").await.expect(200).body["memberships"][0]["factor_due_at"].is_null());
        sign_in(&test, "ann@acme.test", &app.code(&test)).await.get(MEMBERS).await.expect(200);
        // Everybody: the time of grace begins anew, and for whoever comes later when they come.
        token.patch(POLICY, json!({"mfa.required": "all"})).await.expect(200);
        bob.get(MEMBERS).await.expect(200);
        test.clock.advance_s(3_601);
        bob.get(MEMBERS).await.refused(403, "factor.required");
        let mut cy = test.join(&mut token, "acme", "cy@acme.test", "member").await.caller;
        cy.get(MEMBERS).await.expect(200);
        token.patch(POLICY, json!({"mfa.required": "off"})).await.expect(200);
        bob.get(MEMBERS).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn pl_33_an_administrator_resets_lost_factors_of_those_below() {
    for engine in engines() {
        let (test, mut token) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut token, "acme", "ann@acme.test", "admin").await;
        let mut bob = test.join(&mut token, "acme", "bob@acme.test", "member").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        let at = |member: &str| format!("{MEMBERS}/{member}/reset-factors");
        App::set_up(&test, &mut bob.caller).await;
        let whole = owner.get(MEMBERS).await.expect(200);
        let of = |email: &str| {
            let people = whole.body["items"].as_array().expect("people");
            let one = people.iter().find(|p| p["identity"]["email"] == email).expect("somebody");
            one["id"].as_str().expect("an id").to_owned()
        };
        bob.caller.send("POST", &at(&ann.member), None, &[]).await.refused(403, "access.denied");
        let top = at(&of("owner@acme.test"));
        ann.caller.send("POST", &top, None, &[]).await.refused(403, "member.top_role_required");
        let mut other = bob.caller.clone();
        ann.caller.send("POST", &at(&bob.member), None, &[]).await.expect(204);
        other.get("/me").await.refused(401, "auth.required");
        let mut back = test.sign_in("bob@acme.test").await;
        assert_eq!(back.get("/me/factors").await.expect(200).count(), 0);
        bob.caller = back;
        let trail = ann.caller.get("/organizations/acme/audit-events?type=member.factors_reset").await.expect(200);
        assert_eq!((trail.count(), trail.at("/items/0/target/name")), (1, "bob@acme.test"));
        // Whoever belongs elsewhere too: their factors guard that as well.
        test.found(&mut token, "beta", "standard").await;
        test.join_too(&mut token, "beta", &mut bob, "member").await;
        ann.caller.send("POST", &at(&bob.member), None, &[]).await.refused(409, "factor.elsewhere");
        owner.send("POST", &at(&bob.member), None, &[]).await.expect(204);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_41_an_administrator_sends_the_link_for_a_new_password_which_works_a_day() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "onyx").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "basic").await;
        let at = format!("{MEMBERS}/{}/send-password-reset", ann.member);
        ann.caller.send("POST", &at, None, &[]).await.refused(403, "access.denied");
        for (wait_s, status) in [(86_401, 410), (86_300, 204)] {
            owner.send("POST", &at, None, &[]).await.expect(204);
            let secret = test.mails_to("ann@acme.test").await.pop().expect("a mail").secret("/password/reset/");
            test.clock.advance_s(wait_s);
            let new = json!({"token": secret, "password": "a better password"});
            test.anybody().post("/password/reset", new).await.expect(status);
        }
        let new = json!({"email": "ann@acme.test", "password": "a better password"});
        test.anybody().post("/session", new).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_link_for_a_new_password_goes_to_a_proved_address_alone_and_the_trail_tells_of_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        owner.send("POST", &format!("{MEMBERS}/{}/send-password-reset", ann.member), None, &[]).await.expect(204);
        let told = owner.get("/organizations/acme/audit-events?type=member.password_link_sent").await.expect(200);
        assert_eq!((told.count(), told.at("/items/0/target/name")), (1, "ann@acme.test"));
        // Whoever came by a link for anybody has an address that may be somebody else's.
        let link = owner.post("/organizations/acme/invite-links", json!({})).await.expect(201);
        let secret = link.at("/link").rsplit('/').next().unwrap_or_default().to_owned();
        let new = json!({"token": secret, "email": "bob@acme.test", "name": "Bob", "password": PASSWORD});
        let came = test.anybody().post("/invitations/accept", new).await.expect(200);
        let at = format!("{MEMBERS}/{}/send-password-reset", came.at("/membership/id"));
        owner.send("POST", &at, None, &[]).await.refused(409, "member.unreachable");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn wrong_codes_wait_longer_and_longer_and_lock_no_known_browser_out() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        let (app, _) = App::set_up(&test, &mut owner).await;
        let mut guesser = test.anybody();
        let mut waits = Vec::new();
        for _ in 0..9 {
            let answer = guesser.post("/session", body("owner@acme.test", "000000")).await;
            if answer.status == 429 {
                let wait: i64 = answer.header("retry-after").parse().expect("seconds");
                waits.push(wait);
                test.clock.advance_s(wait);
            } else {
                answer.refused(401, "auth.wrong_code");
            }
        }
        assert_eq!(waits, [1, 2], "{waits:?}");
        test.clock.advance_s(60);
        sign_in(&test, "owner@acme.test", &app.code(&test)).await;
        test.stop().await;
    }
}

#[tokio::test]
async fn a_recent_proof_is_asked_for_where_the_policy_says_so_and_never_of_tokens() {
    for engine in engines() {
        let (test, mut token) = TestApp::house(engine, "standard").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        let made = token.post("/organizations/acme/service-accounts", json!({"name": "bot"})).await.expect(201);
        let keys = format!("/organizations/acme/service-accounts/{}/tokens", made.at("/id"));
        let export = "/organizations/acme/audit-events/export?format=csv";
        token.patch(POLICY, json!({"scim.offered": true})).await.expect(200);
        let mint = json!({"name": "t", "organization": "acme"});
        test.clock.advance_s(301);
        // `null`: signing in is enough.
        owner.post("/me/tokens", mint.clone()).await.expect(201);
        owner.patch(POLICY, json!({"session.step_up_s": 300})).await.expect(200);
        for ask in [true, false] {
            let told = [
                owner.post("/me/tokens", mint.clone()).await,
                owner.post(&keys, json!({})).await,
                owner.post("/organizations/acme/scim-tokens", json!({"name": "directory"})).await,
                owner.patch(POLICY, json!({"self.demote": !ask})).await,
                owner.get(export).await,
            ];
            for answer in told {
                if ask {
                    answer.refused(403, "proof.stale");
                } else {
                    assert!(answer.status < 300, "{}", answer.text);
                }
            }
            owner.get(MEMBERS).await.expect(200);
            owner.post("/session/step-up", json!({"password": PASSWORD})).await.expect(204);
        }
        test.clock.advance_s(301);
        owner.post("/me/tokens", mint.clone()).await.refused(403, "proof.stale");
        token.post("/me/tokens", mint).await.expect(201);
        token.post(&keys, json!({})).await.expect(201);
        token.get(export).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_stranger_locks_nobody_out_of_a_browser_that_signed_in_before() {
    for engine in engines() {
        let (test, _) = TestApp::house(engine, "standard").await;
        let right = json!({"email": "owner@acme.test", "password": PASSWORD});
        let first = test.anybody().post("/session", right.clone()).await.expect(200);
        let cookies: Vec<&str> =
            first.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok()?.split(';').next()).collect();
        let device = *cookies.iter().find(|line| line.starts_with("guildhall_session_device=")).expect("a cookie");
        // Somebody at the same address guesses until the door is shut for everybody there.
        let wrong = json!({"email": "owner@acme.test", "password": "wrong password"});
        let mut last = 0;
        for _ in 0..70 {
            last = test.anybody().post("/session", wrong.clone()).await.status;
        }
        assert_eq!(last, 429);
        test.anybody().post("/session", right.clone()).await.refused(429, "rate.limited");
        let known = test.anybody().send("POST", "/session", Some(&right), &[("cookie", device)]).await;
        assert_eq!(known.status, 200, "{}", known.text);
        // A forged cookie, and one of another account, are no help.
        for cookie in ["guildhall_session_device=x.y", &device.replace('.', "x.")] {
            let answer = test.anybody().send("POST", "/session", Some(&right), &[("cookie", cookie)]).await;
            answer.refused(429, "rate.limited");
        }
        test.stop().await;
    }
}
