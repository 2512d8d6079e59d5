CREATE TABLE directory_settings (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE directory_token (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE directory_person (
    staff BLOB NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL,
    user_key TEXT NOT NULL,
    external_id TEXT,
    linked_at INTEGER,
    changed_at INTEGER NOT NULL,
    switched_off_at INTEGER
) STRICT;
CREATE UNIQUE INDEX directory_person_key ON directory_person (user_key) WHERE linked_at IS NOT NULL;
CREATE UNIQUE INDEX directory_person_external ON directory_person (external_id) WHERE linked_at IS NOT NULL;

CREATE TABLE directory_group (
    id BLOB NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL UNIQUE,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE directory_member (
    grp BLOB NOT NULL REFERENCES directory_group (id),
    staff BLOB NOT NULL,
    PRIMARY KEY (grp, staff)
) STRICT;
CREATE INDEX directory_member_staff ON directory_member (staff);

CREATE TABLE directory_given (
    staff BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('role', 'team')),
    what TEXT NOT NULL,
    PRIMARY KEY (staff, kind, what)
) STRICT;

CREATE TABLE directory_request (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    token TEXT NOT NULL,
    method TEXT NOT NULL,
    resource TEXT NOT NULL,
    target TEXT,
    status INTEGER NOT NULL,
    what TEXT NOT NULL
) STRICT;
CREATE INDEX directory_request_at ON directory_request (at);
