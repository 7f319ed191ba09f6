//! What is asked of the system, and what it answers.

use serde_json::Value;

/// With what a request comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nothing.
    Anybody,
    /// A session cookie, by its secret, with its CSRF token.
    Session(String),
    /// A session cookie with a wrong CSRF token.
    Forged(String),
    /// A token, by its secret.
    Token(String),
    /// A text that is no token.
    Garbled,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: &'static str,
    /// Path with `{}` for each argument.
    pub route: &'static str,
    /// The arguments of the path.
    pub args: Vec<String>,
    /// What stands behind `?`.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
    /// The credential.
    pub who: Who,
    /// Only a preview.
    pub dry_run: bool,
    /// The revision in `If-Match`.
    pub if_match: Option<u64>,
    /// The `Idempotency-Key`.
    pub key: Option<String>,
}

/// What must come back. In `body`, an array is in order unless it is wrapped as `{"$set": […]}`;
/// `"$some"` is anything but null, `"$filled"` any text but an empty one; `{"$done": […]}` is in order too and
/// passes refusals over; fields that are not named may be anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Code of the refusal, empty when it is none.
    pub code: &'static str,
    /// The parts of the body that matter.
    pub body: Value,
    /// Secret of the session that was begun.
    pub cookie: Option<String>,
}

/// A letter that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// Which.
    pub kind: &'static str,
    /// The secret in its link.
    pub secret: String,
}

impl Request {
    /// A request of anybody for this.
    #[must_use]
    pub const fn get(route: &'static str) -> Self {
        Self::on("GET", route)
    }

    /// A request of anybody without a body.
    #[must_use]
    pub const fn on(method: &'static str, route: &'static str) -> Self {
        Self {
            method,
            route,
            args: Vec::new(),
            query: Vec::new(),
            body: Value::Null,
            who: Who::Anybody,
            dry_run: false,
            if_match: None,
            key: None,
        }
    }

    /// The path with its arguments; for a write with its query, and whether it is a preview.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = self.route.to_owned();
        for arg in &self.args {
            path = path.replacen("{}", arg, 1);
        }
        let given = self.query.iter().filter(|_| self.method != "GET").map(|(name, value)| format!("{name}={value}"));
        let query: Vec<String> = given.chain(self.dry_run.then(|| "dry_run=true".to_owned())).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}
