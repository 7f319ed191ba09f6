//! What surrounds the data: folder, disk, key, lock, address, clock.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guildhall_server::config::Config;
use guildhall_server::security::key::InstanceKey;

use super::Finding;
use crate::installation::{holder, lock_path};

const MIB: u64 = 1 << 20;
/// Below this, writes are about to fail.
const TOO_LITTLE: u64 = 64 * MIB;
/// Below this, somebody should make room.
const LITTLE: u64 = 1024 * MIB;
/// No machine that runs this program was set to an earlier time: 2026-01-01.
const BUILT: Duration = Duration::from_secs(1_767_225_600);

pub(super) fn look(config: &Config, now: SystemTime) -> Vec<Finding> {
    let mut findings = vec![clock(now), public_url(config)];
    match fs::metadata(&config.data) {
        Ok(found) if found.is_dir() => {
            findings.push(folder(&config.data, &found));
            findings.push(disk(&config.data));
            findings.push(lock(config));
            findings.push(key(config));
        }
        Ok(_) => findings.push(Finding::fail(
            "data folder",
            format!("`{}` is a file", config.data.display()),
            "name a folder with `--data`",
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => findings.push(Finding::fail(
            "data folder",
            format!("`{}` does not exist", config.data.display()),
            "name the right one with `--data`; `guildhall serve` or `guildhall init` makes a new one",
        )),
        Err(error) => findings.push(Finding::fail(
            "data folder",
            format!("`{}` cannot be looked at: {error}", config.data.display()),
            "run this as the user that serves",
        )),
    }
    findings
}

fn mode(found: &Metadata) -> u32 {
    found.permissions().mode() & 0o777
}

fn folder(path: &Path, found: &Metadata) -> Finding {
    let mode = mode(found);
    let detail = format!("`{}`, mode {mode:04o}", path.display());
    if found.permissions().readonly() {
        return Finding::fail("data folder", detail, format!("run `chmod u+w {}`", path.display()));
    }
    if mode & 0o077 != 0 {
        let hint = format!("others on this machine may look inside; run `chmod 700 {}`", path.display());
        return Finding::warn("data folder", detail, hint);
    }
    Finding::ok("data folder", detail)
}

fn disk(path: &Path) -> Finding {
    let free = match fs4::available_space(path) {
        Ok(free) => free,
        Err(error) => return Finding::warn("disk", format!("free space is unknown: {error}"), "look with `df`"),
    };
    let detail = format!("{} MiB free", free / MIB);
    match free {
        0..TOO_LITTLE => Finding::fail("disk", detail, "make room now: writes are about to be refused"),
        TOO_LITTLE..LITTLE => Finding::warn("disk", detail, "make room soon"),
        _ => Finding::ok("disk", detail),
    }
}

/// Whether somebody serves this folder. No fault either way.
fn lock(config: &Config) -> Finding {
    if config.database.is_some() {
        return Finding::ok("lock", "not used with PostgreSQL");
    }
    let mut file = match File::open(lock_path(&config.data)) {
        Ok(file) => file,
        Err(_) => return Finding::ok("lock", "no process has served this folder yet"),
    };
    match file.try_lock_shared() {
        Ok(()) => Finding::ok("lock", "free: no process serves this folder"),
        Err(TryLockError::WouldBlock) => Finding::ok("lock", format!("held: {} serves this folder", holder(&mut file))),
        Err(TryLockError::Error(error)) => Finding::fail(
            "lock",
            format!("cannot be taken: {error}"),
            "move the data folder to a disk that knows locks (`flock`); network disks often do not",
        ),
    }
}

fn key(config: &Config) -> Finding {
    if config.instance_key.is_some() {
        return Finding::ok("instance key", "given by the setting `instance_key`");
    }
    let path = config.instance_key_path();
    let found = match fs::metadata(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Finding::fail(
                "instance key",
                format!("`{}` is missing", path.display()),
                "restore it from a backup: without it every session, token and link is void and a new one is made",
            );
        }
        Err(error) => {
            return Finding::fail(
                "instance key",
                format!("`{}` cannot be looked at: {error}", path.display()),
                "run this as the user that serves",
            );
        }
    };
    match InstanceKey::load(&path) {
        Err(error) => Finding::fail(
            "instance key",
            error.to_string(),
            format!("restore it from a backup, or mend its permissions with `chmod 600 {}`", path.display()),
        ),
        Ok(_) if mode(&found) & 0o077 != 0 => Finding::warn(
            "instance key",
            format!("`{}`, mode {:04o}", path.display(), mode(&found)),
            format!("others on this machine may read it; run `chmod 600 {}`", path.display()),
        ),
        Ok(_) => Finding::ok("instance key", format!("`{}`, mode {:04o}", path.display(), mode(&found))),
    }
}

fn public_url(config: &Config) -> Finding {
    let url = config.public_url(config.listen);
    let host = url.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let bare = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |p| p.0);
    let bare = bare.trim_matches(['[', ']']);
    let is_loopback =
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.starts_with("https://") || (is_loopback && config.listen.ip().is_loopback()) {
        return Finding::ok("public url", url);
    }
    if config.public_url.is_none() {
        return Finding::warn(
            "public url",
            format!("not set; links in mail will say `{url}`"),
            "set `public_url` to the `https://` address that people use",
        );
    }
    if is_loopback {
        let hint = "set `public_url` to the address that people use";
        return Finding::warn("public url", format!("`{url}` works on this machine only"), hint);
    }
    Finding::warn(
        "public url",
        format!("`{url}` is not encrypted: passwords and cookies can be read on their way"),
        "put a server that speaks TLS in front and set `public_url` to its `https://` address",
    )
}

fn clock(now: SystemTime) -> Finding {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let shown = crate::installation::timestamp(now).to_string();
    if since < BUILT {
        return Finding::fail("clock", format!("{shown} is in the past"), "set this machine's clock");
    }
    Finding::ok("clock", shown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::verb::doctor::State;

    fn config(listen: &str, url: Option<&str>) -> Config {
        let mut config = Config::with_data(Path::new("/does/not/exist")).unwrap();
        config.listen = listen.parse().unwrap();
        config.public_url = url.map(str::to_owned);
        config
    }

    #[test]
    fn addresses_are_https_or_for_this_machine_only() {
        for (listen, url, state) in [
            ("127.0.0.1:8080", None, State::Ok),
            ("[::1]:8080", None, State::Ok),
            ("0.0.0.0:8080", None, State::Warn),
            ("127.0.0.1:8080", Some("https://teams.example.com"), State::Ok),
            ("127.0.0.1:8080", Some("http://teams.example.com"), State::Warn),
            ("0.0.0.0:8080", Some("http://localhost:8080"), State::Warn),
        ] {
            let found = public_url(&config(listen, url));
            assert_eq!(found.state, state, "{listen} {url:?}: {found:?}");
        }
    }

    #[test]
    fn a_clock_in_the_past_and_a_missing_folder_are_faults() {
        assert_eq!(clock(UNIX_EPOCH).state, State::Fail);
        assert_eq!(clock(SystemTime::now()).state, State::Ok);
        let findings = look(&config("127.0.0.1:8080", None), SystemTime::now());
        assert!(
            findings.iter().any(|found| found.about == "data folder" && found.state == State::Fail),
            "{findings:?}"
        );
    }
}
