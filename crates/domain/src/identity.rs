//! Identities: the people (and service accounts) of an installation, apart from any organization.
//! Does not hash passwords or read clocks.

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::ids::UserId;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// One identity, as the store keeps it, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub id: UserId,
    /// The address as typed. INVARIANT: an unverified address never resolves to anybody; several
    /// identities may claim one, and at most one may have it verified.
    pub email: String,
    /// When the address was proved, if it was.
    pub email_verified_at: Option<Timestamp>,
    /// The name for people.
    pub name: String,
    /// A short name, unique in the installation.
    pub handle: Option<String>,
    /// Administrator of the installation.
    pub administrator: bool,
    /// Credentials issued before this moment are not valid.
    pub valid_from: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// New values for an identity's own page; `None` keeps what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileEdit {
    /// The new name.
    pub name: Option<String>,
    /// The new handle; `Some(None)` gives it up.
    pub handle: Option<Option<String>>,
}

/// Edits the name and handle an identity shows.
#[must_use]
pub fn edit_profile(identity: &Identity, edit: &ProfileEdit) -> Vec<Change> {
    let name = edit.name.clone().unwrap_or_else(|| identity.name.clone());
    let handle = edit.handle.clone().unwrap_or_else(|| identity.handle.clone());
    if name == identity.name && handle == identity.handle {
        return Vec::new();
    }
    vec![Change::ProfileEdited {
        user: identity.id,
        before: crate::change::Profile { name: identity.name.clone(), handle: identity.handle.clone() },
        after: crate::change::Profile { name, handle },
    }]
}

/// Records a proved address: the present one, or a new one that takes its place.
#[must_use]
pub fn verify_email(identity: &Identity, email: &str, now: Timestamp) -> Vec<Change> {
    if identity.email == email && identity.email_verified_at.is_some() {
        return Vec::new();
    }
    vec![Change::EmailVerified { user: identity.id, before: identity.email.clone(), after: email.to_owned(), at: now }]
}

/// Sets a new password hash. Every other session ends, and when the change came by a mailed link
/// every session does, since whoever held the old password may hold one.
#[must_use]
pub fn change_password(identity: &Identity, hash: String, keep_session: Option<crate::ids::SessionId>) -> Vec<Change> {
    vec![
        Change::PasswordChanged { user: identity.id, hash },
        Change::SessionsEnded { user: identity.id, except: keep_session, why: "password changed" },
    ]
}

/// Makes every session and token of the installation issued up to now invalid (TP-33).
///
/// # Errors
/// `instance.administrator_required`.
pub fn reset_everybody(who: &Identity, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    if !who.administrator {
        return Err(Code::InstanceAdministrator.into());
    }
    Ok(vec![Change::InstanceAuthenticationReset { at: now }])
}
