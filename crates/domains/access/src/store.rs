//! The tables of this domain.

use wd_db::{DbError, Tx, sql};
use wd_kernel::{StaffId, TeamId, Timestamp};

use crate::ADMINISTRATOR;

pub async fn put_role(tx: &mut Tx, name: &str, title: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO role (name, title) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET title = excluded.title",
        name,
        title
    )
    .await
    .map(drop)
}

pub async fn put_grant(tx: &mut Tx, role: &str, permission: &str, reach: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO role_permission (role, permission, reach) VALUES ($1, $2, $3)
         ON CONFLICT (role, permission) DO UPDATE SET reach = excluded.reach",
        role,
        permission,
        reach
    )
    .await
    .map(drop)
}

pub async fn delete_grant(tx: &mut Tx, role: &str, permission: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM role_permission WHERE role = $1 AND permission = $2",
        role,
        permission
    )
    .await
    .map(drop)
}

/// Role, permission, reach.
pub async fn grants(tx: &mut Tx) -> Result<Vec<(String, String, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, String, String),
        "SELECT role, permission, reach FROM role_permission ORDER BY role, permission"
    )
    .await
}

pub async fn role_names(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let names = sql!(tx, fetch_all as (String,), "SELECT name FROM role ORDER BY name").await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// Names and titles of all roles, in order of the title.
pub async fn role_titles(tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, String),
        "SELECT name, title FROM role ORDER BY title, name"
    )
    .await
}

pub async fn roles_of(tx: &mut Tx, staff: StaffId) -> Result<Vec<String>, DbError> {
    let roles = sql!(
        tx,
        fetch_all as (String,),
        "SELECT role FROM role_assignment WHERE staff = $1 ORDER BY role",
        staff
    )
    .await?;
    Ok(roles.into_iter().map(|(role,)| role).collect())
}

pub async fn standing_of(tx: &mut Tx, staff: StaffId) -> Result<(Vec<String>, Vec<TeamId>), DbError> {
    let rows = sql!(
        tx,
        fetch_all as (Option<String>, Option<TeamId>),
        "SELECT role, NULL AS team FROM role_assignment WHERE staff = $1
         UNION ALL SELECT NULL AS role, team FROM team_member WHERE staff = $1",
        staff
    )
    .await?;
    let (mut roles, mut teams) = (Vec::new(), Vec::new());
    for (role, team) in rows {
        roles.extend(role);
        teams.extend(team);
    }
    roles.sort_unstable();
    Ok((roles, teams))
}

pub async fn all_assignments(tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (StaffId, String),
        "SELECT staff, role FROM role_assignment ORDER BY role"
    )
    .await
}

pub async fn holders(tx: &mut Tx, role: &str) -> Result<Vec<StaffId>, DbError> {
    let holders = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM role_assignment WHERE role = $1",
        role
    )
    .await?;
    Ok(holders.into_iter().map(|(staff,)| staff).collect())
}

/// Keeps others from changing who administers until the end of this transaction.
pub async fn hold_administrators(tx: &mut Tx) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE role SET title = title WHERE name = $1",
        ADMINISTRATOR
    )
    .await
    .map(drop)
}

pub async fn assign(tx: &mut Tx, staff: StaffId, role: &str, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO role_assignment (staff, role, assigned_at) VALUES ($1, $2, $3) ON CONFLICT (staff, role) DO NOTHING",
        staff,
        role,
        now
    )
    .await
    .map(drop)
}

pub async fn unassign(tx: &mut Tx, staff: StaffId, role: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM role_assignment WHERE staff = $1 AND role = $2",
        staff,
        role
    )
    .await
    .map(drop)
}

pub async fn insert_team(tx: &mut Tx, id: TeamId, name: &str, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team (id, name, created_at) VALUES ($1, $2, $3)",
        id,
        name,
        now
    )
    .await
    .map(drop)
}

pub async fn teams(tx: &mut Tx) -> Result<Vec<(TeamId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (TeamId, String),
        "SELECT id, name FROM team ORDER BY name"
    )
    .await
}

pub async fn teams_of(tx: &mut Tx, staff: StaffId) -> Result<Vec<(TeamId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (TeamId, String),
        "SELECT team.id, team.name FROM team JOIN team_member ON team_member.team = team.id
         WHERE team_member.staff = $1 ORDER BY team.name",
        staff
    )
    .await
}

pub async fn all_members(tx: &mut Tx) -> Result<Vec<(StaffId, TeamId)>, DbError> {
    sql!(
        tx,
        fetch_all as (StaffId, TeamId),
        "SELECT staff, team FROM team_member ORDER BY team"
    )
    .await
}

pub async fn join(tx: &mut Tx, staff: StaffId, team: TeamId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_member (staff, team, joined_at) VALUES ($1, $2, $3) ON CONFLICT (staff, team) DO NOTHING",
        staff,
        team,
        now
    )
    .await
    .map(drop)
}

pub async fn leave(tx: &mut Tx, staff: StaffId, team: TeamId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM team_member WHERE staff = $1 AND team = $2",
        staff,
        team
    )
    .await
    .map(drop)
}
