CREATE TABLE outbox (
    seq      BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       UUID    NOT NULL UNIQUE,
    kind     TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    payload  TEXT    NOT NULL,
    attempts BIGINT  NOT NULL
);
