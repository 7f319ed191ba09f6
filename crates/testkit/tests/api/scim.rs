//! A directory that talks SCIM to the program: what the tests about it share.

use guildhall_testkit::{Answer, Caller, Engine, TestApp};
use serde_json::{Value, json};

pub const TOKENS: &str = "/organizations/acme/scim-tokens";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A directory with its token.
pub struct Directory {
    pub caller: Caller,
    pub base: String,
}

impl Directory {
    /// The directory of `acme`.
    pub async fn of(test: &TestApp, owner: &mut Caller) -> Self {
        let made = owner.post(TOKENS, json!({"name": "Entra"})).await.expect(201);
        Self { caller: test.with_token(made.at("/token")), base: "/scim/v2/acme".to_owned() }
    }

    pub async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all = headers.to_vec();
        if body.is_some() {
            all.push(("content-type", "application/scim+json"));
        }
        let bytes = body.map(|body| body.to_string().into_bytes());
        self.caller.send_bytes(method, &format!("{}{path}", self.base), bytes, &all).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, operations: Value) -> Answer {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        self.send("PATCH", path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// Takes somebody in: their id.
    pub async fn person(&mut self, email: &str) -> String {
        self.post("/Users", person(email)).await.expect(201).at("/id").to_owned()
    }

    /// Makes a group: its id.
    pub async fn group(&mut self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"displayName": name, "members": members});
        self.post("/Groups", body).await.expect(201).at("/id").to_owned()
    }

    /// The ids a filter finds.
    pub async fn found(&mut self, kind: &str, filter: &str) -> Vec<String> {
        let query: String = form_encode(filter);
        let page = self.get(&format!("/{kind}?filter={query}")).await.expect(200);
        ids(&page)
    }
}

pub fn form_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The ids of a page.
pub fn ids(page: &Answer) -> Vec<String> {
    let all = page.body["Resources"].as_array().expect("Resources");
    all.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

/// A person as a directory sends one.
pub fn person(email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "displayName": email.split('@').next().unwrap_or_default(),
        "active": true,
        "emails": [{"value": email, "type": "work", "primary": true}],
    })
}

/// An organization with its owner and its directory.
pub async fn house(engine: Engine, preset: &str) -> (TestApp, Caller, Directory) {
    let (test, mut owner) = TestApp::house(engine, preset).await;
    let directory = Directory::of(&test, &mut owner).await;
    (test, owner, directory)
}

/// Fails unless it is a refusal in SCIM's form.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, kind: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/scim+json", "{}", answer.text);
    assert_eq!(answer.body["schemas"], json!([ERROR]), "{}", answer.text);
    assert_eq!(answer.at("/status"), status.to_string());
    assert_eq!(answer.body["scimType"].as_str(), kind, "{}", answer.text);
    assert!(!answer.at("/detail").is_empty());
}

/// How many records the trail has.
pub async fn trail(test: &TestApp, owner: &mut Caller) -> usize {
    test.all(owner, "/organizations/acme/audit-events").await.len()
}
