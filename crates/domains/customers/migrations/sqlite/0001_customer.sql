CREATE TABLE customer (
    id             BLOB    PRIMARY KEY,
    version        INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('visitor', 'identified', 'recorded')),
    verified       INTEGER NOT NULL,
    name           BLOB,
    mail           BLOB,
    phone          BLOB,
    address        BLOB,
    external_id    BLOB,
    notes          BLOB,
    tags           BLOB,
    mail_index     BLOB,
    phone_index    BLOB,
    external_index BLOB,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_by_mail ON customer (mail_index);
CREATE INDEX customer_by_phone ON customer (phone_index);
CREATE INDEX customer_by_external ON customer (external_index);

CREATE TABLE widget_session (
    token_hash BLOB    PRIMARY KEY,
    customer   BLOB    NOT NULL REFERENCES customer (id),
    identity   BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX widget_session_by_customer ON widget_session (customer);

CREATE TABLE spent_identity (
    jti_hash   BLOB    PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE visitor_rate (
    address BLOB    NOT NULL,
    hour    INTEGER NOT NULL,
    visits  INTEGER NOT NULL,
    PRIMARY KEY (address, hour)
) STRICT;

CREATE TABLE customer_import (
    id          BLOB    PRIMARY KEY,
    by_staff    BLOB    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('running', 'done')),
    source      BLOB,
    total_bytes INTEGER NOT NULL,
    read_bytes  INTEGER NOT NULL,
    row_count   INTEGER NOT NULL,
    imported    INTEGER NOT NULL,
    rejected    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE customer_import_problem (
    import BLOB    NOT NULL REFERENCES customer_import (id),
    line   INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    PRIMARY KEY (import, line)
) STRICT;
