-- Connections that speak SAML 2.0, and the assertions that were used already.

ALTER TABLE sso_connections ADD COLUMN saml {T};

CREATE TABLE sso_assertions (
    assertion {B} PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sso_assertions_expiry ON sso_assertions (expires_at);
