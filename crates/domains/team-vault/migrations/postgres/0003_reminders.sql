-- The day (days since the epoch) on which people were last reminded that a new secret is wanted.
ALTER TABLE team_vault_entry ADD COLUMN reminded_on BIGINT;
