//! The product as its users run it: the real program, set up by its own command, with the default
//! settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::load::{ask, request};
use crate::process::{Server, output};

const PASSWORD: &str = "correct horse battery";
const OWNER: &str = "owner@acme.test";

/// An installation with one organization, and the program that serves it.
pub(crate) struct Product {
    program: PathBuf,
    folder: PathBuf,
    database: Option<String>,
    /// The owner's token.
    pub(crate) token: String,
}

impl Product {
    /// Sets one up in `folder`; `database` is a PostgreSQL of its own, otherwise it is SQLite.
    pub(crate) fn set_up(program: &Path, folder: &Path, database: Option<String>) -> Outcome<Self> {
        std::fs::create_dir_all(folder).map_err(|e| format!("cannot make `{}`: {e}", folder.display()))?;
        let mut product =
            Self { program: program.to_owned(), folder: folder.to_owned(), database, token: String::new() };
        let mut init = product.command("init");
        init.args(["--organization", "Acme", "--slug", "acme", "--owner-email", OWNER, "--owner-name", "Olivia Owner"]);
        product.token = output(init.args(["--password-stdin", "--print-token"]), PASSWORD)?;
        Ok(product)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(verb).arg("--data").arg(&self.folder);
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        command
    }

    /// Serves it.
    pub(crate) fn serve(&self) -> Outcome<Server> {
        Server::start(self.command("serve").args(["--listen", "127.0.0.1:0"]), &self.folder.join("serve.log"))
    }

    /// The header line of the owner's token.
    pub(crate) fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token)
    }

    /// What signs the owner in.
    pub(crate) fn credentials() -> String {
        serde_json::json!({ "email": OWNER, "password": PASSWORD }).to_string()
    }

    /// Signs the owner in and gives the header line of the cookie.
    pub(crate) async fn cookie(server: &Server) -> Outcome<String> {
        let (head, _) = ask(server, &request("POST", "/api/v1/session", "", &Self::credentials())).await?;
        let line = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next().unwrap_or_default())
        });
        line.map(|pair| format!("Cookie: {pair}\r\n")).ok_or_else(|| format!("signing in set no cookie:\n{head}"))
    }

    /// The body of a check that is allowed: about the caller, for the first permission there is.
    pub(crate) async fn check(&self, server: &Server) -> Outcome<String> {
        let get = |path: &str| request("GET", path, &self.bearer(), "");
        let (_, permissions) = ask(server, &get("/api/v1/organizations/acme/permissions")).await?;
        let permissions: serde_json::Value = serde_json::from_str(&permissions).map_err(|e| format!("no JSON: {e}"))?;
        let permission = permissions.pointer("/items/0/name").and_then(|name| name.as_str());
        let permission = permission.ok_or_else(|| format!("no permission in {permissions}"))?;
        let (_, me) = ask(server, &get("/api/v1/me")).await?;
        let me: serde_json::Value = serde_json::from_str(&me).map_err(|e| format!("no JSON: {e}"))?;
        let subject = me.pointer("/memberships/0/membership/id").and_then(|id| id.as_str());
        let subject = subject.ok_or_else(|| format!("no membership in {me}"))?;
        let body = serde_json::json!({ "subject": subject, "permission": permission }).to_string();
        let (_, answer) = ask(server, &request("POST", CHECK, &self.bearer(), &body)).await?;
        match answer.contains("\"allowed\":true") {
            true => Ok(body),
            false => Err(format!("the check that is measured is not allowed: {answer}")),
        }
    }
}

/// The path of a check.
pub(crate) const CHECK: &str = "/api/v1/organizations/acme/check";
