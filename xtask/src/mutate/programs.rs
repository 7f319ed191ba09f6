//! The test programs as cargo built them, which test is in which, and how a run of one test ended. Each run is a process
//! of its own: what it is told by its environment holds for that test alone.

use crate::Outcome;
use crate::cargo::cargo;
use crate::conformance::Proof;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test may take. A rule that is off can make one wait for ever.
const LONGEST: Duration = Duration::from_secs(60);

/// Holds that every preset that comes with the product is valid.
const VALID: &str = "they_are_valid_and_found_by_their_names";

/// A test program.
struct Program {
    built: PathBuf,
    /// The folder of its crate, where tests run.
    folder: PathBuf,
    /// Its first source file and the folder of its crate, relative to the root.
    source: String,
    home: String,
    /// Its tests, each with its modules: `pages::members::tests::the_last_one_stays`.
    tests: Vec<String>,
}

impl Program {
    /// The whole name of a test that stands in a source file.
    fn find(&self, path: &str, test: &str) -> Option<&String> {
        let inside = path.strip_prefix(self.home.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let mut file = path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/');
        let module = file.next().filter(|_| inside && path != self.source);
        let is_it = |whole: &&String| {
            let mut parts = whole.rsplit("::");
            parts.next() == Some(test) && parts.find(|part| *part != "tests") == module
        };
        self.tests.iter().find(is_it).filter(|_| inside)
    }
}

/// A test, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Test<'p> {
    program: &'p Program,
    name: &'p str,
}

impl Test<'_> {
    /// Whether it passes with these variables in its environment. On SQLite, in memory where the machine has a folder
    /// for that.
    pub(super) fn passes(&self, variables: &[(&str, String)]) -> Outcome<bool> {
        let Program { built, folder, .. } = self.program;
        let mut command = Command::new(built);
        command.args(["--exact", self.name]).current_dir(folder).envs(variables.iter().map(|(name, is)| (name, is)));
        command.env_remove(crate::test::POSTGRES_VARIABLE).env("RUST_BACKTRACE", "0");
        if Path::new("/dev/shm").is_dir() {
            command.env("TMPDIR", "/dev/shm");
        }
        let failed = |error: std::io::Error| format!("cannot run `{}`: {error}", built.display());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let end = Instant::now() + LONGEST;
        loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Ok(status.success());
            }
            if Instant::now() > end {
                child.kill().map_err(failed)?;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// All test programs.
pub(super) struct Programs(Vec<Program>);

impl Programs {
    /// Builds them in `tree`, apart from what is built of the tree they were planted from: two trees in one folder are
    /// taken for each other.
    pub(super) fn build(root: &Path, tree: &Path) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("cannot build the tests: {error}");
        let arguments = ["test", "--locked", "--no-run", "--message-format=json-render-diagnostics"];
        let packages = ["-p", "guildhall-domain", "-p", "guildhall-server", "-p", "guildhall-testkit"];
        let mut command = cargo(tree);
        let folder = root.join("target/mutations/build");
        command.args(arguments).args(packages).arg("--target-dir").arg(folder).stderr(Stdio::inherit());
        let output = command.output().map_err(failed)?;
        if !output.status.success() {
            return Err("the tests do not build".to_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let built = messages.filter(|one| one["profile"]["test"] == true && one["executable"].is_string());
        Ok(Self(built.map(|one| program(tree, &one)).collect::<Outcome<_>>()?))
    }

    /// The test that a proof names; those of the browser are in no program.
    pub(super) fn test(&self, proof: &Proof) -> Option<Test<'_>> {
        let found = |program| Some(Test { program, name: Program::find(program, &proof.path, &proof.test)? });
        self.0.iter().find_map(found)
    }

    /// Whether the presets are valid under these variables: one that is not fails every test, and proves nothing.
    pub(super) fn take_presets(&self, variables: &[(&str, String)]) -> Outcome<bool> {
        let proof =
            Proof { path: "crates/domain/tests/built_in.rs".to_owned(), test: VALID.to_owned(), ids: Vec::new() };
        self.test(&proof).ok_or(format!("the test `{VALID}` is gone"))?.passes(variables)
    }
}

fn program(tree: &Path, message: &Value) -> Outcome<Program> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let built = PathBuf::from(text("/executable"));
    let folder = Path::new(text("/manifest_path")).parent().unwrap_or(tree).to_owned();
    let relative = |path: &Path| path.strip_prefix(tree).unwrap_or(path).display().to_string();
    let (source, home) = (relative(Path::new(text("/target/src_path"))), relative(&folder));
    let list = Command::new(&built).arg("--list").current_dir(&folder).output();
    let list = list.map_err(|error| format!("cannot run `{}`: {error}", built.display()))?.stdout;
    let names = String::from_utf8_lossy(&list);
    let tests = names.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
    Ok(Program { built, folder, source, home, tests })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_by_its_file_and_its_name() {
        let names = ["flows::a_1", "people::a_1", "admin::groups::tests::b_2", "c_3"].map(str::to_owned);
        let program = Program {
            built: PathBuf::new(),
            folder: PathBuf::new(),
            source: "crates/x/tests/api.rs".to_owned(),
            home: "crates/x".to_owned(),
            tests: names.to_vec(),
        };
        let find = |path: &str, test: &str| program.find(path, test).map(String::as_str);
        assert_eq!(find("crates/x/tests/api/people.rs", "a_1"), Some("people::a_1"));
        assert_eq!(find("crates/x/tests/api/groups/mod.rs", "b_2"), Some("admin::groups::tests::b_2"));
        assert_eq!(find("crates/x/tests/api.rs", "c_3"), Some("c_3"));
        assert_eq!(find("crates/x/tests/api/other.rs", "a_1"), None);
        assert_eq!(find("crates/xy/tests/api/people.rs", "a_1"), None);
    }
}
