CREATE TABLE known_device (
    token_hash BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    failures INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX known_device_staff ON known_device (staff);
CREATE INDEX known_device_expires ON known_device (expires_at);

ALTER TABLE session ADD COLUMN known_device BLOB;
