CREATE TABLE case_count (
    team  BLOB    NOT NULL,
    state TEXT    NOT NULL CHECK (state IN ('waiting', 'open', 'closed')),
    cases INTEGER NOT NULL,
    PRIMARY KEY (team, state)
) STRICT;
INSERT INTO case_count (team, state, cases) SELECT team, state, COUNT(*) FROM conversation GROUP BY team, state;
