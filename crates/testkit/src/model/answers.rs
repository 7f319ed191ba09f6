//! The page of all operations, and the shapes of their answers.

use serde_json::{Value, json};

use super::{Call, Invitation, Member, Model, Organization, Outcome, Token};

impl Model {
    pub(super) fn dispatch(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("GET", "/me" | "/session") => self.me(c),
            ("PATCH", "/me") => self.edit_me(c),
            ("DELETE", "/me") => self.delete_me(c),
            ("POST", "/session") => self.sign_in(c),
            ("DELETE", "/session") => self.sign_out(c),
            ("POST", "/sign-up") => self.sign_up(c),
            ("POST", "/invitations/accept") => self.accept(c),
            ("POST", "/invitations/refuse") => self.refuse_invitation(c),
            ("POST", "/introspect") => self.introspect(c),
            ("POST", "/password/forgot") => self.forgot(c),
            ("POST", "/password/reset") => self.reset_password(c),
            ("POST", "/email/verify") => self.verify_email(c),
            ("POST", "/me/password") => self.change_password(c),
            ("POST", "/me/verify-email") => self.ask_verification(c),
            ("POST", "/me/reset-authentication") => self.reset_me(c),
            ("GET", "/me/sessions") => self.my_sessions(c),
            ("DELETE", "/me/sessions") => self.end_other_sessions(c),
            ("DELETE", "/me/sessions/{}") => self.end_session(c),
            ("GET", "/me/tokens") => self.my_tokens(c),
            ("POST", "/me/tokens") => self.create_token(c),
            ("DELETE", "/me/tokens/{}") => self.revoke_my_token(c),
            ("GET", "/organizations") => self.organizations_of_caller(c),
            ("POST", "/organizations") => self.create_organization(c),
            ("GET", "/organizations/{}") => self.show_organization(c),
            ("PATCH", "/organizations/{}") => self.rename_organization(c),
            ("DELETE", "/organizations/{}") => self.delete_organization(c),
            ("GET", "/organizations/{}/policy") => self.show_policy(c),
            ("PATCH", "/organizations/{}/policy") => self.change_policy(c),
            ("GET", "/organizations/{}/preset") => self.show_preset(c),
            ("POST", "/organizations/{}/preset") => self.apply_preset(c),
            ("POST", "/organizations/{}/reset-authentication") => self.reset_organization(c),
            ("GET", "/organizations/{}/members") => self.list_members(c),
            ("GET", "/organizations/{}/members/{}") => self.show_member(c),
            ("PATCH", "/organizations/{}/members/{}") => self.change_member_role(c),
            ("DELETE", "/organizations/{}/members/{}") => self.remove_member(c),
            ("POST", "/organizations/{}/members/{}/approve") => self.approve(c),
            ("POST", "/organizations/{}/members/{}/reject") => self.reject(c),
            ("POST", "/organizations/{}/members/{}/deactivate") => self.deactivate(c),
            ("POST", "/organizations/{}/members/{}/reactivate") => self.reactivate(c),
            ("POST", "/organizations/{}/members/{}/end-sessions") => self.end_member_sessions(c),
            ("POST", "/organizations/{}/members/{}/reset-factors") => self.reset_member_factors(c),
            ("GET", "/organizations/{}/members/{}/removal-plan") => self.removal_plan(c),
            ("POST", "/organizations/{}/members/{}/restore") => self.restore(c),
            ("POST", "/organizations/{}/leave") => self.leave(c),
            ("GET", "/organizations/{}/seats") => self.show_seats(c),
            ("POST", "/organizations/{}/join-requests") => self.ask_to_join(c),
            ("DELETE", "/organizations/{}/join-requests") => self.withdraw_request(c),
            ("GET", "/me/join-requests") => self.my_requests(c),
            ("GET", "/organizations/{}/invitations") => self.list_invitations(c),
            ("POST", "/organizations/{}/invitations") => self.invite(c),
            ("GET", "/organizations/{}/invitations/{}") => self.show_invitation(c),
            ("PATCH", "/organizations/{}/invitations/{}") => self.edit_invitation(c),
            ("DELETE", "/organizations/{}/invitations/{}") => self.cancel_invitation(c),
            ("POST", "/organizations/{}/invitations/{}/resend") => self.resend_invitation(c),
            ("GET", "/organizations/{}/roles") => self.list_roles(c),
            ("GET", "/organizations/{}/permissions") => self.list_permissions(c),
            ("GET", "/organizations/{}/tokens") => self.list_tokens(c),
            ("DELETE", "/organizations/{}/tokens/{}") => self.revoke_token(c),
            ("GET", "/organizations/{}/tokens/{}/value") => self.show_value(c),
            ("GET", "/organizations/{}/audit-events") => self.list_audit_events(c),
            ("POST", "/organizations/{}/check") => self.check(c),
            ("POST", "/organizations/{}/check/batch") => self.check_batch(c),
            _ => self.dispatch_below(c),
        }
    }

    /// Invite links, roles, groups, resources and grants; limits, use and accounts.
    fn dispatch_below(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("GET", "/organizations/{}/invite-links") => self.list_invite_links(c),
            ("POST", "/organizations/{}/invite-links") => self.create_invite_link(c),
            ("POST", "/organizations/{}/invite-links/reset") => self.reset_invite_links(c),
            ("DELETE", "/organizations/{}/invite-links/{}") => self.cancel_invite_link(c),
            ("POST", "/organizations/{}/roles") => self.create_role(c),
            ("PATCH", "/organizations/{}/roles/{}") => self.edit_role(c),
            ("DELETE", "/organizations/{}/roles/{}") => self.delete_role(c),
            ("GET", "/organizations/{}/groups") => self.list_groups(c),
            ("POST", "/organizations/{}/groups") => self.create_group(c),
            ("GET", "/organizations/{}/groups/{}") => self.show_group(c),
            ("PATCH", "/organizations/{}/groups/{}") => self.edit_group(c),
            ("DELETE", "/organizations/{}/groups/{}") => self.delete_group(c),
            ("GET", "/organizations/{}/groups/{}/members") => self.list_seats(c),
            ("PUT", "/organizations/{}/groups/{}/members/{}") => self.set_seat(c),
            ("DELETE", "/organizations/{}/groups/{}/members/{}") => self.leave_seat(c),
            ("GET", "/organizations/{}/resources") => self.list_resources(c),
            ("POST", "/organizations/{}/resources") => self.create_resource(c),
            ("GET", "/organizations/{}/resources/{}") => self.show_resource(c),
            ("PATCH", "/organizations/{}/resources/{}") => self.edit_resource(c),
            ("DELETE", "/organizations/{}/resources/{}") => self.delete_resource(c),
            ("POST", "/organizations/{}/resources/{}/transfer") => self.transfer_resource(c),
            ("GET", "/organizations/{}/resources/{}/people") => self.list_people(c),
            ("GET", "/organizations/{}/resources/{}/grants") => self.list_grants(c),
            ("DELETE", "/organizations/{}/resources/{}/people/{}") => self.remove_person(c),
            _ => self.dispatch_sharing(c),
        }
    }
}

