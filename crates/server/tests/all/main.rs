//! The whole of Wardesk on loopback listeners: people with devices, both databases, nothing in between replaced.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[macro_use]
mod support;

mod accounts;
mod answers;
mod blind_scan;
mod canary;
mod conversations;
mod crossing;
mod customer_passkeys;
mod customers;
mod directory;
mod endpoints;
mod factor_coverage;
mod factor_policies;
mod floods;
mod leaving;
mod outgoing;
mod passwords;
mod rights;
mod room;
mod separation;
mod sessions;
mod single_sign_on;
mod sockets;
mod statements;
mod story;
mod taking;
mod team_vault;
mod texts;
mod tls;
