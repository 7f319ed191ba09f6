//! Every expected "no" of the product, one line each: its stable code, its kind and what it means.
//! The reference page of error codes is made from these lists. Does not know HTTP; the server gives
//! each [`Kind`] its status.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What sort of "no" a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself is broken (400).
    Malformed,
    /// No valid credential (401).
    Unauthenticated,
    /// More is wanted than is paid for (402).
    Unpaid,
    /// The caller may know the object but not do this (403).
    Forbidden,
    /// The object does not exist, or the caller may not know that it does (404).
    Hidden,
    /// The path exists, the method does not (405).
    Method,
    /// The state of things speaks against it (409).
    Conflict,
    /// It was there once and is used up (410).
    Gone,
    /// The caller's copy is older than the object (412).
    Stale,
    /// Too many bytes (413).
    TooLarge,
    /// Not JSON where JSON is needed (415).
    MediaType,
    /// Well-formed, but a value cannot be taken (422).
    Invalid,
    /// Too much at once (429).
    Limited,
    /// Not now; trying again later helps (503).
    Unavailable,
}

macro_rules! codes {
    ($($variant:ident = $code:literal, $kind:ident, $meaning:literal;)*) => {
        /// A stable refusal code. Codes are never renamed and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant,)* }

        impl Code {
            /// Every code, in the order of the reference page.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The dotted name that callers see.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// What sort of refusal it is.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Code::$variant => Kind::$kind,)* }
            }

            /// What happened and what to do, for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    RequestMalformed = "request.malformed", Malformed, "the request could not be read; check its syntax";
    RequestInvalid = "request.invalid", Invalid, "one or more values cannot be taken; `errors` names each";
    BodyTooLarge = "request.body_too_large", TooLarge, "the body is larger than this route takes";
    MediaType = "request.media_type", MediaType, "send the body as `application/json`";
    MethodNotAllowed = "request.method", Method, "this path does not know that method";
    NotFound = "not_found", Hidden, "there is nothing here, or nothing you may see";
    CursorInvalid = "cursor.invalid", Malformed, "the cursor is broken or from another list; start again without `after`";
    AuthRequired = "auth.required", Unauthenticated, "sign in or send a token";
    AuthInvalid = "auth.invalid", Unauthenticated, "the credential is unknown, expired or revoked; sign in again or use another token";
    CredentialsWrong = "auth.wrong_credentials", Unauthenticated, "the email address and password do not belong together";
    FactorNeeded = "factor.needed", Unauthenticated, "the password is right; send a code of the second factor too (`otp`), or sign in with a passkey";
    AuthCodeWrong = "auth.wrong_code", Unauthenticated, "that code is wrong, too old or used already; take the next one";
    PasskeyRefused = "auth.passkey_refused", Unauthenticated, "that passkey does not open an account here; use another one, or your password";
    FactorRequired = "factor.required", Forbidden, "this organization asks for a second factor: set one up, or sign in with the one you have";
    FactorCodeWrong = "factor.code_wrong", Forbidden, "that code is wrong, too old or used already; take the next one";
    FactorElsewhere = "factor.elsewhere", Conflict, "this person belongs to other organizations too; an administrator of the installation resets their factors, or they do with a backup code";
    FactorNone = "factor.none", Conflict, "there is no second factor to have backup codes for; set one up first";
    FactorAlready = "factor.already", Conflict, "there is an authenticator app already; remove it before setting up another";
    FactorTooMany = "factor.too_many", Conflict, "there are as many passkeys as fit; remove one first";
    FactorSession = "factor.session_required", Forbidden, "second factors are changed by whoever is signed in, not with a token";
    PasskeyUnavailable = "passkey.unavailable", Conflict, "passkeys need a name for this installation; set `public_url` to an address that is not a number";
    PasskeyInvalid = "passkey.invalid", Invalid, "the answer of the device is not whole or not for this question; try again";
    PasskeyTaken = "passkey.taken", Conflict, "that passkey is registered already";
    CeremonyOver = "ceremony.over", Gone, "this took too long, or was answered already; begin again";
    AccessNetwork = "access.network", Forbidden, "this organization is not reached from your network";
    PolicyLocksOut = "policy.locks_out", Conflict, "you would lock yourself out: put a network in the list that your own address is in";
    ProofStale = "proof.stale", Forbidden, "prove once more that it is you: `POST /session/step-up`, then repeat the request";
    AuthUnproved = "auth.unproved", Forbidden, "prove first that the address is yours: open the link in the mail we have just sent to it";
    TokenMalformed = "token.malformed", Unauthenticated, "that is not a whole token: a character is missing or mistyped";
    CsrfInvalid = "csrf.invalid", Forbidden, "send the `csrf_token` of this session as `X-CSRF-Token`, or reload the page";
    AccessDenied = "access.denied", Forbidden, "your role here does not allow this; ask somebody who may";
    ScopeMissing = "token.scope_missing", Forbidden, "this token was made without the scope that this needs";
    TokenScopeAboveOwn = "token.scope_above_own", Forbidden, "a token cannot be given more than its maker holds";
    RoleAboveOwn = "role.above_own", Forbidden, "nobody gives a role with more rights than their own";
    TopRoleRequired = "member.top_role_required", Forbidden, "only a holder of the top role may do this to a holder of the top role";
    StaleEtag = "etag.stale", Stale, "the object has changed since you read it; read it again and repeat";
    IdempotencyMismatch = "idempotency.mismatch", Conflict, "this `Idempotency-Key` was used with another body; take a new key";
    LastOwner = "member.last_owner", Conflict, "an organization needs one active holder of its top role; give that role to somebody else first";
    OwnsResources = "member.owns_resources", Conflict, "this person owns things here; `blockers` names them, and each needs another owner first";
    MemberState = "member.state", Conflict, "the member's present state does not allow this";
    MemberDeactivateFirst = "member.deactivate_first", Conflict, "deactivate the member before removing them";
    SelfDemote = "member.self_demote", Conflict, "nobody lowers their own role here; ask another holder of the top role";
    SelfRemove = "member.self", Conflict, "use `leave` for your own membership; nobody deactivates or removes themself";
    SelfApprove = "member.self_approve", Conflict, "somebody else must approve you";
    MemberAlready = "member.already", Conflict, "that person is a member already";
    MemberElsewhere = "member.elsewhere", Conflict, "that person belongs to another organization, and people here belong to one only";
    RoleUnknown = "role.unknown", Invalid, "there is no such role here";
    RoleBuiltIn = "role.built_in", Conflict, "this role comes with the preset and stays as it is; make one of your own";
    RoleSlugTaken = "role.slug_taken", Conflict, "another role has that slug";
    RoleInUse = "role.in_use", Conflict, "somebody holds this role; name another one for them in `replace_with`";
    RoleFixed = "role.fixed", Invalid, "a change of role neither gives nor takes this role: who has it has it from the beginning";
    EmailInvalid = "email.invalid", Invalid, "that is not an email address";
    EmailDuplicate = "email.duplicate", Invalid, "the same address stands in this list twice";
    EmailTaken = "email.taken", Conflict, "the address belongs to another account";
    InvitationPending = "invitation.already_pending", Conflict, "that address has an invitation waiting; resend it instead";
    InvitationNoReissue = "invitation.no_reissue", Conflict, "an invitation for that address expired, and this organization never issues another";
    InvitationNotPending = "invitation.not_pending", Conflict, "the invitation is not waiting any more; make a new one";
    InvitationUnknown = "invitation.unknown", Hidden, "this invitation link is not valid; ask for a new one";
    InvitationExpired = "invitation.expired", Gone, "this invitation has expired; ask for a new one";
    InvitationUsed = "invitation.used", Gone, "this invitation has been used; sign in";
    InvitationCancelled = "invitation.cancelled", Gone, "this invitation was withdrawn; ask for a new one";
    InvitationRefused = "invitation.refused", Gone, "this invitation was declined; ask for a new one";
    InvitationAddressee = "invitation.addressee", Invalid, "nobody is invited this way here";
    InvitationNames = "invitation.names_required", Invalid, "whoever is invited here is named by given and family name";
    InvitationNotCarried = "invitation.not_carried", Invalid, "invitations do not carry this here";
    MemberUnreachable = "member.unreachable", Conflict, "nobody has proved that address yet, so no link that opens the account is mailed to it";
    InvitationUnreachable = "invitation.unreachable", Conflict, "that person has no proved address to mail to; hand the link over instead (`deliver: link`)";
    InvitationOtherPerson = "invitation.other_person", Forbidden, "this invitation is for another address; sign in with that one";
    InvitationSignIn = "invitation.sign_in_required", Conflict, "that address has an account; sign in, then open the link again";
    JoinClosed = "join.closed", Forbidden, "people join here by invitation only; ask somebody there to invite you";
    JoinDomain = "join.domain", Forbidden, "people with an address of that mail domain cannot join here";
    JoinUnproved = "join.unproved", Forbidden, "prove first that the address is yours: open the link in the mail sent to it";
    JoinDisposable = "join.disposable", Forbidden, "an address that lasts a few minutes cannot join; take a lasting one";
    JoinLinkExcluded = "join.link_excluded", Forbidden, "this organization takes nobody by link; sign up with an address of its own instead";
    SeatsFull = "seats.full", Unpaid, "all seats are taken; remove or deactivate somebody, or have the number raised";
    InviteLinkExpired = "invite_link.expired", Gone, "this invite link has expired; ask for a new one";
    InviteLinkReset = "invite_link.reset", Gone, "all invite links of the organization were reset; ask for a new one";
    InviteLinkUsedUp = "invite_link.used_up", Gone, "as many people as this invite link is for have come in with it; ask for a new one";
    InviteLinkNotOffered = "invite_link.not_offered", Forbidden, "this organization has no invite links; ask for an invitation by name";
    LinkInvalid = "link.invalid", Gone, "this link is used, expired or not whole; ask for a new one";
    PasswordWrong = "password.wrong", Forbidden, "that is not your present password";
    SlugTaken = "organization.slug_taken", Conflict, "another organization has that slug";
    NameTaken = "organization.name_taken", Conflict, "another organization has that name";
    OrganizationCreate = "organization.create_denied", Forbidden, "only administrators of this installation make organizations";
    DeleteConfirm = "organization.confirm_name", Invalid, "type the organization's slug to confirm";
    PresetUnknown = "preset.unknown", Invalid, "there is no such preset; see `guildhall preset list`";
    PresetInvalid = "preset.invalid", Invalid, "that preset is not valid; `errors` names each line and rule";
    PresetRoleUnmapped = "preset.role_unmapped", Conflict, "the preset lacks a role that people have; say what becomes of them";
    PresetInUse = "preset.in_use", Conflict, "the preset lacks a type or a grant's role that is in use";
    KnobUnknown = "policy.unknown_knob", Invalid, "there is no such policy setting";
    KnobClosed = "policy.closed", Forbidden, "the preset does not let administrators change this setting";
    KnobInvalid = "policy.invalid_value", Invalid, "that setting does not take this value";
    TokenLimit = "token.limit", Conflict, "no more tokens: revoke one first";
    TokenLife = "token.life", Invalid, "tokens may not live that long here";
    TokenValueHidden = "token.value_hidden", Conflict, "the value of this token was shown once and is not kept; rotate it for a new one";
    ServiceAccountOwner = "service_account.owner", Invalid, "a service account is owned by an active person of the organization";
    ServiceAccountConfirm = "service_account.confirm_name", Invalid, "type the service account's name to confirm";
    ServiceAccountTop = "service_account.other_top", Forbidden, "a service account manages no other service account with the top role; a person does";
    DeployKeysNotOffered = "deploy_key.not_offered", Conflict, "this organization has no deploy keys; its policy says whether it offers them";
    ScimNotOffered = "scim.not_offered", Conflict, "no directory keeps people here by SCIM; the policy says whether it is offered";
    ScimTokenLimit = "scim_token.limit", Conflict, "two tokens live already: the one in use and the one to take its place; revoke one first";
    ScimTaken = "scim.taken", Conflict, "the directory keeps another person here with that user name or address";
    ScimAddressKept = "scim.address_kept", Forbidden, "a directory does not change the address of people who hold the top role, manage a group, or belong to a tenant or elsewhere too; they change it themselves";
    ScimMemberUnknown = "scim.member_unknown", Invalid, "the directory keeps nobody with that id here";
    ScimNameReserved = "scim.name_reserved", Conflict, "a role here is called that; call the group something else";
    MemberManaged = "member.managed", Conflict, "a directory keeps this person: switch them on or off, or remove them, there";
    ScopeUnknown = "token.scope_unknown", Invalid, "there is no such scope; scopes are permission names";
    SetupDone = "setup.done", Gone, "this installation has been set up; sign in";
    SsoRequired = "sso.required", Forbidden, "this organization is entered by its single sign-on only; `start` is where that begins";
    SsoElsewhere = "sso.elsewhere", Forbidden, "another organization's provider vouched for this session; sign in to this one in its own way";
    SsoUntested = "sso.untested", Conflict, "test the connection first; it is switched on once that went well";
    SsoPlan = "sso.plan", Forbidden, "single sign-on does not come with this organization's plan; ask whoever runs this installation for one that has it";
    PlanKept = "account.plan_kept", Forbidden, "what there is here depends on the plan, so an administrator of the installation sets it";
    SsoNoConnection = "sso.no_connection", Conflict, "switch a connection on before single sign-on is required";
    SsoBreakGlass = "sso.break_glass", Conflict, "name at least one holder of the top role who keeps another way in";
    SsoLastConnection = "sso.last_connection", Conflict, "single sign-on is required here, and this is the last connection that is switched on";
    SsoUnknown = "sso.unknown", Hidden, "there is no single sign-on for that; sign in another way";
    SsoState = "sso.state", Forbidden, "this sign-in was not begun in this browser, took too long or was used already; begin again";
    SsoDenied = "sso.denied", Forbidden, "the provider did not sign you in";
    SsoIssuer = "sso.issuer", Forbidden, "the answer came from another provider than the one asked";
    SsoTicket = "sso.ticket", Forbidden, "what the provider answered is not valid; begin again, and tell an administrator if it happens twice";
    SsoUnsolicited = "sso.unsolicited", Forbidden, "the provider sent you without being asked; begin the sign-in here";
    SsoEncrypted = "sso.encrypted", Forbidden, "the provider encrypted its answer, and nothing here decrypts; an administrator has it send signed answers over https alone";
    SsoReplayed = "sso.replayed", Forbidden, "that answer was used already; begin again";
    SsoUnreachable = "sso.unreachable", Unavailable, "the provider cannot be reached or answers wrongly; try again later";
    SsoAddress = "sso.address", Invalid, "that address may not be asked from here";
    SsoNoAddress = "sso.no_address", Forbidden, "the provider did not say your mail address; an administrator can have it say so";
    SsoDomain = "sso.domain", Forbidden, "this connection is for verified addresses of certain mail domains, and yours is not among them";
    SsoLinkRequired = "sso.link_required", Conflict, "that address has an account here; sign in to it first, then sign in by the provider once";
    SsoNoAccount = "sso.no_account", Forbidden, "you are not a member there; ask for an invitation";
    SsoLogout = "sso.logout_invalid", Malformed, "that is not a valid logout token";
    DomainPublic = "domain.public", Invalid, "that mail domain is everybody's; claim one of your own";
    DomainTaken = "domain.taken", Conflict, "another organization has proved that this domain is its own";
    DomainClaimedAlready = "domain.claimed_already", Conflict, "you claim this domain already";
    DomainUnproved = "domain.unproved", Conflict, "nothing proves yet that the domain is yours";
    GroupNameTaken = "group.name_taken", Conflict, "another group has that name";
    GroupExternal = "group.external", Conflict, "a directory elsewhere keeps this group; change it there";
    GroupReserved = "group.reserved", Conflict, "this group comes with the preset: it is not renamed, deleted or granted anything";
    GroupLast = "group.last_group", Conflict, "everybody here is in a group; put them in another one first";
    GroupManagerRole = "group.manager_role", Conflict, "this person's role does not run single groups; change the role first";
    GroupsNeeded = "group.groups_needed", Invalid, "name at least one group to manage in `groups`";
    ShareTooWide = "grant.too_wide", Conflict, "shared with them, the resource would not be yours to share any more; ask its owner";
    GroupSelfManager = "group.self_manager", Conflict, "a manager does not take themself out; another manager or an administrator does";
    GroupGrantsAboveOwn = "group.grants_above_own", Forbidden, "this group is granted more than you have; nobody gives that to others";
    ResourceType = "resource.type", Invalid, "there is no such type here";
    ResourceParent = "resource.parent", Invalid, "a resource of that type cannot stand there";
    ResourceCycle = "resource.cycle", Invalid, "a resource cannot stand under itself";
    ResourceOwner = "resource.owner", Invalid, "only an active member can own something";
    ResourceTaken = "resource.external_id_taken", Conflict, "another resource of that type has that external id";
    TransferHeir = "transfer.heir", Invalid, "things are handed on to another, active member";
    TransferNotOwned = "transfer.not_owned", Invalid, "the person does not own that";
    RemovalOver = "removal.over", Gone, "this cannot be undone any more; invite the person again";
    IdentityConfirm = "identity.confirm", Invalid, "type your handle or your address to confirm";
    GrantAboveOwn = "grant.above_own", Forbidden, "nobody grants more than they have there";
    GrantExpired = "grant.expired", Invalid, "a grant ends in the future";
    GrantNotOffered = "grant.not_offered", Forbidden, "this organization is not offered control of access by grants";
    GrantCycle = "grant.cycle", Invalid, "nothing is handed to itself or to what stands under it";
    GrantChained = "grant.chained", Invalid, "a scope that receives what is shared is not itself shared to another scope; share with people or groups";
    GrantElsewhere = "grant.elsewhere", Conflict, "this access does not come from here; take it away where it comes from";
    ShareLinkNotAllowed = "share_link.not_allowed", Forbidden, "this organization does not let anything be shared by link";
    ShareLinkLife = "share_link.life", Invalid, "share links may not live that long here";
    ShareLinkInvalid = "share_link.invalid", Gone, "this link is not valid any more; ask whoever gave it to you for a new one";
    GrantSubject = "grant.subject", Invalid, "there is nobody like that here";
    PermissionUnknown = "permission.unknown", Invalid, "there is no such permission here";
    HandleUnknown = "handle.unknown", Invalid, "nobody has that handle";
    GroupUnknown = "group.unknown", Invalid, "there is no such group here";
    ResourceUnknown = "resource.unknown", Invalid, "there is no such resource here, or none that you may share";
    UsageExceeded = "usage.exceeded", Limited, "a usage limit is reached; `reset_at` says when there is room again";
    UsageSubject = "usage.subject", Invalid, "there is nobody like that here";
    UsageLimitScope = "usage_limit.scope", Invalid, "there is no such group or member here";
    UsageLimitTooMany = "usage_limit.too_many", Conflict, "there are as many limits as fit; delete one first";
    ResourceKept = "resource.kept", Forbidden, "somebody else keeps this: it can be shared here, and is changed where it comes from";
    ResourceStays = "resource.stays", Conflict, "what stands in a scope stays there; make one of the organization's own to share it further";
    TenantCreate = "tenant.create_denied", Forbidden, "only administrators of this installation make tenants";
    TenantSlugTaken = "tenant.slug_taken", Conflict, "another tenant has that slug";
    TenantLastOwner = "tenant.last_owner", Conflict, "a tenant needs an owner who has signed in; make somebody else owner first";
    TenantMemberAlready = "tenant.member_already", Conflict, "that person belongs to the tenant already";
    TenantMemberUnknown = "tenant.member_unknown", Invalid, "nobody has that handle";
    TenantDomain = "tenant.domain", Forbidden, "the tenant takes only addresses of its trusted domains";
    TenantSeats = "tenant.seats", Conflict, "the tenant is full; raise its threshold or take somebody out";
    TenantPersonal = "tenant.personal_off", Forbidden, "the tenant lets nobody have an organization of their own";
    TenantLocksOut = "tenant.locks_out", Conflict, "nobody could sign in any more: sign in first by one of the ways you name";
    SignInMethod = "auth.method", Unauthenticated, "the tenant of this organization takes another way of signing in; sign in by that";
    OrganizationPersonal = "organization.personal", Forbidden, "this organization is one person's own: nobody else comes in, and nothing in it is shared";
    PersonalTaken = "organization.personal_taken", Conflict, "you have an organization of your own already";
    InstanceAdministrator = "instance.administrator_required", Forbidden, "only administrators of this installation may do this";
    JoinDirectOnly = "join.direct_only", Forbidden, "nobody is invited here: add people of the tenant directly";
    JoinNotDirect = "join.not_direct", Forbidden, "nobody is added directly here: invite them";
    MemberNotInTenant = "member.not_in_tenant", Invalid, "nobody of the tenant is named like that";
    HandleTaken = "handle.taken", Conflict, "somebody else has that handle";
    RateLimited = "rate.limited", Limited, "too many tries; wait for `Retry-After` seconds";
    TimedOut = "server.timed_out", Unavailable, "this took too long and is not waited for; a write may still happen, so look first or repeat it with the same `Idempotency-Key`";
    Busy = "server.busy", Unavailable, "too much work waits at this moment; try again after `Retry-After` seconds";
    StoreUnavailable = "server.store_unavailable", Unavailable, "the database cannot be reached or written at this moment; nothing was changed";
}

/// What can be wrong with one value of a request, beside the codes of [`Code`]: name and meaning.
pub const FIELD_CODES: &[(&str, &str)] = &[
    ("field.duplicate", "the same field stands twice; send it once"),
    ("field.empty", "the value must not be empty"),
    ("field.invalid", "the value is not one that this field takes; the detail says which it takes"),
    ("field.missing", "the field must be given"),
    ("field.out_of_range", "the number is too small or too large; the detail says the range"),
    ("field.too_long", "the value has too many characters, bytes or items; the detail says how many fit"),
    ("field.too_short", "the value has too few characters; the detail says how many are needed"),
    ("field.unknown", "there is no such field or parameter here; the detail names those there are"),
    ("revision.ahead", "the organization has not come to that revision; the detail says where it is"),
    ("field.wrong_type", "the value is of another JSON type than this field takes"),
];

/// One value of a request that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field, such as `invitations[3].email`.
    pub field: String,
    /// Stable code, such as `field.unknown` or `email.invalid`.
    pub code: String,
    /// What is wrong and what is allowed.
    pub detail: String,
}

