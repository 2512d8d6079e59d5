//! Running other programs: each in a process group of its own, so that Ctrl-C ends it with everything it started.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};

use crate::interrupt;

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// Where a line came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// Whether cargo is to leave out what would make the next compilation shorter.
static ONCE: AtomicBool = AtomicBool::new(false);

/// From now on cargo compiles without notes for the next time: they cost time, and are for who changes something.
pub fn compile_once() {
    ONCE.store(true, Ordering::Relaxed);
}

/// The cargo that runs this program.
pub fn cargo(directory: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(directory);
    // `cargo run` tells this program which package it is. Handed on, build scripts that look at it run again, and what
    // depends on them is built twice.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    if ONCE.load(Ordering::Relaxed) {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Shows the command, runs it on this terminal and gives its status.
pub fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    eprintln!("$ {}", spoken(command));
    Running::start(command)?.finish(command)
}

/// Like [`status`]; failing is an error.
pub fn must(command: &mut Command) -> anyhow::Result<()> {
    let status = status(command)?;
    succeeded(status, command)
}

/// Runs the command without a word and gives its standard output; what it says on standard error is shown.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    command.stdout(Stdio::piped());
    let mut running = Running::start(command)?;
    let mut text = Vec::new();
    if let Some(mut out) = running.child.stdout.take() {
        out.read_to_end(&mut text)
            .with_context(|| format!("reading what `{}` prints", spoken(command)))?;
    }
    let status = running.finish(command)?;
    succeeded(status, command)?;
    String::from_utf8(text).with_context(|| format!("`{}` printed something that is not UTF-8", spoken(command)))
}

/// Runs the command and hands every line of both its streams to `each`.
pub fn lines(command: &mut Command, mut each: impl FnMut(Stream, &str)) -> anyhow::Result<ExitStatus> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let (sender, receiver) = mpsc::channel();
    let readers = [
        running
            .child
            .stdout
            .take()
            .map(|out| forward(out, Stream::Out, sender.clone())),
        running
            .child
            .stderr
            .take()
            .map(|err| forward(err, Stream::Err, sender.clone())),
    ];
    drop(sender);
    for (stream, line) in receiver {
        each(stream, &line);
    }
    for reader in readers.into_iter().flatten() {
        // A reader ends with its pipe; it has nothing to say about the program.
        let _ = reader.join();
    }
    running.finish(command)
}

/// An error that names the command, unless the status is success.
pub fn succeeded(status: ExitStatus, command: &Command) -> anyhow::Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", spoken(command));
    }
    Ok(())
}

/// The command as one would type it.
pub fn spoken(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// The path of a program, looked for in `PATH` and in the folders where Debian keeps servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Asks a server that this program started to end, and ends it when it does not.
pub fn stop_child(child: &mut Child, signal: Signal) {
    if let Ok(process) = id_of(child) {
        // It may have ended already; then there is nothing to signal.
        let _ = rustix::process::kill_process(process, signal);
    }
    if !within_grace(|| matches!(child.try_wait(), Ok(None))) {
        let _ = child.kill();
    }
    // Collects the exit status, so that no defunct process stays behind.
    let _ = child.wait();
}

/// A program in a process group of its own, ended by a signal to this one.
struct Running {
    child: Child,
    guard: interrupt::Guard,
}

impl Running {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))?;
        let group = id_of(&child)?;
        let guard = interrupt::on_stop(move || stop_group(group));
        Ok(Self { child, guard })
    }

    fn finish(mut self, command: &Command) -> anyhow::Result<ExitStatus> {
        let status = self
            .child
            .wait()
            .with_context(|| format!("waiting for `{}`", spoken(command)));
        interrupt::hold_if_stopping();
        self.guard.dismiss();
        status
    }
}

/// Asks a process group to end, waits for its leader, and ends what is left.
fn stop_group(leader: Pid) {
    if kill_process_group(leader, Signal::TERM).is_ok() {
        within_grace(|| test_kill_process(leader).is_ok());
        // Whoever is left after its leader, or after the grace, did not listen.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// Waits while `busy`; false when that outlasts the grace.
fn within_grace(mut busy: impl FnMut() -> bool) -> bool {
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    while busy() {
        if waited >= GRACE {
            return false;
        }
        std::thread::sleep(step);
        waited += step;
    }
    true
}

fn id_of(child: &Child) -> anyhow::Result<Pid> {
    let id = i32::try_from(child.id()).context("a process id beyond the range of ids")?;
    Pid::from_raw(id).context("a process id of zero")
}

fn forward(
    from: impl Read + Send + 'static,
    stream: Stream,
    to: mpsc::Sender<(Stream, String)>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if to.send((stream, text)).is_err() {
                return;
            }
            line.clear();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_streams_arrive_and_the_status_is_told() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let status = lines(&mut command, |stream, line| {
            seen.push((stream == Stream::Err, line.to_owned()));
        })
        .unwrap();
        seen.sort();
        assert_eq!(seen, [(false, "one".to_owned()), (true, "two".to_owned())]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = output(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        assert!(error.to_string().contains("sh -c exit 7"), "{error}");
    }

    #[test]
    fn stopping_a_group_ends_the_program() {
        let mut command = Command::new("tail");
        command.args(["-f", "/dev/null"]);
        let Running { mut child, guard } = Running::start(&mut command).unwrap();
        let waiter = std::thread::spawn(move || child.wait().unwrap());
        drop(guard);
        assert!(!waiter.join().unwrap().success());
    }

    #[test]
    fn a_stopped_server_is_gone_and_collected() {
        let mut child = Command::new("tail").args(["-f", "/dev/null"]).spawn().unwrap();
        stop_child(&mut child, Signal::INT);
        assert!(!child.try_wait().unwrap().unwrap().success());
    }
}
