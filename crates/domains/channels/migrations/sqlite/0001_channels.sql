CREATE TABLE organisation_key (
    number             INTEGER PRIMARY KEY,
    kid                TEXT   NOT NULL UNIQUE,
    public_key         BLOB  NOT NULL,
    seed               BLOB  NOT NULL,
    since              INTEGER NOT NULL,
    signed_by_previous BLOB
) STRICT;
CREATE TABLE device (
    id                   BLOB   PRIMARY KEY,
    kind                 TEXT   NOT NULL CHECK (kind IN ('staff', 'customer')),
    subject              BLOB   NOT NULL,
    name                 TEXT   NOT NULL,
    user_agent           TEXT   NOT NULL,
    mls_key              BLOB  NOT NULL UNIQUE,
    hpke_key             BLOB  NOT NULL,
    statement            INTEGER NOT NULL,
    statement_expires_at INTEGER NOT NULL,
    unlock_secret        BLOB,
    created_at           INTEGER NOT NULL,
    last_seen_at         INTEGER NOT NULL,
    revoked_at           INTEGER
) STRICT;
CREATE INDEX device_subject ON device (subject, kind);
CREATE TABLE device_statement (
    device BLOB   NOT NULL REFERENCES device (id),
    number INTEGER NOT NULL,
    jws    TEXT   NOT NULL,
    PRIMARY KEY (device, number)
) STRICT;
CREATE TABLE device_team (
    device BLOB NOT NULL REFERENCES device (id),
    team   BLOB NOT NULL,
    PRIMARY KEY (team, device)
) STRICT;
CREATE TABLE key_package (
    device      BLOB    NOT NULL REFERENCES device (id),
    hash        BLOB   NOT NULL,
    bytes       BLOB   NOT NULL,
    expires_at  INTEGER  NOT NULL,
    last_resort INTEGER NOT NULL,
    PRIMARY KEY (device, hash)
) STRICT;
CREATE TABLE team_key (
    team       BLOB    NOT NULL,
    generation INTEGER  NOT NULL,
    public_key BLOB   NOT NULL,
    device     BLOB    NOT NULL REFERENCES device (id),
    at         INTEGER  NOT NULL,
    signature  BLOB   NOT NULL,
    statement  INTEGER  NOT NULL,
    stale      INTEGER NOT NULL,
    PRIMARY KEY (team, generation)
) STRICT;
CREATE TABLE team_key_share (
    team       BLOB   NOT NULL,
    generation INTEGER NOT NULL,
    device     BLOB   NOT NULL REFERENCES device (id),
    sealed     BLOB  NOT NULL,
    PRIMARY KEY (device, team, generation),
    FOREIGN KEY (team, generation) REFERENCES team_key (team, generation)
) STRICT;
CREATE TABLE mls_group (
    conversation BLOB   PRIMARY KEY,
    customer     BLOB   NOT NULL,
    team         BLOB   NOT NULL,
    head         INTEGER NOT NULL,
    note_head    INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    state        BLOB  NOT NULL,
    group_info   BLOB  NOT NULL,
    opened_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX mls_group_customer ON mls_group (customer, conversation);
CREATE TABLE group_member (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    device       BLOB   NOT NULL REFERENCES device (id),
    staff        INTEGER NOT NULL,
    joined_epoch INTEGER NOT NULL,
    PRIMARY KEY (conversation, device)
) STRICT;
CREATE INDEX group_member_device ON group_member (device);
CREATE TABLE log_item (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    seq          INTEGER NOT NULL,
    batch        INTEGER NOT NULL,
    kind         TEXT   NOT NULL,
    client_id    TEXT,
    device       BLOB,
    statement    INTEGER,
    at           INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    body         TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq),
    UNIQUE (conversation, client_id)
) STRICT;
CREATE TABLE pending_removal (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    device       BLOB   NOT NULL REFERENCES device (id),
    seq          INTEGER NOT NULL,
    grant_jws    TEXT   NOT NULL,
    PRIMARY KEY (conversation, device)
) STRICT;
CREATE TABLE history_key (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    epoch        INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    team         BLOB   NOT NULL,
    sealed       BLOB  NOT NULL,
    PRIMARY KEY (conversation, epoch)
) STRICT;
CREATE TABLE note_key (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    number       INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    team         BLOB   NOT NULL,
    sealed       BLOB  NOT NULL,
    PRIMARY KEY (conversation, number)
) STRICT;
CREATE TABLE note (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    seq          INTEGER NOT NULL,
    client_id    TEXT   NOT NULL,
    device       BLOB   NOT NULL REFERENCES device (id),
    statement    INTEGER NOT NULL,
    staff        BLOB   NOT NULL,
    at           INTEGER NOT NULL,
    record       TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq),
    UNIQUE (conversation, client_id)
) STRICT;
CREATE TABLE receipt (
    conversation BLOB   NOT NULL REFERENCES mls_group (conversation),
    who          BLOB   NOT NULL,
    customer     INTEGER NOT NULL,
    delivered    INTEGER NOT NULL,
    read_seq     INTEGER NOT NULL,
    PRIMARY KEY (conversation, who)
) STRICT;
CREATE TABLE rate_bucket (
    subject BLOB   NOT NULL,
    what    TEXT   NOT NULL,
    spent   INTEGER NOT NULL,
    PRIMARY KEY (subject, what)
) STRICT;
