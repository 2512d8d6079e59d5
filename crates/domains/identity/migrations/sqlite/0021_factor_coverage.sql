-- How far people were with second factors on a day, counted from 1970-01-01; role '' is everybody.
CREATE TABLE factor_coverage_day (
    day INTEGER NOT NULL,
    role TEXT NOT NULL,
    people INTEGER NOT NULL,
    enrolled INTEGER NOT NULL,
    phishing_resistant INTEGER NOT NULL,
    satisfied INTEGER NOT NULL,
    PRIMARY KEY (role, day)
) STRICT;
