CREATE TABLE factor_policy_0110 (
    role TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    sign_in TEXT NOT NULL CHECK (sign_in IN ('any', 'phishing-resistant', 'attested')),
    step_up TEXT NOT NULL CHECK (step_up IN ('any', 'phishing-resistant', 'attested')),
    due_at INTEGER NOT NULL,
    -- AAGUIDs, each once, with spaces between; NULL: every make that is known here.
    makes TEXT
) STRICT;
INSERT INTO factor_policy_0110 (role, version, sign_in, step_up, due_at)
SELECT role, version, sign_in, step_up, due_at FROM factor_policy;
DROP TABLE factor_policy;
ALTER TABLE factor_policy_0110 RENAME TO factor_policy;

-- The make that a passkey showed by its attestation, and the SHA-256 of the root certificate it was checked against.
ALTER TABLE factor ADD COLUMN make TEXT;
ALTER TABLE factor ADD COLUMN make_root BLOB;

-- The attested make of the passkey that a session began with.
ALTER TABLE session ADD COLUMN shown_make TEXT;
