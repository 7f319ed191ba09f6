//! The knobs that choose one of a few words, and those words.

/// A knob value that is one of a few words.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// Every choice with its word.
    const ALL: &'static [(Self, &'static str)];
}

macro_rules! choices {
    ($(
        $(#[doc = $about:literal])+
        $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident $word:literal,)+ }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl $name {
            /// The word that stands for this value in files, requests and answers.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl Choice for $name {
            const ALL: &'static [(Self, &'static str)] = &[$(($name::$variant, $word),)+];
        }
    )+};
}

choices! {
    /// `invite.reissue_after_expiry`
    InviteReissue {
        /// An expired invitation can be followed by a new one.
        Always "always",
        /// Once expired, the address can not be invited again (PX-10).
        Never "never",
    }
    /// `invite.deliver`
    InviteDelivery {
        /// The product mails the link.
        Email "email",
        /// The inviter is shown the link and hands it over (PX-7).
        Link "link",
    }
    /// One entry of `invite.addressee`
    InviteAddressee {
        /// An address (TP-2).
        Email "email",
        /// The handle of somebody who has an account (TP-2).
        Handle "handle",
    }
    /// `group.shown`
    GroupsShown {
        /// Every group of the organization.
        All "all",
        /// Those one runs (ON-30).
        Managed "managed",
    }
    /// One entry of `invite.carries`
    InviteCarries {
        /// A role of the organization.
        Role "role",
        /// Places in groups (PL-3).
        Groups "groups",
        /// Roles inside resources (TP-14).
        Resources "resources",
    }
    /// `invite.bulk`
    InviteBulk {
        /// Each person gets an answer of their own.
        Each "each",
        /// One that cannot be invited stops all, but for people who are here or invited already (ON-7).
        AllOrNothing "all_or_nothing",
    }
    /// `role_change.authority`
    RoleChangeAuthority {
        /// Only holders of the top role (CT-16, CT-18).
        Top "top",
        /// Everybody with the permission, for people whose role has no rights that they lack: an Admin
        /// for other Admins too, as CloudTruth's matrix has it (CT-16).
        AdminBelowOwnRank "admin_below_own_rank",
        /// Everybody with the permission, for everybody but holders of the top role.
        Admin "admin",
    }
    /// `self.deactivate_or_remove`
    SelfRemoval {
        /// Refused (ON-21).
        Forbidden "forbidden",
        /// Treated as leaving.
        Leave "leave",
    }
    /// One entry of `offboard.modes`
    OffboardMode {
        /// Switched off, with everything kept.
        Deactivate "deactivate",
        /// Gone from the organization.
        Remove "remove",
    }
    /// `delete.precondition`
    DeletePrecondition {
        /// Nothing.
        None "none",
        /// The person has been deactivated (ON-22).
        Deactivated "deactivated",
        /// The person owns nothing any more: everything was handed on before (PL-9).
        Transferred "transferred",
    }
    /// `delete.owned_objects`
    OwnedObjects {
        /// They belong to the organization from then on.
        OrgOwned "org_owned",
        /// Nobody may be removed before somebody has decided about each: who gets it, or that the
        /// organization keeps it (ON-23).
        Block "block",
        /// They have no owner any more, for somebody to take over later (ON-23).
        Orphan "orphan",
        /// Each needs another person as its owner (PL-9).
        TransferRequired "transfer_required",
    }
    /// `approval.mode`
    ApprovalMode {
        /// Nobody waits.
        Off "off",
        /// Everybody who joins waits.
        All "all",
        /// Those wait whose address is outside `approval.domains`.
        OutsideDomains "outside_domains",
    }
    /// `approval.on_disable`
    ApprovalOnDisable {
        /// Whoever waits is let in, in the same commit (PX-29).
        ApproveAll "approve_all",
        /// Whoever waits goes on waiting.
        KeepWaiting "keep_waiting",
    }
    /// `seats.mode`
    SeatsMode {
        /// Owners are told; nobody is kept out.
        Warn "warn",
        /// Nobody comes in beyond the number.
        Cap "cap",
    }
    /// `signup.closed_by_invites`
    SignupClosedByInvites {
        /// Invitations have no influence.
        Never "never",
        /// The first invitation closes sign-up, and it stays closed.
        Implicit "implicit",
        /// Sign-up is closed while any invitation is pending (ON-5 to the letter).
        ImplicitLiteral "implicit_literal",
        /// `signup.open` alone decides.
        Switch "switch",
    }
    /// `identity.organizations`
    OrganizationsPerIdentity {
        /// One.
        One "one",
        /// Any number.
        Many "many",
    }
    /// `join.direct`
    DirectJoin {
        /// Nobody: people are invited.
        Nobody "nobody",
        /// The people of the organization's tenant, who are in at once; nobody is invited (TP-9).
        TenantMembers "tenant_members",
    }
    /// `organization.created_by`
    OrganizationCreators {
        /// Anyone who is signed in.
        Anyone "anyone",
        /// Administrators of the installation.
        Administrators "administrators",
    }    /// `mfa.required`
    FactorsRequired {
        /// Nobody has to have one; whoever has one is asked for it.
        Off "off",
        /// Whoever holds the top role or decides about others.
        Administrators "administrators",
        /// Everybody (PL-33).
        All "all",
    }
}
