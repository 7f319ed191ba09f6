//! The pages of usage limits and of the account.

use guildhall_testkit::engines;
use serde_json::json;

use super::house::House;

#[tokio::test]
async fn a_limit_is_made_shown_with_its_use_changed_and_deleted() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let mut api = house.api();
        let group = api.post("/organizations/acme/groups", json!({"name": "Red & Blue"})).await.expect(201);
        let owner = &mut house.owner;
        owner.open("/acme/admin/limits").await;
        assert!(owner.shows("No limits yet"), "{}", owner.html);
        owner.open("/acme/admin/limits/new").await;
        let form = "/acme/admin/limits/new";
        let wrong = [
            ("whose", "organization"),
            ("unit", "Tokens!"),
            ("budget", "100"),
            ("period", "2"),
            ("period_unit", "3600"),
        ];
        owner.send(form, &wrong).await;
        assert!(owner.status == 422 && owner.html.contains("id=\"unit-error\""), "{}", owner.html);
        assert!(owner.html.contains("value=\"Tokens!\""), "what was typed is kept");
        let mut right = wrong;
        right[1].1 = "tokens";
        owner.send(form, &[&right[..], &[("enabled", "true")]].concat()).await;
        assert!(owner.shows("The limit holds from now on.") && owner.shows("100 in 2 hours"), "{}", owner.html);
        right[0].1 = group.at("/id");
        owner.open(form).await;
        owner.send(form, &[&right[..], &[("enabled", "true"), ("pooled", "true")]].concat()).await;
        assert!(owner.shows("Red & Blue"), "{}", owner.html);

        api.post("/organizations/acme/usage", json!({"unit": "tokens", "amount": 100})).await.expect(200);
        owner.open("/acme/admin/limits").await;
        assert!(
            owner.html.contains("value=\"100\" aria-label=\"Used of the budget\"") && owner.shows("Reached"),
            "{}",
            owner.html
        );
        let limits = api.get("/organizations/acme/usage-limits").await.expect(200);
        let one = format!("/acme/admin/limits/{}", limits.at("/items/0/id"));
        owner.open(&one).await;
        owner.send(&one, &[("budget", "many"), ("period", "2"), ("period_unit", "3600")]).await;
        assert!(owner.status == 422 && owner.html.contains("id=\"budget-error\""), "{}", owner.html);
        owner.send(&one, &[("budget", "200"), ("period", "1"), ("period_unit", "86400")]).await;
        assert!(owner.shows("200 in 1 day") && owner.shows("Off"), "{}", owner.html);
        owner.open(&format!("{one}/delete")).await;
        owner.send(&format!("{one}/delete"), &[]).await;
        assert!(owner.shows("The limit is deleted."), "{}", owner.html);
        let left = api.get("/organizations/acme/usage-limits").await.expect(200);
        assert_eq!((left.count(), left.at("/items/0/scope/type")), (1, "group"));
        house.close().await;
    }
}

// PL-12
#[tokio::test]
async fn the_account_is_shown_to_those_who_manage_it_and_saved() {
    for engine in engines() {
        let mut house = House::open(engine).await;
        let (_, mut admin) = house.join_at_browser("admin@acme.test", "admin").await;
        admin.open("/acme/admin/org").await;
        assert!(admin.status == 200 && !admin.shows("Billing contacts"), "{}", admin.html);
        let form = "/acme/admin/org/account";
        let owner = &mut house.owner;
        owner.open("/acme/admin/org").await;
        owner.send(form, &[("plan", "Team"), ("billing_contacts", "pay@acme.test\nnobody")]).await;
        assert!(owner.status == 422 && owner.html.contains("id=\"billing_contacts-error\""), "{}", owner.html);
        owner.send(form, &[("plan", "Team"), ("billing_contacts", "pay@acme.test\nbooks@acme.test")]).await;
        assert!(owner.shows("The account is saved.") && owner.html.contains("value=\"Team\""), "{}", owner.html);
        let saved = house.api().get("/organizations/acme/account").await.expect(200);
        assert_eq!(saved.body["billing_contacts"], json!(["pay@acme.test", "books@acme.test"]));
        house.close().await;
    }
}
