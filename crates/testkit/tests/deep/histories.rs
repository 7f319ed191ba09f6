//! Model = SQLite = PostgreSQL: the same random histories give the same answers everywhere.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use guildhall_testkit::{Engine, engines, memory};

use crate::generate::{answers, history};
use crate::world::{Item, World};

const STEPS: usize = 300;
/// How long one engine is tried when nothing is set.
const TIME: Duration = Duration::from_secs(20);
/// Histories run to make a failing one shorter, at most.
const SHRINKING: usize = 150;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// Where a history leaves the model, if it does: how many of its requests it took, and how.
async fn run(engine: Engine, items: &[Item]) -> Option<(usize, String)> {
    let mut world = World::start(engine).await;
    for (at, item) in items.iter().enumerate() {
        if let Err(why) = world.step(item).await {
            return Some((at + 1, why));
        }
    }
    memory::is_true(&world.test.app).await;
    None
}

/// Drops what the disagreement does not need: halves first, then smaller parts.
async fn shortest(engine: Engine, mut items: Vec<Item>, mut why: String) -> (Vec<Item>, String) {
    let (mut part, mut tries) = (items.len() / 2, 0);
    while part > 0 && tries < SHRINKING {
        let mut from = 0;
        let mut dropped = false;
        while from < items.len().saturating_sub(1) && tries < SHRINKING {
            let upto = (from + part).min(items.len() - 1);
            let left: Vec<Item> = [&items[..from], &items[upto..]].concat();
            tries += 1;
            match run(engine, &left).await {
                Some((length, now)) => {
                    (items, why, dropped) = (left[..length].to_vec(), now, true);
                }
                None => from = upto,
            }
        }
        part = if dropped && part > 1 { part.min(items.len() / 2) } else { part / 2 };
    }
    (items, why)
}