impl Model {
    /// Grants, share links, and who reaches what.
    fn dispatch_sharing(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("POST", "/organizations/{}/resources/{}/grants") => self.create_grant(c),
            ("DELETE", "/organizations/{}/resources/{}/grants") => self.revoke_grants_on(c),
            ("GET", "/organizations/{}/grants/{}") => self.show_grant(c),
            ("PATCH", "/organizations/{}/grants/{}") => self.edit_grant(c),
            ("DELETE", "/organizations/{}/grants/{}") => self.revoke_grant(c),
            ("GET", "/organizations/{}/usage-limits") => self.list_limits(c),
            ("POST", "/organizations/{}/usage-limits") => self.create_limit(c),
            ("GET", "/organizations/{}/usage-limits/{}") => self.show_limit(c),
            ("PATCH", "/organizations/{}/usage-limits/{}") => self.edit_limit(c),
            ("DELETE", "/organizations/{}/usage-limits/{}") => self.delete_limit(c),
            ("POST", "/organizations/{}/usage") => self.report_usage(c),
            ("POST", "/organizations/{}/usage/check") => self.check_usage(c),
            ("GET", "/organizations/{}/account") => self.show_account(c),
            ("PATCH", "/organizations/{}/account") => self.edit_account(c),
            ("DELETE", "/organizations/{}/members/{}/grants") => self.revoke_grants_of(c),
            ("GET", "/organizations/{}/resources/{}/share-links") => self.list_shares(c),
            ("POST", "/organizations/{}/resources/{}/share-links") => self.create_share(c),
            ("DELETE", "/organizations/{}/resources/{}/share-links/{}") => self.revoke_share(c),
            ("GET", "/organizations/{}/me/shared-with-me") => self.shared_with_me(c),
            ("GET", "/organizations/{}/me/shared-by-me") => self.shared_by_me(c),
            ("POST", "/organizations/{}/access/resources") => self.access_resources(c),
            ("POST", "/organizations/{}/access/subjects") => self.access_subjects(c),
            ("POST", "/organizations/{}/access/actions") => self.access_actions(c),
            _ => self.dispatch_programs(c),
        }
    }

    /// Service accounts and their tokens, and what one does with one's own.
    fn dispatch_programs(&mut self, c: &Call<'_>) -> Outcome {
        match (c.asked.method, c.asked.route) {
            ("PATCH", "/me/tokens/{}") => self.edit_my_token(c),
            ("GET", "/me/tokens/{}/value") => self.show_my_value(c),
            ("GET", "/organizations/{}/service-accounts") => self.list_programs(c),
            ("POST", "/organizations/{}/service-accounts") => self.create_program(c),
            ("GET", "/organizations/{}/service-accounts/{}") => self.show_program(c),
            ("PATCH", "/organizations/{}/service-accounts/{}") => self.edit_program(c),
            ("DELETE", "/organizations/{}/service-accounts/{}") => self.delete_program(c),
            ("GET", "/organizations/{}/service-accounts/{}/tokens") => self.list_program_tokens(c),
            ("POST", "/organizations/{}/service-accounts/{}/tokens") => self.create_program_token(c),
            ("PATCH", "/organizations/{}/service-accounts/{}/tokens/{}") => self.edit_program_token(c),
            ("GET", "/organizations/{}/deploy-keys") => self.list_deploy_keys(c),
            ("POST", "/organizations/{}/deploy-keys") => self.create_deploy_key(c),
            ("DELETE", "/organizations/{}/deploy-keys/{}") => self.delete_deploy_key(c),
            ("DELETE", "/organizations/{}/service-accounts/{}/tokens/{}") => self.revoke_program_token(c),
            ("POST", "/organizations/{}/service-accounts/{}/tokens/{}/rotate") => self.rotate_program_token(c),
            ("GET", "/organizations/{}/service-accounts/{}/tokens/{}/value") => self.show_program_value(c),
            _ => self.dispatch_tenants(c),
        }
    }
}

