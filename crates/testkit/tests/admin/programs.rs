//! What the administrator's newer pages do, without scripts: several people at once, service accounts, groups, roles,
//! another preset, tenants, and why somebody may do something.

use guildhall_testkit::engines;
use serde_json::json;

use super::house::{House, lists};

#[tokio::test]
async fn several_are_deactivated_at_once_and_each_is_told_of() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let ann = house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let bo = house.join("bo@acme.test", "Bo", "viewer").await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        owner.send("/acme/admin/users/bulk", &[("act", "role"), ("pick", &ann), ("pick", &bo)]).await;
        assert!(owner.shows("Ready") && owner.shows("ann@acme.test"), "{}", owner.html);
        owner.send("/acme/admin/users/bulk/do", &[("role", "contributor")]).await;
        assert!(owner.shows("2 of 2 done"), "{}", owner.html);
        assert!(owner.open("/acme/admin/users?role=contributor").await.shows("2 shown"));
        owner.send("/acme/admin/users/bulk", &[("act", "remove")]).await;
        assert!(owner.path == "/acme/admin/users" && owner.shows("first"), "nobody was chosen: {}", owner.html);
        let remove = [("act", "remove"), ("pick", ann.as_str()), ("pick", "mem_nothing")];
        assert_eq!(owner.forge("/acme/admin/users/bulk/do", &remove).await, 200);
        assert!(owner.shows("1 of 1 done"), "{}", owner.html);
        assert!(!lists(owner.open("/acme/admin/users").await, "ann@acme.test"));
        let (_, mut viewer) = house.join_at_browser("viewer@acme.test", "viewer").await;
        assert!(!viewer.open("/acme/admin/users").await.html.contains("id=\"bulk\""), "nothing is offered");
        let tried = viewer.forge("/acme/admin/users/bulk/do", &[("act", "remove"), ("pick", &bo)]).await;
        assert_eq!(tried, 200, "each is told of");
        assert!(viewer.shows("0 of 1 done") && viewer.shows("Refused"), "{}", viewer.html);
        house.close().await;
    }
}

#[tokio::test]
async fn a_service_account_is_made_given_a_token_and_deleted_by_typing_its_name() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/service-accounts/new").await;
        let form = "/acme/admin/service-accounts/new";
        owner.send(form, &[("name", "<b>bot</b>"), ("who", "nobody@acme.test"), ("role", "viewer")]).await;
        assert!(owner.status == 422 && owner.html.contains("id=\"who-error\""), "{}", owner.html);
        owner.send(form, &[("name", "<b>bot</b>"), ("role", "viewer")]).await;
        assert!(owner.shows("Give it a token") && !owner.html.contains("<b>bot</b>"), "{}", owner.html);
        let page = owner.path.clone();
        owner.open(&format!("{page}/tokens/new")).await;
        owner.send(&format!("{page}/tokens/new"), &[("name", "CI"), ("expires_in_s", "")]).await;
        let secret = owner.html.split("value=\"gld_svc_").nth(1).and_then(|rest| rest.split('"').next());
        let secret = format!("gld_svc_{}", secret.expect("the secret, once"));
        let mut program = house.test.with_token(&secret);
        program.get("/organizations/acme/members").await.expect(200);
        let owner = &mut house.owner;
        owner.open(&page).await;
        let token = owner.html.split("/tokens/tok_").nth(1).and_then(|rest| rest.split('/').next());
        let token = format!("{page}/tokens/tok_{}", token.expect("a token"));
        owner.send(&format!("{token}/switch/off"), &[]).await;
        assert!(owner.shows("The token is switched off."));
        program.get("/organizations/acme/members").await.refused(401, "auth.invalid");
        let owner = &mut house.owner;
        owner.send(&format!("{token}/switch/on"), &[]).await;
        owner.open(&format!("{token}/rotate")).await;
        owner.send(&format!("{token}/rotate"), &[("overlap_s", "0")]).await;
        assert!(owner.html.contains("value=\"gld_svc_"), "{}", owner.html);
        program.get("/organizations/acme/members").await.refused(401, "auth.invalid");
        let owner = &mut house.owner;
        owner.open(&format!("{page}/delete")).await;
        owner.send(&format!("{page}/delete"), &[("confirm", "bot")]).await;
        assert_eq!(owner.status, 422);
        owner.send(&format!("{page}/delete"), &[("confirm", "<b>bot</b>")]).await;
        assert!(owner.shows("No service accounts yet"), "{}", owner.html);
        house.close().await;
    }
}

