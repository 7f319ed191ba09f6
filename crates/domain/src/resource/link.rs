//! Share links: whoever holds one may do on one resource, and what is under it, exactly what the
//! link gives, until it ends. Does not mint secrets.

use serde::{Deserialize, Serialize};

use super::{Given, Resource, ResourceChange, ResourcePermit, guard_given};
use crate::change::Change;
use crate::ids::{MemberId, OrgId, ResourceId, ShareLinkId};
use crate::member::{Member, Origin};
use crate::organization::guard_shared;
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// One share link, as the store keeps it; the secret is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLink {
    /// Its id.
    pub id: ShareLinkId,
    /// Where.
    pub organization: OrgId,
    /// What it shares.
    pub resource: ResourceId,
    /// What it gives there.
    pub given: Given,
    /// Last four characters of the secret.
    pub last4: String,
    /// When it ends; `None` is when it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it. It works while they are an active member, and goes when they go.
    pub created_by: MemberId,
}

impl ShareLink {
    /// Whether it opens anything at `now`, in an organization whose credentials count from
    /// `valid_from` on. Forbidding links stops those there are (TP-29).
    #[must_use]
    pub fn lives(&self, rules: &Rules, valid_from: Timestamp, now: Timestamp) -> bool {
        rules.policy().share_link_allowed
            && self.created_at >= valid_from
            && self.expires_at.is_none_or(|end| end > now)
    }
}

/// Shares a resource by a link. Nobody shares more than they have there. Without an end of its own
/// the link lives as long as links may.
///
/// # Errors
/// `share_link.not_allowed`, `member.state`, `share_link.life`, `role.unknown`, `permission.unknown`, `grant.above_own`.
pub fn share(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    maker: &Member,
    mut link: ShareLink,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let policy = rules.policy();
    guard_shared(policy)?;
    if !policy.share_link_allowed {
        return Err(Code::ShareLinkNotAllowed.into());
    }
    if maker.origin == Origin::Tenant {
        let why = "a link works while its maker is a member, and an owner of the tenant is here without a membership";
        return Err(Refusal::because(Code::MemberState, why));
    }
    guard_given(permit, rules, resource, &link.given)?;
    let latest = policy.share_link_max_life_s.map(|life_s| now.plus_s(life_s));
    link.expires_at = link.expires_at.or(latest);
    if latest.is_some_and(|latest| link.expires_at.is_none_or(|end| end > latest)) {
        let most_s = policy.share_link_max_life_s.unwrap_or_default();
        return Err(Refusal::value(Code::ShareLinkLife, "expires_at", format!("at most {most_s} seconds from now")));
    }
    if link.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::value(Code::ShareLinkLife, "expires_at", "lies in the past"));
    }
    let (resource, link) = (Box::new(resource.clone()), Box::new(link));
    Ok(vec![Change::Resource(ResourceChange::LinkShared { resource, link, hash })])
}

/// Ends a share link. That works too where links are not allowed any more.
#[must_use]
pub fn revoke_link(_permit: &ResourcePermit, resource: &Resource, link: ShareLink) -> Vec<Change> {
    let (resource, link) = (Box::new(resource.clone()), Box::new(link));
    vec![Change::Resource(ResourceChange::LinkRevoked { resource, link })]
}
