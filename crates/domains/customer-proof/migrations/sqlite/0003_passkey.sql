CREATE TABLE customer_passkey (
    id              BLOB    PRIMARY KEY,
    customer        BLOB    NOT NULL,
    -- Sealed under the key of the customer.
    name            BLOB    NOT NULL,
    data            BLOB    NOT NULL,
    credential_hash BLOB    NOT NULL UNIQUE,
    counter         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    -- Nothing is proved by it before then.
    counts_from     INTEGER NOT NULL,
    last_used_at    INTEGER,
    -- It answered like a copy.
    stopped_at      INTEGER
) STRICT;
CREATE INDEX customer_passkey_of ON customer_passkey (customer, created_at);

-- A question that was answered, until it would expire.
CREATE TABLE spent_passkey_question (
    id         BLOB    PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_passkey_question_expires ON spent_passkey_question (expires_at);

CREATE TABLE proof_request_0003 (
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
    valid_until  INTEGER,
    channel      TEXT    NOT NULL CHECK (channel IN ('mail_code', 'phone_code', 'passkey')),
    message      BLOB,
    failed_at    INTEGER,
    -- The passkey that answered.
    passkey      BLOB
) STRICT;
INSERT INTO proof_request_0003 (id, conversation, customer, asked_by, state, asked_at, ends_at, device, session, codes, tries, code, code_ends_at, proved_at, valid_until, channel, message, failed_at)
SELECT id, conversation, customer, asked_by, state, asked_at, ends_at, device, session, codes, tries, code, code_ends_at, proved_at, valid_until, channel, message, failed_at FROM proof_request;
DROP TABLE proof_request;
ALTER TABLE proof_request_0003 RENAME TO proof_request;
CREATE INDEX proof_request_of_conversation ON proof_request (conversation, asked_at);
CREATE INDEX proof_request_of_customer ON proof_request (customer, asked_at);
CREATE INDEX proof_request_by_time ON proof_request (asked_at);
