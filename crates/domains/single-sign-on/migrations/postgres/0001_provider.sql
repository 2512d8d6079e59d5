CREATE TABLE sign_in_provider (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    settings TEXT COLLATE "C" NOT NULL,
    client_secret BYTEA,
    version BIGINT NOT NULL
);

CREATE TABLE provider_account (
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    staff UUID NOT NULL,
    bound_at BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX provider_account_staff ON provider_account (staff, issuer);

CREATE TABLE spent_sign_in (
    id UUID NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_sign_in_expires ON spent_sign_in (expires_at);
