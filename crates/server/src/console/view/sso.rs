//! Single sign-on of an organization: its connections, what they give, and the mail domains it claims.

use askama::Template;

use super::{Action, Chip, Choice, Input, Select, Shell};

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
    /// What it speaks.
    pub kind: &'static str,
    /// What a provider that speaks SAML is told, and what is known of it.
    pub saml: Option<SamlCard>,
    /// What its last test found.
    pub steps: Vec<StepLine>,
    /// How many lines say what its claims give.
    pub rules: usize,
    /// Its own page.
    pub href: String,
    /// Testing it, switching it on or off, deleting it.
    pub actions: Vec<Action>,
}

/// What stands on the card of a connection that speaks SAML.
#[derive(Clone, Debug)]
pub struct SamlCard {
    /// To be entered at the provider.
    pub acs_url: String,
    /// To be entered at the provider.
    pub entity_id: String,
    /// Where the provider signs people in, empty while nothing was entered.
    pub sso_url: String,
    /// Key, end and fingerprint of each certificate.
    pub certificates: Vec<String>,
    /// The certificates, as they may be entered again.
    pub pem: String,
    /// Where the forms that describe the provider post.
    pub describe: String,
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
    /// `saml_name`
    pub saml_name: Input,
    /// `saml_metadata`
    pub saml_metadata: Input,
    /// `just_in_time`
    pub just_in_time: Choice,
    /// `by_mail`
    pub by_mail: Choice,
    /// The domains, newest first.
    pub domains: Vec<DomainCard>,
    /// Where the form for another one posts.
    pub claim: String,
    /// `domain`
    pub domain: Input,
    /// Why something did not work.
    pub problem: Option<String>,
}
