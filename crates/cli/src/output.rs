//! Standard output, as lines for people or as JSON for programs.
//!
//! Writing never panics: when the reader is gone the verb stops quietly ([`Failure::OutputClosed`]). What comes from
//! a server is cleaned of control characters, so that no name can drive a terminal.

use std::fmt::Display;
use std::io::{BufWriter, Write};

use serde_json::Value;

use crate::failure::Failure;

/// Where results go.
pub(crate) struct Output {
    writer: Box<dyn Write>,
    /// Whether JSON was asked for.
    pub(crate) json: bool,
}

impl Output {
    /// The process's standard output, buffered.
    pub(crate) fn standard(json: bool) -> Self {
        Self { writer: Box::new(BufWriter::new(std::io::stdout().lock())), json }
    }

    /// One line.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.writer, "{}", plain(&text.to_string()))?)
    }

    /// One JSON value on one line.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Failure> {
        // serde_json escapes control characters itself.
        Ok(writeln!(self.writer, "{value}")?)
    }

    /// Bytes as they are: an export.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.writer.write_all(bytes)?)
    }

    /// Hands over what is buffered.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}

/// The text without control characters, on one line.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// An output whose text can be read afterwards.
    pub(crate) fn captured(json: bool) -> (Output, impl Fn() -> String) {
        #[derive(Clone, Default)]
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let shared = Shared::default();
        let reader = shared.clone();
        let read = move || String::from_utf8(reader.0.lock().unwrap().clone()).unwrap();
        (Output { writer: Box::new(shared), json }, read)
    }

    #[test]
    fn a_reader_that_left_ends_quietly_and_a_full_disk_does_not() {
        struct Broken(io::ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut gone = Output { writer: Box::new(Broken(io::ErrorKind::BrokenPipe)), json: false };
        let failure = gone.line("x").unwrap_err();
        assert_eq!((failure.exit_code(), failure.to_string()), (0, String::new()));
        let mut full = Output { writer: Box::new(Broken(io::ErrorKind::StorageFull)), json: false };
        let failure = full.line("x").unwrap_err();
        assert_eq!(failure.exit_code(), 1);
        assert!(failure.to_string().starts_with("error: cannot write the output"));
    }

    #[test]
    fn names_cannot_drive_the_terminal() {
        let (mut output, read) = captured(false);
        output.line("evil\u{1b}[2J\nname").unwrap();
        assert_eq!(read(), "evil [2J name\n");
    }
}
