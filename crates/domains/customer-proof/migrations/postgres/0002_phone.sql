ALTER TABLE proof_request ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail_code' CHECK (channel IN ('mail_code', 'phone_code'));
ALTER TABLE proof_request ADD COLUMN message UUID;
ALTER TABLE proof_request ADD COLUMN failed_at BIGINT;
