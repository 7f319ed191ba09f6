//! The organization's own page: name, the knobs its preset opens, and the end of it.

use std::sync::Arc;

use askama::Template;

use super::{Action, Choice, Input, Place, Shell, Words};

/// How a knob is turned.
#[derive(Clone, Debug)]
pub enum KnobControl {
    /// On or off; sent as `true`, or as the `false` of a hidden field before it (the last value counts).
    Toggle(bool),
    /// One of a few.
    Choice(Vec<Choice>),
    /// Some of a few; a hidden empty field before them tells that none was chosen.
    Ticks(Vec<Choice>),
    /// A length of time; the unit is sent as `{name}.unit`, in seconds.
    Span {
        /// How many of the unit; empty for no end, where that is allowed.
        value: String,
        /// Minutes, hours, days.
        units: Vec<Choice>,
    },
    /// Its value in words, not to be changed here.
    Shown(String),
    /// A number with its unit.
    Number {
        /// The number.
        value: String,
        /// The least allowed; empty for none.
        min: String,
        /// The most allowed; empty for none.
        max: String,
        /// Such as `days`; empty for none.
        unit: String,
    },
    /// A short text.
    Text(String),
    /// Several values, one a line.
    Lines(String),
}

/// One setting.
#[derive(Clone, Debug)]
pub struct Knob {
    /// Its dotted name, as in the API (`approval.mode`): the name of the field.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What it does, in one sentence.
    pub sentence: String,
    /// The input.
    pub control: KnobControl,
    /// What is wrong with the last value.
    pub error: Option<String>,
}

/// Settings that belong together.
#[derive(Clone, Debug, Default)]
pub struct KnobGroup {
    /// The heading.
    pub title: String,
    /// One sentence; empty for none.
    pub intro: String,
    /// The settings.
    pub knobs: Vec<Knob>,
}

/// The account: plan label and billing contacts.
#[derive(Clone, Debug, Default)]
pub struct AccountForm {
    /// Where it posts: `/{org}/admin/org/account`.
    pub action: String,
    /// `plan`
    pub plan: Input,
    /// `billing_contacts`, one a line.
    pub billing_contacts: Input,
}

/// Switching approvals on or off (PX-25).
#[derive(Clone, Debug)]
pub struct ApprovalSwitch {
    /// Where it posts: `/{org}/admin/org/policy`.
    pub action: String,
    /// The page of the settings it stands on, sent along; empty for the organization's own.
    pub section: String,
    /// Whether they are on now.
    pub on: bool,
    /// Who waits, and what switching off does to them; empty for nobody.
    pub waiting: String,
}

/// `GET /{org}/admin/org`
#[derive(Clone, Debug, Template)]
#[template(path = "people/organization.html")]
pub struct OrganizationPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// Where the profile posts: `/{org}/admin/org`.
    pub profile_action: String,
    /// `name`
    pub name: Input,
    /// `slug`
    pub slug: Input,
    /// The preset and its version, such as `cloudtruth, version 3`.
    pub preset: String,
    /// Whether this reader may change the profile; otherwise its fields are read-only.
    pub may_edit: bool,
    /// The pages of the settings, this one among them.
    pub sections: Vec<Place>,
    /// The way to another preset.
    pub preset_action: Action,
    /// The switch for approvals; `None` where the preset does not let this reader turn it.
    pub approvals: Option<ApprovalSwitch>,
    /// The account, for those who manage it.
    pub account: Option<AccountForm>,
    /// Resetting all invite links, where there are any and this reader may.
    pub reset_links: Option<Action>,
    /// Making every session and token worthless, where this reader may.
    pub reset_authentication: Option<Action>,
    /// Deleting, offered or refused.
    pub delete: Action,
}

/// `GET /{org}/admin/org/settings/{section}`
#[derive(Clone, Debug, Template)]
#[template(path = "people/settings.html")]
pub struct SettingsPage {
    /// Surroundings.
    pub page: Shell,
    /// The preset's words.
    pub words: Arc<Words>,
    /// The heading.
    pub title: String,
    /// One sentence.
    pub intro: String,
    /// The pages of the settings, this one among them.
    pub sections: Vec<Place>,
    /// This one, sent along.
    pub section: String,
    /// Where the settings post: `/{org}/admin/org/policy`.
    pub policy_action: String,
    /// The switch for approvals; `None` where the preset does not let this reader turn it.
    pub approvals: Option<ApprovalSwitch>,
    /// What can be turned; one button saves it all.
    pub open: KnobGroup,
    /// What the preset fixes, read only.
    pub fixed: KnobGroup,
    /// Whether this reader may change any of it.
    pub may_save: bool,
}
