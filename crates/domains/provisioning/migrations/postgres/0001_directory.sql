CREATE TABLE directory_settings (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    settings TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE directory_token (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE directory_person (
    staff UUID NOT NULL PRIMARY KEY,
    user_name TEXT COLLATE "C" NOT NULL,
    user_key TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C",
    linked_at BIGINT,
    changed_at BIGINT NOT NULL,
    switched_off_at BIGINT
);
CREATE UNIQUE INDEX directory_person_key ON directory_person (user_key) WHERE linked_at IS NOT NULL;
CREATE UNIQUE INDEX directory_person_external ON directory_person (external_id) WHERE linked_at IS NOT NULL;

CREATE TABLE directory_group (
    id UUID NOT NULL PRIMARY KEY,
    display_name TEXT COLLATE "C" NOT NULL UNIQUE,
    external_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE directory_member (
    grp UUID NOT NULL REFERENCES directory_group (id),
    staff UUID NOT NULL,
    PRIMARY KEY (grp, staff)
);
CREATE INDEX directory_member_staff ON directory_member (staff);

CREATE TABLE directory_given (
    staff UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('role', 'team')),
    what TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (staff, kind, what)
);

CREATE TABLE directory_request (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C",
    status BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL
);
CREATE INDEX directory_request_at ON directory_request (at);
