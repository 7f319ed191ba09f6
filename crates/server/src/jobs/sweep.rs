//! Deletes what is over.

use std::sync::Arc;

use guildhall_store::{Author, Keep, Stop};

use crate::app::App;
use crate::ops::DAY_S;

const MAIL_KEPT_DAYS: i64 = 30;

/// Deletes sessions, links and ways back that ended, kept answers older than a day, records of mail older
/// than a month, and use that no limit looks at any more; older use is kept less finely. Answers how many rows went.
///
/// # Errors
/// [`Stop`].
pub async fn sweep(app: &Arc<App>) -> Result<u64, Stop> {
    let now = app.now();
    let author = Author { kind: "system".to_owned(), ..Author::default() };
    app.store
        .write(author, now, Keep::Commit, move |tx| {
            Ok(tx.sweep(now.plus_s(-DAY_S), now.plus_s(-MAIL_KEPT_DAYS * DAY_S))? + tx.sweep_usage()?)
        })
        .await
}
