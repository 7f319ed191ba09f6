-- How a session began: a tenant may take some ways of signing in only.
ALTER TABLE sessions ADD COLUMN method {T} NOT NULL DEFAULT 'password';
