ALTER TABLE proof_request ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail_code' CHECK (channel IN ('mail_code', 'phone_code'));
ALTER TABLE proof_request ADD COLUMN message BLOB;
ALTER TABLE proof_request ADD COLUMN failed_at INTEGER;
