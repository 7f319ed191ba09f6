//! People in whatever state a test needs them, made through the API as real ones are. Fails the
//! test when a step is refused; what is refused is for the tests themselves to ask.

use serde_json::{Value, json};

use crate::app::PASSWORD;
use crate::{Caller, Engine, TestApp};

/// A member with their browser.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their browser, signed in.
    pub caller: Caller,
    /// `mem_…`
    pub member: String,
    /// `usr_…`
    pub user: String,
    /// Their address; the password is [`PASSWORD`].
    pub email: String,
}

/// A waiting invitation.
#[derive(Clone, Debug)]
pub struct Invited {
    /// `inv_…`
    pub id: String,
    /// `mem_…` of the membership that waits.
    pub member: String,
    /// The secret of its link.
    pub secret: String,
}

/// The part of an address before `@` as a name: `ann.lee@…` is `Ann.lee`.
fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let mut letters = local.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl TestApp {
    /// The program with one organization `acme`, and its owner with the token made at `init`.
    pub async fn house(engine: Engine, preset: &str) -> (Self, Caller) {
        let test = Self::start(engine).await;
        let owner = test.init(preset).await;
        crate::memory::warm(&test.app, "acme").await;
        let caller = test.with_token(&owner.token);
        (test, caller)
    }

    /// Invites somebody by mail and catches the mail.
    pub async fn invite(&self, by: &mut Caller, organization: &str, email: &str, role: &str) -> Invited {
        let path = format!("/organizations/{organization}/invitations");
        let body = json!({"invitations": [{"email": email, "role": role}], "deliver": "email"});
        let mut made = by.post(&path, body).await.expect(200);
        if made.at("/invitations/0/code") == "invitation.names_required" {
            let name = format!("{} Example", name_of(email));
            let body = json!({"invitations": [{"email": email, "role": role, "name": name}], "deliver": "email"});
            made = by.post(&path, body).await.expect(200);
        }
        assert_eq!(made.at("/invitations/0/status"), "created", "{}", made.text);
        let mail = self.mails_to(email).await.pop().expect("a mail");
        Invited {
            id: made.at("/invitations/0/invitation/id").to_owned(),
            member: made.at("/invitations/0/invitation/member").to_owned(),
            secret: mail.secret("/invite/"),
        }
    }

    /// Invites somebody new, who signs up with the mailed link.
    pub async fn join(&self, by: &mut Caller, organization: &str, email: &str, role: &str) -> Person {
        let invited = self.invite(by, organization, email, role).await;
        let mut caller = self.anybody();
        let body = json!({"token": invited.secret, "name": name_of(email), "password": PASSWORD});
        let came = caller.post("/invitations/accept", body).await.expect(200);
        Person {
            caller,
            member: came.at("/membership/id").to_owned(),
            user: came.at("/membership/identity/id").to_owned(),
            email: email.to_owned(),
        }
    }

    /// Invites somebody who has an account; they accept signed in. Answers the new membership.
    pub async fn join_too(&self, by: &mut Caller, organization: &str, person: &mut Person, role: &str) -> String {
        let invited = self.invite(by, organization, &person.email, role).await;
        let came = person.caller.post("/invitations/accept", json!({"token": invited.secret})).await.expect(200);
        came.at("/membership/id").to_owned()
    }

    /// A new browser of somebody.
    pub async fn sign_in(&self, email: &str) -> Caller {
        let mut caller = self.anybody();
        caller.post("/session", json!({"email": email, "password": PASSWORD})).await.expect(200);
        caller
    }

    /// A token that `by` makes, as the caller that uses it, and its id.
    pub async fn mint(&self, by: &mut Caller, organization: &str, scopes: Option<&[&str]>) -> (Caller, String) {
        let mut body = json!({"name": "a token", "organization": organization});
        if let Some(scopes) = scopes {
            body["scopes"] = json!(scopes);
        }
        let made = by.post("/me/tokens", body).await.expect(201);
        (self.with_token(made.at("/token")), made.at("/id").to_owned())
    }

    /// A further organization of `by`.
    pub async fn found(&self, by: &mut Caller, slug: &str, preset: &str) {
        let body = json!({"name": name_of(slug), "slug": slug, "preset": preset});
        by.post("/organizations", body).await.expect(201);
    }

    /// Asks whether a subject may.
    pub async fn allowed(&self, by: &mut Caller, organization: &str, subject: &str, permission: &str) -> bool {
        let body = json!({"subject": subject, "permission": permission});
        let answer = by.post(&format!("/organizations/{organization}/check"), body).await.expect(200);
        answer.body["allowed"].as_bool().expect("an answer")
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, by: &mut Caller, path: &str) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = by.get(&format!("{path}{joint}limit=100{after}")).await.expect(200);
            items.extend(page.body["items"].as_array().expect("items").clone());
            match page.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }
}
