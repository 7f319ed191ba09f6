//! An organization with people in it, as the tests of the administrator's pages find it.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::browser::Browser;
use guildhall_testkit::{Caller, Engine, TestApp};
use serde_json::json;

/// The roles of the preset, the highest first.
pub const ROLES: [&str; 5] = ["owner", "admin", "contributor", "viewer", "viewer_no_secrets"];

/// An organization and its owner at a browser.
pub struct House {
    pub test: TestApp,
    pub owner: Browser,
    pub token: String,
}

impl House {
    pub async fn open(engine: Engine) -> Self {
        let test = TestApp::start(engine).await;
        let first = test.init("cloudtruth").await;
        let mut owner = test.browser();
        owner.sign_in(&first.email, PASSWORD).await;
        Self { owner, token: first.token, test }
    }

    /// The API with the owner's token.
    pub fn api(&self) -> Caller {
        self.test.with_token(&self.token)
    }

    /// Invites somebody by a link and gives the invitation's id and the secret.
    pub async fn invite(&self, email: &str, role: &str) -> (String, String) {
        let wanted = json!({"invitations": [{"email": email, "role": role}], "deliver": "link"});
        let made = self.api().post("/organizations/acme/invitations", wanted).await.expect(200);
        let secret = made.at("/invitations/0/link").rsplit('/').next().unwrap_or_default().to_owned();
        (made.at("/invitations/0/invitation/id").to_owned(), secret)
    }

    /// Somebody who came in; gives the membership.
    pub async fn join(&self, email: &str, name: &str, role: &str) -> String {
        let (_, secret) = self.invite(email, role).await;
        let answer = json!({"token": secret, "name": name, "password": PASSWORD});
        let came = self.test.anybody().post("/invitations/accept", answer).await.expect(200);
        came.at("/membership/id").to_owned()
    }

    /// The same at a browser.
    pub async fn join_at_browser(&self, email: &str, role: &str) -> (String, Browser) {
        let member = self.join(email, email, role).await;
        let mut browser = self.test.browser();
        browser.sign_in(email, PASSWORD).await;
        (member, browser)
    }

    /// Ends the test: whatever mail it caused is sent.
    pub async fn close(self) {
        self.test.deliver().await;
        self.test.stop().await;
    }
}

/// The part of the list of users that is about one of them: from their address to the end of the row.
pub fn row_of<'a>(browser: &'a Browser, email: &str) -> &'a str {
    let rows = browser.html.split("<tr role=\"row\"").skip(2);
    let mut found = rows.filter(|row| row.contains(email));
    found.next().unwrap_or_else(|| panic!("no row of {email} in {}", browser.html))
}

/// Whether the list has somebody.
pub fn lists(browser: &Browser, email: &str) -> bool {
    browser.html.split("<tr role=\"row\"").skip(2).any(|row| row.contains(email))
}
