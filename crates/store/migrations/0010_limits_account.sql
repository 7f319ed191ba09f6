-- Usage limits and what was used; plan label and billing contacts of an organization.

CREATE TABLE usage_limits (
    organization_id {U} NOT NULL REFERENCES organizations (id),
    id {U} NOT NULL,
    scope {T} NOT NULL,
    scope_id {U},
    unit {T} NOT NULL,
    budget BIGINT NOT NULL,
    period_s BIGINT NOT NULL,
    pooled BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX usage_limits_unit ON usage_limits (organization_id, unit, id);

-- How much was used up to a second since the bucket before it; nobody's use stands under the nil
-- id. Buckets are made wider as they age.
CREATE TABLE usage_buckets (
    organization_id {U} NOT NULL,
    unit {T} NOT NULL,
    membership_id {U} NOT NULL,
    until_s BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (organization_id, unit, membership_id, until_s)
);
CREATE INDEX usage_buckets_window ON usage_buckets (organization_id, unit, until_s);
CREATE INDEX usage_buckets_age ON usage_buckets (until_s);

-- Who counts against a budget before using takes the unit's row first.
CREATE TABLE usage_turns (
    organization_id {U} NOT NULL,
    unit {T} NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (organization_id, unit)
);

ALTER TABLE organizations ADD COLUMN plan {T};
ALTER TABLE organizations ADD COLUMN billing_contacts {T};
ALTER TABLE organizations ADD COLUMN account_revision BIGINT;
