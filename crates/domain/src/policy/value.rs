//! How a knob's value is read from JSON, shown as JSON and described to people.

use super::choice::Choice;
use crate::network::Cidr;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// What kind of value a knob takes: enough to choose the input of a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number {
        /// What it lies between, the ends included.
        within: RangeInclusive<i64>,
        /// Whether `null` is a value too.
        optional: bool,
    },
    /// One of these words.
    One(Vec<&'static str>),
    /// At least one of these words.
    Several(Vec<&'static str>),
    /// The slug of an organization role.
    Role,
    /// Slugs of organization roles, or `*` for all.
    Roles,
    /// Mail domains or networks, one a line.
    Domains,
    /// Characters, written one after the other.
    Characters,
    /// A moment, or `null`.
    Moment,
    /// Mail addresses.
    Addresses,
    /// Labels, one a line.
    Labels,
}

/// A type a knob can have. `within` bounds whole numbers; other types ignore it.
pub(super) trait KnobValue: Sized {
    /// Reads the value; `None` for what is not [`KnobValue::allowed`].
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self>;
    /// The value as JSON; `read` takes it back.
    fn show(&self) -> Value;
    /// What `read` takes, for people.
    fn allowed(within: &RangeInclusive<i64>) -> String;
    /// What `read` takes, for forms.
    fn shape(within: &RangeInclusive<i64>) -> Shape;
    /// The role slugs the value names.
    fn roles(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl KnobValue for bool {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        value.as_bool()
    }
    fn show(&self) -> Value {
        json!(self)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "`true` or `false`".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Switch
    }
}

impl KnobValue for i64 {
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self> {
        value.as_i64().filter(|number| within.contains(number))
    }
    fn show(&self) -> Value {
        json!(self)
    }
    fn allowed(within: &RangeInclusive<i64>) -> String {
        format!("a whole number from {} to {}", within.start(), within.end())
    }
    fn shape(within: &RangeInclusive<i64>) -> Shape {
        Shape::Number { within: within.clone(), optional: false }
    }
}

/// Absent is `null`; files, whose format has no null, write `"none"`.
impl KnobValue for Option<i64> {
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self> {
        if value.is_null() || value.as_str() == Some("none") {
            return Some(None);
        }
        i64::read(value, within).map(Some)
    }
    fn show(&self) -> Value {
        json!(self)
    }
    fn allowed(within: &RangeInclusive<i64>) -> String {
        format!("{}, or `null` (in a file `\"none\"`)", i64::allowed(within))
    }
    fn shape(within: &RangeInclusive<i64>) -> Shape {
        Shape::Number { within: within.clone(), optional: true }
    }
}

impl<T: Choice> KnobValue for T {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let named = T::ALL.iter().find(|(_, word)| value.as_str() == Some(*word));
        named.map(|(choice, _)| *choice)
    }
    fn show(&self) -> Value {
        json!(T::ALL.iter().find(|(choice, _)| choice == self).map(|(_, word)| *word))
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        let words: Vec<_> = T::ALL.iter().map(|(_, word)| format!("`{word}`")).collect();
        words.join(", ")
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::One(T::ALL.iter().map(|(_, word)| *word).collect())
    }
}

impl<T: Choice> KnobValue for Vec<T> {
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self> {
        let mut choices = Vec::new();
        for entry in value.as_array()? {
            let choice = T::read(entry, within)?;
            if choices.contains(&choice) {
                return None;
            }
            choices.push(choice);
        }
        (!choices.is_empty()).then_some(choices)
    }
    fn show(&self) -> Value {
        self.iter().map(KnobValue::show).collect()
    }
    fn allowed(within: &RangeInclusive<i64>) -> String {
        format!("a list of at least one of {}, each once", T::allowed(within))
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Several(T::ALL.iter().map(|(_, word)| *word).collect())
    }
}

/// Any of a few words, perhaps none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnyOf<T>(Vec<T>);

impl<T: PartialEq> AnyOf<T> {
    /// These.
    pub const fn new(words: Vec<T>) -> AnyOf<T> {
        AnyOf(words)
    }

    /// Whether `word` is among them.
    pub fn contains(&self, word: T) -> bool {
        self.0.contains(&word)
    }
}

impl<T: Choice> KnobValue for AnyOf<T> {
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self> {
        if value.as_array().is_some_and(Vec::is_empty) {
            return Some(AnyOf(Vec::new()));
        }
        Vec::read(value, within).map(AnyOf)
    }
    fn show(&self) -> Value {
        self.0.show()
    }
    fn allowed(within: &RangeInclusive<i64>) -> String {
        format!("a list of any of {}, each once", T::allowed(within))
    }
    fn shape(within: &RangeInclusive<i64>) -> Shape {
        Vec::<T>::shape(within)
    }
}

/// The slug of one organization role.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RoleSlug(String);

impl RoleSlug {
    /// The role with this slug.
    pub fn new(slug: impl Into<String>) -> RoleSlug {
        RoleSlug(slug.into())
    }

    /// The slug; empty only in [`super::Policy::default`], which knows no roles.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KnobValue for RoleSlug {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        slug(value).map(RoleSlug)
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "the slug of an organization role".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Role
    }
    fn roles(&self) -> Vec<&str> {
        vec![self.as_str()]
    }
}

