//! The handlers of the REST API, by subject: read the request, call one use case, answer.

pub mod access;
pub mod account;
pub mod audit;
pub mod check;
pub mod deploy_keys;
pub mod domains;
pub mod export;
pub mod factors;
pub mod groups;
pub mod identity;
pub mod import;
pub mod installation_sso;
pub mod invitations;
pub mod invite_links;
pub mod joining;
pub mod limits;
pub mod members;
pub mod organizations;
pub mod presets;
pub mod resources;
pub mod roles;
pub mod scim_tokens;
pub mod service_accounts;
pub mod session;
pub mod sharing;
pub mod sso_connections;
pub mod tenant_resources;
pub mod tenants;
pub mod tokens;

use serde::Deserialize;
use utoipa::IntoParams;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

impl PageQuery {
    /// The store's page, with a cursor that is an id.
    ///
    /// # Errors
    /// `cursor.invalid`, `field.out_of_range`.
    pub fn by_id<K: std::str::FromStr>(
        &self,
    ) -> Result<guildhall_store::read::Page<K>, guildhall_domain::refusal::Refusal> {
        let after = self
            .after
            .as_deref()
            .map(|c| c.parse().map_err(|_| guildhall_domain::refusal::Code::CursorInvalid))
            .transpose()?;
        Ok(guildhall_store::read::Page { after, limit: super::cursor::limit(self.limit)? })
    }
}
