//! What comes from outside and fails: the mail server, the disk, the database server.

use guildhall_server::security::secret::Secret;
use guildhall_testkit::smtp::{Mood, SmtpServer};
use guildhall_testkit::wire::Wire;
use guildhall_testkit::{Engine, TestApp, engines};
use serde_json::json;

async fn delivery(test: &TestApp, token: &str, id: &str) -> (String, String) {
    let seen = test.with_token(token).get(&format!("/organizations/acme/invitations/{id}")).await.expect(200);
    (seen.at("/delivery").to_owned(), seen.at("/delivery_detail").to_owned())
}

#[tokio::test]
async fn mail_leaves_by_smtp_and_its_fate_stands_on_the_invitation() {
    for engine in engines() {
        let server = SmtpServer::start().await;
        let url = server.url.clone();
        let test = TestApp::start_with(engine, move |config| config.smtp = Some(Secret::new(url))).await;
        let owner = test.init("standard").await;
        let mut admin = test.with_token(&owner.token);
        let invite = |email: &str| json!({"invitations": [{"email": email}]});

        let ann = admin.post("/organizations/acme/invitations", invite("ann@acme.test")).await.expect(200);
        let ann = ann.at("/invitations/0/invitation/id").to_owned();
        assert_eq!(delivery(&test, &owner.token, &ann).await.0, "queued");
        assert_eq!(test.deliver().await, 1);
        let (state, detail) = delivery(&test, &owner.token, &ann).await;
        assert_eq!(state, "sent");
        assert!(detail.contains("taken as 4711"), "{detail}");
        assert!(server.taken()[0].contains("/invite/gld_inv_"), "{}", server.taken()[0]);

        // put off: tried again after the first pause, not before
        server.set(Mood::PutsOff);
        let bob = admin.post("/organizations/acme/invitations", invite("bob@acme.test")).await.expect(200);
        let bob = bob.at("/invitations/0/invitation/id").to_owned();
        assert_eq!(test.deliver().await, 0);
        let (state, detail) = delivery(&test, &owner.token, &bob).await;
        assert_eq!(state, "queued");
        assert!(detail.contains("greylisted"), "{detail}");
        server.set(Mood::Takes);
        assert_eq!(test.deliver().await, 0, "the pause is not over");
        test.clock.advance_s(61);
        assert_eq!(test.deliver().await, 1);
        assert_eq!(delivery(&test, &owner.token, &bob).await.0, "sent");

        // refused for good: failed at once; resending is a new letter with a new secret
        server.set(Mood::Refuses);
        let cid = admin.post("/organizations/acme/invitations", invite("cid@acme.test")).await.expect(200);
        let cid = cid.at("/invitations/0/invitation/id").to_owned();
        assert_eq!(test.deliver().await, 0);
        let (state, detail) = delivery(&test, &owner.token, &cid).await;
        assert_eq!(state, "failed");
        assert!(detail.contains("no such user"), "{detail}");
        server.set(Mood::Takes);
        admin.post(&format!("/organizations/acme/invitations/{cid}/resend"), json!({})).await.expect(200);
        assert_eq!(test.deliver().await, 1);
        assert_eq!(delivery(&test, &owner.token, &cid).await.0, "sent");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_dead_mail_server_is_waited_for_and_then_given_up() {
    let test = TestApp::start_with(Engine::Sqlite, |config| {
        config.smtp = Some(Secret::new("smtp://127.0.0.1:9".to_owned()));
        config.outbox.retry_schedule_s = vec![10, 20];
    })
    .await;
    let owner = test.init("standard").await;
    let mut admin = test.with_token(&owner.token);
    let made =
        admin.post("/organizations/acme/invitations", json!({"invitations": [{"email": "ann@acme.test"}]})).await;
    let id = made.expect(200).at("/invitations/0/invitation/id").to_owned();
    for pause_s in [11, 21] {
        assert_eq!(test.deliver().await, 0);
        assert_eq!(delivery(&test, &owner.token, &id).await.0, "queued");
        test.clock.advance_s(pause_s);
    }
    assert_eq!(test.deliver().await, 0);
    assert_eq!(delivery(&test, &owner.token, &id).await.0, "failed");
    test.stop().await;
}

/// Whether `readyz` says yes.
async fn ready(test: &TestApp) -> bool {
    let asked = reqwest::get(format!("{}/readyz", test.url)).await.expect("the program answers");
    asked.status().is_success()
}

fn invite(number: usize) -> serde_json::Value {
    json!({"invitations": [{"email": format!("person{number}@acme.test")}], "deliver": "link"})
}

#[tokio::test]
async fn a_lost_postgresql_is_told_and_found_again() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let wire = Wire::to_test_server().await;
    let test = TestApp::start_through(&wire).await;
    let owner = test.init("standard").await;
    let mut admin = test.with_token(&owner.token);
    admin.post("/organizations/acme/invitations", invite(1)).await.expect(200);
    assert!(ready(&test).await);
    wire.cut();
    for _ in 0..6 {
        let lost = admin.post("/organizations/acme/invitations", invite(2)).await;
        lost.refused(503, "server.store_unavailable");
        assert!(lost.headers.contains_key("retry-after"));
    }
    assert!(!ready(&test).await);
    wire.mend();
    admin.post("/organizations/acme/invitations", invite(3)).await.expect(200);
    assert!(ready(&test).await);
    let people = admin.get("/organizations/acme/members?status=invited").await.expect(200);
    assert_eq!(people.body["items"].as_array().map(Vec::len), Some(2), "{}", people.text);
    test.stop().await;
}

/// A file system of `megabytes` of its own; `None` where this user may not mount one.
fn small_disk(megabytes: usize) -> Option<std::path::PathBuf> {
    let path = std::env::temp_dir().join(format!("guildhall-disk-{}-{megabytes}", std::process::id()));
    std::fs::create_dir_all(&path).ok()?;
    let size = format!("size={megabytes}m");
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).status();
    if mounted.is_ok_and(|s| s.success()) {
        return Some(path);
    }
    eprintln!("this user may not mount a file system; the test of a full disk did not run");
    None
}