#[tokio::test]
async fn a_group_is_made_filled_and_its_members_reach_what_it_gives() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let ann = house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/groups/new").await;
        owner.send("/acme/admin/groups/new", &[("name", "Ops"), ("description", "On call")]).await;
        let page = owner.path.clone();
        assert!(owner.shows("On call") && owner.shows("Nobody is in it yet."), "{}", owner.html);
        owner.send(&format!("{page}/members"), &[("who", "ann@acme.test")]).await;
        owner.send(&format!("{page}/gives"), &[("permissions", "audit.read")]).await;
        assert!(owner.shows("Ann Lee") && owner.shows("Saved; it holds"), "{}", owner.html);
        let why = format!("/acme/admin/why?who={ann}&permission=audit.read");
        owner.open(&why).await;
        assert!(owner.shows("What Ann Lee may do") && owner.shows("1 of 1"), "{}", owner.html);
        assert!(owner.html.contains("chain-kind\">Group<") && owner.shows("Ops"), "{}", owner.html);
        assert!(owner.open("/acme/admin/why?permission=audit.read").await.shows("ann@acme.test"));
        assert!(
            owner
                .open(&format!("/acme/admin/users?group={}", page.rsplit('/').next().unwrap_or_default()))
                .await
                .shows("1 shown")
        );
        owner.open(&page).await;
        owner.send(&format!("{page}/members/{ann}/out"), &[]).await;
        owner.open(&why).await;
        assert!(owner.shows("0 of 1") && owner.shows("Neither Viewer nor a grant gives it"), "{}", owner.html);
        owner.open(&format!("{page}/delete")).await;
        owner.send(&format!("{page}/delete"), &[]).await;
        assert!(owner.shows("It is deleted.") && owner.path == "/acme/admin/groups");
        house.close().await;
    }
}

#[tokio::test]
async fn another_preset_is_shown_with_whom_it_touches_before_it_is_in_force() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let mut api = house.api();
        let owner = &mut house.owner;
        owner.open("/acme/admin/org/preset").await;
        assert!(owner.shows("CloudTruth"), "{}", owner.html);
        owner.send("/acme/admin/org/preset", &[("preset", "standard")]).await;
        assert_eq!(owner.status, 409, "roles that go are asked for first: {}", owner.html);
        let mut said = vec![("preset", "standard")];
        for role in ["role.owner", "role.admin", "role.contributor", "role.viewer", "role.viewer_no_secrets"] {
            if owner.html.contains(&format!("name=\"{role}\"")) {
                said.push((role, "guest"));
            }
        }
        owner.send("/acme/admin/org/preset", &said[1..]).await;
        assert!(
            owner.status == 200 && owner.shows("Who is affected") && owner.shows("Settings that differ"),
            "{}",
            owner.html
        );
        let labels = owner.shows("View project secrets") && owner.shows("Create workspaces");
        let names = owner.html.contains("secret.read") || owner.html.contains("workspace.create");
        assert!(labels && !names, "of both presets the labels: {}", owner.html);
        assert_eq!(api.get("/organizations/acme").await.body["preset"], "cloudtruth", "nothing is done yet");
        owner.send("/acme/admin/org/preset", &said[1..]).await;
        assert_eq!(api.get("/organizations/acme").await.body["preset"], "standard", "{}", owner.html);
        house.close().await;
    }
}

#[tokio::test]
async fn a_role_of_ones_own_is_made_changed_compared_and_ended() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        house
            .api()
            .post("/organizations", json!({"name": "Beta", "slug": "beta", "preset": "standard"}))
            .await
            .expect(201);
        let owner = &mut house.owner;
        owner.open("/beta/admin/roles/new").await;
        let form = "/beta/admin/roles/new";
        owner.send(form, &[("name", "Auditor"), ("slug", "No Slug")]).await;
        assert!(owner.status == 422 && owner.html.contains("id=\"slug-error\""), "{}", owner.html);
        owner.send(form, &[("name", "Auditor"), ("permissions", "audit.read")]).await;
        assert!(owner.shows("The role Auditor can be given"), "{}", owner.html);
        let page = owner.path.clone();
        owner.send(&page, &[("name", "Auditor"), ("permissions", "audit.read"), ("permissions", "member.list")]).await;
        assert!(owner.shows("Saved; it holds"), "{}", owner.html);
        owner.open(&format!("{page}?with=owner")).await;
        assert!(owner.shows("Only Owner"), "{}", owner.html);
        owner.open(&format!("{page}/delete")).await;
        owner.send(&format!("{page}/delete"), &[("replace_with", "")]).await;
        assert!(owner.shows("The role Auditor is deleted."), "{}", owner.html);
        assert!(owner.open("/acme/admin/roles").await.shows("Nobody may do this here."));
        house.close().await;
    }
}

