//! Every operation of the served description: a request for each that its owner could
//! make. Walls and previews are generated from these.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, Engine, Person, TestApp, authenticator};
use serde_json::{Value, json};

/// One operation of the description.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub id: String,
    /// The permission of the preset that guards it.
    pub permission: Option<String>,
}

impl Operation {
    /// Does it write when it succeeds?
    pub fn writes(&self) -> bool {
        let asks = [
            "check",
            "check_batch",
            "check_usage",
            "introspect",
            "access_resources",
            "access_subjects",
            "access_actions",
        ];
        self.method != "GET" && !asks.contains(&self.id.as_str())
    }
}

/// Every operation, in the order of paths.
pub async fn all(test: &TestApp) -> Vec<Operation> {
    let document = test.anybody().get("/api/openapi.json").await.expect(200).body;
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let text = |field: &str| operation[field].as_str().map(str::to_owned);
            let method = method.to_uppercase();
            let id = text("operationId").unwrap_or_else(|| panic!("{method} {path} has no id"));
            found.push(Operation { method, path: path.clone(), id, permission: text("x-permission") });
        }
    }
    found
}

/// An organization with somebody in every state an operation may need.
pub struct House {
    pub test: TestApp,
    /// The owner, signed in.
    pub owner: Caller,
    /// Active people by role: owner, admin, member, guest.
    pub people: Vec<(String, Person)>,
    pub waiting: Person,
    pub deactivated: Person,
    /// Removed a moment ago.
    pub removed: Person,
    pub invitation: String,
    /// A token of the owner.
    pub token: String,
    /// A service account, its token, and a deploy key.
    pub account: String,
    pub service_token: String,
    pub key: String,
    /// A token of a directory.
    pub scim_token: String,
    /// A group with somebody in it, a workspace, and a grant on that.
    pub group: String,
    pub resource: String,
    pub grant: String,
    /// A link that shares the workspace, and somebody who is in it by a grant of their own.
    pub share_link: String,
    pub entered: Person,
    /// A usage limit.
    pub limit: String,
    /// A connection of the organization, and one of the installation.
    pub connection: String,
    pub connection_of_all: String,
    /// A claimed domain, and its code.
    pub domain: String,
    pub code: String,
    /// Somebody of the tenant `big`, and a resource of it.
    pub person: String,
    pub of_tenant: String,
    /// A role of the organization's own, for projects.
    pub role: String,
    /// A secret that a letter waiting nowhere holds: for links that must be opened.
    pub reset: String,
    pub proof: String,
    /// An invitation nobody accepted yet.
    pub secret: String,
    /// An invite link.
    pub link: String,
    /// The owner's authenticator app, not in force yet, and its secret.
    pub factor: String,
    pub app: String,
}

/// An organization that takes requests to join, with the request of `owner` waiting or not.
async fn takes_requests(test: &TestApp, by: &mut Caller, owner: &mut Caller, slug: &str, asked: bool) {
    test.found(by, slug, "standard").await;
    by.patch(&format!("/organizations/{slug}/policy"), json!({"join.requests": true})).await.expect(200);
    if asked {
        owner.send("POST", &format!("/organizations/{slug}/join-requests"), None, &[]).await.expect(201);
    }
}

