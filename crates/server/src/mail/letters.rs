//! What each mail says. Pure functions: the same input is the same mail.
//!
//! Whether to send one, and to whom, is decided by operations; links come in whole.

use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::message::{Letter, Message, name};

const MOMENT: &[FormatItem<'_>] =
    format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");

/// An invitation into an organization.
#[derive(Debug, Clone, Copy)]
pub struct InvitationMail<'a> {
    /// The invited address.
    pub to: &'a str,
    /// The organization's name.
    pub organization: &'a str,
    /// Who invites, if it is a person.
    pub inviter: Option<&'a str>,
    /// The role's name, as people read it.
    pub role: Option<&'a str>,
    /// Accepts; single use.
    pub link: &'a str,
    /// When the link ends; `None` when it does not.
    pub expires_at: Option<OffsetDateTime>,
}

/// "You are invited."
pub fn invitation(mail: &InvitationMail<'_>) -> Message {
    let organization = name(mail.organization);
    let inviter = mail.inviter.map(name).filter(|inviter| !inviter.is_empty());
    let subject = match &inviter {
        Some(inviter) => format!("{inviter} invites you to {organization}"),
        None => format!("You are invited to {organization}"),
    };
    let role = mail.role.map(|role| format!(" as {}", name(role))).unwrap_or_default();
    let opening = match inviter {
        Some(inviter) => format!("{inviter} invites you to join {organization}{role}."),
        None => format!("You are invited to join {organization}{role}."),
    };
    Letter::new(subject)
        .paragraph(opening)
        .action("Accept the invitation", mail.link)
        .paragraph(validity(mail.expires_at))
        .paragraph("The invitation is for you alone: do not pass it on. If you did not expect it, ignore this mail and nothing happens.".to_owned())
        .to(mail.to)
}

/// "Your passkey may have been copied."
pub fn passkey_copied(to: &str, passkey: &str, link: &str) -> Message {
    let passkey = name(passkey);
    Letter::new("Your passkey may have been copied".to_owned())
        .paragraph(format!("Two devices seem to hold your passkey {passkey}: one has just counted fewer uses than were seen before. It was refused, and nobody was signed in with it."))
        .paragraph("Somebody may have a copy. Remove this passkey, add a new one, and look which sessions are yours.".to_owned())
        .action("See your passkeys", link)
        .paragraph("If you restored the device from a copy yourself, a new passkey is all it needs.".to_owned())
        .to(to)
}

/// How full a tenant is.
#[derive(Debug, Clone, Copy)]
pub struct SeatsMail<'a> {
    /// One of its owners.
    pub to: &'a str,
    /// The tenant's name.
    pub tenant: &'a str,
    /// How much of the threshold is reached, in percent.
    pub percent: u64,
    /// The threshold.
    pub seats: u64,
}

/// "Your tenant has reached so much of its threshold."
pub fn tenant_seats(mail: &SeatsMail<'_>) -> Message {
    let (tenant, percent) = (name(mail.tenant), mail.percent);
    Letter::new(format!("{tenant} has reached {percent} % of its people"))
        .paragraph(format!("{tenant} has reached {percent} % of the {} people its threshold names.", mail.seats))
        .paragraph("You can raise the threshold, or take people out, in the settings of the tenant.".to_owned())
        .to(mail.to)
}

/// A link that does one thing for one address.
#[derive(Debug, Clone, Copy)]
pub struct LinkMail<'a> {
    /// The address it is for.
    pub to: &'a str,
    /// What to open; single use.
    pub link: &'a str,
    /// When the link ends.
    pub expires_at: Option<OffsetDateTime>,
}

/// "Choose a new password."
pub fn password_reset(mail: &LinkMail<'_>) -> Message {
    Letter::new("Choose a new password".to_owned())
        .paragraph("Somebody, probably you, asked for a new password for this address.".to_owned())
        .action("Choose a new password", mail.link)
        .paragraph(validity(mail.expires_at))
        .paragraph("If it was not you, ignore this mail: your password stays as it is.".to_owned())
        .to(mail.to)
}

/// "Is this address yours?"
pub fn email_verification(mail: &LinkMail<'_>) -> Message {
    Letter::new("Confirm your mail address".to_owned())
        .paragraph(format!("Please confirm that {} is your address.", name(mail.to)))
        .action("Confirm the address", mail.link)
        .paragraph(validity(mail.expires_at))
        .paragraph("If you did not ask for this, ignore this mail.".to_owned())
        .to(mail.to)
}

