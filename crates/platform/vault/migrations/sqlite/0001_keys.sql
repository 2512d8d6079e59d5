CREATE TABLE vault_root (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    organisation TEXT    NOT NULL,
    key          BLOB    NOT NULL,
    kek          TEXT    NOT NULL,
    kek_version  INTEGER NOT NULL,
    wrapped      BLOB    NOT NULL
) STRICT;
CREATE TABLE vault_subject_key (
    owner   BLOB    PRIMARY KEY,
    key     BLOB    NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    parent  BLOB    NOT NULL,
    wrapped BLOB    NOT NULL
) STRICT;
