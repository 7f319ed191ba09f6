//! Single sign-on against a certified provider: coming in, being tied, what claims give, and every answer of a
//! provider that must not be believed.

use guildhall_server::config::Allowed;
use guildhall_testkit::provider::Traveller;
use guildhall_testkit::{Caller, Engine, Landed, OpenId, TestApp, engines};
use serde_json::{Value, json};

pub const START: &str = "/auth/sso/start?organization=acme";
const CONNECTIONS: &str = "/organizations/acme/sso-connections";
pub const SECRET: &str = "app-secret-app-secret-app-secret";

/// An organization whose provider is on this machine.
pub struct House {
    pub test: TestApp,
    pub owner: Caller,
    pub provider: OpenId,
    /// `sso_…`
    pub connection: String,
}

impl House {
    /// With a connection that is tested and switched on.
    pub async fn build(engine: Engine, preset: &str) -> Self {
        Self::with(engine, preset, |_| {}).await
    }

    pub async fn with(engine: Engine, preset: &str, tune: impl FnOnce(&mut guildhall_server::config::Config)) -> Self {
        let test = TestApp::start_with(engine, |config| {
            config.sso.private_addresses = Allowed::Yes;
            tune(config);
        })
        .await;
        test.clock.like_the_machine();
        let mut owner = test.with_token(&test.init(preset).await.token);
        let provider = OpenId::start(&test).await;
        let wanted = json!({"name": "Corp", "issuer": provider.issuer, "client_id": "app", "client_secret": SECRET,
            "scopes": ["email", "profile", "groups"], "just_in_time": true});
        let made = owner.post(CONNECTIONS, wanted).await.expect(201);
        let connection = made.at("/id").to_owned();
        let mut house = Self { test, owner, provider, connection };
        house.test_it().await;
        house.edit(json!({"enabled": true})).await;
        house
    }

    pub fn path(&self) -> String {
        format!("{CONNECTIONS}/{}", self.connection)
    }

    async fn test_it(&mut self) {
        let path = format!("{}/test", self.path());
        let found = self.owner.post(&path, json!({})).await.expect(200);
        assert_eq!(found.body["test"]["works"], true, "{}", found.text);
    }

    pub async fn edit(&mut self, wanted: Value) {
        let path = self.path();
        self.owner.patch(&path, wanted).await.expect(200);
    }

    pub async fn enter(&self, login: &str) -> Landed {
        self.test.by_provider(START, login).await
    }

    /// Somebody's own membership of `acme`.
    pub async fn member(&self, landed: &Landed) -> (Caller, Value) {
        let mut caller = self.test.holder(landed).await;
        let me = caller.get("/me").await.expect(200);
        (caller, me.body)
    }
}

// PL-26
#[tokio::test]
async fn pl_26_the_first_sign_in_makes_a_member_where_just_in_time_is_on_and_nobody_where_it_is_off() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        house.edit(json!({"role": "guest"})).await;
        let landed = house.enter("ann@corp.test").await;
        assert_eq!((landed.status, landed.url.as_str()), (303, format!("{}/acme", house.test.url).as_str()));
        let (mut ann, me) = house.member(&landed).await;
        assert_eq!(
            (me["identity"]["email"].as_str(), me["memberships"][0]["role"].as_str()),
            (Some("ann@corp.test"), Some("guest"))
        );
        assert_eq!(me["identity"]["email_verified"], false, "nobody claimed the domain");
        let sessions = ann.get("/me/sessions").await.expect(200);
        assert_eq!(sessions.at("/items/0/method"), "sso");
        // The same person again, by issuer and subject.
        let again = house.enter("ann@corp.test").await;
        assert_eq!(house.member(&again).await.1["identity"]["id"], me["identity"]["id"]);
        house.edit(json!({"just_in_time": false})).await;
        house.enter("bob@corp.test").await.refused(403, "sso.no_account");
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        let trail = house.owner.get("/organizations/acme/audit-events?type=sso_connection.refused").await.expect(200);
        assert_eq!(trail.at("/items/0/after/code"), "sso.no_account");
        house.test.stop().await;
    }
}

