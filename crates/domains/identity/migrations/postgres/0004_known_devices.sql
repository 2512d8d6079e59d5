CREATE TABLE known_device (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    failures BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX known_device_staff ON known_device (staff);
CREATE INDEX known_device_expires ON known_device (expires_at);

ALTER TABLE session ADD COLUMN known_device BYTEA;
