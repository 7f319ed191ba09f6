//! The pages on the way in: set-up, sign-in, a forgotten password, a verified address, sign-up, and
//! the list of one's organizations. They have no organization around them.

use askama::Template;

use super::{Input, Person, Place, Plain, Select};
use crate::config::Demo;

/// What became of a link from a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It may be used.
    Open,
    /// It was used just now, with success.
    Done,
    /// Its time has passed.
    Expired,
    /// It was used before.
    Used,
    /// It is not one of ours, or was replaced by a newer one.
    Unknown,
}

/// `GET /setup`: makes the first organization and its owner.
#[derive(Clone, Debug, Template)]
#[template(path = "access/setup.html")]
pub struct SetupPage {
    /// Surroundings.
    pub page: Plain,
    /// The single-use secret of the set-up address; sent as `token`. Empty where nobody has opened that address yet.
    pub token: String,
    /// Whether the secret may be used; anything but `Open` shows what to do instead of the form.
    pub state: LinkState,
    /// `organization_name`
    pub organization_name: Input,
    /// `slug`, empty for one made from the name.
    pub slug: Input,
    /// `preset`, with a sentence each.
    pub preset: Select,
    /// `name`
    pub name: Input,
    /// `email`
    pub email: Input,
    /// `password`; its value stays empty.
    pub password: Input,
    /// The rule for passwords, in a sentence.
    pub password_hint: String,
}

/// How far somebody is with signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// The address.
    Address,
    /// The password, or another way.
    Password,
    /// The code of a second factor.
    Code,
}

/// `GET /sign-in`, and its second and third step. What is shown does not depend on whether the address has an account.
#[derive(Clone, Debug, Template)]
#[template(path = "access/sign_in.html")]
pub struct SignInPage {
    /// Surroundings.
    pub page: Plain,
    /// Which step.
    pub step: SignInStep,
    /// `email`
    pub email: Input,
    /// Where to go afterwards, a path of this site; sent as `next`.
    pub next: String,
    /// Why it did not work; says the same for a wrong address and a wrong password.
    pub problem: Option<String>,
    /// Whether passkeys are to be had here.
    pub passkeys: bool,
    /// Ways in by the mail domain of the address, such as the organization's own sign-on.
    pub other_ways: Vec<Place>,
    /// Address of the sign-up page, when people may join by themselves.
    pub sign_up_href: Option<String>,
    /// In a demo, whom one may be.
    pub demo: Option<Demo>,
}

/// `GET /password/forgot`: asks for a mail with a link to a new password.
#[derive(Clone, Debug, Template)]
#[template(path = "access/forgot.html")]
pub struct ForgotPage {
    /// Surroundings.
    pub page: Plain,
    /// `email`
    pub email: Input,
    /// Whether it was asked; the answer is the same for every address.
    pub sent: bool,
}

/// `GET /password/reset/{token}`: sets a new password.
#[derive(Clone, Debug, Template)]
#[template(path = "access/reset.html")]
pub struct ResetPage {
    /// Surroundings.
    pub page: Plain,
    /// The secret of the link; the form posts to `/password/reset/{token}`.
    pub token: String,
    /// The address it was mailed to; empty when the link is not known.
    pub email: String,
    /// Whether it may be used.
    pub state: LinkState,
    /// `password`; its value stays empty.
    pub password: Input,
    /// The rule for passwords, in a sentence.
    pub password_hint: String,
}

/// `GET /email/verify/{token}`: asks (so that a mail scanner's visit verifies nothing), then says it is done.
#[derive(Clone, Debug, Template)]
#[template(path = "access/verify.html")]
pub struct VerifyPage {
    /// Surroundings.
    pub page: Plain,
    /// The secret of the link; the form posts to `/email/verify/{token}`.
    pub token: String,
    /// The address to be verified; empty when the link is not known.
    pub email: String,
    /// What became of the link.
    pub state: LinkState,
}

/// `GET /sign-up`, where the preset lets people join by themselves.
#[derive(Clone, Debug, Template)]
#[template(path = "access/sign_up.html")]
pub struct SignUpPage {
    /// Surroundings.
    pub page: Plain,
    /// What they join; `None` when they join nothing yet.
    pub organization_name: Option<String>,
    /// Slug of it, sent as `organization`; empty for none.
    pub organization: String,
    /// `name`
    pub name: Input,
    /// `email`
    pub email: Input,
    /// `password`; its value stays empty.
    pub password: Input,
    /// The rule for passwords, in a sentence.
    pub password_hint: String,
    /// Why it did not work.
    pub problem: Option<String>,
}

/// `GET /organizations` (and `/` for somebody signed in): where the reader belongs.
#[derive(Clone, Debug, Template)]
#[template(path = "access/organizations.html")]
pub struct OrganizationsPage {
    /// Surroundings.
    pub page: Plain,
    /// The reader's address.
    pub email: String,
    /// One line each: name, slug (as `email`), address of the users page, role (as a label).
    pub places: Vec<Person>,
    /// Address of the page that makes one more, when the reader may.
    pub create_href: Option<String>,
    /// A sentence for each organization that turned the reader away lately.
    pub turned_away: Vec<String>,
}

/// `GET /organizations/new`
#[derive(Clone, Debug, Template)]
#[template(path = "access/new_organization.html")]
pub struct NewOrganizationPage {
    /// Surroundings.
    pub page: Plain,
    /// `name`
    pub name: Input,
    /// `slug`, empty for one made from the name.
    pub slug: Input,
    /// `preset`, with a sentence each.
    pub preset: Select,
}

/// `GET /{org}` for somebody who came in and waits for an administrator.
#[derive(Clone, Debug, Template)]
#[template(path = "access/waiting.html")]
pub struct WaitingPage {
    /// Surroundings.
    pub page: Plain,
    /// What they wait to join.
    pub organization_name: String,
    /// Its short name.
    pub slug: String,
    /// Whether they only asked, and may take it back.
    pub asked: bool,
    /// The reader's address.
    pub email: String,
}
