//! Servers as processes of their own: started, waited for, looked at from outside, ended. Reads
//! Linux's `/proc`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// In what `/proc` counts processor time: `USER_HZ`, which is 100 on every Linux that we build for.
const TICKS_PER_S: f64 = 100.0;
/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);
const SAYS: &str = "listening on http://";

/// A running server. INVARIANT: it does not outlive this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From its start to its line that it listens.
    pub(crate) start: Duration,
}

impl Server {
    /// Starts a server and waits for its line; what it logs goes to `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Outcome<Self> {
        let log = File::create(log).map_err(|e| format!("cannot write `{}`: {e}", log.display()))?;
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = child.map_err(|e| format!("cannot run {command:?}: {e}"))?;
        let output = child.stdout.take().map(BufReader::new).ok_or("the server has no output")?;
        let mut lines = output.lines().map_while(Result::ok);
        let found = lines.find_map(|line| line.strip_prefix(SAYS)?.trim().parse().ok());
        let start = begun.elapsed();
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        match found {
            Some(address) => Ok(Self { child, address, start }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("{command:?} ended without `{SAYS}…`; see its log in target/bench"))
            }
        }
    }

    /// Starts a server that says nothing of itself, and waits until somebody listens at `address`.
    pub(crate) async fn start_at(command: &mut Command, address: SocketAddr, log: &Path) -> Outcome<Self> {
        let log = File::create(log).map_err(|e| format!("cannot write `{}`: {e}", log.display()))?;
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let child = child.map_err(|e| format!("cannot run {command:?}: {e}"))?;
        let mut server = Self { child, address, start: Duration::ZERO };
        while std::net::TcpStream::connect(address).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err(format!("{command:?} does not listen at {address}"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.start = begun.elapsed();
        Ok(server)
    }

    /// Processor time so far, of all threads, in seconds.
    pub(crate) fn cpu_s(&self) -> Outcome<f64> {
        let stat = self.proc("stat")?;
        // The fields after the name, which may hold anything: utime and stime are the 14th and 15th of all.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
        let ticks: f64 = fields.skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS_PER_S)
    }

    /// Memory that is resident, in MiB.
    pub(crate) fn resident_mib(&self) -> Outcome<f64> {
        resident_kib(self.child.id()).map(|kib| kib / 1024.0)
    }

    fn proc(&self, file: &str) -> Outcome<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).map_err(|e| format!("cannot read `{path}`: {e}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory of a process that is resident, in KiB.
pub(crate) fn resident_kib(process: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.ok_or_else(|| "the system does not tell a process's memory".to_owned())
}

/// Runs a program with `input` and gives what it prints.
pub(crate) fn output(command: &mut Command, input: &str) -> Outcome<String> {
    let failed = |e: std::io::Error| format!("cannot run {:?}: {e}", "the program");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}
