//! Who lets whom in.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use guildhall_domain::access::{Standing, authorize};
use guildhall_domain::action::Action;
use guildhall_domain::approval::approve;
use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::joining::{Address, Facts};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::preset::{Rules, built_in};
use guildhall_domain::refusal::Code;
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

fn member(id: u128, status: Status) -> Member {
    Member {
        id: MemberId::new(Uuid::from_u128(id)),
        organization: OrgId::new(Uuid::from_u128(1)),
        user: None,
        kind: MemberKind::Person,
        email: String::new(),
        name: String::new(),
        handle: None,
        role: "member".to_owned(),
        status,
        origin: Origin::Invitation,
        joined_at: None,
        created_at: Timestamp::default(),
        created_by: None,
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 1,
    }
}

#[test]
fn px_28_nobody_approves_themselves_and_any_other_member_may() {
    let preset = built_in("pixie-hydra").unwrap();
    let rules = Rules::new(Arc::clone(&preset), preset.policy.clone());
    let role = preset.policy.role_default.as_str().to_owned();
    let ann = Member { role: role.clone(), ..member(2, Status::Active) };
    let standing = Standing { member: Some(Arc::new(ann.clone())), groups: Vec::new(), scopes: None };
    let permit = authorize(ann.organization, &standing, &rules, Action::MemberApprove).unwrap();
    let waiting = |id| Member { role: role.clone(), ..member(id, Status::PendingApproval) };
    let let_in = |who: &Member| {
        let (address, now) = (Address::of("", false), Timestamp::default());
        approve(&permit, &rules, who, address, &Facts::default(), now).map(|changes| changes.len())
    };
    assert_eq!(let_in(&waiting(3)).unwrap(), 1);
    assert_eq!(let_in(&waiting(2)).unwrap_err().code, Code::SelfApprove);
}
