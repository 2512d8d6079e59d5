ALTER TABLE factor_policy DROP CONSTRAINT factor_policy_sign_in_check;
ALTER TABLE factor_policy DROP CONSTRAINT factor_policy_step_up_check;
ALTER TABLE factor_policy ADD CONSTRAINT factor_policy_sign_in_check CHECK (sign_in IN ('any', 'phishing-resistant', 'attested'));
ALTER TABLE factor_policy ADD CONSTRAINT factor_policy_step_up_check CHECK (step_up IN ('any', 'phishing-resistant', 'attested'));
-- AAGUIDs, each once, with spaces between; NULL: every make that is known here.
ALTER TABLE factor_policy ADD COLUMN makes TEXT;

-- The make that a passkey showed by its attestation, and the SHA-256 of the root certificate it was checked against.
ALTER TABLE factor ADD COLUMN make TEXT;
ALTER TABLE factor ADD COLUMN make_root BYTEA;

-- The attested make of the passkey that a session began with.
ALTER TABLE session ADD COLUMN shown_make TEXT;
