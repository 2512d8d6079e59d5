CREATE TABLE seen_place (
    staff UUID NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL CHECK (kind IN ('network', 'country')),
    place BYTEA NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (staff, kind, place)
);

CREATE TABLE last_place (
    staff UUID NOT NULL PRIMARY KEY REFERENCES staff (id),
    place BYTEA NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE session_risk (
    session UUID NOT NULL PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    signals TEXT NOT NULL,
    strongest TEXT NOT NULL CHECK (strongest IN ('any', 'phishing-resistant'))
);

CREATE TABLE sign_in_review (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    session UUID,
    factor UUID,
    known_device BYTEA,
    shown_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('allow', 'step-up', 'refuse')),
    signals TEXT NOT NULL,
    asked BIGINT NOT NULL,
    place BYTEA NOT NULL,
    answer TEXT CHECK (answer IN ('me', 'not-me')),
    answered_at BIGINT
);
CREATE INDEX sign_in_review_staff ON sign_in_review (staff, at);

CREATE TABLE risk_policy (
    signal TEXT NOT NULL PRIMARY KEY,
    decision TEXT NOT NULL CHECK (decision IN ('allow', 'step-up', 'refuse'))
);

CREATE TABLE risk_policy_version (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO risk_policy_version (one, version) VALUES (1, 0);

ALTER TABLE staff ADD COLUMN password_disowned_at BIGINT;
