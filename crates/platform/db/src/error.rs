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
        match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
            Some(ErrorKind::UniqueViolation) => Self::Unique,
            Some(ErrorKind::ForeignKeyViolation) => Self::Reference,
            Some(ErrorKind::CheckViolation | ErrorKind::NotNullViolation) => Self::Check,
            _ => Self::Sql(error),
        }
    }
}
