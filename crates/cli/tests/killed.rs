//! The bad day: the process is killed under load, on SQLite with its real fsync. Whatever was answered is there
//! afterwards, whole and audited.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod program;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use program::{Folder, Serving, ask, founded, run};
use serde_json::Value;

const CALLERS: usize = 8;
const ANSWERED_BEFORE_THE_KILL: usize = 60;
const ROUNDS: usize = 3;

/// Invites from many callers at once, kills the server in the middle of it, and tells which were answered.
fn invite_until_killed(data: &str, token: &str, round: usize) -> HashSet<String> {
    let serving = Serving::start(data);
    let url = serving.url.clone();
    let answered = Mutex::new(HashSet::new());
    let (count, sent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (url, answered, count, sent) = (&url, &answered, &count, &sent);
            scope.spawn(move || {
                for number in 0.. {
                    let email = format!("p{round}-{caller}-{number}@acme.test");
                    let body = format!(r#"{{"invitations":[{{"email":"{email}"}}]}}"#);
                    sent.fetch_add(1, Ordering::SeqCst);
                    match ask(url, "POST", "/api/v1/organizations/acme/invitations", token, &body) {
                        Some((200 | 201, answer)) => {
                            assert_eq!(answer["invitations"][0]["status"], "created", "{answer}");
                            answered.lock().unwrap().insert(email);
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                        Some((status, answer)) => panic!("{status} {answer}"),
                        // The server is gone.
                        None => return,
                    }
                }
            });
        }
        while count.load(Ordering::SeqCst) < ANSWERED_BEFORE_THE_KILL {
            std::thread::sleep(Duration::from_millis(1));
        }
        serving.end("KILL");
    });
    assert!(sent.load(Ordering::SeqCst) > count.load(Ordering::SeqCst), "some request was under way");
    answered.into_inner().unwrap()
}

fn pages(url: &str, token: &str, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (status, page) = ask(url, "GET", &format!("{path}{separator}limit=100{after}"), token, "").unwrap();
        assert_eq!(status, 200, "{page}");
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

#[test]
fn a_kill_under_load_loses_no_answered_write_and_leaves_no_half_change() {
    let folder = Folder::new();
    let (data, token) = founded(&folder);
    let mut answered = HashSet::new();
    for round in 0..ROUNDS {
        answered.extend(invite_until_killed(&data, &token, round));
    }
    let serving = Serving::start(&data);
    let organization = "/api/v1/organizations/acme";
    let list = |path: &str| pages(&serving.url, &token, &format!("{organization}/{path}"));
    let text = |item: &Value, pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    let invitations = list("invitations");
    let invited: HashSet<String> = invitations.iter().map(|item| text(item, "/email")).collect();
    let lost: Vec<&String> = answered.difference(&invited).collect();
    assert!(lost.is_empty(), "answered and gone: {lost:?}");
    // What was committed without an answer may be there too, but then it is there as a whole.
    assert!(invited.len() <= answered.len() + ROUNDS * CALLERS);
    let members: HashSet<String> =
        list("members?status=invited").iter().map(|item| text(item, "/identity/email")).collect();
    assert_eq!(members, invited, "each invitation with its waiting member");
    let audited: Vec<String> =
        list("audit-events?type=invitation.created").iter().map(|item| text(item, "/target/name")).collect();
    assert_eq!(audited.len(), invitations.len(), "one record for each, no more");
    assert_eq!(audited.into_iter().collect::<HashSet<_>>(), invited);
    serving.end("TERM");
    let doctor = run(&["doctor", "--data", &data]).expect(0);
    assert!(doctor.out.contains("ok    database"), "{doctor:?}");
}
