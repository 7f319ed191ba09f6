//! What groups give to whoever is in them and to whoever runs them, on a preset that has groups of its own.

use guildhall_domain::preset::BUILT_IN;
use guildhall_testkit::{Caller, Engine, Person, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const GROUPS: &str = "/organizations/acme/groups";

/// `standard` with managers of groups and a group for everybody.
fn preset(policy: &str) -> String {
    let text = BUILT_IN.iter().find(|(file, _)| *file == "standard.toml").expect("built in").1;
    let roles = r#"
[[role]]
slug = "curator"
name = "Curator"
description = "Runs some groups."
floor = ["organization.read", "member.list", "member.leave", "role.list", "group.list", "group.manage_own", "workspace.create"]
below = []

[[role]]
slug = "global_curator"
name = "Global curator"
description = "Runs the groups they are in."
floor = ["organization.read", "member.list", "member.leave", "role.list", "group.list", "group.manage_own", "workspace.create"]
below = []
manages = "groups_they_are_in"

[[group]]
slug = "everybody"
name = "Everybody"
permissions = ["access.check"]
default = true
reserved = true

[[permission]]
name = "workspace.attach"
label = "Attach a workspace elsewhere"

[[permission]]
name = "workspace.use"
label = "Use what is in a workspace without seeing it"

[[permission]]
name = "workspace.publish"
label = "Give a workspace to everyone"
"#;
    let managed = "plural = \"Workspaces\"\nowner = [\"workspace.*\", \"!workspace.attach\", \"!workspace.publish\"]\ngroup_manager = [\"workspace.read\", \"workspace.edit\", \"workspace.share\"]\n";
    let policy = format!("[policy]\n{policy}group.manager_role = \"curator\"\ngroup.manager_role_lost = \"member\"\n");
    text.replace("plural = \"Workspaces\"\n", managed).replace("[policy]\n", &policy) + roles
}

async fn house(engine: Engine, policy: &str) -> (TestApp, Caller) {
    let (test, mut owner) = TestApp::house(engine, "standard").await;
    owner.post(&format!("{ORG}/preset"), json!({"text": preset(policy)})).await.expect(200);
    (test, owner)
}

async fn group(by: &mut Caller, name: &str) -> String {
    by.post(GROUPS, json!({"name": name})).await.expect(201).at("/id").to_owned()
}

async fn seat(by: &mut Caller, group: &str, who: &Person, manager: bool) -> guildhall_testkit::Answer {
    let path = format!("{GROUPS}/{group}/members/{}", who.member);
    by.send("PUT", &path, Some(&json!({"manager": manager})), &[]).await
}

async fn role_of(by: &mut Caller, who: &Person) -> String {
    by.get(&format!("{ORG}/members/{}", who.member)).await.expect(200).at("/role").to_owned()
}

async fn everybody(by: &mut Caller) -> Value {
    let all = by.get(GROUPS).await.expect(200);
    all.body["items"].as_array().into_iter().flatten().find(|g| g["name"] == "Everybody").cloned().expect("it is there")
}

#[tokio::test]
async fn on_32_a_group_gives_permissions_that_add_to_its_members_rights_here_and_below() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let auditors = group(&mut owner, "Auditors").await;
        let gives = json!({"permissions": ["audit.read", "project.read"]});
        owner.patch(&format!("{GROUPS}/{auditors}"), gives).await.expect(200);
        ann.caller.get(&format!("{ORG}/audit-events")).await.refused(403, "access.denied");
        seat(&mut owner, &auditors, &ann, false).await.expect(204);
        ann.caller.get(&format!("{ORG}/audit-events")).await.expect(200);
        let made = json!({"type": "project", "name": "P", "external_id": "p"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        ann.caller.get(&format!("{ORG}/resources/project:p")).await.expect(200);
        let asked = json!({"subject": ann.member, "permission": "audit.read", "explain": true});
        let told = owner.post(&format!("{ORG}/check"), asked).await.expect(200);
        assert_eq!(told.body["reasons"][1]["whence"], json!({"type": "group", "id": auditors}), "{}", told.text);
        let people = owner.get(&format!("{ORG}/resources/project:p/people")).await.expect(200);
        assert!(people.text.contains(&auditors), "{}", people.text);

        // Only who may decide what groups give does, and only about what they have.
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await;
        let more = json!({"permissions": ["policy.update"]});
        admin.caller.patch(&format!("{GROUPS}/{auditors}"), more.clone()).await.refused(403, "group.grants_above_own");
        ann.caller.patch(&format!("{GROUPS}/{auditors}"), more.clone()).await.refused(403, "access.denied");
        owner
            .patch(&format!("{GROUPS}/{auditors}"), json!({"permissions": ["no.such"]}))
            .await
            .refused(422, "permission.unknown");
        owner.patch(&format!("{GROUPS}/{auditors}"), more).await.expect(200);
        // ON-34: nobody adds members to a group that gives what they lack.
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        seat(&mut admin.caller, &auditors, &bob, false).await.refused(403, "group.grants_above_own");
        ann.caller.get(&format!("{ORG}/audit-events")).await.refused(403, "access.denied");
        let event = owner.get(&format!("{ORG}/audit-events?type=group.permissions_changed")).await.expect(200);
        assert_eq!(event.at("/items/0/after/permissions/0"), "policy.update");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_34_whoever_joins_enters_the_default_group_which_stays_as_it_is() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "group.required = true\n").await;
        let default = everybody(&mut owner).await;
        assert_eq!((&default["default"], &default["reserved"]), (&json!(true), &json!(true)));
        let id = default["id"].as_str().expect("an id").to_owned();
        let path = format!("{GROUPS}/{id}");
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mine = owner.get(&format!("{ORG}/members/{}", ann.member)).await.expect(200);
        assert_eq!(mine.at("/groups/0/name"), "Everybody");
        assert!(test.allowed(&mut ann.caller, "acme", &ann.member, "access.check").await);

        owner.patch(&path, json!({"name": "All"})).await.refused(409, "group.reserved");
        owner.delete(&path).await.refused(409, "group.reserved");
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let given = json!({"subject": {"type": "group", "id": id}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/workspace:w/grants"), given).await.refused(409, "group.reserved");

        // "No removal that leaves a standard user in no group": ON-32, a person in no group has nothing.
        let ann_there = format!("{path}/members/{}", ann.member);
        owner.delete(&ann_there).await.refused(409, "group.last_group");
        let other = group(&mut owner, "Other").await;
        seat(&mut owner, &other, &ann, false).await.expect(204);
        owner.delete(&ann_there).await.expect(204);
        owner.delete(&format!("{GROUPS}/{other}")).await.refused(409, "group.last_group");
        // ON-24: who is switched on again is back in the default groups.
        let member = format!("{ORG}/members/{}", ann.member);
        owner.post(&format!("{member}/deactivate"), json!({})).await.expect(200);
        let back = owner.post(&format!("{member}/reactivate"), json!({})).await.expect(200);
        assert_eq!(back.body["groups"].as_array().map(Vec::len), Some(2), "{}", back.text);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_32_where_everybody_must_be_in_a_group_who_is_in_none_has_nothing() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        ann.caller.get(&format!("{ORG}/members")).await.expect(200);
        let text = preset("group.required = true\n").replace("default = true\n", "");
        owner.post(&format!("{ORG}/preset"), json!({"text": text})).await.expect(200);
        ann.caller.get(&format!("{ORG}/members")).await.refused(403, "access.denied");
        let asked = json!({"subject": ann.member, "permission": "member.list", "explain": true});
        let told = owner.post(&format!("{ORG}/check"), asked).await.expect(200);
        let last = told.body["reasons"].as_array().and_then(|all| all.last().cloned()).unwrap_or_default();
        assert_eq!(last["knob"], json!("group.required"), "{}", told.text);
        // The top role is exempt: somebody must be able to put people into groups.
        let team = group(&mut owner, "Team").await;
        seat(&mut owner, &team, &ann, false).await.expect(204);
        ann.caller.get(&format!("{ORG}/members")).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_18_the_first_managed_group_makes_a_curator_and_the_last_one_lost_makes_none() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "member").await;
        let global = test.join(&mut owner, "acme", "gil@acme.test", "global_curator").await;
        let (one, two) = (group(&mut owner, "One").await, group(&mut owner, "Two").await);
        seat(&mut owner, &one, &ann, true).await.expect(204);
        assert_eq!(role_of(&mut owner, &ann).await, "curator");
        seat(&mut owner, &two, &ann, true).await.expect(204);
        seat(&mut owner, &one, &ann, false).await.expect(204);
        assert_eq!(role_of(&mut owner, &ann).await, "curator");
        // A curator of a group names another one there, and nowhere else.
        seat(&mut ann.caller, &two, &bob, true).await.expect(204);
        assert_eq!(role_of(&mut owner, &bob).await, "curator");
        seat(&mut ann.caller, &one, &bob, true).await.refused(403, "access.denied");
        owner.delete(&format!("{GROUPS}/{two}/members/{}", ann.member)).await.expect(204);
        assert_eq!(role_of(&mut owner, &ann).await, "member");
        // Whose role runs groups already, or stands above, is no group's curator.
        seat(&mut owner, &one, &global, true).await.refused(409, "group.manager_role");
        // A group that ends takes the role of those who managed no other.
        owner.delete(&format!("{GROUPS}/{two}")).await.expect(204);
        assert_eq!(role_of(&mut owner, &bob).await, "member");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_14_curator_is_chosen_with_the_groups_and_on_17_another_role_ends_it_everywhere() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let (one, two) = (group(&mut owner, "One").await, group(&mut owner, "Two").await);
        let path = format!("{ORG}/members/{}", ann.member);
        owner.patch(&path, json!({"role": "curator"})).await.refused(422, "group.groups_needed");
        owner.patch(&path, json!({"role": "member", "groups": [one]})).await.refused(422, "request.invalid");
        let chosen = json!({"role": "curator", "groups": [one, two]});
        let done = owner.patch(&path, chosen).await.expect(200);
        let managed = |answer: &guildhall_testkit::Answer| {
            let groups = answer.body["groups"].as_array().cloned().unwrap_or_default();
            groups.iter().filter(|g| g["manager"] == json!(true)).count()
        };
        assert_eq!((done.at("/role"), managed(&done)), ("curator", 2));
        let preview = owner.patch(&format!("{path}?dry_run=true"), json!({"role": "admin"})).await.expect(200);
        assert!(preview.text.contains("group.manager_changed"), "{}", preview.text);
        let done = owner.patch(&path, json!({"role": "admin"})).await.expect(200);
        assert_eq!((done.at("/role"), managed(&done)), ("admin", 0));
        test.stop().await;
    }
}

#[tokio::test]
async fn on_19_managers_edit_and_share_what_is_shared_with_their_groups_only_and_make_nothing_public() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut gil = test.join(&mut owner, "acme", "gil@acme.test", "global_curator").await;
        let bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        let (one, two) = (group(&mut owner, "One").await, group(&mut owner, "Two").await);
        seat(&mut owner, &one, &ann, true).await.expect(204);
        seat(&mut owner, &one, &gil, false).await.expect(204);
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let (w, grants) = (format!("{ORG}/resources/workspace:w"), format!("{ORG}/resources/workspace:w/grants"));
        ann.caller.get(&w).await.refused(404, "not_found");
        let to = |group: &str| json!({"subject": {"type": "group", "id": group}, "role": "viewer"});
        owner.post(&grants, to(&one)).await.expect(201);
        // ON-33 by the flag, ON-15 by the role for all groups they are in.
        ann.caller.patch(&w, json!({"name": "By a curator"})).await.expect(200);
        gil.caller.patch(&w, json!({"name": "By a global curator"})).await.expect(200);
        let asked =
            json!({"subject": ann.member, "permission": "workspace.share", "resource": "workspace:w", "explain": true});
        let told = owner.post(&format!("{ORG}/check"), asked).await.expect(200);
        assert_eq!(told.body["reasons"][1]["whence"]["type"], json!("group_manager"), "{}", told.text);
        let person = json!({"subject": {"type": "member", "id": bob.member}, "role": "viewer"});
        ann.caller.post(&grants, person).await.expect(201);
        // Not to a group of others, and not to everyone.
        ann.caller.post(&grants, to(&two)).await.refused(409, "grant.too_wide");
        let everyone = json!({"subject": {"type": "everyone"}, "role": "viewer"});
        ann.caller.post(&grants, everyone.clone()).await.refused(403, "access.denied");
        let shared = owner.post(&grants, to(&two)).await.expect(201);
        ann.caller.patch(&w, json!({"name": "No more"})).await.refused(403, "access.denied");
        owner.delete(&format!("{ORG}/grants/{}", shared.at("/id"))).await.expect(204);
        // Nor does the owner of a private one make it public without the right to publish.
        let mine = json!({"type": "workspace", "name": "Mine", "external_id": "m"});
        ann.caller.post(&format!("{ORG}/resources"), mine).await.expect(201);
        let there = format!("{ORG}/resources/workspace:m/grants");
        ann.caller.post(&there, everyone.clone()).await.refused(403, "access.denied");
        owner.post(&there, everyone).await.expect(201);
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_27_attaching_is_a_right_of_its_own_and_pl_18_use_shows_nothing() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let mut ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let mut bob = test.join(&mut owner, "acme", "bob@acme.test", "guest").await;
        let made = json!({"type": "workspace", "name": "W", "external_id": "w"});
        ann.caller.post(&format!("{ORG}/resources"), made).await.expect(201);
        let may = async |by: &mut Caller, who: &str, permission: &str| {
            let body = json!({"subject": who, "permission": permission, "resource": "workspace:w"});
            by.post(&format!("{ORG}/check"), body).await.expect(200).body["allowed"] == json!(true)
        };
        // TP-15: full administration by owning, except attaching; that is the organization's owners'.
        assert!(may(&mut owner, &ann.member, "workspace.share").await);
        assert!(!may(&mut owner, &ann.member, "workspace.attach").await);
        let grants = format!("{ORG}/resources/workspace:w/grants");
        let subject = json!({"type": "member", "id": bob.member});
        let attach = json!({"subject": subject, "permission": "workspace.attach"});
        ann.caller.post(&grants, attach.clone()).await.refused(403, "grant.above_own");
        owner.post(&grants, attach).await.expect(201);
        owner.post(&grants, json!({"subject": subject, "permission": "workspace.use"})).await.expect(201);
        assert!(may(&mut owner, &bob.member, "workspace.attach").await);
        // PL-18: may use what it may not see.
        assert!(may(&mut owner, &bob.member, "workspace.use").await);
        assert!(!may(&mut owner, &bob.member, "workspace.read").await);
        bob.caller.get(&format!("{ORG}/resources/workspace:w")).await.refused(404, "not_found");
        test.stop().await;
    }
}

// PL-15, ON-28
#[tokio::test]
async fn on_28_who_enters_a_group_later_reaches_what_was_attached_to_it_before() {
    for engine in engines() {
        let (test, mut owner) = house(engine, "").await;
        let made = json!({"type": "project", "name": "P", "external_id": "p"});
        owner.post(&format!("{ORG}/resources"), made).await.expect(201);
        let team = group(&mut owner, "Team").await;
        let given = json!({"subject": {"type": "group", "id": team}, "role": "viewer"});
        owner.post(&format!("{ORG}/resources/project:p/grants"), given).await.expect(201);
        let mut late = test.join(&mut owner, "acme", "late@acme.test", "guest").await;
        late.caller.get(&format!("{ORG}/resources/project:p")).await.refused(404, "not_found");
        seat(&mut owner, &team, &late, false).await.expect(204);
        late.caller.get(&format!("{ORG}/resources/project:p")).await.expect(200);
        test.stop().await;
    }
}
