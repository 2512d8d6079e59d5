CREATE TABLE factor_wave (
    id UUID NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    asks TEXT NOT NULL CHECK (asks IN ('any', 'phishing-resistant')),
    starts_at BIGINT NOT NULL,
    grace_days BIGINT NOT NULL,
    reminds BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX factor_wave_open_name ON factor_wave (name) WHERE ended_at IS NULL;

CREATE TABLE factor_wave_role (
    wave UUID NOT NULL REFERENCES factor_wave (id),
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (wave, role)
);

CREATE TABLE factor_wave_person (
    wave UUID NOT NULL REFERENCES factor_wave (id),
    staff UUID NOT NULL REFERENCES staff (id),
    PRIMARY KEY (wave, staff)
);
CREATE INDEX factor_wave_person_staff ON factor_wave_person (staff);

-- A reminder belongs to the day it is about: a wave that is moved is told of anew.
CREATE TABLE factor_wave_reminder (
    wave UUID NOT NULL REFERENCES factor_wave (id),
    staff UUID NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (wave, staff, kind, due_at)
);