/// "You have an account already", sent in place of an answer on the page, which would tell strangers.
///
/// The link leads to the sign-in page.
pub fn existing_account(mail: &LinkMail<'_>) -> Message {
    Letter::new("You already have an account".to_owned())
        .paragraph("Somebody, probably you, tried to sign up with this address. It has an account already, so nothing was changed.".to_owned())
        .action("Sign in", mail.link)
        .paragraph("If you have forgotten your password, the sign-in page lets you choose a new one. If it was not you, there is nothing to do.".to_owned())
        .to(mail.to)
}

/// News about a membership.
#[derive(Debug, Clone, Copy)]
pub struct MembershipMail<'a> {
    /// The member's address.
    pub to: &'a str,
    /// The organization's name.
    pub organization: &'a str,
    /// The role's name after the change.
    pub role: &'a str,
    /// Leads to the organization.
    pub link: &'a str,
}

/// "Your role has changed."
pub fn role_changed(mail: &MembershipMail<'_>) -> Message {
    let (organization, role) = (name(mail.organization), name(mail.role));
    Letter::new(format!("Your role in {organization} is now {role}"))
        .paragraph(format!("Your role in {organization} has been changed. It is now {role}, with immediate effect."))
        .action(&format!("Open {organization}"), mail.link)
        .to(mail.to)
}

/// "You have been let in."
pub fn approved(mail: &MembershipMail<'_>) -> Message {
    let (organization, role) = (name(mail.organization), name(mail.role));
    Letter::new(format!("Welcome to {organization}"))
        .paragraph(format!("Your membership of {organization} has been approved. Your role is {role}."))
        .action(&format!("Open {organization}"), mail.link)
        .to(mail.to)
}

/// "You were not let in."
pub fn rejected(to: &str, organization: &str, reason: Option<&str>) -> Message {
    let organization = name(organization);
    let letter = Letter::new(format!("Your request to join {organization}"))
        .paragraph(format!("An administrator of {organization} has not let you in."));
    let letter = match reason.map(name).filter(|reason| !reason.is_empty()) {
        Some(reason) => letter.paragraph(format!("They wrote: {reason}")),
        None => letter,
    };
    letter.paragraph(format!("If you think this is a mistake, speak to an administrator of {organization}.")).to(to)
}

/// "Somebody says that this domain is theirs."
pub fn domain_code(to: &str, organization: &str, code: &str) -> Message {
    let (organization, domain) = (name(organization), to.rsplit_once('@').map_or("", |(_, domain)| domain));
    let who = format!("people with an address of {domain}");
    Letter::new(format!("{organization} claims {domain}"))
        .paragraph(format!(
            "{organization} says that the mail domain {domain} is its own, to decide how {who} sign in."
        ))
        .paragraph(format!("If that is right, give them this code: {code}"))
        .paragraph("If it is not, do nothing: without the code nothing happens.".to_owned())
        .to(to)
}

/// "This domain is not yours any more."
pub fn domain_lost(to: &str, organization: &str, domain: &str, link: &str) -> Message {
    let organization = name(organization);
    Letter::new(format!("{organization} has lost the mail domain {domain}"))
        .paragraph(format!("What proved that {domain} belongs to {organization} was not found for some time."))
        .paragraph("The domain has no effect any more: nobody is found or let in by it.".to_owned())
        .action("See the domain", link)
        .to(to)
}

/// "So many of your seats are taken." `taken` is how many of how many; `capped` tells that nobody comes in
/// beyond them.
pub fn seats(to: &str, organization: &str, taken: (u64, u64), capped: bool, link: &str) -> Message {
    let (organization, (used, most)) = (name(organization), taken);
    let then = match (used >= most, capped) {
        (true, true) => "Nobody else can be invited or come in until a seat is free.",
        (false, true) => "Once all are taken, nobody else can be invited or come in.",
        (_, false) => "More people can still come in.",
    };
    Letter::new(format!("{used} of {most} seats of {organization} are taken"))
        .paragraph(format!("{used} of the {most} seats of {organization} are taken. {then}"))
        .action("See who is here", link)
        .to(to)
}

/// The end of a membership.
#[derive(Debug, Clone, Copy)]
pub struct RemovalMail<'a> {
    /// The former member's address.
    pub to: &'a str,
    /// The organization's name.
    pub organization: &'a str,
}

