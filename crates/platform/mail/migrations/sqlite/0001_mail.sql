CREATE TABLE mail_outgoing (
    id          BLOB    PRIMARY KEY,
    kind        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped', 'not-sent')),
    queued_at   INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER,
    attempts    INTEGER NOT NULL,
    ended_at    INTEGER,
    trouble     TEXT,
    reply       INTEGER,
    -- How many notices this one stands for; 0: it is one itself.
    stands_for  INTEGER NOT NULL,
    -- Blind index, for an hour.
    recipient   BLOB,
    -- Recipient, subject and text, until delivered or given up.
    sealed      BLOB
) STRICT;
CREATE INDEX mail_outgoing_due ON mail_outgoing (state, due_at);
CREATE INDEX mail_outgoing_recipient ON mail_outgoing (recipient, queued_at);
