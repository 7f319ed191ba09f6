//! The tier above organizations: who runs a tenant, what its owners may do below, how its people come
//! into its organizations, and what resets and trails there are above them.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, Person, TestApp, engines};
use serde_json::{Value, json};

const BIG: &str = "/tenants/big";
const LAB: &str = "/organizations/lab";

/// A tenant `big` of the first owner with an organization `lab`; Ann has an account and a handle, and
/// belongs to another organization only.
async fn tenant(engine: guildhall_testkit::Engine) -> (TestApp, Caller, Person) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
    ann.caller.patch("/me", json!({"handle": "ann"})).await.expect(200);
    owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
    let lab = json!({"name": "Lab", "slug": "lab", "preset": "pipes-enterprise", "tenant": "big"});
    owner.post("/organizations", lab).await.expect(201);
    (test, owner, ann)
}

async fn take_in(owner: &mut Caller, body: Value) -> String {
    owner.post(&format!("{BIG}/members"), body).await.expect(201).at("/id").to_owned()
}

#[tokio::test]
async fn tp_22_administrators_make_tenants_and_whoever_makes_one_owns_it() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let shown = owner.get(BIG).await.expect(200);
        assert_eq!((shown.at("/role"), shown.at("/name")), ("owner", "Big"));
        ann.caller.post("/tenants", json!({"name": "Mine"})).await.refused(403, "tenant.create_denied");
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.refused(409, "tenant.slug_taken");
        ann.caller.get(BIG).await.refused(404, "not_found");
        ann.caller.get("/tenants/nowhere").await.refused(404, "not_found");
        let lab = owner.get(LAB).await.expect(200);
        assert_eq!(lab.at("/tenant"), shown.at("/id"));
        assert_eq!(owner.get(&format!("{BIG}/organizations")).await.expect(200).at("/items/0/slug"), "lab");
        assert_eq!(owner.get("/tenants").await.expect(200).count(), 1);
        let theirs = json!({"name": "Theirs", "tenant": "big"});
        ann.caller.post("/organizations", theirs).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_21_a_member_of_the_tenant_has_no_rights_by_that_and_an_owner_has_all_below() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let place = take_in(&mut owner, json!({"handle": "ann"})).await;
        assert_eq!(ann.caller.get(BIG).await.expect(200).at("/role"), "member");
        for path in ["settings", "members", "organizations", "audit-events"] {
            ann.caller.get(&format!("{BIG}/{path}")).await.refused(403, "access.denied");
        }
        ann.caller.patch(BIG, json!({"name": "Mine"})).await.refused(403, "access.denied");
        ann.caller.post(&format!("{BIG}/members"), json!({"handle": "ann"})).await.refused(403, "access.denied");
        ann.caller.post("/organizations", json!({"name": "X", "tenant": "big"})).await.refused(403, "access.denied");
        ann.caller.get(LAB).await.refused(404, "not_found");

        let role = format!("{BIG}/members/{place}");
        owner.patch(&role, json!({"role": "owner"})).await.expect(200);
        ann.caller.get(&format!("{LAB}/members")).await.expect(200);
        ann.caller.patch(LAB, json!({"name": "Laboratory"})).await.expect(200);
        let trail = ann.caller.get(&format!("{LAB}/audit-events?type=organization.renamed")).await.expect(200);
        assert_eq!(trail.at("/items/0/actor/name"), "ann@acme.test");
        ann.caller.post(&format!("{LAB}/leave"), json!({})).await.refused(409, "member.state");
        let listed = ann.caller.get(&format!("{LAB}/members")).await.expect(200);
        assert_eq!(listed.count(), 1, "an owner of the tenant is no member: {}", listed.text);
        // Neither does it reach any organization outside the tenant.
        ann.caller.patch("/organizations/acme", json!({"name": "Mine"})).await.refused(403, "access.denied");

        owner.patch(&role, json!({"role": "member"})).await.expect(200);
        ann.caller.get(LAB).await.refused(404, "not_found");
        owner.delete(&role).await.expect(204);
        ann.caller.get(BIG).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_21_an_owner_of_the_tenant_with_a_low_role_below_has_full_control_there_too() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let place = take_in(&mut owner, json!({"email": "ann@acme.test"})).await;
        owner.post(&format!("{LAB}/members"), json!({"handle": "ann", "role": "member"})).await.expect(201);
        ann.caller.patch(LAB, json!({"name": "Mine"})).await.refused(403, "access.denied");
        owner.patch(&format!("{BIG}/members/{place}"), json!({"role": "owner"})).await.expect(200);
        ann.caller.patch(LAB, json!({"name": "Ours"})).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_9_the_tenants_people_are_added_directly_and_nobody_is_invited() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let path = format!("{LAB}/members");
        let ann_by = json!({"handle": "ann", "role": "member"});
        owner.post(&path, ann_by.clone()).await.refused(422, "member.not_in_tenant");
        owner.post(&path, json!({"handle": "nobody"})).await.refused(422, "member.not_in_tenant");
        take_in(&mut owner, json!({"handle": "@ann"})).await;
        owner.post(&format!("{path}?dry_run=true"), ann_by.clone()).await.expect(200);
        ann.caller.get(LAB).await.refused(404, "not_found");
        let added = owner.post(&path, ann_by.clone()).await.expect(201);
        assert_eq!((added.at("/status"), added.at("/origin"), added.at("/role")), ("active", "direct", "member"));
        ann.caller.get(LAB).await.expect(200);
        owner.post(&path, ann_by).await.refused(409, "member.already");
        ann.caller.post(&path, json!({"handle": "ann"})).await.refused(403, "access.denied");
        owner.post(&path, json!({})).await.refused(422, "request.invalid");

        let invitation = json!({"invitations": [{"email": "new@acme.test"}]});
        owner.post(&format!("{LAB}/invitations"), invitation).await.refused(403, "join.direct_only");
        let elsewhere = json!({"handle": "ann"});
        owner.post("/organizations/acme/members", elsewhere).await.refused(403, "join.not_direct");
        test.stop().await;
    }
}

