//! Where one is signed in, and ending it.

use axum::extract::Path;

use crate::console::view::{Action, SessionRow, Tone};
use crate::console::visit::{Sent, Shown, Visit, go_with};
use crate::ops::sessions;
use crate::ops::view::SessionView;

/// The sessions as rows, the one in use first.
pub(super) fn rows(visit: &Visit, href: &str, open: &[SessionView]) -> Vec<SessionRow> {
    let row = |one: &SessionView| SessionRow {
        device: device(&one.agent),
        address: one.address.clone(),
        started: visit.when(one.created_at),
        last_used: visit.when(if one.current { visit.ctx.now } else { one.seen_at }),
        current: one.current,
        end: Action::post("End", format!("{href}/sessions/{}/end", one.id)),
    };
    let (mut current, others): (Vec<_>, Vec<_>) = open.iter().map(row).partition(|row| row.current);
    current.extend(others);
    current
}

/// Browser and system, as far as the browser's name for itself tells. Order matters: each of the later ones calls
/// itself by the name of an earlier one too.
fn device(agent: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => format!("Unknown browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

/// `POST /{org}/me/sessions/{ses}/end`
pub(super) async fn end(Path((organization, session)): Path<(String, String)>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    sessions::end(&visit.ctx, &session).await.map_err(|stop| visit.wrong(stop))?;
    Ok(go_with(&format!("/{organization}/me"), Tone::Good, "That session is over."))
}

/// `POST /{org}/me/sessions/end-others`
pub(super) async fn end_others(Path(organization): Path<String>, sent: Sent) -> Shown {
    let visit = &sent.visit;
    sessions::end_others(&visit.ctx).await.map_err(|stop| visit.wrong(stop))?;
    Ok(go_with(&format!("/{organization}/me"), Tone::Good, "All your other sessions are over."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_their_own_names() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, wanted) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Linux".to_owned()),
            (
                &format!("Mozilla/5.0 (Linux; Android 15) {webkit} Chrome/140.0 Safari/537.36"),
                "Chrome on Android".to_owned(),
            ),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"),
                "Edge on Windows".to_owned(),
            ),
            ("curl/8.9.1", "curl".to_owned()),
            ("", "Unknown browser".to_owned()),
            ("\u{202e}<script>", "Unknown browser".to_owned()),
        ] {
            assert_eq!(device(agent), wanted);
        }
    }
}
