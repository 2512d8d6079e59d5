ALTER TABLE staff ADD COLUMN password_checked_with BYTEA;
ALTER TABLE staff ADD COLUMN password_checked_at BIGINT;
ALTER TABLE staff ADD COLUMN password_breached_at BIGINT;
ALTER TABLE staff ADD COLUMN password_asked_with BYTEA;
ALTER TABLE staff ADD COLUMN password_asked_at BIGINT;

CREATE TABLE breach_corpus (
    digest BYTEA NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    first_used_at BIGINT NOT NULL
);

CREATE TABLE breach_day (
    day BIGINT NOT NULL PRIMARY KEY,
    passwords BIGINT NOT NULL,
    checked BIGINT NOT NULL,
    breached BIGINT NOT NULL
);
