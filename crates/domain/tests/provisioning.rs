//! What a directory may do, without a database: the permit it gets and the rules that hold for others beside it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use guildhall_domain::ids::{OrgId, TokenId};
use guildhall_domain::preset::{Preset, Rules};
use guildhall_domain::provisioning::{ScimToken, guard_group_name, permit};
use guildhall_domain::refusal::Code;
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

fn rules(offered: bool, reserves: bool) -> Rules {
    let preset = Arc::new(Preset::parse("standard.toml", include_str!("../../../presets/standard.toml")).unwrap());
    let mut policy = preset.policy.clone();
    (policy.scim_offered, policy.scim_reserves_role_names) = (offered, reserves);
    Rules::new(preset, policy)
}

fn token(issued: i64) -> ScimToken {
    ScimToken {
        id: TokenId::new(Uuid::from_u128(1)),
        organization: OrgId::new(Uuid::from_u128(2)),
        name: "Entra".to_owned(),
        last4: "1234".to_owned(),
        created_at: Timestamp::from_micros(0),
        issued_at: Timestamp::from_micros(issued),
        created_by: None,
        last_used_at: None,
    }
}

#[test]
fn a_token_opens_where_scim_is_offered_and_until_credentials_are_reset() {
    let from = Timestamp::from_micros(10);
    assert!(permit(&token(10), &rules(true, false), from).is_ok_and(|permit| permit.is_directory()));
    assert_eq!(permit(&token(9), &rules(true, false), from).unwrap_err().code, Code::AuthInvalid);
    assert_eq!(permit(&token(10), &rules(false, false), from).unwrap_err().code, Code::ScimNotOffered);
}

#[test]
fn on_50_names_of_roles_are_kept_from_groups_where_the_policy_says_so() {
    assert_eq!(guard_group_name(&rules(true, true), "oWNER").unwrap_err().code, Code::ScimNameReserved);
    assert!(guard_group_name(&rules(true, true), "Owners").is_ok());
    assert!(guard_group_name(&rules(true, false), "Owner").is_ok());
}
