//! Filters and PATCH paths (RFC 7644, 3.4.2.2 and 3.5.2), read against the schema of what they are about, so that
//! what they name is known. Does not look at resources.

use serde_json::Value;

use super::ScimError;
use super::schema::{Attribute, Named, ResourceType, Schema, Target};

/// Longest filter, in bytes: a hundred ids and more.
const LONGEST: usize = 16_384;
/// Deepest nesting.
const DEEPEST: usize = 32;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the RFC")]
pub enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// What a resource, or one value of it, is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every one holds.
    All(Vec<Filter>),
    /// One of them holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// There is a value.
    Present(Target),
    /// A value compares.
    Compare(Target, Op, Value),
    /// One value of an attribute with many fits all of it.
    Within(Target, Box<Filter>),
}

/// Where a PATCH puts something.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// All of an extension.
    Extension(&'static Schema),
    /// An attribute: all of it, a part, or those of its values that fit.
    Attribute {
        /// The attribute, and the part of it or of its values.
        target: Target,
        /// Which of its values.
        filter: Option<Filter>,
    },
}

impl Filter {
    /// Reads a filter about resources of a type.
    ///
    /// # Errors
    /// `invalidFilter`, saying where it stopped making sense.
    pub fn parse(kind: &'static ResourceType, text: &str) -> Result<Self, ScimError> {
        let mut reader = Reader::new(text, Scope::Resource(kind))?;
        let filter = reader.any(0)?;
        reader.end()?;
        Ok(filter)
    }
}

impl Path {
    /// Reads the path of a PATCH.
    ///
    /// # Errors
    /// `invalidPath`.
    pub fn parse(kind: &'static ResourceType, text: &str) -> Result<Self, ScimError> {
        let mut reader = Reader::new(text, Scope::Resource(kind)).map_err(in_path)?;
        reader.path(kind).map_err(in_path)
    }
}

fn in_path(error: ScimError) -> ScimError {
    ScimError::path(error.detail)
}

/// What names stand for at some point of a filter.
#[derive(Clone, Copy)]
enum Scope {
    Resource(&'static ResourceType),
    Value(&'static Attribute),
}

struct Reader<'a> {
    rest: &'a str,
    scope: Scope,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, scope: Scope) -> Result<Self, ScimError> {
        if text.len() > LONGEST {
            return Err(ScimError::filter(format!("longer than {LONGEST} bytes")));
        }
        Ok(Self { rest: text.trim(), scope })
    }

    fn wrong<T>(&self, wanted: &str) -> Result<T, ScimError> {
        let here: String = self.rest.chars().take(40).collect();
        let here = if here.is_empty() { "the end".to_owned() } else { format!("`{here}`") };
        Err(ScimError::filter(format!("{wanted} is needed at {here}")))
    }

