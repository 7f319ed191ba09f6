//! Durable writes on SQLite: renaming an organization through the product's own write path, beside
//! the same statements in a bare loop of one commit at a time, and a bare fdatasync. All on one disk.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guildhall_server::app::{App, FreshIds, Parts, SystemClock};
use guildhall_server::config::Config;
use guildhall_server::http::context::shown;
use guildhall_server::mail::MailTransport;
use guildhall_server::ops::organizations::{Renaming, rename};
use guildhall_server::ops::{Ctx, setup, tokens};
use guildhall_server::security::key::InstanceKey;
use guildhall_server::security::secret::{Entropy, OsEntropy};
use guildhall_store::{Author, Database, Keep, Stop, Store};
use rusqlite::{Connection, params};

use crate::figure::{Figure, Goal};
use crate::{Bench, Outcome};

const ONE_LIMIT: &str = "two hand-overs between threads, and the reads that decide whether the caller may";
const MANY_LIMIT: &str = "the writer's thread, which reads facts and decides for one caller after the other; all who \
     wait share one fsync";

/// A stop, as a sentence.
pub(crate) fn told(stop: Stop) -> String {
    format!("the product refused: {stop:?}")
}

/// How many callers write at the same time, and what is asked of them beside one commit at a time.
const CALLERS: [(u64, Goal); 4] =
    [(1, Goal::Open), (8, Goal::Open), (32, Goal::AtLeast(3.0)), (64, Goal::AtLeast(3.0))];

/// Callers beside the bare loop, and the bare loop beside the disk.
pub(crate) async fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let folder = bench.folder.join("commits");
    let (ctx, path) = open(&folder).await?;
    let mut bare = Bare::open(&path, &folder.join("bare.sqlite3"))?;
    let raw = folder.join("raw");
    let (mut rates, mut loops, mut syncs) = ([const { Vec::new() }; CALLERS.len()], Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        syncs.push(fdatasyncs(&raw, bench.window)?);
        loops.push(bare.rate(bench.window)?);
        for ((callers, _), rates) in CALLERS.iter().zip(&mut rates) {
            rates.push(rate(&ctx, *callers, bench.window).await?);
        }
    }
    let bare_loop = "bare loop of the same statements, one commit and fsync at a time";
    let mut figures = Vec::new();
    for ((callers, goal), rates) in CALLERS.into_iter().zip(rates) {
        let (what, limit) = match callers {
            1 => ("commits with 1 caller, per second".to_owned(), ONE_LIMIT),
            many => (format!("commits with {many} callers, per second"), MANY_LIMIT),
        };
        figures.push(Figure::new(what, "SQLite", bare_loop, (rates, loops.clone()), limit).goal(goal));
    }
    let limit = "the write-ahead log: each commit writes every page it touched";
    let what = "the bare loop itself, commits per second";
    figures.push(Figure::new(what, "SQLite", "4 KiB overwrite + fdatasync", (loops, syncs), limit));
    Ok(figures)
}

/// The product in this process on a real file, and a context of its owner.
pub(crate) async fn open(folder: &Path) -> Outcome<(Ctx, std::path::PathBuf)> {
    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make `{}`: {e}", folder.display()))?;
    let config = Config::with_data(folder).map_err(|e| format!("the defaults: {e}"))?;
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy::new().map_err(|e| format!("no randomness: {e}"))?);
    let path = folder.join("guildhall.sqlite3");
    let ids = Arc::new(FreshIds(Arc::clone(&entropy)));
    let store = Store::open(&Database::Sqlite { path: path.clone() }, ids).map_err(|e| e.to_string())?;
    let mail = MailTransport::files(&config.outbox_path(), &config.mail_from).map_err(|e| e.to_string())?;
    let parts = Parts {
        public_url: "http://localhost".to_owned(),
        config,
        store,
        clock: Arc::new(SystemClock),
        key: InstanceKey::generate(entropy.as_ref()),
        entropy,
        mail,
    };
    let app = App::new(parts).map_err(|e| format!("the program does not start: {e}"))?;
    let mut ctx = operator(&app);
    let (asked, now) = (ctx.clone(), ctx.now);
    let token = app.store.write(Author::default(), now, Keep::Commit, move |tx| {
        let first = setup::First {
            organization: "Acme".to_owned(),
            slug: Some("acme".to_owned()),
            preset: "standard".to_owned(),
            email: "owner@acme.test".to_owned(),
            name: "Olivia Owner".to_owned(),
            password: None,
        };
        let (_, who, _) = setup::found(&asked, tx, &first)?;
        tokens::create_for_operator(&asked, tx, who.id)
    });
    let shown = shown(&app, &token.await.map_err(told)?, ctx.address).await.map_err(told)?;
    ctx.caller = shown.map(|(caller, _)| caller);
    Ok((ctx, path))
}

