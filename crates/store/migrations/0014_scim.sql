-- What directories keep here by SCIM: their tokens, what they said of people, the order in which they brought
-- people and groups, and what they asked lately.

CREATE TABLE scim_tokens (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    name {T} NOT NULL,
    secret {B} NOT NULL,
    last4 {T} NOT NULL,
    created_at BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    created_by {U},
    last_used_at BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX scim_tokens_secret ON scim_tokens (secret);

ALTER TABLE memberships ADD COLUMN managed BIGINT NOT NULL DEFAULT 0;

CREATE TABLE scim_users (
    organization_id {U} NOT NULL,
    membership_id {U} NOT NULL,
    place BIGINT NOT NULL,
    user_name_key {T} NOT NULL,
    external_id {T},
    attributes {T} NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, membership_id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES memberships (organization_id, id)
);
CREATE UNIQUE INDEX scim_users_place ON scim_users (organization_id, place);
CREATE UNIQUE INDEX scim_users_name ON scim_users (organization_id, user_name_key);
CREATE INDEX scim_users_external ON scim_users (organization_id, external_id) WHERE external_id IS NOT NULL;

-- Every address the directory gives somebody, folded.
CREATE TABLE scim_addresses (
    organization_id {U} NOT NULL,
    address_key {T} NOT NULL,
    membership_id {U} NOT NULL,
    PRIMARY KEY (organization_id, address_key, membership_id)
);
CREATE INDEX scim_addresses_member ON scim_addresses (organization_id, membership_id);

ALTER TABLE groups ADD COLUMN place BIGINT;
ALTER TABLE groups ADD COLUMN changed_at BIGINT;
CREATE UNIQUE INDEX groups_place ON groups (organization_id, place) WHERE place IS NOT NULL;

-- Places are given in the order of coming, 256 to a block, and each block knows how many of its places are held:
-- so the hundred thousandth of a list is found by adding up a few hundred numbers, and the length of the list too.
CREATE TABLE scim_lists (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    kind {T} NOT NULL,
    next_place BIGINT NOT NULL,
    PRIMARY KEY (organization_id, kind)
);
CREATE TABLE scim_blocks (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    kind {T} NOT NULL,
    block BIGINT NOT NULL,
    held BIGINT NOT NULL,
    PRIMARY KEY (organization_id, kind, block)
);

CREATE TABLE scim_requests (
    organization_id {U} NOT NULL,
    id {U} NOT NULL,
    at BIGINT NOT NULL,
    token_name {T} NOT NULL,
    method {T} NOT NULL,
    path {T} NOT NULL,
    status BIGINT NOT NULL,
    outcome {T} NOT NULL,
    PRIMARY KEY (organization_id, id)
);
