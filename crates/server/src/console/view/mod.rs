//! What the pages show, as plain structs: strings, flags, numbers and lists that are ready to print.
//! Whoever fills them has decided already what may be seen and done; the templates only lay it out.
//! Words that a preset may change come from [`Words`], never from a template.

mod access;
mod account;
mod api_docs;
mod audit;
mod forms;
mod going;
mod invitations;
mod limits;
mod links;
mod organization;
mod parts;
mod people;
mod person;
mod problem;
mod provisioning;
mod questions;
mod resources;
mod roles;
mod security;
mod shell;
mod sso;
mod thing;
mod times;
mod words;

pub use access::{
    ForgotPage, LinkState, NewOrganizationPage, OrganizationsPage, ResetPage, SetupPage, SignInPage, SignInStep,
    SignUpPage, VerifyPage, WaitingPage,
};
pub use account::{MePage, NewTokenPage, ScopeGroup, SessionRow, TokenCreatedPage, TokenRow, TokensPage};
pub use api_docs::{ApiAnswer, ApiBody, ApiDocsPage, ApiField, ApiGroup, ApiOperation, ApiParameter};
pub use audit::{AuditDay, AuditEvent, AuditFilters, AuditPage, FieldChange};
pub use forms::{Choice, Input, Select};
pub use going::{GoingPage, Handing, Heirloom};
pub use invitations::{
    AcceptPage, AcceptState, InvitationPage, InviteAddressesPage, InviteResultPage, InviteRolesPage, InviteeRow,
    PlaceChoice, SentRow,
};
pub use limits::{Fullness, LimitPage, LimitRow, LimitsPage};
pub use links::{InviteLinksPage, LinkRow};
pub use organization::{AccountForm, ApprovalSwitch, Knob, KnobControl, KnobGroup, OrganizationPage, SettingsPage};
pub use parts::{Action, ActionKind, Chip, Fact, FactValue, Flash, Pager, Place, Tone};
pub use people::{MemberPage, PeoplePage, PersonRow, RemovedRow};
pub use person::{Avatar, Person};
pub use problem::ProblemPage;
pub use provisioning::{DirectoryRequestRow, DirectoryTokenRow, ProvisioningPage};
pub use questions::{ChangeRolePage, ConfirmPage, Consequence, TypedWord};
pub use resources::{
    LinkSharedPage, ReachRow, ResourceFormPage, ResourcePage, ResourceRow, ResourcesPage, SharePage, SharedPage,
    SharedRow, SharingPart,
};
pub use roles::{MatrixCell, MatrixRow, MatrixSection, RoleHead, RolesPage};
pub use security::{AppPage, CodesPage, FactorRow, SecurityPage, StepUpPage};
pub use shell::{Account, NavGroup, NavLink, OrganizationMark, Plain, Shell, THEMES};
pub use sso::{ConnectionCard, DomainCard, SamlCard, SsoPage, StepLine};
pub use thing::{Cell, Control, Empty, Field, Form, Link, Lists, Part, Row, Table, ThingPage, Why};
pub use times::Time;
pub use words::{Noun, Words, titled};
