//! Inviting: the two steps, what came of them, one invitation, and the page it opens for the invitee.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Choice, Fact, Input, Person, Plain, Select, Shell, Words};

/// `GET /{org}/admin/invite`, first step: the addresses.
#[derive(Clone, Debug, Template)]
#[template(path = "invite/addresses.html")]
pub struct InviteAddressesPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Where the form posts: `/{org}/admin/invite/roles`.
    pub action: String,
    /// Back to the list of people.
    pub cancel_href: String,
    /// `addresses`: as pasted, separated by commas or new lines.
    pub addresses: Input,
    /// `role` that every address starts with; no choices, no field.
    pub role: Select,
    /// `deliver`: `email` or `link`; no choices, no field.
    pub deliver: Select,
    /// Whether a handle may stand for an address.
    pub by_handle: bool,
    /// `groups.all`, any number; empty where invitations carry none.
    pub groups: Vec<Choice>,
    /// A role in each place that every address starts with; empty where invitations carry none.
    pub places: Vec<PlaceChoice>,
    /// What place is looked for; `None` where all are shown.
    pub place_query: Option<String>,
    /// Where one link for many is made; `None` where there are none.
    pub links_href: Option<String>,
    /// What inviting does to those who would come by themselves; `None` for nothing.
    pub warning: Option<String>,
}

/// The roles somebody may have in one place from the start.
#[derive(Clone, Debug, Default)]
pub struct PlaceChoice {
    /// The name of the field.
    pub key: String,
    /// What the place is called.
    pub label: String,
    /// Its roles, the first choice meaning none.
    pub choices: Vec<Choice>,
}

/// One address in the second step.
#[derive(Clone, Debug, Default)]
pub struct InviteeRow {
    /// Its place in the list, from 0: the `email` and `role` fields of one row share it.
    pub index: usize,
    /// As it was parsed, or as it was typed when it could not be.
    pub email: String,
    /// The name that stood beside the address; empty for none.
    pub name: String,
    /// Why no invitation can be made for it; the row then shows a field to mend it.
    pub problem: Option<String>,
    /// `given` and `family`, where whoever invites gives both.
    pub names: Option<(String, String)>,
    /// `role`, each with the reason when this reader may not give it.
    pub role: Select,
    /// `groups.{index}`.
    pub groups: Vec<Choice>,
    /// A role in each place.
    pub places: Vec<PlaceChoice>,
}

/// `POST /{org}/admin/invite/roles`, second step: a role for each address.
#[derive(Clone, Debug, Template)]
#[template(path = "invite/roles.html")]
pub struct InviteRolesPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Where the form sends them: `/{org}/admin/invite/send`.
    pub send_action: String,
    /// Where `drop` (an index) and `apply_all` (with `all_role`) go: `/{org}/admin/invite/roles`.
    pub again_action: String,
    /// Where the form goes back to the first step with everything in it: `/{org}/admin/invite`.
    pub back_action: String,
    /// `deliver` of the first step, carried along.
    pub deliver: String,
    /// Why nobody was invited, where the policy takes all or nothing.
    pub problem: Option<String>,
    /// The addresses.
    pub rows: Vec<InviteeRow>,
    /// `all_role`: the role for all of them at once.
    pub all_role: Select,
    /// How many rows have a problem.
    pub problems: usize,
}

impl InviteeRow {
    /// How much is chosen beside the role, in a word; empty for nothing.
    #[must_use]
    pub fn carries(&self) -> String {
        let groups = self.groups.iter().filter(|choice| choice.selected).count();
        let set = |place: &&PlaceChoice| place.choices.iter().any(|c| c.selected && !c.value.is_empty());
        match groups + self.places.iter().filter(set).count() {
            0 => String::new(),
            many => format!("{many} chosen"),
        }
    }
}

/// What became of one address.
#[derive(Clone, Debug, Default)]
pub struct SentRow {
    /// The address.
    pub email: String,
    /// The name of its role.
    pub role: String,
    /// `Created`, `Queued`, `Sent`, `Refused` …
    pub state: Chip,
    /// Why it was refused and what to do; empty for none.
    pub detail: String,
    /// The stable code of a refusal; empty for none.
    pub code: String,
    /// The link to hand over personally, where the mail is not the way.
    pub link: Option<String>,
    /// The page of the invitation; empty for none.
    pub href: String,
}

/// The answer to `POST /{org}/admin/invite/send`.
#[derive(Clone, Debug, Template)]
#[template(path = "invite/result.html")]
pub struct InviteResultPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// One line per address, in the order they were given.
    pub rows: Vec<SentRow>,
    /// How many invitations were made.
    pub created: usize,
    /// How many addresses were refused.
    pub refused: usize,
    /// To the list of people.
    pub people_href: String,
    /// To the first step.
    pub again_href: String,
}

/// `GET /{org}/admin/invitations/{inv}`
#[derive(Clone, Debug, Template)]
#[template(path = "invite/invitation.html")]
pub struct InvitationPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The addressee.
    pub person: Person,
    /// `Pending`, `Expired` …
    pub state: Chip,
    /// Role, inviter, created, expires …
    pub facts: Vec<Fact>,
    /// `Queued`, `Sent`, `Failed` …
    pub delivery: Chip,
    /// What the mail server said, or where the mail was written; empty for nothing.
    pub delivery_detail: String,
    /// The link, only right after it was made.
    pub link: Option<String>,
    /// Change role, resend, cancel.
    pub actions: Vec<Action>,
}

/// What the invitee sees.
#[derive(Clone, Debug)]
pub enum AcceptState {
    /// Nobody is signed in: choose name and password, or sign in first. With `bearer` the link names
    /// nobody, so the form asks for the address too.
    NewPerson {
        /// `email`, asked for only with a bearer link.
        email: Input,
        /// `name`
        name: Input,
        /// `password`; its value stays empty.
        password: Input,
        /// The rule for passwords, in a sentence.
        password_hint: String,
        /// See above.
        bearer: bool,
    },
    /// The right person is signed in: one button.
    Ready {
        /// Whose account it is.
        signed_in_as: String,
    },
    /// Somebody else is signed in.
    OtherAccount {
        /// Whose account it is.
        signed_in_as: String,
    },
    /// Nobody is signed in, and the address has an account.
    SignIn,
    /// The right person is signed in and may not join now.
    NotNow {
        /// Why, and what to do.
        why: String,
    },
    /// Its time has passed.
    Expired,
    /// It was accepted before.
    Used,
    /// It was taken back.
    Cancelled,
    /// A link that opens nothing any more, or never did.
    Invalid {
        /// Why, and what to do.
        why: String,
    },
}

impl AcceptState {
    /// Whether the link is dead and signing in would not help either.
    #[must_use]
    pub fn leads_nowhere(&self) -> bool {
        matches!(self, Self::Expired | Self::Cancelled)
    }
}

/// `GET /invite/{token}`; the form posts there too.
#[derive(Clone, Debug, Template)]
#[template(path = "invite/accept.html")]
pub struct AcceptPage {
    /// Surroundings.
    pub page: Plain,
    /// Where the form posts: `/invite/{token}`.
    pub action: String,
    /// Where signing in first leads: `/sign-in?next=…`.
    pub sign_in_href: String,
    /// The organization; empty when the link is not known.
    pub organization_name: String,
    /// Who invited; empty when it is not to be told.
    pub inviter: String,
    /// The address the invitation is for; empty for a bearer link.
    pub email: String,
    /// The role they will have; empty where the preset has no roles.
    pub role: String,
    /// What can be done.
    pub state: AcceptState,
    /// Why the last try did not work.
    pub problem: Option<String>,
}
