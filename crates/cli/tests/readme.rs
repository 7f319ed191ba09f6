//! The first journey of the README does what it says, pasted as it stands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The shell block under the journey's mark.
fn journey() -> String {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let (_, after) = readme.split_once("<!-- journey:").expect("the journey's mark");
    let (_, block) = after.split_once("```sh\n").expect("a shell block");
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn the_first_journey_works_as_printed() {
    let folder = std::env::temp_dir().join(format!("guildhall-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Only the port is changed, so that a server on the usual one is not in the way.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = journey().replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
    let programs = Path::new(env!("CARGO_BIN_EXE_guildhall")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let run = Command::new("timeout")
        .args(["60", "bash", "-u", "-c", &script])
        .current_dir(&folder)
        .env("PATH", path)
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let also = String::from_utf8_lossy(&run.stderr);
    let _ = std::fs::remove_dir_all(&folder);
    assert!(run.status.success(), "{said}{also}");
    for wanted in ["ann@acme.test                        created", "\"status\":\"active\"", "allowed\n", "denied\n"] {
        assert!(said.contains(wanted), "`{wanted}` is missing in:\n{said}{also}");
    }
    let trail: Vec<&str> = said.lines().filter(|line| line.contains(",evt_")).collect();
    assert!(trail.first().is_some_and(|line| line.contains(",member.removed,")), "{said}{also}");
}
