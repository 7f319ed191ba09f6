//! The organization's settings, its roles, its tokens and its audit trail.

use guildhall_testkit::engines;
use serde_json::json;

use super::house::{House, lists};

#[tokio::test]
async fn the_organization_is_renamed_tuned_and_deleted_by_typing_its_name() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/org").await;
        owner.send("/acme/admin/org", &[("name", "Acme & Co"), ("slug", "Not A Slug")]).await;
        assert_eq!(owner.status, 422);
        assert!(owner.shows("value=\"Not A Slug\"") && owner.html.contains("id=\"slug-error\""), "{}", owner.html);
        owner.send("/acme/admin/org", &[("name", "Acme & Co"), ("slug", "acme-co")]).await;
        assert_eq!(owner.path, "/acme-co/admin/org");
        assert!(owner.shows("Saved.") && owner.shows("value=\"Acme & Co\""));
        assert_eq!(owner.open("/acme/admin/org").await.status, 404, "old addresses answer as if they never were");
        owner.open("/acme-co/admin/org").await;
        assert_eq!(owner.forge("/acme-co/admin/org/delete", &[("confirm", "acme")]).await, 422);
        assert!(owner.shows("Nothing was deleted."));
        owner.open("/acme-co/admin/org/delete").await;
        owner.send("/acme-co/admin/org/delete", &[("confirm", "acme-co")]).await;
        assert_eq!(owner.open("/acme-co/admin/org").await.status, 404);
        house.close().await;
    }
}

#[tokio::test]
async fn open_knobs_are_turned_in_units_and_fixed_ones_cannot_be() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let mut api = house.api();
        let form = "/acme/admin/org/policy";
        let owner = &mut house.owner;
        owner.open("/acme/admin/org/settings/joining").await;
        assert!(owner.html.contains("name=\"invite.ttl_s\" value=\"7\""), "{}", owner.html);
        owner.open("/acme/admin/org/settings/leaving").await;
        assert!(owner.shows("Fixed by the preset") && !owner.html.contains("name=\"self.demote\""));
        assert_eq!(owner.open("/acme/admin/org/settings/nothing").await.status, 404);
        owner.open("/acme/admin/org/settings/joining").await;
        let turned = [
            ("section", "joining"),
            ("sure", "yes"),
            ("invite.ttl_s", "12"),
            ("invite.ttl_s.unit", "3600"),
            ("approval.mode", "all"),
            ("approval.domains", "acme.test\nb.test"),
            ("leave.allowed_for", "owner"),
            ("approval.exempt_named_invites", "true"),
        ];
        owner.send(form, &turned).await;
        assert!(owner.shows("The settings are saved"), "{}", owner.html);
        let policy = api.get("/organizations/acme/policy").await.expect(200);
        assert_eq!(policy.body["policy"]["invite.ttl_s"], 43_200);
        assert_eq!(policy.body["policy"]["approval.domains"], json!(["acme.test", "b.test"]));
        assert_eq!(policy.body["policy"]["leave.allowed_for"], json!(["owner"]));
        assert_eq!(policy.body["policy"]["approval.exempt_named_invites"], true);
        owner
            .send(
                form,
                &[
                    ("section", "joining"),
                    ("invite.ttl_s", "12"),
                    ("invite.ttl_s.unit", "1"),
                    ("leave.allowed_for", "owner"),
                ],
            )
            .await;
        assert_eq!(owner.status, 422);
        assert!(owner.html.contains("name=\"invite.ttl_s\" value=\"12\""), "what was typed is kept");
        assert!(owner.shows("cannot be 12"), "{}", owner.html);
        assert_eq!(
            owner.forge(form, &[("section", "leaving"), ("self.demote", "false")]).await,
            303,
            "what is not open is not read"
        );
        assert_eq!(api.get("/organizations/acme/policy").await.body["policy"]["self.demote"], true);
        house.close().await;
    }
}

#[tokio::test]
async fn the_matrix_of_roles_shows_what_the_preset_gives() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/roles").await;
        let row = |name: &str| {
            let html = owner.html.as_str();
            let row = html.split("<tr>").find(|row| row.contains(&format!("<code>{name}</code>")));
            let row = row.unwrap_or_else(|| panic!("no row of {name}"));
            row.split("<td>").skip(1).map(|cell| cell.contains("yes")).collect::<Vec<_>>()
        };
        assert_eq!(row("member.list"), [true; 5]);
        assert_eq!(row("member.change_role"), [true, false, false, false, false]);
        assert_eq!(row("audit.read"), [true, true, false, false, false]);
        assert_eq!(row("secret.read"), [true, true, true, true, false]);
        house.close().await;
    }
}

