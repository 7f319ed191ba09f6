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
    let open = accept(listener, http::router(Arc::clone(&app)), HEAD_WITHIN, stop).await;

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
async fn accept(
    listener: TcpListener,
    router: Router,
    head_within: Duration,
    stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::{Notify, oneshot};

    use super::*;

    /// Sends `text` and reads until the server hangs up.
    async fn told(at: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn whoever_sends_no_whole_request_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        let (stop, stopped) = oneshot::channel::<()>();
        let wait = async { drop(stopped.await) };
        let server = tokio::spawn(accept(listener, router, Duration::from_millis(300), wait));
        for begun in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
            assert!(!told(at, begun).await.contains("here"), "{begun:?}");
        }
        // Kept open for another request, and closed when none comes.
        assert!(told(at, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.ends_with("here"));
        stop.send(()).unwrap();
        server.await.unwrap().shutdown().await;
    }

    #[tokio::test]
    async fn a_request_under_way_is_answered_after_the_signal_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (telling, waiting) = (Arc::clone(&arrived), Arc::clone(&go_on));
        let slow = get(move || async move {
            telling.notify_one();
            waiting.notified().await;
            "done"
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let wait = async { drop(stopped.await) };
        let server = tokio::spawn(accept(listener, Router::new().route("/", slow), HEAD_WITHIN, wait));
        let asked = tokio::spawn(async move { told(at, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await });
        arrived.notified().await;
        stop.send(()).unwrap();
        let open = server.await.unwrap();
        assert!(TcpStream::connect(at).await.is_err(), "the listener is closed");
        go_on.notify_one();
        open.shutdown().await;
        assert!(asked.await.unwrap().ends_with("done"));
    }
}
