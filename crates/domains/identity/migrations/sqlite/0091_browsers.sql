ALTER TABLE session_policy ADD COLUMN remember_days INTEGER NOT NULL DEFAULT 0 CHECK (remember_days BETWEEN 0 AND 30);

CREATE TABLE browser (
    id BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    remembered_at INTEGER,
    remembered_until INTEGER
) STRICT;
CREATE INDEX browser_staff ON browser (staff);

ALTER TABLE known_device ADD COLUMN browser BLOB;
ALTER TABLE known_device ADD COLUMN parent BLOB;
CREATE INDEX known_device_browser ON known_device (browser);

CREATE TABLE spent_device (
    token_hash BLOB NOT NULL PRIMARY KEY,
    browser BLOB NOT NULL,
    spent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_device_browser ON spent_device (browser);

ALTER TABLE session ADD COLUMN browser BLOB;
CREATE INDEX session_browser ON session (browser);

UPDATE known_device SET browser = randomblob(16);
INSERT INTO browser (id, staff, user_agent, created_at, used_at)
SELECT browser, staff,
       COALESCE((SELECT MAX(user_agent) FROM session WHERE session.known_device = known_device.token_hash), ''),
       created_at, created_at
FROM known_device;
UPDATE session SET browser = (SELECT browser FROM known_device WHERE known_device.token_hash = session.known_device);