// PL-26
#[tokio::test]
async fn whoever_was_taken_out_does_not_come_back_by_signing_in() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let landed = house.enter("ann@corp.test").await;
        let (mut ann, me) = house.member(&landed).await;
        let member = me["memberships"][0]["membership"]["id"].as_str().unwrap_or_default().to_owned();
        house.owner.delete(&format!("/organizations/acme/members/{member}")).await.expect(204);
        ann.get("/organizations/acme").await.refused(401, "auth.required");
        house.enter("ann@corp.test").await.refused(403, "sso.no_account");
        // Switched off is shut as well, and on again open.
        let bob = house.enter("bob@corp.test").await;
        let (_, me) = house.member(&bob).await;
        let member = me["memberships"][0]["membership"]["id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/organizations/acme/members/{member}");
        house.owner.post(&format!("{path}/deactivate"), json!({})).await.expect(200);
        house.enter("bob@corp.test").await.refused(403, "sso.no_account");
        house.owner.post(&format!("{path}/reactivate"), json!({})).await.expect(200);
        assert_eq!(house.enter("bob@corp.test").await.status, 303);
        house.test.deliver().await;
        house.test.stop().await;
    }
}

#[tokio::test]
async fn an_account_that_exists_is_tied_by_proof_only() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let ann = house.test.join(&mut house.owner, "acme", "ann@corp.test", "admin").await;
        // The provider's word for an address whose domain nobody claimed is not enough, verified or not.
        house.enter("ann@corp.test").await.refused(409, "sso.link_required");
        house.enter("unverified+ann@corp.test").await.refused(409, "sso.link_required");
        // Signed in, it is.
        let cookie = ann.caller.cookie().expect("a session").to_owned();
        let tied = Traveller::new(&house.test).with(&cookie).travel(START, "ann@corp.test").await;
        assert_eq!(house.member(&tied).await.1["identity"]["id"], json!(ann.user));
        let later = house.enter("ann@corp.test").await;
        let (mut later, me) = house.member(&later).await;
        assert_eq!(me["identity"]["id"], json!(ann.user));
        later.get("/organizations/acme").await.expect(200);
        // Somebody else's word for ann opens ann's place with them, and no other one.
        let mut own = ann.caller.clone();
        house.test.found(&mut own, "north", "standard").await;
        later.get("/organizations/north").await.refused(403, "sso.elsewhere");
        own.get("/organizations/north").await.expect(200);
        // Signed in elsewhere, without a place here, nobody is tied.
        let eve = house.test.join(&mut own, "north", "eve@north.test", "member").await;
        let cookie = eve.caller.cookie().expect("a session").to_owned();
        let landed = Traveller::new(&house.test).with(&cookie).travel(START, "zoe@corp.test").await;
        assert_ne!(house.member(&landed).await.1["identity"]["id"], json!(eve.user));
        house.test.stop().await;
    }
}

// PL-5
#[tokio::test]
async fn pl_5_an_invitation_that_waits_is_accepted_by_the_first_sign_in_with_its_role_and_groups() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        house.edit(json!({"just_in_time": false})).await;
        let group = house.owner.post("/organizations/acme/groups", json!({"name": "Ops"})).await.expect(201);
        let invited = json!({"invitations": [{"email": "ann@corp.test", "role": "admin", "groups": [group.at("/id")]}], "deliver": "email"});
        house.owner.post("/organizations/acme/invitations", invited).await.expect(200);
        house.test.deliver().await;
        house.enter("unverified+ann@corp.test").await.refused(409, "sso.link_required");
        let landed = house.enter("ann@corp.test").await;
        let (_, me) = house.member(&landed).await;
        assert_eq!(me["memberships"][0]["role"], "admin");
        assert_eq!(me["identity"]["email_verified"], false, "the provider's word counts in its own organization");
        let seats =
            house.owner.get(&format!("/organizations/acme/groups/{}/members", group.at("/id"))).await.expect(200);
        assert_eq!(seats.count(), 1);
        house.test.stop().await;
    }
}