impl House {
    /// Builds it.
    pub async fn build(engine: Engine) -> Self {
        let (test, _) = TestApp::house(engine, "standard").await;
        let mut owner = test.sign_in("owner@acme.test").await;
        let mut people = Vec::new();
        for role in ["owner", "admin", "member", "guest"] {
            let email = format!("{role}2@acme.test");
            people.push((role.to_owned(), test.join(&mut owner, "acme", &email, role).await));
        }
        let deactivated = test.join(&mut owner, "acme", "off@acme.test", "admin").await;
        let path = format!("/organizations/acme/members/{}/deactivate", deactivated.member);
        let policy = "/organizations/acme/policy";
        for (slug, asked) in [("north", false), ("south", true)] {
            takes_requests(&test, &mut people[0].1.caller, &mut owner, slug, asked).await;
        }
        owner.send("POST", &path, None, &[]).await.expect(200);
        let removed = test.join(&mut owner, "acme", "gone@acme.test", "member").await;
        owner.delete(&format!("/organizations/acme/members/{}", removed.member)).await.expect(204);
        owner.patch(policy, json!({"approval.mode": "all"})).await.expect(200);
        let waiting = test.join(&mut owner, "acme", "waiting@acme.test", "member").await;
        let knobs = json!({
            "approval.mode": "outside_domains", "approval.domains": ["b.test"], "signup.open": true,
            "token.value_again": true, "deploy_keys.offered": true,
        });
        owner.patch(policy, knobs).await.expect(200);
        let invited = test.invite(&mut owner, "acme", "next@b.test", "member").await;
        let (_, token) = test.mint(&mut owner, "acme", None).await;
        test.anybody().post("/password/forgot", json!({"email": "guest2@acme.test"})).await.expect(204);
        let reset = test.mails_to("guest2@acme.test").await.pop().expect("a mail").secret("/password/reset/");
        owner.patch("/me", json!({"email": "top@acme.test"})).await.expect(200);
        let proof = test.mails_to("top@acme.test").await.pop().expect("a mail").secret("/email/verify/");
        let seated = people[2].1.member.clone();
        let here = "/organizations/acme";
        let account = owner.post(&format!("{here}/service-accounts"), json!({"name": "bot"})).await.expect(201);
        let account = account.at("/id").to_owned();
        let path = format!("{here}/service-accounts/{account}/tokens");
        let service_token = owner.post(&path, json!({})).await.expect(201).at("/id").to_owned();
        let key = owner.post(&format!("{here}/deploy-keys"), json!({"name": "cluster"})).await.expect(201);
        let key = key.at("/id").to_owned();
        let scim_token = owner.post(&format!("{here}/scim-tokens"), json!({"name": "Entra"})).await.expect(201);
        let scim_token = scim_token.at("/id").to_owned();
        let group = owner.post(&format!("{here}/groups"), json!({"name": "Ops"})).await.expect(201);
        let group = group.at("/id").to_owned();
        let seat = json!({"manager": false});
        owner.send("PUT", &format!("{here}/groups/{group}/members/{seated}"), Some(&seat), &[]).await;
        let made = json!({"type": "workspace", "name": "Plan", "external_id": "plan"});
        let resource = owner.post(&format!("{here}/resources"), made).await.expect(201).at("/id").to_owned();
        let given = json!({"subject": {"type": "group", "id": group}, "role": "viewer"});
        let grant = owner.post(&format!("{here}/resources/{resource}/grants"), given).await.expect(201);
        let grant = grant.at("/id").to_owned();
        let entered = test.join(&mut owner, "acme", "entered@acme.test", "member").await;
        let given = json!({"subject": {"type": "member", "id": entered.member}, "role": "viewer"});
        owner.post(&format!("{here}/resources/{resource}/grants"), given).await.expect(201);
        let shared = owner.post(&format!("{here}/resources/{resource}/share-links"), json!({"role": "viewer"})).await;
        let share_link = shared.expect(201).at("/id").to_owned();
        let limit = json!({"scope": {"type": "member"}, "unit": "tokens", "budget": 9, "period_s": 60});
        let limit = owner.post(&format!("{here}/usage-limits"), limit).await.expect(201).at("/id").to_owned();
        let provider = json!({"name": "Corp", "issuer": "https://127.0.0.1:1", "client_id": "app"});
        let connection = owner.post(&format!("{here}/sso-connections"), provider.clone()).await.expect(201);
        let connection = connection.at("/id").to_owned();
        let connection_of_all = owner.post("/sso-connections", provider).await.expect(201).at("/id").to_owned();
        let claim = json!({"domain": "claimed.test", "verify_by": "mail"});
        let domain = owner.post(&format!("{here}/domains"), claim).await.expect(201).at("/id").to_owned();
        let mail = test.mails_to("postmaster@claimed.test").await.pop().expect("a mail");
        let code = mail.word_after("this code: ");
        owner.post("/tenants", json!({"name": "Big", "slug": "big"})).await.expect(201);
        // Somebody else runs it too, so that whoever made it may go.
        let another = json!({"email": "entered@acme.test", "role": "owner"});
        owner.post("/tenants/big/members", another).await.expect(201);
        let somebody = json!({"email": "somebody@acme.test"});
        let person = owner.post("/tenants/big/members", somebody).await.expect(201).at("/id").to_owned();
        let of_tenant = json!({"type": "workspace", "name": "Shared", "organizations": ["*"]});
        let of_tenant = owner.post("/tenants/big/resources", of_tenant).await.expect(201).at("/id").to_owned();
        let own = json!({"name": "Reviewer", "applies_to": "project", "permissions": ["project.read"]});
        let role = owner.post(&format!("{here}/roles"), own).await.expect(201).at("/id").to_owned();
        let (invitation, secret) = (invited.id, invited.secret);
        let link = owner.post(&format!("{here}/invite-links"), json!({})).await.expect(201).at("/id").to_owned();
        let begun = owner.send("POST", "/me/factors/totp", None, &[]).await.expect(201);
        let (factor, app) = (begun.at("/id").to_owned(), begun.at("/secret").to_owned());
        Self {
            test,
            owner,
            people,
            waiting,
            deactivated,
            removed,
            invitation,
            token,
            account,
            service_token,
            key,
            scim_token,
            group,
            resource,
            grant,
            share_link,
            entered,
            limit,
            connection,
            connection_of_all,
            domain,
            code,
            person,
            of_tenant,
            role,
            reset,
            proof,
            secret,
            link,
            factor,
            app,
        }
    }

