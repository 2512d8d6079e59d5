-- Which version of an entry somebody wrote last: they know its secret without ever opening it.
CREATE TABLE team_vault_written (
    entry   BLOB    NOT NULL REFERENCES team_vault_entry (id),
    folder  BLOB    NOT NULL,
    staff   BLOB    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (entry, staff)
) STRICT;
CREATE INDEX team_vault_written_folder ON team_vault_written (folder, staff);
INSERT INTO team_vault_written (entry, folder, staff, version)
    SELECT entry, folder, staff, MAX(version) FROM team_vault_entry_version GROUP BY entry, folder, staff;
-- On which devices something of a folder was opened, whatever key they have by now. Until what a leaver knows is marked.
CREATE TABLE team_vault_opener (
    folder BLOB NOT NULL REFERENCES team_vault_folder (id),
    device BLOB NOT NULL,
    staff  BLOB NOT NULL,
    PRIMARY KEY (folder, device, staff)
) STRICT;
INSERT INTO team_vault_opener (folder, device, staff)
    SELECT DISTINCT e.folder, u.device, u.staff FROM team_vault_use u JOIN team_vault_entry e ON e.id = u.entry;
-- Who gave the device its share, and whether it says that the share does not open.
ALTER TABLE team_vault_share ADD COLUMN given_by BLOB;
ALTER TABLE team_vault_share ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
-- Whoever opens an entry changes their row first, so that nobody counts for the same person at the same time.
CREATE TABLE team_vault_person (
    staff BLOB    PRIMARY KEY,
    turns INTEGER NOT NULL
) STRICT;
