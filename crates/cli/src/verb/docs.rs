//! `guildhall docs`: writes the generated pages of the reference, for `docs/reference` in the source.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;
use guildhall_server::config::config_md;
use guildhall_server::http::description;
use guildhall_server::http::reference::{errors_md, operations_md};

use crate::args::Cli;
use crate::docs::{cli_md, permissions_md, policy_md};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to write to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Every generated page: its file name and text. The same program always writes the same bytes.
fn pages() -> Vec<(&'static str, String)> {
    let description = description();
    vec![
        ("api.md", operations_md(&description)),
        ("cli.md", cli_md(Cli::command())),
        ("config.md", config_md()),
        ("errors.md", errors_md()),
        ("openapi.json", format!("{description:#}\n")),
        ("permissions.md", permissions_md()),
        ("policy.md", policy_md()),
    ]
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    fs::create_dir_all(&args.folder).map_err(|error| Failure::file(&args.folder, &error))?;
    for (name, text) in pages() {
        let path = args.folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
        output.line(path.display())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;

    #[test]
    fn every_page_is_written_and_named() {
        let folder = std::env::temp_dir().join(format!("guildhall-docs-{}", std::process::id()));
        let (mut output, read) = captured(false);
        run(&Args { folder: folder.clone() }, &mut output).unwrap();
        for (name, text) in pages() {
            assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), text);
            assert!(read().contains(name));
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
