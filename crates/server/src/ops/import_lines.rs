//! The lines of an import: CSV (RFC 4180) with a head line, or one JSON object a line. Tells every line that cannot be
//! read by its number. Does not know what lines mean.

use serde_json::{Map, Value};

/// The fields a line may have, and whether each is yes or no.
const FIELDS: [(&str, bool); 16] = [
    ("kind", false),
    ("email", false),
    ("name", false),
    ("role", false),
    ("group", false),
    ("manager", true),
    ("description", false),
    ("type", false),
    ("external_id", false),
    ("parent", false),
    ("owner", false),
    ("controlled", true),
    ("resource", false),
    ("permission", false),
    ("everyone", true),
    ("expires_at", false),
];

/// A line that can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The number of the line it begins on.
    pub number: usize,
    /// What it says.
    pub item: Map<String, Value>,
}

/// A line that cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// The number of the line it begins on.
    pub number: usize,
    /// What is wrong with it.
    pub detail: String,
}

/// A line, if it can be sent.
pub type Read = Result<Line, Wrong>;

/// Every line of a text, CSV or JSON; `kind` is what they all are, unless each says so itself.
///
/// # Errors
/// What is wrong with the head line, which names the columns of all the others.
pub fn read(text: &str, csv: bool, kind: Option<&str>) -> Result<Vec<Read>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if csv { from_csv(text, kind) } else { Ok(from_json(text, kind)) }
}

/// A value as the server takes it; nothing for an empty one.
fn value(field: &str, text: &str) -> Result<Option<Value>, String> {
    let is_switch = FIELDS.iter().any(|(known, switch)| *known == field && *switch);
    match (is_switch, text.trim()) {
        (_, "") => Ok(None),
        (false, text) => Ok(Some(text.into())),
        (true, "true" | "yes" | "1") => Ok(Some(true.into())),
        (true, "false" | "no" | "0") => Ok(Some(false.into())),
        (true, other) => Err(format!("`{field}` is `{other}`, and `true` or `false` is wanted")),
    }
}

fn complete(number: usize, mut item: Map<String, Value>, kind: Option<&str>) -> Read {
    if let Some(kind) = kind {
        item.entry("kind").or_insert_with(|| kind.into());
    }
    if item.contains_key("kind") {
        Ok(Line { number, item })
    } else {
        Err(Wrong { number, detail: "`kind` is missing".to_owned() })
    }
}

fn from_json(text: &str, kind: Option<&str>) -> Vec<Read> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line): (usize, &str)| {
        let number = at + 1;
        let wrong = |detail: String| Wrong { number, detail };
        let item: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| wrong(format!("not a JSON object: {error}")))?;
        for (field, value) in &item {
            let known = FIELDS.iter().find(|(known, _)| known == field);
            let (_, switch) = known.ok_or_else(|| wrong(format!("there is no field `{field}`")))?;
            let fits = value.is_null() || if *switch { value.is_boolean() } else { value.is_string() };
            if !fits {
                return Err(wrong(format!("`{field}` is of another type")));
            }
        }
        complete(number, item.into_iter().filter(|(_, value)| !value.is_null()).collect(), kind)
    };
    lines.map(read).collect()
}

fn from_csv(text: &str, kind: Option<&str>) -> Result<Vec<Read>, String> {
    let mut records = Records { text, line: 1 };
    let head = records.next().map(|(_, fields)| fields).unwrap_or_default();
    let head: Vec<String> = head.iter().map(|field| field.trim().to_lowercase()).collect();
    if let Some(unknown) = head.iter().find(|field| !FIELDS.iter().any(|(known, _)| known == field)) {
        let known: Vec<&str> = FIELDS.iter().map(|(known, _)| *known).collect();
        return Err(format!("there is no column `{unknown}`; the first line names some of {}", known.join(", ")));
    }
    let read = |(number, fields): (usize, Vec<String>)| {
        if fields.len() != head.len() {
            let detail = format!("{} values where the first line names {} columns", fields.len(), head.len());
            return Err(Wrong { number, detail });
        }
        let mut item = Map::new();
        for (field, text) in head.iter().zip(&fields) {
            match value(field, text) {
                Ok(Some(value)) => drop(item.insert(field.clone(), value)),
                Ok(None) => {}
                Err(detail) => return Err(Wrong { number, detail }),
            }
        }
        complete(number, item, kind)
    };
    Ok(records.filter(|(_, fields)| fields.iter().any(|field| !field.is_empty())).map(read).collect())
}

/// The records of a CSV text with the number of the line each begins on.
struct Records<'a> {
    text: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.text.is_empty() {
            return None;
        }
        let begun = self.line;
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut characters = self.text.char_indices().peekable();
        let mut end = self.text.len();
        while let Some((at, character)) = characters.next() {
            if character == '\n' {
                self.line += 1;
            }
            match (quoted, character) {
                (true, '"') if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                    characters.next();
                    field.push('"');
                }
                (true, '"') => quoted = false,
                (true, other) => field.push(other),
                (false, '"') if field.is_empty() => quoted = true,
                (false, ',') => fields.push(std::mem::take(&mut field)),
                (false, '\r') if characters.peek().is_some_and(|(_, next)| *next == '\n') => {}
                (false, '\n') => {
                    end = at + 1;
                    break;
                }
                (false, other) => field.push(other),
            }
        }
        fields.push(field);
        self.text = self.text.get(end..).unwrap_or_default();
        Some((begun, fields))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn items(csv: bool, text: &str, kind: Option<&str>) -> Vec<Result<(usize, String), String>> {
        let read = read(text, csv, kind).unwrap();
        let shown = |line: Line| (line.number, Value::Object(line.item).to_string());
        read.into_iter()
            .map(|one| one.map(shown).map_err(|wrong| format!("{} {}", wrong.number, wrong.detail)))
            .collect()
    }

    #[test]
    fn csv_is_read_with_quotes_and_told_by_line() {
        let text =
            "email,name,manager\r\na@x.test,\"Lee, \"\"Ann\"\"\nof two lines\",\nb@x.test,Bob,maybe\n\nc@x.test\n";
        let read = items(true, text, Some("person"));
        let first = r#"{"email":"a@x.test","kind":"person","name":"Lee, \"Ann\"\nof two lines"}"#;
        assert_eq!(read[0], Ok((2, first.to_owned())));
        assert_eq!(read[1], Err("4 `manager` is `maybe`, and `true` or `false` is wanted".to_owned()));
        assert_eq!(read[2], Err("6 1 values where the first line names 3 columns".to_owned()));
        assert_eq!(read.len(), 3);
        assert!(super::read("email,phone\n", true, None).is_err());
    }

    #[test]
    fn json_lines_say_what_they_are() {
        let text = "{\"kind\":\"group\",\"name\":\"A\",\"description\":null}\n\nno\n{\"name\":\"B\"}\n{\"kind\":\"group\",\"nmae\":\"C\"}\n{\"kind\":\"group\",\"name\":3}\n";
        let read = items(false, text, None);
        assert_eq!(read[0], Ok((1, r#"{"kind":"group","name":"A"}"#.to_owned())));
        assert!(read[1].as_ref().unwrap_err().starts_with("3 not a JSON object"));
        assert_eq!(read[2], Err("4 `kind` is missing".to_owned()));
        assert_eq!(read[3], Err("5 there is no field `nmae`".to_owned()));
        assert_eq!(read[4], Err("6 `name` is of another type".to_owned()));
    }
}
