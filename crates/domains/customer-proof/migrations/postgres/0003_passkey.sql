CREATE TABLE customer_passkey (
    id              UUID   PRIMARY KEY,
    customer        UUID   NOT NULL,
    -- Sealed under the key of the customer.
    name            BYTEA  NOT NULL,
    data            BYTEA  NOT NULL,
    credential_hash BYTEA  NOT NULL UNIQUE,
    counter         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- Nothing is proved by it before then.
    counts_from     BIGINT NOT NULL,
    last_used_at    BIGINT,
    -- It answered like a copy.
    stopped_at      BIGINT
);
CREATE INDEX customer_passkey_of ON customer_passkey (customer, created_at);

-- A question that was answered, until it would expire.
CREATE TABLE spent_passkey_question (
    id         UUID   PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_passkey_question_expires ON spent_passkey_question (expires_at);

ALTER TABLE proof_request DROP CONSTRAINT proof_request_channel_check;
ALTER TABLE proof_request ADD CONSTRAINT proof_request_channel_check CHECK (channel IN ('mail_code', 'phone_code', 'passkey'));
ALTER TABLE proof_request ALTER COLUMN channel DROP DEFAULT;
-- The passkey that answered.
ALTER TABLE proof_request ADD COLUMN passkey UUID;
