//! `guildhall config`: every setting in force and where it comes from. Secrets stay hidden.

use guildhall_server::config::Config;
use serde_json::{Value, json};

use crate::config::{Flags, load, shown};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(flags: &Flags, output: &mut Output) -> Result<(), Failure> {
    let loaded = load(flags)?;
    for (setting, value, source) in loaded.settings {
        let value = value.map(|value| if setting.is_secret { Value::from("[hidden]") } else { value });
        if output.json {
            output.value(&json!({"setting": setting.key, "value": value, "source": source.to_string()}))?;
        } else {
            let value = value.as_ref().map_or_else(|| instead(&loaded.config, setting.key), shown);
            output.line(format!("{:<56} {value:<34} {source}", setting.key))?;
        }
    }
    Ok(())
}

/// What happens where nothing is set.
fn instead(config: &Config, key: &str) -> String {
    match key {
        "database" => format!("(SQLite in {})", config.data.display()),
        "public_url" => format!("({})", config.public_url(config.listen)),
        "smtp" => format!("(files in {})", config.outbox_path().display()),
        "instance_key" => format!("({})", config.instance_key_path().display()),
        _ => "(not set)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;

    #[test]
    fn settings_are_shown_with_their_source_and_without_secrets() {
        let flags = Flags {
            data: Some("/does/not/exist".to_owned()),
            smtp: Some("smtp://a:hunter2@mail.example.com".to_owned()),
            ..Flags::default()
        };
        for json in [false, true] {
            let (mut output, read) = captured(json);
            run(&flags, &mut output).unwrap();
            let text = read();
            assert!(
                !text.contains("hunter2") && text.contains("[hidden]") && text.contains("the flag `--smtp`"),
                "{text}"
            );
            assert!(text.contains("sweep_interval_s") && text.contains("the default"), "{text}");
            assert_eq!(text.lines().count(), guildhall_server::config::settings::SETTINGS.len());
        }
    }
}
