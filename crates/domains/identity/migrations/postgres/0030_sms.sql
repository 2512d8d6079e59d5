ALTER TABLE factor DROP CONSTRAINT factor_kind_check;
ALTER TABLE factor ADD CONSTRAINT factor_kind_check CHECK (kind IN ('totp', 'passkey', 'recovery', 'sms'));
-- No sign-in with it before then; NULL: at once.
ALTER TABLE factor ADD COLUMN held_until BIGINT;

-- The code that somebody was sent last, and the wrong ones they typed; in a known browser apart from all others.
CREATE TABLE sms_code (
    staff UUID NOT NULL REFERENCES staff (id),
    -- The hash of the token by which the browser is known; empty: it is not.
    device BYTEA NOT NULL,
    -- In which session it was asked for; it works in no other.
    session UUID,
    factor UUID,
    -- NULL: it was used, or there was none.
    code_hash BYTEA,
    message UUID,
    expires_at BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    failures_since BIGINT NOT NULL,
    PRIMARY KEY (staff, device)
);
CREATE INDEX sms_code_expires ON sms_code (expires_at);

-- How many codes somebody was sent, wherever they asked.
CREATE TABLE sms_sending (
    staff UUID NOT NULL PRIMARY KEY REFERENCES staff (id),
    sent BIGINT NOT NULL,
    since BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
