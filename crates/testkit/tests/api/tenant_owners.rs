//! Owners of a tenant in its organizations, where they stand without a membership or above the one they have; and what
//! a tenant means for organizations that come later or are somebody's own.

use guildhall_testkit::{Caller, Engine, Person, TestApp, engines};
use serde_json::{Value, json};

const BIG: &str = "/tenants/big";
const LAB: &str = "/organizations/lab";

/// A tenant `big` of the first owner with an organization `lab`; Ann owns the tenant too and works elsewhere.
async fn tenant(engine: Engine) -> (TestApp, Caller, Person) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    let ann = test.join(&mut owner, "acme", "ann@acme.test", "guest").await;
    owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
    owner.post("/organizations", json!({"name": "Lab", "slug": "lab", "tenant": "big"})).await.expect(201);
    (test, owner, ann)
}

async fn raise(owner: &mut Caller, role: &str) -> String {
    let ann = json!({"email": "ann@acme.test", "role": role});
    format!("{BIG}/members/{}", owner.post(&format!("{BIG}/members"), ann).await.expect(201).at("/id"))
}

/// Ann joins the lab as its guest; her membership.
async fn enter_as_guest(owner: &mut Caller, ann: &mut Person) -> String {
    let invited = json!({"invitations": [{"email": "ann@acme.test", "role": "guest"}], "deliver": "link"});
    let link = owner.post(&format!("{LAB}/invitations"), invited).await.expect(200);
    let secret = link.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned();
    let came = ann.caller.post("/invitations/accept", json!({"token": secret})).await.expect(200);
    came.at("/membership/id").to_owned()
}

async fn user_id(caller: &mut Caller) -> String {
    caller.get("/me").await.expect(200).at("/identity/id").to_owned()
}

/// Whether each of these may do a thing in the lab, as the first owner is told, one by one and in a batch.
async fn told(owner: &mut Caller, subjects: &[&str]) -> Vec<Value> {
    let ask = |subject: &&str| json!({"subject": subject, "permission": "organization.update"});
    let checks: Vec<Value> = subjects.iter().map(ask).collect();
    let batch = owner.post(&format!("{LAB}/check/batch"), json!({"checks": checks.clone()})).await.expect(200);
    let all: Vec<Value> =
        batch.body["results"].as_array().expect("results").iter().map(|one| one["allowed"].clone()).collect();
    for (check, said) in checks.into_iter().zip(&all) {
        let one = owner.post(&format!("{LAB}/check"), check).await.expect(200);
        assert_eq!(one.body["allowed"], *said, "{}", one.text);
    }
    all
}