pub(super) fn organization_view(o: &Organization) -> Value {
    json!({"id": o.id, "slug": o.slug, "name": o.name, "preset": o.rules.preset, "tenant": o.tenant, "revision": o.object})
}

pub(super) fn member_view(m: &Member) -> Value {
    json!({
        "id": m.id,
        "identity": {"id": m.person, "email": if m.email.is_empty() { Value::Null } else { json!(m.email) }, "name": m.name, "handle": m.handle, "type": m.kind()},
        "role": m.role,
        "status": m.status,
        "origin": m.origin,
        "joined_at": if m.joined { json!("$some") } else { Value::Null },
        "revision": m.revision,
    })
}

pub(super) fn token_view(t: &Token) -> Value {
    json!({
        "id": t.id,
        "kind": if t.program { "service_token" } else { "personal_token" },
        "organization": t.organization,
        "name": t.name,
        "active": t.active,
        "scopes": t.scopes,
        "holder": t.person,
        "expires_at": if t.expires.is_some() { json!("$some") } else { Value::Null },
    })
}

impl Model {
    /// A member with their groups.
    pub(super) fn whole_member(&self, m: &Member) -> Value {
        let mut view = member_view(m);
        let seat = |g: &super::Group| {
            let (_, manager) = g.seats.iter().find(|(member, _)| *member == m.id)?;
            Some(json!({"id": g.id, "name": g.name, "manager": manager}))
        };
        view["groups"] = json!({"$set": self.groups.iter().filter_map(seat).collect::<Vec<_>>()});
        view
    }

    pub(super) fn invitation_view(&self, i: &Invitation, delivery: &str) -> Value {
        let (groups, inside) = Self::carried_view(&i.carried);
        let over = i.expires.is_some_and(|end| end <= self.now);
        json!({
            "id": i.id,
            "member": i.member,
            "email": if i.invitee.is_some() { Value::Null } else { json!(i.email) },
            "handle": i.invitee.as_ref().map(|(_, handle)| handle),
            "groups": groups,
            "resources": inside,
            "name": i.name,
            "role": i.role,
            "state": if i.state == "pending" && over { "expired" } else { i.state },
            "expires_at": if i.expires.is_some() { json!("$some") } else { Value::Null },
            "deliver": i.deliver,
            "delivery": delivery,
            "revision": i.revision,
        })
    }
}
