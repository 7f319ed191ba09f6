//! Serving a listening socket until somebody says stop, and the orderly end after it. Does not
//! know flags, files or signals.
//!
//! HTTP/1.1 only: without TLS no browser speaks HTTP/2, and whoever ends TLS in front of us has
//! done that translation already.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::connect_info::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tower::Layer;

use crate::app::App;
use crate::{http, jobs};

/// A connection whose next request's head is not whole by then is closed, so that nobody can hold
/// connections open for nothing. Longer than the 60 s for which proxies commonly keep theirs, so
/// that the proxy is the one who hangs up.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// What the jobs get at the end, even when requests used up the whole grace.
const JOBS_WITHIN: Duration = Duration::from_secs(5);

/// Answers requests and runs the jobs until `stop` resolves; then takes no more connections, lets
/// open requests finish for as long as the settings allow, and ends the jobs.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    http::observe::start();
    let (end_jobs, jobs_end) = watch::channel(false);
    let jobs = jobs::start(&app, &jobs_end);
    let open = accept(listener, http::router(Arc::clone(&app)), stop).await;

    app.stopping.store(true, Ordering::Relaxed);
    let grace = Duration::from_secs(app.config.shutdown_grace_s);
    tracing::info!(open = open.count(), grace_s = app.config.shutdown_grace_s, "stopping");
    let deadline = Instant::now() + grace;
    if timeout_at(deadline, open.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off: they took longer than `shutdown_grace_s`");
    }
    // After the requests, so that their marks and mail are seen to.
    end_jobs.send_replace(true);
    let jobs_by = deadline.max(Instant::now() + JOBS_WITHIN);
    for job in jobs {
        if timeout_at(jobs_by, job).await.is_err() {
            tracing::warn!("a job was cut off; what it had not finished is taken up at the next start");
        }
    }
    tracing::info!("stopped");
}

/// Takes connections until `stop` resolves; answers those that are still open.
async fn accept(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) -> GracefulShutdown {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let open = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut stop => return open,
            accepted = next(&listener) => accepted,
        };
        // Answers are written whole, so waiting to fill a packet only costs time. A connection
        // that is gone already shows itself at the first read.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router.clone()));
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, error, "a connection broke off");
            }
        });
    }
}

/// The next connection. Running out of file descriptors ends no server: others are waiting to be
/// closed.
async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_about_the_peer(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken; trying again in a second");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_about_the_peer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
