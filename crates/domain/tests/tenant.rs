//! Who may do what to a tenant, and how its owners stand in its organizations.
#![allow(clippy::unwrap_used)]

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{OrgId, TenantId, TenantMemberId, UserId};
use guildhall_domain::member::{Origin, Status};
use guildhall_domain::refusal::Code;
use guildhall_domain::tenant::{self, Deed, SeatMode, Settings, Tenant, TenantMember, TenantRole};
use guildhall_domain::text::Email;
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

fn somebody(administrator: bool) -> Identity {
    Identity {
        id: UserId::new(Uuid::from_u128(7)),
        email: "ann@acme.test".to_owned(),
        email_verified_at: Some(Timestamp::default()),
        name: "Ann".to_owned(),
        handle: None,
        administrator,
        valid_from: Timestamp::default(),
        revision: 1,
        created_at: Timestamp::default(),
    }
}

fn one(settings: Settings) -> Tenant {
    Tenant {
        id: TenantId::new(Uuid::from_u128(1)),
        slug: "big".to_owned(),
        name: "Big".to_owned(),
        settings,
        valid_from: Timestamp::default(),
        revision: 1,
        created_at: Timestamp::default(),
    }
}

fn place(role: TenantRole) -> TenantMember {
    let (tenant, id) = (TenantId::new(Uuid::from_u128(1)), TenantMemberId::new(Uuid::from_u128(2)));
    let (label, created_at) = ("bob@acme.test".to_owned(), Timestamp::default());
    TenantMember { tenant, id, user: None, label, role, created_at, last_active_at: None }
}

#[test]
fn tp_21_a_member_sees_the_tenant_and_nothing_more_and_a_stranger_not_even_that() {
    let code = |role, deed| tenant::authorize(role, deed).map(drop).map_err(|refusal| refusal.code);
    assert_eq!(code(Some(TenantRole::Owner), Deed::Run), Ok(()));
    assert_eq!(code(Some(TenantRole::Member), Deed::See), Ok(()));
    assert_eq!(code(Some(TenantRole::Member), Deed::Run), Err(Code::AccessDenied));
    assert_eq!(code(None, Deed::See), Err(Code::NotFound));
    assert_eq!(code(None, Deed::Run), Err(Code::NotFound));
}

#[test]
fn tp_22_administrators_make_tenants_and_nobody_else() {
    let made = |who: &Identity, taken| {
        tenant::create(who, one(Settings::default()), TenantMemberId::new(Uuid::from_u128(2)), taken)
            .map(|changes| changes.len())
            .map_err(|refusal| refusal.code)
    };
    assert_eq!(made(&somebody(true), false), Ok(1));
    assert_eq!(made(&somebody(false), false), Err(Code::TenantCreate));
    assert_eq!(made(&somebody(true), true), Err(Code::TenantSlugTaken));
}

#[test]
fn the_last_owner_of_a_tenant_stays() {
    let permit = tenant::authorize(Some(TenantRole::Owner), Deed::Run).unwrap();
    let (big, owner, member) = (one(Settings::default()), place(TenantRole::Owner), place(TenantRole::Member));
    let lowered = |other| tenant::change_role(permit, &big, &owner, TenantRole::Member, other);
    assert_eq!(lowered(false).unwrap_err().code, Code::TenantLastOwner);
    assert_eq!(lowered(true).unwrap().len(), 1);
    assert_eq!(tenant::remove(permit, &big, &owner, false).unwrap_err().code, Code::TenantLastOwner);
    assert_eq!(tenant::remove(permit, &big, &member, false).unwrap().len(), 1);
    assert!(tenant::change_role(permit, &big, &owner, TenantRole::Owner, false).unwrap().is_empty());
}

#[test]
fn tp_23_trusted_domains_restrict_who_comes_in_and_none_is_no_restriction() {
    let settings = Settings { trusted_domains: vec!["Acme.test".to_owned()], ..Settings::default() };
    let settings = settings.checked().unwrap();
    let email = |text: &str| Email::parse(text, "email").unwrap();
    assert!(settings.admits(Some(&email("a@ACME.test"))).is_ok());
    for stranger in ["a@other.test", "a@sub.acme.test", "acme.test@other.test"] {
        assert_eq!(settings.admits(Some(&email(stranger))).unwrap_err().code, Code::TenantDomain);
    }
    assert!(Settings::default().admits(Some(&email("a@other.test"))).is_ok());
    for bad in [
        Settings { trusted_domains: vec!["a b".to_owned()], ..Settings::default() },
        Settings { sign_in_methods: vec!["pigeon".to_owned()], ..Settings::default() },
        Settings { token_max_life_s: Some(1), ..Settings::default() },
        Settings { seats: Some(0), ..Settings::default() },
    ] {
        assert_eq!(bad.checked().unwrap_err().code, Code::RequestInvalid);
    }
}

#[test]
fn tp_26_a_cap_keeps_people_out_and_each_step_is_told_once() {
    let permit = tenant::authorize(Some(TenantRole::Owner), Deed::Run).unwrap();
    let email = Email::parse("bob@acme.test", "email").unwrap();
    let added = |seat_mode, people| {
        let big = one(Settings { seats: Some(4), seat_mode, ..Settings::default() });
        tenant::add(permit, &big, place(TenantRole::Member), Some(&email), false, people).map_err(|r| r.code).map(drop)
    };
    assert_eq!(added(SeatMode::Cap, 3), Ok(()));
    assert_eq!(added(SeatMode::Cap, 4), Err(Code::TenantSeats));
    assert_eq!(added(SeatMode::Warn, 40), Ok(()));
    let settings = Settings { seats: Some(4), ..Settings::default() };
    let told: Vec<_> = (0..50).filter_map(|n| tenant::seat_step(&settings, n).map(|step| (n + 1, step))).collect();
    assert_eq!(told, [(3, 75), (4, 100), (5, 125), (8, 200), (12, 300), (20, 500), (40, 1_000)]);
    assert_eq!(tenant::seat_step(&Settings::default(), 9), None);
}

#[test]
fn tp_21_an_owner_of_the_tenant_stands_in_its_organizations_as_the_top_role() {
    let (who, here) = (somebody(false), OrgId::new(Uuid::from_u128(3)));
    let by = |role, member| tenant::standing(role, &who, here, "owner", member);
    assert!(by(None, None).is_none() && by(Some(TenantRole::Member), None).is_none());
    let stands = by(Some(TenantRole::Owner), None).unwrap();
    assert_eq!((stands.role.as_str(), stands.status, stands.origin), ("owner", Status::Active, Origin::Tenant));
    let mut guest = stands;
    guest.role = "guest".to_owned();
    assert_eq!(by(Some(TenantRole::Owner), Some(guest.clone())).unwrap().role, "owner");
    assert_eq!(by(Some(TenantRole::Member), Some(guest.clone())).unwrap().role, "guest");
    assert_eq!(by(None, Some(guest)).unwrap().role, "guest");
}
