//! Knob values that are labels, as people write them.

use serde_json::{Value, json};
use std::ops::RangeInclusive;

use super::value::{KnobValue, Shape};
use crate::text;

/// Labels; upper and lower case are the same.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LabelList(Vec<String>);

impl LabelList {
    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a label is in the list.
    pub fn contains(&self, label: &str) -> bool {
        self.0.iter().any(|one| one.to_lowercase() == label.to_lowercase())
    }

    /// The labels, for a sentence.
    pub(crate) fn told(&self) -> String {
        self.0.join(", ")
    }
}

impl KnobValue for LabelList {
    fn read(value: &Value, _: &RangeInclusive<i64>) -> Option<Self> {
        let entries = value.as_array()?.iter();
        entries.map(|entry| text::name(entry.as_str()?, "").ok()).collect::<Option<_>>().map(LabelList)
    }
    fn show(&self) -> Value {
        json!(self.0)
    }
    fn allowed(_: &RangeInclusive<i64>) -> String {
        "a list of labels such as `Enterprise`".to_owned()
    }
    fn shape(_: &RangeInclusive<i64>) -> Shape {
        Shape::Labels
    }
}
