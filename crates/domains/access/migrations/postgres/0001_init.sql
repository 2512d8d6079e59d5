CREATE TABLE role (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title TEXT NOT NULL
);

CREATE TABLE role_permission (
    role TEXT COLLATE "C" NOT NULL REFERENCES role (name),
    permission TEXT COLLATE "C" NOT NULL,
    reach TEXT NOT NULL CHECK (reach IN ('own', 'team', 'organisation')),
    PRIMARY KEY (role, permission)
);

CREATE TABLE role_assignment (
    staff UUID NOT NULL,
    role TEXT COLLATE "C" NOT NULL REFERENCES role (name),
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (staff, role)
);
CREATE INDEX role_assignment_role ON role_assignment (role);

CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE team_member (
    staff UUID NOT NULL,
    team UUID NOT NULL REFERENCES team (id),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (staff, team)
);
CREATE INDEX team_member_team ON team_member (team);
