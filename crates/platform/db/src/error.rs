use std::sync::Arc;

use sqlx::error::ErrorKind;

/// What can go wrong in the database. Callers branch on the constraint kinds; the rest is a fault of the server.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique key exists already.
    #[error("a unique key exists already")]
    Unique,
    /// A referenced row is missing, or a row is still referenced.
    #[error("a reference does not hold")]
    Reference,
    /// A check constraint refused the row.
    #[error("a check refused the row")]
    Check,
    /// There is no room left on the disk. Nothing of the transaction is there.
    #[error("there is no room left to store this")]
    Full,
    /// No connection, no memory, no turn within reasonable time, or another transaction had to go first.
    #[error("the database has too much to do")]
    Busy,
    /// A statement failed before, and the transaction with it.
    #[error("the transaction failed before")]
    Broken,
    /// Who only looks changes nothing.
    #[error("not a statement that only reads")]
    Looking,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// The commit that several transactions shared failed; nothing of any of them is there.
    #[error("the commit failed")]
    Group(#[source] Arc<Self>),
    /// The statement failed.
    #[error("the database failed")]
    Sql(#[source] sqlx::Error),
    /// A column does not hold what the code expects.
    #[error("column {column} does not hold what is expected")]
    Column {
        /// Which one.
        column: String,
    },
    /// The schema is newer or other than this program knows.
    #[error("the schema does not fit: {0}")]
    Schema(String),
    /// An event could not be written.
    #[error("the event could not be written")]
    Event(#[source] serde_json::Error),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    Folder(#[source] std::io::Error),
    /// The address of the database is neither `sqlite` nor `postgres://…`.
    #[error("not an address of a database")]
    Address,
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        let Some(database) = error.as_database_error() else {
            return Self::Sql(error);
        };
        match database.kind() {
            ErrorKind::UniqueViolation => Self::Unique,
            ErrorKind::ForeignKeyViolation => Self::Reference,
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation => Self::Check,
            _ => match database.code().as_deref().and_then(out_of_something) {
                Some(known) => known,
                None => Self::Sql(error),
            },
        }
    }
}

impl DbError {
    /// Whether a rule of the schema refused a row, as opposed to a fault.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Unique | Self::Reference | Self::Check)
    }
}

/// What the code of the database says about missing resources: numbers are SQLite's (the low byte is the kind), five
/// characters are PostgreSQL's, whose class 53 is just that.
fn out_of_something(code: &str) -> Option<DbError> {
    if code.len() == 5 {
        return match code {
            "53100" => Some(DbError::Full),
            // Two transactions were in each other's way, and this one gave way.
            "40001" | "40P01" => Some(DbError::Busy),
            _ if code.starts_with("53") => Some(DbError::Busy),
            _ => None,
        };
    }
    match code.parse::<u32>().ok()? & 0xff {
        5 => Some(DbError::Busy),
        13 => Some(DbError::Full),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_say_alike_what_they_ran_out_of() {
        for full in ["13", "53100"] {
            assert!(matches!(out_of_something(full), Some(DbError::Full)), "{full}");
        }
        // Busy and its extended forms; no memory, no connections, too many of what is configured.
        for busy in ["5", "261", "517", "53000", "53200", "53300", "53400", "40001", "40P01"] {
            assert!(matches!(out_of_something(busy), Some(DbError::Busy)), "{busy}");
        }
        for other in ["1", "11", "778", "40002", "57014", "23505", "", "x"] {
            assert!(out_of_something(other).is_none(), "{other}");
        }
    }
}
