//! The test programs as cargo built them, which file's tests are in which, and how a run of some of them ended.

use crate::Outcome;
use crate::cargo::cargo;
use crate::conformance::Proof;
use crate::docs::product;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::rules::VARIABLE;

/// How long a run may take.
const LONGEST: Duration = Duration::from_secs(600);

/// A test program.
pub(super) struct Program {
    /// The copy that is patched and run.
    pub(super) copy: PathBuf,
    /// What it is made of.
    pub(super) bytes: Vec<u8>,
    /// The folder of its crate, where tests run.
    pub(super) folder: PathBuf,
    /// Its first source file, relative to the root.
    source: String,
}

impl Program {
    /// Whether a source file belongs to it: the first file itself, or one beside or below it.
    fn holds(&self, path: &str) -> bool {
        let folder = self.source.rsplit_once('/').map_or("", |(folder, _)| folder);
        let whole = self.source.ends_with("/main.rs") || self.source.ends_with("/lib.rs");
        path == self.source || whole && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// All test programs.
pub(super) struct Programs {
    all: Vec<Program>,
    scratch: PathBuf,
}

impl Programs {
    /// Builds them in `tree`.
    pub(super) fn build(root: &Path, tree: &Path) -> Outcome<Self> {
        let scratch = root.join("target/mutations/programs");
        std::fs::create_dir_all(&scratch).map_err(|error| format!("cannot make `{}`: {error}", scratch.display()))?;
        let failed = |error: std::io::Error| format!("cannot build the tests: {error}");
        let target = root.join("target");
        let arguments = ["test", "--locked", "--no-run", "--message-format=json-render-diagnostics"];
        let packages = ["-p", "guildhall-domain", "-p", "guildhall-server", "-p", "guildhall-testkit"];
        let mut command = cargo(tree);
        command.args(arguments).args(packages).arg("--target-dir").arg(&target).stderr(Stdio::inherit());
        let output = command.output().map_err(failed)?;
        if !output.status.success() {
            return Err("the tests do not build".to_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let built = messages.filter(|one| one["profile"]["test"] == true && one["executable"].is_string());
        let all = built.map(|one| program(tree, &scratch, &one)).collect::<Outcome<_>>()?;
        Ok(Self { all, scratch })
    }

    /// The tests that prove something by the program they are in; those of the browser are in none.
    pub(super) fn by_program<'s, 'p>(&'s self, proofs: &[&'p Proof]) -> Vec<(&'s Program, Vec<&'p Proof>)> {
        let of = |program: &'s Program| {
            let its: Vec<&Proof> = proofs.iter().copied().filter(|proof| program.holds(&proof.path)).collect();
            (!its.is_empty()).then_some((program, its))
        };
        self.all.iter().filter_map(of).collect()
    }

    /// Builds the product, which says which presets are valid.
    pub(super) fn build_product(root: &Path, tree: &Path) -> Outcome<()> {
        let build = ["build", "--locked", "--bin", "guildhall", "--target-dir"];
        match cargo(tree).args(build).arg(root.join("target")).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err("the product does not build".to_owned()),
            Err(error) => Err(format!("cannot build the product: {error}")),
        }
    }

    /// Whether the product takes a preset: what it refuses would fail every test, and prove nothing.
    pub(super) fn takes_preset(&self, text: &str) -> Outcome<bool> {
        let path = self.scratch.join("candidate.toml");
        let failed = |error: std::io::Error| format!("cannot check a preset: {error}");
        std::fs::write(&path, text).map_err(failed)?;
        let mut check = Command::new(product());
        check.args(["preset", "check"]).arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(check.status().map_err(failed)?.success())
    }
}

fn program(root: &Path, scratch: &Path, message: &Value) -> Outcome<Program> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let built = PathBuf::from(text("/executable"));
    let failed = |error: std::io::Error| format!("cannot copy `{}`: {error}", built.display());
    let copy = scratch.join(built.file_name().unwrap_or_default());
    std::fs::copy(&built, &copy).map_err(failed)?;
    let bytes = std::fs::read(&built).map_err(failed)?;
    let folder = Path::new(text("/manifest_path")).parent().unwrap_or(root).to_owned();
    let source = Path::new(text("/target/src_path"));
    let source = source.strip_prefix(root).unwrap_or(source).display().to_string();
    Ok(Program { copy, bytes, folder, source })
}

/// The names of those of `tests` that fail with these rules off. SQLite alone, in memory where the machine has a folder
/// for that.
pub(super) fn failed_tests(
    program: &Path,
    folder: &Path,
    tests: &BTreeSet<&str>,
    off: &str,
) -> Outcome<BTreeSet<String>> {
    let mut command = Command::new(program);
    command.args(tests).current_dir(folder).env_remove(crate::test::POSTGRES_VARIABLE).env("RUST_BACKTRACE", "0");
    command.env(VARIABLE, off).stdout(Stdio::piped()).stderr(Stdio::null());
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    let failed = |error: std::io::Error| format!("cannot run `{}`: {error}", program.display());
    let mut child = command.spawn().map_err(failed)?;
    let mut output = child.stdout.take().ok_or("a program without output")?;
    let read = std::thread::spawn(move || {
        let mut text = String::new();
        // What is no text ends the reading; what was read until then counts.
        let _ = output.read_to_string(&mut text);
        text
    });
    // A rule that is off can make a program wait for ever.
    let end = Instant::now() + LONGEST;
    while child.try_wait().map_err(failed)?.is_none() {
        if Instant::now() > end {
            child.kill().map_err(failed)?;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = read.join().map_err(|_| "the output could not be read")?;
    let failed = text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let name = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    Ok(failed.map(name).filter(|name| tests.contains(name.as_str())).collect())
}
