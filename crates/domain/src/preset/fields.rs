//! Reads the fields of one table of a preset file and remembers which were asked for, so that the rest can
//! be reported as unknown. Knows TOML, knows nothing of presets.

use super::name::nearest;
use super::report::Report;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and the byte of the text it starts at.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// The fields of one table.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    /// Where the table begins; where a missing field is reported.
    pub(super) at: usize,
    asked: Vec<&'static str>,
    report: &'t Report<'t>,
}

impl<'t> Fields<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: usize, report: &'t Report<'t>) -> Fields<'t> {
        let asked = Vec::new();
        Fields { table, at, asked, report }
    }

    /// The field's value, if it is there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(name);
        self.table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
    }

    /// A text that may be absent.
    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<At<String>> {
        let value = self.take(name)?;
        self.text_of(name, value)
    }

    /// A text that must be there and not be empty; what is missing is reported and empty.
    pub(super) fn text(&mut self, name: &'static str) -> At<String> {
        let found = self.take(name);
        if found.is_none() {
            self.missing(name, "a text");
        }
        let Some(text) = found.and_then(|value| self.text_of(name, value)) else {
            return At { value: String::new(), at: self.at };
        };
        if text.value.trim().is_empty() {
            let detail = format!("`{name}` is empty");
            self.report.add(text.at, "field.missing", detail, "write a text");
        }
        text
    }

    /// A whole number that must be there.
    pub(super) fn number(&mut self, name: &'static str) -> u32 {
        let Some(value) = self.take(name) else {
            self.missing(name, "a whole number");
            return 0;
        };
        let number = json(value.get_ref()).and_then(|value| value.as_u64());
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or_else(|| {
            self.wrong_type(name, value, "a whole number");
            0
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let Some(value) = self.take(name) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(name, value, "true or false");
            default
        })
    }

    /// A list of texts; `None` when it is absent.
    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<At<String>>> {
        let value = self.take(name)?;
        let Some(entries) = value.get_ref().as_array() else {
            self.wrong_type(name, value, "a list of texts");
            return None;
        };
        let texts = entries.iter().filter_map(|entry| self.text_of(name, entry));
        Some(texts.collect())
    }

    /// One text, or a list of them; `None` when it is absent.
    pub(super) fn one_or_more(&mut self, name: &'static str) -> Option<Vec<At<String>>> {
        let value = self.take(name)?;
        match value.get_ref() {
            DeValue::Array(_) => self.texts(name),
            _ => self.text_of(name, value).map(|text| vec![text]),
        }
    }

    /// The tables of `[[name]]`; none when it is absent.
    pub(super) fn tables(&mut self, name: &'static str) -> Vec<Fields<'t>> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Some(entries) = value.get_ref().as_array() else {
            self.wrong_type(name, value, "a list of tables, each beginning with its name in double brackets");
            return Vec::new();
        };
        let tables = entries.iter().filter_map(|entry| self.table_of(name, entry));
        tables.collect()
    }

    /// The table `[name]`; `None` when it is absent.
    pub(super) fn table(&mut self, name: &'static str) -> Option<Fields<'t>> {
        let value = self.take(name)?;
        self.table_of(name, value)
    }

    /// Every field with the place of its name, whoever asked for it.
    pub(super) fn all(&self) -> impl Iterator<Item = (At<&'t str>, &'t Spanned<DeValue<'t>>)> {
        self.table.iter().map(|(key, value)| {
            let at = key.span().start;
            (At { value: key.get_ref().as_ref(), at }, value)
        })
    }

    /// Reports the fields nobody asked for.
    pub(super) fn close(self) {
        for (key, _) in self.all() {
            if !self.asked.contains(&key.value) {
                let hint = match nearest(key.value, self.asked.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", self.asked.join(", ")),
                };
                let detail = format!("there is no field `{}`", key.value);
                self.report.add(key.at, "field.unknown", detail, hint);
            }
        }
    }

    fn text_of(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(name, value, "a text in quotes");
        }
        text.map(|text| At { value: text.to_owned(), at: value.span().start })
    }

    fn table_of(&self, name: &str, value: &'t Spanned<DeValue<'t>>) -> Option<Fields<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(name, value, "a table");
        }
        table.map(|table| Fields::new(table, value.span().start, self.report))
    }

    fn missing(&self, name: &str, wanted: &str) {
        let detail = format!("`{name}` is missing");
        self.report.add(self.at, "field.missing", detail, format!("add {wanted}"));
    }

    fn wrong_type(&self, name: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        let detail = format!("`{name}` holds a value of type {found}");
        self.report.add(value.span().start, "field.type", detail, format!("write {wanted}"));
    }
}

/// The value as JSON; `None` for what JSON cannot say: dates, and numbers out of range.
pub(super) fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    Some(match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok()?.into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok()?.into(),
        DeValue::Array(entries) => {
            entries.iter().map(|entry| json(entry.get_ref())).collect::<Option<Vec<_>>>()?.into()
        }
        DeValue::Table(_) | DeValue::Datetime(_) => return None,
    })
}
