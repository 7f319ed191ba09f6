//! What names look like, and which known name a misspelt one probably meant.

/// Whether `text` is a slug: a lower-case letter, then at most 39 lower-case letters, digits and `_`.
pub fn is_slug(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether `text` is a preset's name: as a slug, with `-` and `.` for `_` (`onyx-4.7`).
pub(super) fn is_preset_name(text: &str) -> bool {
    !text.contains('_') && is_slug(&text.replace(['-', '.'], "_"))
}

/// Whether `text` is a permission's name, `type.verb`, both slugs.
pub(super) fn is_permission_name(text: &str) -> bool {
    text.split_once('.').is_some_and(|(kind, verb)| is_slug(kind) && is_slug(verb))
}

/// The one of `known` that `name` is most probably meant to be; `None` when none is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 2.max(name.chars().count() / 3);
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many single-character edits lie between the two (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(from != to)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_edits() {
        let cases = [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("ab", "ba", 2)];
        for (a, b, expected) in cases {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_is_near() {
        let known = ["member.list", "member.leave", "audit.read"];
        assert_eq!(nearest("member.lst", known), Some("member.list"));
        assert_eq!(nearest("cluster.run", known), None);
    }

    #[test]
    fn names_have_a_form() {
        assert!(is_slug("viewer_no_secrets") && !is_slug("Viewer") && !is_slug("") && !is_slug("1st"));
        assert!(is_preset_name("onyx-4.7") && !is_preset_name("on_yx") && !is_preset_name("-x"));
        assert!(is_permission_name("member.end_sessions"));
        assert!(!is_permission_name("member") && !is_permission_name("a.b.c") && !is_permission_name("a."));
    }
}
