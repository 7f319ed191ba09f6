//! What an invitation in two steps has gathered so far, one entry for each address: read from the form that carries it
//! along, and turned into what the use case takes. Does not judge addresses, roles or places.

use guildhall_domain::text::NAME_MAX_CHARS;

use super::addresses::{self, Typed};
use crate::console::visit::Sent;
use crate::ops::carrying::ResourceRole;
use crate::ops::inviting::NewInvitation;

/// Everything chosen for one address.
#[derive(Clone, Default)]
pub(super) struct Entry {
    /// The address or handle, and the name beside it.
    pub(super) typed: Typed,
    /// Slug of the role.
    pub(super) role: String,
    /// Groups to be in.
    pub(super) groups: Vec<String>,
    /// Roles inside resources: resource and role.
    pub(super) places: Vec<(String, String)>,
}

/// What has been chosen so far.
#[derive(Clone, Default)]
pub(super) struct Draft {
    /// What every address begins with.
    pub(super) begin: Entry,
    /// One for each address, in order.
    pub(super) entries: Vec<Entry>,
    /// `email`, `link`, or empty for the policy's way.
    pub(super) deliver: String,
}

/// The fields below `place.{row}.`: a resource each, with the role chosen there.
fn places(sent: &Sent, row: &str) -> Vec<(String, String)> {
    let prefix = format!("place.{row}.");
    let below = sent.fields.iter().filter_map(|(key, role)| Some((key.strip_prefix(&prefix)?, role)));
    below.filter(|(_, role)| !role.is_empty()).map(|(resource, role)| (resource.to_owned(), role.clone())).collect()
}

fn groups(sent: &Sent, row: &str) -> Vec<String> {
    sent.all(&format!("groups.{row}")).into_iter().map(str::to_owned).collect()
}

impl Draft {
    /// From the first step: every address begins with the same role, groups and places.
    pub(super) fn first(sent: &Sent) -> Self {
        let begin = Entry {
            role: sent.get("role").to_owned(),
            groups: groups(sent, "all"),
            places: places(sent, "all"),
            ..Entry::default()
        };
        let typed = addresses::read(sent.get("addresses")).into_iter();
        Self {
            entries: typed.map(|typed| Entry { typed, ..begin.clone() }).collect(),
            begin,
            deliver: sent.get("deliver").to_owned(),
        }
    }

    /// The rows of the second step; a row whose address was emptied is gone.
    pub(super) fn second(sent: &Sent) -> Self {
        let [rows, emails, names, roles] = ["row", "email", "name", "role"].map(|key| sent.all(key));
        let text = |list: &[&str], at: usize| list.get(at).copied().unwrap_or_default().trim().to_owned();
        let entry = |(at, email): (usize, &&str)| {
            // A row that was taken away by a script leaves a gap, so each says its own number.
            let row = text(&rows, at);
            let (given, family) = (sent.get(&format!("given.{row}")).trim(), sent.get(&format!("family.{row}")).trim());
            let named = sent.fields.iter().any(|(key, _)| *key == format!("given.{row}"));
            let name = if named { format!("{given} {family}").trim().to_owned() } else { text(&names, at) };
            Entry {
                typed: Typed { email: email.trim().to_owned(), name },
                role: text(&roles, at),
                groups: groups(sent, &row),
                places: places(sent, &row),
            }
        };
        let all = emails.iter().enumerate().filter(|(_, email)| !email.trim().is_empty());
        let entries: Vec<Entry> = all.map(entry).collect();
        let begin = entries.first().cloned().unwrap_or_default();
        Self { entries, begin, deliver: sent.get("deliver").to_owned() }
    }

    /// Every resource in which somebody gets a role, each once.
    pub(super) fn chosen_places(&self) -> Vec<String> {
        let all = std::iter::once(&self.begin).chain(&self.entries);
        let mut ids: Vec<String> = all.flat_map(|entry| &entry.places).map(|(resource, _)| resource.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The list as it could have been typed.
    pub(super) fn written(&self) -> String {
        addresses::write(&self.entries.iter().map(|entry| entry.typed.clone()).collect::<Vec<_>>())
    }
}

impl Entry {
    /// The handle it names, where people are invited by handle.
    pub(super) fn handle(&self, by_handle: bool) -> Option<&str> {
        let text = self.typed.email.as_str();
        let handle = text.strip_prefix('@').unwrap_or(text);
        (by_handle && !handle.contains(['@', ' ']) && !handle.is_empty()).then_some(handle)
    }

    /// The name in its two parts: what comes last is the family's.
    pub(super) fn name_parts(&self) -> (String, String) {
        let name = self.typed.name.trim();
        let (given, family) = name.rsplit_once(' ').unwrap_or((name, ""));
        (given.to_owned(), family.to_owned())
    }

    /// What the use case takes.
    pub(super) fn wanted(&self, by_handle: bool) -> NewInvitation {
        let handle = self.handle(by_handle).map(str::to_owned);
        let place =
            |(resource, role): &(String, String)| ResourceRole { resource: resource.clone(), role: role.clone() };
        NewInvitation {
            email: handle.is_none().then(|| self.typed.email.clone()),
            handle,
            role: Some(self.role.clone()),
            groups: self.groups.clone(),
            resources: self.places.iter().map(place).collect(),
            name: Some(self.typed.name.chars().take(NAME_MAX_CHARS).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(email: &str, name: &str) -> Entry {
        Entry { typed: Typed { email: email.to_owned(), name: name.to_owned() }, ..Entry::default() }
    }

    #[test]
    fn a_handle_is_what_has_no_domain_where_handles_invite() {
        assert_eq!(entry("@grace", "").handle(true), Some("grace"));
        assert_eq!(entry("grace", "").handle(true), Some("grace"));
        assert_eq!(entry("grace@x.test", "").handle(true), None);
        assert_eq!(entry("two words", "").handle(true), None);
        assert_eq!(entry("@grace", "").handle(false), None);
    }

    #[test]
    fn a_name_falls_into_two_parts() {
        for (name, given, family) in
            [("Ann Lee", "Ann", "Lee"), ("Ann B. Lee", "Ann B.", "Lee"), ("Ann", "Ann", ""), ("", "", "")]
        {
            assert_eq!(entry("", name).name_parts(), (given.to_owned(), family.to_owned()));
        }
    }
}
