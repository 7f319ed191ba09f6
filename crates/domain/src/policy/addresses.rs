//! Knob values that are mail addresses, or a moment.

use serde_json::{Value, json};
use std::ops::RangeInclusive;

use super::value::{KnobValue, Shape};
use crate::text::Email;
use crate::time::Timestamp;

/// Absent is `null`; files write `"none"`.
impl KnobValue for Option<Timestamp> {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        if value.is_null() || value.as_str() == Some("none") {
            return Some(None);
        }
        value.as_str()?.parse().ok().map(Some)
    }
    fn show(&self) -> Value {
        json!(self)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a moment such as `2027-01-31T08:00:00Z`, or `null` (in a file `\"none\"`)".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Moment
    }
}

/// Mail addresses, by their keys.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AddressList(Vec<String>);

impl AddressList {
    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in the list.
    pub fn contains(&self, address: &str) -> bool {
        Email::parse(address, "").is_ok_and(|email| self.0.iter().any(|one| one == email.key()))
    }
}

impl KnobValue for AddressList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let entries = value.as_array()?.iter();
        let keys = entries.map(|entry| Email::parse(entry.as_str()?, "").ok().map(|email| email.key().to_owned()));
        keys.collect::<Option<_>>().map(AddressList)
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a list of mail addresses".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Addresses
    }
}
