//! Everything that can be taken out of a preset one by one: a knob, a switch turned, one right of one role. Does not
//! know what any of it means; what makes no valid preset is left out by whoever tries it.

use super::table::Mutation;

/// Keys that are words for people or names, on which no line rests.
const WORDS: [&str; 9] = ["name", "title", "description", "slug", "label", "version", "applies_to", "plural", "covers"];

/// Something that may be taken out.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) mutation: Mutation,
    /// Whether it is a knob of the policy.
    pub(super) is_knob: bool,
    /// Its line in the file, and the comment above.
    pub(super) says: String,
}

/// The candidates of a preset, in the order of its file.
pub(super) fn of(preset: &str, text: &str) -> Vec<Candidate> {
    let mut all = Vec::new();
    let (mut section, mut list) = ("", "");
    let mut comment = String::new();
    for line in text.lines() {
        let bare = line.split(" #").next().unwrap_or_default().trim_end();
        let key = bare.split('=').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        if bare.contains('=') && !line.starts_with(' ') {
            list = key;
        }
        if line.trim_start().starts_with('#') {
            comment.push_str(line);
            continue;
        }
        let says = std::mem::take(&mut comment) + line;
        if line.is_empty() || section == "[words]" || WORDS.contains(&list) || list == "open" {
            continue;
        }
        let mut found = Vec::new();
        if bare.ends_with("= true") || bare.ends_with("= false") {
            found.extend(switched(preset, text, line, bare));
        } else if bare.contains(" = ") && (!bare.contains('[') || bare.contains(']')) {
            found.extend(once(preset, text, line, &format!("# {line}")));
        }
        for right in bare.split('"').skip(1).step_by(2).filter(|right| right.contains(['.', '*', '!'])) {
            let quoted = format!("\"{right}\",");
            let with = if line.contains(&quoted) { quoted } else { format!("\"{right}\"") };
            found.extend(once(preset, text, line, &line.replacen(&with, "", 1)));
        }
        let is_knob = section == "[policy]";
        all.extend(found.into_iter().map(|mutation| Candidate { mutation, is_knob, says: says.clone() }));
    }
    all
}

/// A switch the other way round.
fn switched(preset: &str, text: &str, line: &str, bare: &str) -> Option<Mutation> {
    let other = match bare.strip_suffix("true") {
        Some(key) => format!("{key}false"),
        None => format!("{}true", bare.strip_suffix("false")?),
    };
    once(preset, text, line, &line.replacen(bare, &other, 1))
}

/// The replacement of a line, found by as many of the lines before it as make it stand once.
fn once(preset: &str, text: &str, line: &str, with: &str) -> Option<Mutation> {
    let at = line.as_ptr() as usize - text.as_ptr() as usize;
    let end = at + line.len();
    let mut begin = at;
    loop {
        let find = text.get(begin..end)?;
        if text.matches(find).count() == 1 {
            let replace = format!("{}{with}", text.get(begin..at)?);
            return Some(Mutation::Preset { preset: preset.to_owned(), find: find.to_owned(), replace });
        }
        begin = text.get(..begin.checked_sub(1)?)?.rfind('\n').map_or(0, |newline| newline + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_switches_and_rights_go_one_by_one() {
        let text = "name = \"p\"\nopen = [\"a.b\"]\n\n[policy]\n# how long\nlife = 7   # a week\nfree = true\n\n[[role]]\nslug = \"x\"\nfloor = [\n    \"a.read\", \"b.*\",\n]\n\n[[role]]\nslug = \"y\"\nfloor = [\n    \"a.read\", \"b.*\",\n]\n";
        let all = of("p", text);
        let made: Vec<String> = all.iter().map(|one| one.mutation.applied(text).expect("fits")).collect();
        assert_eq!(made.len(), 6, "{all:#?}");
        assert!(made[0].contains("# life = 7") && made[1].contains("free = false"));
        assert!(made[2].contains("\n     \"b.*\",") && made[2].matches("a.read").count() == 1);
        assert_eq!(all[0].says, "# how longlife = 7   # a week");
    }
}
