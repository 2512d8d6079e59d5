use wd_db::{DbError, Tx, sql};
use wd_kernel::{BrowserId, SessionId, StaffId, Timestamp};

use super::browser;

/// How many browsers of one person are known.
const MOST: i64 = 20;
/// How many tokens of one browser are kept: the latest one, the one before, and what was given out for it meanwhile.
const MOST_TOKENS: i64 = 20;

/// A token by which a browser is known.
#[derive(Debug, Clone, Copy)]
pub struct NewToken {
    pub hash: [u8; 32],
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Makes a browser known; the ones that were not used for longest give way.
pub async fn insert(tx: &mut Tx, row: &browser::BrowserRow, token: NewToken) -> Result<(), DbError> {
    browser::insert(tx, row).await?;
    put(tx, row.staff, row.id, token, None).await?;
    for (other,) in sql!(
        tx,
        fetch_all as (BrowserId,),
        "SELECT id FROM browser WHERE staff = $1 AND id NOT IN
           (SELECT id FROM browser WHERE staff = $1 ORDER BY used_at DESC, created_at DESC, id DESC LIMIT $2)",
        row.staff,
        MOST
    )
    .await?
    {
        browser::forget(tx, row.staff, other).await?;
    }
    Ok(())
}

/// Gives a known browser another token. In a browser that is not remembered the old one is worth nothing from now on. In
/// one that is, the old one stays until the new one is seen, because the answer with the new one may be lost; and the one
/// before the old one is spent, because this one was seen. False: the old one is none any more.
pub async fn rotate(tx: &mut Tx, staff: StaffId, old: &[u8], token: NewToken) -> Result<bool, DbError> {
    let found = sql!(
        tx,
        fetch_optional as (BrowserId, Option<Vec<u8>>, Option<Timestamp>),
        "SELECT browser.id, known_device.parent, browser.remembered_until
         FROM known_device JOIN browser ON browser.id = known_device.browser
         WHERE known_device.token_hash = $1 AND known_device.staff = $2 AND known_device.expires_at > $3",
        old,
        staff,
        token.now
    )
    .await?;
    let Some((browser, parent, until)) = found else {
        return Ok(false);
    };
    if until.is_some_and(|until| until > token.now) {
        if let Some(parent) = parent {
            spend(tx, browser, old, &parent, token.now).await?;
        }
        put(tx, staff, browser, token, Some(old)).await?;
        spend_surplus(tx, browser, (old, &token.hash), token.now).await?;
    } else {
        forget_tokens(tx, browser).await?;
        put(tx, staff, browser, token, None).await?;
    }
    Ok(true)
}

/// This token was seen: the one it was given out for, and the others that were, are spent. Whoever shows one of them has
/// a copy, or was copied from.
async fn spend(tx: &mut Tx, browser: BrowserId, seen: &[u8], parent: &[u8], now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO spent_device (token_hash, browser, spent_at)
         SELECT token_hash, browser, $4 FROM known_device
         WHERE browser = $1 AND token_hash <> $2 AND (token_hash = $3 OR parent = $3)",
        browser,
        seen,
        parent,
        now
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE browser = $1 AND token_hash <> $2 AND (token_hash = $3 OR parent = $3)",
        browser,
        seen,
        parent
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE known_device SET parent = NULL WHERE token_hash = $1",
        seen
    )
    .await
    .map(drop)
}

/// Where a token was used again and again, the earliest of what was given out for it are spent: whoever comes with one of
/// them shares the browser with who used it.
async fn spend_surplus(
    tx: &mut Tx,
    browser: BrowserId,
    (used, new): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), DbError> {
    let surplus = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT token_hash FROM known_device WHERE browser = $1 AND token_hash <> $2 AND token_hash <> $3 AND token_hash NOT IN
           (SELECT token_hash FROM known_device WHERE browser = $1 ORDER BY created_at DESC, token_hash LIMIT $4)",
        browser,
        used,
        new,
        MOST_TOKENS
    )
    .await?;
    for (token,) in surplus {
        sql!(
            tx,
            execute,
            "INSERT INTO spent_device (token_hash, browser, spent_at) VALUES ($1, $2, $3)",
            token.clone(),
            browser,
            now
        )
        .await?;
        sql!(tx, execute, "DELETE FROM known_device WHERE token_hash = $1", token).await?;
    }
    Ok(())
}

