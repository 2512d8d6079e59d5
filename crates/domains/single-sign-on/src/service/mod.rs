//! What one can do, one use case per file.

mod accounts;
mod attempt;
mod configure;
mod prove;
mod provider;
mod try_it;

pub use accounts::{AccountView, BindError};
pub use attempt::{Attempt, BeginError, Purpose, STARTED_FOR};
pub use configure::{ChangeError, NewSettings, SettingsView};
pub use prove::{Answer, NewAccount, ProveError, Proven};
pub use provider::ProviderError;
pub use try_it::{Trial, TryError};

pub(crate) use provider::KnownProvider;
