ALTER TABLE customer ADD COLUMN phone_changed_at BIGINT;
UPDATE customer SET phone_changed_at = updated_at WHERE phone IS NOT NULL;
