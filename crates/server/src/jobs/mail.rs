//! Sends what waits in the outbox: each message at least once, tried again with growing pauses,
//! given up after the configured number of tries. What became of it stands on its invitation.

use std::sync::Arc;

use guildhall_domain::invitation::Delivery;
use guildhall_store::read::outbox::{self, Mail};
use guildhall_store::{Author, Keep, Stop, StoreError};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::app::App;
use crate::mail::{Message, SendError};
use crate::ops::letters::PURPOSE;

const AT_ONCE: u32 = 100;
/// How long a message taken for sending is kept from other nodes.
const CLAIM_S: i64 = 120;

/// Sends every message that is due, and says how many were handed over.
///
/// # Errors
/// [`Stop`]; whatever was not marked is tried again.
pub async fn deliver_due(app: &Arc<App>) -> Result<usize, Stop> {
    let mut sent = 0;
    loop {
        let now = app.now();
        let due = app.store.read(move |conn| Ok(outbox::due(conn, now, AT_ONCE)?)).await?;
        if due.is_empty() {
            return Ok(sent);
        }
        let mut under_way = JoinSet::new();
        for mail in due {
            if under_way.len() >= app.config.outbox.concurrency {
                sent += finished(under_way.join_next().await)?;
            }
            under_way.spawn(take_and_send(Arc::clone(app), mail));
        }
        while let Some(one) = under_way.join_next().await {
            sent += finished(Some(one))?;
        }
    }
}

fn finished(one: Option<Result<Result<bool, Stop>, tokio::task::JoinError>>) -> Result<usize, Stop> {
    match one {
        Some(Ok(outcome)) => outcome.map(usize::from),
        Some(Err(error)) => Err(StoreError::Bug(format!("a delivery broke off: {error}")).into()),
        None => Ok(0),
    }
}

async fn take_and_send(app: Arc<App>, mail: Mail) -> Result<bool, Stop> {
    let now_ms = app.now().micros() / 1_000;
    // Who sends too much waits; the message keeps its place and its number of tries.
    let room = mail.organization.map_or(Ok(()), |id| app.limits.mails_of_organization.take(&id.to_string(), now_ms));
    if let Err(wait) = room {
        claim(&app, &mail, i64::try_from(wait.seconds).unwrap_or(CLAIM_S).max(1)).await?;
        return Ok(false);
    }
    if !claim(&app, &mail, CLAIM_S).await? {
        return Ok(false);
    }
    deliver(&app, mail).await
}

fn system() -> Author {
    Author { kind: "system".to_owned(), ..Author::default() }
}

async fn claim(app: &Arc<App>, mail: &Mail, for_s: i64) -> Result<bool, Stop> {
    let (id, now) = (mail.id, app.now());
    app.store.write(system(), now, Keep::Commit, move |tx| Ok(tx.claim_mail(id, now.plus_s(for_s))?)).await
}

async fn deliver(app: &Arc<App>, mail: Mail) -> Result<bool, Stop> {
    let opened = app.key.open(PURPOSE, mail.id.uuid().as_bytes(), &mail.sealed).ok();
    let message = opened.and_then(|text| serde_json::from_slice::<Message>(text.expose()).ok());
    let outcome = match message {
        Some(message) => {
            let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(app.now().micros()) * 1_000);
            app.mail.send(&message, now.unwrap_or(OffsetDateTime::UNIX_EPOCH)).await
        }
        None => {
            Err(SendError { permanent: true, detail: "the message cannot be opened with this instance key".to_owned() })
        }
    };
    let about = mail.organization.zip(mail.invitation);
    let tries = mail.attempts + 1;
    let now = app.now();
    match outcome {
        Ok(done) => {
            app.store
                .write(system(), now, Keep::Commit, move |tx| {
                    Ok(tx.mail_done(mail.id, about, Delivery::Sent, &done.detail)?)
                })
                .await?;
            Ok(true)
        }
        Err(error) => {
            tracing::warn!(mail = %mail.id, kind = mail.kind, permanent = error.permanent, detail = error.detail, tries, "mail was not taken");
            let pause_s = app.config.outbox.pause_s(tries).filter(|_| !error.permanent);
            app.store
                .write(system(), now, Keep::Commit, move |tx| {
                    let _: () = match pause_s {
                        Some(pause_s) => tx.mail_again(mail.id, about, now.plus_s(pause_s), &error.detail)?,
                        None => tx.mail_done(mail.id, about, Delivery::Failed, &error.detail)?,
                    };
                    Ok(())
                })
                .await?;
            Ok(false)
        }
    }
}
