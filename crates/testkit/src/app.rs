//! The program under test.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use guildhall_domain::time::Timestamp;
use guildhall_server::app::{App, Clock, FreshIds, Parts};
use guildhall_server::config::Config;
use guildhall_server::mail::MailTransport;
use guildhall_server::ops::{Ctx, setup, tokens};
use guildhall_server::security::key::InstanceKey;
use guildhall_server::security::secret::{Entropy, SeededEntropy};
use guildhall_store::{Author, Database, Keep, Stop, Store};

use crate::caller::Caller;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a folder of the test's own.
    Sqlite,
    /// A database of the test's own on the server in `GUILDHALL_TEST_POSTGRES`.
    Postgres,
}

/// The engines to test on. PostgreSQL is there when `GUILDHALL_TEST_POSTGRES` is, as it is under
/// `cargo xtask test`.
#[must_use]
pub fn engines() -> Vec<Engine> {
    if std::env::var_os("GUILDHALL_TEST_POSTGRES").is_some() {
        vec![Engine::Sqlite, Engine::Postgres]
    } else {
        vec![Engine::Sqlite]
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Moves time on.
    pub fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

const START_MICROS: i64 = 1_800_000_000_000_000;

impl ManualClock {
    /// Tells the machine's time, which other programs go by.
    pub fn like_the_machine(&self) {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        self.0.store(i64::try_from(since.as_micros()).expect("before the end of time"), Ordering::SeqCst);
    }

    /// Moves time to `seconds` after the start, unless it is later already.
    pub fn set_s(&self, seconds: i64) {
        self.0.fetch_max(START_MICROS + seconds * 1_000_000, Ordering::SeqCst);
    }

    /// The moment `seconds` after the start.
    #[must_use]
    pub const fn at_s(seconds: i64) -> Timestamp {
        Timestamp::from_micros(START_MICROS + seconds * 1_000_000)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        // A millisecond a look: nothing happens at the same moment twice, and order is kept.
        Timestamp::from_micros(self.0.fetch_add(1_000, Ordering::SeqCst))
    }
}

/// The first owner of a test's installation.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The token made at `init`.
    pub token: String,
    /// Slug of the organization.
    pub organization: String,
    /// The owner's address; the password is `correct horse`.
    pub email: String,
}

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse";

/// The running program.
pub struct TestApp {
    /// Its inside.
    pub app: Arc<App>,
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its folder; mail is in `outbox/`.
    pub folder: PathBuf,
    server: tokio::task::JoinHandle<()>,
    database: Database,
    /// The database to drop at the end.
    own: Option<String>,
}

static COUNT: AtomicU64 = AtomicU64::new(0);

fn folder() -> PathBuf {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let path = std::env::temp_dir().join(format!("guildhall-test-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder for the test");
    path
}

/// Makes an empty database; its name is what has to be dropped later.
async fn fresh_database() -> (Database, String) {
    let server = std::env::var("GUILDHALL_TEST_POSTGRES").expect("GUILDHALL_TEST_POSTGRES");
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    // A schema of one's own: as separate as a database, and a hundred times cheaper to make.
    run_statement(server.clone(), format!("CREATE SCHEMA {name}")).await;
    (Database::Postgres { url: format!("{server}?options=-csearch_path%3D{name}"), connections: 6 }, name)
}

async fn run_statement(server: String, statement: String) {
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).expect("the test server");
        client.batch_execute(&statement).expect("the statement runs");
    })
    .await
    .expect("the statement ends");
}

impl TestApp {
    /// Starts the program on an empty database.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// Starts the program with settings changed by `tune`.
    pub async fn start_with(engine: Engine, tune: impl FnOnce(&mut Config)) -> Self {
        let folder = folder();
        let (database, name) = match engine {
            Engine::Sqlite => (Database::Sqlite { path: folder.join("guildhall.sqlite3") }, None),
            Engine::Postgres => {
                let (database, name) = fresh_database().await;
                (database, Some(name))
            }
        };
        Self::first(&folder, database, name, tune).await
    }

    /// Starts the program on a database of PostgreSQL's that is reached through `wire`.
    pub async fn start_through(wire: &crate::wire::Wire) -> Self {
        let (database, name) = fresh_database().await;
        let Database::Postgres { url, .. } = database else { panic!("a PostgreSQL database") };
        let (_, base) = url.rsplit_once('/').expect("a database's name");
        let user = url.split("//").nth(1).and_then(|rest| rest.split_once('@')).map_or("postgres", |(user, _)| user);
        let database = Database::Postgres { url: format!("postgres://{user}@{}/{base}", wire.address), connections: 4 };
        Self::first(&folder(), database, Some(name), |_| {}).await
    }

    /// Starts the program in a folder of one's own, on SQLite.
    pub async fn start_in(folder: &Path) -> Self {
        Self::first(folder, Database::Sqlite { path: folder.join("guildhall.sqlite3") }, None, |_| {}).await
    }

