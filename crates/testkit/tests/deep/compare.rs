//! Holds an answer of the program to what the model said. The two name things differently: the
//! first time both name one, the names are bound, and from then on they must agree.

use std::collections::HashMap;

use serde_json::Value;

/// Which name of the model stands for which of the program, and back.
#[derive(Clone, Debug, Default)]
pub struct Names {
    real: HashMap<String, String>,
    model: HashMap<String, String>,
}

impl Names {
    /// The program's name for one of the model's.
    pub fn real(&self, name: &str) -> Option<&str> {
        self.real.get(name).map(String::as_str)
    }

    /// Binds two names, or checks that they are bound to each other.
    pub fn bind(&mut self, name: &str, real: &str) -> Result<(), String> {
        match (self.real.get(name), self.model.get(real)) {
            (Some(known), _) if known != real => Err(format!("{name} is {known}, not {real}")),
            (_, Some(known)) if known != name => Err(format!("{real} is {known}, not {name}")),
            _ => {
                self.put(name, real);
                // An owner of a tenant stands in its organizations under their own id.
                if let (Some(name), Some(real)) = (name.strip_prefix("~usr"), real.strip_prefix("usr_")) {
                    self.put(&format!("~mem.above{name}"), &format!("mem_{real}"));
                }
                Ok(())
            }
        }
    }

    fn put(&mut self, name: &str, real: &str) {
        self.real.insert(name.to_owned(), real.to_owned());
        self.model.insert(real.to_owned(), name.to_owned());
    }

    /// The kind of thing a name of the model stands for.
    pub fn kind(name: &str) -> &str {
        name.trim_start_matches('~').split('.').next().unwrap_or_default()
    }

    /// Whether `actual` is what the model expects; see `Reply` for the wildcards.
    pub fn agree(&mut self, expected: &Value, actual: &Value, at: &str) -> Result<(), String> {
        let differ = || Err(format!("at {at}: expected {expected}, got {actual}"));
        match (expected, actual) {
            (Value::String(text), _) if text == "$some" => {
                if actual.is_null() {
                    differ()
                } else {
                    Ok(())
                }
            }
            (Value::String(text), Value::String(real)) if text == "$filled" => {
                if real.is_empty() {
                    differ()
                } else {
                    Ok(())
                }
            }
            (Value::String(text), Value::String(real)) if text.starts_with("{link}") => {
                let secret = real.rsplit_once("/invite/").map_or("", |(_, secret)| secret);
                self.bind(text.trim_start_matches("{link}"), secret).map_err(|e| format!("at {at}: {e}"))
            }
            (Value::String(text), Value::String(real)) if text.starts_with('~') => {
                let kind = Self::kind(text);
                if kind.len() == 3 && kind != "pat" && !real.starts_with(&format!("{kind}_")) {
                    return differ();
                }
                self.bind(text, real).map_err(|e| format!("at {at}: {e}"))
            }
            (Value::Object(fields), _) if fields.contains_key("$why") => {
                let last = actual.as_array().and_then(|list| list.last());
                let gives = last
                    .and_then(|r| r["reason"].as_str())
                    .is_some_and(|r| ["role", "grant", "share_link"].contains(&r));
                if Some(gives) == fields["$why"].as_bool() { Ok(()) } else { differ() }
            }
            (Value::Object(fields), Value::Array(found)) if fields.contains_key("$set") => {
                let wanted = fields["$set"].as_array().map(Vec::as_slice).unwrap_or_default();
                if wanted.len() != found.len() {
                    return differ();
                }
                self.find_each(wanted, found, at)
            }
            // Refusals are noted beside, in no order that matters here.
            (Value::Object(fields), Value::Array(found)) if fields.contains_key("$done") => {
                let done = found.iter().filter(|event| event["outcome"] == "success").cloned().collect();
                self.agree(&fields["$done"], &Value::Array(done), at)
            }
            (Value::Object(fields), Value::Array(found)) if fields.contains_key("$among") => {
                self.find_each(fields["$among"].as_array().map(Vec::as_slice).unwrap_or_default(), found, at)
            }
            (Value::Object(fields), Value::Object(found)) => fields.iter().try_for_each(|(name, value)| {
                self.agree(value, found.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"))
            }),
            (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
                let mut pairs = wanted.iter().zip(found).enumerate();
                pairs.try_for_each(|(n, (one, other))| self.agree(one, other, &format!("{at}[{n}]")))
            }
            (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) if expected == actual => Ok(()),
            _ => differ(),
        }
    }

    fn find_each(&mut self, wanted: &[Value], found: &[Value], at: &str) -> Result<(), String> {
        let mut left: Vec<&Value> = found.iter().collect();
        for one in wanted {
            let fits = left.iter().position(|other| {
                let mut trial = self.clone();
                let fits = trial.agree(one, other, at).is_ok();
                if fits {
                    *self = trial;
                }
                fits
            });
            match fits {
                Some(place) => drop(left.swap_remove(place)),
                None => return Err(format!("at {at}: {one} is not among {left:?}")),
            }
        }
        Ok(())
    }
}
