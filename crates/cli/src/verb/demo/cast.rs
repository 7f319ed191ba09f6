//! The made-up organizations and how each comes to life through the API. Does not know the database.

use std::net::SocketAddr;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::remote::unreachable_server;

const SCENES: &str = include_str!("scenes.toml");

/// One organization.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scene {
    pub(super) preset: String,
    pub(super) name: String,
    pub(super) slug: String,
    owner: (String, String),
    /// The name of the tenant it belongs to: then its people are taken into that and added directly.
    pub(super) tenant: Option<String>,
    /// Who, their name, their role: members from the start.
    #[serde(default)]
    people: Vec<Person>,
    #[serde(default)]
    invited: Vec<Person>,
    /// Those who came in once approvals were on.
    #[serde(default)]
    waiting: Vec<Person>,
    #[serde(default)]
    deactivated: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
    /// How many invite links there are.
    #[serde(default)]
    links: u32,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    resources: Vec<Resource>,
    /// Service accounts with their role, each with a token.
    #[serde(default)]
    programs: Vec<(String, String)>,
    /// Names of the owner's own tokens.
    #[serde(default)]
    tokens: Vec<String>,
    /// Whose role was changed, and to what.
    #[serde(default)]
    promoted: Vec<(String, String)>,
    /// Unit, budget and period in seconds of usage limits of the whole organization.
    #[serde(default)]
    limits: Vec<(String, u64, u64)>,
}

type Person = (String, String, String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    members: Vec<String>,
    manager: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    r#type: String,
    id: String,
    name: String,
    parent: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    controlled: bool,
    /// Group and role.
    #[serde(default)]
    groups: Vec<(String, String)>,
    /// Member and role.
    #[serde(default)]
    members: Vec<(String, String)>,
}

impl Scene {
    fn email(&self, who: &str) -> String {
        if who.contains('@') { who.to_owned() } else { format!("{who}@{}.example", self.slug) }
    }

    /// The owner's address and name.
    pub(super) fn owner(&self) -> (String, String) {
        (self.email(&self.owner.0), self.owner.1.clone())
    }
}

/// The organizations of the demo.
pub(super) fn scenes() -> Result<Vec<Scene>, Failure> {
    #[derive(Deserialize)]
    struct All {
        organization: Vec<Scene>,
    }
    let all: Result<All, _> = toml::from_str(SCENES);
    all.map(|all| all.organization).map_err(|error| Failure::failed(error.to_string(), "please report this"))
}

/// The API of this very process, with an owner's token.
pub(super) struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Api {
    pub(super) fn new(bound: SocketAddr, token: String) -> Result<Self, Failure> {
        // Fails only when another provider was installed before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().map_err(|error| unreachable_server(&error))?;
        Ok(Self { client, base: format!("http://{bound}/api/v1"), token })
    }

    async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> Result<Value, Failure> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| unreachable_server(&error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| unreachable_server(&error))?;
        if !status.is_success() {
            return Err(Failure::failed(format!("{method} {path}: {status}: {text}"), "please report this"));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(method, path, Some(&self.token), body).await
    }

    async fn anybody(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, None, body).await
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Everything that happens in one organization.
pub(super) async fn play(api: &Api, scene: &Scene, password: &str) -> Result<(), Failure> {
    let mut stage = Stage { api, scene, password, members: Vec::new(), groups: Vec::new() };
    if let Some(tenant) = &scene.tenant {
        stage.found_below(tenant).await?;
    }
    stage.people().await?;
    stage.places().await?;
    stage.credentials().await?;
    stage.ends().await
}

struct Stage<'a> {
    api: &'a Api,
    scene: &'a Scene,
    password: &'a str,
    /// Who, and their membership.
    members: Vec<(String, String)>,
    /// Name and id.
    groups: Vec<(String, String)>,
}

fn found<'a>(list: &'a [(String, String)], name: &str) -> Result<&'a str, Failure> {
    let entry = list.iter().find(|(known, _)| known == name).map(|(_, id)| id.as_str());
    entry.ok_or_else(|| Failure::failed(format!("nobody knows `{name}`"), "please report this"))
}