async fn put(
    tx: &mut Tx,
    staff: StaffId,
    browser: BrowserId,
    token: NewToken,
    parent: Option<&[u8]>,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO known_device (token_hash, staff, failures, created_at, expires_at, browser, parent)
         VALUES ($1, $2, 0, $3, $4, $5, $6)",
        token.hash,
        staff,
        token.now,
        token.expires_at,
        browser,
        parent.map(<[u8]>::to_vec)
    )
    .await
    .map(drop)
}

/// Whose browser it is.
pub async fn owner(tx: &mut Tx, token_hash: [u8; 32], now: Timestamp) -> Result<Option<StaffId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (StaffId,),
        "SELECT staff FROM known_device WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    )
    .await?;
    Ok(row.map(|(staff,)| staff))
}

/// Whether a browser is known to be this person's.
pub async fn is_of(tx: &mut Tx, staff: StaffId, token_hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM known_device WHERE token_hash = $1 AND staff = $2 AND expires_at > $3",
        token_hash,
        staff,
        now
    )
    .await?;
    Ok(count > 0)
}

/// Counts a wrong password from this browser; how many there are in a row.
pub async fn count_failure(tx: &mut Tx, token_hash: [u8; 32]) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE known_device SET failures = failures + 1 WHERE token_hash = $1 RETURNING failures",
        token_hash
    )
    .await?;
    Ok(row.map(|(failures,)| failures))
}

/// How many wrong passwords there were in a row from this browser.
pub async fn failures(tx: &mut Tx, token_hash: &[u8]) -> Result<i64, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT failures FROM known_device WHERE token_hash = $1",
        token_hash
    )
    .await?;
    Ok(row.map_or(0, |(failures,)| failures))
}

/// Forgets the browser with this token.
pub async fn forget(tx: &mut Tx, staff: StaffId, token_hash: &[u8]) -> Result<(), DbError> {
    if let Some(browser) = browser::id_of(tx, staff, token_hash).await? {
        browser::forget(tx, staff, browser).await?;
    }
    Ok(())
}

/// Forgets the browser in which a session of this person was begun.
pub async fn forget_of_session(tx: &mut Tx, staff: StaffId, session: SessionId) -> Result<(), DbError> {
    if let Some(browser) = browser::of_session(tx, staff, session).await? {
        browser::forget(tx, staff, browser).await?;
    }
    Ok(())
}

/// Forgets the tokens of a browser, the spent ones too.
pub async fn forget_tokens(tx: &mut Tx, browser: BrowserId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM spent_device WHERE browser = $1", browser).await?;
    sql!(tx, execute, "DELETE FROM known_device WHERE browser = $1", browser)
        .await
        .map(drop)
}

pub async fn forget_all(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM spent_device WHERE browser IN (SELECT id FROM browser WHERE staff = $1)",
        staff
    )
    .await?;
    sql!(tx, execute, "DELETE FROM known_device WHERE staff = $1", staff).await?;
    sql!(tx, execute, "DELETE FROM browser WHERE staff = $1", staff)
        .await
        .map(drop)
}

/// Forgets a person's browsers but this one.
pub async fn forget_all_but(tx: &mut Tx, staff: StaffId, kept: Option<BrowserId>) -> Result<(), DbError> {
    let Some(kept) = kept else {
        return forget_all(tx, staff).await;
    };
    for other in browser::of_staff(tx, staff).await? {
        if other.id != kept {
            browser::forget(tx, staff, other.id).await?;
        }
    }
    Ok(())
}

pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    let gone = sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE expires_at <= $1
           OR NOT EXISTS (SELECT 1 FROM browser WHERE browser.id = known_device.browser)",
        now
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM browser WHERE NOT EXISTS (SELECT 1 FROM known_device WHERE known_device.browser = browser.id)"
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM spent_device WHERE NOT EXISTS
           (SELECT 1 FROM browser WHERE browser.id = spent_device.browser AND browser.remembered_until > $1)",
        now
    )
    .await?;
    Ok(gone)
}
