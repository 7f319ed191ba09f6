-- Invite links: whoever holds one may join.

CREATE TABLE invite_links (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    role {T} NOT NULL,
    state {T} NOT NULL,
    secret {B} NOT NULL,
    expires_at BIGINT,
    uses_left BIGINT,
    created_at BIGINT NOT NULL,
    created_by {U},
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX invite_links_secret ON invite_links (secret);
CREATE INDEX invite_links_open ON invite_links (organization_id, id) WHERE state = 'open';