    /// Starts the program once more on the data this one leaves: same database, same key, same
    /// clock. Migrations run again.
    pub async fn restart(mut self) -> Self {
        self.server.abort();
        let store = self.app.store.clone();
        tokio::task::spawn_blocking(move || store.close()).await.expect("closes");
        let (folder, database, own) = (self.folder.clone(), self.database.clone(), self.own.take());
        let (clock, key) = (Arc::clone(&self.clock), self.app.key.clone());
        self.folder = PathBuf::new();
        drop(self);
        Self::open(&folder, database, own, clock, key, |_| {}).await
    }

    /// Starts with a clock and a key of its own.
    async fn first(folder: &Path, database: Database, own: Option<String>, tune: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(START_MICROS)));
        let key = InstanceKey::generate(&SeededEntropy::new(COUNT.load(Ordering::SeqCst)));
        Self::open(folder, database, own, clock, key, tune).await
    }

    async fn open(
        folder: &Path,
        database: Database,
        own: Option<String>,
        clock: Arc<ManualClock>,
        key: InstanceKey,
        tune: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::with_data(folder).expect("the defaults");
        config.password.memory_kib = 8;
        config.password.iterations = 1;
        tune(&mut config);
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(COUNT.fetch_add(1, Ordering::SeqCst)));
        let ids = Arc::new(FreshIds(Arc::clone(&entropy)));
        let opened = database.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&opened, ids))
            .await
            .expect("opens")
            .expect("the store opens");
        let mail = match &config.smtp {
            Some(url) => MailTransport::smtp(url, &config.mail_from, std::time::Duration::from_secs(5)),
            None => MailTransport::files(&config.outbox_path(), &config.mail_from),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let app = App::new(Parts {
            public_url: format!("http://{address}"),
            config,
            store,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            key,
            entropy,
            mail: mail.expect("the mail transport"),
        })
        .expect("the app");
        let router = guildhall_server::http::router(Arc::clone(&app))
            .into_make_service_with_connect_info::<std::net::SocketAddr>();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        Self { app, url: format!("http://{address}"), clock, folder: folder.to_owned(), server, database, own }
    }

    /// The database it runs on.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// A context as the operator has one.
    #[must_use]
    pub fn ctx(&self) -> Ctx {
        Ctx {
            app: Arc::clone(&self.app),
            caller: None,
            seen_at: Timestamp::default(),
            link: None,
            device: None,
            address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            agent: "test".to_owned(),
            request_id: "test".to_owned(),
            now: self.app.now(),
            dry_run: false,
            if_match: None,
            idempotency: None,
        }
    }

    /// Makes the first organization, `acme`, as `guildhall init` does.
    pub async fn init(&self, preset: &str) -> Owner {
        let ctx = self.ctx();
        let password =
            self.app.passwords.hash(guildhall_server::security::secret::Secret::new(PASSWORD.to_owned())).await;
        let first = setup::First {
            organization: "Acme".to_owned(),
            slug: Some("acme".to_owned()),
            preset: preset.to_owned(),
            email: "owner@acme.test".to_owned(),
            name: "Olivia Owner".to_owned(),
            password: Some(password.expect("hashes")),
        };
        let token = self
            .app
            .store
            .write(Author::default(), ctx.now, Keep::Commit, move |tx| {
                let (_, who, _) = setup::found(&ctx, tx, &first)?;
                tokens::create_for_operator(&ctx, tx, who.id)
            })
            .await
            .unwrap_or_else(|stop: Stop| panic!("init: {stop:?}"));
        Owner { token, organization: "acme".to_owned(), email: "owner@acme.test".to_owned() }
    }

    /// Somebody without a credential.
    #[must_use]
    pub fn anybody(&self) -> Caller {
        Caller::new(&self.url)
    }

    /// Somebody with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Caller {
        Caller::new(&self.url).with_token(token)
    }

    /// Sends what waits in the outbox.
    pub async fn deliver(&self) -> usize {
        guildhall_server::jobs::mail::deliver_due(&self.app).await.expect("delivers")
    }

    /// Stops the program. Fails when mail is left that was never tried to be sent, and when memory
    /// is not what the database has.
    pub async fn stop(self) {
        let waiting =
            self.app.store.read(|conn| Ok(guildhall_store::read::outbox::waiting(conn)?)).await.expect("reads");
        assert_eq!(waiting, 0, "mail is left over in the outbox; deliver it, or say why it waits");
        crate::memory::is_true(&self.app).await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        if let (Some(name), Ok(server)) = (self.own.take(), std::env::var("GUILDHALL_TEST_POSTGRES")) {
            std::thread::spawn(move || {
                if let Ok(mut client) = postgres::Client::connect(&server, postgres::NoTls) {
                    let _ = client.batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
                }
            });
        }
    }
}
