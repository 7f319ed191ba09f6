//! A server on loopback for tests of remote verbs: answers from a script and keeps what it was asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use guildhall_server::security::key::InstanceKey;
use guildhall_server::security::secret::SeededEntropy;
use guildhall_server::security::token::{CredentialKeys, TokenKind};

use crate::remote::RemoteArgs;

/// One request as it arrived.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `GET /path?query`
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
}

pub(crate) struct TestServer {
    url: String,
    asked: mpsc::Receiver<Asked>,
}

impl TestServer {
    /// Answers with these statuses (`200 OK`) and bodies, one connection each.
    pub(crate) fn start(answers: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).unwrap() > 2 {}
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")));
                    line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).unwrap_or_default()
                };
                let mut given = vec![0; header("content-length").parse().unwrap_or(0)];
                reader.read_exact(&mut given).unwrap();
                let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
                let body_given = serde_json::from_slice(&given).unwrap_or_default();
                sender.send(Asked { line, authorization: header("authorization"), body: body_given }).unwrap();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\nRetry-After: 7\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, asked }
    }

    /// Arguments for this server and the organization `acme`.
    pub(crate) fn args(&self) -> RemoteArgs {
        RemoteArgs { url: self.url.clone(), token: token(), organization: "acme".to_owned() }
    }

    /// The next request.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

/// A well-formed token that nobody knows.
pub(crate) fn token() -> String {
    let entropy = SeededEntropy::new(1);
    let keys = CredentialKeys::new(&InstanceKey::generate(&entropy));
    keys.mint(TokenKind::Pat, &entropy).secret.expose().clone()
}
