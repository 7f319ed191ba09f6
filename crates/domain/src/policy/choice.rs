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
    /// `organization.created_by`
    OrganizationCreators {
        /// Anyone who is signed in.
        Anyone "anyone",
        /// Administrators of the installation.
        Administrators "administrators",
    }
}
