//! One's own account, and tokens: one's own and, for administrators, all of the organization's.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Choice, Input, Pager, Person, Select, Shell, Time, Words};

/// One open session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Browser and system, as far as they tell.
    pub device: String,
    /// The network address it was last used from.
    pub address: String,
    /// When it began.
    pub started: Time,
    /// When it was last used.
    pub last_used: Time,
    /// Whether it is this one.
    pub current: bool,
    /// Ends it.
    pub end: Action,
}

/// One token, without its secret.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its name.
    pub name: String,
    /// Kind and last four characters, such as `gld_pat_…x7Kq`.
    pub tail: String,
    /// Who holds it; empty on a page about that person.
    pub holder: String,
    /// What it may do; none means everything its holder may.
    pub scopes: Vec<String>,
    /// `Active`, `Expired` …
    pub state: Chip,
    /// When it was made.
    pub created: Time,
    /// When it ends; `None` for never.
    pub expires: Option<Time>,
    /// When it was last used; `None` for never.
    pub last_used: Option<Time>,
    /// Revokes it, offered or refused.
    pub revoke: Action,
}

/// `GET /{org}/me`
#[derive(Clone, Debug, Template)]
#[template(path = "account/me.html")]
pub struct MePage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The address of the page; the profile posts there, the rest below it.
    pub href: String,
    /// `name`
    pub name: Input,
    /// `handle`
    pub handle: Input,
    /// `email`, posted to `{href}/email`.
    pub email: Input,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// An address that waits to be verified; `None` for none.
    pub email_waiting: Option<String>,
    /// `current_password`, posted with `password` to `{href}/password`.
    pub current_password: Input,
    /// `password`
    pub password: Input,
    /// The rule for passwords, in a sentence.
    pub password_hint: String,
    /// What one signs in with, in a sentence.
    pub security: String,
    /// Open sessions, this one first.
    pub sessions: Vec<SessionRow>,
    /// Ends all but this one.
    pub end_others: Action,
    /// Personal tokens for this organization.
    pub tokens: Vec<TokenRow>,
    /// Makes one, offered or refused.
    pub new_token: Action,
    /// Where the reader belongs, this organization among them.
    pub organizations: Vec<Person>,
    /// Leaves the organization, offered or refused.
    pub leave: Action,
    /// Deletes the account, offered or refused.
    pub delete: Action,
}

/// Scopes that belong together.
#[derive(Clone, Debug, Default)]
pub struct ScopeGroup {
    /// Such as `Members`.
    pub label: String,
    /// `scopes`, several.
    pub scopes: Vec<Choice>,
}

/// `GET /{org}/me/tokens/new`; the form posts to `/{org}/me/tokens`.
#[derive(Clone, Debug, Template)]
#[template(path = "account/new_token.html")]
pub struct NewTokenPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Where the form posts.
    pub action: String,
    /// Back.
    pub cancel_href: String,
    /// `name`
    pub name: Input,
    /// `expires_in_s`, an empty value meaning never.
    pub expiry: Select,
    /// The scopes this reader may give; none chosen means everything the reader may.
    pub groups: Vec<ScopeGroup>,
    /// What is wrong with the scopes.
    pub scopes_error: Option<String>,
}

/// The answer to making a token: the only page that ever shows it.
#[derive(Clone, Debug, Template)]
#[template(path = "account/token_created.html")]
pub struct TokenCreatedPage {
    /// Surroundings.
    pub page: Shell,
    /// Its name.
    pub name: String,
    /// The secret.
    pub token: String,
    /// When it ends; `None` for never.
    pub expires: Option<Time>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it means that no scopes are named; empty where there are none to name.
    pub all: &'static str,
    /// Back to one's account.
    pub back_href: String,
}

/// `GET /{org}/admin/tokens`
#[derive(Clone, Debug, Template)]
#[template(path = "account/tokens.html")]
pub struct TokensPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Every token that works in this organization.
    pub tokens: Vec<TokenRow>,
    /// Where one is in the list.
    pub pager: Pager,
}
