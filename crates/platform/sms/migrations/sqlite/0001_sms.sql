CREATE TABLE sms_message (
    id           BLOB    PRIMARY KEY,
    kind         TEXT    NOT NULL,
    -- The calling code (ITU-T E.164), in digits.
    country      TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'delivered', 'undelivered', 'failed', 'expired', 'refused')),
    queued_at    INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    lease_until  INTEGER,
    attempts     INTEGER NOT NULL,
    ended_at     INTEGER,
    trouble      TEXT,
    -- In thousandths of the currency; 0 when nobody took it.
    cost         INTEGER NOT NULL,
    driver       TEXT,
    -- What the driver calls it.
    reference    TEXT,
    sent_at      INTEGER,
    -- When to ask the driver next how it went; NULL: never.
    ask_at       INTEGER,
    receipt_at   INTEGER,
    verified_at  INTEGER,
    -- Blind indexes, for a day: of the number, of the number without its last three digits, of who asked.
    number       BLOB,
    number_block BLOB,
    address      BLOB,
    -- Number and text, until a driver took it or it was given up.
    sealed       BLOB
) STRICT;
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
    failures     INTEGER NOT NULL,
    -- Not asked until then.
    rest_until   INTEGER,
    last_good_at INTEGER,
    last_bad_at  INTEGER,
    trouble      TEXT
) STRICT;

-- What happened with each driver within each hour.
CREATE TABLE sms_figure (
    driver      TEXT    NOT NULL,
    hour        INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    delivered   INTEGER NOT NULL,
    undelivered INTEGER NOT NULL,
    late        INTEGER NOT NULL,
    cost        INTEGER NOT NULL,
    PRIMARY KEY (driver, hour)
) STRICT;

-- What was reported, so that it is reported once, and what is blocked.
CREATE TABLE sms_alarm (
    about         BLOB    PRIMARY KEY,
    at            INTEGER NOT NULL,
    blocked_until INTEGER
) STRICT;

-- Whoever counts before sending changes this row first, so that nobody counts at the same time.
CREATE TABLE sms_turn (
    id    INTEGER PRIMARY KEY,
    turns INTEGER NOT NULL
) STRICT;
INSERT INTO sms_turn (id, turns) VALUES (1, 0);
