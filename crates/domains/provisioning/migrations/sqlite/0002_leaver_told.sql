-- When security was told last that somebody stays whom the directory wanted switched off.
CREATE TABLE directory_leaver (
    staff BLOB NOT NULL PRIMARY KEY,
    told_at INTEGER NOT NULL
) STRICT;
