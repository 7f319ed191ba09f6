//! `guildhall import` against the real program: what comes in, what is told, and starting again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod program;

use program::{Folder, Serving, founded, run};
use serde_json::{Value, json};

struct House {
    folder: Folder,
    serving: Serving,
    token: String,
}

impl House {
    fn new() -> Self {
        let folder = Folder::new();
        let (data, token) = founded(&folder);
        let serving = Serving::start(&data);
        Self { folder, serving, token }
    }

    fn import(&self, arguments: &[&str]) -> (i32, String) {
        let remote = ["--url", &self.serving.url, "--token", &self.token, "--organization", "acme"];
        let ended = run(&[&["import"], &remote[..], arguments].concat());
        (ended.code, format!("{}{}", ended.out, ended.err))
    }

    fn members(&self) -> usize {
        let remote = ["--url", &self.serving.url, "--token", &self.token, "--organization", "acme"];
        let listed = run(&[&["member", "list", "--json"], &remote[..]].concat()).expect(0);
        listed.json().len()
    }
}

#[test]
fn a_directory_comes_in_from_files_with_every_wrong_line_told() {
    let house = House::new();
    let mut people = "email,name,role\n".to_owned();
    for n in 0..1_500 {
        people += &format!("p{n}@acme.test,\"Person, {n}\",viewer\n");
    }
    people += "not an address,X,viewer\nq@acme.test,Q,emperor\nq@acme.test,Q\n";
    let people = house.folder.write("people.csv", &people);
    let groups = house.folder.write("groups.ndjson", "{\"name\":\"Research\"}\n{\"name\":7}\n");
    let seats = house.folder.write("seats.csv", "group,email\nResearch,p1499@acme.test\nNobody,p1@acme.test\n");
    let files = ["--people", &people, "--groups", &groups, "--group-members", &seats];

    let (code, told) = house.import(&[&files[..], &["--dry-run"]].concat());
    let wrong = ["people.csv:1502: email.invalid", "people.csv:1503: role.unknown", "people.csv:1504: line.unreadable"];
    let wrong = [&wrong[..], &["groups.ndjson:2: line.unreadable", "seats.csv:3: group.unknown"]].concat();
    assert_eq!(code, 1, "{told}");
    assert!(wrong.iter().all(|line| told.contains(line)), "{told}");
    assert!(told.contains("1502 would be created, 0 there already, 5 would be refused"), "{told}");
    assert_eq!(house.members(), 1, "a dry run keeps nothing");

    let (code, told) = house.import(&files);
    assert_eq!(code, 1);
    assert!(wrong.iter().all(|line| told.contains(line)), "{told}");
    assert!(told.contains("1502 created, 0 there already, 5 refused"), "the dry run foretold it: {told}");
    assert_eq!(house.members(), 1_501);

    let (_, told) = house.import(&[&files[..], &["--json"]].concat());
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"created": 0, "unchanged": 1502, "refused": 5, "dry_run": false}));
}

#[test]
fn an_import_goes_on_where_it_stopped_and_knows_its_own_files() {
    let house = House::new();
    let lines: String = (0..2_100).map(|n| format!("{{\"kind\":\"group\",\"name\":\"g{n}\"}}\n")).collect();
    let all = house.folder.write("all.ndjson", &lines);
    // as a run leaves it that was ended after its first two requests
    let state = house.folder.write("state.json", &json!({"lines": 2100, "done": 2000}).to_string());
    let (code, told) = house.import(&[&all, "--state", &state]);
    assert_eq!((code, told.trim()), (0, "100 created, 0 there already, 0 refused"));
    let (_, told) = house.import(&[&all, "--state", &state]);
    assert_eq!(told.trim(), "0 created, 0 there already, 0 refused", "it is done");
    let (code, told) = house.import(&[&all]);
    assert_eq!((code, told.trim()), (0, "2000 created, 100 there already, 0 refused"));
    let other = house.folder.write("other.ndjson", "{\"kind\":\"group\",\"name\":\"h\"}\n");
    let (code, told) = house.import(&[&other, "--state", &state]);
    assert!(code == 2 && told.contains("is not the state of this import"), "{told}");
    let (code, told) = house.import(&[]);
    assert!(code == 2 && told.contains("nothing to import"), "{told}");
}
