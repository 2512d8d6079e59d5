CREATE TABLE organisation_key (
    number             BIGINT PRIMARY KEY,
    kid                TEXT   NOT NULL UNIQUE,
    public_key         BYTEA  NOT NULL,
    seed               BYTEA  NOT NULL,
    since              BIGINT NOT NULL,
    signed_by_previous BYTEA
);
CREATE TABLE device (
    id                   UUID   PRIMARY KEY,
    kind                 TEXT   NOT NULL CHECK (kind IN ('staff', 'customer')),
    subject              UUID   NOT NULL,
    name                 TEXT   NOT NULL,
    user_agent           TEXT   NOT NULL,
    mls_key              BYTEA  NOT NULL UNIQUE,
    hpke_key             BYTEA  NOT NULL,
    statement            BIGINT NOT NULL,
    statement_expires_at BIGINT NOT NULL,
    unlock_secret        BYTEA,
    created_at           BIGINT NOT NULL,
    last_seen_at         BIGINT NOT NULL,
    revoked_at           BIGINT
);
CREATE INDEX device_subject ON device (subject, kind);
CREATE TABLE device_statement (
    device UUID   NOT NULL REFERENCES device (id),
    number BIGINT NOT NULL,
    jws    TEXT   NOT NULL,
    PRIMARY KEY (device, number)
);
CREATE TABLE device_team (
    device UUID NOT NULL REFERENCES device (id),
    team   UUID NOT NULL,
    PRIMARY KEY (team, device)
);
CREATE TABLE key_package (
    device      UUID    NOT NULL REFERENCES device (id),
    hash        BYTEA   NOT NULL,
    bytes       BYTEA   NOT NULL,
    expires_at  BIGINT  NOT NULL,
    last_resort BOOLEAN NOT NULL,
    PRIMARY KEY (device, hash)
);
CREATE TABLE team_key (
    team       UUID    NOT NULL,
    generation BIGINT  NOT NULL,
    public_key BYTEA   NOT NULL,
    device     UUID    NOT NULL REFERENCES device (id),
    at         BIGINT  NOT NULL,
    signature  BYTEA   NOT NULL,
    statement  BIGINT  NOT NULL,
    stale      BOOLEAN NOT NULL,
    PRIMARY KEY (team, generation)
);
CREATE TABLE team_key_share (
    team       UUID   NOT NULL,
    generation BIGINT NOT NULL,
    device     UUID   NOT NULL REFERENCES device (id),
    sealed     BYTEA  NOT NULL,
    PRIMARY KEY (device, team, generation),
    FOREIGN KEY (team, generation) REFERENCES team_key (team, generation)
);
CREATE TABLE mls_group (
    conversation UUID   PRIMARY KEY,
    customer     UUID   NOT NULL,
    team         UUID   NOT NULL,
    head         BIGINT NOT NULL,
    note_head    BIGINT NOT NULL,
    epoch        BIGINT NOT NULL,
    state        BYTEA  NOT NULL,
    group_info   BYTEA  NOT NULL,
    opened_at    BIGINT NOT NULL
);
CREATE INDEX mls_group_customer ON mls_group (customer, conversation);
CREATE TABLE group_member (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    device       UUID   NOT NULL REFERENCES device (id),
    staff        BOOLEAN NOT NULL,
    joined_epoch BIGINT NOT NULL,
    PRIMARY KEY (conversation, device)
);
CREATE INDEX group_member_device ON group_member (device);
CREATE TABLE log_item (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    seq          BIGINT NOT NULL,
    batch        BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    client_id    TEXT,
    device       UUID,
    statement    BIGINT,
    at           BIGINT NOT NULL,
    epoch        BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq),
    UNIQUE (conversation, client_id)
);
CREATE TABLE pending_removal (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    device       UUID   NOT NULL REFERENCES device (id),
    seq          BIGINT NOT NULL,
    grant_jws    TEXT   NOT NULL,
    PRIMARY KEY (conversation, device)
);
CREATE TABLE history_key (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    epoch        BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    team         UUID   NOT NULL,
    sealed       BYTEA  NOT NULL,
    PRIMARY KEY (conversation, epoch)
);
CREATE TABLE note_key (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    number       BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    team         UUID   NOT NULL,
    sealed       BYTEA  NOT NULL,
    PRIMARY KEY (conversation, number)
);
CREATE TABLE note (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    seq          BIGINT NOT NULL,
    client_id    TEXT   NOT NULL,
    device       UUID   NOT NULL REFERENCES device (id),
    statement    BIGINT NOT NULL,
    staff        UUID   NOT NULL,
    at           BIGINT NOT NULL,
    record       TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq),
    UNIQUE (conversation, client_id)
);
CREATE TABLE receipt (
    conversation UUID   NOT NULL REFERENCES mls_group (conversation),
    who          UUID   NOT NULL,
    customer     BOOLEAN NOT NULL,
    delivered    BIGINT NOT NULL,
    read_seq     BIGINT NOT NULL,
    PRIMARY KEY (conversation, who)
);
CREATE TABLE rate_bucket (
    subject UUID   NOT NULL,
    what    TEXT   NOT NULL,
    spent   BIGINT NOT NULL,
    PRIMARY KEY (subject, what)
);
