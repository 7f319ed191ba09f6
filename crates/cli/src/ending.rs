//! How a verb that writes ends: with what it did or, asked for a dry run, with what it would do.

use serde_json::Value;

use crate::failure::Failure;
use crate::output::Output;

/// The query of a write that is or is not a dry run.
pub(crate) const fn dry_run(asked: bool) -> &'static [(&'static str, &'static str)] {
    if asked { &[("dry_run", "true")] } else { &[] }
}

/// Tells the end: `foretold` is a dry run's answer, `done` what programs read, `people` writes the lines for people.
pub(crate) fn ended(
    foretold: Option<&Value>,
    done: &Value,
    output: &mut Output,
    people: impl FnOnce(&mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match foretold {
        Some(answer) => plan(answer, output),
        None if output.json => output.value(done),
        None => people(output),
    }
}

/// The answer of a dry run: a line per change, for access gained or lost, for mail and for those it leaves behind.
pub(crate) fn plan(answer: &Value, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(answer);
    }
    for (name, word) in [
        ("changes", "would change"),
        ("access_gained", "would gain"),
        ("access_lost", "would lose"),
        ("mails", "would mail"),
        ("stranded", "would strand"),
        ("without_factor", "would ask for a second factor"),
        ("needs_sso", "would bind to single sign-on"),
    ] {
        for item in answer.get(name).and_then(Value::as_array).into_iter().flatten() {
            output.line(format!("{word}: {}", said(item)))?;
        }
    }
    Ok(())
}

/// One thing that would be, in a line: what of it is known, in the order people read it.
fn said(item: &Value) -> String {
    let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str);
    let of = ["/type", "/target/name", "/to", "/email", "/kind", "/why"].into_iter().filter_map(text);
    let mut parts: Vec<String> = of.filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let list = item.get("permissions").and_then(Value::as_array).into_iter().flatten();
    let permissions: Vec<&str> = list.filter_map(Value::as_str).collect();
    parts.extend(Some(permissions.join(", ")).filter(|all| !all.is_empty()));
    parts.extend(text("/resource").map(|on| format!("on {on}")));
    if parts.is_empty() { item.to_string() } else { parts.join(" ") }
}
