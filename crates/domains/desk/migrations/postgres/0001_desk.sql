CREATE TABLE conversation (
    id               UUID   PRIMARY KEY,
    team             UUID   NOT NULL,
    customer         UUID   NOT NULL,
    state            TEXT   NOT NULL CHECK (state IN ('waiting', 'open', 'closed')),
    assignee         UUID,
    opened_at        BIGINT NOT NULL,
    waiting_since    BIGINT,
    last_activity_at BIGINT NOT NULL,
    last_from        TEXT   CHECK (last_from IN ('customer', 'staff')),
    closed_at        BIGINT
);
CREATE INDEX conversation_team ON conversation (team, state, last_activity_at, id);
CREATE INDEX conversation_state ON conversation (state, last_activity_at, id);
CREATE INDEX conversation_waiting_team ON conversation (team, state, waiting_since, id);
CREATE INDEX conversation_waiting ON conversation (state, waiting_since, id);
CREATE INDEX conversation_assignee ON conversation (assignee, state, last_activity_at, id);
CREATE INDEX conversation_customer ON conversation (customer, id);
CREATE TABLE colleague (
    conversation UUID NOT NULL REFERENCES conversation (id),
    staff        UUID NOT NULL,
    PRIMARY KEY (conversation, staff)
);
CREATE INDEX colleague_staff ON colleague (staff, conversation);
CREATE TABLE desk_settings (
    one             BIGINT  PRIMARY KEY CHECK (one = 1),
    name            TEXT    NOT NULL,
    widget_team     UUID,
    typing          BOOLEAN NOT NULL,
    presence        BOOLEAN NOT NULL,
    reply_time      TEXT,
    widget_origins  TEXT    NOT NULL,
    identity_keys   TEXT    NOT NULL
);
