//! The seed page's flows, with its words: inviting, changing a role, removing, leaving.

use guildhall_testkit::engines;
use serde_json::json;

use super::house::{House, ROLES, lists, row_of};

#[tokio::test]
async fn ct_1_every_role_reads_the_list_of_users() {
    for engine in engines() {
        let house = House::open(engine).await;
        for role in ROLES {
            let (_, mut browser) = house.join_at_browser(&format!("{role}@people.test"), role).await;
            browser.open("/acme/admin").await;
            assert_eq!((browser.status, browser.path.as_str()), (200, "/acme/admin/users"), "{role}");
            assert!(browser.shows("Access Control") && browser.shows("<h1>Users</h1>"), "{role}");
            assert!(lists(&browser, "owner@acme.test") && row_of(&browser, "owner@acme.test").contains("Owner"));
        }
        house.close().await;
    }
}

#[tokio::test]
async fn ct_2_inviting_is_absent_and_refused_for_whoever_may_not() {
    for engine in engines() {
        let house = House::open(engine).await;
        for role in ROLES {
            let (_, mut browser) = house.join_at_browser(&format!("{role}@people.test"), role).await;
            let may = matches!(role, "owner" | "admin");
            browser.open("/acme/admin/users").await;
            assert_eq!(browser.shows("+ Create Users"), may, "{role}");
            let sent = [("email", "new@acme.test"), ("role", "viewer")];
            let status = browser.forge("/acme/admin/invite/send", &sent).await;
            assert_eq!(status, if may { 200 } else { 403 }, "{role}");
            assert_eq!(browser.open("/acme/admin/invite").await.status, if may { 200 } else { 403 }, "{role}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn ct_3_an_admin_chooses_roles_up_to_admin_and_no_trick_gives_owner() {
    for engine in engines() {
        let house = House::open(engine).await;
        let (_, mut admin) = house.join_at_browser("admin@acme.test", "admin").await;
        admin.open("/acme/admin/invite").await;
        assert!(admin.html.contains("<option value=\"owner\" disabled>"), "{}", admin.html);
        assert!(admin.html.contains("<option value=\"admin\">"));
        let sent = [("email", "new@acme.test"), ("role", "owner"), ("email", "ok@acme.test"), ("role", "admin")];
        assert_eq!(admin.forge("/acme/admin/invite/send", &sent).await, 200);
        assert!(admin.shows("1 invitation made") && admin.shows("role.above_own"), "{}", admin.html);
        admin.open("/acme/admin/users").await;
        assert!(!lists(&admin, "new@acme.test") && lists(&admin, "ok@acme.test"));
        house.close().await;
    }
}

#[tokio::test]
async fn ct_4_the_list_advises_a_second_owner_until_there_is_one() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        assert!(house.owner.open("/acme/admin/users").await.shows("Only one user has the role Owner"));
        house.join("second@acme.test", "Second", "owner").await;
        assert!(!house.owner.open("/acme/admin/users").await.shows("has the role Owner"));
        house.close().await;
    }
}

#[tokio::test]
async fn ct_5_ct_6_ct_7_ct_8_people_are_invited_in_two_steps_and_come_in() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        assert!(owner.shows("href=\"/acme/admin/invite\"") && owner.shows("+ Create Users"));
        assert!(owner.open("/acme/admin/invite").await.shows(">Invite team members</h1>"));
        let list = "Ann Lee <ann@acme.test>, bo@acme.test,\nnot an address, ANN@acme.test; typo@acme.test";
        let first = [("addresses", list), ("role", "viewer"), ("deliver", "email")];
        owner.send("/acme/admin/invite/roles", &first).await;
        assert!(owner.shows("Set User Roles") && owner.shows("5</span> addresses"), "{}", owner.html);
        assert!(owner.shows("twice") && owner.shows("REMOVE"));
        // The hidden fields carry the good addresses; the others stand in fields to mend them.
        let typed =
            [("role", "admin"), ("role", "contributor"), ("role", "viewer"), ("role", "viewer"), ("role", "viewer")];
        let (send, again) = ("/acme/admin/invite/send", "/acme/admin/invite/roles");
        let drop = [typed.as_slice(), &[("drop", "2")]].concat();
        owner.press(send, again, &drop).await;
        assert!(owner.shows("2</span> addresses"), "the third good one is dropped: {}", owner.html);
        assert!(owner.shows("<option value=\"admin\" selected>"), "roles stay with their addresses");
        owner.press(send, "/acme/admin/invite", &[("role", "admin"), ("role", "contributor")]).await;
        assert!(owner.shows("\"Ann Lee\" <ann@acme.test>"), "the way back keeps everything: {}", owner.html);
        owner.send(again, &[("addresses", "Ann Lee <ann@acme.test>, bo@acme.test, what?"), ("deliver", "email")]).await;
        let mended = [("role", "admin"), ("role", "contributor"), ("email", "what?"), ("role", "viewer")];
        owner.send(send, &mended).await;
        assert!(owner.shows("2 invitations made") && owner.shows("email.invalid"), "{}", owner.html);
        house.test.deliver().await;
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        let row = row_of(owner, "ann@acme.test").to_owned();
        assert!(row.contains("Invited") && row.contains("Admin") && row.contains("Expires in 7 days"), "{row}");
        assert!(
            row.contains("/resend") && row.contains(">Resend<") && row.contains("/cancel") && row.contains(">Delete<")
        );
        let mail = house.test.mails_to("bo@acme.test").await.pop().expect("a mail");
        let mut bo = house.test.browser();
        bo.open(&mail.link("/invite/").expect("a link")).await;
        let path = bo.path.clone();
        bo.send(&path, &[("name", "Bo"), ("password", guildhall_testkit::app::PASSWORD)]).await;
        assert_eq!(bo.path, "/acme/admin/users");
        house.owner.open("/acme/admin/users").await;
        let row = row_of(&house.owner, "bo@acme.test");
        assert!(row.contains("Active") && row.contains("Contributor") && !row.contains("/invitations/"), "{row}");
        house.close().await;
    }
}

