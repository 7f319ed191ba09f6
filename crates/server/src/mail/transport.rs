//! How mail leaves: to a mail server, or as files in a folder.
//!
//! One try per call. Waiting and trying again belong to the outbox.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;
use tokio::io::AsyncWriteExt;

use super::message::Message;
use crate::security::secret::Secret;

const FILE_TIME: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]-[minute]-[second].[subsecond digits:3]Z");
/// RFC 5322 §2.1.1.
const MAX_LINE_BYTES: usize = 998;
const MAX_DETAIL_CHARACTERS: usize = 300;
/// Refusals that are about us, not the recipient: a wrong or missing password. An operator will mend it (RFC 4954 §6).
const OUR_FAULT_CODES: [u16; 4] = [530, 534, 535, 538];

/// Where mail goes.
#[derive(Debug)]
pub struct MailTransport {
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Smtp { client: AsyncSmtpTransport<Tokio1Executor>, timeout: Duration },
    Files { folder: PathBuf, count: AtomicU64 },
}

/// A mail that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The mail server's answer, or the file's name.
    pub detail: String,
}

/// A mail that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// Whether trying again is in vain: the server refused this mail or its recipient for good (5xx).
    pub permanent: bool,
    /// What happened, on one line, fit to be shown to an administrator.
    pub detail: String,
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for SendError {}

impl SendError {
    fn permanent(detail: impl std::fmt::Display) -> Self {
        Self { permanent: true, detail: shown(&detail.to_string()) }
    }

    fn temporary(detail: impl std::fmt::Display) -> Self {
        Self { permanent: false, detail: shown(&detail.to_string()) }
    }
}

impl MailTransport {
    /// Over SMTP, with connections kept open for the next mail. Must be called inside the Tokio runtime.
    ///
    /// `timeout` bounds one whole try.
    ///
    /// # Errors
    /// An address of the server or the sender that cannot be used; never repeats the address, which holds a password.
    pub fn smtp(url: &Secret<String>, from: &str, timeout: Duration) -> Result<Self, SendError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).map_err(|_| {
            SendError::permanent(
                "the mail server's address (`smtp`) is not understood; write `smtps://user:password@host`",
            )
        })?;
        if url.expose().starts_with("smtp://") && url.expose().contains('@') && !url.expose().contains("tls=") {
            tracing::warn!(
                "the mail server's password travels in the clear; use `smtps://…` or `smtp://…?tls=required`"
            );
        }
        let client = builder.timeout(Some(timeout)).pool_config(PoolConfig::new().max_size(10)).build();
        Ok(Self { from: sender(from)?, way: Way::Smtp { client, timeout } })
    }

    /// As `.eml` files, one per mail, in `folder`, which is made when missing.
    ///
    /// # Errors
    /// A folder or sender that cannot be used.
    pub fn files(folder: &Path, from: &str) -> Result<Self, SendError> {
        std::fs::create_dir_all(folder).map_err(|error| {
            SendError::permanent(format!("cannot use the folder `{}` for mail: {error}", folder.display()))
        })?;
        Ok(Self { from: sender(from)?, way: Way::Files { folder: folder.to_owned(), count: AtomicU64::new(0) } })
    }

    /// Whether mail really leaves, as opposed to being written to files.
    pub fn is_smtp(&self) -> bool {
        matches!(self.way, Way::Smtp { .. })
    }

    /// Connects to the mail server, signs in and hangs up; nothing is sent. Files are not looked at.
    ///
    /// # Errors
    /// What the server or the way to it says.
    pub async fn greet(&self) -> Result<(), SendError> {
        let Way::Smtp { client, timeout } = &self.way else { return Ok(()) };
        match tokio::time::timeout(*timeout, client.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(SendError::temporary("the mail server hung up after the greeting")),
            Ok(Err(error)) => Err(judged(&error)),
            Err(_) => Err(silent(*timeout)),
        }
    }

    /// Tries once to hand the mail over. `now` dates it and names the file.
    ///
    /// # Errors
    /// See [`SendError`]; a cancelled call may or may not have sent.
    pub async fn send(&self, message: &Message, now: OffsetDateTime) -> Result<Sent, SendError> {
        match &self.way {
            Way::Smtp { client, timeout } => {
                let mail = self.build(message, now, None)?;
                match tokio::time::timeout(*timeout, client.send(mail)).await {
                    Ok(Ok(response)) => {
                        let text: Vec<_> = response.message().collect();
                        Ok(Sent { detail: shown(&format!("{} {}", response.code(), text.join(" "))) })
                    }
                    Ok(Err(error)) => Err(judged(&error)),
                    Err(_) => Err(silent(*timeout)),
                }
            }
            Way::Files { folder, count } => {
                // 8 bit, so that whoever opens the file reads names and links as they are.
                let mail = self.build(message, now, Some(ContentTransferEncoding::EightBit))?;
                let name = file_name(&message.to, now, count.fetch_add(1, Ordering::Relaxed));
                // The folder is not told: the detail is shown to administrators of organizations, too.
                write_whole(&folder.join(&name), &mail.formatted())
                    .await
                    .map_err(|error| SendError::temporary(format!("cannot write the file `{name}`: {error}")))?;
                Ok(Sent { detail: name })
            }
        }
    }

    fn build(
        &self,
        message: &Message,
        now: OffsetDateTime,
        encoding: Option<ContentTransferEncoding>,
    ) -> Result<lettre::Message, SendError> {
        let to: lettre::Address =
            message.to.parse().map_err(|_| SendError::permanent(format!("`{}` is not a mail address", message.to)))?;
        let part = |content_type: ContentType, text: &str| {
            // Only CRLF counts as a line's end in mail; a bare LF would travel as `=0A`.
            let text = text.replace('\n', "\r\n");
            let short_lines = text.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES);
            let body = match encoding {
                Some(encoding) if short_lines => Body::dangerous_pre_encoded(text.into_bytes(), encoding),
                _ => Body::new(text),
            };
            SinglePart::builder().header(content_type).body(body)
        };
        let parts = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, &message.text))
            .singlepart(part(ContentType::TEXT_HTML, &message.html));
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_str())
            .date(SystemTime::from(now))
            .message_id(Some(self.message_id(message, now)))
            // Nobody's holiday notice should answer this (RFC 3834 §5).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(parts)
            .map_err(SendError::permanent)
    }

    /// Unique per mail and moment, and says nothing about this machine.
    fn message_id(&self, message: &Message, now: OffsetDateTime) -> String {
        let hash = Sha256::new()
            .chain_update(now.unix_timestamp_nanos().to_le_bytes())
            .chain_update(&message.to)
            .chain_update([0])
            .chain_update(&message.text)
            .finalize();
        let id: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("<{id}@{}>", self.from.email.domain())
    }
}

