use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DeviceId, TeamId};

record! {
    pub(crate) struct TeamKeyRow {
        pub(crate) team: TeamId,
        pub(crate) generation: i64,
        pub(crate) public_key: [u8; 32],
        pub(crate) device: DeviceId,
        pub(crate) at: i64,
        pub(crate) signature: [u8; 64],
        pub(crate) stale: bool,
        pub(crate) jws: String,
        pub(crate) share: Option<Vec<u8>>,
    }
}

/// All generations, the newest first, with what was shared with a device.
pub(crate) async fn generations(
    tx: &mut Tx,
    team: TeamId,
    device: Option<DeviceId>,
) -> Result<Vec<TeamKeyRow>, DbError> {
    sql!(
        tx,
        fetch_all as TeamKeyRow,
        "SELECT k.team, k.generation, k.public_key, k.device, k.at, k.signature, k.stale, s.jws, h.sealed AS share FROM team_key k
         JOIN device_statement s ON s.device = k.device AND s.number = k.statement
         LEFT JOIN team_key_share h ON h.team = k.team AND h.generation = k.generation AND h.device = $2
         WHERE k.team = $1 ORDER BY k.generation DESC",
        team,
        device
    )
    .await
}

/// The newest generation.
pub(crate) async fn newest(tx: &mut Tx, team: TeamId) -> Result<Option<TeamKeyRow>, DbError> {
    sql!(
        tx,
        fetch_optional as TeamKeyRow,
        "SELECT k.team, k.generation, k.public_key, k.device, k.at, k.signature, k.stale, s.jws, NULL AS share FROM team_key k
         JOIN device_statement s ON s.device = k.device AND s.number = k.statement
         WHERE k.team = $1 ORDER BY k.generation DESC LIMIT 1",
        team
    )
    .await
}

/// Whether a generation exists.
pub(crate) async fn exists(tx: &mut Tx, team: TeamId, generation: i64) -> Result<bool, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT generation FROM team_key WHERE team = $1 AND generation = $2",
        team,
        generation
    )
    .await?;
    Ok(row.is_some())
}

/// Adds a generation. `false` if it is there.
pub(crate) async fn insert(tx: &mut Tx, key: &TeamKeyRow, statement: i64) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO team_key (team, generation, public_key, device, at, signature, statement, stale) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (team, generation) DO NOTHING",
        key.team,
        key.generation,
        key.public_key,
        key.device,
        key.at,
        key.signature,
        statement,
        false
    )
    .await?;
    Ok(rows == 1)
}

/// Keeps a share; the first one counts.
pub(crate) async fn share(
    tx: &mut Tx,
    team: TeamId,
    generation: i64,
    device: DeviceId,
    sealed: &[u8],
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_key_share (team, generation, device, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (device, team, generation) DO NOTHING",
        team,
        generation,
        device,
        sealed
    )
    .await
    .map(drop)
}

/// Who of the team lacks generations that a device has.
pub(crate) async fn lacking(tx: &mut Tx, team: TeamId, device: DeviceId) -> Result<Vec<(DeviceId, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (DeviceId, i64),
        "SELECT t.device, k.generation FROM team_key_share k JOIN device_team t ON t.team = k.team
         WHERE k.team = $1 AND k.device = $2 AND t.device <> $2
           AND NOT EXISTS (SELECT 1 FROM team_key_share s WHERE s.device = t.device AND s.team = k.team AND s.generation = k.generation)
         ORDER BY t.device, k.generation LIMIT 1000",
        team,
        device
    )
    .await
}

/// Generations that a lost device has must not be used again; the teams concerned.
pub(crate) async fn make_stale(tx: &mut Tx, device: DeviceId) -> Result<Vec<TeamId>, DbError> {
    let teams = sql!(
        tx,
        fetch_all as (TeamId,),
        "SELECT DISTINCT team FROM team_key_share WHERE device = $1 ORDER BY team",
        device
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE team_key SET stale = $2 WHERE EXISTS
           (SELECT 1 FROM team_key_share s WHERE s.team = team_key.team AND s.generation = team_key.generation AND s.device = $1)",
        device,
        true
    )
    .await?;
    Ok(teams.into_iter().map(|(team,)| team).collect())
}
