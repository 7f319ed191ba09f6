//! The kinds of records of the audit trail in words: as the filter lists them, and as a sentence says them.

/// One kind of record.
pub(super) struct Kind {
    /// The dotted type.
    pub(super) name: &'static str,
    /// As a choice of the filter.
    pub(super) label: &'static str,
    /// What somebody did, before the name of whom or what they did it to.
    pub(super) verb: &'static str,
    /// Whether whom it happened to is who did it, though they may not have been signed in.
    pub(super) own: bool,
}

const fn kind(name: &'static str, label: &'static str, verb: &'static str) -> Kind {
    Kind { name, label, verb, own: false }
}

const fn own(name: &'static str, label: &'static str, verb: &'static str) -> Kind {
    Kind { name, label, verb, own: true }
}

/// Every kind of record an organization's trail has, as the filter lists them.
pub(super) const KINDS: &[Kind] = &[
    own("member.joined", "Joined", "joined"),
    own("member.requested", "Asked to join", "asked to join"),
    own("member.request_withdrawn", "Request withdrawn", "withdrew the request to join"),
    own("member.left", "Left", "left"),
    kind("member.removed", "Removed", "removed"),
    kind("member.restored", "Removal undone", "undid the removal of"),
    kind("member.role_changed", "Role changed", "changed the role of"),
    kind("member.deactivated", "Deactivated", "deactivated"),
    kind("member.reactivated", "Reactivated", "reactivated"),
    kind("member.approved", "Approved", "let in"),
    kind("member.rejected", "Rejected", "turned away"),
    kind("member.sessions_ended", "Sessions ended", "ended the sessions of"),
    kind("member.factors_reset", "Second factors reset", "reset the second factors of"),
    kind("member.password_link_sent", "Link for a new password sent", "had a link for a new password sent to"),
    kind("member.directory_linked", "Kept by the directory", "took over"),
    kind("member.directory_edited", "Changed by the directory", "changed"),
    kind("member.directory_unlinked", "Let go by the directory", "let go of"),
    kind("member.address_changed", "Address changed by the directory", "changed the address of"),
    kind("seats.threshold_reached", "Seats nearly taken", "counted the seats of"),
    kind("invitation.created", "Invited", "invited"),
    kind("invitation.resent", "Invitation sent again", "sent the invitation again to"),
    kind("invitation.role_changed", "Invitation's role changed", "changed the role in the invitation of"),
    kind(
        "invitation.carries_changed",
        "Invitation's groups and places changed",
        "changed what the invitation carries of",
    ),
    kind("invitation.cancelled", "Invitation withdrawn", "withdrew the invitation of"),
    kind("invitation.reissue_overridden", "Invited again after expiry", "allowed another invitation of"),
    own("invitation.accepted", "Invitation accepted", "accepted the invitation"),
    own(
        "invitation.carried_in_part",
        "Invitation gave a part only",
        "came in, with a part of what the invitation carried",
    ),
    own("invitation.refused", "Invitation refused", "refused the invitation"),
    kind("invite_link.created", "Invite link made", "made an invite link"),
    kind("invite_link.cancelled", "Invite link withdrawn", "withdrew an invite link"),
    kind("invite_link.all_reset", "Invite links reset", "reset every invite link of"),
    own("invite_link.used", "Invite link used", "came in by an invite link"),
    kind("group.created", "Group made", "made the group"),
    kind("group.edited", "Group changed", "changed the group"),
    kind("group.deleted", "Group deleted", "deleted the group"),
    kind("group.member_added", "Taken into a group", "took somebody into"),
    kind("group.member_removed", "Taken out of a group", "took somebody out of"),
    kind("group.manager_changed", "Who runs a group changed", "changed who runs"),
    kind("group.permissions_changed", "What a group gives changed", "changed what is given by"),
    kind("group.origin_changed", "Who keeps a group changed", "changed who keeps"),
    kind("group.external_id_changed", "Group tied to the directory", "tied to the directory"),
    kind("role.created", "Role made", "made the role"),
    kind("role.edited", "What a role gives changed", "changed the role"),
    kind("role.deleted", "Role deleted", "deleted the role"),
    kind("resource.created", "Resource made", "made"),
    kind("resource.edited", "Resource changed", "changed"),
    kind("resource.deleted", "Resource deleted", "deleted"),
    kind("grant.created", "Access given", "gave access to"),
    kind("grant.changed", "Access changed", "changed the access to"),
    kind("grant.revoked", "Access taken back", "took back access to"),
    kind("share_link.created", "Share link made", "shared by a link"),
    kind("share_link.revoked", "Share link taken back", "took back a link to"),
    kind("usage_limit.created", "Limit made", "made a limit of"),
    kind("usage_limit.edited", "Limit changed", "changed a limit of"),
    kind("usage_limit.deleted", "Limit deleted", "deleted a limit of"),
    kind("token.created", "Token made", "made the token"),
    kind("token.renamed", "Token renamed", "renamed the token"),
    kind("token.rotated", "Token rotated", "made a new secret for the token"),
    kind("token.deactivated", "Token switched off", "switched off the token"),
    kind("token.reactivated", "Token switched on", "switched on the token"),
    kind("token.value_shown", "Token shown again", "looked at the secret of the token"),
    kind("token.revoked", "Token revoked", "revoked the token"),
    kind("service_account.created", "Service account made", "made the service account"),
    kind("service_account.edited", "Service account changed", "changed the service account"),
    kind("service_account.deleted", "Service account deleted", "deleted the service account"),
    kind("deploy_key.created", "Deploy key made", "made the deploy key"),
    kind("deploy_key.deleted", "Deploy key deleted", "deleted the deploy key"),
    kind("scim_token.created", "Directory's token made", "made the directory's token"),
    kind("scim_token.renamed", "Directory's token renamed", "renamed the directory's token"),
    kind("scim_token.rotated", "Directory's token rotated", "rotated the directory's token"),
    kind("scim_token.revoked", "Directory's token revoked", "revoked the directory's token"),
    kind("sso_connection.created", "Provider connected", "connected the provider"),
    kind("sso_connection.edited", "Provider changed", "changed the provider"),
    kind("sso_connection.tested", "Provider tested", "tested the provider"),
    kind("sso_connection.deleted", "Provider let go", "deleted the connection to"),
    kind("sso_connection.linked", "Account linked to a provider", "linked an account to"),
    kind("sso_connection.refused", "Sign-in refused by a provider", "was refused by the provider"),
    kind("domain.claimed", "Domain claimed", "claimed the domain"),
    kind("domain.verified", "Domain proved", "proved the domain"),
    kind("domain.lost", "Domain lost", "lost the proof of the domain"),
    kind("domain.dropped", "Domain given up", "gave up the domain"),
    kind("policy.changed", "Settings changed", "changed the settings"),
    kind("preset.applied", "Preset applied", "put the preset into force"),
    kind("account.changed", "Account changed", "changed plan or billing contacts"),
    kind("organization.created", "Organization made", "made the organization"),
    kind("organization.renamed", "Organization renamed", "renamed the organization to"),
    kind("authentication.reset", "Authentication reset", "ended every session and token of the organization"),
    own("session.started", "Signed in", "signed in"),
    own("session.ended", "Signed out", "signed out"),
    own("session.ended_by_provider", "Signed out by the provider", "was signed out by the provider"),
    own("session.proved", "Proved once more", "proved once more who they are"),
    kind("access.denied", "Denied", "was refused"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use guildhall_domain::policy::Knob;
    use guildhall_domain::refusal::Code;

    use super::*;

    /// What stands in no organization's trail: the installation's own records, those of one person, of a tenant.
    const ELSEWHERE: [&str; 4] = ["identity", "instance", "tenant", "factor"];
    const OF_THE_INSTALLATION: [&str; 3] = ["organization.deleted", "session.refused", "password.reset_asked"];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }

    /// Every kind of record that anything writes: the dotted literals where audit facts and notes are made, without
    /// names of settings. Some are codes of refusals too.
    fn written() -> BTreeSet<String> {
        let mut files = Vec::new();
        for crate_folder in ["../domain/src", "src/ops", "src/http"] {
            sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(crate_folder), &mut files);
        }
        let mut kinds = BTreeSet::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let facts = text.contains("AuditFact");
            // A note is made where its kind stands.
            let noted = |before: &str| before.trim_end().ends_with("kind:");
            let mut pieces = text.split('"');
            let mut before = pieces.next().unwrap_or_default();
            while let (Some(literal), Some(after)) = (pieces.next(), pieces.next()) {
                let dotted = literal.split_once('.').is_some_and(|(noun, verb)| {
                    let plain =
                        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                    plain(noun) && plain(verb)
                });
                if dotted && (noted(before) || facts && Knob::parse(literal).is_none()) {
                    kinds.insert(literal.to_owned());
                }
                before = after;
            }
        }
        kinds
    }

    #[test]
    fn every_kind_of_record_that_is_written_has_words() {
        let written = written();
        assert!(written.len() > 80, "the records are made elsewhere now: {written:?}");
        let here = |kind: &&String| {
            let noun = kind.split('.').next().unwrap_or_default();
            let code = noun == "field" || Code::ALL.iter().any(|code| code.name() == kind.as_str());
            !code && !ELSEWHERE.contains(&noun) && !OF_THE_INSTALLATION.contains(&kind.as_str())
        };
        let known: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let without: Vec<&String> = written.iter().filter(here).filter(|kind| !known.contains(kind.as_str())).collect();
        assert!(without.is_empty(), "no words for {without:?}");
        let unwritten: Vec<&&str> = known.iter().filter(|kind| !written.contains(**kind)).collect();
        assert!(unwritten.is_empty(), "nothing writes {unwritten:?}");
        assert_eq!(known.len(), KINDS.len(), "a kind stands there twice");
    }

    #[test]
    fn words_are_words() {
        for kind in KINDS {
            assert!(kind.label.starts_with(|c: char| c.is_ascii_uppercase()), "{}", kind.name);
            assert!(kind.verb.starts_with(|c: char| c.is_ascii_lowercase()), "{}", kind.name);
            assert!(!kind.label.contains(['_', '.']) && !kind.verb.contains(['_', '.']), "{}", kind.name);
        }
        let labels: BTreeSet<&str> = KINDS.iter().map(|kind| kind.label).collect();
        assert_eq!(labels.len(), KINDS.len(), "two kinds cannot be told apart in the filter");
    }
}
