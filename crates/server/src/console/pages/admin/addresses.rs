//! Reads a list of people as it is pasted: addresses and `Name <address>`, separated by commas, semicolons
//! or new lines. Does not judge addresses.

/// One entry of the list, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The address, or whatever stood there.
    pub(super) email: String,
    /// The name beside it, perhaps empty.
    pub(super) name: String,
}

/// The entries, in order.
pub(super) fn read(text: &str) -> Vec<Typed> {
    split(text).iter().flat_map(|entry| typed(entry)).collect()
}

/// Cuts at separators that do not stand in quotes; an open quote ends with its line.
fn split(text: &str) -> Vec<String> {
    let (mut entries, mut entry, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        let ends = matches!(c, '\n' | '\r') || (!quoted && matches!(c, ',' | ';'));
        if ends {
            entries.push(std::mem::take(&mut entry));
            quoted = false;
        } else {
            quoted ^= c == '"';
            entry.push(c);
        }
    }
    entries.push(entry);
    entries.retain(|e| !e.trim().is_empty());
    entries
}

fn typed(entry: &str) -> Vec<Typed> {
    let entry = entry.trim();
    if let Some((name, email)) = entry.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        let name = name.trim().trim_matches('"').trim().to_owned();
        return vec![Typed { email: email.trim().to_owned(), name }];
    }
    let words: Vec<&str> = entry.split_whitespace().collect();
    // Addresses with nothing but blanks between them; anything else with blanks is one wrong entry.
    if words.iter().all(|word| word.contains('@')) {
        return words.iter().map(|word| Typed { email: (*word).to_owned(), name: String::new() }).collect();
    }
    vec![Typed { email: entry.to_owned(), name: String::new() }]
}

/// The list again as it could have been typed.
pub(super) fn write(entries: &[Typed]) -> String {
    let line = |one: &Typed| match one.name.as_str() {
        "" => one.email.clone(),
        name => format!("\"{}\" <{}>", name.replace('"', ""), one.email),
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        read(text).into_iter().map(|one| (one.email, one.name)).collect()
    }

    fn of(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(email, name)| ((*email).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn commas_semicolons_and_lines_separate() {
        let wanted = of(&[("a@x.test", ""), ("b@x.test", ""), ("c@x.test", "")]);
        for text in
            ["a@x.test, b@x.test,c@x.test", "a@x.test\r\nb@x.test\n\nc@x.test\n", "a@x.test; b@x.test c@x.test,"]
        {
            assert_eq!(pairs(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_name_may_stand_beside_the_address() {
        assert_eq!(
            pairs("Ann Lee <ann@x.test>, \"Lee, Bo\" <bo@x.test>\n<cy@x.test>"),
            of(&[("ann@x.test", "Ann Lee"), ("bo@x.test", "Lee, Bo"), ("cy@x.test", "")])
        );
    }

    #[test]
    fn what_is_no_address_stays_as_it_was_typed() {
        assert_eq!(
            pairs("not an address, a@b@c, <script>"),
            of(&[("not an address", ""), ("a@b@c", ""), ("script", "")])
        );
        assert_eq!(pairs(" , \n ;"), of(&[]));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let list = read("Ann Lee <ann@x.test>, \"Lee, Bo\" <bo@x.test>, plain@x.test, what is this");
        assert_eq!(read(&write(&list)), list);
    }
}