    /// The path of an operation with its parameters filled in.
    pub async fn path(&mut self, operation: &Operation) -> String {
        // A holder of the top role, whom nobody at a wall is themself.
        let other = &self.people[0].1.member;
        let member = match operation.id.as_str() {
            "approve_member" | "reject_member" => &self.waiting.member,
            "reactivate_member" => &self.deactivated.member,
            "restore_member" => &self.removed.member,
            "remove_group_member" => &self.people[2].1.member,
            "change_tenant_member_role" | "remove_tenant_member" => &self.person,
            "remove_resource_person" => &self.entered.member,
            _ => other,
        };
        let organization = match operation.id.as_str() {
            "ask_to_join" => "north",
            "withdraw_join_request" => "south",
            _ => "acme",
        };
        let mut path = operation.path.replace("{org}", organization);
        let connection = if operation.id.contains("installation") { &self.connection_of_all } else { &self.connection };
        let resource = if path.contains("{tenant}") { &self.of_tenant } else { &self.resource };
        let token = if path.contains("{account}") { &self.service_token } else { &self.token };
        for (name, value) in [
            ("{tenant}", "big"),
            ("{member}", member),
            ("{invitation}", &self.invitation),
            ("{role}", &self.role),
            ("{token}", token),
            ("{account}", &self.account),
            ("{key}", &self.key),
            ("{scim_token}", &self.scim_token),
            ("{group}", &self.group),
            ("{resource}", resource),
            ("{link}", &self.link),
            ("{factor}", &self.factor),
            ("{grant}", &self.grant),
            ("{limit}", &self.limit),
            ("{connection}", connection),
            ("{domain}", &self.domain),
            ("{share_link}", &self.share_link),
        ] {
            path = path.replace(name, value);
        }
        if operation.id == "get_usage" {
            path.push_str("?unit=tokens");
        }
        if path.contains("{session}") {
            let sessions = self.owner.get("/me/sessions").await.expect(200);
            path = path.replace("{session}", sessions.at("/items/0/id"));
        }
        assert!(!path.contains('{'), "`{path}` has a parameter that this table does not know");
        path
    }