/// An expected "no": typed, stable, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What happened here and what to do, in one sentence.
    pub detail: String,
    /// For [`Kind::Invalid`]: each value that cannot be taken.
    pub errors: Vec<FieldError>,
    /// Further facts for programs, such as the blockers of a removal; with an empty name the fields
    /// of the value are the facts.
    pub extra: Option<(&'static str, Value)>,
}

impl Refusal {
    /// A refusal with its code's own sentence.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self { code, detail: code.meaning().to_owned(), errors: Vec::new(), extra: None }
    }

    /// A refusal with a sentence of its own.
    #[must_use]
    pub fn because(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::of(code) }
    }

    /// A refused value of the request.
    #[must_use]
    pub fn field(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        debug_assert!(
            FIELD_CODES.iter().any(|known| known.0 == code) || Code::ALL.iter().any(|known| known.name() == code),
            "`{code}` is missing in the list that makes the reference"
        );
        let detail = detail.into();
        let field = field.into();
        Self {
            code: Code::RequestInvalid,
            detail: format!("`{field}`: {detail}"),
            errors: vec![FieldError { field, code: code.to_owned(), detail }],
            extra: None,
        }
    }

    /// A refused value whose own code is also the refusal's.
    #[must_use]
    pub fn value(code: Code, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, ..Self::field(field, code.name(), detail) }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::of(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dotted_lower_case_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let name = code.name();
            assert!(seen.insert(name), "{name} twice");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_'), "{name}");
        }
    }
}