#[tokio::test]
async fn tp_21_a_product_is_told_what_an_owner_of_the_tenant_may_do_however_it_names_them() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let id = user_id(&mut ann.caller).await;
        let above = id.replace("usr_", "mem_");
        let names = [id.as_str(), "ann@acme.test", above.as_str()];
        assert_eq!(told(&mut owner, &names).await, [false; 3], "a stranger");
        let place = raise(&mut owner, "owner").await;
        assert_eq!(told(&mut owner, &names).await, [true; 3]);
        let mine = json!({"subject": id, "permission": "organization.update"});
        assert_eq!(ann.caller.post(&format!("{LAB}/check"), mine).await.expect(200).body["allowed"], json!(true));
        let actions = owner.post(&format!("{LAB}/access/actions"), json!({"subject": id})).await.expect(200);
        assert!(actions.text.contains("organization.delete"), "{}", actions.text);
        // As somebody who is shown a credential of theirs is told.
        let token = ann.caller.post("/me/tokens", json!({"name": "t", "organization": "lab"})).await.expect(201);
        let shown = json!({"token": token.at("/token"), "organization": "lab"});
        let shown = owner.post("/introspect", shown).await.expect(200);
        assert_eq!((shown.at("/membership"), shown.at("/role")), (above.as_str(), "owner"));

        owner.patch(&place, json!({"role": "member"})).await.expect(200);
        assert_eq!(told(&mut owner, &names).await, [false; 3], "a member of the tenant");
        owner.patch(&place, json!({"role": "owner"})).await.expect(200);
        assert_eq!(told(&mut owner, &names).await, [true; 3]);
        owner.delete(&place).await.expect(204);
        assert_eq!(told(&mut owner, &names).await, [false; 3]);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_21_checks_of_an_owner_of_the_tenant_with_a_low_role_tell_of_full_control_and_follow_the_address() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        let member = enter_as_guest(&mut owner, &mut ann).await;
        let id = user_id(&mut ann.caller).await;
        let names = [id.as_str(), "ann@acme.test", member.as_str()];
        assert_eq!(told(&mut owner, &names).await, [false; 3], "a guest");
        raise(&mut owner, "owner").await;
        assert_eq!(told(&mut owner, &names).await, [true; 3]);
        // What leaving takes is what the membership gives.
        let plan = ann.caller.post(&format!("{LAB}/leave?dry_run=true"), json!({})).await.expect(200);
        let lost = plan.body["access_lost"][0]["permissions"].as_array().cloned().unwrap_or_default();
        assert!(!lost.is_empty() && !lost.contains(&json!("organization.update")), "{}", plan.text);
        // The place is theirs, whatever address they take.
        ann.caller.patch("/me", json!({"email": "ann@other.test"})).await.expect(200);
        let proof = test.mails_to("ann@other.test").await.last().expect("a mail").secret("/email/verify/");
        ann.caller.post("/email/verify", json!({"token": proof})).await.expect(204);
        assert_eq!(told(&mut owner, &[&id, &member, "ann@other.test"]).await, [true; 3]);
        assert_eq!(told(&mut owner, &["ann@acme.test"]).await, [false]);
        test.stop().await;
    }
}

/// Both lists of who reaches something in the lab, page by page of one: names and what each is told to have.
async fn reaching(owner: &mut Caller, resource: &str) -> [Vec<(String, String)>; 2] {
    let (mut subjects, mut people) = (Vec::new(), Vec::new());
    let told = |item: &Value, what: &str| (item["identity"]["email"].to_string(), item[what].to_string());
    let ask =
        |after: &Value| json!({"permission": "workspace.manage", "resource": resource, "limit": 1, "after": after});
    let mut after = Value::Null;
    loop {
        let page = owner.post(&format!("{LAB}/access/subjects"), ask(&after)).await.expect(200);
        subjects.extend(page.body["items"].as_array().expect("items").iter().map(|item| told(item, "role")));
        after = page.body["next"].clone();
        if after.is_null() {
            break;
        }
    }
    let mut next = String::new();
    loop {
        let page = owner.get(&format!("{LAB}/resources/{resource}/people?limit=1{next}")).await.expect(200);
        people.extend(page.body["items"].as_array().expect("items").iter().map(|item| told(item, "member")));
        match page.body["next"].as_str() {
            Some(after) => next = format!("&after={after}"),
            None => return [subjects, people],
        }
    }
}

