CREATE TABLE sms_message (
    id           UUID    PRIMARY KEY,
    kind         TEXT    NOT NULL,
    -- The calling code (ITU-T E.164), in digits.
    country      TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'delivered', 'undelivered', 'failed', 'expired', 'refused')),
    queued_at    BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    lease_until  BIGINT,
    attempts     BIGINT NOT NULL,
    ended_at     BIGINT,
    trouble      TEXT,
    -- In thousandths of the currency; 0 when nobody took it.
    cost         BIGINT NOT NULL,
    driver       TEXT,
    -- What the driver calls it.
    reference    TEXT,
    sent_at      BIGINT,
    -- When to ask the driver next how it went; NULL: never.
    ask_at       BIGINT,
    receipt_at   BIGINT,
    verified_at  BIGINT,
    -- Blind indexes, for a day: of the number, of the number without its last three digits, of who asked.
    number       BYTEA,
    number_block BYTEA,
    address      BYTEA,
    -- Number and text, until a driver took it or it was given up.
    sealed       BYTEA
);
CREATE INDEX sms_message_due ON sms_message (state, due_at);
CREATE INDEX sms_message_ask ON sms_message (ask_at);
CREATE INDEX sms_message_queued ON sms_message (queued_at);
CREATE INDEX sms_message_number ON sms_message (number, queued_at);
CREATE INDEX sms_message_block ON sms_message (number_block, queued_at);
CREATE INDEX sms_message_address ON sms_message (address, queued_at);
CREATE INDEX sms_message_reference ON sms_message (reference);

-- How each driver fares, on all nodes.
CREATE TABLE sms_driver (
    name         TEXT    PRIMARY KEY,
    -- In a row.
    failures     BIGINT NOT NULL,
    -- Not asked until then.
    rest_until   BIGINT,
    last_good_at BIGINT,
    last_bad_at  BIGINT,
    trouble      TEXT
);

-- What happened with each driver within each hour.
CREATE TABLE sms_figure (
    driver      TEXT    NOT NULL,
    hour        BIGINT NOT NULL,
    taken       BIGINT NOT NULL,
    failed      BIGINT NOT NULL,
    delivered   BIGINT NOT NULL,
    undelivered BIGINT NOT NULL,
    late        BIGINT NOT NULL,
    cost        BIGINT NOT NULL,
    PRIMARY KEY (driver, hour)
);

-- What was reported, so that it is reported once, and what is blocked.
CREATE TABLE sms_alarm (
    about         BYTEA   PRIMARY KEY,
    at            BIGINT NOT NULL,
    blocked_until BIGINT
);

-- Whoever counts before sending changes this row first, so that nobody counts at the same time.
CREATE TABLE sms_turn (
    id    BIGINT PRIMARY KEY,
    turns BIGINT NOT NULL
);
INSERT INTO sms_turn (id, turns) VALUES (1, 0);
