CREATE TABLE mail_address (
    staff UUID NOT NULL PRIMARY KEY REFERENCES staff (id),
    address BYTEA,
    proved_at BIGINT,
    claimed BYTEA,
    code_hash BYTEA,
    code_expires_at BIGINT,
    tries BIGINT NOT NULL,
    codes_sent BIGINT NOT NULL,
    codes_since BIGINT NOT NULL
);
