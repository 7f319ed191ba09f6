#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use super::*;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 20:55:00.123 UTC);

fn message(to: &str) -> Message {
    Message {
        to: to.to_owned(),
        subject: "Grüße\r\nBcc: eve@example.com".to_owned(),
        text: "Jürgen invites you.\n\nhttps://teams.example.com/invite/gld_inv_x?a=b&c=d\n.\nend\n".to_owned(),
        html: "<p>Jürgen</p>\n".to_owned(),
    }
}

/// A mail server on loopback: answers each mail's `RCPT` from the script, then hands over what it was sent.
struct Server {
    url: Secret<String>,
    mails: mpsc::Receiver<String>,
}

impl Server {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Secret::new(format!("smtp://{}", listener.local_addr().unwrap()));
        let (sender, mails) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answers = answers.iter();
            for stream in listener.incoming() {
                if converse(stream.unwrap(), &mut answers, &sender).is_err() {
                    return;
                }
            }
        });
        Self { url, mails }
    }

    fn transport(&self) -> MailTransport {
        MailTransport::smtp(&self.url, "Guildhall <guildhall@example.com>", Duration::from_secs(20)).unwrap()
    }
}

/// One connection. `Err` when the test is over.
fn converse<'a>(
    mut stream: TcpStream,
    answers: &mut impl Iterator<Item = &'a &'a str>,
    mails: &mpsc::Sender<String>,
) -> Result<(), ()> {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes());
    let _ = say("220 test");
    while let Some(Ok(line)) = lines.next() {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answered = match verb.as_str() {
            "EHLO" => say("250 test"),
            "RCPT" => match answers.next() {
                Some(answer) => say(answer),
                // Out of answers: never answers again, but keeps the connection.
                None => continue,
            },
            "DATA" => {
                let _ = say("354 go on");
                let mail: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect();
                mails.send(mail.join("\n")).map_err(drop)?;
                say("250 2.0.0 queued as 42")
            }
            "QUIT" => return say("221 bye").map_err(drop),
            _ => say("250 ok"),
        };
        if answered.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_mail_arrives_whole_and_only_at_its_recipient() {
    let server = Server::start(&["250 ok"]);
    let sent = server.transport().send(&message("ada@example.com"), NOW).await.unwrap();
    assert_eq!(sent.detail, "250 2.0.0 queued as 42");
    let mail = server.mails.recv().unwrap();
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert!(head.contains("From: Guildhall <guildhall@example.com>") && head.contains("To: ada@example.com"), "{head}");
    assert!(
        head.contains("Date: Sat, 21 Nov 2026 20:55:00") && head.contains("Auto-Submitted: auto-generated"),
        "{head}"
    );
    assert!(head.lines().all(|line| !line.starts_with("Bcc")), "{head}");
    assert!(head.contains("@example.com>") && head.contains("Message-ID: <"), "{head}");
    assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
}

#[tokio::test]
async fn greylisting_is_temporary_and_the_next_try_gets_through() {
    let server = Server::start(&["451 4.7.1 greylisted, try again later", "250 ok"]);
    let transport = server.transport();
    let error = transport.send(&message("ada@example.com"), NOW).await.unwrap_err();
    assert!(!error.permanent && error.detail.contains("greylisted, try again later"), "{error}");
    assert!(transport.send(&message("ada@example.com"), NOW).await.is_ok());
}

#[tokio::test]
async fn an_unknown_recipient_is_permanent_and_a_refused_login_is_not() {
    let server = Server::start(&["550 5.1.1 no such user here", "535 5.7.8 authentication failed"]);
    let transport = server.transport();
    let error = transport.send(&message("nobody@example.com"), NOW).await.unwrap_err();
    assert!(error.permanent && error.detail.contains("no such user here"), "{error}");
    let error = transport.send(&message("ada@example.com"), NOW).await.unwrap_err();
    assert!(!error.permanent, "{error}");
}

#[tokio::test]
async fn a_server_that_is_slow_or_gone_is_temporary() {
    let slow = Server::start(&[]);
    let transport = MailTransport::smtp(&slow.url, "guildhall@example.com", Duration::from_millis(300)).unwrap();
    let error = transport.send(&message("ada@example.com"), NOW).await.unwrap_err();
    assert!(!error.permanent, "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone =
        MailTransport::smtp(&Secret::new(format!("smtp://{closed}")), "guildhall@example.com", Duration::from_secs(5))
            .unwrap();
    let error = gone.send(&message("ada@example.com"), NOW).await.unwrap_err();
    assert!(!error.permanent && !error.detail.is_empty(), "{error}");
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_before_anything_is_sent() {
    let server = Server::start(&["250 ok"]);
    for to in [
        "",
        "ada",
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "ada@example.com>, <eve@example.com",
        "a b@example.com",
    ] {
        let error = server.transport().send(&message(to), NOW).await.unwrap_err();
        assert!(error.permanent && !error.detail.contains('\n'), "{error}");
    }
    assert!(server.mails.try_recv().is_err());
    let bad =
        MailTransport::smtp(&"https://user:hunter2@x".into(), "a@example.com", Duration::from_secs(1)).unwrap_err();
    assert!(!bad.detail.contains("hunter2"), "{bad}");
    assert!(MailTransport::smtp(&server.url, "nobody", Duration::from_secs(1)).is_err());
}

#[tokio::test]
async fn files_are_whole_private_readable_and_sorted_by_time() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("guildhall-mail-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let transport = MailTransport::files(&folder, "guildhall@example.com").unwrap();
    assert!(!transport.is_smtp());
    let first = transport.send(&message("ada+x@example.com"), NOW).await.unwrap();
    transport.send(&message("ada+x@example.com"), NOW).await.unwrap();
    transport.send(&message("ada+x@example.com"), NOW + Duration::from_secs(1)).await.unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "2026-11-21T20-55-00.123Z_ada+x@example.com_0.eml",
            "2026-11-21T20-55-00.123Z_ada+x@example.com_1.eml",
            "2026-11-21T20-55-01.123Z_ada+x@example.com_2.eml",
        ]
    );
    assert_eq!(first.detail, names[0]);
    let path = folder.join(&names[0]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mail = std::fs::read_to_string(&path).unwrap();
    assert!(mail.contains("\r\nhttps://teams.example.com/invite/gld_inv_x?a=b&c=d\r\n"), "{mail}");
    assert!(mail.contains("Jürgen invites you.") && !mail.contains("\nBcc"), "{mail}");
    assert_eq!(file_name("../../etc/passwd\0", NOW, 0), "2026-11-21T20-55-00.123Z_.._.._etc_passwd__0.eml");
    std::fs::remove_dir_all(folder).unwrap();
}
