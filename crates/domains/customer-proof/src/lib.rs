//! Proofs that a customer is who they say: a second factor that staff ask for in a conversation.
//!
//! Invariants:
//! - A code is known to the message it goes out in and to nobody else. What is stored is its hash with a key of the vault.
//! - A request has five tries over all of its codes. A new code does not bring new ones.
//! - Ten wrong answers of a customer within a day, over all requests, stop their codes. A new request does not bring more.
//! - A code that a limit stops leaves the one before as it was; five times a request, and then no more are tried.
//! - The device and session that asked for the first code are the only ones that may answer.
//! - A proof counts in one conversation, for one device and session, and for a time.
//! - A passkey is of one customer, counts a day after it was added, and never again once it answered like a copy. What
//!   is kept of it lies sealed under the customer's key.

pub mod events;
mod model;
mod passkey;
pub mod permissions;
mod service;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use model::{
    Asking, CODE, CODES, Channel, HOLD, Proof, Request, State, Strength, TRIES, VALID, WRONG, is_code, is_held, masked,
};
pub use passkey::{
    CustomerPasskey, MOST_PASSKEYS, PasskeyAnswer, PasskeyError, PasskeyQuestion, PasskeyTried, PasskeysNow,
};
pub use service::{Answer, CODES_STOPPED, NewCode, ProofError, Proofs};

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations =
    wd_db::migrations!("customer_proof": "0001_proof", "0002_phone", "0003_passkey", "0004_refused");
