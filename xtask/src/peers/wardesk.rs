//! `wardesk serve` as users run it: the built program with a folder of its own.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::Signal;

use super::{folder, free_port, serve};
use crate::interrupt::Guard;

/// Longer than a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running node.
pub struct Node {
    pub port: u16,
    /// The data folder.
    pub data: PathBuf,
    log: PathBuf,
    _running: Guard,
}

impl Node {
    /// Starts it on a free port of this machine. `public` is its address for people, with `PORT` for the port.
    pub fn start(binary: &Path, public: &str, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (folder, data) = folder("wardesk-judged-")?;
        let log = folder.path().join("log");
        let port = free_port()?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(&data)
            .env("WARDESK_PUBLIC_URL", public.replace("PORT", &port.to_string()))
            .env("WARDESK_PASSPHRASE", "the passphrase of a judged node")
            .envs(environment.iter().copied());
        let answers = move || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let running = serve(command, answers, Signal::TERM, folder)?;
        Ok(Self {
            port,
            data,
            log,
            _running: running,
        })
    }

    /// The link for the first administrator.
    pub fn link(&self) -> anyhow::Result<String> {
        let said = std::fs::read_to_string(&self.log).context("reading what the node said")?;
        let link = said.lines().map(str::trim).find(|line| line.contains("#/welcome/"));
        Ok(link.context("the first start printed no link")?.to_owned())
    }

    /// The lines of its log that say that something went wrong.
    pub fn errors(&self) -> anyhow::Result<Vec<String>> {
        let said = std::fs::read_to_string(&self.log).context("reading what the node said")?;
        let of_errors =
            |line: &&str| line.contains("\"ERROR\"") || line.contains(" ERROR ") || line.contains("panicked");
        Ok(said.lines().filter(of_errors).map(str::to_owned).collect())
    }

    /// Asks over plain HTTP, showing this header; the body of an answer that is 200.
    pub fn get(&self, path: &str, header: Option<(&str, &str)>) -> anyhow::Result<String> {
        let answer = self.ask("GET", path, header, "")?;
        match answer.status {
            200 => Ok(answer.body),
            status => bail!("GET {path}: {status}"),
        }
    }

    /// Posts JSON over plain HTTP, showing this header.
    pub fn post(&self, path: &str, header: Option<(&str, &str)>, json: &str) -> anyhow::Result<Answer> {
        self.ask("POST", path, header, json)
    }

    fn ask(&self, method: &str, path: &str, header: Option<(&str, &str)>, json: &str) -> anyhow::Result<Answer> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).context("connecting")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let shown = header
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .unwrap_or_default();
        let sent = if json.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", json.len())
        };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{shown}{sent}connection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(json.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Answer::read(&text).with_context(|| format!("{method} {path}: no answer that can be read"))
    }
}

/// What the node answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    head: String,
}

impl Answer {
    fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
        Some(Self {
            status,
            body: body.to_owned(),
            head: head.to_owned(),
        })
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_status_and_headers() {
        let answer = Answer::read("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (429, "{}"));
        assert_eq!(answer.header("retry-after"), Some("9"));
        assert_eq!(answer.header("location"), None);
        assert!(Answer::read("").is_none());
        assert!(Answer::read("SSH-2.0-x\r\n\r\n").is_none());
    }
}
