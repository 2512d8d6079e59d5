use wd_db::{DbError, Tx, sql};

/// The settings and their version, once there are any.
pub async fn read(tx: &mut Tx) -> Result<Option<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_optional as (String, i64),
        "SELECT settings, version FROM directory_settings WHERE id = 1"
    )
    .await
}

/// Writes the settings if they are still of this version; 0 where there are none yet.
pub async fn put(tx: &mut Tx, settings: &str, version: i64) -> Result<bool, DbError> {
    if version == 0 {
        let made = sql!(
            tx,
            execute,
            "INSERT INTO directory_settings (id, settings, version) VALUES (1, $1, 1) ON CONFLICT (id) DO NOTHING",
            settings
        )
        .await?;
        return Ok(made == 1);
    }
    let changed = sql!(
        tx,
        execute,
        "UPDATE directory_settings SET settings = $1, version = version + 1 WHERE id = 1 AND version = $2",
        settings,
        version
    )
    .await?;
    Ok(changed == 1)
}
