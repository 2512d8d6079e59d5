CREATE TABLE audit_entry (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          UUID   NOT NULL UNIQUE,
    at          BIGINT NOT NULL,
    actor_kind  TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    request     UUID   NOT NULL,
    action      TEXT   NOT NULL,
    target_kind TEXT,
    target      TEXT,
    outcome     TEXT   NOT NULL CHECK (outcome IN ('done', 'refused')),
    details     TEXT   NOT NULL,
    canonical   BYTEA  NOT NULL,
    hash        BYTEA  NOT NULL
);
CREATE INDEX audit_entry_by_target ON audit_entry (target, seq);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, seq);
CREATE INDEX audit_entry_by_action ON audit_entry (action, seq);
CREATE TABLE audit_personal (
    entry UUID  NOT NULL REFERENCES audit_entry (id),
    name  TEXT  NOT NULL,
    salt  BYTEA NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (entry, name)
);
