ALTER TABLE customer ADD COLUMN mail_changed_at INTEGER;
UPDATE customer SET mail_changed_at = updated_at WHERE mail IS NOT NULL;
