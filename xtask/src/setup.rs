//! What a test run needs from the machine, and how it gets there on Debian: PostgreSQL, nginx, a browser with
//! a font, the packages of the browser tests and the identity providers. Installs nothing that is there already.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian puts the browser; the browser tests look there.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Where Debian puts the proxy that the test of forward-auth runs; not on everybody's path.
const NGINX: &str = "/usr/sbin/nginx";

/// Installs what is missing, or says what to do about it.
pub fn packages(with_postgres: bool, with_browser: bool) -> Outcome<()> {
    let missing = missing(with_postgres, with_browser);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let advice = format!(
        "missing: {names}\n  on Debian: sudo apt-get update && sudo apt-get install {names}\n  \
         without a browser: cargo xtask test --quick\n  \
         with a PostgreSQL of your own: GUILDHALL_TEST_POSTGRES=postgres://USER@HOST:PORT/DATABASE cargo xtask test"
    );
    let root = is_root();
    if !on_path("apt-get") || !(root || succeeds(Command::new("sudo").args(["-n", "true"]))) {
        return Err(advice);
    }
    println!("installing {names}");
    let apt = |arguments: &[&str]| {
        twice(|| {
            let mut command = Command::new(if root { "env" } else { "sudo" });
            command.args(if root { &[][..] } else { &["-n", "env"] });
            command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(arguments);
            command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        })
    };
    // Old package lists name versions that are gone; but a failed update may still allow an installation.
    apt(&["update"]);
    let install = [&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat();
    match apt(&install) {
        true => Ok(()),
        false => Err(format!("apt-get could not install them\n{advice}")),
    }
}

/// The Debian packages that would bring what is not there.
fn missing(with_postgres: bool, with_browser: bool) -> Vec<&'static str> {
    let needs = [
        ("postgresql", with_postgres, postgres_bin().is_some()),
        ("nginx-light", true, Path::new(NGINX).exists() || on_path("nginx")),
        ("chromium", with_browser, Path::new(CHROMIUM).exists()),
        ("fonts-dejavu-core", with_browser, has_fonts()),
        ("nodejs", true, on_path("node")),
        ("npm", true, on_path("npm")),
        ("python3-venv", true, has_venv()),
    ];
    needs.into_iter().filter(|(_, needed, present)| *needed && !present).map(|(package, ..)| package).collect()
}

/// Installs the npm packages of a folder as their lock file says, when it changed since.
pub fn npm_packages(folder: &Path) -> Outcome<()> {
    npm(folder, &["ci"])
}

/// The same where some packages are for one platform each: the lock file of one machine does not know those of another.
pub fn npm_packages_of_platform(folder: &Path) -> Outcome<()> {
    npm(folder, &["install", "--no-save"])
}

fn npm(folder: &Path, how: &[&str]) -> Outcome<()> {
    let changed = |path: PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    let install = || {
        let mut npm = Command::new("npm");
        npm.args(how).args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
        npm.status().is_ok_and(|status| status.success())
    };
    match twice(install) {
        true => Ok(()),
        false => {
            Err(format!("`npm {}` failed in `{}`; it needs npm and the npm registry", how.join(" "), folder.display()))
        }
    }
}

/// Installs the Python packages of a folder as its list says, into a place of their own, when it changed since.
pub fn python_packages(folder: &Path) -> Outcome<()> {
    let changed = |path: PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    let (list, place) = (folder.join("requirements.txt"), folder.join(".venv"));
    let done = place.join("installed");
    if changed(done.clone()).is_some_and(|at| Some(at) >= changed(list.clone())) {
        return Ok(());
    }
    let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&place));
    let install = || {
        let mut pip = Command::new(place.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
        pip.status().is_ok_and(|status| status.success())
    };
    match made && twice(install) && std::fs::write(done, "").is_ok() {
        true => Ok(()),
        false => Err(format!("`pip install` failed in `{}`; it needs python3-venv and PyPI", folder.display())),
    }
}

/// Registries have bad moments; a second try is cheap.
fn twice(attempt: impl Fn() -> bool) -> bool {
    attempt() || attempt()
}

/// The folder of PostgreSQL's server programs: Debian's newest, or the one on the path.
pub fn postgres_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .collect();
    debian.sort();
    debian
        .pop()
        .map(|(_, bin)| bin)
        .or_else(|| find_on_path("initdb")?.canonicalize().ok()?.parent().map(Path::to_owned))
}

fn has_fonts() -> bool {
    let known = ["/usr/share/fonts/truetype", "/usr/share/fonts/opentype", "/usr/local/share/fonts"];
    known.iter().any(|folder| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
}

/// Whether Python can make environments of its own; Debian ships that apart.
fn has_venv() -> bool {
    succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]))
}

fn on_path(program: &str) -> bool {
    find_on_path(program).is_some()
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of a process's own entry is its effective user.
    Path::new("/proc/self").metadata().is_ok_and(|data| data.uid() == 0)
}
