-- Single sign-on: connections to providers, who is who there, sign-ins under way; and claimed mail domains.

CREATE TABLE sso_connections (
    id {U} PRIMARY KEY,
    organization_id {U} REFERENCES organizations (id),
    name {T} NOT NULL,
    issuer {T} NOT NULL,
    client_id {T} NOT NULL,
    secret {B},
    scopes {T} NOT NULL,
    domains {T} NOT NULL,
    position BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    just_in_time BIGINT NOT NULL,
    role {T},
    mail_trust {T} NOT NULL,
    mapping {T} NOT NULL,
    tested_at BIGINT,
    trial {T},
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX sso_connections_organization ON sso_connections (organization_id, position, id);

CREATE TABLE sso_connection_domains (
    domain {T} NOT NULL,
    connection_id {U} NOT NULL REFERENCES sso_connections (id),
    PRIMARY KEY (domain, connection_id)
);
CREATE INDEX sso_connection_domains_connection ON sso_connection_domains (connection_id);

CREATE TABLE sso_links (
    connection_id {U} NOT NULL REFERENCES sso_connections (id),
    issuer {T} NOT NULL,
    subject {T} NOT NULL,
    identity_id {U} NOT NULL REFERENCES identities (id),
    whole BIGINT NOT NULL,
    email {T} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, issuer, subject)
);
CREATE UNIQUE INDEX sso_links_identity ON sso_links (identity_id, connection_id);

-- A sign-in on its way to a provider and back: used once, by the browser that began it.
CREATE TABLE sso_attempts (
    state {B} PRIMARY KEY,
    connection_id {U} NOT NULL REFERENCES sso_connections (id),
    browser {B} NOT NULL,
    sealed {B} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sso_attempts_expiry ON sso_attempts (expires_at);
CREATE INDEX sso_attempts_connection ON sso_attempts (connection_id);

ALTER TABLE sessions ADD COLUMN provider_sid {T};
CREATE INDEX sessions_connection ON sessions (connection_id, identity_id) WHERE connection_id IS NOT NULL;

CREATE TABLE claimed_domains (
    id {U} PRIMARY KEY,
    organization_id {U} NOT NULL REFERENCES organizations (id),
    domain {T} NOT NULL,
    verify_by {T} NOT NULL,
    record {T} NOT NULL,
    secret {B},
    state {T} NOT NULL,
    verified_at BIGINT,
    checked_at BIGINT,
    missed_since BIGINT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX claimed_domains_organization ON claimed_domains (organization_id, domain);
CREATE UNIQUE INDEX claimed_domains_verified ON claimed_domains (domain) WHERE state = 'verified';
CREATE UNIQUE INDEX claimed_domains_secret ON claimed_domains (secret) WHERE secret IS NOT NULL;
CREATE INDEX claimed_domains_checked ON claimed_domains (checked_at, id) WHERE state = 'verified';