#[tokio::test]
async fn an_invitation_is_sent_again_handed_over_and_taken_back() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let wanted = json!({"invitations": [{"email": "ann@acme.test", "role": "viewer"}]});
        let made = house.api().post("/organizations/acme/invitations", wanted).await.expect(200);
        let page = format!("/acme/admin/invitations/{}", made.at("/invitations/0/invitation/id"));
        let first = house.test.mails_to("ann@acme.test").await.pop().expect("a mail").link("/invite/").expect("a link");
        let owner = &mut house.owner;
        assert!(owner.open(&page).await.shows("Written to a file") && owner.shows("Olivia Owner"), "{}", owner.html);
        owner.send(&format!("{page}/resend"), &[]).await;
        assert_eq!(owner.path, page);
        assert!(owner.shows("is sent again"));
        owner.send(&format!("{page}/link"), &[]).await;
        let link = owner.html.split("/invite/gld_inv_").nth(1).and_then(|rest| rest.split('"').next());
        let link = format!("/invite/gld_inv_{}", link.expect("a link to hand over"));
        assert!(!owner.open(&page).await.shows("gld_inv_"), "a link is shown once");
        let mut ann = house.test.browser();
        assert!(!ann.open(&first).await.shows("Choose a password"), "the link of the first mail is dead");
        assert!(ann.open(&link).await.shows("Choose a password"));
        let owner = &mut house.owner;
        owner.open(&format!("{page}/role")).await;
        owner.send(&format!("{page}/role"), &[("role", "admin")]).await;
        assert!(
            owner.shows("ann@acme.test now has the role Admin.") && row_of(owner, "ann@acme.test").contains("Admin")
        );
        owner.open(&format!("{page}/cancel")).await;
        owner.send(&format!("{page}/cancel"), &[]).await;
        assert!(owner.shows("is withdrawn") && !lists(owner, "ann@acme.test"));
        assert_eq!(owner.forge(&format!("{page}/resend"), &[]).await, 409);
        assert!(owner.shows("Withdrawn"), "the refusal stands on the invitation's own page");
        house.close().await;
    }
}

