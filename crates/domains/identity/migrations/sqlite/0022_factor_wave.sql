CREATE TABLE factor_wave (
    id BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    asks TEXT NOT NULL CHECK (asks IN ('any', 'phishing-resistant')),
    starts_at INTEGER NOT NULL,
    grace_days INTEGER NOT NULL,
    reminds INTEGER NOT NULL CHECK (reminds IN (0, 1)),
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX factor_wave_open_name ON factor_wave (name) WHERE ended_at IS NULL;

CREATE TABLE factor_wave_role (
    wave BLOB NOT NULL REFERENCES factor_wave (id),
    role TEXT NOT NULL,
    PRIMARY KEY (wave, role)
) STRICT;

CREATE TABLE factor_wave_person (
    wave BLOB NOT NULL REFERENCES factor_wave (id),
    staff BLOB NOT NULL REFERENCES staff (id),
    PRIMARY KEY (wave, staff)
) STRICT;
CREATE INDEX factor_wave_person_staff ON factor_wave_person (staff);

-- A reminder belongs to the day it is about: a wave that is moved is told of anew.
CREATE TABLE factor_wave_reminder (
    wave BLOB NOT NULL REFERENCES factor_wave (id),
    staff BLOB NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (wave, staff, kind, due_at)
) STRICT;
