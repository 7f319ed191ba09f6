//! What the pages show, as plain structs: strings, flags, numbers and lists that are ready to print.
//! Whoever fills them has decided already what may be seen and done; the templates only lay it out.
//! Words that a preset may change come from [`Words`], never from a template.

mod access;
mod account;
mod api_docs;
mod audit;
mod forms;
mod going;
mod groups;
mod invitations;
mod limits;
mod links;
mod organization;
mod parts;
mod people;
mod person;
mod problem;
mod questions;
mod resources;
mod roles;
mod shell;
mod sso;
mod times;
mod words;

pub use access::{
    ForgotPage, LinkState, NewOrganizationPage, OrganizationsPage, ResetPage, SetupPage, SignInPage, SignUpPage,
    VerifyPage, WaitingPage,
};
pub use account::{MePage, NewTokenPage, ScopeGroup, SessionRow, TokenCreatedPage, TokenRow, TokensPage};
pub use api_docs::{ApiAnswer, ApiBody, ApiDocsPage, ApiField, ApiGroup, ApiOperation, ApiParameter};
pub use audit::{AuditDay, AuditEvent, AuditFilters, AuditPage, FieldChange};
pub use forms::{Choice, Input, Select};
pub use going::{GoingPage, Handing, Heirloom};
pub use groups::{GroupLine, GroupsPage};
pub use invitations::{
    AcceptPage, AcceptState, InvitationPage, InviteAddressesPage, InviteResultPage, InviteRolesPage, InviteeRow,
    SentRow,
};
pub use limits::{Fullness, LimitPage, LimitRow, LimitsPage};
pub use links::{InviteLinksPage, LinkRow};
pub use organization::{AccountForm, ApprovalSwitch, Knob, KnobControl, KnobGroup, OrganizationPage};
pub use parts::{Action, ActionKind, Chip, Fact, FactValue, Flash, Pager, Place, Tone};
pub use people::{MemberPage, PeoplePage, PersonRow, RemovedRow};
pub use person::{Avatar, Person};
pub use problem::ProblemPage;
pub use questions::{ChangeRolePage, ConfirmPage, Consequence, TypedWord};
pub use resources::{
    LinkSharedPage, ReachRow, ResourceFormPage, ResourcePage, ResourceRow, ResourcesPage, SharePage, SharedPage,
    SharedRow, SharingPart,
};
pub use roles::{MatrixCell, MatrixRow, MatrixSection, RoleHead, RolesPage};
pub use shell::{Account, NavGroup, NavLink, OrganizationMark, Plain, Shell, THEMES};
pub use sso::{ConnectionCard, DomainCard, RuleLine, SsoPage, StepLine};
pub use times::Time;
pub use words::{Noun, Words, titled};
