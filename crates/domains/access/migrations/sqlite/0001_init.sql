CREATE TABLE role (
    name TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL
) STRICT;

CREATE TABLE role_permission (
    role TEXT NOT NULL REFERENCES role (name),
    permission TEXT NOT NULL,
    reach TEXT NOT NULL CHECK (reach IN ('own', 'team', 'organisation')),
    PRIMARY KEY (role, permission)
) STRICT;

CREATE TABLE role_assignment (
    staff BLOB NOT NULL,
    role TEXT NOT NULL REFERENCES role (name),
    assigned_at INTEGER NOT NULL,
    PRIMARY KEY (staff, role)
) STRICT;
CREATE INDEX role_assignment_role ON role_assignment (role);

CREATE TABLE team (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team_member (
    staff BLOB NOT NULL,
    team BLOB NOT NULL REFERENCES team (id),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (staff, team)
) STRICT;
CREATE INDEX team_member_team ON team_member (team);
