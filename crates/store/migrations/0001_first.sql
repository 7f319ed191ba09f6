-- The first schema. {U} is a 16-byte id, {T} text ordered by its bytes, {B} bytes. Times are
-- microseconds since 1970 in UTC, yes and no are 1 and 0. Keys lead with the organization, so that
-- a distributed engine can keep an organization together.

CREATE TABLE instance (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    set_up BIGINT NOT NULL,
    probe {B}
);
INSERT INTO instance (id, revision, set_up) VALUES (1, 0, 0);

CREATE TABLE organizations (
    id {U} PRIMARY KEY,
    slug {T} NOT NULL,
    name {T} NOT NULL,
    preset {T} NOT NULL,
    preset_version BIGINT NOT NULL,
    preset_text {T} NOT NULL,
    policy {T} NOT NULL,
    valid_from BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    object_revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX organizations_slug ON organizations (slug) WHERE deleted_at IS NULL;

CREATE TABLE identities (
    id {U} PRIMARY KEY,
    email {T} NOT NULL,
    email_key {T} NOT NULL,
    email_verified_at BIGINT,
    name {T} NOT NULL,
    handle {T},
    password {T},
    administrator BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identities_verified_email ON identities (email_key) WHERE email_verified_at IS NOT NULL;
CREATE INDEX identities_email ON identities (email_key, id);
CREATE UNIQUE INDEX identities_handle ON identities (handle) WHERE handle IS NOT NULL;

CREATE TABLE memberships (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    identity_id {U} REFERENCES identities (id),
    kind {T} NOT NULL,
    email {T} NOT NULL,
    email_key {T} NOT NULL,
    name {T} NOT NULL,
    sort_key {T} NOT NULL,
    search_key {T} NOT NULL,
    handle {T},
    role {T} NOT NULL,
    status {T} NOT NULL,
    origin {T} NOT NULL,
    joined_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by {U},
    last_active_at BIGINT,
    sessions_from BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX memberships_identity ON memberships (identity_id, organization_id) WHERE status <> 'removed';
CREATE INDEX memberships_sorted ON memberships (organization_id, sort_key, id) WHERE status <> 'removed';
CREATE INDEX memberships_role ON memberships (organization_id, role, status, sort_key, id) WHERE status <> 'removed';
CREATE INDEX memberships_status ON memberships (organization_id, status, sort_key, id) WHERE status <> 'removed';
CREATE INDEX memberships_email ON memberships (organization_id, email_key) WHERE status <> 'removed';

CREATE TABLE invitations (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    membership_id {U} NOT NULL,
    email {T} NOT NULL,
    email_key {T} NOT NULL,
    name {T} NOT NULL,
    role {T} NOT NULL,
    deliver {T} NOT NULL,
    state {T} NOT NULL,
    secret {B} NOT NULL,
    expires_at BIGINT,
    delivery {T} NOT NULL,
    delivery_detail {T},
    created_at BIGINT NOT NULL,
    created_by {U},
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX invitations_secret ON invitations (secret);
CREATE INDEX invitations_membership ON invitations (organization_id, membership_id);
CREATE INDEX invitations_state ON invitations (organization_id, state, id);

CREATE TABLE sessions (
    id {U} PRIMARY KEY,
    identity_id {U} NOT NULL REFERENCES identities (id),
    secret {B} NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address {T} NOT NULL,
    agent {T} NOT NULL
);
CREATE UNIQUE INDEX sessions_secret ON sessions (secret);
CREATE INDEX sessions_identity ON sessions (identity_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE tokens (
    id {U} PRIMARY KEY,
    organization_id {U},
    membership_id {U},
    identity_id {U} NOT NULL REFERENCES identities (id),
    name {T} NOT NULL,
    scopes {T},
    secret {B} NOT NULL,
    last4 {T} NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX tokens_secret ON tokens (secret);
CREATE INDEX tokens_identity ON tokens (identity_id, id);
CREATE INDEX tokens_organization ON tokens (organization_id, id);

CREATE TABLE links (
    id {U} PRIMARY KEY,
    kind {T} NOT NULL,
    identity_id {U},
    email {T} NOT NULL,
    secret {B} NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX links_secret ON links (secret);
CREATE INDEX links_identity ON links (identity_id, kind);
CREATE INDEX links_expiry ON links (expires_at);

CREATE TABLE outbox (
    id {U} PRIMARY KEY,
    organization_id {U},
    invitation_id {U},
    kind {T} NOT NULL,
    recipient {T} NOT NULL,
    sealed {B},
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    state {T} NOT NULL,
    detail {T},
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_invitation ON outbox (invitation_id) WHERE invitation_id IS NOT NULL;

CREATE TABLE audit_events (
    organization_id {U} NOT NULL,
    revision BIGINT NOT NULL,
    id {U} NOT NULL,
    kind {T} NOT NULL,
    actor_kind {T} NOT NULL,
    actor_id {T} NOT NULL,
    actor_name {T} NOT NULL,
    credential {T} NOT NULL,
    target_kind {T} NOT NULL,
    target_id {T} NOT NULL,
    target_name {T} NOT NULL,
    before_value {T},
    after_value {T},
    outcome {T} NOT NULL,
    address {T} NOT NULL,
    request_id {T} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, revision, id)
);
CREATE INDEX audit_events_target ON audit_events (organization_id, target_id, revision, id);
CREATE INDEX audit_events_actor ON audit_events (organization_id, actor_id, revision, id);
CREATE INDEX audit_events_kind ON audit_events (organization_id, kind, revision, id);

CREATE TABLE idempotency (
    key {B} PRIMARY KEY,
    body {B} NOT NULL,
    sealed {B} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_age ON idempotency (created_at);
