CREATE TABLE proof_gate (
    id     INTEGER PRIMARY KEY,
    passed INTEGER NOT NULL
) STRICT;
INSERT INTO proof_gate (id, passed) VALUES (1, 0);

CREATE TABLE proof_request (
    id           BLOB    PRIMARY KEY,
    conversation BLOB    NOT NULL,
    customer     BLOB    NOT NULL,
    asked_by     BLOB    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('asked', 'proved', 'failed', 'replaced')),
    asked_at     INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    device       BLOB,
    session      BLOB,
    codes        INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    code         BLOB,
    code_ends_at INTEGER,
    proved_at    INTEGER,
    valid_until  INTEGER
) STRICT;
CREATE INDEX proof_request_of_conversation ON proof_request (conversation, asked_at);
CREATE INDEX proof_request_of_customer ON proof_request (customer, asked_at);
CREATE INDEX proof_request_by_time ON proof_request (asked_at);
