//! The table of knobs. One row per knob: its sentence, dotted name, variant, field with type, default and,
//! for whole numbers, the range. Everything else about knobs is derived from this table.

use super::addresses::AddressList;
use super::choice::{
    ApprovalMode, ApprovalOnDisable, DeletePrecondition, DirectJoin, FactorsRequired, GroupsShown, InviteAddressee,
    InviteBulk, InviteCarries, InviteDelivery, InviteReissue, OffboardMode, OrganizationCreators,
    OrganizationsPerIdentity, OwnedObjects, RoleChangeAuthority, SeatsMode, SelfRemoval, SignupClosedByInvites,
};
use super::labels::LabelList;
use super::value::{AnyOf, CharList, DomainList, KnobValue, NetworkList, RoleList, RoleSlug, Shape};
use crate::time::Timestamp;
use serde_json::Value;
use std::ops::RangeInclusive;

/// Where a row names no range; only whole numbers look at it.
const ANY_COUNT: RangeInclusive<i64> = 0..=i64::MAX;
const HOUR_S: i64 = 3_600;
const YEAR_S: i64 = 366 * 24 * HOUR_S;

macro_rules! knobs {
    (@range) => { ANY_COUNT };
    (@range $range:expr) => { $range };
    ($(
        #[doc = $sentence:literal]
        $name:literal $knob:ident, $field:ident: $type:ty = $default:expr $(, within $range:expr)?;
    )+) => {
        /// The name of one knob of the policy.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Knob {
            $(#[doc = $sentence] $knob,)+
        }

        /// The value of every knob. [`Policy::default`] is what a preset gets that names no knob.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Policy {
            $(#[doc = $sentence] pub $field: $type,)+
        }

        impl Default for Policy {
            fn default() -> Policy {
                Policy { $($field: $default,)+ }
            }
        }

        impl Knob {
            /// All knobs, in the order they are documented.
            pub const ALL: &'static [Knob] = &[$(Knob::$knob,)+];

            /// The dotted name.
            pub fn name(self) -> &'static str {
                match self { $(Knob::$knob => $name,)+ }
            }

            /// What the knob does, in one sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Knob::$knob => $sentence.trim_ascii(),)+ }
            }

            /// The values the knob takes, for people.
            pub fn allowed(self) -> String {
                match self { $(Knob::$knob => <$type>::allowed(&knobs!(@range $($range)?)),)+ }
            }

            /// The kind of value the knob takes.
            pub fn shape(self) -> Shape {
                match self { $(Knob::$knob => <$type>::shape(&knobs!(@range $($range)?)),)+ }
            }
        }

        impl Policy {
            /// The value of one knob as JSON.
            pub fn get(&self, knob: Knob) -> Value {
                match knob { $(Knob::$knob => self.$field.show(),)+ }
            }

            /// The roles the knob's value names.
            pub(crate) fn roles_named_by(&self, knob: Knob) -> Vec<&str> {
                match knob { $(Knob::$knob => self.$field.roles(),)+ }
            }

            pub(super) fn assign(&mut self, knob: Knob, value: &Value) -> Option<()> {
                match knob {
                    $(Knob::$knob => self.$field = KnobValue::read(value, &knobs!(@range $($range)?))?,)+
                }
                Some(())
            }
        }
    };
}

