CREATE TABLE conversation (
    id               BLOB   PRIMARY KEY,
    team             BLOB   NOT NULL,
    customer         BLOB   NOT NULL,
    state            TEXT   NOT NULL CHECK (state IN ('waiting', 'open', 'closed')),
    assignee         BLOB,
    opened_at        INTEGER NOT NULL,
    waiting_since    INTEGER,
    last_activity_at INTEGER NOT NULL,
    last_from        TEXT   CHECK (last_from IN ('customer', 'staff')),
    closed_at        INTEGER
) STRICT;
CREATE INDEX conversation_team ON conversation (team, state, last_activity_at, id);
CREATE INDEX conversation_state ON conversation (state, last_activity_at, id);
CREATE INDEX conversation_waiting_team ON conversation (team, state, waiting_since, id);
CREATE INDEX conversation_waiting ON conversation (state, waiting_since, id);
CREATE INDEX conversation_assignee ON conversation (assignee, state, last_activity_at, id);
CREATE INDEX conversation_customer ON conversation (customer, id);
CREATE TABLE colleague (
    conversation BLOB NOT NULL REFERENCES conversation (id),
    staff        BLOB NOT NULL,
    PRIMARY KEY (conversation, staff)
) STRICT;
CREATE INDEX colleague_staff ON colleague (staff, conversation);
CREATE TABLE desk_settings (
    one             INTEGER  PRIMARY KEY CHECK (one = 1),
    name            TEXT    NOT NULL,
    widget_team     BLOB,
    typing          INTEGER NOT NULL,
    presence        INTEGER NOT NULL,
    reply_time      TEXT,
    widget_origins  TEXT    NOT NULL,
    identity_keys   TEXT    NOT NULL
) STRICT;
