-- How far people were with second factors on a day, counted from 1970-01-01; role '' is everybody.
CREATE TABLE factor_coverage_day (
    day BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    people BIGINT NOT NULL,
    enrolled BIGINT NOT NULL,
    phishing_resistant BIGINT NOT NULL,
    satisfied BIGINT NOT NULL,
    PRIMARY KEY (role, day)
);
