//! Turbot Pipes' lines on people, plans, personal accounts and the tenant's switches.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, Engine, Person, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const MEMBERS: &str = "/organizations/acme/members";
const BIG: &str = "/tenants/big";
const LAB: &str = "/organizations/lab";

/// An installation with the tenant `big`, its organization `lab`, and Ann, a member of both.
async fn tenant(engine: Engine) -> (TestApp, Caller, Person) {
    let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
    let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
    ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
    owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
    let lab = json!({"name": "Lab", "slug": "lab", "preset": "pipes-enterprise", "tenant": "big"});
    owner.post("/organizations", lab).await.expect(201);
    owner.post(&format!("{BIG}/members"), json!({"handle": "ann"})).await.expect(201);
    owner.post(&format!("{LAB}/members"), json!({"handle": "ann"})).await.expect(201);
    (test, owner, ann)
}

async fn set(owner: &mut Caller, settings: Value) {
    owner.patch(&format!("{BIG}/settings"), settings).await.expect(200);
}

#[tokio::test]
async fn tp_6_a_member_is_invited_or_in_and_says_role_maker_activity_and_version() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let waiting = test.invite(&mut owner, "acme", "bob@acme.test", "owner").await;
        let me = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        let both = owner.get(MEMBERS).await.expect(200);
        let stati: Vec<&str> =
            both.body["items"].as_array().expect("items").iter().filter_map(|m| m["status"].as_str()).collect();
        assert!(stati.contains(&"active") && stati.contains(&"invited"), "{stati:?}");
        let bob = owner.get(&format!("{MEMBERS}/{}", waiting.member)).await.expect(200);
        assert_eq!((bob.at("/status"), bob.at("/role"), bob.at("/created_by")), ("invited", "owner", me.as_str()));
        assert!(bob.body["last_active_at"].is_null() && bob.body["joined_at"].is_null());
        ann.caller.get(ORG).await.expect(200);
        test.app.write_marks().await.expect("writes");
        let ann = owner.get(&format!("{MEMBERS}/{}", ann.member)).await.expect(200);
        assert_eq!((ann.at("/status"), ann.at("/created_by")), ("active", me.as_str()));
        assert!(!ann.at("/last_active_at").is_empty() && !ann.at("/joined_at").is_empty());
        assert_eq!(ann.header("etag"), format!("\"{}\"", ann.body["revision"]));
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_7_the_eight_operations_on_people_and_invitations() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        // Invite, and confirm by the token alone, signed in nowhere.
        let invited = test.invite(&mut owner, "acme", "bob@acme.test", "member").await;
        let body = json!({"token": invited.secret, "name": "Bob", "password": PASSWORD});
        let came = test.anybody().post("/invitations/accept", body).await.expect(200);
        assert_eq!(came.at("/membership/id"), invited.member);
        // Invite, and take it back.
        let second = test.invite(&mut owner, "acme", "cid@acme.test", "member").await;
        owner.delete(&format!("{ORG}/invitations/{}", second.id)).await.expect(204);
        let body = json!({"token": second.secret, "name": "Cid", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.refused(410, "invitation.cancelled");
        // List, get, change the role, delete.
        assert_eq!(owner.get(MEMBERS).await.expect(200).count(), 3);
        let bob = format!("{MEMBERS}/{}", invited.member);
        assert_eq!(owner.get(&bob).await.expect(200).at("/role"), "member");
        assert_eq!(owner.patch(&bob, json!({"role": "owner"})).await.expect(200).at("/role"), "owner");
        owner.delete(&bob).await.expect(204);
        owner.get(&bob).await.refused(404, "not_found");
        // Add directly, where the plan has it: at once in.
        let here = ann.caller.get(LAB).await.expect(200);
        assert_eq!(here.at("/slug"), "lab");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_11_only_owners_administer_people_and_the_last_owner_stays() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let bob = format!("{MEMBERS}/{}", bob.member);
        let asked = json!({"invitations": [{"email": "x@acme.test"}]});
        ann.caller.post(&format!("{ORG}/invitations"), asked).await.refused(403, "access.denied");
        ann.caller.patch(&bob, json!({"role": "owner"})).await.refused(403, "access.denied");
        ann.caller.delete(&bob).await.refused(403, "access.denied");
        let me = owner.get("/me").await.expect(200).at("/memberships/0/membership/id").to_owned();
        let me = format!("{MEMBERS}/{me}");
        owner.patch(&me, json!({"role": "member"})).await.refused(409, "member.last_owner");
        owner.delete(&me).await.refused(409, "member.last_owner");
        owner.post(&format!("{ORG}/leave"), json!({})).await.refused(409, "member.last_owner");
        owner.patch(&bob, json!({"role": "owner"})).await.expect(200);
        owner.patch(&me, json!({"role": "member"})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_12_groups_are_there_and_are_the_owners_to_control() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let groups = format!("{ORG}/groups");
        let team = owner.post(&groups, json!({"name": "Team"})).await.expect(201).at("/id").to_owned();
        owner.send("PUT", &format!("{groups}/{team}/members/{}", ann.member), None, &[]).await.expect(204);
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let given = json!({"subject": {"type": "group", "id": team}, "role": "reader"});
        owner.post(&format!("{ORG}/resources/workspace:w/grants"), given).await.expect(201);
        ann.caller.get(&format!("{ORG}/resources/workspace:w")).await.expect(200);
        ann.caller.post(&groups, json!({"name": "Mine"})).await.refused(403, "access.denied");
        ann.caller.delete(&format!("{groups}/{team}")).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_18_each_list_of_people_tells_the_last_activity() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{LAB}/resources"), made).await.expect(201);
        let listed = owner.get(&format!("{LAB}/members?query=ann")).await.expect(200);
        let member = listed.at("/items/0/id").to_owned();
        let given = json!({"subject": {"type": "member", "id": member}, "role": "reader"});
        owner.post(&format!("{LAB}/resources/workspace:w/grants"), given).await.expect(201);
        let lists = [format!("{LAB}/members"), format!("{LAB}/resources/workspace:w/people"), format!("{BIG}/members")];
        let named = |one: &Value| one.to_string().contains("ann");
        for list in &lists {
            let all = test.all(&mut owner, list).await;
            let one = all.iter().find(|one| named(one)).expect("Ann");
            assert!(one["last_active_at"].is_null(), "{list}: {one}");
        }
        ann.caller.get(LAB).await.expect(200);
        test.app.write_marks().await.expect("writes");
        for list in &lists {
            let all = test.all(&mut owner, list).await;
            let one = all.iter().find(|one| named(one)).expect("Ann");
            assert!(one["last_active_at"].is_string(), "{list}: {one}");
        }
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_20_each_person_has_an_account_of_their_own_whose_workspaces_are_not_shared() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let by = &mut ann.caller;
        let own = json!({"name": "Ann", "slug": "ann", "preset": "pipes-team", "personal": true});
        by.post("/organizations", own.clone()).await.expect(201);
        by.post("/organizations", own).await.refused(409, "organization.personal_taken");
        let policy = by.get("/organizations/ann/policy").await.expect(200);
        assert!(policy.text.contains("organization.personal"), "{}", policy.text);
        // What is in it is hers, by every door.
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        by.post("/organizations/ann/resources", made).await.expect(201);
        let asked = json!({"invitations": [{"email": "bob@acme.test"}]});
        by.post("/organizations/ann/invitations", asked).await.refused(403, "organization.personal");
        by.post("/organizations/ann/invite-links", json!({})).await.refused(403, "organization.personal");
        let given = json!({"subject": {"type": "everyone"}, "role": "reader"});
        by.post("/organizations/ann/resources/workspace:w/grants", given).await.refused(403, "organization.personal");
        let link = json!({"role": "reader"});
        by.post("/organizations/ann/resources/workspace:w/share-links", link)
            .await
            .refused(403, "organization.personal");
        bob.caller.clone().get("/organizations/ann").await.refused(404, "not_found");
        // Nobody turns that off, and one that is not personal shares.
        by.patch("/organizations/ann/policy", json!({"organization.personal": false}))
            .await
            .refused(403, "policy.closed");
        let asked = json!({"invitations": [{"email": "new@acme.test"}], "deliver": "link"});
        owner.post(&format!("{ORG}/invitations"), asked).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_25_the_tenants_switches_hold_in_its_organizations_at_once() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let shown = owner.get(&format!("{BIG}/settings")).await.expect(200);
        assert_eq!(shown.body["settings"]["personal_workspaces"], json!(false), "new tenants: off");
        assert_eq!(shown.body["settings"]["database_endpoint"], json!(true), "on");
        // Workspaces of one's own.
        let own = json!({"name": "Ann", "preset": "pipes-enterprise", "tenant": "big", "personal": true});
        ann.caller.post("/organizations", own.clone()).await.refused(403, "tenant.personal_off");
        let outside = json!({"name": "Ann", "preset": "pipes-team", "personal": true});
        ann.caller.post("/organizations", outside).await.refused(403, "tenant.personal_off");
        set(&mut owner, json!({"personal_workspaces": true})).await;
        let made = ann.caller.post("/organizations", own).await.expect(201);
        let hers = format!("/organizations/{}", made.at("/slug"));
        ann.caller.get(&hers).await.expect(200);
        set(&mut owner, json!({"personal_workspaces": false})).await;
        ann.caller.get(&hers).await.refused(403, "tenant.personal_off");
        set(&mut owner, json!({"personal_workspaces": true})).await;
        ann.caller.get(&hers).await.expect(200);
        // The database endpoint is for the product to ask.
        let (_, secret) = (0, owner.post("/me/tokens", json!({"name": "p", "organization": "lab"})).await.expect(201));
        let asked = json!({"token": secret.at("/token"), "organization": "lab"});
        let told = owner.post("/introspect", asked.clone()).await.expect(200);
        assert_eq!(told.body["database_endpoint"], json!(true), "{}", told.text);
        set(&mut owner, json!({"database_endpoint": false})).await;
        assert_eq!(owner.post("/introspect", asked).await.expect(200).body["database_endpoint"], json!(false));
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_29_where_the_tenant_forbids_links_none_is_made_and_those_before_stop_working() {
    for engine in engines() {
        let (test, mut owner, _) = tenant(engine).await;
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{LAB}/resources"), made).await.expect(201);
        let snapshot = json!({"type": "snapshot", "name": "S", "external_id": "s", "parent": "workspace:w"});
        owner.post(&format!("{LAB}/resources"), snapshot).await.expect(201);
        let links = format!("{LAB}/resources/snapshot:s/share-links");
        let link = owner.post(&links, json!({"permission": "snapshot.read"})).await.expect(201);
        let mut holder = test.with_token(link.at("/token"));
        let asked = json!({"permission": "snapshot.read", "resource": "snapshot:s"});
        assert_eq!(holder.post(&format!("{LAB}/check"), asked.clone()).await.expect(200).body["allowed"], json!(true));
        set(&mut owner, json!({"link_sharing": false})).await;
        holder.post(&format!("{LAB}/check"), asked.clone()).await.refused(401, "auth.invalid");
        owner.post(&links, json!({"permission": "snapshot.read"})).await.refused(403, "share_link.not_allowed");
        set(&mut owner, json!({"link_sharing": true})).await;
        holder.post(&format!("{LAB}/check"), asked).await.expect(200);
        test.stop().await;
    }
}

// TP-23
#[tokio::test]
async fn tp_23_ways_of_signing_in_that_are_off_open_nothing_of_the_tenant() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let wanted = json!({"sign_in_methods": ["oidc"]});
        // Nobody came in that way, so nobody could any more.
        owner.patch(&format!("{BIG}/settings"), wanted.clone()).await.refused(409, "tenant.locks_out");
        let mut here = test.sign_in("owner@acme.test").await;
        here.patch(&format!("{BIG}/settings"), wanted).await.refused(409, "tenant.locks_out");
        here.patch(&format!("{BIG}/settings"), json!({"sign_in_methods": ["password"]})).await.expect(200);
        ann.caller.get(LAB).await.expect(200);
        let settings =
            guildhall_domain::tenant::Settings { sign_in_methods: vec!["oidc".to_owned()], ..Default::default() };
        assert_eq!(settings.guard_method("password").map_err(|no| no.code.name()), Err("auth.method"));
        assert!(settings.guard_method("oidc").is_ok());
        test.stop().await;
    }
}

// TP-23, TP-31
#[tokio::test]
async fn the_tenants_trusted_domains_and_lives_bind_every_door_and_every_token() {
    for engine in engines() {
        let (test, mut owner, _) = tenant(engine).await;
        // An organization of the tenant that people join by link and by signing up.
        let open = json!({"name": "Open", "slug": "open", "preset": "standard", "tenant": "big"});
        owner.post("/organizations", open).await.expect(201);
        let knobs = json!({"invite_link.offered": true, "signup.open": true, "signup.verified_email": false});
        owner.patch("/organizations/open/policy", knobs).await.expect(200);
        let link = owner.post("/organizations/open/invite-links", json!({})).await.expect(201).at("/token").to_owned();
        set(&mut owner, json!({"trusted_domains": ["acme.test"], "token_max_life_s": 86_400})).await;
        let stranger = json!({"email": "eve@other.test", "name": "Eve", "password": PASSWORD, "organization": "open"});
        test.anybody().post("/sign-up", stranger).await.refused(403, "join.domain");
        let body = json!({"token": link, "email": "eve@other.test", "name": "Eve", "password": PASSWORD});
        test.anybody().post("/invitations/accept", body).await.refused(403, "join.domain");
        let bot = owner.post("/organizations/open/service-accounts", json!({"name": "bot"})).await.expect(201);
        let tokens = format!("/organizations/open/service-accounts/{}/tokens", bot.at("/id"));
        owner.post(&tokens, json!({})).await.refused(422, "token.life");
        let soon = test.app.now().plus_s(3_600).to_string();
        owner.post(&tokens, json!({"expires_at": soon})).await.expect(201);
        // What the tenant lays over it is not the organization's own: it goes with the tenant's word.
        owner.patch("/organizations/open/policy", json!({"session.idle_s": 7_200})).await.expect(200);
        set(&mut owner, json!({"trusted_domains": [], "token_max_life_s": null})).await;
        owner.post(&tokens, json!({})).await.expect(201);
        test.deliver().await;
        test.stop().await;
    }
}

// ON-25
#[tokio::test]
async fn adding_directly_takes_a_seat_and_a_full_house_takes_nobody() {
    for engine in engines() {
        let (test, mut owner, _) = tenant(engine).await;
        owner.patch(&format!("{LAB}/policy"), json!({"seats.max": 2, "seats.mode": "cap"})).await.expect(200);
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        bob.caller.patch("/me", json!({"handle": "bob"})).await.expect(200);
        owner.post(&format!("{BIG}/members"), json!({"handle": "bob"})).await.expect(201);
        owner.post(&format!("{LAB}/members"), json!({"handle": "bob"})).await.refused(402, "seats.full");
        owner.patch(&format!("{LAB}/policy"), json!({"seats.max": 3})).await.expect(200);
        owner.post(&format!("{LAB}/members"), json!({"handle": "bob"})).await.expect(201);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_32_sessions_live_thirty_days_and_another_timeout_is_for_new_ones() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let policy = owner.get(&format!("{ORG}/policy")).await.expect(200);
        assert!(policy.text.contains("\"session.absolute_s\""), "{}", policy.text);
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        for _ in 0..29 {
            test.clock.advance_s(86_400);
            ann.caller.get(ORG).await.expect(200);
        }
        test.clock.advance_s(86_400 + 60);
        assert_eq!(ann.caller.get(ORG).await.status, 401);
        let mut again = test.sign_in("ann@acme.test").await;
        again.get(ORG).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_37_changes_take_the_version_they_were_made_of() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "pipes-team").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let things = [
            (format!("{MEMBERS}/{}", ann.member), json!({"role": "owner"}), json!({"role": "member"})),
            (ORG.to_owned(), json!({"name": "One"}), json!({"name": "Two"})),
            (format!("{ORG}/policy"), json!({"session.absolute_s": 3_600}), json!({"session.absolute_s": 7_200})),
            (format!("{ORG}/resources/workspace:w"), json!({"name": "One"}), json!({"name": "Two"})),
        ];
        for (path, first, second) in things {
            let version = owner.get(&path).await.expect(200).header("etag").to_owned();
            let seen = [("if-match", version.as_str())];
            owner.send("PATCH", &path, Some(&first), &seen).await.expect(200);
            owner.send("PATCH", &path, Some(&second), &seen).await.refused(412, "etag.stale");
            let version = owner.get(&path).await.expect(200).header("etag").to_owned();
            owner.send("PATCH", &path, Some(&second), &[("if-match", version.as_str())]).await.expect(200);
        }
        test.stop().await;
    }
}
