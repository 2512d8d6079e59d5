CREATE TABLE mail_outgoing (
    id          UUID   PRIMARY KEY,
    kind        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped', 'not-sent')),
    queued_at   BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT,
    attempts    BIGINT NOT NULL,
    ended_at    BIGINT,
    trouble     TEXT,
    reply       BIGINT,
    -- How many notices this one stands for; 0: it is one itself.
    stands_for  BIGINT NOT NULL,
    -- Blind index, for an hour.
    recipient   BYTEA,
    -- Recipient, subject and text, until delivered or given up.
    sealed      BYTEA
);
CREATE INDEX mail_outgoing_due ON mail_outgoing (state, due_at);
CREATE INDEX mail_outgoing_recipient ON mail_outgoing (recipient, queued_at);
