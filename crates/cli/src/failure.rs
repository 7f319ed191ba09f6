//! How a command ends when it does not end well: a message, a hint and an exit code.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 wrong use.

use std::fmt;
use std::io;

/// Why a command stops.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read our output has seen enough (`| head`): stop quietly, successfully.
    OutputClosed,
    /// The answer is no, and has been printed already: exit code 1, no message.
    Refused,
    /// Something went wrong: exit code 1.
    Failed(Message),
    /// The command line, environment or file is wrong: exit code 2.
    Usage(Message),
}

/// What to tell, without the words `error:` and `hint:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// What is wrong, one line or several.
    pub(crate) error: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure with advice.
    pub(crate) fn failed(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed(Message { error: error.into(), hint: Some(hint.into()) })
    }

    /// A wrong use with advice.
    pub(crate) fn usage(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage(Message { error: error.into(), hint: Some(hint.into()) })
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        Self::failed(format!("cannot use the file `{}`: {error}", path.display()), "check the path and its permissions")
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Refused | Self::Failed(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}

impl fmt::Display for Failure {
    /// Several lines, each ending in a line feed; nothing when there is nothing to tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Failed(message) | Self::Usage(message)) = self else {
            return Ok(());
        };
        for line in message.error.lines() {
            writeln!(f, "error: {line}")?;
        }
        message.hint.iter().try_for_each(|hint| writeln!(f, "hint: {hint}"))
    }
}

impl From<io::Error> for Failure {
    /// Errors of writing to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::failed(format!("cannot write the output: {error}"), "check the disk or where the output goes")
    }
}
