-- What people prove who they are with beside a password, and what is half done of it.

-- `count` is the last time step whose code was taken, or a passkey's signature counter.
CREATE TABLE factors (
    id {U} PRIMARY KEY,
    identity_id {U} NOT NULL REFERENCES identities (id),
    kind {T} NOT NULL,
    name {T} NOT NULL,
    sealed {B} NOT NULL,
    credential {B},
    count BIGINT NOT NULL,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX factors_identity ON factors (identity_id, id);
CREATE UNIQUE INDEX factors_app ON factors (identity_id) WHERE kind = 'totp';
CREATE UNIQUE INDEX factors_credential ON factors (credential) WHERE credential IS NOT NULL;

CREATE TABLE backup_codes (
    identity_id {U} NOT NULL REFERENCES identities (id),
    hash {B} NOT NULL,
    PRIMARY KEY (identity_id, hash)
);

-- A question to a device that waits for its answer, or a sign-in that waits for its second factor.
CREATE TABLE ceremonies (
    secret {B} PRIMARY KEY,
    kind {T} NOT NULL,
    identity_id {U},
    sealed {B} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

-- Since when the organization asks for second factors as it does.
ALTER TABLE organizations ADD COLUMN factors_from BIGINT;

-- How long sessions last that began before `until`, where a change is for new ones only.
CREATE TABLE session_lengths (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    until BIGINT NOT NULL,
    idle_s BIGINT,
    absolute_s BIGINT NOT NULL,
    PRIMARY KEY (organization_id, until)
);
