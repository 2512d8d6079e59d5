CREATE TABLE factor_policy (
    role TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    sign_in TEXT NOT NULL CHECK (sign_in IN ('any', 'phishing-resistant')),
    step_up TEXT NOT NULL CHECK (step_up IN ('any', 'phishing-resistant')),
    due_at BIGINT NOT NULL
);

CREATE TABLE due_enrolment (
    session UUID NOT NULL PRIMARY KEY
);

ALTER TABLE session ADD COLUMN shown TEXT NOT NULL DEFAULT 'any' CHECK (shown IN ('any', 'phishing-resistant'));
