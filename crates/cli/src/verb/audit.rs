//! `guildhall audit export`: the audit trail as a file or a stream.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, Response};

use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on, unreachable_server};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the audit events, oldest first, to a file or to standard output
    Export(Export),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    remote: RemoteArgs,
    /// One JSON object a line, or a table
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
    /// Write to this file, which appears only when the export is complete
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only what this identity, service account or member did
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only what was done to this one
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only this kind of event, such as `member.removed`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only from this moment on (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this moment (RFC 3339)
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only with this outcome
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

pub(crate) fn run(Command::Export(args): &Command, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    let mut query = vec![("format", if args.format == Format::Csv { "csv" } else { "ndjson" })];
    let filters = [
        ("actor", &args.actor),
        ("target", &args.target),
        ("type", &args.kind),
        ("since", &args.since),
        ("until", &args.until),
        ("outcome", &args.outcome),
    ];
    query.extend(filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    block_on(async {
        let response = remote.open(Method::GET, &["audit-events", "export"], &query, None).await?;
        match &args.output {
            None => copy(response, |bytes| output.bytes(bytes)).await,
            Some(path) => write_file(response, path).await,
        }
    })
}

/// INVARIANT: the file of that name is a complete export or is not there (or is the one that was there before).
async fn write_file(response: Response, path: &Path) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let draft = path.with_file_name(name);
    let result = async {
        let fault = |error: std::io::Error| Failure::file(path, &error);
        let mut file = fs::File::create(&draft).map_err(fault)?;
        copy(response, |bytes| file.write_all(bytes).map_err(fault)).await?;
        file.sync_all().map_err(fault)?;
        fs::rename(&draft, path).map_err(fault)
    };
    let result = result.await;
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
    }
    result
}

/// A broken connection is an error, never a short export.
async fn copy(mut response: Response, mut take: impl FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    // Drawn on standard error, and only when that is a terminal.
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {bytes} received").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    while let Some(bytes) = response.chunk().await.map_err(|error| unreachable_server(&error))? {
        take(&bytes)?;
        bar.inc(bytes.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    fn export(server: &TestServer, path: Option<PathBuf>) -> Command {
        Command::Export(Export {
            remote: server.args(),
            format: Format::Csv,
            output: path,
            actor: None,
            target: None,
            kind: Some("member.removed".to_owned()),
            since: Some("2026-11-01T00:00:00Z".to_owned()),
            until: None,
            outcome: None,
        })
    }

    #[test]
    fn an_export_is_streamed_as_it_is_with_its_filters() {
        let csv = "id,type\r\nevt_1,member.removed\r\n".repeat(10_000);
        let server = TestServer::start(vec![("200 OK", csv.clone())]);
        let (mut output, read) = captured(false);
        run(&export(&server, None), &mut output).unwrap();
        assert_eq!(read(), csv);
        assert_eq!(
            server.asked().line,
            "GET /api/v1/organizations/acme/audit-events/export?format=csv&type=member.removed&since=2026-11-01T00%3A00%3A00Z"
        );
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("guildhall-audit-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("audit.csv");
        let server = TestServer::start(vec![("403 Forbidden", "{}".to_owned()), ("200 OK", "id\r\n".to_owned())]);
        let (mut output, _) = captured(false);
        assert_eq!(run(&export(&server, Some(path.clone())), &mut output).unwrap_err().exit_code(), 1);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        run(&export(&server, Some(path.clone())), &mut output).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "id\r\n");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_connection_is_an_error() {
        use std::io::{BufRead, BufReader};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while !lines.next().unwrap().unwrap().is_empty() {}
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nid\r\n").unwrap();
        });
        let server = TestServer::start(vec![]);
        let Command::Export(mut args) = export(&server, None);
        args.remote.url = format!("http://{address}");
        let (mut output, _) = captured(false);
        let failure = run(&Command::Export(args), &mut output).unwrap_err();
        assert!(failure.exit_code() == 1 && failure.to_string().contains("error: "), "{failure}");
        thread.join().unwrap();
    }
}
