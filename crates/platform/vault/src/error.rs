use wd_crypto::EnvelopeError;
use wd_db::DbError;

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The passphrase or key file does not open the key file.
    #[error("the passphrase or key does not open the key file")]
    WrongPassphrase,
    /// The key file is damaged or of another format.
    #[error("the key file cannot be read: {0}")]
    KeyFile(&'static str),
    /// The key file cannot be read or written.
    #[error("the key file cannot be read or written")]
    Io(#[source] std::io::Error),
    /// The database belongs to another key file.
    #[error("the database was sealed under another key")]
    OtherKek,
    /// The owner's key does not exist, or was destroyed.
    #[error("the key does not exist or was destroyed")]
    NoKey,
    /// A sealed value does not open.
    #[error("a sealed value does not open")]
    Sealed(#[from] EnvelopeError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}