fn unmount(path: &std::path::Path) {
    let _ = std::process::Command::new("umount").arg("-l").arg(path).status();
    let _ = std::fs::remove_dir(path);
}

#[tokio::test]
async fn a_full_disk_is_told_loses_nothing_and_is_over_when_there_is_room() {
    let Some(disk) = small_disk(6) else { return };
    let test = TestApp::start_in(&disk).await;
    let owner = test.init("standard").await;
    let mut admin = test.with_token(&owner.token);
    admin.post("/organizations/acme/invitations", invite(0)).await.expect(200);
    let filler = disk.join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file");
    while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
    let mut answered = 1;
    let mut refused = None;
    for number in 1..400 {
        let answer = admin.post("/organizations/acme/invitations", invite(number)).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
        answered += 1;
    }
    refused.expect("the disk fills up").refused(503, "server.store_unavailable");
    assert!(!ready(&test).await);
    admin.get("/organizations/acme").await.expect(200);
    drop(file);
    std::fs::remove_file(&filler).expect("room");
    assert!(ready(&test).await);
    admin.post("/organizations/acme/invitations", invite(1_000)).await.expect(200);
    let mut seen = 0;
    let mut after = String::new();
    loop {
        let page = admin.get(&format!("/organizations/acme/members?status=invited&limit=100{after}")).await.expect(200);
        seen += page.body["items"].as_array().map_or(0, Vec::len);
        match page.at("/next") {
            "" => break,
            next => after = format!("&after={next}"),
        }
    }
    assert_eq!(seen, answered + 1, "every answered write is there, and no other");
    test.stop().await;
    unmount(&disk);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named_at_the_start() {
    let Some(disk) = small_disk(7) else { return };
    let file = disk.join("guildhall.sqlite3");
    std::fs::write(&file, []).expect("a file");
    let locked = std::process::Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status();
    assert!(locked.is_ok_and(|s| s.success()), "remounts");
    let ids = std::sync::Arc::new(guildhall_server::app::FreshIds(std::sync::Arc::new(
        guildhall_server::security::secret::SeededEntropy::new(1),
    )));
    let opened = tokio::task::spawn_blocking(move || {
        guildhall_store::Store::open(&guildhall_store::Database::Sqlite { path: file }, ids).map(drop)
    });
    let error = opened.await.expect("ends").expect_err("cannot be written");
    assert!(matches!(error, guildhall_store::StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    unmount(&disk);
}