#[tokio::test]
async fn a_tenant_is_made_and_run_by_its_owner_alone() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let (_, mut stranger) = house.join_at_browser("ann@acme.test", "viewer").await;
        let owner = &mut house.owner;
        owner.open("/tenants/new").await;
        owner.send("/tenants/new", &[("name", "Group <i>")]).await;
        assert!(owner.shows("It is made, and yours.") && !owner.html.contains("Group <i>"), "{}", owner.html);
        let page = owner.path.clone();
        owner.send(&format!("{page}/organizations"), &[("organization", "North"), ("preset", "standard")]).await;
        assert!(owner.shows("The organization is made.") && owner.shows("North"), "{}", owner.html);
        owner.send(&format!("{page}/settings"), &[("seats", "many"), ("seat_mode", "warn")]).await;
        assert_eq!(owner.status, 422, "{}", owner.html);
        owner
            .send(&format!("{page}/settings"), &[("seats", "9"), ("seat_mode", "warn"), ("link_sharing", "true")])
            .await;
        assert!(owner.shows("The settings are saved") && owner.html.contains("value=\"9\""), "{}", owner.html);
        let shared = [("shared", "Warehouse"), ("type", "workspace"), ("organizations[0]", "*")];
        owner.send(&format!("{page}/resources"), &[("shared", ""), ("type", "workspace")]).await;
        assert_eq!(owner.status, 422, "{}", owner.html);
        owner.send(&format!("{page}/resources"), &shared).await;
        assert!(owner.shows("Warehouse") && owner.shows("All organizations, those to come too"), "{}", owner.html);
        assert_eq!(stranger.open(&page).await.status, 404);
        owner.open(&page).await;
        owner.send(&format!("{page}/people"), &[("email", "new@acme.test")]).await;
        assert!(owner.shows("new@acme.test"), "{}", owner.html);
        house.close().await;
    }
}

#[tokio::test]
async fn a_role_can_give_under_a_condition_and_why_says_so() {
    const CONDITION: &str = "\n[[condition]]\nslug = \"drafts\"\nlabel = \"while it is a draft\"\npermissions = [\"template.manage\"]\nwhen = \"resource.properties.draft\"\n\n[[condition]]\nslug = \"viewers\"\nlabel = \"for viewers\"\npermissions = [\"template.manage\"]\nwhen = \"subject.role == 'viewer'\"\n";
    for engine in engines() {
        let mut house = House::open(engine).await;
        let ann = house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let mut api = house.api();
        let text = api.get("/organizations/acme/preset").await.expect(200).at("/text").to_owned() + CONDITION;
        api.post("/organizations/acme/preset", json!({"text": text})).await.expect(200);
        let project = json!({"type": "project", "external_id": "p1", "name": "Mail"});
        let project = api.post("/organizations/acme/resources", project).await.expect(201).at("/id").to_owned();
        let template = json!({"type": "template", "parent": project, "name": "Letter"});
        let template = api.post("/organizations/acme/resources", template).await.expect(201).at("/id").to_owned();
        let grant = |permission: &str| json!({"subject": {"type": "member", "id": ann}, "permission": permission});
        let grants = format!("/organizations/acme/resources/{template}/grants");
        api.post(&grants, grant("template.manage@drafts")).await.expect(201);
        let owner = &mut house.owner;
        let why = format!("/acme/admin/why?who={ann}&on={template}&permission=template.manage");
        owner.open(&why).await;
        assert!(owner.shows("0 of 1") && owner.shows("Only while it is a draft"), "{}", owner.html);
        api.post(&grants, grant("template.manage@viewers")).await.expect(201);
        owner.open(&why).await;
        assert!(owner.shows("1 of 1") && owner.shows("for viewers"), "{}", owner.html);
        assert!(!owner.open("/acme/admin/why").await.html.contains("template.manage@"), "conditions are not asked for");
        house.close().await;
    }
}
