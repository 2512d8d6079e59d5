-- When security was told last that somebody stays whom the directory wanted switched off.
CREATE TABLE directory_leaver (
    staff UUID NOT NULL PRIMARY KEY,
    told_at BIGINT NOT NULL
);