/// "You are no longer a member."
pub fn removed(mail: &RemovalMail<'_>) -> Message {
    let organization = name(mail.organization);
    Letter::new(format!("You are no longer a member of {organization}"))
        .paragraph(format!(
            "Your membership of {organization} has ended, and with it your access to what belongs to it."
        ))
        .paragraph(format!("If you think this is a mistake, speak to an administrator of {organization}."))
        .to(mail.to)
}

fn validity(expires_at: Option<OffsetDateTime>) -> String {
    let moment = expires_at.and_then(|moment| moment.to_offset(time::UtcOffset::UTC).format(MOMENT).ok());
    match moment {
        Some(moment) => format!("The link works once, until {moment}."),
        None => "The link works once.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use time::macros::datetime;

    const LINK: &str = "https://teams.example.com/invite/gld_inv_a?x=1&y=2";

    fn all(typed: &str) -> Vec<Message> {
        let to = "ada@example.com";
        let link = LinkMail { to, link: LINK, expires_at: Some(datetime!(2026-11-28 09:05 UTC)) };
        let membership = MembershipMail { to, organization: typed, role: typed, link: LINK };
        let invite = InvitationMail {
            to,
            organization: typed,
            inviter: Some(typed),
            role: Some(typed),
            link: LINK,
            expires_at: None,
        };
        vec![
            invitation(&invite),
            invitation(&InvitationMail { inviter: None, role: None, ..invite }),
            password_reset(&link),
            email_verification(&link),
            existing_account(&link),
            role_changed(&membership),
            approved(&membership),
            removed(&RemovalMail { to, organization: typed }),
            passkey_copied(to, typed, LINK),
            rejected(to, typed, Some(typed)),
            rejected(to, typed, None),
            seats(to, typed, (3, 4), true, LINK),
            seats(to, typed, (9, 4), false, LINK),
        ]
    }

    #[test]
    fn an_invitation_says_who_where_as_what_and_until_when() {
        let mail = InvitationMail {
            to: "ada@example.com",
            organization: "Acme",
            inviter: Some("Grace Hopper"),
            role: Some("Editor"),
            link: LINK,
            expires_at: Some(datetime!(2026-11-28 09:05 +1)),
        };
        let message = invitation(&mail);
        assert_eq!(message.to, "ada@example.com");
        assert_eq!(message.subject, "Grace Hopper invites you to Acme");
        assert!(
            message.text.starts_with("Grace Hopper invites you to join Acme as Editor.\n\nAccept the invitation:\n")
        );
        assert!(message.text.contains(&format!("\n{LINK}\n")), "the link stands alone on its line");
        assert!(message.text.contains("until 28 November 2026, 08:05 UTC."));
    }

    #[test]
    fn text_and_html_say_the_same_and_name_no_outside_address() {
        for message in all("Acme") {
            let hosts = message.html.matches("//").count() + message.text.matches("//").count();
            let own = message.html.matches("//teams.example.com").count()
                + message.text.matches("//teams.example.com").count();
            assert_eq!(hosts, own, "{}", message.subject);
            assert!(!message.html.contains("<img") && !message.html.contains("<script"));
            for line in
                message.text.lines().filter(|line| !line.is_empty() && !line.contains("//") && !line.ends_with(':'))
            {
                assert!(message.html.contains(line), "{line}");
            }
            assert!(message.text.lines().all(|line| line.len() < 900), "lines fit RFC 5322");
        }
    }

    #[test]
    fn typed_names_stay_text_on_one_line() {
        let hostile = "A\r\nBcc: all@example.com\u{2028}\u{202e}<script>alert(\"1\")</script>&'";
        for message in all(hostile) {
            assert!(!message.subject.contains(char::is_control), "{:?}", message.subject);
            assert!(!message.html.contains("<script>") && !message.html.contains("\"1\""));
            assert!(
                !message.text.contains("\nBcc")
                    && !message.html.contains("\nBcc")
                    && !message.text.contains('\u{202e}')
            );
        }
        let escaped = &all(hostile)[0].html;
        assert!(
            escaped.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;")
                && escaped.contains("x=1&amp;y=2"),
            "{escaped}"
        );
        for message in all(&"very long ".repeat(1000)) {
            assert!(message.subject.chars().count() <= 150 && message.text.len() < 2000);
        }
    }
}
