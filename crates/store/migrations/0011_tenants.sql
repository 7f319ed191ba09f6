-- The tier above organizations, and one's own acts wherever they took place.

CREATE TABLE tenants (
    id {U} PRIMARY KEY,
    slug {T} NOT NULL,
    name {T} NOT NULL,
    settings {T} NOT NULL,
    valid_from BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    object_revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenants_slug ON tenants (slug);

-- Somebody is named by identity, or by an address that counts for whoever has proved it.
CREATE TABLE tenant_members (
    tenant_id {U} NOT NULL REFERENCES tenants (id),
    id {U} NOT NULL,
    identity_id {U} REFERENCES identities (id),
    email_key {T},
    label {T} NOT NULL,
    role {T} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX tenant_members_identity ON tenant_members (identity_id, tenant_id) WHERE identity_id IS NOT NULL;
CREATE UNIQUE INDEX tenant_members_email ON tenant_members (email_key, tenant_id) WHERE email_key IS NOT NULL;

ALTER TABLE organizations ADD COLUMN tenant_id {U};
CREATE INDEX organizations_tenant ON organizations (tenant_id, id) WHERE tenant_id IS NOT NULL;

CREATE INDEX audit_events_acts ON audit_events (actor_id, id);
