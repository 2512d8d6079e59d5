CREATE TABLE proof_gate (
    id     BIGINT PRIMARY KEY,
    passed BIGINT NOT NULL
);
INSERT INTO proof_gate (id, passed) VALUES (1, 0);

CREATE TABLE proof_request (
    id           UUID   PRIMARY KEY,
    conversation UUID    NOT NULL,
    customer     UUID    NOT NULL,
    asked_by     UUID    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('asked', 'proved', 'failed', 'replaced')),
    asked_at     BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    device       UUID,
    session      BYTEA,
    codes        BIGINT NOT NULL,
    tries        BIGINT NOT NULL,
    code         BYTEA,
    code_ends_at BIGINT,
    proved_at    BIGINT,
    valid_until  BIGINT
);
CREATE INDEX proof_request_of_conversation ON proof_request (conversation, asked_at);
CREATE INDEX proof_request_of_customer ON proof_request (customer, asked_at);
CREATE INDEX proof_request_by_time ON proof_request (asked_at);
