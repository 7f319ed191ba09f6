//! The product as its users run it: the real program, set up by its own command, with the default
//! settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;
use crate::load::{ask, request};
use crate::process::{Server, output};

const PASSWORD: &str = "correct horse battery";
const OWNER: &str = "owner@acme.test";

/// An installation with one organization, and the program that serves it.
pub(crate) struct Product {
    program: PathBuf,
    folder: PathBuf,
    /// A PostgreSQL database; otherwise it is SQLite.
    pub(crate) database: Option<String>,
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

    /// SQLite's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("guildhall.sqlite3")
    }

    /// What the owner is answered.
    pub(crate) async fn answer(&self, server: &Server, method: &str, path: &str, body: &str) -> Outcome<Value> {
        json(server, &request(method, path, &self.bearer(), body)).await
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
        Self::kept_cookie(&head)
    }

    /// The header line that brings back the cookie of an answer.
    pub(crate) fn kept_cookie(head: &str) -> Outcome<String> {
        let line = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next().unwrap_or_default())
        });
        line.map(|pair| format!("Cookie: {pair}\r\n")).ok_or_else(|| format!("signing in set no cookie:\n{head}"))
    }

    /// The body of a check as a product asks it: about somebody else, for the first permission there is.
    pub(crate) async fn check(&self, server: &Server) -> Outcome<String> {
        let permissions =
            json(server, &request("GET", "/api/v1/organizations/acme/permissions", &self.bearer(), "")).await?;
        let subject = self.another(server).await?;
        let body = serde_json::json!({ "subject": subject, "permission": text(&permissions, "/items/0/name")? });
        let body = body.to_string();
        let answer = json(server, &request("POST", CHECK, &self.bearer(), &body)).await?;
        match answer.get("allowed").is_some_and(Value::is_boolean) {
            true => Ok(body),
            false => Err(format!("the check that is measured is not answered: {answer}")),
        }
    }

    /// Invites somebody by a link, has them accept it, and gives their membership's id.
    async fn another(&self, server: &Server) -> Outcome<String> {
        let wanted = serde_json::json!({ "invitations": [{ "email": "other@acme.test" }], "deliver": "link" });
        let path = "/api/v1/organizations/acme/invitations";
        let invited = json(server, &request("POST", path, &self.bearer(), &wanted.to_string())).await?;
        let secret = text(&invited, "/invitations/0/link")?.rsplit('/').next().unwrap_or_default().to_owned();
        let accepting = serde_json::json!({ "token": secret, "name": "Otto Other", "password": PASSWORD });
        let accepted = request("POST", "/api/v1/invitations/accept", "", &accepting.to_string());
        Ok(text(&json(server, &accepted).await?, "/membership/id")?.to_owned())
    }
}

async fn json(server: &Server, request: &[u8]) -> Outcome<Value> {
    let (_, body) = ask(server, request).await?;
    serde_json::from_str(&body).map_err(|e| format!("an answer that is no JSON, {e}: {body}"))
}

fn text<'a>(answer: &'a Value, pointer: &str) -> Outcome<&'a str> {
    answer.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("no `{pointer}` in {answer}"))
}

/// The path of a check.
pub(crate) const CHECK: &str = "/api/v1/organizations/acme/check";
