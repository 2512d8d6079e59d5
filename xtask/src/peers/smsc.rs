//! Somebody who takes text messages by SMPP 3.4 and keeps them: smpp.twisted3.

use std::process::Command;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{bound_to_us, folder, serve};
use crate::interrupt::Guard;
use crate::setup::python::{self, Tool};
use crate::workspace::Workspace;

const SMPP: Tool = Tool {
    package: "smpp.twisted3",
    version: "0.8",
    with: &["smpp.pdu3==0.6", "Twisted==23.10.0"],
};
const PROGRAM: &str = include_str!("smsc.py");

/// Gives the folder in which it says where it listens and keeps messages, and the guard that stops it.
pub fn start(workspace: &Workspace) -> anyhow::Result<(String, Guard)> {
    let python = python::environment(workspace, &SMPP)?.join("python");
    let (folder, data) = folder("wardesk-smsc-")?;
    let program = folder.path().join("smsc.py");
    std::fs::write(&program, PROGRAM).context("writing the program that takes text messages")?;
    let mut command: Command = bound_to_us(&python, None, "TERM");
    command.arg(&program).arg(&data);
    let place = data.join("smpp");
    let guard = serve(command, move || place.exists(), Signal::TERM, folder)?;
    let data = data.into_os_string().into_string();
    Ok((data.ok().context("the folder has a name that is no text")?, guard))
}
