CREATE TABLE staff (
    id UUID NOT NULL PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    password_hash BYTEA,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT
);

CREATE TABLE invitation (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    token_hash BYTEA NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('join', 'recover')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX invitation_staff ON invitation (staff);

CREATE TABLE session (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    token_hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pending', 'enrol', 'full')),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT NOT NULL,
    stepped_up_until BIGINT
);
CREATE INDEX session_staff ON session (staff);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE factor (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey', 'recovery')),
    name TEXT NOT NULL,
    data BYTEA,
    credential_hash BYTEA UNIQUE,
    last_step BIGINT NOT NULL,
    counter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX factor_staff ON factor (staff);

CREATE TABLE recovery_code (
    factor UUID NOT NULL REFERENCES factor (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (factor, code_hash)
);

CREATE TABLE ceremony (
    id UUID NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('sign-in', 'second-factor', 'step-up', 'enrol')),
    session UUID,
    state BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremony_expires ON ceremony (expires_at);

CREATE TABLE attempt (
    bucket BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    next_allowed_at BIGINT NOT NULL
);
CREATE INDEX attempt_last ON attempt (last_at);