    /// A body with which the owner succeeds.
    pub fn body(&self, operation: &Operation) -> Option<Value> {
        Some(match operation.id.as_str() {
            "sign_in" => json!({"email": "owner@acme.test", "password": PASSWORD}),
            "sign_up" => {
                json!({"email": "new@b.test", "name": "New", "password": PASSWORD, "organization": "acme"})
            }
            "accept_invitation" => json!({"token": self.secret, "name": "Next", "password": PASSWORD}),
            "step_up" => json!({"password": PASSWORD}),
            "confirm_totp" => {
                json!({"code": authenticator::code(&self.app, self.test.app.now().micros() / 1_000_000)})
            }
            "rename_factor" => json!({"name": "Phone"}),
            "add_passkey" => json!({"ceremony": "x", "credential": {}}),
            "sign_in_with_passkey" => json!({"ceremony": "x", "credential": {}}),
            "introspect" => json!({"token": "gld_pat_x", "organization": "acme"}),
            "edit_me" => json!({"name": "Olivia", "handle": "olivia", "email": "olivia@acme.test"}),
            "delete_me" => json!({"confirm": "owner@acme.test", "password": PASSWORD}),
            "change_password" => json!({"current": PASSWORD, "password": "a better password"}),
            "forgot_password" => json!({"email": "owner@acme.test"}),
            "reset_password" => json!({"token": self.reset, "password": "a better password"}),
            "verify_email" => json!({"token": self.proof}),
            "create_token" => json!({"name": "t", "organization": "acme"}),
            "edit_my_token" | "edit_service_token" => json!({"name": "other", "active": false}),
            "create_service_account" => json!({"name": "new", "role": "member"}),
            "edit_service_account" => json!({"description": "ships", "role": "guest"}),
            "delete_service_account" => json!({"confirm": "bot"}),
            "rotate_service_token" => json!({"overlap_s": 60}),
            "create_scim_token" | "rename_scim_token" => json!({"name": "Okta"}),
            "create_deploy_key" => json!({"name": "new"}),
            "create_organization" => json!({"name": "Beta"}),
            "rename_organization" => json!({"name": "Acme 2"}),
            "delete_organization" => json!({"confirm": "acme"}),
            "change_policy" => json!({"invite.ttl_s": 3600, "approval.mode": "off"}),
            "import" => json!({"items": [{"kind": "group", "name": "Imported"}]}),
            "apply_preset" => json!({"preset": "standard"}),
            "change_member_role" => json!({"role": "admin"}),
            "edit_invitation" => {
                json!({"role": "guest", "groups": [self.group], "resources": [{"resource": self.resource, "role": "viewer"}]})
            }
            "refuse_invitation" => json!({"token": self.secret}),
            "invite" => json!({"invitations": [{"email": "new@b.test"}, {"email": "bad"}], "deliver": "email"}),
            "create_invite_link" => json!({"role": "member", "expires_in_s": 3600, "uses": 3}),
            "create_role" => json!({"name": "Auditor", "permissions": ["audit.read"]}),
            "edit_role" => json!({"permissions": ["project.read", "project.edit"]}),
            "create_group" => json!({"name": "New"}),
            "edit_group" => json!({"name": "Operations"}),
            "put_group_member" => json!({"manager": true}),
            "create_resource" => json!({"type": "workspace", "name": "New", "external_id": "new"}),
            "edit_resource" => json!({"name": "Plans", "controlled": true}),
            "create_grant" => {
                json!({"subject": {"type": "member", "id": self.people[3].1.member}, "permission": "workspace.read"})
            }
            "edit_grant" => json!({"role": "editor"}),
            "create_share_link" => json!({"permission": "workspace.read"}),
            "access_resources" => json!({"subject": self.people[0].1.member, "permission": "workspace.read"}),
            "access_subjects" => json!({"resource": self.resource, "permission": "workspace.read"}),
            "access_actions" => json!({"subject": self.people[0].1.member, "resource": self.resource}),
            "create_tenant_resource" => json!({"type": "workspace", "name": "Common", "organizations": ["*"]}),
            "edit_tenant_resource" => json!({"name": "Commons", "organizations": []}),
            "transfer_resource" => json!({"to": self.people[1].1.member}),
            "reject_member" => json!({"reason": "unknown"}),
            "check" => json!({"subject": self.people[0].1.member, "permission": "member.list"}),
            "check_batch" => {
                json!({"checks": [{"subject": self.people[0].1.member, "permission": "member.list"}]})
            }
            "create_sso_connection" | "create_installation_sso_connection" => {
                json!({"name": "New", "issuer": "https://id.example.org", "client_id": "app", "client_secret": "s"})
            }
            "edit_sso_connection" | "edit_installation_sso_connection" => json!({"name": "Corp 2", "position": 2}),
            "claim_domain" => json!({"domain": "other.test", "verify_by": "dns"}),
            "verify_domain" => json!({"code": self.code}),
            "create_tenant" => json!({"name": "Bigger"}),
            "rename_tenant" => json!({"name": "Bigger"}),
            "change_tenant_settings" => json!({"trusted_domains": ["acme.test"]}),
            "add_tenant_member" => json!({"email": "more@acme.test"}),
            "change_tenant_member_role" => json!({"role": "owner"}),
            "add_member" => json!({"handle": "olive"}),
            "edit_account" => json!({"plan": "Team", "billing_contacts": ["pay@acme.test"]}),
            "create_usage_limit" => {
                json!({"scope": {"type": "organization"}, "unit": "tokens", "budget": 9, "period_s": 60})
            }
            "edit_usage_limit" => json!({"budget": 10}),
            "report_usage" => json!({"subject": self.people[0].1.member, "unit": "tokens", "amount": 1}),
            "check_usage" => json!({"subject": self.people[0].1.member, "unit": "tokens"}),
            "set_up" => {
                json!({"token": "x", "organization": "X", "email": "x@x.test", "name": "X", "password": PASSWORD})
            }
            _ => return None,
        })
    }
}
