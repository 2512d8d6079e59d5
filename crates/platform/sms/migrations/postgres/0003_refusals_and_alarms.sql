-- The names of the drivers that refused the message for good, with a space between them. They are not asked again.
ALTER TABLE sms_message ADD COLUMN refused_by TEXT NOT NULL DEFAULT '';
-- The alarms that were raised, for who looks later. No number, no block of numbers.
CREATE TABLE sms_alarm_raised (
    -- The message that raised it.
    message       UUID    NOT NULL,
    kind          TEXT    NOT NULL,
    at            BIGINT NOT NULL,
    -- The calling code, in digits; NULL: it is about money.
    country       TEXT,
    stopped       TEXT    NOT NULL,
    stopped_until BIGINT,
    numbers       BIGINT,
    messages      BIGINT,
    used          BIGINT,
    -- In thousandths of the currency.
    spent         BIGINT,
    PRIMARY KEY (message, kind)
);
CREATE INDEX sms_alarm_raised_at ON sms_alarm_raised (at);
