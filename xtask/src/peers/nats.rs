//! A NATS server with JetStream.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{bound_to_us, folder, free_port, serve};
use crate::interrupt::Guard;
use crate::proc;

/// Debian's package `nats-server` brings it.
pub fn program() -> Option<PathBuf> {
    proc::find("nats-server")
}

/// Gives the URL, and the guard that stops the server.
pub fn start() -> anyhow::Result<(String, Guard)> {
    let program = program().context("nats-server is not installed")?;
    let (folder, data) = folder("wardesk-nats-")?;
    let port = free_port()?;
    let mut command = bound_to_us(&program, None, "TERM");
    command
        .args(["-js", "-a", "127.0.0.1", "-p"])
        .arg(port.to_string())
        .arg("-sd")
        .arg(data);
    let answers = move || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    let guard = serve(command, answers, Signal::TERM, folder)?;
    Ok((format!("nats://127.0.0.1:{port}"), guard))
}
