DROP TABLE ceremony;

CREATE TABLE spent_ceremony (
    id UUID NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_ceremony_expires ON spent_ceremony (expires_at);
