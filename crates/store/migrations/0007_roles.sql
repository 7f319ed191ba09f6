-- Roles that an organization makes for itself, and groups that give rights to whoever is in them.
-- Lists of permissions are JSON: names are what is stored, bits live in memory only.

CREATE TABLE roles (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    applies_to {T} NOT NULL,
    slug {T} NOT NULL,
    name {T} NOT NULL,
    description {T} NOT NULL,
    permissions {T} NOT NULL,
    ceiling {T},
    below {T},
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX roles_slug ON roles (organization_id, applies_to, slug);
CREATE INDEX grants_given ON grants (organization_id, given_kind, given);

-- What a group gives; the preset's name of a group that came with it; whether it is the preset's to keep,
-- whether whoever joins enters it; how a directory elsewhere calls it.
ALTER TABLE groups ADD COLUMN permissions {T};
ALTER TABLE groups ADD COLUMN slug {T};
ALTER TABLE groups ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN joins BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN external_id {T};
CREATE UNIQUE INDEX groups_external ON groups (organization_id, external_id) WHERE external_id IS NOT NULL;
