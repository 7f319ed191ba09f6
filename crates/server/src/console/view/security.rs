//! How one signs in: second factors, backup codes, and proving oneself once more. No organization stands around these
//! pages: whoever lacks the factor that theirs asks for is in none.

use askama::Template;

use super::{Action, Input, Plain, Time};

/// One second factor.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// What its owner calls it.
    pub name: String,
    /// `Authenticator app` or `Passkey`.
    pub kind: String,
    /// When it was made.
    pub created: Time,
    /// When it last opened something.
    pub last_used: Option<Time>,
    /// Where its new name is posted.
    pub rename_href: String,
    /// Removes it.
    pub remove: Action,
}

/// `GET /account/security`
#[derive(Clone, Debug, Template)]
#[template(path = "account/security.html")]
pub struct SecurityPage {
    /// Surroundings.
    pub page: Plain,
    /// The reader's address.
    pub email: String,
    /// Back to where one was.
    pub back_href: String,
    /// Names of organizations that ask for a second factor which this session lacks.
    pub asked_by: Vec<String>,
    /// Whether giving a code of a factor there is would do.
    pub prove_href: Option<String>,
    /// What is wrong.
    pub problem: Option<String>,
    /// Those in force.
    pub factors: Vec<FactorRow>,
    /// Whether there is an authenticator app in force.
    pub has_app: bool,
    /// Whether passkeys are to be had here.
    pub passkeys: bool,
    /// Backup codes left.
    pub codes_left: u64,
}

/// The answer to `POST /account/security/app`: the secret, shown once.
#[derive(Clone, Debug, Template)]
#[template(path = "account/app.html")]
pub struct AppPage {
    /// Surroundings.
    pub page: Plain,
    /// The secret in groups of four.
    pub secret: String,
    /// The QR code: how many squares a side has.
    pub size: usize,
    /// The QR code: the dark squares as an SVG path.
    pub path: String,
    /// `code`
    pub code: Input,
}

/// Backup codes, shown once.
#[derive(Clone, Debug, Template)]
#[template(path = "account/codes.html")]
pub struct CodesPage {
    /// Surroundings.
    pub page: Plain,
    /// What has just been put into force; empty for new codes alone.
    pub added: String,
    /// The codes.
    pub codes: Vec<String>,
}

/// Asks who it is, then goes on with what was sent.
#[derive(Clone, Debug, Template)]
#[template(path = "account/step_up.html")]
pub struct StepUpPage {
    /// Surroundings.
    pub page: Plain,
    /// The reader's address.
    pub email: String,
    /// Where the form posts, with what comes next behind the `?`.
    pub action: String,
    /// What was sent, to be sent again.
    pub fields: Vec<(String, String)>,
    /// Why it did not work.
    pub problem: Option<String>,
    /// Whether passkeys are to be had here.
    pub passkeys: bool,
    /// Where one came from.
    pub back_href: String,
}