fn sender(from: &str) -> Result<Mailbox, SendError> {
    from.parse()
        .map_err(|_| SendError::permanent(format!("`{from}` is not a sender; write `Name <address>` in `mail_from`")))
}

fn silent(timeout: Duration) -> SendError {
    SendError::temporary(format!("the mail server did not answer within {} s", timeout.as_secs_f32()))
}

fn judged(error: &smtp::Error) -> SendError {
    let is_ours = error.status().is_some_and(|code| OUR_FAULT_CODES.contains(&u16::from(code)));
    SendError { permanent: error.is_permanent() && !is_ours, detail: shown(&error.to_string()) }
}

/// One line, bounded: the text comes from a stranger's server.
fn shown(text: &str) -> String {
    let plain: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_DETAIL_CHARACTERS).collect()
}

/// `2026-11-21T20-55-00.123Z_ada@example.com_7.eml`: sorts by time; the number tells apart what shares a moment.
fn file_name(to: &str, now: OffsetDateTime, count: u64) -> String {
    let time = now.to_offset(time::UtcOffset::UTC).format(FILE_TIME).unwrap_or_default();
    let harmless = |character: char| {
        if character.is_ascii_alphanumeric() || "@._+-".contains(character) { character } else { '_' }
    };
    let to: String = to.chars().take(80).map(harmless).collect();
    format!("{time}_{to}_{count}.eml")
}

/// INVARIANT: whoever lists the folder sees a whole mail or none. The draft's name does not end in `.eml`.
async fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("part");
    let mut options = tokio::fs::OpenOptions::new();
    // Mails hold links that sign people in, so they are for the owner of the folder alone.
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&draft, path).await
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
