CREATE TABLE mail_address (
    staff BLOB NOT NULL PRIMARY KEY REFERENCES staff (id),
    address BLOB,
    proved_at INTEGER,
    claimed BLOB,
    code_hash BLOB,
    code_expires_at INTEGER,
    tries INTEGER NOT NULL,
    codes_sent INTEGER NOT NULL,
    codes_since INTEGER NOT NULL
) STRICT;
