//! A mail server that does as it is told: takes mail, puts it off, refuses it. Speaks as much SMTP
//! (RFC 5321) as a real client needs.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with the next recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes everything.
    Takes,
    /// Says 451, try later.
    PutsOff,
    /// Says 550, never.
    Refuses,
}

/// A running mail server.
pub struct SmtpServer {
    /// `smtp://127.0.0.1:port`.
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (mood, taken) = (Arc::new(Mutex::new(Mood::Takes)), Arc::new(Mutex::new(Vec::new())));
        let (moods, mails) = (Arc::clone(&mood), Arc::clone(&taken));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(talk(socket, Arc::clone(&moods), Arc::clone(&mails)));
            }
        });
        Self { url, mood, taken, task }
    }

    /// Changes what it does from now on.
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().expect("the mood") = mood;
    }

    /// Every mail taken so far, whole.
    #[must_use]
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("the mails").clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(socket: TcpStream, mood: Arc<Mutex<Mood>>, taken: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    let _ = write.write_all(b"220 test ready\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250-test\r\n250 8BITMIME\r\n",
            "RCPT" => match *mood.lock().expect("the mood") {
                Mood::Takes => "250 ok\r\n",
                Mood::PutsOff => "451 4.7.1 greylisted, try later\r\n",
                Mood::Refuses => "550 5.1.1 no such user\r\n",
            },
            "DATA" => {
                let _ = write.write_all(b"354 go on\r\n").await;
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                taken.lock().expect("the mails").push(mail);
                "250 2.0.0 taken as 4711\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        if write.write_all(answer.as_bytes()).await.is_err() || verb == "QUIT" {
            return;
        }
    }
}
