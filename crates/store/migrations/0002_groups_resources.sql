-- Groups and who is in them; inner scopes and resources as a tree; grants on them.

CREATE TABLE groups (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    name {T} NOT NULL,
    name_key {T} NOT NULL,
    description {T} NOT NULL,
    origin {T} NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX groups_name ON groups (organization_id, name_key);

CREATE TABLE group_members (
    organization_id {U} NOT NULL,
    group_id {U} NOT NULL,
    membership_id {U} NOT NULL,
    manager BIGINT NOT NULL,
    PRIMARY KEY (organization_id, group_id, membership_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES memberships (organization_id, id)
);
CREATE INDEX group_members_member ON group_members (organization_id, membership_id, group_id);

CREATE TABLE resources (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    type {T} NOT NULL,
    external_id {T},
    name {T} NOT NULL,
    parent_id {U},
    owner_id {U},
    controlled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES resources (organization_id, id)
);
CREATE UNIQUE INDEX resources_external ON resources (organization_id, type, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX resources_type ON resources (organization_id, type, id);
CREATE INDEX resources_parent ON resources (organization_id, parent_id, id);
CREATE INDEX resources_owner ON resources (organization_id, owner_id, id);

CREATE TABLE grants (
    organization_id {U} NOT NULL,
    id {U} NOT NULL,
    resource_id {U} NOT NULL,
    subject_kind {T} NOT NULL,
    subject_id {U},
    given_kind {T} NOT NULL,
    given {T} NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by {U},
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, resource_id) REFERENCES resources (organization_id, id)
);
CREATE INDEX grants_resource ON grants (organization_id, resource_id, id);
CREATE INDEX grants_subject ON grants (organization_id, subject_id, id);
