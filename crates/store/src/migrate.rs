//! Brings a database to this program's schema. Migrations only ever go forward, each in its own
//! transaction.

use crate::driver::{Dialect, Driver};
use crate::error::StoreError;

/// Every migration, in order. A released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_groups_resources.sql"),
    include_str!("../migrations/0003_service_accounts.sql"),
    include_str!("../migrations/0004_invite_links.sql"),
    include_str!("../migrations/0005_joining.sql"),
    include_str!("../migrations/0006_removals.sql"),
    include_str!("../migrations/0007_roles.sql"),
    include_str!("../migrations/0008_sharing.sql"),
    include_str!("../migrations/0010_limits_account.sql"),
    include_str!("../migrations/0011_tenants.sql"),
    include_str!("../migrations/0012_session_proof.sql"),
    include_str!("../migrations/0013_sso.sql"),
    include_str!("../migrations/0014_scim.sql"),
    include_str!("../migrations/0015_factors.sql"),
    include_str!("../migrations/0016_saml.sql"),
    include_str!("../migrations/0017_tenant_resources.sql"),
];

/// The newest schema this program knows.
pub(crate) const KNOWN: u64 = MIGRATIONS.len() as u64;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
const RAISE: &str = "INSERT INTO schema_version (version) VALUES ($1)";

/// The schema a database has; `None` where none of ours is.
pub(crate) fn version(driver: &mut dyn Driver) -> Result<Option<u64>, StoreError> {
    match driver.prepare(VERSION) {
        Err(StoreError::Bug(_)) => return Ok(None),
        other => other?,
    }
    driver.query(VERSION, &[])?.pop().map(|mut row| row.next()).transpose()
}

/// Runs what is missing. `exclusive` is the statement that keeps other starting nodes out.
pub(crate) fn migrate(
    driver: &mut dyn Driver,
    dialect: &Dialect,
    begin: &str,
    exclusive: Option<&str>,
) -> Result<(), StoreError> {
    driver.script(begin)?;
    let outcome = steps(driver, dialect, exclusive);
    match outcome {
        Ok(()) => driver.script("COMMIT"),
        Err(error) => {
            let _ = driver.script("ROLLBACK");
            Err(error)
        }
    }
}

fn steps(driver: &mut dyn Driver, dialect: &Dialect, exclusive: Option<&str>) -> Result<(), StoreError> {
    if let Some(lock) = exclusive {
        driver.script(lock)?;
    }
    driver.script(TABLE)?;
    let mut rows = driver.query(VERSION, &[])?;
    let version: u64 = rows.pop().ok_or_else(|| StoreError::Corrupt("no schema version".to_owned()))?.next()?;
    let known = KNOWN;
    if version > known {
        return Err(StoreError::TooNew { found: version, known });
    }
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        driver.script(&dialect.render(migration))?;
        driver.execute(RAISE, crate::params![at as u64 + 1])?;
    }
    Ok(())
}
