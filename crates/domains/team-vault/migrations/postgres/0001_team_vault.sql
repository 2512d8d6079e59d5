CREATE TABLE team_vault_folder (
    id          UUID    PRIMARY KEY,
    team        UUID,
    team_role   TEXT    NOT NULL CHECK (team_role IN ('use', 'change', 'share')),
    key_version BIGINT NOT NULL,
    name        BYTEA    NOT NULL,
    made_by     UUID    NOT NULL,
    made_at     BIGINT NOT NULL
);
CREATE INDEX team_vault_folder_team ON team_vault_folder (team);
CREATE TABLE team_vault_member (
    folder UUID NOT NULL REFERENCES team_vault_folder (id),
    staff  UUID NOT NULL,
    role   TEXT NOT NULL CHECK (role IN ('use', 'change', 'share')),
    PRIMARY KEY (folder, staff)
);
CREATE INDEX team_vault_member_staff ON team_vault_member (staff);
CREATE TABLE team_vault_key (
    folder     UUID    NOT NULL REFERENCES team_vault_folder (id),
    version    BIGINT NOT NULL,
    commitment BYTEA    NOT NULL,
    device     UUID    NOT NULL,
    at         BIGINT NOT NULL,
    signature  BYTEA    NOT NULL,
    statement  TEXT    NOT NULL,
    previous   BYTEA,
    PRIMARY KEY (folder, version)
);
CREATE TABLE team_vault_share (
    folder  UUID    NOT NULL REFERENCES team_vault_folder (id),
    version BIGINT NOT NULL,
    device  UUID    NOT NULL,
    staff   UUID    NOT NULL,
    sealed  BYTEA    NOT NULL,
    PRIMARY KEY (folder, version, device)
);
CREATE TABLE team_vault_entry (
    id           UUID    PRIMARY KEY,
    folder       UUID    NOT NULL REFERENCES team_vault_folder (id),
    version      BIGINT NOT NULL,
    secret_since BIGINT NOT NULL,
    due_on       BIGINT,
    rotate       BOOLEAN NOT NULL,
    made_at      BIGINT NOT NULL,
    last_used_at BIGINT,
    last_used_by UUID
);
CREATE INDEX team_vault_entry_folder ON team_vault_entry (folder, id);
CREATE TABLE team_vault_entry_version (
    entry       UUID    NOT NULL REFERENCES team_vault_entry (id),
    version     BIGINT NOT NULL,
    folder      UUID    NOT NULL,
    key_version BIGINT NOT NULL,
    wrapped     BYTEA    NOT NULL,
    list        BYTEA    NOT NULL,
    secret      BYTEA    NOT NULL,
    staff       UUID    NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (entry, version)
);
CREATE INDEX team_vault_entry_version_folder ON team_vault_entry_version (folder, key_version);
CREATE TABLE team_vault_use (
    entry   UUID    NOT NULL REFERENCES team_vault_entry (id),
    version BIGINT NOT NULL,
    device  UUID    NOT NULL,
    staff   UUID    NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (entry, device)
);
CREATE INDEX team_vault_use_device ON team_vault_use (device);
