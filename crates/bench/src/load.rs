//! The load generator: HTTP/1.1 over kept connections, one request at a time on each, the same
//! bytes again and again. Does not know what it asks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::process::Server;

/// One kind of request, and from how many sides it comes.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// The whole request, head and body.
    pub(crate) request: Arc<[u8]>,
    /// Connections that ask at the same time.
    pub(crate) connections: usize,
}

/// What a server reached under a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Processor time of the server's process for one request, in microseconds.
    pub(crate) cpu_us: f64,
}

/// The bytes of a request; `head` are further header lines, each with its line end.
pub(crate) fn request(method: &str, path: &str, head: &str, body: &str) -> Arc<[u8]> {
    let about_body = match body {
        "" => String::new(),
        body => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
    };
    format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n{head}{about_body}\r\n{body}").into_bytes().into()
}

/// Sends one request and gives head and body of its answer.
pub(crate) async fn ask(server: &Server, request: &[u8]) -> Outcome<(String, String)> {
    let mut stream = connect(server.address).await?;
    let mut answer = Vec::new();
    exchange(&mut stream, request, &mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("an answer without a head")?;
    Ok((head.to_owned(), body.to_owned()))
}

/// Loads a server for `time`, after `warm` that does not count.
pub(crate) async fn drive(server: &Server, load: &Load, warm: Duration, time: Duration) -> Outcome<Reached> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..load.connections)
        .map(|_| tokio::spawn(repeat(server.address, Arc::clone(&load.request), Arc::clone(&done), Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(warm).await;
    let (begun, cpu_before, before) = (Instant::now(), server.cpu_s()?, done.load(Ordering::Relaxed));
    tokio::time::sleep(time).await;
    let (took, cpu_after, after) = (begun.elapsed(), server.cpu_s()?, done.load(Ordering::Relaxed));
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.map_err(|e| format!("a caller broke down: {e}"))??;
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of some seconds")]
    let requests = (after - before).max(1) as f64;
    Ok(Reached { rate: requests / took.as_secs_f64(), cpu_us: (cpu_after - cpu_before) * 1e6 / requests })
}

pub(crate) async fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address).await.map_err(|e| format!("cannot connect to {address}: {e}"))?;
    stream.set_nodelay(true).map_err(|e| format!("cannot set up a connection: {e}"))?;
    Ok(stream)
}

async fn repeat(address: SocketAddr, request: Arc<[u8]>, done: Arc<AtomicU64>, stop: Arc<AtomicBool>) -> Outcome<()> {
    let mut stream = connect(address).await?;
    let mut answer = Vec::with_capacity(16 * 1024);
    while !stop.load(Ordering::Relaxed) {
        exchange(&mut stream, &request, &mut answer).await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Sends a request over a kept connection and reads the whole answer into `answer`.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> Outcome<()> {
    stream.write_all(request).await.map_err(|e| format!("the request broke off: {e}"))?;
    answer.clear();
    loop {
        let more = stream.read_buf(answer).await.map_err(|e| format!("the answer broke off: {e}"))?;
        if more == 0 {
            return Err("the server hung up".to_owned());
        }
        if whole_length(answer)?.is_some_and(|length| answer.len() >= length) {
            return Ok(());
        }
    }
}

/// How long the answer is, once its head is there. Anything but success ends the bench: it would
/// measure something else.
fn whole_length(answer: &[u8]) -> Outcome<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let end = match head.parse(answer) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("an answer that is no HTTP: {error}")),
    };
    match head.code {
        Some(204) => return Ok(Some(end)),
        Some(200..=299) => {}
        _ => return Err(format!("refused:\n{}", String::from_utf8_lossy(answer))),
    }
    let named = |name| head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value);
    if named("transfer-encoding") == Some(b"chunked".as_slice()) {
        // One request at a time: whatever comes is of this answer, up to its last, empty chunk.
        return Ok(answer.ends_with(b"\r\n0\r\n\r\n").then_some(answer.len()));
    }
    let length = named("content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse::<usize>().ok());
    match length {
        Some(length) => Ok(Some(end + length)),
        None => Err("an answer without Content-Length".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let text = b"HTTP/1.1 200 OK\r\nContent-length: 2\r\n\r\nok";
        assert_eq!(whole_length(&text[..20]).unwrap(), None);
        assert_eq!(whole_length(text).unwrap(), Some(text.len()));
        let nothing = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(whole_length(nothing).unwrap(), Some(nothing.len()));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert_eq!(whole_length(&chunked[..55]).unwrap(), None);
        assert_eq!(whole_length(chunked).unwrap(), Some(chunked.len()));
        assert!(whole_length(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let text = |bytes: Arc<[u8]>| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text(request("GET", "/a", "A: b\r\n", "")), "GET /a HTTP/1.1\r\nHost: bench\r\nA: b\r\n\r\n");
        assert!(text(request("POST", "/a", "", "{}")).ends_with("Content-Length: 2\r\n\r\n{}"));
    }
}
