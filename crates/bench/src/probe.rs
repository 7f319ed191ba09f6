//! Whether any answer is older than what was answered before it: access is given and taken through the
//! product's own write path, by several at once, and each time asked for right after.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use guildhall_server::ops::check::{Check, check};
use guildhall_server::ops::{Ctx, grants, import, members};
use serde_json::{Value, json};

use crate::commits::{open, told};
use crate::figure::{Figure, Goal, short};
use crate::{Bench, Outcome};

/// Who give and take at the same time, each for somebody else.
const WRITERS: usize = 4;
/// Questions after each write.
const EACH: usize = 20;
const LIMIT: &str = "nothing: a commit is followed before it is answered";

#[derive(Default)]
struct Count {
    probes: AtomicUsize,
    stale: AtomicUsize,
    writes: AtomicUsize,
}

fn shaped<T: serde::de::DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(|e| format!("a body that does not fit: {e}"))
}

/// Somebody, and a workspace that is given to them and taken again.
struct Writer {
    ctx: Ctx,
    member: String,
    workspace: String,
    count: Arc<Count>,
}

impl Writer {
    fn ctx(&self) -> Ctx {
        Ctx { now: self.ctx.app.now(), ..self.ctx.clone() }
    }

    /// A write was answered; asks what must be so from now on.
    async fn ask(&self, allowed: bool) -> Outcome<()> {
        self.count.writes.fetch_add(1, Ordering::Relaxed);
        let asked = Check {
            subject: Some(self.member.clone()),
            permission: "workspace.read".to_owned(),
            resource: Some(self.workspace.clone()),
            ..Check::default()
        };
        for _ in 0..EACH {
            let answer = check(&self.ctx(), "acme", asked.clone()).await.map_err(told)?;
            self.count.stale.fetch_add(usize::from(answer.allowed != allowed), Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
        self.count.probes.fetch_add(EACH, Ordering::Relaxed);
        Ok(())
    }

    /// Gives, switches off and on, takes: four writes.
    async fn turn(&self) -> Outcome<()> {
        let given = json!({ "subject": { "type": "member", "id": self.member }, "role": "viewer" });
        let made = grants::create(&self.ctx(), "acme", &self.workspace, shaped(given)?).await;
        let made = made.and_then(guildhall_server::ops::Answer::done).map_err(told)?;
        self.ask(true).await?;
        members::deactivate(&self.ctx(), "acme", &self.member).await.map_err(told)?;
        self.ask(false).await?;
        members::reactivate(&self.ctx(), "acme", &self.member).await.map_err(told)?;
        self.ask(true).await?;
        grants::revoke(&self.ctx(), "acme", &made.id).await.map_err(told)?;
        self.ask(false).await
    }
}

async fn writer(ctx: &Ctx, number: usize, count: &Arc<Count>) -> Outcome<Writer> {
    let workspace = format!("w{number}");
    let items = json!({ "items": [
        { "kind": "person", "email": format!("p{number}@acme.test"), "role": "guest" },
        { "kind": "resource", "type": "workspace", "external_id": workspace, "name": "Plans" },
    ] });
    let made = import::import(ctx, "acme", shaped(items)?).await.map_err(told)?.done().map_err(told)?;
    let member = made.items.first().and_then(|one| one.id.clone()).ok_or("nobody was made")?;
    Ok(Writer { ctx: ctx.clone(), member, workspace: format!("workspace:{workspace}"), count: Arc::clone(count) })
}

/// So many probes, or as many as fit into a time.
pub(crate) async fn figures(bench: &Bench, wanted: usize, most: Duration) -> Outcome<Vec<Figure>> {
    let (ctx, _) = open(&bench.folder.join("probes")).await?;
    let (count, begun) = (Arc::new(Count::default()), Instant::now());
    let mut tasks = Vec::new();
    for number in 0..WRITERS {
        let writer = writer(&ctx, number, &count).await?;
        tasks.push(tokio::spawn(async move {
            while writer.count.probes.load(Ordering::Relaxed) < wanted && begun.elapsed() < most {
                writer.turn().await?;
            }
            Ok::<(), String>(())
        }));
    }
    for task in tasks {
        task.await.map_err(|e| format!("a writer broke down: {e}"))??;
    }
    #[allow(clippy::cast_precision_loss, reason = "some millions")]
    let read = |number: &AtomicUsize| number.load(Ordering::Relaxed) as f64;
    let what = format!("stale answers among {} probes after {} writes", read(&count.probes), read(&count.writes));
    let rounds = (vec![read(&count.stale)], vec![read(&count.probes)]);
    eprintln!("bench: {what}: {}", short(read(&count.stale)));
    Ok(vec![Figure::new(what, "SQLite", "all probes", rounds, LIMIT).goal(Goal::OursAtMost(0.0))])
}
