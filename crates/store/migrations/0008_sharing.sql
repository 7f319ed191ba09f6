-- Links that share a resource with whoever holds them, and what is asked about who shared what.

CREATE TABLE share_links (
    organization_id {U} NOT NULL,
    id {U} NOT NULL,
    resource_id {U} NOT NULL,
    given_kind {T} NOT NULL,
    given {T} NOT NULL,
    secret {B} NOT NULL,
    last4 {T} NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by {U} NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, resource_id) REFERENCES resources (organization_id, id),
    FOREIGN KEY (organization_id, created_by) REFERENCES memberships (organization_id, id)
);
CREATE UNIQUE INDEX share_links_secret ON share_links (secret);
CREATE INDEX share_links_resource ON share_links (organization_id, resource_id, id);
CREATE INDEX share_links_maker ON share_links (organization_id, created_by, id);
CREATE INDEX grants_maker ON grants (organization_id, created_by, id);

ALTER TABLE resources ADD COLUMN search_key {T} NOT NULL DEFAULT '';
UPDATE resources SET search_key = LOWER(name);
