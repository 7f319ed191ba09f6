//! What is kept in memory: it spares the database, it is bounded, and it is not answered from while
//! somebody else may write.

use std::sync::Arc;
use std::time::Duration;

use guildhall_server::app::FreshIds;
use guildhall_server::security::secret::SeededEntropy;
use guildhall_store::{Database, Store, StoreError};
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::wire::Wire;
use guildhall_testkit::{Caller, Engine, TestApp, engines};
use serde_json::{Value, json};

async fn may(caller: &mut Caller, organization: &str, subject: &str) -> Value {
    let body = json!({"subject": subject, "permission": "member.list"});
    caller.post(&format!("/organizations/{organization}/check"), body).await.expect(200).body["allowed"].clone()
}

/// Asks until it costs no statement. The first time things are loaded, and jobs run statements of
/// their own beside, but no question may cost one each time.
async fn spares(test: &TestApp, mut round: impl AsyncFnMut()) {
    for _ in 0..10 {
        let before = test.app.store.statements();
        round().await;
        if test.app.store.statements() == before {
            return;
        }
    }
    panic!("each round costs statements");
}

#[tokio::test]
async fn a_known_credential_and_a_known_organization_cost_no_statement() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut browser = test.sign_in("ann@acme.test").await;
        let (cookie, value) = browser.cookie().and_then(|pair| pair.split_once('=')).expect("a cookie");
        assert_eq!(cookie, test.app.config.cookie_name());
        let shown = json!({"token": value, "organization": "acme"});
        let space = json!({"type": "workspace", "name": "Space", "external_id": "w1"});
        owner.post("/organizations/acme/resources", space).await.expect(201);
        let check = |subject: &str, explain: bool| {
            let resource = "workspace:w1";
            json!({"subject": subject, "permission": "workspace.read", "resource": resource, "explain": explain})
        };
        let checks: Vec<Value> = [&ann.member, &ann.user, &ann.email, "nobody@acme.test", "usr_nobody"]
            .iter()
            .flat_map(|subject| [check(subject, false), check(subject, true)])
            .collect();
        spares(&test, async || {
            browser.get("/me").await.expect(200);
            browser.get("/session").await.expect(200);
            owner.get("/me").await.expect(200);
            for one in &checks {
                owner.post("/organizations/acme/check", one.clone()).await.expect(200);
            }
            owner.post("/organizations/acme/check/batch", json!({"checks": checks})).await.expect(200);
            let known = owner.post("/introspect", shown.clone()).await.expect(200);
            assert_eq!(known.body["active"], true, "{}", known.text);
        })
        .await;
        test.stop().await;
    }
}

