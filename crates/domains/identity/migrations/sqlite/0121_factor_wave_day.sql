-- How far the members of a wave were with second factors on a day, counted from 1970-01-01.
CREATE TABLE factor_wave_day (
    wave BLOB NOT NULL REFERENCES factor_wave (id),
    day INTEGER NOT NULL,
    people INTEGER NOT NULL,
    enrolled INTEGER NOT NULL,
    phishing_resistant INTEGER NOT NULL,
    satisfied INTEGER NOT NULL,
    PRIMARY KEY (wave, day)
) STRICT;
