//! TLS as clients meet it, through the real listener.

mod given;
mod local;
mod node;
mod wire;
