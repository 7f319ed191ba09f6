//! What runs beside the requests: sending mail, writing "last seen" marks and notes, sweeping what is over.
//! Each job is one function that does its work once, and a loop that repeats it.

pub mod domains;
pub mod mail;
pub mod sweep;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::http::observe;

const MAIL_EVERY: Duration = Duration::from_secs(5);
const MARKS_EVERY: Duration = Duration::from_secs(10);

/// Starts every job. They end when `stop` turns true; the marks are written a last time then.
#[must_use]
pub fn start(app: &Arc<App>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(mail_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(marks_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(notes_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(sweep_loop(Arc::clone(app), stop.clone())),
    ]
}

async fn mail_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(stop) = mail::deliver_due(&app).await {
            tracing::warn!(?stop, "mail waits: the outbox cannot be read or written");
        }
        tokio::select! {
            () = app.mail_waits.notified() => {}
            () = tokio::time::sleep(MAIL_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn marks_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let last = *stop.borrow();
        if let Err(stop) = app.write_marks().await {
            tracing::warn!(?stop, "last-seen marks could not be written");
        }
        observe::upkeep();
        if last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(MARKS_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn notes_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let last = *stop.borrow();
        if let Err(stop) = app.notes.write(&app.store, app.now()).await {
            tracing::warn!(?stop, "refusals and failed sign-ins wait to be noted");
            tokio::time::sleep(MAIL_EVERY).await;
        }
        if last {
            return;
        }
        tokio::select! {
            () = app.notes.wait.notified() => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sweep_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let every = Duration::from_secs(app.config.sweep_interval_s.max(1));
    while !*stop.borrow() {
        if let Err(stop) = domains::look_again(&app).await {
            tracing::warn!(?stop, "claimed domains could not be looked at again");
        }
        if let Err(stop) = sweep::sweep(&app).await {
            tracing::warn!(?stop, "what is over could not be swept");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.changed() => {}
        }
    }
}
