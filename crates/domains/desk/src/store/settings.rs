use wd_db::{DbError, Tx, record, sql};
use wd_kernel::TeamId;

record! {
    pub(crate) struct SettingsRow {
        pub(crate) name: String,
        pub(crate) widget_team: Option<TeamId>,
        pub(crate) typing: bool,
        pub(crate) presence: bool,
        pub(crate) reply_time: Option<String>,
        pub(crate) widget_origins: String,
        pub(crate) identity_keys: String,
    }
}

pub(crate) async fn load(tx: &mut Tx) -> Result<Option<SettingsRow>, DbError> {
    sql!(
        tx,
        fetch_optional as SettingsRow,
        "SELECT name, widget_team, typing, presence, reply_time, widget_origins, identity_keys FROM desk_settings WHERE one = 1"
    )
    .await
}

pub(crate) async fn save(tx: &mut Tx, row: &SettingsRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO desk_settings (one, name, widget_team, typing, presence, reply_time, widget_origins, identity_keys) VALUES (1, $1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (one) DO UPDATE SET name = excluded.name, widget_team = excluded.widget_team, typing = excluded.typing, presence = excluded.presence,
           reply_time = excluded.reply_time, widget_origins = excluded.widget_origins, identity_keys = excluded.identity_keys",
        row.name,
        row.widget_team,
        row.typing,
        row.presence,
        row.reply_time,
        row.widget_origins,
        row.identity_keys
    )
    .await
    .map(drop)
}

/// The sealed address of the security contact.
pub(crate) async fn contact(tx: &mut Tx) -> Result<Option<Vec<u8>>, DbError> {
    type ContactRow = (Option<Vec<u8>>,);
    let row = sql!(
        tx,
        fetch_optional as ContactRow,
        "SELECT security_contact FROM desk_settings WHERE one = 1"
    )
    .await?;
    Ok(row.and_then(|(sealed,)| sealed))
}

pub(crate) async fn set_contact(tx: &mut Tx, sealed: Option<Vec<u8>>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE desk_settings SET security_contact = $1 WHERE one = 1",
        sealed
    )
    .await
    .map(drop)
}