#[tokio::test]
async fn groups_programs_and_proxies_cost_no_statement_either() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let team = owner.post("/organizations/acme/groups", json!({"name": "Team"})).await.expect(201);
        let gives = json!({"permissions": ["audit.read"]});
        owner.patch(&format!("/organizations/acme/groups/{}", team.at("/id")), gives).await.expect(200);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let seat = format!("/organizations/acme/groups/{}/members/{}", team.at("/id"), ann.member);
        owner.send("PUT", &seat, Some(&json!({"manager": false})), &[]).await.expect(204);
        let accounts = "/organizations/acme/service-accounts";
        let bot = owner.post(accounts, json!({"name": "bot", "role": "member"})).await.expect(201);
        let token =
            owner.post(&format!("{accounts}/{}/tokens", bot.at("/id")), json!({"name": "ci"})).await.expect(201);
        let mut bot_caller = test.with_token(token.at("/token"));
        let of_ann = json!({"subject": ann.member, "permission": "audit.read"});
        let of_bot = json!({"subject": bot.at("/id"), "permission": "member.list"});
        let shown = json!({"token": token.at("/token"), "organization": "acme"});
        spares(&test, async || {
            for asked in [&of_ann, &of_bot] {
                let answer = owner.post("/organizations/acme/check", asked.clone()).await.expect(200);
                assert_eq!(answer.body["allowed"], true, "{asked}");
            }
            bot_caller.get("/me").await.expect(200);
            let own = json!({"permission": "member.list"});
            assert_eq!(bot_caller.post("/organizations/acme/check", own).await.expect(200).body["allowed"], true);
            let own = json!({"permission": "audit.read"});
            assert_eq!(ann.caller.post("/organizations/acme/check", own).await.expect(200).body["allowed"], true);
            assert_eq!(owner.post("/introspect", shown.clone()).await.expect(200).body["kind"], "service_token");
        })
        .await;
        // From the very next request on.
        owner.send("DELETE", &seat, None, &[]).await.expect(204);
        let own = json!({"permission": "audit.read"});
        assert_eq!(ann.caller.post("/organizations/acme/check", own).await.expect(200).body["allowed"], false);
        owner
            .send("DELETE", &format!("{accounts}/{}", bot.at("/id")), Some(&json!({"confirm": "bot"})), &[])
            .await
            .expect(204);
        bot_caller.get("/me").await.refused(401, "auth.invalid");
        assert_eq!(owner.post("/organizations/acme/check", of_bot).await.expect(200).body["allowed"], false);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_share_link_answers_from_memory_until_it_or_its_maker_ends() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "admin").await;
        let resources = "/organizations/acme/resources";
        for name in ["w1", "w2"] {
            let space = json!({"type": "workspace", "name": "Space", "external_id": name});
            ann.caller.post(resources, space).await.expect(201);
        }
        let mut links = Vec::new();
        for space in ["w1", "w1", "w2"] {
            let path = format!("{resources}/workspace:{space}/share-links");
            links.push(ann.caller.post(&path, json!({"role": "viewer"})).await.expect(201));
        }
        let asked = |space: &str| json!({"permission": "workspace.read", "resource": format!("workspace:{space}")});
        let mut holders: Vec<Caller> = links.iter().map(|link| test.with_token(link.at("/token"))).collect();
        spares(&test, async || {
            for (holder, allowed) in holders.iter_mut().zip([true, true, false]) {
                let answer = holder.post("/organizations/acme/check", asked("w1")).await.expect(200);
                assert_eq!(answer.body["allowed"], allowed);
            }
        })
        .await;

        let one = format!("{resources}/workspace:w1/share-links/{}", links[0].at("/id"));
        owner.send("DELETE", &one, None, &[]).await.expect(204);
        holders[0].post("/organizations/acme/check", asked("w1")).await.refused(401, "auth.invalid");
        holders[1].post("/organizations/acme/check", asked("w1")).await.expect(200);
        owner.send("DELETE", &format!("{resources}/workspace:w2"), None, &[]).await.expect(204);
        holders[2].post("/organizations/acme/check", asked("w2")).await.refused(401, "auth.invalid");
        owner.post(&format!("/organizations/acme/members/{}/deactivate", ann.member), json!({})).await.expect(200);
        holders[1].post("/organizations/acme/check", asked("w1")).await.refused(401, "auth.invalid");
        owner.post(&format!("/organizations/acme/members/{}/reactivate", ann.member), json!({})).await.expect(200);
        holders[1].post("/organizations/acme/check", asked("w1")).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_owner_of_the_tenant_is_one_from_memory_until_they_are_not() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
        let lab = json!({"name": "Lab", "slug": "lab", "tenant": "big"});
        owner.post("/organizations", lab).await.expect(201);
        let here = "/organizations/lab/check";
        let asked = json!({"permission": "organization.delete", "explain": true});
        ann.caller.post(here, asked.clone()).await.refused(404, "not_found");
        let of_ann = json!({"email": "ann@acme.test", "role": "owner"});
        let place = owner.post("/tenants/big/members", of_ann).await.expect(201);
        spares(&test, async || {
            assert_eq!(ann.caller.post(here, asked.clone()).await.expect(200).body["allowed"], true);
        })
        .await;
        owner.send("DELETE", &format!("/tenants/big/members/{}", place.at("/id")), None, &[]).await.expect(204);
        ann.caller.post(here, asked).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn many_organizations_of_which_few_are_hot_take_bounded_memory() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |config| config.memory.rights_mib = 1).await;
        let owner = test.init("standard").await;
        let mut owner = test.with_token(&owner.token);
        let me = owner.get("/me").await.expect(200).at("/identity/id").to_owned();
        let most = 1 << 20;
        for n in 0..140 {
            let slug = format!("house-{n}");
            owner.post("/organizations", json!({"name": "House", "slug": slug})).await.expect(201);
            assert_eq!(may(&mut owner, &slug, &me).await, true);
            assert_eq!(may(&mut owner, "house-0", &me).await, true);
        }
        let (bytes, many) = test.app.memory().expect("alone").rights.size();
        assert!(bytes <= most && (5..140).contains(&many), "{engine:?}: {bytes} bytes for {many}");
        let here = |slug: &str| {
            let memory = test.app.memory().expect("alone");
            let head = test.app.recall_head(slug).expect("known");
            memory.rights.now(head.organization.id).is_some()
        };
        assert!(here("house-0"), "what is hot stays");
        assert!(!here("house-1"), "what is cold has left");
        assert_eq!(may(&mut owner, "house-1", &me).await, true, "and is read again");
        assert!(here("house-1"));
        test.stop().await;
    }
}

