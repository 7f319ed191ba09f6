//! The words a preset may change. The default is the `standard` preset's; the others come from preset
//! data. Sentences that quote them are built in the templates.

/// A short word such as `service_account` as it stands in a heading: `Service account`.
#[must_use]
pub fn titled(word: &str) -> String {
    let spaced = word.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A thing in four forms.
#[derive(Clone, Debug)]
pub struct Noun {
    /// `user`
    pub one: String,
    /// `users`
    pub many: String,
    /// `User`
    pub title: String,
    /// `Users`
    pub titles: String,
}

impl Noun {
    /// A noun from its four forms.
    #[must_use]
    pub fn new(one: &str, many: &str, title: &str, titles: &str) -> Self {
        Self { one: one.to_owned(), many: many.to_owned(), title: title.to_owned(), titles: titles.to_owned() }
    }
}

/// Every word of the console that a preset may change.
#[derive(Clone, Debug)]
pub struct Words {
    /// Who belongs: member, user, people …
    pub person: Noun,
    /// What they belong to: organization, workspace …
    pub organization: Noun,
    /// The heading above those who reach a resource.
    pub place_people: String,
    /// The heading above the form that lets somebody in there.
    pub place_add: String,
    /// The button of that form.
    pub place_add_yes: String,
    /// One sentence below the heading of the list of people.
    pub people_intro: String,
    /// The button that starts an invitation.
    pub invite: String,
    /// The heading of the page it opens.
    pub invite_title: String,
    /// The button from the addresses to the roles.
    pub invite_next: String,
    /// The heading of the second step.
    pub invite_roles_title: String,
    /// The button that sends the invitations.
    pub invite_send: String,
    /// The button that drops one address.
    pub invite_drop: String,
    /// The action that changes a role.
    pub change_role: String,
    /// The heading of the dialog it opens.
    pub change_role_title: String,
    /// The button in it.
    pub change_role_yes: String,
    /// The action that takes somebody out.
    pub remove: String,
    /// The button in its confirmation.
    pub remove_yes: String,
    /// The action of leaving.
    pub leave: String,
    /// The button in its confirmation.
    pub leave_yes: String,
    /// The action that switches somebody off and keeps them.
    pub deactivate: String,
    /// Its opposite.
    pub reactivate: String,
    /// The action that ends all sessions of somebody.
    pub end_sessions: String,
    /// The action that lets somebody who waits in.
    pub approve: String,
    /// Its opposite.
    pub reject: String,
    /// What stands at the row of somebody who was let in.
    pub approved: String,
    /// Advice beside the choice of a role; none when it is empty.
    pub role_advice: String,
    /// The action that sends an invitation again.
    pub resend: String,
    /// The action that takes an invitation back.
    pub cancel_invitation: String,
    /// Heading and tab of the organization's own page.
    pub settings_title: String,
    /// Heading and tab of the roles.
    pub roles_title: String,
    /// Heading and tab of the tokens.
    pub tokens_title: String,
    /// What was given to the reader by name.
    pub shared_title: String,
    /// Heading and tab of the usage limits.
    pub limits_title: String,
    /// Heading and tab of the audit trail.
    pub audit_title: String,
}

impl Default for Words {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            person: Noun::new("member", "members", "Member", "Members"),
            organization: Noun::new("organization", "organizations", "Organization", "Organizations"),
            place_people: own("Who reaches this"),
            place_add: own("Give somebody access"),
            place_add_yes: own("Grant"),
            people_intro: own("Everybody who belongs to this organization, and everybody who was asked to."),
            invite: own("Invite people"),
            invite_title: own("Invite people"),
            invite_next: own("Choose roles"),
            invite_roles_title: own("Choose roles"),
            invite_send: own("Send invitations"),
            invite_drop: own("Remove"),
            change_role: own("Change role"),
            change_role_title: own("Change role"),
            change_role_yes: own("Change role"),
            remove: own("Remove"),
            remove_yes: own("Yes, remove"),
            leave: own("Leave organization"),
            leave_yes: own("Yes, leave"),
            deactivate: own("Deactivate"),
            reactivate: own("Reactivate"),
            end_sessions: own("End sessions"),
            approve: own("Approve"),
            approved: own("Approved"),
            role_advice: String::new(),
            reject: own("Reject"),
            resend: own("Resend invitation"),
            cancel_invitation: own("Cancel invitation"),
            settings_title: own("Settings"),
            roles_title: own("Roles"),
            tokens_title: own("Tokens"),
            shared_title: own("Shared with me"),
            limits_title: own("Usage limits"),
            audit_title: own("Audit log"),
        }
    }
}
