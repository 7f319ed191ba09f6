//! Just enough of a Rust reader for the checks: blanks comments and literals, finds functions and
//! test modules. It does not parse; on code that compiles, brackets and braces are enough.

/// What `blank` leaves in place.
#[derive(Clone, Copy, PartialEq)]
pub enum Keep {
    Code,
    CodeAndStrings,
}

/// A function with a body, by lines counted from 1.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub name: String,
    pub first_line: usize,
    pub last_line: usize,
}

impl Function {
    pub fn lines(&self) -> usize {
        self.last_line - self.first_line + 1
    }
}

/// The text with comments, characters and (unless kept) strings turned to blanks; lines stay where they are.
pub fn blank(text: &str, keep: Keep) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let (end, kept) = match c {
            '/' if starts(&chars, at, "//") => (find(&chars, at, '\n'), false),
            '/' if starts(&chars, at, "/*") => (end_of_block_comment(&chars, at), false),
            '"' => (end_of_string(&chars, at + 1, None), keep == Keep::CodeAndStrings),
            'r' if !follows_word(&chars, at) => match raw_string(&chars, at + 1) {
                Some(end) => (end, keep == Keep::CodeAndStrings),
                None => (at + 1, true),
            },
            'b' | 'c' if !follows_word(&chars, at) && chars.get(at + 1) == Some(&'r') => {
                match raw_string(&chars, at + 2) {
                    Some(end) => (end, keep == Keep::CodeAndStrings),
                    None => (at + 1, true),
                }
            }
            '\'' => (end_of_character(&chars, at), false),
            _ => (at + 1, true),
        };
        for &c in chars.iter().take(end).skip(at) {
            out.push(if kept || c == '\n' { c } else { ' ' });
        }
        at = end;
    }
    out
}

fn starts(chars: &[char], at: usize, with: &str) -> bool {
    with.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

fn follows_word(chars: &[char], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| chars.get(before)).is_some_and(|&c| is_word(c))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    (from..chars.len()).find(|&i| chars[i] == wanted).unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        if starts(chars, at, "/*") {
            depth += 1;
            at += 2;
        } else if starts(chars, at, "*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The place after the closing quote; `hashes` for a raw string, which knows no escapes.
fn end_of_string(chars: &[char], mut at: usize, hashes: Option<usize>) -> usize {
    while let Some(&c) = chars.get(at) {
        match hashes {
            None if c == '\\' => at += 1,
            Some(n) if c == '"' && (1..=n).all(|i| chars.get(at + i) == Some(&'#')) => {
                return at + 1 + n;
            }
            None if c == '"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    chars.len()
}

/// The end of a raw string whose hashes or quote begin at `at`; `None` when there is no such string.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars.iter().skip(at).take_while(|&&c| c == '#').count();
    (chars.get(at + hashes) == Some(&'"')).then(|| end_of_string(chars, at + hashes + 1, Some(hashes)))
}

/// After a character literal, or just after the tick of a lifetime.
fn end_of_character(chars: &[char], at: usize) -> usize {
    match chars.get(at + 1) {
        Some('\\') => find(chars, at + 3, '\'') + 1,
        Some(_) if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
    .min(chars.len())
}

/// The words of blanked code with their lines.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).map(move |word| (index + 1, word))
    })
}

/// Every function with a body in blanked code.
pub fn functions(code: &str) -> Vec<Function> {
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    for at in 0..chars.len() {
        if chars[at] == '\n' {
            line += 1;
        }
        if !starts(&chars, at, "fn ") || follows_word(&chars, at) {
            continue;
        }
        let name: String = chars.iter().skip(at + 3).copied().take_while(|&c| is_word(c)).collect();
        if let Some(end) = end_of_body(&chars, at).filter(|_| !name.is_empty()) {
            let newlines = chars[at..end].iter().filter(|&&c| c == '\n').count();
            found.push(Function { name, first_line: line, last_line: line + newlines });
        }
    }
    found
}

/// The place of the brace that closes the first body after `from`; `None` when a `;` comes first.
fn end_of_body(chars: &[char], from: usize) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (at, &c) in chars.iter().enumerate().skip(from) {
        match c {
            '(' | '[' if braces == 0 => brackets += 1,
            ')' | ']' if braces == 0 => brackets -= 1,
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// For each line of blanked code whether it belongs to a `#[cfg(test)]` item.
pub fn test_lines(code: &str) -> Vec<bool> {
    let chars: Vec<char> = code.chars().collect();
    let mut marked = vec![false; code.lines().count()];
    let mut line = 0;
    for at in 0..chars.len() {
        if chars[at] == '\n' {
            line += 1;
        }
        if starts(&chars, at, "#[cfg(test)]") {
            let end = end_of_body(&chars, at + "#[cfg(test)]".len()).unwrap_or(at);
            let newlines = chars[at..end].iter().filter(|&&c| c == '\n').count();
            marked.iter_mut().skip(line).take(newlines + 1).for_each(|mark| *mark = true);
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_become_blanks() {
        let code = blank("let a = \"{\"; // }\nlet b = '{'; /* { /* } */ */ c", Keep::Code);
        assert_eq!(code.lines().count(), 2);
        assert!(!code.contains(['{', '}']), "{code}");
        assert!(code.contains("let b") && code.ends_with('c'));
    }

    #[test]
    fn raw_strings_end_at_their_hashes_and_lifetimes_are_no_characters() {
        let code = blank("fn f<'a>(x: &'a str) { r#\"\"}{\"#; br\"{\"; '\\''; '\\u{7d}'; end }", Keep::Code);
        assert_eq!(code.matches('{').count(), 1, "{code}");
        assert!(code.contains("end }") && code.contains("& a str"), "{code}");
    }

    #[test]
    fn strings_can_be_kept() {
        assert_eq!(blank("x == \"a//b\" // no", Keep::CodeAndStrings).trim_end(), "x == \"a//b\"");
    }

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        let code =
            "trait T { fn no_body(a: [u8; 3]); }\nfn long(a: [u8; 3]) -> u8\n{\n  if x {\n  }\n}\nfn short() {}\n";
        let found = functions(code);
        assert_eq!(found.iter().map(|f| (f.name.as_str(), f.lines())).collect::<Vec<_>>(), [("long", 5), ("short", 1)]);
        assert_eq!(found[0].first_line, 2);
    }

    #[test]
    fn a_test_module_is_marked_from_its_attribute_to_its_brace() {
        let code =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
        assert_eq!(test_lines(code), [false, true, true, true, true, false, true, false, false]);
    }
}
