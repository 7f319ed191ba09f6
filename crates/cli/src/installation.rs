//! An installation opened by this process: its folder, key and database. What is done with it is
//! the verbs' business; nothing here talks to a running server.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guildhall_domain::time::Timestamp;
use guildhall_server::app::{App, FreshIds, Parts, SystemClock};
use guildhall_server::config::Config;
use guildhall_server::mail::{MailTransport, SendError};
use guildhall_server::security::key::{InstanceKey, KeyError};
use guildhall_server::security::secret::{Entropy, OsEntropy};
use guildhall_store::{Database, Stop, Store, StoreError};
use tokio::runtime::Handle;

use crate::failure::Failure;

/// Connections to PostgreSQL of one process; far below the 100 that PostgreSQL takes by itself.
const POSTGRES_CONNECTIONS: usize = 16;
const MAIL_WITHIN: Duration = Duration::from_secs(30);

/// Everything that is opened before the first request.
pub(crate) struct Installation {
    config: Config,
    store: Store,
    key: InstanceKey,
    entropy: Arc<dyn Entropy>,
    /// Held, not read: the lock ends with the process, however it ends.
    lock: Option<File>,
}

impl Installation {
    /// Makes the folder, takes its lock and opens key and database, each made when missing. Blocks,
    /// and must not run inside the asynchronous runtime.
    pub(crate) fn open(config: Config) -> Result<Self, Failure> {
        make_folder(&config.data)?;
        // PostgreSQL keeps such a lock itself, see the store.
        let lock = config.database.is_none().then(|| take_lock(&config.data)).transpose()?;
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy::new().map_err(|error| {
            Failure::failed(
                format!("this machine has no source of random numbers: {error}"),
                "allow the system call `getrandom`",
            )
        })?);
        let key = instance_key(&config, entropy.as_ref())?;
        let store = Store::open(&database(&config), Arc::new(FreshIds(Arc::clone(&entropy))))
            .map_err(|error| store_failure(&config, &error))?;
        Ok(Self { config, store, key, entropy, lock })
    }

    /// The program itself, for people who come to `bound`. Must run inside the asynchronous runtime.
    pub(crate) fn start(self, bound: SocketAddr) -> Result<Started, Failure> {
        let mail = mail(&self.config).map_err(|error| {
            Failure::failed(error.to_string(), "`guildhall doctor` looks at the mail settings more closely")
        })?;
        let app = App::new(Parts {
            public_url: self.config.public_url(bound),
            config: self.config,
            store: self.store,
            clock: Arc::new(SystemClock),
            entropy: self.entropy,
            key: self.key,
            mail,
        });
        let app = app.map_err(|error| {
            Failure::failed(
                format!("cannot start the threads that hash passwords: {error}"),
                "raise this process's limits, or lower `password.workers`",
            )
        })?;
        Ok(Started { app, lock: self.lock })
    }
}

/// The program, started in this process.
pub(crate) struct Started {
    pub(crate) app: Arc<App>,
    lock: Option<File>,
}

impl Started {
    /// Closes the database and lets the folder go. Blocks, so it is called outside the runtime it was started in.
    pub(crate) fn close(self, runtime: &Handle) {
        let Self { app, lock } = self;
        // Dropping the connections kept to a mail server needs a runtime to stand in, though perhaps one at its end.
        let _within = runtime.enter();
        app.store.close();
        drop(app);
        drop(lock);
    }
}

/// The database that the settings name.
pub(crate) fn database(config: &Config) -> Database {
    match &config.database {
        Some(url) => Database::Postgres { url: url.expose().clone(), connections: POSTGRES_CONNECTIONS },
        None => Database::Sqlite { path: config.data.join("guildhall.sqlite3") },
    }
}

/// A moment of the machine's clock as the product counts.
pub(crate) fn timestamp(at: SystemTime) -> Timestamp {
    let micros = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Where mail goes by the settings. Must run inside the asynchronous runtime.
pub(crate) fn mail(config: &Config) -> Result<MailTransport, SendError> {
    match &config.smtp {
        Some(url) => MailTransport::smtp(url, &config.mail_from, MAIL_WITHIN),
        None => MailTransport::files(&config.outbox_path(), &config.mail_from),
    }
}

fn instance_key(config: &Config, entropy: &dyn Entropy) -> Result<InstanceKey, Failure> {
    let key = match &config.instance_key {
        Some(text) => InstanceKey::from_base64(text.expose(), "`instance_key`"),
        None => InstanceKey::load_or_create(&config.instance_key_path(), entropy),
    };
    key.map_err(|error| match error {
        KeyError::File(..) => {
            Failure::failed(error.to_string(), "check the disk and the permissions of the data folder")
        }
        _ => Failure::failed(error.to_string(), "the key belongs to the data: restore it from a backup if it is lost"),
    })
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    let made = match fs::metadata(folder) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => Err(ErrorKind::NotADirectory.into()),
        Err(_) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
    };
    made.map_err(|error| {
        Failure::failed(
            format!("cannot make the data folder `{}`: {error}", folder.display()),
            "name a folder that may be written with `--data`",
        )
    })
}

/// The file whose lock says that a process uses the folder.
pub(crate) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// Takes the folder for this process and writes its number down for whoever comes second.
fn take_lock(folder: &Path) -> Result<File, Failure> {
    let path = lock_path(folder);
    let unusable = |error: std::io::Error| {
        Failure::failed(
            format!("cannot write `{}`: {error}", path.display()),
            "check the permissions of the data folder and that its disk is not read-only or full",
        )
    };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Failure::failed(
                format!("the data folder `{}` is in use by {}", folder.display(), holder(&mut file)),
                "stop that process first, or name another folder with `--data`; several nodes need PostgreSQL",
            ));
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    let number = format!("{}\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(number.as_bytes())).map_err(unusable)?;
    Ok(file)
}

/// Who holds a lock, in words.
pub(crate) fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    match text.trim().parse::<u32>() {
        Ok(number) if read.is_ok() => format!("process {number}"),
        _ => "another process".to_owned(),
    }
}

/// Why the database could not be opened, and what to do.
pub(crate) fn store_failure(config: &Config, error: &StoreError) -> Failure {
    let hint = match (error, &config.database) {
        (StoreError::TooNew { .. }, _) => {
            "this data was used with a newer guildhall; older ones cannot read it".to_owned()
        }
        (StoreError::Taken, _) => {
            "one process uses a database at a time: stop the other one first, or ask it over HTTP".to_owned()
        }
        (StoreError::Unavailable(_), Some(_)) => {
            "check that PostgreSQL runs, and the address, user, password and name in `database`".to_owned()
        }
        (StoreError::Corrupt(_), None) => "restore the data folder from a backup".to_owned(),
        (_, None) => {
            format!("check that `{}` may be written and has room; `guildhall doctor` tells more", config.data.display())
        }
        _ => "`guildhall doctor` tells more".to_owned(),
    };
    Failure::failed(error.to_string(), hint)
}

/// Why an operation on the opened installation stopped.
pub(crate) fn stopped(config: &Config, stop: Stop) -> Failure {
    match stop {
        Stop::Failed(error) => store_failure(config, &error),
        Stop::Refused(refusal) => {
            Failure::failed(format!("{} (`{}`)", refusal.detail, refusal.code.name()), "correct it and run this again")
        }
    }
}
