ALTER TABLE customer ADD COLUMN verified_at BIGINT;
