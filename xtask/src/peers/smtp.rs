//! A mail server that keeps what it gets: aiosmtpd, with certificates of an authority that trustme makes.

use std::process::Command;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{bound_to_us, folder, serve};
use crate::interrupt::Guard;
use crate::setup::python::{self, Tool};
use crate::workspace::Workspace;

const AIOSMTPD: Tool = Tool {
    package: "aiosmtpd",
    version: "1.4.6",
    with: &["trustme==1.2.1"],
};
const PROGRAM: &str = include_str!("smtp.py");
/// What it writes when it listens, in this order.
const PLACES: [&str; 3] = ["starttls", "tls", "plain"];

/// Gives the folder in which the server says where it listens and keeps mails, and the guard that stops it.
pub fn start(workspace: &Workspace) -> anyhow::Result<(String, Guard)> {
    let python = python::environment(workspace, &AIOSMTPD)?.join("python");
    let (folder, data) = folder("wardesk-smtp-")?;
    let program = folder.path().join("smtp.py");
    std::fs::write(&program, PROGRAM).context("writing the program of the mail server")?;
    let mut command: Command = bound_to_us(&python, None, "TERM");
    command.arg(&program).arg(&data);
    let state = data.clone();
    let is_ready = move || PLACES.iter().all(|place| state.join(place).exists());
    let guard = serve(command, is_ready, Signal::TERM, folder)?;
    let data = data.into_os_string().into_string();
    Ok((data.ok().context("the folder has a name that is no text")?, guard))
}
