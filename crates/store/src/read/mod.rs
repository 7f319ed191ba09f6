//! Every question the program asks of its tables, by subject. Does not change anything.

pub mod audit;
pub mod claimed_domain;
pub mod credential;
pub mod deploy_key;
pub mod directory;
pub mod factor;
pub mod group;
pub mod identity;
pub mod index;
pub mod invitation;
pub mod invite_link;
pub mod joining;
pub mod limit;
pub mod member;
pub mod organization;
pub mod outbox;
pub mod preset;
pub mod reach;
pub mod removal;
pub mod resource;
pub mod role;
pub mod schema;
pub mod scim;
pub mod service_account;
pub mod share;
pub mod sso;
pub mod tenant;
pub mod tenant_resource;

use guildhall_domain::ids::OrgId;

use crate::value::Value;

/// A list question's words: what to begin after, and how many at most.
#[derive(Clone, Debug)]
pub struct Page<K> {
    /// The last row seen, if any.
    pub after: Option<K>,
    /// At most so many rows.
    pub limit: u32,
}

pub(crate) fn statements() -> impl Iterator<Item = String> {
    [
        organization::STATEMENTS,
        identity::STATEMENTS,
        invitation::STATEMENTS,
        joining::STATEMENTS,
        credential::STATEMENTS,
        deploy_key::STATEMENTS,
        factor::STATEMENTS,
        outbox::STATEMENTS,
        index::STATEMENTS,
        tenant::STATEMENTS,
        tenant_resource::STATEMENTS,
        removal::STATEMENTS,
        sso::STATEMENTS,
        claimed_domain::STATEMENTS,
        preset::STATEMENTS,
        service_account::STATEMENTS,
        invite_link::STATEMENTS,
        role::STATEMENTS,
        scim::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .map(|sql| (*sql).to_owned())
    .chain(member::statements())
    .chain(directory::statements())
    .chain([invitation::of_members_sql()])
    .chain(audit::statements())
    .chain(group::statements())
    .chain(resource::statements())
    .chain(limit::statements())
    .chain(reach::statements())
    .chain(share::statements())
    .chain(scim::statements())
}

/// How many ids one question takes. One statement serves every smaller number, so few are prepared.
const IDS: usize = 100;

/// `$2, $3, …`: room for [`IDS`] ids behind the organization's.
pub(crate) fn room_for_ids() -> String {
    (0..IDS).map(|n| format!("${}", n + 2)).collect::<Vec<_>>().join(", ")
}

/// The parameters of a question about some ids of an organization, in as many steps as it takes; the room
/// that is left repeats the last id.
pub(crate) fn in_steps<T: Copy + Into<Value>>(organization: OrgId, ids: &[T]) -> Vec<Vec<Value>> {
    let step = |part: &[T]| {
        let padded = part.iter().chain(part.last().into_iter().cycle()).take(IDS);
        std::iter::once(organization.into()).chain(padded.map(|id| (*id).into())).collect()
    };
    ids.chunks(IDS).map(step).collect()
}
