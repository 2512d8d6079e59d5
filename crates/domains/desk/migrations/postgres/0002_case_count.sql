CREATE TABLE case_count (
    team  UUID    NOT NULL,
    state TEXT    NOT NULL CHECK (state IN ('waiting', 'open', 'closed')),
    cases BIGINT  NOT NULL,
    PRIMARY KEY (team, state)
);
INSERT INTO case_count (team, state, cases) SELECT team, state, COUNT(*) FROM conversation GROUP BY team, state;