fn operator(app: &Arc<App>) -> Ctx {
    Ctx {
        app: Arc::clone(app),
        caller: None,
        seen_at: app.now(),
        link: None,
        device: None,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: "bench".to_owned(),
        request_id: "bench".to_owned(),
        now: app.now(),
        dry_run: false,
        if_match: None,
        idempotency: None,
    }
}

/// Renamings a second, answered to `callers` who each wait for the last before the next.
async fn rate(ctx: &Ctx, callers: u64, time: Duration) -> Outcome<f64> {
    let (begun, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let all: Vec<_> = (0..callers)
        .map(|caller| {
            let (ctx, done) = (ctx.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut number = 0_u64;
                while begun.elapsed() < time {
                    number += 1;
                    let wanted = Renaming { name: Some(format!("Acme {caller}.{number}")), slug: None };
                    let now = ctx.app.now();
                    rename(&Ctx { now, ..ctx.clone() }, "acme", wanted).await.map_err(told)?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), String>(())
            })
        })
        .collect();
    for caller in all {
        caller.await.map_err(|e| format!("a caller broke down: {e}"))??;
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of some seconds")]
    let commits = done.load(Ordering::Relaxed) as f64;
    Ok(commits / begun.elapsed().as_secs_f64())
}

/// The same rows without the product: a copy of its database and the statements of a renaming.
struct Bare {
    connection: Connection,
    number: u64,
}

impl Bare {
    fn open(from: &Path, to: &Path) -> Outcome<Self> {
        let failed = |e: rusqlite::Error| format!("the bare database: {e}");
        let source = Connection::open(from).map_err(failed)?;
        let target = to.to_string_lossy();
        source.execute("VACUUM INTO ?1", params![target.as_ref()]).map_err(failed)?;
        let connection = Connection::open(to).map_err(failed)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
            .map_err(failed)?;
        Ok(Self { connection, number: 0 })
    }

    fn rate(&mut self, time: Duration) -> Outcome<f64> {
        let (begun, mut commits) = (Instant::now(), 0.0);
        while begun.elapsed() < time {
            self.number += 1;
            rename_bare(&self.connection, self.number).map_err(|e| format!("the bare loop: {e}"))?;
            commits += 1.0;
        }
        Ok(commits / begun.elapsed().as_secs_f64())
    }
}

fn rename_bare(connection: &Connection, number: u64) -> rusqlite::Result<()> {
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(params);
    let (name, id) = (format!("Acme {number}"), uuid::Uuid::from_u128(u128::from(number)).into_bytes());
    run("BEGIN IMMEDIATE", &[])?;
    run("UPDATE organizations SET revision = revision + 1 WHERE slug = 'acme'", &[])?;
    run("UPDATE organizations SET name = ?1, object_revision = revision WHERE slug = 'acme'", &[&name])?;
    run(
        "INSERT INTO audit_events (organization_id, revision, id, kind, actor_kind, actor_id, actor_name, credential, \
         target_kind, target_id, target_name, before_value, after_value, outcome, address, request_id, at) \
         SELECT id, revision, ?1, 'organization.renamed', 'identity', 'usr_00000000000000000000000000', \
         'owner@acme.test', 'tok_00000000000000000000000000', 'organization', 'org_00000000000000000000000000', name, \
         '{\"name\":\"Acme 0\",\"slug\":\"acme\"}', '{\"name\":\"Acme 1\",\"slug\":\"acme\"}', 'success', '127.0.0.1', \
         'bench', ?2 FROM organizations WHERE slug = 'acme'",
        &[&id, &i64::try_from(number).unwrap_or(i64::MAX)],
    )?;
    run("COMMIT", &[]).map(drop)
}

/// Overwrites of one page a second, each on the disk before the next.
fn fdatasyncs(path: &Path, time: Duration) -> Outcome<f64> {
    let failed = |e: std::io::Error| format!("cannot write `{}`: {e}", path.display());
    let file = File::create(path).map_err(failed)?;
    let (begun, mut syncs) = (Instant::now(), 0.0);
    while begun.elapsed() < time {
        file.write_all_at(&[7; 4096], 0).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        syncs += 1.0;
    }
    Ok(syncs / begun.elapsed().as_secs_f64())
}
