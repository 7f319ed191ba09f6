//! What stands around a program under test: a name server, limits that nobody meets, and lists that come as files.

use std::net::{SocketAddr, UdpSocket};
use std::sync::OnceLock;

use guildhall_server::config::Config;
use guildhall_testkit::Answer;
use serde_json::{Map, Value, json};

/// No limits: a history is a storm of tries.
pub fn without_limits(config: &mut Config) {
    // No name server of the world outside is asked.
    config.sso.name_server = Some(name_server());
    let limits = &mut config.limits;
    limits.sign_up_per_minute_per_address = 0;
    limits.accept_per_minute_per_address = 0;
    limits.sign_in_failures_per_minute_per_address = 0;
    limits.sign_in_failures_per_hour_per_account_and_address = 0;
    limits.sign_in_failures_per_hour_per_account = 0;
    limits.bad_tokens_per_minute_per_address = 0;
    limits.mail_requests_per_minute_per_address = 0;
    limits.mails_per_hour_per_recipient = 0;
    limits.mails_per_hour_per_organization = 0;
}

/// A name server on this machine that knows no name at all (RFC 1035 4.1.1: response, authoritative, name error).
fn name_server() -> SocketAddr {
    static AT: OnceLock<SocketAddr> = OnceLock::new();
    *AT.get_or_init(|| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let at = socket.local_addr().expect("an address");
        std::thread::spawn(move || {
            let mut asked = [0_u8; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut asked) {
                let end = 12 + asked[12..length].iter().position(|byte| *byte == 0).unwrap_or_default() + 5;
                let head = [asked[0], asked[1], 0x84, 3, 0, 1, 0, 0, 0, 0, 0, 0];
                let _ = socket.send_to(&[&head[..], &asked[12..end]].concat(), from);
            }
        });
        at
    })
}

/// A value as it stands behind `?`.
pub fn written(value: &str) -> String {
    value.replace('%', "%25").replace(' ', "%20").replace('+', "%2B").replace('&', "%26")
}

/// An answer that is a file, read line by line: as JSON, or as a table whose rows have their columns' names.
pub fn lines(mut answer: Answer) -> Answer {
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-ndjson") {
        let all = answer.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
        answer.body = json!({"lines": all.collect::<Vec<Value>>()});
    } else if kind.starts_with("text/csv") {
        let mut table = csv::Reader::from_reader(answer.text.as_bytes());
        let head = table.headers().expect("a head").clone();
        let row = |row: csv::StringRecord| -> Map<String, Value> {
            head.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cells(name, cell))).collect()
        };
        let rows = table.records().map(|one| Value::Object(row(one.expect("a row"))));
        answer.body = json!({"lines": rows.collect::<Vec<Value>>()});
    }
    answer
}

/// The one cell that holds a list is read as one.
fn cells(name: &str, cell: &str) -> Value {
    let list = || cell.split("; ").filter(|part| !part.is_empty()).collect::<Vec<_>>();
    if name == "groups" { json!(list()) } else { json!(cell) }
}
