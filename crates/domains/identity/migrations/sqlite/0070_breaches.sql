ALTER TABLE staff ADD COLUMN password_checked_with BLOB;
ALTER TABLE staff ADD COLUMN password_checked_at INTEGER;
ALTER TABLE staff ADD COLUMN password_breached_at INTEGER;
ALTER TABLE staff ADD COLUMN password_asked_with BLOB;
ALTER TABLE staff ADD COLUMN password_asked_at INTEGER;

CREATE TABLE breach_corpus (
    digest BLOB NOT NULL PRIMARY KEY,
    entries INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    first_used_at INTEGER NOT NULL
) STRICT;

CREATE TABLE breach_day (
    day INTEGER NOT NULL PRIMARY KEY,
    passwords INTEGER NOT NULL,
    checked INTEGER NOT NULL,
    breached INTEGER NOT NULL
) STRICT;
