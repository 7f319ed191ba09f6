-- What a session rests on. Those there are began with a password.

ALTER TABLE sessions ADD COLUMN method {T} NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN connection_id {U};
ALTER TABLE sessions ADD COLUMN factor_at BIGINT;
ALTER TABLE sessions ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET proved_at = created_at;