#[tokio::test]
async fn an_address_counts_for_the_tenant_once_it_is_proved_and_the_last_owner_stays() {
    for engine in engines() {
        let (test, mut owner, _) = tenant(engine).await;
        let bob = take_in(&mut owner, json!({"email": "Bob@acme.test", "role": "owner"})).await;
        let again = json!({"email": "bob@ACME.test"});
        owner.post(&format!("{BIG}/members"), again).await.refused(409, "tenant.member_already");
        // Bob has no account yet, so he is no owner to lean on.
        let people = owner.get(&format!("{BIG}/members")).await.expect(200);
        let mine = format!("{BIG}/members/{}", people.at("/items/0/id"));
        owner.patch(&mine, json!({"role": "member"})).await.refused(409, "tenant.last_owner");
        owner.delete(&mine).await.refused(409, "tenant.last_owner");
        let mut he = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        assert_eq!(he.caller.get(BIG).await.expect(200).at("/role"), "owner");
        owner.patch(&mine, json!({"role": "member"})).await.expect(200);
        let his = format!("{BIG}/members/{bob}");
        he.caller.patch(&his, json!({"role": "member"})).await.refused(409, "tenant.last_owner");
        owner.patch(&his, json!({"role": "member"})).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_23_settings_hold_below_trusted_domains_lives_of_tokens_and_sessions() {
    for engine in engines() {
        let (test, mut owner, ann) = tenant(engine).await;
        let settings = format!("{BIG}/settings");
        let shown = owner.get(&settings).await.expect(200);
        assert_eq!(shown.body["settings"]["personal_workspaces"], json!(false), "TP-25: off for new tenants");
        let wanted = json!({"trusted_domains": ["Acme.test"], "token_max_life_s": 86_400, "session_absolute_s": 3_600});
        let changed = owner.patch(&settings, wanted).await.expect(200);
        assert_eq!(changed.body["settings"]["trusted_domains"], json!(["acme.test"]));
        assert_eq!(changed.body["settings"]["link_sharing"], json!(true), "what is left out stays");
        for bad in [json!({"planets": 1}), json!({"seats": "many"}), json!({"sign_in_methods": ["pigeon"]})] {
            owner.patch(&settings, bad).await.refused(422, "request.invalid");
        }
        let stranger = json!({"email": "eve@other.test"});
        owner.post(&format!("{BIG}/members"), stranger).await.refused(403, "tenant.domain");
        // An organization of the tenant that invites takes no strangers either.
        owner.post("/organizations", json!({"name": "Open", "slug": "open-lab", "tenant": "big"})).await.expect(201);
        let list = json!({"invitations": [{"email": "eve@other.test"}, {"email": "new@acme.test"}], "deliver": "link"});
        let told = owner.post("/organizations/open-lab/invitations", list).await.expect(200);
        assert_eq!((told.at("/invitations/0/code"), told.at("/invitations/1/status")), ("tenant.domain", "created"));

        owner.post("/organizations/open-lab/invite-links", json!({})).await.refused(403, "tenant.domain");
        owner.post(&format!("{LAB}/invite-links"), json!({})).await.refused(403, "join.direct_only");

        take_in(&mut owner, json!({"handle": "ann"})).await;
        owner.post(&format!("{LAB}/members"), json!({"handle": "ann"})).await.expect(201);
        let mut here = test.sign_in(&ann.email).await;
        let long = json!({"name": "t", "organization": "lab"});
        here.post("/me/tokens", long).await.refused(422, "token.life");
        let short = test.app.now().plus_s(3_600).to_string();
        here.post("/me/tokens", json!({"name": "t", "organization": "lab", "expires_at": short})).await.expect(201);
        here.get(LAB).await.expect(200);
        test.clock.advance_s(3_601);
        here.get(LAB).await.refused(401, "auth.invalid");
        here.get("/organizations/acme").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_26_a_threshold_warns_its_owners_and_a_cap_keeps_people_out() {
    for engine in engines() {
        let (test, mut owner, _) = tenant(engine).await;
        owner.patch(&format!("{BIG}/settings"), json!({"seats": 2, "seat_mode": "cap"})).await.expect(200);
        take_in(&mut owner, json!({"email": "one@acme.test"})).await;
        let mails = test.mails_to("owner@acme.test").await;
        assert!(mails.iter().any(|mail| mail.text.contains("100 %")), "{mails:?}");
        let more = json!({"email": "two@acme.test"});
        owner.post(&format!("{BIG}/members"), more.clone()).await.refused(409, "tenant.seats");
        owner.patch(&format!("{BIG}/settings"), json!({"seat_mode": "warn"})).await.expect(200);
        owner.post(&format!("{BIG}/members"), more).await.expect(201);
        let told = owner.get(&format!("{BIG}/settings")).await.expect(200);
        assert_eq!(told.body["people"], json!(3));
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_33_resetting_a_tenant_or_the_installation_ends_what_was_issued_before() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        take_in(&mut owner, json!({"handle": "ann"})).await;
        owner.post(&format!("{LAB}/members"), json!({"handle": "ann"})).await.expect(201);
        let mut asked = test.sign_in("owner@acme.test").await;
        ann.caller.post(&format!("{BIG}/reset-authentication"), json!({})).await.refused(403, "access.denied");
        asked.post(&format!("{BIG}/reset-authentication"), json!({})).await.expect(204);
        for caller in [&mut asked, &mut ann.caller] {
            caller.get(BIG).await.refused(401, "auth.invalid");
            caller.get(LAB).await.refused(401, "auth.invalid");
            caller.get("/organizations/acme").await.expect(200);
        }
        let mut again = test.sign_in(&ann.email).await;
        again.get(LAB).await.expect(200);

        again.post("/instance/reset-authentication", json!({})).await.refused(403, "instance.administrator_required");
        owner.post("/instance/reset-authentication", json!({})).await.expect(204);
        for caller in [&mut asked, &mut again] {
            caller.get("/me").await.refused(401, "auth.required");
        }
        owner.get("/me").await.refused(401, "auth.invalid");
        let body = json!({"email": "owner@acme.test", "password": PASSWORD});
        test.anybody().post("/session", body).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_36_a_tenant_has_a_trail_and_everybody_their_own_acts() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let place = take_in(&mut owner, json!({"handle": "ann"})).await;
        owner.patch(&format!("{BIG}/members/{place}"), json!({"role": "owner"})).await.expect(200);
        owner.patch(BIG, json!({"name": "Bigger"})).await.expect(200);
        let trail = owner.get(&format!("{BIG}/audit-events")).await.expect(200);
        let kinds: Vec<&str> =
            trail.body["items"].as_array().expect("items").iter().filter_map(|e| e["type"].as_str()).collect();
        let wanted = ["tenant.renamed", "tenant.member_role_changed", "tenant.member_added", "tenant.created"];
        assert_eq!(kinds, wanted);
        assert_eq!(trail.at("/items/2/target/name"), "@ann");
        let one = owner.get(&format!("{BIG}/audit-events?type=tenant.renamed&limit=1")).await.expect(200);
        assert_eq!((one.count(), one.body["next"].clone()), (1, Value::Null));

        ann.caller.patch("/me", json!({"name": "Ann Lee"})).await.expect(200);
        let acts = test.all(&mut ann.caller, "/me/audit-events").await;
        let mine: Vec<&str> = acts.iter().filter_map(|e| e["type"].as_str()).collect();
        assert_eq!(mine[0], "identity.edited");
        assert!(acts.iter().all(|e| e["actor"]["name"] == "ann@acme.test"), "{acts:?}");
        let page = owner.get("/me/audit-events?limit=2").await.expect(200);
        assert_eq!(page.count(), 2);
        let next = owner.get(&format!("/me/audit-events?limit=2&after={}", page.at("/next"))).await.expect(200);
        assert!(next.at("/items/0/at") <= page.at("/items/1/at"), "{} {}", page.text, next.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_19_organizations_and_people_share_one_space_of_short_names() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        ann.caller.patch("/me", json!({"handle": "lab"})).await.refused(409, "handle.taken");
        owner.post("/organizations", json!({"name": "A", "slug": "ann"})).await.refused(409, "organization.slug_taken");
        owner.patch(LAB, json!({"slug": "ann"})).await.refused(409, "organization.slug_taken");
        let made = owner.post("/organizations", json!({"name": "Ann"})).await.expect(201);
        assert_eq!(made.at("/slug"), "ann-2");
        test.stop().await;
    }
}

#[tokio::test]
async fn nobody_is_added_directly_whose_address_the_organization_does_not_take() {
    for engine in engines() {
        let (test, mut owner, _ann) = tenant(engine).await;
        take_in(&mut owner, json!({"handle": "ann"})).await;
        owner.patch(&format!("{LAB}/policy"), json!({"domain.exclusive": ["lab.test"]})).await.expect(200);
        owner.post(&format!("{LAB}/members"), json!({"handle": "ann"})).await.refused(403, "join.domain");
        owner.patch(&format!("{LAB}/policy"), json!({"domain.exclusive": ["acme.test"]})).await.expect(200);
        owner.post(&format!("{LAB}/members"), json!({"handle": "ann"})).await.expect(201);
        test.stop().await;
    }
}