#[tokio::test]
async fn ct_15_change_role_opens_edit_user_and_update_applies_it() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let ann = house.join("ann@acme.test", "Ann Lee", "viewer").await;
        let page = format!("/acme/admin/users/{ann}/role");
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        let row = row_of(owner, "ann@acme.test");
        assert!(row.contains(&format!("href=\"{page}\" data-dialog=\"stays\">Change Role<")), "{row}");
        owner.open(&page).await;
        assert!(owner.shows("EDIT USER") && owner.form(&page).expect("a form").contains(">Update<"));
        owner.send(&page, &[("role", "contributor")]).await;
        assert!(owner.shows("Ann Lee now has the role Contributor."));
        assert!(row_of(owner, "ann@acme.test").contains("Contributor"));
        owner.open(&page).await;
        owner.send(&page, &[("role", "nonsense")]).await;
        assert_eq!((owner.status, owner.shows("EDIT USER")), (422, true));
        house.close().await;
    }
}

#[tokio::test]
async fn ct_17_ct_21_the_only_owner_is_told_why_not_and_refused() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let me = house.api().get("/me").await.at("/memberships/0/membership/id").to_owned();
        let page = format!("/acme/admin/users/{me}/role");
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        let row = row_of(owner, "owner@acme.test");
        assert!(row.contains("You are the only active Owner.") && !row.contains(&page), "{row}");
        owner.open(&page).await;
        assert!(owner.form(&page).is_none() && owner.shows("You are the only active Owner."), "{}", owner.html);
        assert_eq!(owner.forge(&page, &[("role", "admin")]).await, 409);
        assert!(owner.shows("You are the only active Owner."));
        owner.open("/acme/leave").await;
        assert!(owner.form("/acme/leave").is_none());
        assert_eq!(owner.forge("/acme/leave", &[]).await, 409);
        house.close().await;
    }
}

#[tokio::test]
async fn ct_18_remove_access_asks_and_an_owner_alone_may_answer() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let (ann, mut ann_at) = house.join_at_browser("ann@acme.test", "viewer").await;
        let (_, mut admin) = house.join_at_browser("admin@acme.test", "admin").await;
        let page = format!("/acme/admin/users/{ann}/remove");
        admin.open("/acme/admin/users").await;
        let row = row_of(&admin, "ann@acme.test").to_owned();
        assert!(
            row.contains("Remove Access") && row.contains("Needs the role Owner.") && !row.contains(&page),
            "{row}"
        );
        assert_eq!(admin.forge(&page, &[]).await, 403);
        assert_eq!(admin.open(&page).await.status, 403);
        let owner = &mut house.owner;
        owner.open("/acme/admin/users").await;
        assert!(row_of(owner, "ann@acme.test").contains(&format!("href=\"{page}\"")));
        assert!(owner.open(&page).await.shows(">Yes, remove<"));
        owner.send(&page, &[]).await;
        assert!(owner.shows("ann@acme.test is removed.") && !lists(owner, "href=\"/acme/admin/users/mem_x"));
        assert!(!lists(owner, "ann@acme.test"));
        assert!(ann_at.open("/acme/admin/users").await.path.starts_with("/sign-in"), "gone with the next request");
        house.close().await;
    }
}

#[tokio::test]
async fn ct_20_ones_own_row_says_leave_organization_and_viewers_cannot() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let (_, mut admin) = house.join_at_browser("admin@acme.test", "admin").await;
        let (_, mut viewer) = house.join_at_browser("viewer@acme.test", "viewer").await;
        admin.open("/acme/admin/users").await;
        let row = row_of(&admin, "admin@acme.test");
        assert!(row.contains("href=\"/acme/leave\"") && row.contains("Leave Organization"), "{row}");
        assert!(!row.contains("Remove Access"));
        viewer.open("/acme/admin/users").await;
        let row = row_of(&viewer, "viewer@acme.test").to_owned();
        assert!(row.contains("Leave Organization") && row.contains("Needs the role Owner or Admin."), "{row}");
        assert!(!row.contains("href=\"/acme/leave\""));
        assert_eq!(viewer.forge("/acme/leave", &[]).await, 403);
        assert!(admin.open("/acme/leave").await.shows(">Yes, leave<"));
        admin.send("/acme/leave", &[]).await;
        house.owner.open("/acme/admin/users").await;
        assert!(!lists(&house.owner, "admin@acme.test") && lists(&house.owner, "viewer@acme.test"));
        house.close().await;
    }
}
