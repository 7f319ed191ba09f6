//! Rows of connections to identity providers, of who is who there, and of the sessions they ended.

use guildhall_domain::sso::{Connection, Link, SsoChange};
use serde_json::json;

use super::At;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const CREATE: &str = "INSERT INTO sso_connections (id, organization_id, name, issuer, client_id, secret, scopes, domains, position, enabled, just_in_time, role, mail_trust, mapping, created_at, revision, saml) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const EDIT: &str = "UPDATE sso_connections SET name = $2, issuer = $3, client_id = $4, scopes = $5, domains = $6, position = $7, enabled = $8, just_in_time = $9, role = $10, mail_trust = $11, mapping = $12, tested_at = $13, trial = $14, revision = $15, saml = $16 WHERE id = $1";
const SECRET: &str = "UPDATE sso_connections SET secret = $2 WHERE id = $1";
const TESTED: &str = "UPDATE sso_connections SET tested_at = $2, trial = $3 WHERE id = $1";
const FORGET_DOMAINS: &str = "DELETE FROM sso_connection_domains WHERE connection_id = $1";
const DOMAIN: &str = "INSERT INTO sso_connection_domains (domain, connection_id) VALUES ($1, $2)";
const FORGET_ATTEMPTS: &str = "DELETE FROM sso_attempts WHERE connection_id = $1";
const FORGET_LINKS: &str = "DELETE FROM sso_links WHERE connection_id = $1";
const END_SESSIONS: &str = "DELETE FROM sessions WHERE connection_id = $1";
const END_SESSIONS_OF: &str = "DELETE FROM sessions WHERE connection_id = $1 AND identity_id = $2";
const END_SESSIONS_BY_SID: &str = "DELETE FROM sessions WHERE connection_id = $1 AND provider_sid = $2";
const DELETE: &str = "DELETE FROM sso_connections WHERE id = $1";
const UNLINK: &str = "DELETE FROM sso_links WHERE connection_id = $1 AND identity_id = $2";
const LINK: &str = "INSERT INTO sso_links (connection_id, issuer, subject, identity_id, whole, email, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const STATEMENTS: &[&str] = &[
    CREATE,
    EDIT,
    SECRET,
    TESTED,
    FORGET_DOMAINS,
    DOMAIN,
    FORGET_ATTEMPTS,
    FORGET_LINKS,
    END_SESSIONS,
    END_SESSIONS_OF,
    END_SESSIONS_BY_SID,
    DELETE,
    UNLINK,
    LINK,
];

pub(super) fn changed(conn: &mut Conn<'_>, at: &At<'_>, change: &SsoChange) -> Result<(), StoreError> {
    match change {
        SsoChange::Created { connection, secret } => created(conn, at, connection, secret.clone()),
        SsoChange::Edited { after, secret, .. } => {
            edited(conn, at, after)?;
            match secret {
                Some(secret) => conn.execute(SECRET, params![after.id, secret.clone()]).map(drop),
                None => Ok(()),
            }
        }
        SsoChange::Tested { connection: c, .. } => conn.execute(TESTED, params![c.id, c.tested_at, &c.trial]).map(drop),
        SsoChange::Deleted { connection: c } => {
            for statement in [END_SESSIONS, FORGET_DOMAINS, FORGET_ATTEMPTS, FORGET_LINKS, DELETE] {
                conn.execute(statement, params![c.id])?;
            }
            Ok(())
        }
        SsoChange::Linked { link } => linked(conn, link),
        SsoChange::SessionsEnded { connection: c, user, sid } => match (sid, user) {
            (Some(sid), _) => conn.execute(END_SESSIONS_BY_SID, params![c.id, sid]).map(drop),
            (None, Some(user)) => conn.execute(END_SESSIONS_OF, params![c.id, *user]).map(drop),
            (None, None) => Ok(()),
        },
    }
}

/// An organization's connection changes at its revision; one of the installation counts its own.
fn revision(at: &At<'_>, c: &Connection) -> Result<u64, StoreError> {
    c.organization.map_or(Ok(c.revision + 1), |here| at.revision(here))
}

fn created(conn: &mut Conn<'_>, at: &At<'_>, c: &Connection, secret: Option<Vec<u8>>) -> Result<(), StoreError> {
    conn.execute(
        CREATE,
        params![
            c.id,
            c.organization,
            &c.name,
            &c.issuer,
            &c.client_id,
            secret,
            &json!(c.scopes),
            &json!(c.domains),
            c.position,
            c.enabled,
            c.just_in_time,
            c.role.clone(),
            c.mail_trust,
            &json!(c.mapping),
            c.created_at,
            revision(at, c)?,
            &json!(c.saml)
        ],
    )?;
    domains(conn, c)
}

fn edited(conn: &mut Conn<'_>, at: &At<'_>, c: &Connection) -> Result<(), StoreError> {
    conn.execute(
        EDIT,
        params![
            c.id,
            &c.name,
            &c.issuer,
            &c.client_id,
            &json!(c.scopes),
            &json!(c.domains),
            c.position,
            c.enabled,
            c.just_in_time,
            c.role.clone(),
            c.mail_trust,
            &json!(c.mapping),
            c.tested_at,
            &c.trial,
            revision(at, c)?,
            &json!(c.saml)
        ],
    )?;
    conn.execute(FORGET_DOMAINS, params![c.id])?;
    domains(conn, c)
}

fn domains(conn: &mut Conn<'_>, c: &Connection) -> Result<(), StoreError> {
    c.domains.iter().try_for_each(|domain| conn.execute(DOMAIN, params![domain, c.id]).map(drop))
}

fn linked(conn: &mut Conn<'_>, link: &Link) -> Result<(), StoreError> {
    // Whom a provider made anew is the same person here.
    conn.execute(UNLINK, params![link.connection, link.user])?;
    conn.execute(
        LINK,
        params![link.connection, &link.issuer, &link.subject, link.user, link.whole, &link.email, link.created_at],
    )
    .map(drop)
}