#[tokio::test]
async fn tp_21_owners_of_the_tenant_are_among_those_who_reach_what_is_there() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        for (name, role) in [("a.member@acme.test", "admin"), ("z.member@acme.test", "guest")] {
            test.join(&mut owner, "lab", name, role).await;
        }
        let made = owner.post(&format!("{LAB}/resources"), json!({"type": "workspace", "name": "W"})).await.expect(201);
        let resource = made.at("/id").to_owned();
        let names = |list: &[(String, String)]| list.iter().filter(|one| one.0.contains("ann@")).count();
        let [subjects, people] = reaching(&mut owner, &resource).await;
        assert_eq!((subjects.len(), people.len(), names(&subjects)), (2, 2, 0), "{subjects:?} {people:?}");

        raise(&mut owner, "owner").await;
        let above = user_id(&mut ann.caller).await.replace("usr_", "mem_");
        let [subjects, people] = reaching(&mut owner, &resource).await;
        assert_eq!((subjects.len(), people.len()), (3, 3), "{subjects:?} {people:?}");
        assert!(subjects.contains(&(r#""ann@acme.test""#.to_owned(), r#""owner""#.to_owned())), "{subjects:?}");
        assert!(people.contains(&(r#""ann@acme.test""#.to_owned(), format!("\"{above}\""))), "{people:?}");
        let mut sorted = people.clone();
        sorted.sort();
        assert_eq!(people, sorted, "by name");

        // With a membership of their own they are listed once, as what they are.
        let member = enter_as_guest(&mut owner, &mut ann).await;
        let [subjects, people] = reaching(&mut owner, &resource).await;
        assert_eq!((subjects.len(), people.len()), (3, 3), "{subjects:?} {people:?}");
        assert!(subjects.contains(&(r#""ann@acme.test""#.to_owned(), r#""owner""#.to_owned())), "{subjects:?}");
        assert!(people.contains(&(r#""ann@acme.test""#.to_owned(), format!("\"{member}\""))), "{people:?}");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_an_owner_of_the_tenant_makes_without_a_membership_is_the_organizations() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        raise(&mut owner, "owner").await;
        let made = json!({"type": "workspace", "name": "W"});
        let made = ann.caller.post(&format!("{LAB}/resources"), made).await.expect(201);
        assert_eq!(made.body["owner"], Value::Null);
        let account = ann.caller.post(&format!("{LAB}/service-accounts"), json!({"name": "bot"})).await.expect(201);
        assert_eq!(account.body["owner"], Value::Null);
        // A link lives by its maker's membership; there is none.
        let links = format!("{LAB}/resources/{}/share-links", made.at("/id"));
        ann.caller.post(&links, json!({"role": "viewer"})).await.refused(409, "member.state");
        owner.post(&links, json!({"role": "viewer"})).await.expect(201);
        // A token lives while they stand so, and the organization takes it back.
        let token = ann.caller.post("/me/tokens", json!({"name": "t", "organization": "lab"})).await.expect(201);
        let mut with = test.with_token(token.at("/token"));
        with.get(LAB).await.expect(200);
        let one = format!("{LAB}/tokens/{}", token.at("/id"));
        owner.get(&format!("{one}/value")).await.refused(404, "not_found");
        owner.delete(&one).await.expect(204);
        with.get(LAB).await.refused(401, "auth.invalid");
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_33_what_a_reset_of_the_tenant_ended_opens_no_organization_made_after_it() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        raise(&mut owner, "owner").await;
        ann.caller.get(LAB).await.expect(200);
        let mut asked = test.sign_in("owner@acme.test").await;
        asked.post(&format!("{BIG}/reset-authentication"), json!({})).await.expect(204);
        test.clock.advance_s(60);
        let mut again = test.sign_in("owner@acme.test").await;
        again.post("/organizations", json!({"name": "New", "slug": "new", "tenant": "big"})).await.expect(201);
        for here in [LAB, "/organizations/new"] {
            ann.caller.get(here).await.refused(401, "auth.invalid");
        }
        test.sign_in("ann@acme.test").await.get("/organizations/new").await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_20_an_organization_of_ones_own_stays_that_under_another_preset() {
    for engine in engines() {
        let (test, mut owner, mut ann) = tenant(engine).await;
        raise(&mut owner, "member").await;
        owner.patch(&format!("{BIG}/settings"), json!({"personal_workspaces": true})).await.expect(200);
        let own = json!({"name": "Own", "slug": "own", "tenant": "big", "personal": true});
        ann.caller.post("/organizations", own).await.expect(201);
        let list = json!({"invitations": [{"email": "bob@acme.test"}]});
        ann.caller.post("/organizations/own/invitations", list.clone()).await.refused(403, "organization.personal");
        let other = json!({"preset": "pipes-team", "roles": {"owner": "owner"}});
        ann.caller.post("/organizations/own/preset", other).await.expect(200);
        ann.caller.post("/organizations/own/invitations", list).await.refused(403, "organization.personal");
        let second = json!({"name": "Second", "personal": true});
        ann.caller.post("/organizations", second).await.refused(409, "organization.personal_taken");
        test.stop().await;
    }
}
