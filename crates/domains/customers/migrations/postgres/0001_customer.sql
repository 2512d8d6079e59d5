CREATE TABLE customer (
    id             UUID    PRIMARY KEY,
    version        BIGINT NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('visitor', 'identified', 'recorded')),
    verified       BOOLEAN NOT NULL,
    name           BYTEA,
    mail           BYTEA,
    phone          BYTEA,
    address        BYTEA,
    external_id    BYTEA,
    notes          BYTEA,
    tags           BYTEA,
    mail_index     BYTEA,
    phone_index    BYTEA,
    external_index BYTEA,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE INDEX customer_by_mail ON customer (mail_index);
CREATE INDEX customer_by_phone ON customer (phone_index);
CREATE INDEX customer_by_external ON customer (external_index);

CREATE TABLE widget_session (
    token_hash BYTEA    PRIMARY KEY,
    customer   UUID    NOT NULL REFERENCES customer (id),
    identity   BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX widget_session_by_customer ON widget_session (customer);

CREATE TABLE spent_identity (
    jti_hash   BYTEA    PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE TABLE visitor_rate (
    address BYTEA    NOT NULL,
    hour    BIGINT NOT NULL,
    visits  BIGINT NOT NULL,
    PRIMARY KEY (address, hour)
);

CREATE TABLE customer_import (
    id          UUID    PRIMARY KEY,
    by_staff    UUID    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('running', 'done')),
    source      BYTEA,
    total_bytes BIGINT NOT NULL,
    read_bytes  BIGINT NOT NULL,
    row_count   BIGINT NOT NULL,
    imported    BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE customer_import_problem (
    import UUID    NOT NULL REFERENCES customer_import (id),
    line   BIGINT NOT NULL,
    reason TEXT    NOT NULL,
    PRIMARY KEY (import, line)
);
