//! Single sign-on of an organization: its connections, what they give, and the mail domains it claims.

use askama::Template;

use super::{Action, Chip, Input, Select, Shell};

/// One step of a connection's last test.
#[derive(Clone, Debug)]
pub struct StepLine {
    /// What was tried.
    pub step: String,
    /// `OK` or `Failed`.
    pub state: Chip,
    /// What was found.
    pub detail: String,
}

/// One line of a mapping.
#[derive(Clone, Debug)]
pub struct RuleLine {
    /// The claim and its value.
    pub claim: String,
    /// What it gives.
    pub gives: String,
}

/// One connection.
#[derive(Clone, Debug)]
pub struct ConnectionCard {
    /// Its id, for the form's fields.
    pub id: String,
    /// What people read on its button.
    pub name: String,
    /// The provider.
    pub issuer: String,
    /// `On`, `Off` or `Not tested`.
    pub state: Chip,
    /// What its last test found.
    pub steps: Vec<StepLine>,
    /// What its claims give.
    pub rules: Vec<RuleLine>,
    /// Testing it, switching it on or off, deleting it.
    pub actions: Vec<Action>,
}

/// One claimed domain.
#[derive(Clone, Debug)]
pub struct DomainCard {
    /// Its id, for the form's fields.
    pub id: String,
    /// The domain.
    pub domain: String,
    /// `Verified`, `Waits` or `Lost`.
    pub state: Chip,
    /// Name and text of the record to publish; `None` where a mailed code proves it.
    pub record: Option<(String, String)>,
    /// Where the form that verifies it posts.
    pub verify: String,
    /// Giving it up.
    pub release: Action,
}

/// `GET /{org}/admin/sso`
#[derive(Clone, Debug, Template)]
#[template(path = "people/sso.html")]
pub struct SsoPage {
    /// Surroundings.
    pub page: Shell,
    /// To be entered at the provider.
    pub redirect_uri: String,
    /// To be entered at the provider.
    pub logout_uri: String,
    /// The connections, newest first.
    pub connections: Vec<ConnectionCard>,
    /// Why there is no form for a new one.
    pub closed: Option<String>,
    /// Where the form for a new one posts.
    pub connect: String,
    /// `name`
    pub name: Input,
    /// `issuer`
    pub issuer: Input,
    /// `client_id`
    pub client_id: Input,
    /// `role`; no choices, no field.
    pub role: Select,
    /// The domains, newest first.
    pub domains: Vec<DomainCard>,
    /// Where the form for another one posts.
    pub claim: String,
    /// `domain`
    pub domain: Input,
    /// Why something did not work.
    pub problem: Option<String>,
}
