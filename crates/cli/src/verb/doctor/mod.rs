//! `guildhall doctor`: what is wrong with an installation, and how to mend it. Looks only: makes no
//! file, raises no schema and sends no mail, so it may run beside a server.

mod data;
mod machine;
mod mail;

use std::time::SystemTime;

use serde_json::json;

use crate::config::{Flags, load};
use crate::failure::Failure;
use crate::output::Output;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// Works, but somebody should know.
    Warn,
    /// Does not work, or is not safe.
    Fail,
}

/// What one look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// What was looked at.
    about: &'static str,
    state: State,
    /// What is the case.
    detail: String,
    /// What to do about it.
    hint: Option<String>,
}

impl Finding {
    fn ok(about: &'static str, detail: impl Into<String>) -> Self {
        Self { about, state: State::Ok, detail: detail.into(), hint: None }
    }

    fn warn(about: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { about, state: State::Warn, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn fail(about: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { about, state: State::Fail, detail: detail.into(), hint: Some(hint.into()) }
    }
}

pub(crate) fn run(flags: &Flags, output: &mut Output) -> Result<(), Failure> {
    let config = load(flags)?.config;
    let now = SystemTime::now();
    let mut findings = machine::look(&config, now);
    findings.extend(data::look(&config, now));
    findings.extend(mail::look(&config));
    for finding in &findings {
        show(finding, output)?;
    }
    if findings.iter().any(|finding| finding.state == State::Fail) { Err(Failure::Refused) } else { Ok(()) }
}

fn show(finding: &Finding, output: &mut Output) -> Result<(), Failure> {
    let Finding { about, state, detail, hint } = finding;
    let state = match state {
        State::Ok => "ok",
        State::Warn => "warn",
        State::Fail => "fail",
    };
    if output.json {
        return output.value(&json!({"about": about, "state": state, "detail": detail, "hint": hint}));
    }
    output.line(format!("{state:<5} {about:<14} {detail}"))?;
    hint.iter().try_for_each(|hint| output.line(format!("{:<20} hint: {hint}", "")))
}
