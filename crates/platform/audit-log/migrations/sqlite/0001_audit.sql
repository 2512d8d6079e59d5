CREATE TABLE audit_entry (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE,
    at          INTEGER NOT NULL,
    actor_kind  TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    request     BLOB    NOT NULL,
    action      TEXT    NOT NULL,
    target_kind TEXT,
    target      TEXT,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
    details     TEXT    NOT NULL,
    canonical   BLOB    NOT NULL,
    hash        BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_entry_by_target ON audit_entry (target, seq);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, seq);
CREATE INDEX audit_entry_by_action ON audit_entry (action, seq);
CREATE TABLE audit_personal (
    entry BLOB NOT NULL REFERENCES audit_entry (id),
    name  TEXT NOT NULL,
    salt  BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (entry, name)
) STRICT;
