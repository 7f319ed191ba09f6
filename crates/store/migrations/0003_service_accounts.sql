-- Service accounts and their owners; tokens that are switched off, rotated or shown again; deploy keys.

-- The account's id is its membership's.
CREATE TABLE service_accounts (
    organization_id {U} NOT NULL,
    id {U} NOT NULL,
    description {T} NOT NULL,
    owner_id {U},
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, id) REFERENCES memberships (organization_id, id)
);
CREATE INDEX service_accounts_owner ON service_accounts (organization_id, owner_id) WHERE owner_id IS NOT NULL;

ALTER TABLE tokens ADD COLUMN holder {T} NOT NULL DEFAULT 'person';
ALTER TABLE tokens ADD COLUMN active BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN issued_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN old_secret {B};
ALTER TABLE tokens ADD COLUMN old_issued_at BIGINT;
ALTER TABLE tokens ADD COLUMN old_until BIGINT;
ALTER TABLE tokens ADD COLUMN sealed {B};
UPDATE tokens SET issued_at = created_at;
CREATE UNIQUE INDEX tokens_old_secret ON tokens (old_secret) WHERE old_secret IS NOT NULL;
CREATE INDEX tokens_membership ON tokens (organization_id, membership_id, id);

CREATE TABLE deploy_keys (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    name {T} NOT NULL,
    secret {B} NOT NULL,
    last4 {T} NOT NULL,
    created_at BIGINT NOT NULL,
    created_by {U},
    last_used_at BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX deploy_keys_secret ON deploy_keys (secret);
