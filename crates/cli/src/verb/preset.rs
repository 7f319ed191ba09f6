//! `guildhall preset`: the presets that come with the program, and the check of a file. No server
//! is asked: what an organization runs with is its own copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guildhall_domain::preset::{Presence, Preset, all_built_in, built_in, difference, nearest};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the presets that come with the program
    List,
    /// Print the file of a preset, to read or to start from
    Show(Show),
    /// Tell what differs between two presets: which role gains or loses what
    Diff(Diff),
    /// Check a preset file and name everything that is wrong with it
    Check(Check),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The preset's name
    name: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The one to begin from: a preset's name, or a file
    before: String,
    /// The one to compare it with: a preset's name, or a file
    after: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The file
    file: PathBuf,
}

pub(crate) fn run(command: &Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List => all_built_in().iter().try_for_each(|preset| list(preset, output)),
        Command::Show(args) => show(&args.name, output),
        Command::Diff(args) => diff(args, output),
        Command::Check(args) => check(args, output),
    }
}

fn list(preset: &Preset, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        return output.value(&summary(preset));
    }
    let Preset { name, title, version, description, .. } = preset;
    output.line(format!("{name:<16} {title}, version {version}"))?;
    output.line(format!("{:<16} {description}", ""))
}

fn named(name: &str) -> Result<Arc<Preset>, Failure> {
    built_in(name).ok_or_else(|| {
        let names: Vec<_> = all_built_in().iter().map(|preset| preset.name.as_str()).collect();
        let near = nearest(name, names.iter().copied());
        let near = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
        Failure::usage(format!("there is no preset `{name}`"), format!("{near}there are `{}`", names.join("`, `")))
    })
}

/// A preset that comes with the program, or the one in a file.
fn named_or_file(text: &str) -> Result<Arc<Preset>, Failure> {
    let path = Path::new(text);
    if built_in(text).is_some() || !path.exists() {
        return named(text);
    }
    let content = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    Preset::parse(text, &content).map(Arc::new).map_err(|errors| {
        let first = errors.first().map_or_else(String::new, ToString::to_string);
        Failure::usage(first, format!("`guildhall preset check {text}` names everything that is wrong"))
    })
}

fn diff(args: &Diff, output: &mut Output) -> Result<(), Failure> {
    let found = difference(&*named_or_file(&args.before)?, &*named_or_file(&args.after)?);
    if output.json {
        return output.value(&json!(found));
    }
    if found.is_empty() {
        return output.line("no difference");
    }
    let lists = [
        ("+ type", &found.types_added),
        ("- type", &found.types_removed),
        ("+ permission", &found.permissions_added),
        ("- permission", &found.permissions_removed),
    ];
    for (what, names) in lists {
        names.iter().try_for_each(|name| output.line(format!("{what} {name}")))?;
    }
    for condition in &found.conditions {
        let side = |when: &Option<String>| when.clone().unwrap_or_else(|| "none".to_owned());
        output.line(format!(
            "~ condition {}: {} -> {}",
            condition.slug,
            side(&condition.before),
            side(&condition.after)
        ))?;
    }
    for role in &found.roles {
        let what = match role.presence {
            Presence::Added => "+ role",
            Presence::Removed => "- role",
            Presence::Changed => "~ role",
        };
        output.line(format!("{what} {} of {}", role.slug, role.applies_to))?;
        role.gains.iter().try_for_each(|name| output.line(format!("    gains {name}")))?;
        role.loses.iter().try_for_each(|name| output.line(format!("    loses {name}")))?;
    }
    let open = |open| if open { "open" } else { "fixed" };
    found.knobs.iter().try_for_each(|knob| {
        let (before, after) = (open(knob.open_before), open(knob.open_after));
        output.line(format!("~ knob {}: {} ({before}) -> {} ({after})", knob.name, knob.before, knob.after))
    })
}

fn show(name: &str, output: &mut Output) -> Result<(), Failure> {
    let preset = named(name)?;
    if !output.json {
        return output.bytes(preset.text.as_bytes());
    }
    let mut value = summary(&preset);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("text".to_owned(), Value::from(preset.text.as_str()));
    }
    output.value(&value)
}

fn summary(preset: &Preset) -> Value {
    json!({
        "name": preset.name,
        "title": preset.title,
        "version": preset.version,
        "description": preset.description,
        "types": preset.types.iter().map(|kind| &kind.slug).collect::<Vec<_>>(),
        "roles": preset.roles.iter().map(|role| json!({"slug": role.slug, "applies_to": role.applies_to})).collect::<Vec<_>>(),
        "permissions": preset.catalogue.iter().map(|(_, permission)| &permission.name).collect::<Vec<_>>(),
    })
}

fn check(args: &Check, output: &mut Output) -> Result<(), Failure> {
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    let file = args.file.display().to_string();
    match Preset::parse(&file, &text) {
        Ok(preset) if output.json => output.value(&summary(&preset)),
        Ok(preset) => {
            let (roles, permissions) = (preset.roles.len(), preset.catalogue.iter().count());
            let Preset { name, version, .. } = &preset;
            output
                .line(format!("{file}: `{name}` version {version} is valid: {roles} roles, {permissions} permissions"))
        }
        Err(errors) => {
            for error in &errors {
                if output.json {
                    output.value(&json!(error))?;
                } else {
                    output.line(error)?;
                }
            }
            Err(Failure::Refused)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;

    #[test]
    fn a_listed_preset_can_be_shown_and_its_text_is_valid() {
        for json in [false, true] {
            let (mut output, read) = captured(json);
            run(&Command::List, &mut output).unwrap();
            assert!(all_built_in().iter().all(|preset| read().contains(&preset.name)), "{}", read());
        }
        let (mut output, read) = captured(false);
        run(&Command::Show(Show { name: "cloudtruth".to_owned() }), &mut output).unwrap();
        assert_eq!(Preset::parse("x", &read()).unwrap().name, "cloudtruth");
        let failure = run(&Command::Show(Show { name: "cloudtruht".to_owned() }), &mut output).unwrap_err();
        assert!(failure.to_string().contains("hint: did you mean `cloudtruth`?"), "{failure}");
    }
}
