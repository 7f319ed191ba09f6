//! A private PostgreSQL for one test run: on a free loopback port, in a folder of its own, gone at the
//! end however the run ends. Fast and unsafe on purpose (no fsync); never a place for real data.

use crate::Outcome;
use crate::setup;
use std::fs::DirBuilder;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const GUARD: &str = include_str!("postgres_guard.sh");
const READY: &str = "database system is ready to accept connections";
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. INVARIANT: it lives no longer than this value, nor than this process, since the
/// guard stops it when the pipe to its standard input closes.
pub struct Postgres {
    pub url: String,
    guard: Child,
    folder: PathBuf,
}

impl Postgres {
    /// Starts a server and waits until it answers; `spare` is used where the system's temporary folder
    /// may not be written.
    pub fn start(spare: &Path) -> Outcome<Postgres> {
        let bin = setup::postgres_bin().ok_or("PostgreSQL's programs are not installed")?;
        let port = free_port()?;
        let folder = private_folder(spare)?;
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "postgres_guard"]).arg(&folder).arg(&bin).arg(port.to_string());
        if setup::is_root() {
            // PostgreSQL refuses to run as root.
            let (user, group) = (id_of("-u")?, id_of("-g")?);
            chown(&folder, Some(user), Some(group)).map_err(|error| format!("cannot hand over the folder: {error}"))?;
            guard.args(["setpriv", &format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]);
        }
        let guard = guard.stdin(Stdio::piped()).env("LC_ALL", "C").spawn();
        let guard = guard.map_err(|error| format!("cannot start a shell: {error}"))?;
        let mut server = Postgres { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), guard, folder };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let started = Instant::now();
        loop {
            let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
            if log.contains(READY) {
                return Ok(());
            }
            let ended = !matches!(self.guard.try_wait(), Ok(None)) || log.contains("FATAL");
            if ended || started.elapsed() > PATIENCE {
                return Err(format!("PostgreSQL did not start; its log:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        // The guard removes the folder, unless it gave up before the server started.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> Outcome<u16> {
    let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| format!("no free loopback port: {error}"))
}

/// A new folder that only its owner may enter.
fn private_folder(spare: &Path) -> Outcome<PathBuf> {
    let name = format!("guildhall-postgres-{}", std::process::id());
    let mut last = String::new();
    for parent in [std::env::temp_dir(), spare.to_owned()] {
        let folder = parent.join(&name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => last = format!("cannot make `{}`: {error}", folder.display()),
        }
    }
    Err(last)
}

/// The user or group number of the account that Debian's package makes.
fn id_of(kind: &str) -> Outcome<u32> {
    let output =
        Command::new("id").args([kind, "postgres"]).output().map_err(|error| format!("cannot run id: {error}"))?;
    let number = String::from_utf8_lossy(&output.stdout).trim().parse();
    number.map_err(|_| "there is no user `postgres`; install Debian's package postgresql".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_server_answers_while_it_is_held_and_leaves_nothing_behind() {
        if setup::postgres_bin().is_none() {
            // Only `cargo xtask test` installs it; a bare `cargo test` must not fail for that.
            return;
        }
        let server = Postgres::start(&std::env::temp_dir()).expect("a server");
        let address = server.url.trim_start_matches("postgres://postgres@").trim_end_matches("/postgres").to_owned();
        assert!(TcpStream::connect(&address).is_ok(), "nobody listens on {address}");
        let folder = server.folder.clone();
        drop(server);
        assert!(TcpStream::connect(&address).is_err(), "still listening on {address}");
        assert!(!folder.exists());
    }
}
