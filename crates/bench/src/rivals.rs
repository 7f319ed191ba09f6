//! Servers that a user might run instead and that npm brings: Cerbos's binary, and better-auth with its
//! organization plugin. Each answers one permission check a request over HTTP, in turns with ours. Where
//! they are not installed the section says so.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::figure::{Figure, Goal, Section};
use crate::load::{Load, ask, drive, request};
use crate::process::Server;
use crate::product::{CHECK, Product};
use crate::requests::{CONNECTIONS, WARM};
use crate::{Bench, Outcome};

const FOLDER: &str = "crates/bench/npm";
/// Roles come with the question, so Cerbos looks nothing up: the easiest policy it can have.
const POLICY: &str = "apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: workspace
  version: default
  rules:
    - { actions: [read], effect: EFFECT_ALLOW, roles: [member] }
    - { actions: ['*'], effect: EFFECT_ALLOW, roles: [admin] }
";
const ASKED_OF_CERBOS: &str = r#"{"principal":{"id":"otto","roles":["member"]},"resources":[{"actions":["read"],"resource":{"kind":"workspace","id":"w1"}}]}"#;
const LIMIT: &str = "the peer, not us";

/// A peer that runs, and what it is asked.
struct Rival {
    server: Server,
    request: Arc<[u8]>,
}

fn written(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(|e| format!("cannot write `{}`: {e}", path.display()))
}

fn free_address() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| format!("no free port: {e}"))?;
    listener.local_addr().map_err(|e| format!("no address: {e}"))
}

/// The binary that npm chose for this machine; started by itself, so that it ends with us.
fn cerbos_program() -> Option<PathBuf> {
    let scope = Path::new(FOLDER).join("node_modules/@cerbos");
    let package = std::fs::read_dir(scope).ok()?.filter_map(Result::ok).find(|entry| entry.path().is_dir())?;
    Some(package.path().join(package.file_name())).filter(|program| program.is_file())
}

async fn cerbos(folder: &Path, program: &Path) -> Outcome<Rival> {
    let policies = folder.join("policies");
    std::fs::create_dir_all(&policies).map_err(|e| format!("cannot make `{}`: {e}", policies.display()))?;
    written(&policies.join("workspace.yaml"), POLICY)?;
    let (http, grpc) = (free_address()?, free_address()?);
    let config = folder.join("cerbos.yaml");
    let text = format!(
        "server:\n  httpListenAddr: '{http}'\n  grpcListenAddr: '{grpc}'\ntelemetry:\n  disabled: true\nstorage:\n  \
         driver: disk\n  disk:\n    directory: '{}'\n    watchForChanges: false\n",
        policies.display()
    );
    written(&config, &text)?;
    let mut command = Command::new(program);
    command.args(["server", "--log-level=ERROR", "--config"]).arg(&config);
    let server = Server::start_at(&mut command, http, &folder.join("cerbos.log")).await?;
    let request = request("POST", "/api/check/resources", "", ASKED_OF_CERBOS);
    let (_, answer) = ask(&server, &request).await?;
    match answer.contains("\"EFFECT_ALLOW\"") {
        true => Ok(Rival { server, request }),
        false => Err(format!("Cerbos does not allow what its policy allows: {answer}")),
    }
}

async fn better_auth(folder: &Path) -> Outcome<Rival> {
    let mut command = Command::new("node");
    command.arg(Path::new(FOLDER).join("better-auth.mjs")).arg(folder.join("better-auth.sqlite3"));
    let server = Server::start(&mut command, &folder.join("better-auth.log"))?;
    let origin = "Origin: http://127.0.0.1\r\n";
    let whole = |path: &str, head: &str, body: &str| request("POST", &format!("/api/auth/{path}"), head, body);
    let someone = r#"{"email":"otto@acme.test","password":"correct horse battery","name":"Otto"}"#;
    let (head, _) = ask(&server, &whole("sign-up/email", origin, someone)).await?;
    let signed_in = format!("{}{origin}", Product::kept_cookie(&head)?);
    ask(&server, &whole("organization/create", &signed_in, r#"{"name":"Acme","slug":"acme"}"#)).await?;
    let asked = r#"{"permissions":{"member":["create"]}}"#;
    let request = whole("organization/has-permission", &signed_in, asked);
    let (_, answer) = ask(&server, &request).await?;
    match answer.contains("\"success\":true") {
        true => Ok(Rival { server, request }),
        false => Err(format!("better-auth does not allow its owner what owners may: {answer}")),
    }
}

/// Ours beside one of them, in turns.
async fn beside(bench: &Bench, ours: &Rival, rival: &Rival, what: &str, goal: f64) -> Outcome<Figure> {
    let load = |request: &Arc<[u8]>| Load { request: Arc::clone(request), connections: CONNECTIONS };
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        mine.push(drive(&ours.server, &load(&ours.request), WARM, bench.window).await?.rate);
        theirs.push(drive(&rival.server, &load(&rival.request), WARM, bench.window).await?.rate);
    }
    let what = format!("permission check over HTTP beside {what}, requests/s");
    Ok(Figure::new(what, "SQLite", "one check a request", (mine, theirs), LIMIT).goal(Goal::AtLeast(goal)))
}

/// Ours beside both, as far as they are installed.
pub(crate) async fn section(bench: &Bench, product: &Product) -> Outcome<Section> {
    let folder = bench.folder.join("rivals");
    std::fs::create_dir_all(&folder).map_err(|e| format!("cannot make `{}`: {e}", folder.display()))?;
    let folder = folder.canonicalize().map_err(|e| format!("no `rivals`: {e}"))?;
    let mut section =
        Section { title: "The check over HTTP beside other servers", note: String::new(), figures: Vec::new() };
    let Some(program) = cerbos_program() else {
        section.note = "Not measured in this run: the peers come from npm, and were not installed.".to_owned();
        return Ok(section);
    };
    section.note =
        "Each server by itself on the same cores, asked one permission check a request. Cerbos gets roles with \
                    the question and looks nothing up; better-auth reads its session and membership from SQLite; ours \
                    recognises a token and answers about another member."
            .to_owned();
    let server = product.serve()?;
    let request = request("POST", CHECK, &product.bearer(), &product.check(&server).await?);
    let ours = Rival { server, request };
    let cerbos = cerbos(&folder, &program).await?;
    section.figures.push(beside(bench, &ours, &cerbos, "Cerbos 0.51", 25.0).await?);
    drop(cerbos);
    let better_auth = better_auth(&folder).await?;
    section.figures.push(beside(bench, &ours, &better_auth, "better-auth 1.7", 300.0).await?);
    Ok(section)
}
