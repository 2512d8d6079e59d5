CREATE TABLE vault_root (
    one          BIGINT PRIMARY KEY CHECK (one = 1),
    organisation TEXT   NOT NULL,
    key          UUID   NOT NULL,
    kek          TEXT   NOT NULL,
    kek_version  BIGINT NOT NULL,
    wrapped      BYTEA  NOT NULL
);
CREATE TABLE vault_subject_key (
    owner   UUID   PRIMARY KEY,
    key     UUID   NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    parent  UUID   NOT NULL,
    wrapped BYTEA  NOT NULL
);
