//! The database and what is in it: soundness, schema, organizations, waiting mail.

use std::fs;
use std::time::SystemTime;

use guildhall_domain::organization::Organization;
use guildhall_domain::preset::{ORGANIZATION, Preset};
use guildhall_domain::time::Timestamp;
use guildhall_server::config::Config;
use guildhall_server::ops::letters;
use guildhall_server::security::key::InstanceKey;
use guildhall_store::read::{Page, audit, member, organization, outbox, role, schema};
use guildhall_store::{Conn, Database, StoreError, examine};

use super::Finding;
use crate::installation::{database, timestamp};

const ORGANIZATIONS_AT_ONCE: u32 = 100;
/// An event later than now by more than this tells of a clock that was set back.
const CLOCK_SLACK_S: i64 = 300;

pub(super) fn look(config: &Config, now: SystemTime) -> Vec<Finding> {
    let database = database(config);
    if let Database::Sqlite { path } = &database
        && fs::metadata(path).is_err()
    {
        let hint = "`guildhall serve` or `guildhall init` makes it; restore it from a backup if it was there";
        return vec![Finding::fail("database", format!("`{}` is missing", path.display()), hint)];
    }
    let key = key(config);
    match examine(&database, |conn| inside(conn, key.as_ref(), timestamp(now))) {
        Ok(findings) => findings,
        Err(error) => vec![unopened(config, &error)],
    }
}

/// The key as it is found; what is wrong with it is told elsewhere.
fn key(config: &Config) -> Option<InstanceKey> {
    match &config.instance_key {
        Some(text) => InstanceKey::from_base64(text.expose(), "").ok(),
        None => InstanceKey::load(&config.instance_key_path()).ok(),
    }
}

fn unopened(config: &Config, error: &StoreError) -> Finding {
    let hint = match (error, config.database.is_some()) {
        (_, true) => "check that PostgreSQL runs, and the address, user, password and name in `database`",
        (StoreError::Corrupt(_), false) => "stop the server and restore the data folder from a backup",
        (_, false) => "check the permissions of the file and its folder, and run this as the user that serves",
    };
    Finding::fail("database", error.to_string(), hint)
}

fn inside(conn: &mut Conn<'_>, key: Option<&InstanceKey>, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let damage = schema::damage(conn)?;
    findings.push(match damage.first() {
        None => Finding::ok("database", "sound"),
        Some(first) => Finding::fail(
            "database",
            format!("{} faults, the first: {first}", damage.len()),
            "stop the server, keep a copy of the folder, and restore it from a backup",
        ),
    });
    let version = schema::version(conn)?;
    findings.push(about_schema(version));
    if version != Some(schema::KNOWN) {
        return Ok(findings);
    }
    findings.push(if organization::is_set_up(conn)? {
        Finding::ok("set-up", "done")
    } else {
        let hint = "open the address that `guildhall serve` prints, or run `guildhall init`";
        Finding::warn("set-up", "there is no organization yet", hint)
    });
    findings.extend(organizations(conn, now)?);
    findings.extend(waiting_mail(conn, key)?);
    Ok(findings)
}

fn about_schema(version: Option<u64>) -> Finding {
    let known = schema::KNOWN;
    match version {
        Some(found) if found == known => Finding::ok("schema", format!("version {found}")),
        Some(found) if found > known => Finding::fail(
            "schema",
            format!("version {found}, this program knows {known}"),
            "run the newer program that wrote it",
        ),
        Some(found) => Finding::warn(
            "schema",
            format!("version {found}, this program knows {known}"),
            "the next `guildhall serve` raises it; make a backup first",
        ),
        None => Finding::warn("schema", "empty", "the first `guildhall serve` or `guildhall init` makes it"),
    }
}

fn organizations(conn: &mut Conn<'_>, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let (mut findings, mut count, mut newest, mut after) = (Vec::new(), 0_usize, Timestamp::default(), None);
    loop {
        let page = organization::all(conn, &Page { after, limit: ORGANIZATIONS_AT_ONCE })?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for one in &page {
            count += 1;
            findings.extend(fault_of(conn, one)?);
            let events = audit::list(conn, one.id, &audit::Filter::default(), &Page { after: None, limit: 1 })?;
            newest = events.first().map_or(newest, |event| newest.max(event.at));
        }
    }
    if findings.is_empty() && count > 0 {
        findings.push(Finding::ok("organizations", format!("{count}, each with an owner and a valid preset")));
    }
    if newest > now.plus_s(CLOCK_SLACK_S) {
        findings.push(Finding::fail(
            "clock",
            format!("the newest audit event is of {newest}, which is yet to come"),
            "set this machine's clock; sessions, invitations and tokens end by it",
        ));
    }
    Ok(findings)
}

/// What keeps an organization from working.
fn fault_of(conn: &mut Conn<'_>, one: &Organization) -> Result<Option<Finding>, StoreError> {
    let name = &one.slug;
    let broken = |what: String| {
        let hint = "restore the database from a backup; if it was always so, please report it";
        Some(Finding::fail("organizations", format!("`{name}`: {what}"), hint))
    };
    let preset = match Preset::parse(&format!("{}.toml", one.preset), &one.preset_text) {
        Ok(preset) => preset,
        Err(errors) => return Ok(broken(errors.first().map_or_else(String::new, ToString::to_string))),
    };
    let own = role::of_organization(conn, one.id)?;
    let slugs: Vec<_> = own.iter().filter(|r| r.applies_to == ORGANIZATION).map(|r| r.slug.as_str()).collect();
    if let Err(errors) = preset.policy_beside(&one.policy, &slugs) {
        return Ok(broken(errors.first().map_or_else(String::new, ToString::to_string)));
    }
    let top = preset.top_role();
    if member::top_holders(conn, one.id, &top.slug, 1)?.is_empty() {
        return Ok(broken(format!("nobody active holds its top role `{}`", top.slug)));
    }
    Ok(None)
}

fn waiting_mail(conn: &mut Conn<'_>, key: Option<&InstanceKey>) -> Result<Vec<Finding>, StoreError> {
    let (waiting, failed) = (outbox::waiting(conn)?, outbox::failed(conn)?);
    let trouble = outbox::last_trouble(conn)?;
    let next = outbox::due(conn, Timestamp::from_micros(i64::MAX), 1)?;
    let opens = next
        .first()
        .zip(key)
        .is_none_or(|(mail, key)| key.open(letters::PURPOSE, mail.id.uuid().as_bytes(), &mail.sealed).is_ok());
    if !opens {
        return Ok(vec![Finding::fail(
            "instance key",
            "waiting mail cannot be opened with it: it is not the key of this data",
            "restore the key that belongs to this data from a backup",
        )]);
    }
    let detail = format!("{waiting} waiting, {failed} given up in the last 30 days");
    Ok(vec![match trouble {
        Some(said) if waiting + failed > 0 => Finding::warn(
            "outbox",
            format!("{detail}; the last trouble: {said}"),
            "mend what the mail server says, then resend the invitations that show `failed`",
        ),
        _ => Finding::ok("outbox", detail),
    }])
}
