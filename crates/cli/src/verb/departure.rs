//! `guildhall member plan` and `member restore`: what a removal meets and leaves, and undoing one; and who takes over
//! what somebody who goes owns.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::ending::{dry_run, ended};
use crate::failure::Failure;
use crate::output::Output;
use crate::remote::{Remote, RemoteArgs, run as block_on};
use crate::verb::member::named;

/// One member.
#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The member's id or mail address
    member: String,
}

/// Who takes over what somebody who goes owns.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Handover {
    /// Who takes over everything they own (member id or mail address)
    #[arg(long, value_name = "MEMBER")]
    pub(super) transfer_to: Option<String>,
    /// Who takes over one resource, as RESOURCE=MEMBER; may be given several times
    #[arg(long = "transfer", value_name = "RESOURCE=MEMBER", value_parser = transfer)]
    pub(super) transfers: Vec<(String, String)>,
}

pub(super) fn transfer(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(resource, member)| !resource.is_empty() && !member.is_empty());
    parts
        .map(|(resource, member)| (resource.to_owned(), member.to_owned()))
        .ok_or_else(|| "write RESOURCE=MEMBER".to_owned())
}

impl Handover {
    /// What was said, as a request says it.
    pub(super) async fn said(&self, remote: &Remote) -> Result<Map<String, Value>, Failure> {
        let mut body = Map::new();
        if let Some(to) = &self.transfer_to {
            body.insert("transfer_to".to_owned(), json!(named(remote, to).await?));
        }
        let mut transfers = Map::new();
        for (resource, to) in &self.transfers {
            transfers.insert(resource.clone(), json!(named(remote, to).await?));
        }
        if !transfers.is_empty() {
            body.insert("transfers".to_owned(), Value::Object(transfers));
        }
        Ok(body)
    }
}

/// A removal to undo.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The id of the membership that was removed
    member: String,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn plan(args: &One, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(async {
        let member = named(&remote, &args.member).await?;
        let told = remote.ask(Method::GET, &["members", &member, "removal-plan"], &[], None).await?;
        if output.json { output.value(&told) } else { show(&told, output) }
    })
}

/// A line per thing, each beginning with what it is.
fn show(told: &Value, output: &mut Output) -> Result<(), Failure> {
    for (list, word, name, more) in [
        ("/owns", "owns", "/name", "/resource"),
        ("/holds/groups", "is in", "/name", "/id"),
        ("/holds/grants", "is granted", "/name", "/id"),
        ("/holds/tokens", "has the token", "/name", "/id"),
        ("/holds/service_accounts", "runs", "/name", "/id"),
        ("/rotate", "replace", "/name", "/id"),
        ("/blocks", "blocked", "/code", "/detail"),
    ] {
        for item in told.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
            output.line(format!("{word:<14} {:<28} {}", text(name), text(more)))?;
        }
    }
    match told.get("upstream").and_then(Value::as_str) {
        Some(notice) => output.line(format!("{:<14} {notice}", "remains")),
        None => Ok(()),
    }
}

pub(super) fn restore(args: &Restore, output: &mut Output) -> Result<(), Failure> {
    let remote = Remote::new(&args.remote)?;
    block_on(async {
        let path = ["members", args.member.as_str(), "restore"];
        let back = remote.ask(Method::POST, &path, dry_run(args.dry_run), None).await?;
        ended(args.dry_run.then_some(&back), &back, output, |output| output.line(format!("restored {}", args.member)))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::tests::captured;
    use crate::test_server::TestServer;

    const PLAN: &str = r#"{"owns":[{"resource":"res_1","type":"project","name":"Engine","becomes":"undecided"}],
        "holds":{"groups":[{"id":"grp_1","name":"Ops","manager":true}],"grants":[],"tokens":[],"service_accounts":[]},
        "blocks":[{"code":"member.owns_resources","detail":"name an heir","blockers":[]}],
        "rotate":[{"id":"tok_1","type":"token","name":"Deploy","last4":"x7Kq"}],"upstream":"revoke it there"}"#;

    #[test]
    fn a_plan_is_told_line_by_line() {
        let server = TestServer::start(vec![("200 OK", PLAN.to_owned())]);
        let (mut output, read) = captured(false);
        plan(&One { remote: server.args(), member: "mem_1".to_owned() }, &mut output).unwrap();
        assert_eq!(server.asked().line, "GET /api/v1/organizations/acme/members/mem_1/removal-plan");
        let told: Vec<String> =
            read().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            told,
            [
                "owns Engine res_1",
                "is in Ops grp_1",
                "replace Deploy tok_1",
                "blocked member.owns_resources name an heir",
                "remains revoke it there",
            ]
        );
    }

    #[test]
    fn a_removal_is_undone_by_its_id() {
        let server = TestServer::start(vec![("200 OK", r#"{"id":"mem_1"}"#.to_owned())]);
        let (mut output, read) = captured(false);
        let args = Restore { remote: server.args(), member: "mem_1".to_owned(), dry_run: false };
        restore(&args, &mut output).unwrap();
        assert_eq!(server.asked().line, "POST /api/v1/organizations/acme/members/mem_1/restore");
        assert_eq!(read(), "restored mem_1\n");
    }
}
