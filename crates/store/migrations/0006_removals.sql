-- Removals that can be undone, and identities that are deleted: the row stays for what refers to it, emptied.

CREATE TABLE removals (
    organization_id {U} NOT NULL,
    membership_id {U} NOT NULL,
    identity_id {U},
    kept {T} NOT NULL,
    removed_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (organization_id, membership_id),
    FOREIGN KEY (organization_id, membership_id) REFERENCES memberships (organization_id, id)
);
CREATE INDEX removals_identity ON removals (identity_id);
CREATE INDEX removals_until ON removals (until);

ALTER TABLE identities ADD COLUMN deleted_at BIGINT;
