CREATE TABLE factor_policy (
    role TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    sign_in TEXT NOT NULL CHECK (sign_in IN ('any', 'phishing-resistant')),
    step_up TEXT NOT NULL CHECK (step_up IN ('any', 'phishing-resistant')),
    due_at INTEGER NOT NULL
) STRICT;

CREATE TABLE due_enrolment (
    session BLOB NOT NULL PRIMARY KEY
) STRICT;

ALTER TABLE session ADD COLUMN shown TEXT NOT NULL DEFAULT 'any' CHECK (shown IN ('any', 'phishing-resistant'));
