//! `guildhall serve`: opens the installation, listens, serves until SIGTERM or SIGINT.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use guildhall_server::app::App;
use guildhall_server::config::{Config, LogConfig, LogFormat};
use guildhall_server::ops::{Ctx, setup};
use guildhall_server::serve::serve;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::{Flags, load};
use crate::failure::Failure;
use crate::installation::{Installation, Started, stopped};
use crate::log::Lines;
use crate::output::Output;
use crate::verb::demo;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Show made-up organizations, one for each preset, in a folder of their own [default folder: ./guildhall-demo]
    #[arg(long)]
    demo: bool,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let loaded = load(&args.flags)?;
    let (config, demo) = demo::settings(loaded, args.demo)?;
    let log = start_log(&config.log)?;
    let runtime = runtime()?;
    let installation = Installation::open(config.clone())?;
    let served = runtime.block_on(listen(&config, installation, demo, output));
    let handle = runtime.handle().clone();
    // Nothing that is still under way may keep the process from ending.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let closed = served.map(|started| started.close(&handle));
    log.flush();
    closed
}

/// The asynchronous runtime on all cores.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::failed(format!("cannot start: {error}"), "raise this process's limits"))
}

fn start_log(log: &LogConfig) -> Result<Lines, Failure> {
    let filter = EnvFilter::builder().parse(&log.level).map_err(|error| {
        Failure::usage(
            format!("`{}` is not allowed for `log.level`: {error}", log.level),
            "write `info`, or a level per module as in `warn,guildhall_server=debug`",
        )
    })?;
    let waiting = Lines::start()
        .map_err(|error| Failure::failed(format!("cannot start: {error}"), "raise this process's limits"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(waiting.clone());
    // Fails only when a log runs already, which is as well.
    let _ = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    Ok(waiting)
}

async fn listen(
    config: &Config,
    installation: Installation,
    demo: demo::State,
    output: &mut Output,
) -> Result<Started, Failure> {
    let mut signals = Signals::new()?;
    let cannot = |error: std::io::Error| {
        Failure::failed(
            format!("cannot listen on `{}`: {error}", config.listen),
            "stop what listens there, or choose another address with `--listen`; port 0 takes a free one",
        )
    };
    let listener = TcpListener::bind(config.listen).await.map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    let started = installation.start(bound)?;
    let serving = serve(Arc::clone(&started.app), listener, signals.next());
    tokio::pin!(serving);
    match demo {
        demo::State::None => welcome(&started.app, config).await?,
        demo::State::Ready => notice(config, &demo::welcome(bound)?),
        demo::State::Empty => {
            notice(config, "making up people and organizations; this takes a moment");
            // The demo is played over the program's own API, so it is served already.
            tokio::select! {
                filled = demo::fill(&started.app, config, bound) => filled?,
                () = &mut serving => return Ok(started),
            }
            notice(config, &demo::welcome(bound)?);
        }
    }
    tell_ready(bound, output)?;
    serving.await;
    Ok(started)
}

/// What the operator should know before people come.
async fn welcome(app: &Arc<App>, config: &Config) -> Result<(), Failure> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), engine = app.store.engine(), public_url = %app.public_url, "starting");
    let ctx = Ctx::of_operator(app, "guildhall serve");
    let address = setup::address(&ctx).await.map_err(|stop| stopped(config, stop))?;
    if let Some(address) = address {
        notice(config, &format!("open this once, in a browser, to make the first organization: {address}"));
        if !app.mail.is_smtp() {
            let folder = config.outbox_path();
            notice(config, &format!("no mail server is set: mail is written to {}", folder.display()));
        }
    }
    Ok(())
}

/// A line for the operator that no log level hides, in the log's own form.
fn notice(config: &Config, text: &str) {
    let line = match config.log.format {
        LogFormat::Text => text.to_owned(),
        LogFormat::Json => json!({"level": "NOTICE", "message": text}).to_string(),
    };
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The one line on standard output: whoever started us may send requests from now on.
fn tell_ready(bound: SocketAddr, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        output.value(&json!({"listening_on": format!("http://{bound}")}))?;
    } else {
        output.line(format!("listening on http://{bound}"))?;
    }
    output.flush()
}

/// The signals that end us.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let cannot =
            |error| Failure::failed(format!("cannot watch for signals: {error}"), "raise this process's limits");
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(cannot)?,
            interrupt: signal(SignalKind::interrupt()).map_err(cannot)?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
