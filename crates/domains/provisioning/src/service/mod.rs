//! What one can do, one subject per file. What takes a transaction of the caller is decided there: who may ask, and what
//! happens to the account.

mod configure;
mod groups;
mod people;
mod requests;
mod tokens;

pub use configure::{ConfigureError, SettingsView};
pub use requests::{Noted, RequestView};
pub use tokens::{LONGEST_TOKEN_DAYS, MOST_TOKENS, MadeToken, ShowError, TokenError, TokenView};
