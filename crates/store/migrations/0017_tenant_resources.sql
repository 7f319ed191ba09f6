-- Resources of tenants, and who keeps a resource of an organization: the tenant, or a service account.

CREATE TABLE tenant_resources (
    tenant_id {U} NOT NULL REFERENCES tenants (id),
    id {U} NOT NULL,
    type {T} NOT NULL,
    name {T} NOT NULL,
    reach {T} NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE kept_resources (
    organization_id {U} NOT NULL,
    resource_id {U} NOT NULL,
    tenant_resource_id {U},
    membership_id {U},
    PRIMARY KEY (organization_id, resource_id)
);
CREATE UNIQUE INDEX kept_resources_of_tenants ON kept_resources (organization_id, tenant_resource_id) WHERE tenant_resource_id IS NOT NULL;
