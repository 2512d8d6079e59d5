ALTER TABLE session_policy ADD COLUMN remember_days BIGINT NOT NULL DEFAULT 0 CHECK (remember_days BETWEEN 0 AND 30);

CREATE TABLE browser (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    remembered_at BIGINT,
    remembered_until BIGINT
);
CREATE INDEX browser_staff ON browser (staff);

ALTER TABLE known_device ADD COLUMN browser UUID;
ALTER TABLE known_device ADD COLUMN parent BYTEA;
CREATE INDEX known_device_browser ON known_device (browser);

CREATE TABLE spent_device (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    browser UUID NOT NULL,
    spent_at BIGINT NOT NULL
);
CREATE INDEX spent_device_browser ON spent_device (browser);

ALTER TABLE session ADD COLUMN browser UUID;
CREATE INDEX session_browser ON session (browser);

UPDATE known_device SET browser = gen_random_uuid();
INSERT INTO browser (id, staff, user_agent, created_at, used_at)
SELECT browser, staff,
       COALESCE((SELECT MAX(user_agent) FROM session WHERE session.known_device = known_device.token_hash), ''),
       created_at, created_at
FROM known_device;
UPDATE session SET browser = (SELECT browser FROM known_device WHERE known_device.token_hash = session.known_device);
