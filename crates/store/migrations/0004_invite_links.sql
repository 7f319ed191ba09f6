-- Invite links: whoever holds one may join. What invitations carry, and whom they are for by handle.

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

ALTER TABLE invitations ADD COLUMN invitee_id {U};
ALTER TABLE invitations ADD COLUMN handle {T};
ALTER TABLE invitations ADD COLUMN carries {T};
CREATE INDEX invitations_email ON invitations (organization_id, email_key);
CREATE INDEX invitations_invitee ON invitations (organization_id, invitee_id) WHERE invitee_id IS NOT NULL;
