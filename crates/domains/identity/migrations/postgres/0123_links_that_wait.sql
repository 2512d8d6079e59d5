-- A link does not work before this. Links of before work at once.
ALTER TABLE invitation ADD COLUMN starts_at BIGINT NOT NULL DEFAULT 0;
