//! Inner scopes and resources: the list, one of them with who reaches it, its forms; what is shared
//! with a reader and by them; what a share link opens.

use std::sync::Arc;

use askama::Template;

use super::{Action, Chip, Choice, Fact, Input, Pager, Person, Plain, Select, Shell, Time, Words};

/// One line of a list of resources.
#[derive(Clone, Debug)]
pub struct ResourceRow {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// What the preset calls its type.
    pub kind: String,
    /// What the product calls it; empty for nothing.
    pub external_id: String,
    /// Who owns it; empty for the organization.
    pub owner: String,
    /// Whether rights from above stop there.
    pub controlled: bool,
    /// The reader's role there; empty for none.
    pub role: String,
}

/// `GET /{org}/admin/resources`
#[derive(Clone, Debug, Template)]
#[template(path = "resources/list.html")]
pub struct ResourcesPage {
    /// Surroundings.
    pub page: Shell,
    /// Heading and tab, from the preset's types.
    pub title: String,
    /// The address of the list.
    pub href: String,
    /// What is looked for.
    pub query: String,
    /// `type`, with one entry for all.
    pub kinds: Vec<Choice>,
    /// Whether anything is looked for.
    pub filtered: bool,
    /// The lines.
    pub rows: Vec<ResourceRow>,
    /// Makes one.
    pub new: Action,
    /// Where one is in the list.
    pub pager: Pager,
}

/// `GET /{org}/admin/resources/new` and `…/{resource}/edit`
#[derive(Clone, Debug, Template)]
#[template(path = "resources/form.html")]
pub struct ResourceFormPage {
    /// Surroundings.
    pub page: Shell,
    /// The heading.
    pub title: String,
    /// Where the form posts.
    pub action: String,
    /// Back.
    pub cancel_href: String,
    /// What is wrong with no field in particular.
    pub problem: Option<String>,
    /// `type`, when it can be chosen.
    pub kind: Option<Select>,
    /// `name`
    pub name: Input,
    /// `external_id`, when it can be given.
    pub external_id: Option<Input>,
    /// `parent`
    pub parent: Input,
    /// `owner`, when it can be handed on.
    pub owner: Option<Input>,
    /// `controlled`
    pub controlled: Choice,
    /// The button.
    pub yes: String,
}

/// Somebody who reaches a resource.
#[derive(Clone, Debug)]
pub struct ReachRow {
    /// Who.
    pub person: Person,
    /// What they may do there.
    pub permissions: Vec<String>,
    /// Whence, a sentence each.
    pub whence: Vec<String>,
    /// Takes them out, offered or refused.
    pub remove: Action,
}

/// One grant or link.
#[derive(Clone, Debug)]
pub struct SharedRow {
    /// What is shared; empty on its own page.
    pub name: String,
    /// Its page.
    pub href: String,
    /// To whom, or whence one has it.
    pub to: String,
    /// The role or the permission.
    pub level: String,
    /// Who shared it; empty for not told.
    pub by: String,
    /// Whether it gives anything now.
    pub state: Chip,
    /// When it ends; `None` for never.
    pub expires: Option<Time>,
    /// Takes it back.
    pub revoke: Option<Action>,
}

/// What somebody who may share a resource sees and does.
#[derive(Clone, Debug)]
pub struct SharingPart {
    /// Who reaches it.
    pub people: Vec<ReachRow>,
    /// The rest of them.
    pub pager: Pager,
    /// Grants; `None` where they are not offered.
    pub grants: Option<Vec<SharedRow>>,
    /// Links.
    pub links: Vec<SharedRow>,
    /// Why no link is made here; `None` when one can be.
    pub no_links: Option<String>,
    /// `given`: roles and permissions.
    pub given: Select,
    /// `kind` of whom.
    pub kinds: Vec<Choice>,
    /// `who`
    pub who: Input,
    /// `expires_in_s`
    pub expiry: Vec<Choice>,
    /// The same of a link.
    pub link_expiry: Vec<Choice>,
}

/// `GET /{org}/admin/resources/{resource}`
#[derive(Clone, Debug, Template)]
#[template(path = "resources/one.html")]
pub struct ResourcePage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Its name.
    pub name: String,
    /// Its address; forms post below it.
    pub href: String,
    /// Type and state.
    pub chips: Vec<Chip>,
    /// What is known of it.
    pub facts: Vec<Fact>,
    /// What may be done.
    pub actions: Vec<Action>,
    /// What stands in it.
    pub inside: Vec<ResourceRow>,
    /// The rest of that; `None` for nothing more.
    pub inside_more: Option<String>,
    /// Makes something in it; `None` where nothing stands in such a thing.
    pub new: Option<Action>,
    /// Who reaches it, for those who may share it.
    pub sharing: Option<SharingPart>,
}

/// The answer to making a share link: the only page that ever shows it.
#[derive(Clone, Debug, Template)]
#[template(path = "resources/link.html")]
pub struct LinkSharedPage {
    /// Surroundings.
    pub page: Shell,
    /// What it shares.
    pub name: String,
    /// The address with the secret.
    pub link: String,
    /// What it gives.
    pub level: String,
    /// When it ends; `None` for never.
    pub expires: Option<Time>,
    /// Back to the resource.
    pub back_href: String,
}

/// `GET /{org}/me/shared`
#[derive(Clone, Debug, Template)]
#[template(path = "account/shared.html")]
pub struct SharedPage {
    /// Surroundings.
    pub page: Shell,
    /// What things given by name are called.
    pub with_me_title: String,
    /// What is shared with the reader.
    pub with_me: Vec<SharedRow>,
    /// The rest of it.
    pub with_me_more: Option<String>,
    /// What the reader shares.
    pub by_me: Vec<SharedRow>,
    /// The rest of it.
    pub by_me_more: Option<String>,
}

/// `GET /share/{token}`
#[derive(Clone, Debug, Template)]
#[template(path = "access/share.html")]
pub struct SharePage {
    /// Surroundings.
    pub page: Plain,
    /// What is shared.
    pub name: String,
    /// What the preset calls its type.
    pub kind: String,
    /// Whose it is.
    pub organization: String,
    /// What the holder may do.
    pub permissions: Vec<String>,
    /// When it ends; `None` for when it is taken back.
    pub expires: Option<Time>,
}
