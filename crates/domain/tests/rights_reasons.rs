//! The cases of the rights formula people argue about, by name, with the chain of reasons as it is sent.

#![allow(clippy::unwrap_used)]

use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::policy::Knob;
use guildhall_domain::preset::RoleRights;
use guildhall_domain::rights::{Grant, Inputs, Standing, Whence, effective, explain};

const READ: Bit = Bit::new(200);

fn reads(floor: bool) -> RoleRights {
    let floor = if floor { Mask::EMPTY.with(READ) } else { Mask::EMPTY };
    RoleRights { floor, ceiling: Mask::ALL, below: Mask::ALL, ..RoleRights::default() }
}

fn standing(rights: &RoleRights) -> Standing<'_> {
    Standing { role: "viewer", active: true, rights, credential_scopes: None }
}

fn read_grant(depth: u16) -> Grant<'static> {
    Grant { id: "grt_1", mask: Mask::EMPTY.with(READ), whence: Whence::Group("grp_1"), depth }
}

fn reasons(inputs: &Inputs<'_>) -> String {
    serde_json::to_string(&explain(inputs, READ)).unwrap()
}

#[test]
fn ct_32_a_controlled_scope_cuts_what_comes_from_above() {
    let rights = reads(true);
    let above = [read_grant(1)];
    let controlled = Inputs { standing: Some(standing(&rights)), depth: 3, controlled: Some(2), grants: &above };
    assert!(!effective(&controlled).contains(READ));
    assert_eq!(
        reasons(&controlled),
        r#"[{"reason":"membership","role":"viewer"},{"reason":"cut_by_controlled_scope","depth":2,"grant":null},{"reason":"cut_by_controlled_scope","depth":2,"grant":"grt_1"}]"#
    );
    let own = [read_grant(2)];
    assert!(effective(&Inputs { grants: &own, ..controlled }).contains(READ), "its own grants remain");
    let bypassing = RoleRights { bypass: true, ..reads(true) };
    let standing = Some(standing(&bypassing));
    assert!(effective(&Inputs { standing, grants: &[], ..controlled }).contains(READ), "bypass");
}

#[test]
fn the_chain_tells_the_source_or_what_is_missing() {
    let (none, role) = (reads(false), reads(true));
    let at = |rights| Inputs { depth: 2, ..Inputs::at_root(Some(standing(rights))) };
    assert_eq!(reasons(&Inputs::at_root(None)), r#"[{"reason":"not_a_member"}]"#);
    let inactive = Standing { active: false, ..standing(&role) };
    assert_eq!(reasons(&Inputs::at_root(Some(inactive))), r#"[{"reason":"not_active","role":"viewer"}]"#);
    let member = r#"{"reason":"membership","role":"viewer"}"#;
    assert_eq!(reasons(&at(&role)), format!(r#"[{member},{{"reason":"role","role":"viewer"}}]"#));
    assert_eq!(reasons(&at(&none)), format!(r#"[{member},{{"reason":"not_given","role":"viewer"}}]"#));
    let grants = [read_grant(1)];
    let granted = Inputs { grants: &grants, ..at(&none) };
    let by_grant = r#"{"reason":"grant","id":"grt_1","whence":{"type":"group","id":"grp_1"},"depth":1}"#;
    assert_eq!(reasons(&granted), format!("[{member},{by_grant}]"));

    let root_only = RoleRights { below: Mask::EMPTY, ..reads(true) };
    assert_eq!(reasons(&at(&root_only)), format!(r#"[{member},{{"reason":"root_only","role":"viewer"}}]"#));
    let lower = RoleRights { ceiling: Mask::ALL.without(READ), ..reads(false) };
    let inputs = Inputs { grants: &grants, ..at(&lower) };
    assert_eq!(reasons(&inputs), format!(r#"[{member},{by_grant},{{"reason":"cut_by_ceiling","role":"viewer"}}]"#));
    let cut = RoleRights { cuts: vec![(Knob::LeaveAllowedFor, Mask::EMPTY.with(READ))], ..lower.clone() };
    let inputs = Inputs { grants: &grants, ..at(&cut) };
    let by_policy = r#"{"reason":"cut_by_policy","role":"viewer","knob":"leave.allowed_for"}"#;
    assert_eq!(reasons(&inputs), format!("[{member},{by_grant},{by_policy}]"));
    let scoped = Standing { credential_scopes: Some(Mask::EMPTY), ..standing(&role) };
    let inputs = Inputs { standing: Some(scoped), ..at(&role) };
    assert_eq!(
        reasons(&inputs),
        format!(r#"[{member},{{"reason":"role","role":"viewer"}},{{"reason":"cut_by_credential_scopes"}}]"#)
    );
}

#[test]
fn a_grant_below_the_target_says_nothing_about_it() {
    let rights = reads(false);
    let below = [read_grant(3)];
    let inputs = Inputs { depth: 2, grants: &below, ..Inputs::at_root(Some(standing(&rights))) };
    assert!(effective(&inputs).is_empty());
}
