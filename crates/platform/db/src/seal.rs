use std::sync::{Arc, OnceLock};

use wd_kernel::Entropy;

/// Seals values that crates below the vault keep about people. The vault, when it opens, lends itself to the database.
pub trait Seal: Send + Sync {
    /// Seals a value for a column of a row. `None`: it cannot be sealed, and must then not be kept.
    fn seal(&self, entropy: &dyn Entropy, table: &str, column: &str, row: &[u8], clear: &[u8]) -> Option<Vec<u8>>;
    /// Opens such a value. `None`: it does not open.
    fn open(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// Where the sealer will be, once there is one.
pub(crate) type Sealer = Arc<OnceLock<Arc<dyn Seal>>>;
