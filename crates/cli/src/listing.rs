//! A list of a running server: a table for people, a value a line for programs. What its columns are is the verbs'
//! business.

use serde_json::Value;

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, run as block_on};

/// Lists what stands at a path with a query: the heading, and every item as `row` tells it.
pub(crate) fn list(
    remote: &Remote,
    (path, query): (&[&str], &[(&str, &str)]),
    heading: String,
    row: impl Fn(&Value) -> String,
    output: &mut Output,
) -> Result<(), Failure> {
    if !output.json {
        output.line(heading)?;
    }
    block_on(remote.each_page(path, query, |items| {
        for item in items {
            if output.json { output.value(item)? } else { output.line(row(item))? }
        }
        // Each page is shown as it comes, and `| head` stops the next request.
        output.flush().map(|()| true)
    }))
}

/// A text of an item, or a dash.
pub(crate) fn text<'a>(item: &'a Value, pointer: &str) -> &'a str {
    item.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}
