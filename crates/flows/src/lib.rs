//! What happens in one domain because something happened in another; use cases that change several domains at once.
//!
//! - [`conversations`]: cases and their groups in one transaction (desk, channels), and their endpoints.
//! - [`single_sign_on`]: signing in through the company's provider (identity, access, single-sign-on).
//! - [`customer_proof`]: customers show by a second factor who they are (customer-proof, desk, channels).
//! - [`provisioning`]: the company's directory brings and takes away staff (identity, access, single-sign-on, provisioning).
//! - [`staff`]: people with roles and teams (identity, access).
//! - [`notices`]: mails to the security contact, and to people about their own accounts.
//! - [`own_mail`]: one's own mail address, which is proved by a mail.
//! - [`relay`]: hands on what the outbox holds, in order.

pub mod conversations;
pub mod customer_proof;
pub mod notices;
pub mod own_mail;
pub mod provisioning;
pub mod relay;
pub mod single_sign_on;
pub mod staff;