#[tokio::test]
async fn tokens_of_everybody_are_listed_and_revoked() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let made =
            house.api().post("/me/tokens", json!({"name": "<b>CI</b>", "organization": "acme"})).await.expect(201);
        let mut ci = house.test.with_token(made.at("/token"));
        ci.get("/organizations/acme/members").await.expect(200);
        let owner = &mut house.owner;
        owner.open("/acme/admin/tokens").await;
        assert!(owner.shows("Olivia Owner") && owner.shows("<b>CI</b>") && !owner.html.contains("<b>CI</b>"));
        let page = format!("/acme/admin/tokens/{}/revoke", made.at("/id"));
        owner.open(&page).await;
        owner.send(&page, &[]).await;
        assert!(owner.shows("The token is revoked.") && owner.shows("No tokens yet"));
        ci.get("/organizations/acme/members").await.refused(401, "auth.invalid");
        assert_eq!(owner.open(&page).await.status, 404);
        house.close().await;
    }
}

#[tokio::test]
async fn the_audit_trail_is_filtered_paged_and_exported() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let ann = house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let wanted: Vec<_> = (0..60).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        house.api().post("/organizations/acme/invitations", json!({"invitations": wanted})).await.expect(200);
        let role = json!({"role": "admin"});
        house.api().patch(&format!("/organizations/acme/members/{ann}"), role).await.expect(200);
        let owner = &mut house.owner;
        owner.open("/acme/admin/audit").await;
        assert!(owner.shows("from Viewer to Admin") && owner.shows("40 shown") && owner.shows("Today"));
        let next = owner.html.split("rel=\"next\"").next().and_then(|head| head.rsplit("href=\"").next());
        let next = next.expect("a next page").split('"').next().unwrap_or_default().replace("&#38;", "&");
        assert!(owner.open(&next).await.shows("accepted the invitation") && owner.shows("First page"));
        owner.open("/acme/admin/audit?type=member.role_changed&target=ann%40acme.test").await;
        assert!(owner.shows("1 shown") && owner.shows("<td class=\"was\"><bdi>viewer</bdi></td>"), "{}", owner.html);
        assert!(owner.open("/acme/admin/audit?actor=nobody%40acme.test").await.shows("Nothing fits"));
        owner.open("/acme/admin/audit?since=2027-01-15&until=2027-01-15").await;
        assert!(owner.shows("40 shown"), "the last day counts whole");
        owner.open("/acme/admin/audit?since=soon").await;
        assert_eq!((owner.status, owner.shows("write it as 2026-01-31")), (422, true), "{}", owner.html);
        owner.open("/acme/admin/audit?type=member.role_changed").await;
        let csv = owner.html.split("href=\"/api/v1/").nth(1).and_then(|rest| rest.split('"').next());
        let csv = format!("/api/v1/{}", csv.expect("an export").replace("&#38;", "&"));
        owner.open(&csv).await;
        assert_eq!((owner.status, owner.html.lines().count()), (200, 2), "{}", owner.html);
        house.close().await;
    }
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_paged() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        house.join("ann@acme.test", "Ann Lee", "admin").await;
        let wanted: Vec<_> = (0..60).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        house.api().post("/organizations/acme/invitations", json!({"invitations": wanted})).await.expect(200);
        let owner = &mut house.owner;
        owner.open("/acme/admin/users?status=invited").await;
        assert!(owner.shows("50 shown") && !lists(owner, "ann@acme.test"));
        let next = owner.html.split("rel=\"next\"").next().and_then(|head| head.rsplit("href=\"").next());
        let next = next.expect("a next page").split('"').next().unwrap_or_default().replace("&#38;", "&");
        assert!(next.contains("status=invited"), "{next}");
        assert!(owner.open(&next).await.shows("10 shown") && owner.shows("First page"));
        assert!(owner.open("/acme/admin/users?query=LEE").await.shows("1 shown") && lists(owner, "ann@acme.test"));
        assert!(owner.open("/acme/admin/users?role=admin").await.shows("1 shown"));
        assert!(owner.open("/acme/admin/users?query=zzz").await.shows("Nobody fits"));
        assert_eq!(owner.open("/acme/admin/users?after=rubbish").await.status, 400);
        house.close().await;
    }
}