// PL-6
#[tokio::test]
async fn pl_6_guests_of_other_domains_wait_for_an_approval() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let knobs = json!({"approval.mode": "outside_domains", "approval.domains": ["corp.test"]});
        house.owner.patch("/organizations/acme/policy", knobs).await.expect(200);
        let ann = house.enter("ann@corp.test").await;
        house.test.holder(&ann).await.get("/organizations/acme").await.expect(200);
        for guest in ["gil@guests.test", "unverified+bob@corp.test"] {
            let landed = house.enter(guest).await;
            house.test.holder(&landed).await.get("/organizations/acme").await.refused(404, "not_found");
        }
        let waiting = house.owner.get("/organizations/acme/members?status=pending_approval").await.expect(200);
        assert_eq!(waiting.count(), 2);
        house.test.stop().await;
    }
}

// PL-17
#[tokio::test]
async fn claims_give_roles_and_groups_anew_at_each_sign_in() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let group = house.owner.post("/organizations/acme/groups", json!({"name": "Engineering"})).await.expect(201);
        let group = group.at("/id").to_owned();
        house
            .edit(json!({"role": "guest", "mapping": [
            {"claim": "groups", "value": "bosses", "role": "admin"},
            {"claim": "groups", "value": "everyone", "role": "member"},
            {"claim": "groups", "value": "engineering", "group": group}]}))
            .await;
        let path = format!("/organizations/acme/groups/{group}");
        assert_eq!(house.owner.get(&path).await.expect(200).at("/origin"), "external");
        let landed = house.enter("boss+ann@corp.test").await;
        let (_, me) = house.member(&landed).await;
        let member = me["memberships"][0]["membership"]["id"].as_str().unwrap_or_default().to_owned();
        let role = |me: &Value| me["memberships"][0]["role"].as_str().unwrap_or_default().to_owned();
        assert_eq!(role(&me), "admin", "the first rule that holds");
        let by_hand = house.owner.delete(&format!("{path}/members/{member}")).await;
        by_hand.refused(409, "group.external");
        house.provider.tell("/_groups?for=boss%2Bann@corp.test&are=everyone").await;
        let landed = house.enter("boss+ann@corp.test").await;
        assert_eq!(role(&house.member(&landed).await.1), "member");
        assert_eq!(house.owner.get(&format!("{path}/members")).await.expect(200).count(), 0);
        house.provider.tell("/_groups?for=boss%2Bann@corp.test&are=").await;
        let landed = house.enter("boss+ann@corp.test").await;
        assert_eq!(role(&house.member(&landed).await.1), "guest", "no claim to any mapped role");
        // Let go of, the group is the organization's own again.
        house.edit(json!({"mapping": []})).await;
        assert_eq!(house.owner.get(&path).await.expect(200).at("/origin"), "local");
        house.test.stop().await;
    }
}

#[tokio::test]
async fn a_mapping_gives_nothing_that_its_maker_may_not_give() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let mut admin = house.test.join(&mut house.owner, "acme", "adm@corp.test", "admin").await.caller;
        let path = house.path();
        for wanted in
            [json!({"mapping": [{"claim": "groups", "value": "x", "role": "owner"}]}), json!({"role": "owner"})]
        {
            admin.patch(&path, wanted).await.refused(403, "role.above_own");
        }
        admin
            .patch(&path, json!({"mapping": [{"claim": "groups", "value": "x", "role": "nobody"}]}))
            .await
            .refused(422, "role.unknown");
        admin
            .patch(&path, json!({"mapping": [{"claim": "groups", "value": "x", "group": "grp_1"}]}))
            .await
            .refused(422, "group.unknown");
        admin
            .patch(&path, json!({"mapping": [{"claim": "groups", "value": "x"}]}))
            .await
            .refused(422, "request.invalid");
        admin
            .patch(&path, json!({"mapping": [{"claim": "groups", "value": "everyone", "role": "admin"}]}))
            .await
            .expect(200);
        // A rule of the owner's stays where others change what stands beside it.
        house.edit(json!({"mapping": [{"claim": "groups", "value": "bosses", "role": "owner"}]})).await;
        admin.patch(&path, json!({"name": "Corp 2"})).await.expect(200);
        // The last owner is not lowered by a claim that is not there.
        let cookie = house.test.sign_in("owner@acme.test").await.cookie().expect("a session").to_owned();
        let landed = Traveller::new(&house.test).with(&cookie).travel(START, "olivia@corp.test").await;
        assert_eq!(house.member(&landed).await.1["memberships"][0]["role"], "owner");
        house.test.stop().await;
    }
}
