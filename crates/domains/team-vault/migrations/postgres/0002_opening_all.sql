CREATE TABLE team_vault_opening_all (
    folder  UUID NOT NULL REFERENCES team_vault_folder (id),
    device  UUID NOT NULL,
    staff   UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (folder, device)
);
CREATE INDEX team_vault_use_staff ON team_vault_use (staff, at);
