//! Lists as files: streamed step by step, as CSV or as one JSON object a line. Does not load anything.

use std::future::Future;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use guildhall_domain::refusal::Refusal;
use guildhall_store::Stop;
use serde::Serialize;
use tokio_stream::wrappers::ReceiverStream;

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A table with a head.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The format somebody asked for; NDJSON when they did not say.
    pub(super) fn asked(word: Option<&str>) -> Result<Self, Refusal> {
        match word {
            None | Some("ndjson") => Ok(Self::Ndjson),
            Some("csv") => Ok(Self::Csv),
            Some(_) => Err(Refusal::field("format", "field.invalid", "`csv` or `ndjson`")),
        }
    }
}

/// A row that can stand in a table.
pub(super) trait Row: Serialize {
    /// The names of the columns.
    const HEAD: &'static [&'static str];

    /// What stands in them.
    fn cells(&self) -> Vec<String>;
}

/// A list that is read step by step.
pub(super) trait Steps: Send + 'static {
    /// Its rows.
    type Row: Row + Send;

    /// The next rows; `None` at the end.
    fn step(&mut self) -> impl Future<Output = Result<Option<Vec<Self::Row>>, Stop>> + Send;
}

/// Answers a list as a file called `name`.
pub(super) fn streamed<S: Steps>(steps: S, format: Format, name: &str) -> Response {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    tokio::spawn(stream(steps, format, sender));
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receiver)));
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// A client that goes away ends the export; a fault cuts the body off, so that no half list
/// passes for a whole one.
async fn stream<S: Steps>(
    mut steps: S,
    format: Format,
    sender: tokio::sync::mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
) {
    let mut head = true;
    loop {
        let part = match steps.step().await {
            Ok(Some(rows)) => match format {
                Format::Csv => as_csv(&rows, std::mem::take(&mut head)),
                Format::Ndjson => as_ndjson(&rows),
            },
            Ok(None) => return,
            Err(stop) => {
                tracing::error!(?stop, "an export broke off");
                Err(std::io::Error::other("the export broke off"))
            }
        };
        let broken = part.is_err();
        if sender.send(part).await.is_err() || broken {
            return;
        }
    }
}

fn as_ndjson<R: Row>(rows: &[R]) -> Result<Vec<u8>, std::io::Error> {
    let mut out = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        out.push(b'\n');
    }
    Ok(out)
}

fn as_csv<R: Row>(rows: &[R], head: bool) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if head {
        writer.write_record(R::HEAD)?;
    }
    for row in rows {
        writer.write_record(row.cells())?;
    }
    writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))
}

/// A cell that a spreadsheet would take for a formula is told to be text.
pub(super) fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