/// Absent is `null`; files write `"none"`, which no role is called.
impl KnobValue for Option<RoleSlug> {
    fn read(value: &Value, within: &RangeInclusive<i64>) -> Option<Self> {
        if value.is_null() || value.as_str() == Some("none") {
            return Some(None);
        }
        RoleSlug::read(value, within).map(Some)
    }
    fn show(&self) -> Value {
        json!(self.as_ref().map(RoleSlug::as_str))
    }
    fn allowed(within: &RangeInclusive<i64>) -> String {
        format!("{}, or `null` (in a file `\"none\"`)", RoleSlug::allowed(within))
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Role
    }
    fn roles(&self) -> Vec<&str> {
        self.iter().map(RoleSlug::as_str).collect()
    }
}

/// Organization roles by slug, or all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleList(Vec<String>);

impl RoleList {
    /// Stands for all roles.
    pub const EVERYBODY: &str = "*";

    /// All roles, also those to come.
    pub fn everybody() -> RoleList {
        RoleList(vec![Self::EVERYBODY.to_owned()])
    }

    /// Whether the list covers this role.
    pub fn contains(&self, slug: &str) -> bool {
        self.0.iter().any(|entry| entry == slug || entry == Self::EVERYBODY)
    }
}

impl KnobValue for RoleList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let entries = value.as_array()?.iter().map(|entry| match entry.as_str() {
            Some(Self::EVERYBODY) => Some(Self::EVERYBODY.to_owned()),
            _ => slug(entry),
        });
        entries.collect::<Option<_>>().map(RoleList)
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a list of slugs of organization roles; `[\"*\"]` means all".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Roles
    }
    fn roles(&self) -> Vec<&str> {
        let named = self.0.iter().map(String::as_str);
        named.filter(|entry| *entry != Self::EVERYBODY).collect()
    }
}

/// Mail domains, in lower case and ASCII form.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DomainList(Vec<String>);

impl DomainList {
    /// Whether `domain`, the part of a normalized address after the `@`, is in the list. Subdomains are
    /// domains of their own.
    pub fn contains(&self, domain: &str) -> bool {
        self.0.iter().any(|entry| entry == domain)
    }

    /// The domains that are in both lists, where an empty one names all. Where they have none in common nobody
    /// is left: `invalid` is no domain (RFC 2606).
    pub(crate) fn narrowed(&self, other: &[String]) -> DomainList {
        if self.is_empty() || other.is_empty() {
            return DomainList(if self.is_empty() { other.to_vec() } else { self.0.clone() });
        }
        let both: Vec<String> = self.0.iter().filter(|domain| other.contains(domain)).cloned().collect();
        DomainList(if both.is_empty() { vec!["invalid".to_owned()] } else { both })
    }

    /// Whether no domain is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The domains in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl KnobValue for DomainList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let entries = value.as_array()?.iter();
        let domains = entries.map(|entry| entry.as_str().and_then(domain));
        domains.collect::<Option<_>>().map(DomainList)
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a list of mail domains such as `example.org`".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Domains
    }
}

/// Networks, as they were written.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct NetworkList(Vec<(String, Cidr)>);

impl NetworkList {
    /// Whether `address` is in one of them; an empty list lets everybody in.
    pub fn lets_in(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|(_, network)| network.contains(address))
    }
}

impl KnobValue for NetworkList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let one = |entry: &Value| entry.as_str().and_then(|text| Some((text.to_owned(), text.parse().ok()?)));
        value.as_array()?.iter().map(one).collect::<Option<_>>().map(NetworkList)
    }
    fn show(&self) -> Value {
        self.0.iter().map(|(text, _)| json!(text)).collect()
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a list of networks such as `192.0.2.0/24` or `2001:db8::/32`".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Domains
    }
}

/// Characters that something must not have; at most 64.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CharList(String);

impl CharList {
    /// The first character of `text` that is in the list.
    pub fn first_in(&self, text: &str) -> Option<char> {
        text.chars().find(|c| self.0.contains(*c))
    }
}

impl KnobValue for CharList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let text = value.as_str().filter(|text| text.len() <= 64 && !text.chars().any(char::is_control))?;
        Some(CharList(text.to_owned()))
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "up to 64 characters, one after the other".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Characters
    }
}

fn slug(value: &Value) -> Option<String> {
    value.as_str().filter(|text| crate::preset::is_slug(text)).map(str::to_owned)
}

/// A mail domain in its ASCII form; `None` for what is none.
pub fn domain(text: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(text).ok()?;
    let complete = ascii.contains('.') && !ascii.split('.').any(str::is_empty);
    complete.then_some(ascii)
}