impl Stage<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/organizations/{}{rest}", self.scene.slug)
    }

    /// Invites somebody; answers the secret of the link.
    async fn invite(&self, person: &Person) -> Result<String, Failure> {
        let (who, name, role) = person;
        let one = json!({"email": self.scene.email(who), "name": name, "role": role});
        let body = json!({"invitations": [one], "deliver": "link"});
        let made = self.api.ask(Method::POST, &self.path("/invitations"), body).await?;
        let link = text(&made, "/invitations/0/link");
        if link.is_empty() {
            return Err(Failure::failed(format!("`{who}` was not invited: {made}"), "please report this"));
        }
        Ok(link.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Makes the tenant and the organization in it.
    async fn found_below(&self, tenant: &str) -> Result<(), Failure> {
        let above = json!({"name": tenant, "slug": self.tenant()});
        self.api.ask(Method::POST, "/tenants", above).await?;
        let Scene { name, slug, preset, .. } = self.scene;
        let organization = json!({"name": name, "slug": slug, "preset": preset, "tenant": self.tenant()});
        self.api.ask(Method::POST, "/organizations", organization).await.map(drop)
    }

    /// The tenant's slug.
    fn tenant(&self) -> String {
        format!("{}-tenant", self.scene.slug)
    }

    /// Takes somebody who has an account into the tenant and from there into the organization.
    async fn add(&mut self, person: &Person) -> Result<(), Failure> {
        let email = self.scene.email(&person.0);
        let above = format!("/tenants/{}/members", self.tenant());
        self.api.ask(Method::POST, &above, json!({"email": email})).await?;
        let body = json!({"email": email, "role": person.2});
        let added = self.api.ask(Method::POST, &self.path("/members"), body).await?;
        self.members.push((person.0.clone(), text(&added, "/id")));
        Ok(())
    }

    async fn join(&mut self, person: &Person) -> Result<(), Failure> {
        if self.scene.tenant.is_some() {
            return self.add(person).await;
        }
        let secret = self.invite(person).await?;
        let body = json!({"token": secret, "name": person.1, "password": self.password});
        let came = self.api.anybody("/invitations/accept", body).await?;
        self.members.push((person.0.clone(), text(&came, "/membership/id")));
        Ok(())
    }

    async fn people(&mut self) -> Result<(), Failure> {
        let me = self.api.ask(Method::GET, "/me", Value::Null).await?;
        self.members.push((self.scene.owner.0.clone(), text(&me, "/memberships/0/membership/id")));
        for person in &self.scene.people {
            self.join(person).await?;
        }
        for person in &self.scene.invited {
            self.invite(person).await?;
        }
        if !self.scene.waiting.is_empty() {
            let body = json!({"approval.mode": "all"});
            self.api.ask(Method::PATCH, &self.path("/policy"), body).await?;
        }
        for person in &self.scene.waiting {
            self.join(person).await?;
        }
        for _ in 0..self.scene.links {
            self.api.ask(Method::POST, &self.path("/invite-links"), json!({})).await?;
        }
        Ok(())
    }

    async fn places(&mut self) -> Result<(), Failure> {
        for group in &self.scene.groups {
            let made = self.api.ask(Method::POST, &self.path("/groups"), json!({"name": group.name})).await?;
            let id = text(&made, "/id");
            for who in &group.members {
                let seat = self.path(&format!("/groups/{id}/members/{}", found(&self.members, who)?));
                let manager = group.manager.as_ref() == Some(who);
                self.api.ask(Method::PUT, &seat, json!({"manager": manager})).await?;
            }
            self.groups.push((group.name.clone(), id));
        }
        for resource in &self.scene.resources {
            self.place(resource).await?;
        }
        Ok(())
    }

    async fn place(&self, resource: &Resource) -> Result<(), Failure> {
        let mut body = json!({"type": resource.r#type, "external_id": resource.id, "name": resource.name});
        if let Some(fields) = body.as_object_mut() {
            let parent = resource.parent.as_ref().map(|parent| ("parent".to_owned(), json!(parent)));
            fields.extend(parent);
            if let Some(who) = &resource.owner {
                fields.insert("owner".to_owned(), json!(found(&self.members, who)?));
            }
            if resource.controlled {
                fields.insert("controlled".to_owned(), json!(true));
            }
        }
        let made = self.api.ask(Method::POST, &self.path("/resources"), body).await?;
        let path = self.path(&format!("/resources/{}/grants", text(&made, "/id")));
        for (kind, given, known) in
            [("group", &resource.groups, &self.groups), ("member", &resource.members, &self.members)]
        {
            for (who, role) in given {
                let subject = json!({"type": kind, "id": found(known, who)?});
                self.api.ask(Method::POST, &path, json!({"subject": subject, "role": role})).await?;
            }
        }
        Ok(())
    }

    async fn credentials(&self) -> Result<(), Failure> {
        for (name, role) in &self.scene.programs {
            let body = json!({"name": name, "role": role});
            let made = self.api.ask(Method::POST, &self.path("/service-accounts"), body).await?;
            let tokens = self.path(&format!("/service-accounts/{}/tokens", text(&made, "/id")));
            self.api.ask(Method::POST, &tokens, json!({"name": "in use"})).await?;
        }
        for name in &self.scene.tokens {
            let body = json!({"name": name, "organization": self.scene.slug});
            self.api.ask(Method::POST, "/me/tokens", body).await?;
        }
        for (unit, budget, period_s) in &self.scene.limits {
            let scope = json!({"type": "organization"});
            let body = json!({"scope": scope, "unit": unit, "budget": budget, "period_s": period_s});
            self.api.ask(Method::POST, &self.path("/usage-limits"), body).await?;
        }
        Ok(())
    }

    async fn ends(&self) -> Result<(), Failure> {
        for (who, role) in &self.scene.promoted {
            let path = self.path(&format!("/members/{}", found(&self.members, who)?));
            self.api.ask(Method::PATCH, &path, json!({"role": role})).await?;
        }
        for who in &self.scene.deactivated {
            let path = self.path(&format!("/members/{}/deactivate", found(&self.members, who)?));
            self.api.ask(Method::POST, &path, json!({})).await?;
        }
        for who in &self.scene.removed {
            let path = self.path(&format!("/members/{}", found(&self.members, who)?));
            self.api.ask(Method::DELETE, &path, json!({})).await?;
        }
        Ok(())
    }
}