#[tokio::test]
async fn what_memory_does_not_follow_is_read_again() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        assert_eq!(may(&mut owner, "acme", &ann.member).await, true);
        // The index has no arm for a change of rules, and memory none for the end of an organization.
        let policy = json!({"leave.allowed_for": ["guest"]});
        let leave = json!({"subject": ann.member, "permission": "member.leave"});
        let allowed = owner.post("/organizations/acme/check", leave.clone()).await.expect(200);
        assert_eq!(allowed.body["allowed"], true);
        owner.patch("/organizations/acme/policy", policy).await.expect(200);
        let refused = owner.post("/organizations/acme/check", leave).await.expect(200);
        assert_eq!(refused.body["allowed"], false);
        assert!(refused.body["revision"].as_u64() > allowed.body["revision"].as_u64());

        let (mut bound, _) = test.mint(&mut owner, "acme", None).await;
        bound.get("/me").await.expect(200);
        let end = json!({"confirm": "acme"});
        owner.send("DELETE", "/organizations/acme", Some(&end), &[]).await.expect(204);
        bound.get("/me").await.refused(401, "auth.invalid");
        owner
            .post("/organizations/acme/check", json!({"subject": "x", "permission": "y"}))
            .await
            .refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn an_address_is_somebodys_from_the_moment_it_is_proved() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await.caller;
        assert_eq!(may(&mut owner, "acme", "ann@acme.test").await, true);
        assert_eq!(may(&mut owner, "acme", "lee@acme.test").await, false);
        ann.patch("/me", json!({"email": "lee@acme.test"})).await.expect(200);
        assert_eq!(may(&mut owner, "acme", "lee@acme.test").await, false, "asked for, not proved");
        let token = test.mails_to("lee@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        test.anybody().post("/email/verify", json!({"token": token})).await.expect(204);
        assert_eq!(may(&mut owner, "acme", "lee@acme.test").await, true);
        assert_eq!(may(&mut owner, "acme", "ann@acme.test").await, false);
        assert_eq!(ann.get("/me").await.expect(200).at("/identity/email"), "lee@acme.test");
        test.stop().await;
    }
}

#[tokio::test]
async fn one_process_at_a_time_uses_a_database() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let wire = Wire::to_test_server().await;
    let test = TestApp::start_through(&wire).await;
    let owner = test.init("standard").await;
    let mut owner = test.with_token(&owner.token);
    owner.get("/me").await.expect(200);
    let Database::Postgres { url, .. } = test.database() else { panic!("a PostgreSQL database") };
    let database = Database::Postgres { url: url.clone(), connections: 1 };
    let open = move || {
        let ids = Arc::new(FreshIds(Arc::new(SeededEntropy::new(1))));
        Store::open(&database, ids).map(drop)
    };
    let second = tokio::task::spawn_blocking(open.clone()).await.expect("ends");
    assert!(matches!(second, Err(StoreError::Taken)), "{second:?}");

    // Without its lock the process answers nothing from memory, and takes the lock again.
    wire.cut();
    while test.app.memory().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    owner.get("/me").await.refused(503, "server.store_unavailable");
    wire.mend();
    while test.app.memory().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut again = owner.get("/me").await;
    while again.status == 503 {
        again = owner.get("/me").await;
    }
    spares(&test, async || drop(owner.get("/me").await.expect(200))).await;
    let body = json!({"email": "owner@acme.test", "password": PASSWORD});
    test.anybody().post("/session", body).await.expect(200);
    test.stop().await;
}
