-- How far the members of a wave were with second factors on a day, counted from 1970-01-01.
CREATE TABLE factor_wave_day (
    wave UUID NOT NULL REFERENCES factor_wave (id),
    day BIGINT NOT NULL,
    people BIGINT NOT NULL,
    enrolled BIGINT NOT NULL,
    phishing_resistant BIGINT NOT NULL,
    satisfied BIGINT NOT NULL,
    PRIMARY KEY (wave, day)
);