    fn take(&mut self, sign: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn end(&self) -> Result<(), ScimError> {
        if self.rest.is_empty() { Ok(()) } else { self.wrong("`and`, `or` or the end") }
    }

    /// A word, if one stands here.
    fn peek(&self) -> &'a str {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '$');
        let end = self.rest.find(|c: char| !is_word(c)).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    fn skip(&mut self, word: &str) {
        self.rest = self.rest.get(word.len()..).unwrap_or_default().trim_start();
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek();
        let fits = found.eq_ignore_ascii_case(word);
        if fits {
            self.skip(found);
        }
        fits
    }

    fn any(&mut self, depth: usize) -> Result<Filter, ScimError> {
        if depth > DEEPEST {
            return Err(ScimError::filter(format!("nested deeper than {DEEPEST} times")));
        }
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, ScimError> {
        let mut parts = vec![self.term(depth)?];
        while self.take_word("and") {
            parts.push(self.term(depth)?);
        }
        Ok(single(parts, Filter::All))
    }

    fn term(&mut self, depth: usize) -> Result<Filter, ScimError> {
        let negated = self.peek().eq_ignore_ascii_case("not") && self.take_word("not");
        if self.take('(') {
            let inner = self.any(depth + 1)?;
            if !self.take(')') {
                return self.wrong("`)`");
            }
            return Ok(if negated { Filter::Not(Box::new(inner)) } else { inner });
        }
        if negated {
            return self.wrong("`(` behind `not`");
        }
        let target = self.target()?;
        if !self.take('[') {
            return self.comparison(target);
        }
        let inner = self.values(target, depth)?;
        // `emails[type eq "work"].value eq "x"`: one more condition on the same value.
        let filter = match self.rest.strip_prefix('.') {
            Some(rest) => {
                self.rest = rest;
                let part = self.part(target.attribute)?;
                Filter::All(vec![inner, self.comparison(part)?])
            }
            None => inner,
        };
        Ok(Filter::Within(target, Box::new(filter)))
    }

    /// The conditions between brackets, whose names are parts of the attribute.
    fn values(&mut self, target: Target, depth: usize) -> Result<Filter, ScimError> {
        if target.attribute.parts().is_empty() || target.part.is_some() || matches!(self.scope, Scope::Value(_)) {
            return Err(ScimError::filter(format!("`{}` has no values to choose among", target.attribute.name)));
        }
        let outer = std::mem::replace(&mut self.scope, Scope::Value(target.attribute));
        let inner = self.any(depth + 1);
        self.scope = outer;
        let inner = inner?;
        if self.take_close() { Ok(inner) } else { self.wrong("`]`") }
    }

    /// `]`, behind which a part may follow without a blank.
    fn take_close(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix(']') else { return false };
        self.rest = if rest.starts_with('.') { rest } else { rest.trim_start() };
        true
    }

    fn part(&mut self, of: &'static Attribute) -> Result<Target, ScimError> {
        let word = self.peek();
        let Some(part) = of.part(word) else {
            return Err(ScimError::filter(format!("`{}` has no part `{word}`", of.name)));
        };
        self.skip(word);
        Ok(Target { extension: None, attribute: part, part: None })
    }

    fn target(&mut self) -> Result<Target, ScimError> {
        let word = self.peek();
        if word.is_empty() {
            return self.wrong("an attribute");
        }
        let kind = match self.scope {
            Scope::Value(attribute) => return self.part(attribute),
            Scope::Resource(kind) => kind,
        };
        match kind.find(word) {
            Some(Named::Attribute(target)) => {
                self.skip(word);
                Ok(target)
            }
            _ => Err(ScimError::filter(format!("a {} has no attribute `{word}`", kind.name))),
        }
    }

    fn comparison(&mut self, target: Target) -> Result<Filter, ScimError> {
        let word = self.peek();
        let op = match word.to_ascii_lowercase().as_str() {
            "pr" => {
                self.skip(word);
                return Ok(Filter::Present(target));
            }
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "co" => Op::Co,
            "sw" => Op::Sw,
            "ew" => Op::Ew,
            "gt" => Op::Gt,
            "ge" => Op::Ge,
            "lt" => Op::Lt,
            "le" => Op::Le,
            _ => return self.wrong("an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le)"),
        };
        self.skip(word);
        Ok(Filter::Compare(target, op, self.value()?))
    }

    fn value(&mut self) -> Result<Value, ScimError> {
        // Some clients write True and False.
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if self.take_word(word) {
                return Ok(value);
            }
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value @ (Value::String(_) | Value::Number(_)))) => {
                let end = values.byte_offset();
                self.rest = self.rest.get(end..).unwrap_or_default().trim_start();
                Ok(value)
            }
            _ => self.wrong("a value in JSON"),
        }
    }

    fn path(&mut self, kind: &'static ResourceType) -> Result<Path, ScimError> {
        let word = self.peek();
        if let Some(Named::Extension(schema)) = kind.find(word) {
            self.skip(word);
            self.end()?;
            return Ok(Path::Extension(schema));
        }
        let mut target = self.target()?;
        if !self.take('[') {
            self.end()?;
            return Ok(Path::Attribute { target, filter: None });
        }
        if !target.attribute.many {
            return Err(ScimError::path(format!(
                "`{}` has one value, so there is none to choose",
                target.attribute.name
            )));
        }
        let filter = self.values(target, 0)?;
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            target.part = Some(self.part(target.attribute)?.attribute);
        }
        self.end()?;
        Ok(Path::Attribute { target, filter: Some(filter) })
    }
}

fn single(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => many(parts.into_iter().chain(last).collect()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::schema::USERS;
    use super::*;

    #[test]
    fn and_binds_closer_than_or_and_brackets_closest() {
        let Filter::Any(any) = Filter::parse(&USERS, r#"title pr OR userName eq "a" and active eq True"#).unwrap()
        else {
            panic!("an `or`")
        };
        assert!(matches!(any.as_slice(), [Filter::Present(_), Filter::All(all)] if all.len() == 2));
        let Filter::All(all) = Filter::parse(&USERS, r#"(title pr or nickName pr) and not (active eq false)"#).unwrap()
        else {
            panic!("an `and`")
        };
        assert!(matches!(all.as_slice(), [Filter::Any(_), Filter::Not(_)]));
    }

    #[test]
    fn anything_at_all_is_read_or_refused() {
        let whole = r#"emails[type eq "wörk" and not (value co "\u00e4@x")].value ew "y" or meta.created gt "2020""#;
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let _ = Filter::parse(&USERS, whole.get(..end).unwrap());
            let _ = Path::parse(&USERS, whole.get(end..).unwrap());
        }
        assert!(Filter::parse(&USERS, &"(".repeat(10_000)).is_err());
        assert!(Filter::parse(&USERS, &"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn paths_name_attributes_parts_values_and_extensions() {
        let path = |text| Path::parse(&USERS, text);
        assert!(matches!(
            path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User").unwrap(),
            Path::Extension(_)
        ));
        let Path::Attribute { target, filter } = path(r#"Emails[type eq "work"].VALUE"#).unwrap() else {
            panic!("an attribute")
        };
        assert_eq!((target.attribute.name, target.part.map(|part| part.name)), ("emails", Some("value")));
        assert!(filter.is_some());
        for bad in ["", "emails[", "emails[]", "name[type pr]", "emails.value.x", "emails[type pr] x", "[type pr]"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