fn readable(items: &[Item]) -> String {
    let line = |item: &Item| {
        let asked = &item.request;
        let mut line = format!("{:>4}  {:?}  {} {}", item.step, asked.who, asked.method, asked.path());
        let query: Vec<_> = asked.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let parts = [
            (!query.is_empty()).then(|| format!("?{}", query.join("&"))),
            (!asked.body.is_null()).then(|| asked.body.to_string()),
            asked.if_match.map(|revision| format!("If-Match {revision}")),
            asked.key.as_ref().map(|key| format!("Idempotency-Key {key}")),
            (item.later_s > 0).then(|| format!("after {} s", item.later_s)),
        ];
        for part in parts.into_iter().flatten() {
            line.push(' ');
            line.push_str(&part);
        }
        line
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn agree(engine: Engine) {
    let (fixed, steps) = (setting::<u64>("GUILDHALL_SEED"), setting::<usize>("GUILDHALL_STEPS"));
    let begun = Instant::now();
    let mut seed = fixed.unwrap_or(1);
    let mut left = steps.unwrap_or(usize::MAX);
    let mut done = 0;
    while left > 0 && (steps.is_some() || begun.elapsed() < TIME) {
        let items = history(seed, STEPS.min(left));
        if let Some((length, why)) = run(engine, &items).await {
            eprintln!("{engine:?}, GUILDHALL_SEED={seed}, request {length}: {why}\nmaking the history shorter");
            let (items, why) = shortest(engine, items[..length].to_vec(), why).await;
            panic!(
                "{engine:?}, GUILDHALL_SEED={seed}: the model and the program differ\n{}\n\n{why}\n",
                readable(&items)
            );
        }
        (left, done, seed) = (left.saturating_sub(items.len()), done + items.len(), seed + 1);
    }
    eprintln!("{engine:?}: {done} requests agree, in {:.1} s", begun.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_give_the_same_answers_from_model_and_program() {
    for engine in engines() {
        agree(engine).await;
    }
}

/// A generator that no longer meets these would prove nothing about them.
const WORTH_MEETING: &[&str] = &[
    "access.denied",
    "auth.invalid",
    "auth.required",
    "auth.wrong_credentials",
    "csrf.invalid",
    "email.taken",
    "etag.stale",
    "grant.above_own",
    "grant.chained",
    "grant.cycle",
    "grant.elsewhere",
    "identity.confirm",
    "grant.expired",
    "grant.not_offered",
    "grant.subject",
    "group.name_taken",
    "group.self_manager",
    "handle.taken",
    "idempotency.mismatch",
    "invitation.cancelled",
    "invitation.expired",
    "invitation.no_reissue",
    "invitation.refused",
    "invite_link.expired",
    "invite_link.not_offered",
    "invite_link.reset",
    "invite_link.used_up",
    "invitation.not_pending",
    "invitation.other_person",
    "invitation.sign_in_required",
    "invitation.unknown",
    "invitation.used",
    "join.closed",
    "link.invalid",
    "member.already",
    "member.deactivate_first",
    "member.elsewhere",
    "member.last_owner",
    "member.owns_resources",
    "member.self",
    "member.self_demote",
    "member.state",
    "member.top_role_required",
    "not_found",
    "organization.confirm_name",
    "organization.personal",
    "organization.personal_taken",
    "organization.create_denied",
    "organization.slug_taken",
    "password.wrong",
    "policy.closed",
    "policy.invalid_value",
    "policy.unknown_knob",
    "preset.in_use",
    "preset.role_unmapped",
    "preset.unknown",
    "permission.unknown",
    "removal.over",
    "request.invalid",
    "resource.cycle",
    "resource.external_id_taken",
    "resource.kept",
    "resource.owner",
    "resource.parent",
    "resource.type",
    "role.above_own",
    "role.built_in",
    "role.in_use",
    "role.slug_taken",
    "role.unknown",
    "share_link.life",
    "share_link.not_allowed",
    "seats.full",
    "service_account.confirm_name",
    "service_account.other_top",
    "service_account.owner",
    "token.life",
    "token.limit",
    "token.malformed",
    "token.scope_above_own",
    "token.scope_missing",
    "token.scope_unknown",
    "token.value_hidden",
    "usage.exceeded",
    "usage.subject",
    "usage_limit.scope",
    "tenant.create_denied",
    "tenant.domain",
    "tenant.last_owner",
    "tenant.locks_out",
    "tenant.member_already",
    "tenant.member_unknown",
    "tenant.personal_off",
    "tenant.seats",
    "tenant.slug_taken",
    "instance.administrator_required",
    "transfer.heir",
    "transfer.not_owned",
    "domain.claimed_already",
    "domain.public",
    "domain.taken",
    "domain.unproved",
    "join.not_direct",
    "member.unreachable",
    "import: created",
    "import: unchanged",
    "import: access.denied",
    "import: email.invalid",
    "import: field.empty",
    "import: field.invalid",
    "import: field.missing",
    "import: grant.expired",
    "import: grant.not_offered",
    "import: grant.subject",
    "import: group.unknown",
    "import: instance.administrator_required",
    "import: invitation.already_pending",
    "import: join.domain",
    "import: member.elsewhere",
    "import: not_found",
    "import: permission.unknown",
    "import: resource.owner",
    "import: resource.parent",
    "import: role.above_own",
    "import: role.unknown",
    "import: seats.full",
];

/// What tenants mean below them is met where it means it: operation and code, empty for success.
const WORTH_MEETING_THERE: &[(&str, &str)] = &[
    ("GET /tenants/{}/organizations", ""),
    ("GET /tenants/{}/resources", ""),
    ("POST /tenants/{}/resources", ""),
    ("POST /tenants/{}/resources", "access.denied"),
    ("POST /tenants/{}/resources", "request.invalid"),
    ("POST /tenants/{}/resources", "resource.parent"),
    ("POST /tenants/{}/resources", "resource.type"),
    ("PATCH /tenants/{}/resources/{}", ""),
    ("PATCH /tenants/{}/resources/{}", "etag.stale"),
    ("DELETE /tenants/{}/resources/{}", ""),
    ("PATCH /organizations/{}/resources/{}", "resource.kept"),
    ("DELETE /organizations/{}/resources/{}", "resource.kept"),
    ("POST /organizations/{}/resources/{}/transfer", "resource.kept"),
    ("POST /organizations/{}/resources/{}/share-links", "member.state"),
    ("POST /organizations/{}/resources/{}/share-links", "organization.personal"),
    ("POST /organizations/{}/resources/{}/grants", "organization.personal"),
    ("POST /organizations/{}/invitations", "organization.personal"),
    ("POST /organizations/{}/invitations", "join.direct_only"),
    ("POST /organizations/{}/invite-links", "organization.personal"),
    ("POST /organizations/{}/invite-links", "tenant.domain"),
    ("POST /organizations/{}/leave", "member.state"),
    ("POST /organizations", "access.denied"),
    ("POST /organizations", "auth.invalid"),
    ("POST /organizations", "not_found"),
    ("POST /organizations", "organization.create_denied"),
    ("POST /organizations", "organization.personal_taken"),
    ("POST /organizations", "tenant.personal_off"),
    ("GET /organizations/{}", "tenant.personal_off"),
];

/// So many operations succeed somewhere.
const OPERATIONS: usize = 140;

#[test]
fn histories_meet_every_refusal_and_every_operation() {
    let (mut codes, mut done, mut there) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let unmet = |there: &BTreeSet<(String, String)>| {
        let met = |(operation, code): &&(&str, &str)| !there.contains(&((*operation).to_owned(), (*code).to_owned()));
        WORTH_MEETING_THERE.iter().filter(met).collect::<Vec<_>>()
    };
    // As many histories as it takes, within reason.
    for seed in 1..=1_000 {
        let missed = WORTH_MEETING.iter().any(|code| !codes.contains(*code)) || !unmet(&there).is_empty();
        if !missed && done.len() >= OPERATIONS {
            break;
        }
        for (operation, status, code) in answers(seed, STEPS) {
            codes.insert(code.clone());
            if status < 300 {
                done.insert(operation.clone());
            }
            there.insert((operation, code));
        }
    }
    let missed: Vec<_> = WORTH_MEETING.iter().filter(|code| !codes.contains(**code)).collect();
    assert!(missed.is_empty(), "no history meets {missed:?}");
    let missed = unmet(&there);
    assert!(missed.is_empty(), "no history meets {missed:?}");
    assert!(done.len() >= OPERATIONS, "only {} operations ever succeed: {done:?}", done.len());
}
