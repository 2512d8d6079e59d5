CREATE TABLE team_vault_opening_all (
    folder  BLOB NOT NULL REFERENCES team_vault_folder (id),
    device  BLOB NOT NULL,
    staff   BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (folder, device)
) STRICT;
CREATE INDEX team_vault_use_staff ON team_vault_use (staff, at);
