CREATE TABLE team_vault_folder (
    id          BLOB    PRIMARY KEY,
    team        BLOB,
    team_role   TEXT    NOT NULL CHECK (team_role IN ('use', 'change', 'share')),
    key_version INTEGER NOT NULL,
    name        BLOB    NOT NULL,
    made_by     BLOB    NOT NULL,
    made_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX team_vault_folder_team ON team_vault_folder (team);
CREATE TABLE team_vault_member (
    folder BLOB NOT NULL REFERENCES team_vault_folder (id),
    staff  BLOB NOT NULL,
    role   TEXT NOT NULL CHECK (role IN ('use', 'change', 'share')),
    PRIMARY KEY (folder, staff)
) STRICT;
CREATE INDEX team_vault_member_staff ON team_vault_member (staff);
CREATE TABLE team_vault_key (
    folder     BLOB    NOT NULL REFERENCES team_vault_folder (id),
    version    INTEGER NOT NULL,
    commitment BLOB    NOT NULL,
    device     BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    signature  BLOB    NOT NULL,
    statement  TEXT    NOT NULL,
    previous   BLOB,
    PRIMARY KEY (folder, version)
) STRICT;
CREATE TABLE team_vault_share (
    folder  BLOB    NOT NULL REFERENCES team_vault_folder (id),
    version INTEGER NOT NULL,
    device  BLOB    NOT NULL,
    staff   BLOB    NOT NULL,
    sealed  BLOB    NOT NULL,
    PRIMARY KEY (folder, version, device)
) STRICT;
CREATE TABLE team_vault_entry (
    id           BLOB    PRIMARY KEY,
    folder       BLOB    NOT NULL REFERENCES team_vault_folder (id),
    version      INTEGER NOT NULL,
    secret_since INTEGER NOT NULL,
    due_on       INTEGER,
    rotate       INTEGER NOT NULL,
    made_at      INTEGER NOT NULL,
    last_used_at INTEGER,
    last_used_by BLOB
) STRICT;
CREATE INDEX team_vault_entry_folder ON team_vault_entry (folder, id);
CREATE TABLE team_vault_entry_version (
    entry       BLOB    NOT NULL REFERENCES team_vault_entry (id),
    version     INTEGER NOT NULL,
    folder      BLOB    NOT NULL,
    key_version INTEGER NOT NULL,
    wrapped     BLOB    NOT NULL,
    list        BLOB    NOT NULL,
    secret      BLOB    NOT NULL,
    staff       BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (entry, version)
) STRICT;
CREATE INDEX team_vault_entry_version_folder ON team_vault_entry_version (folder, key_version);
CREATE TABLE team_vault_use (
    entry   BLOB    NOT NULL REFERENCES team_vault_entry (id),
    version INTEGER NOT NULL,
    device  BLOB    NOT NULL,
    staff   BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (entry, device)
) STRICT;
CREATE INDEX team_vault_use_device ON team_vault_use (device);
