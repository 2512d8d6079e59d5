//! A protocol client: HTTP, WebSocket, openmls. Tests, demo customers and staff, benchmarks and tools speak through it.
//!
//! - [`engine`]: MLS and the conversation protocol, pure.
//! - [`CustomerClient`], [`StaffClient`]: the engine on a server.
//! - [`Socket`]: what the server pushes.
//!
//! Time and chance come in through [`Surroundings`]; only openmls draws randomness and reads the wall clock (for the
//! lifetimes of key packages) by itself. A client holds its state in memory; `export` gives it as sealed bytes.

mod chat;
mod customer;
pub mod engine;
mod error;
mod http;
mod organisation;
mod sealed_state;
mod server;
mod socket;
mod staff;
mod totp;

pub use chat::Composed;
pub use customer::{CustomerClient, CustomerConversation};
pub use error::{ClientError, Problem};
pub use organisation::Organisation;
pub use server::{Server, Surroundings};
pub use socket::{Frame, Socket};
pub use staff::{Inbox, InboxRow, Me, Note, NoteAnswer, SessionState, Somebody, StaffClient, Team, View};
pub use totp::{Code, Codes};
