CREATE TABLE password_hashing (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    memory_kib BIGINT NOT NULL,
    passes BIGINT NOT NULL,
    took_micros BIGINT NOT NULL,
    measured_at BIGINT NOT NULL
);
