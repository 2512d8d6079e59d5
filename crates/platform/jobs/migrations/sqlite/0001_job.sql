CREATE TABLE job (
    id          BLOB    PRIMARY KEY,
    kind        TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER,
    attempts    INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (due_at);
