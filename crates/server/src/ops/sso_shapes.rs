//! Connections to identity providers as callers say and see them.

use guildhall_domain::sso::{Connection, Rule};
use guildhall_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::roles::given;
use super::saml_shapes::{AttributeNames, CertificateView};
use super::{Ctx, saml, sso, sso_logout};
use crate::provider::Trial;
use crate::security::secret::Secret;

/// One line of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingRule {
    /// The claim, by its name.
    pub claim: String,
    /// Its value, or one of its values.
    pub value: String,
    /// Slug or id of the role it gives; the first rule that holds decides.
    #[serde(default)]
    pub role: Option<String>,
    /// `grp_…` of the group it leads into; the provider keeps that group from then on.
    #[serde(default)]
    pub group: Option<String>,
}

/// What can be said about a connection. To make one, `name` is needed, and `issuer` and `client_id` where it speaks
/// OpenID Connect; one that speaks SAML can be made first, to see what to enter at the provider.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionWish {
    /// What people read on its button.
    pub name: Option<String>,
    /// `oidc` (OpenID Connect) unless said otherwise, or `saml` (SAML 2.0); it stays what it is made as.
    pub kind: Option<String>,
    /// The provider, exactly as it names itself: `https://id.example.org`; of SAML its entity id.
    pub issuer: Option<String>,
    /// What an OpenID provider calls this installation.
    pub client_id: Option<String>,
    /// SAML: the provider's metadata, instead of `issuer`, `sso_url` and `certificates`.
    pub metadata: Option<String>,
    /// SAML: where the provider signs people in, by HTTP-Redirect.
    pub sso_url: Option<String>,
    /// SAML: what the provider signs with, PEM or Base64, up to five; two while it changes from one to the next.
    pub certificates: Option<Vec<String>>,
    /// SAML: what the provider calls what it says of somebody.
    pub attributes: Option<AttributeNames>,
    /// The client's secret; never shown again. `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub client_secret: Option<Option<Secret<String>>>,
    /// What is asked of the provider beside `openid`.
    pub scopes: Option<Vec<String>>,
    /// The only mail domains whose people come in with it; empty: all.
    pub domains: Option<Vec<String>>,
    /// Smaller comes first.
    pub position: Option<u32>,
    /// Whether people sign in with it; needs a test that went well.
    pub enabled: Option<bool>,
    /// Whether somebody new becomes a member by signing in.
    pub just_in_time: Option<bool>,
    /// Slug or id of the role of whoever joins so; `null` is the policy's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub role: Option<Option<String>>,
    /// When a verified address says which account is meant: `never`, `claimed_domains`, or `always` for connections
    /// of the installation.
    pub mail_trust: Option<String>,
    /// What claims give, decided anew at each sign-in.
    pub mapping: Option<Vec<MappingRule>>,
}

/// One connection, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConnectionView {
    /// `sso_…`
    pub id: String,
    /// What people read on its button.
    pub name: String,
    /// `oidc` or `saml`.
    pub kind: String,
    /// The provider, as it names itself; of SAML its entity id.
    pub issuer: String,
    /// What an OpenID provider calls this installation; empty for SAML.
    pub client_id: String,
    /// SAML, to be entered at the provider: what this installation calls itself, and where it describes itself.
    pub entity_id: Option<String>,
    /// SAML, to be entered at the provider: where it sends its answers (ACS).
    pub acs_url: Option<String>,
    /// SAML: where the provider signs people in.
    pub sso_url: Option<String>,
    /// SAML: what the provider signs with.
    pub certificates: Vec<CertificateView>,
    /// SAML: what the provider calls what it says of somebody.
    pub attributes: Option<AttributeNames>,
    /// Whether a secret is kept.
    pub has_client_secret: bool,
    /// What is asked of the provider beside `openid`.
    pub scopes: Vec<String>,
    /// The only mail domains whose people come in with it; empty: all.
    pub domains: Vec<String>,
    /// Smaller comes first.
    pub position: u32,
    /// Whether people sign in with it.
    pub enabled: bool,
    /// Whether somebody new becomes a member by signing in.
    pub just_in_time: bool,
    /// The role of whoever joins so; `null` is the policy's.
    pub role: Option<String>,
    /// When a verified address says which account is meant.
    pub mail_trust: String,
    /// What claims give.
    pub mapping: Vec<MappingRule>,
    /// When it was last found to work.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tested_at: Option<Timestamp>,
    /// What its last test found.
    pub test: Option<Trial>,
    /// To be entered at an OpenID provider as the redirect URI.
    pub redirect_uri: Option<String>,
    /// To be entered at an OpenID provider as the back-channel logout URI.
    pub backchannel_logout_uri: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

impl ConnectionView {
    /// As it is shown.
    pub(super) fn of(ctx: &Ctx, c: &Connection) -> Self {
        let rule = |r: &Rule| MappingRule {
            claim: r.claim.clone(),
            value: r.value.clone(),
            role: r.role.clone(),
            group: r.group.map(|g| g.to_string()),
        };
        let us = c.saml.as_ref().map(|_| saml::us(ctx, c));
        Self {
            id: c.id.to_string(),
            name: c.name.clone(),
            kind: c.kind().word().to_owned(),
            issuer: c.issuer.clone(),
            client_id: c.client_id.clone(),
            entity_id: us.as_ref().map(|us| us.entity_id.clone()),
            acs_url: us.map(|us| us.acs_url),
            sso_url: c.saml.as_ref().map(|saml| saml.sso_url.clone()),
            certificates: c.saml.iter().flat_map(|saml| saml.certificates.iter().map(Into::into)).collect(),
            attributes: c.saml.as_ref().map(|saml| saml.attributes.clone().into()),
            has_client_secret: c.has_secret,
            scopes: c.scopes.clone(),
            domains: c.domains.clone(),
            position: c.position,
            enabled: c.enabled,
            just_in_time: c.just_in_time,
            role: c.role.clone(),
            mail_trust: c.mail_trust.word().to_owned(),
            mapping: c.mapping.iter().map(rule).collect(),
            tested_at: c.tested_at,
            test: serde_json::from_value(c.trial.clone()).ok(),
            redirect_uri: c.saml.is_none().then(|| sso::redirect_uri(ctx)),
            backchannel_logout_uri: c.saml.is_none().then(|| sso_logout::address(ctx)),
            created_at: c.created_at,
            revision: c.revision,
        }
    }
}