knobs! {
    /// How long an invitation can be accepted, in seconds; `null`: it never expires.
    "invite.ttl_s" InviteTtlS, invite_ttl_s: Option<i64> = Some(604_800), within 60..=YEAR_S;
    /// Whether an address whose invitation expired can be invited again.
    "invite.reissue_after_expiry" InviteReissueAfterExpiry, invite_reissue_after_expiry: InviteReissue = InviteReissue::Always;
    /// How an invitation reaches the invited person: by mail, or as a link to hand over personally.
    "invite.deliver" InviteDeliver, invite_deliver: InviteDelivery = InviteDelivery::Email;
    /// Whether a holder of the top role may invite such an address again all the same; the audit trail tells of it.
    "invite.reissue_override" InviteReissueOverride, invite_reissue_override: bool = false;
    /// How people are named whom one invites: by address, by the handle of an account there is, or either.
    "invite.addressee" InviteAddressee, invite_addressee: AnyOf<InviteAddressee> = AnyOf::new(vec![InviteAddressee::Email]);
    /// Whether whoever invites gives the person's given and family name.
    "invite.names_required" InviteNamesRequired, invite_names_required: bool = false;
    /// What an invitation gives once it is accepted: a chosen role, places in groups, roles inside resources.
    "invite.carries" InviteCarries, invite_carries: AnyOf<InviteCarries> = AnyOf::new(vec![InviteCarries::Role, InviteCarries::Groups, InviteCarries::Resources]);
    /// Whether one person who cannot be invited stops a whole list, or each gets an answer of their own.
    "invite.bulk" InviteBulk, invite_bulk: InviteBulk = InviteBulk::Each;
    /// Whether invite links are to be had: anybody holding one joins. Where they are not, those made before do not work either.
    "invite_link.offered" InviteLinkOffered, invite_link_offered: bool = false;
    /// How long an invite link works at most, in seconds; `null`: for ever.
    "invite_link.ttl_s" InviteLinkTtlS, invite_link_ttl_s: Option<i64> = Some(604_800), within 60..=YEAR_S;
    /// How many people may come in with one invite link at most; `null`: any number.
    "invite_link.uses" InviteLinkUses, invite_link_uses: Option<i64> = None, within 1..=1_000_000;
    /// The role of whoever joins without a role having been chosen for them.
    "role.default" RoleDefault, role_default: RoleSlug = RoleSlug::default();
    /// Whether the organization may make roles of its own beside the preset's.
    "roles.custom" RolesCustom, roles_custom: bool = false;
    /// Whether everybody must be in a group: who is in none has nothing, and nobody's last group is taken from them. Holders of the top role are exempt.
    "group.required" GroupRequired, group_required: bool = false;
    /// The role that people get with the first group they manage, and that is chosen by naming groups to manage; `null`: managing changes no role.
    "group.manager_role" GroupManagerRole, group_manager_role: Option<RoleSlug> = None;
    /// The role that people have once the last group they manage is taken from them.
    "group.manager_role_lost" GroupManagerRoleLost, group_manager_role_lost: Option<RoleSlug> = None;
    /// Which groups people see who may see groups but not manage all of them: all, or those they run.
    "group.shown" GroupShown, group_shown: GroupsShown = GroupsShown::All;
    /// Whether those who run a group set its usage limits.
    "group.managers_limit_use" GroupManagersLimitUse, group_managers_limit_use: bool = false;
    /// Who changes roles, removes and deactivates: the top role alone; everybody with the permission, for people whose role has no rights that they lack; or everybody with the permission. Holders of the top role are for holders of the top role in each case.
    "role_change.authority" RoleChangeAuthority, role_change_authority: RoleChangeAuthority = RoleChangeAuthority::AdminBelowOwnRank;
    /// Whether people may lower their own role.
    "self.demote" SelfDemote, self_demote: bool = true;
    /// What removing oneself means: it is refused, or it counts as leaving.
    "self.deactivate_or_remove" SelfDeactivateOrRemove, self_deactivate_or_remove: SelfRemoval = SelfRemoval::Leave;
    /// The roles whose holders may leave by themselves.
    "leave.allowed_for" LeaveAllowedFor, leave_allowed_for: RoleList = RoleList::everybody();
    /// How people are taken out: switched off with their data kept, removed, or either.
    "offboard.modes" OffboardModes, offboard_modes: Vec<OffboardMode> = vec![OffboardMode::Deactivate, OffboardMode::Remove];
    /// What must be true before a person can be removed.
    "delete.precondition" DeletePrecondition, delete_precondition: DeletePrecondition = DeletePrecondition::None;
    /// What becomes of the things that a removed person or a deleted service account owns: the organization's, nobody's, or the removal waits until somebody has decided about each, or until each has another person as its owner.
    "delete.owned_objects" DeleteOwnedObjects, delete_owned_objects: OwnedObjects = OwnedObjects::OrgOwned;
    /// For how many seconds the removal of a person can be undone; `null`: not at all.
    "removal.grace_s" RemovalGraceS, removal_grace_s: Option<i64> = None, within 60..=YEAR_S;
    /// Whether whoever removes a person is told that access granted by other providers is not taken back here.
    "offboard.upstream_notice" OffboardUpstreamNotice, offboard_upstream_notice: bool = true;
    /// Whose joining waits for an approval: nobody's, everybody's, or that of addresses outside `approval.domains`.
    "approval.mode" ApprovalMode, approval_mode: ApprovalMode = ApprovalMode::Off;
    /// Whether people invited by name join without waiting for an approval.
    "approval.exempt_named_invites" ApprovalExemptNamedInvites, approval_exempt_named_invites: bool = false;
    /// The mail domains that count as inside for `approval.mode`.
    "approval.domains" ApprovalDomains, approval_domains: DomainList = DomainList::default();
    /// What becomes of those who wait for an approval when `approval.mode` is switched off: all are let in at once, or they go on waiting.
    "approval.on_disable" ApprovalOnDisable, approval_on_disable: ApprovalOnDisable = ApprovalOnDisable::ApproveAll;
    /// Whether people may ask to join; an administrator lets them in or turns them away.
    "join.requests" JoinRequests, join_requests: bool = false;
    /// The mail domains whose people join by themselves, once they proved their address, by signing up or signing in; an invitation that waits for them is accepted by it. Whoever was removed, turned away or left comes back by invitation only.
    "domain.auto_join" DomainAutoJoin, domain_auto_join: DomainList = DomainList::default();
    /// The only mail domains whose people can be invited or join; empty: all.
    "domain.exclusive" DomainExclusive, domain_exclusive: DomainList = DomainList::default();
    /// Whether invite links are refused while the organization has mail domains of its own, by `domain.auto_join` or `domain.exclusive`.
    "domain.excludes_links" DomainExcludesLinks, domain_excludes_links: bool = false;
    /// Whether people may join by themselves, without an invitation.
    "signup.open" SignupOpen, signup_open: bool = false;
    /// Whether invitations close open sign-up: never, from the first one on, while any is pending, or by the switch `signup.open` alone.
    "signup.closed_by_invites" SignupClosedByInvites, signup_closed_by_invites: SignupClosedByInvites = SignupClosedByInvites::Never;
    /// The only mail domains whose people can sign up, once they proved their address; empty: all.
    "signup.domains" SignupDomains, signup_domains: DomainList = DomainList::default();
    /// Whether addresses that last a few minutes are refused at signing up.
    "signup.refuses_disposable" SignupRefusesDisposable, signup_refuses_disposable: bool = true;
    /// Whether whoever signs up joins, and can sign in, only after proving their address.
    "signup.verified_email" SignupVerifiedEmail, signup_verified_email: bool = false;
    /// Who is added directly, without an invitation: nobody, or the people of the tenant above, who are in at once, and then nobody is invited.
    "join.direct" JoinDirect, join_direct: DirectJoin = DirectJoin::Nobody;
    /// Whether signing up without naming an organization joins the one of the person's mail domain, or makes it. Looked at in the preset that the setting `sign_up_preset` of the installation names.
    "signup.makes_organization" SignupMakesOrganization, signup_makes_organization: bool = false;
    /// Whether a person may belong to one organization of the installation or to many.
    "identity.organizations" IdentityOrganizations, identity_organizations: OrganizationsPerIdentity = OrganizationsPerIdentity::Many;
    /// Whether the organization is one person's own: nobody else comes in, and nothing in it is shared.
    "organization.personal" OrganizationPersonal, organization_personal: bool = false;
    /// Who may create organizations: anyone who is signed in, or the installation's administrators.
    "organization.created_by" OrganizationCreatedBy, organization_created_by: OrganizationCreators = OrganizationCreators::Anyone;
    /// Whether a scope on which anything is granted lets nothing from above through, as if it were controlled.
    "scope.controlled_by_grants" ScopeControlledByGrants, scope_controlled_by_grants: bool = false;
    /// Whether granting is offered here; without it all calls about grants are refused, and what was granted before stays.
    "grants.offered" GrantsOffered, grants_offered: bool = true;
    /// Whether things may be shared by a link; without it no link is made, and those there are stop at once.
    "share_link.allowed" ShareLinkAllowed, share_link_allowed: bool = true;
    /// The longest life of a new share link, in seconds; `null`: it may live until it is revoked.
    "share_link.max_life_s" ShareLinkMaxLifeS, share_link_max_life_s: Option<i64> = Some(2_592_000), within 60..=10 * YEAR_S;
    /// The fewest bytes an organization's name has.
    "organization.name_length_min" OrganizationNameLengthMin, organization_name_length_min: i64 = 1, within 1..=200;
    /// The most bytes an organization's name has.
    "organization.name_length_max" OrganizationNameLengthMax, organization_name_length_max: i64 = 800, within 1..=800;
    /// The characters an organization's name must not have.
    "organization.name_forbids" OrganizationNameForbids, organization_name_forbids: CharList = CharList::default();
    /// Whether an organization's name must be one that no other organization of the installation has.
    "organization.name_unique" OrganizationNameUnique, organization_name_unique: bool = false;
    /// How many seats there are for people and service accounts; `null`: as many as it takes.
    "seats.max" SeatsMax, seats_max: Option<i64> = None, within 1..=10_000_000;
    /// What a full house means: owners are told and more may come, or nobody comes in, is invited or reactivated until a seat is free.
    "seats.mode" SeatsMode, seats_mode: SeatsMode = SeatsMode::Cap;
    /// Whether an invitation holds a seat while it waits.
    "seats.counts_invited" SeatsCountsInvited, seats_counts_invited: bool = true;
    /// How many personal tokens a member may have; `null`: as many as they like.
    "token.max_per_member" TokenMaxPerMember, token_max_per_member: Option<i64> = None, within 0..=10_000;
    /// The longest life of a new token, in seconds; `null`: it may live for ever.
    "token.max_life_s" TokenMaxLifeS, token_max_life_s: Option<i64> = None, within HOUR_S..=10 * YEAR_S;
    /// The shortest life of a new token that has an end, in seconds; `null`: any.
    "token.min_life_s" TokenMinLifeS, token_min_life_s: Option<i64> = None, within 60..=YEAR_S;
    /// Whether a token that has an end works until that day is over in UTC.
    "token.whole_days" TokenWholeDays, token_whole_days: bool = false;
    /// Whether the value of a new token is also kept, sealed, and shown again to whoever may manage it.
    "token.value_again" TokenValueAgain, token_value_again: bool = false;
    /// How many tokens a service account may have; `null`: as many as it takes.
    "service_account.max_tokens" ServiceAccountMaxTokens, service_account_max_tokens: Option<i64> = None, within 0..=10_000;
    /// Whether a directory may keep people and groups here by SCIM; without it no token is made for one, and those there are open nothing.
    "scim.offered" ScimOffered, scim_offered: bool = false;
    /// Whether people and groups that a directory keeps can be switched off, removed and put into groups here as well; the directory may undo it with its next word.
    "scim.local_changes" ScimLocalChanges, scim_local_changes: bool = false;
    /// Whether a directory may not bring groups that are called like a role of the organization.
    "scim.reserves_role_names" ScimReservesRoleNames, scim_reserves_role_names: bool = false;
    /// Whether there are deploy keys: secrets that belong to no person and only prove the organization.
    "deploy_keys.offered" DeployKeysOffered, deploy_keys_offered: bool = false;
    /// After how many seconds without a request a session ends; `null`: only with `session.absolute_s`.
    "session.idle_s" SessionIdleS, session_idle_s: Option<i64> = Some(1_209_600), within 60..=YEAR_S;
    /// After how many seconds a session ends even when it is in use.
    "session.absolute_s" SessionAbsoluteS, session_absolute_s: i64 = 2_592_000, within 60..=YEAR_S;
    /// Whom the organization lets in by the browser only with a second factor: nobody in particular, its administrators (whoever holds the top role or decides about others), or everybody. Tokens are not asked.
    "mfa.required" MfaRequired, mfa_required: FactorsRequired = FactorsRequired::Off;
    /// For how many seconds people without a second factor are only told of it, from when the policy begins to ask or they come in.
    "mfa.grace_s" MfaGraceS, mfa_grace_s: i64 = 604_800, within 0..=YEAR_S;
    /// Whether a changed length of sessions holds for those that begin afterwards only.
    "session.new_only" SessionNewOnly, session_new_only: bool = false;
    /// The only networks from which the organization is reached, by browser and by token; empty: all. Whoever sets it must be in one of them.
    "access.networks" AccessNetworks, access_networks: NetworkList = NetworkList::default();
    /// How recently, in seconds, somebody must have proved who they are to make tokens and keys, export the audit trail or change the policy; `null`: signing in is enough. Tokens are not asked.
    "session.step_up_s" SessionStepUpS, session_step_up_s: Option<i64> = None, within 60..=YEAR_S;
    /// The plans, by the label in the organization's account, with which connections to identity providers are made, tested and switched on; empty: all. Where plans are named, the installation's administrators set the label.
    "sso.plans" SsoPlans, sso_plans: LabelList = LabelList::default();
    /// Whether people get in by the organization's own single sign-on alone. Tokens go on working.
    "sso.required" SsoRequired, sso_required: bool = false;
    /// From when on `sso.required` holds; `null`: at once.
    "sso.required_from" SsoRequiredFrom, sso_required_from: Option<Timestamp> = None;
    /// The addresses of those holders of the top role who keep another way in where single sign-on is required; empty: all of them.
    "sso.break_glass" SsoBreakGlass, sso_break_glass: AddressList = AddressList::default();
    /// Whether people join by themselves, by `domain.auto_join`, only with addresses of domains that the organization has proved to be its own.
    "domain.claimed_only" DomainClaimedOnly, domain_claimed_only: bool = false;
    /// With fewer holders of the top role than this, the console advises to name another.
    "owners.recommended" OwnersRecommended, owners_recommended: i64 = 2, within 1..=100;
}
