-- Joining by oneself: what a turned-away person is told, which mail domains lead where, sign-ups that wait
-- for the proof of their address, and how full a house its owners have been told of.

ALTER TABLE memberships ADD COLUMN rejected_at BIGINT;
ALTER TABLE memberships ADD COLUMN rejected_reason {T};
CREATE INDEX memberships_gone ON memberships (identity_id, organization_id) WHERE status = 'removed';

ALTER TABLE organizations ADD COLUMN seats_told BIGINT NOT NULL DEFAULT 0;
CREATE INDEX organizations_name ON organizations (name) WHERE deleted_at IS NULL;

CREATE TABLE join_domains (
    domain {T} NOT NULL,
    organization_id {U} NOT NULL REFERENCES organizations (id),
    PRIMARY KEY (domain, organization_id)
);
CREATE INDEX join_domains_organization ON join_domains (organization_id);

CREATE TABLE waiting_sign_ups (
    identity_id {U} PRIMARY KEY REFERENCES identities (id),
    organization_id {U} REFERENCES organizations (id)
);
