CREATE TABLE password_hashing (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    took_micros INTEGER NOT NULL,
    measured_at INTEGER NOT NULL
) STRICT;
