//! A page as a browser without scripts reads it: its links, and its forms with what they would send. Sends nothing.

/// A tag with its attributes; a closing one begins with `/`.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn value(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// What a field does to what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its value is sent; the type says what may be typed.
    Typed(String),
    /// Sent as it is.
    Hidden,
    /// Sent where it is chosen: a checkbox or a radio button.
    Tick,
    /// One of these values.
    Select(Vec<String>),
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub value: String,
    pub on: bool,
    pub required: bool,
    pub min: String,
}

/// A button that sends: its name and value, and where to if not to the form's own address.
#[derive(Clone, Debug, Default)]
pub struct Button {
    pub name: String,
    pub value: String,
    pub action: String,
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub posts: bool,
    pub fields: Vec<Field>,
    pub buttons: Vec<Button>,
    id: String,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub links: Vec<String>,
    pub forms: Vec<Form>,
    /// Whether it tells something: a message, or an error at a field.
    pub tells: bool,
    /// What is read on it, and what stands in its fields, without the token of the session.
    pub text: String,
}

fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

/// The attributes of a tag, from behind its name.
fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return found;
        }
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => ("", after),
        };
        found.push((name.to_owned(), unescaped(value)));
        rest = after;
    }
}

/// The tags of a page in order, each with the text behind it.
fn tags(html: &str) -> impl Iterator<Item = (Tag, &str)> {
    html.split('<').skip(1).map(|part| {
        // A `>` inside quotes does not end the tag.
        let mut quoted = false;
        let end = part.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (inside, text) = part.split_at(end.unwrap_or(part.len()));
        let at = inside.find(char::is_whitespace).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(at);
        let tag = Tag { name: name.to_owned(), attributes: attributes(rest.trim_end_matches('/')) };
        (tag, text.strip_prefix('>').unwrap_or(text))
    })
}

/// What the field of a tag is; nothing for what is not sent.
fn field(tag: &Tag, text: &str) -> Option<Field> {
    let kind = match (tag.name.as_str(), tag.get("type").unwrap_or("text")) {
        ("textarea", _) => Kind::Typed("lines".to_owned()),
        ("select", _) => Kind::Select(Vec::new()),
        ("input", "hidden") => Kind::Hidden,
        ("input", "checkbox" | "radio") => Kind::Tick,
        ("input", kind) => Kind::Typed(kind.to_owned()),
        _ => return None,
    };
    let written = if tag.name == "textarea" { unescaped(text.trim_start_matches('\n')) } else { tag.value("value") };
    let on = !matches!(kind, Kind::Tick) || tag.has("checked");
    let sent = tag.has("name") && !tag.has("disabled");
    let (required, min) = (tag.has("required"), tag.value("min"));
    sent.then(|| Field { name: tag.value("name"), kind, value: written, on, required, min })
}

/// Reads a page.
pub fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut open: Option<usize> = None;
    let mut select: Option<(usize, Field)> = None;
    for (tag, text) in tags(html) {
        let of = |page: &Page| match tag.get("form") {
            Some(id) => page.forms.iter().position(|form| form.id == id),
            None => open,
        };
        page.text.push_str(text);
        if tag.name == "input" && tag.get("name") != Some("csrf") {
            page.text.push_str(&tag.value("value"));
        }
        let class = tag.value("class");
        page.tells |= tag.get("role") == Some("alert")
            || matches!(class.as_str(), "error" | "problem-code")
            || class.starts_with("flash ");
        match tag.name.as_str() {
            "a" if !tag.has("download") => page.links.extend(tag.get("href").map(str::to_owned)),
            "form" => {
                open = Some(page.forms.len());
                let posts = tag.get("method") == Some("post");
                let (action, id) = (tag.value("action"), tag.value("id"));
                page.forms.push(Form { action, posts, id, fields: Vec::new(), buttons: Vec::new() });
            }
            "/form" => open = None,
            "option" => {
                let Some((_, Field { kind: Kind::Select(values), value, on, .. })) = &mut select else { continue };
                // The first that may be chosen is, unless another one is marked.
                if tag.has("disabled") {
                    continue;
                }
                if tag.has("selected") || values.is_empty() {
                    *value = tag.value("value");
                }
                *on = true;
                values.push(tag.value("value"));
            }
            "/select" => {
                if let Some((form, field)) = select.take() {
                    page.forms[form].fields.push(field);
                }
            }
            "button" if matches!(tag.get("type"), None | Some("submit")) && !tag.has("disabled") => {
                let button =
                    Button { name: tag.value("name"), value: tag.value("value"), action: tag.value("formaction") };
                if let Some(form) = of(&page) {
                    page.forms[form].buttons.push(button);
                }
            }
            _ => {
                let (Some(form), Some(field)) = (of(&page), field(&tag, text)) else { continue };
                match field.kind {
                    Kind::Select(_) => select = Some((form, Field { on: false, ..field })),
                    _ => page.forms[form].fields.push(field),
                }
            }
        }
    }
    page
}
