//! `wardesk breach` as processes: imports that are killed, corpora that are damaged or replaced, and the range interface.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use tempfile::TempDir;
use wd_breach::{Corpus, Hash, Kind};

/// So many rows that there is a checkpoint well before the end.
const MANY: u64 = 400_000;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Imports a list of these passwords, counted from 1.
    fn corpus(&self, kind: Kind, passwords: &[&str], more: &[&str]) -> PathBuf {
        let source = self.write("source", list(kind, passwords));
        let output = self.path("corpus");
        let mut import = breach(&["import"]);
        import.arg(source).arg("--output").arg(&output).args(more);
        succeeds(import);
        output
    }
}

fn breach(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardesk"));
    command.arg("breach").args(arguments);
    command
}

fn output(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who refuses early does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn succeeds(command: Command) -> String {
    let output = output(command, b"");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What it says about it.
fn refused(command: Command, input: &[u8]) -> String {
    let output = output(command, input);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn check(corpus: &Path, input: &[u8], more: &[&str]) -> String {
    let mut command = breach(&["check", "--corpus"]);
    command.arg(corpus).args(more);
    let output = output(command, input);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn digits(kind: Kind, password: &str) -> String {
    let hash = Hash::of_password(kind, password.as_bytes()).unwrap();
    let bytes = match kind {
        Kind::Sha1 => 20,
        Kind::Ntlm => 16,
    };
    hash.to_bytes()
        .iter()
        .take(bytes)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02X}");
            text
        })
}

fn list(kind: Kind, passwords: &[&str]) -> String {
    let counted = passwords.iter().zip(1..);
    let mut rows: Vec<String> = counted
        .map(|(password, count)| format!("{}:{count}\r\n", digits(kind, password)))
        .collect();
    rows.sort();
    rows.concat()
}

/// A row whose hash says its number.
fn row(number: u64) -> String {
    format!("{:016X}{:024X}:1\n", number * (u64::MAX / MANY), number)
}

#[test]
fn passwords_get_their_verdicts_and_are_not_repeated() {
    for kind in [Kind::Sha1, Kind::Ntlm] {
        let place = Place::new();
        let corpus = place.corpus(kind, &["password", "hunter2", "pässword 密码", ""], &[]);
        let asked = "hunter2\nHunter2\r\npassword\r\npässword 密码\n\nnever seen";
        let expected = "breached\nunknown\nbreached\nbreached\nbreached\nunknown\n";
        assert_eq!(check(&corpus, asked.as_bytes(), &[]), expected);
        let hashes = format!(
            "{}\n{}\n",
            digits(kind, "password").to_lowercase(),
            digits(kind, "other")
        );
        assert_eq!(check(&corpus, hashes.as_bytes(), &["--hash"]), "breached\nunknown\n");
        let mut command = breach(&["check", "--hash", "--corpus"]);
        command.arg(&corpus);
        let output = output(command, format!("{hashes}not-a-hash-but-secret\n").as_bytes());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains("line 3") && !said.contains("secret"),
            "{said}"
        );
        assert_eq!(output.stdout, b"breached\nunknown\n", "what came before is answered");
    }
}

#[test]
fn a_verdict_comes_before_the_next_password_is_asked_for() {
    let place = Place::new();
    let corpus = place.corpus(Kind::Sha1, &["password"], &[]);
    let mut command = breach(&["check", "--corpus"]);
    command.arg(corpus).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = Running(command.spawn().unwrap());
    let mut input = process.0.stdin.take().unwrap();
    let mut verdicts = BufReader::new(process.0.stdout.take().unwrap()).lines();
    for (password, verdict) in [("password", "breached"), ("other", "unknown")] {
        writeln!(input, "{password}").unwrap();
        assert_eq!(verdicts.next().unwrap().unwrap(), verdict);
    }
}

#[test]
fn a_killed_import_goes_on_and_ends_as_if_it_had_not_been_killed() {
    let place = Place::new();
    let source = place.write("source", (1..MANY).map(row).collect::<String>());
    let whole = place.path("whole");
    let mut import = breach(&["import"]);
    import.arg(&source).arg("--output").arg(&whole);
    succeeds(import);

    // The pipe stays open, so the import waits for more when it is killed.
    let killed = place.path("killed");
    let mut import = breach(&["import", "-"]);
    import.arg("--output").arg(&killed).stdin(Stdio::piped());
    let mut process = Running(import.spawn().unwrap());
    let mut input = process.0.stdin.take().unwrap();
    let mut number = 1;
    while !place.path("killed.journal").exists() {
        assert!(number < MANY, "no checkpoint before the end");
        input.write_all(row(number).as_bytes()).unwrap();
        number += 1;
    }
    process.0.kill().unwrap();
    process.0.wait().unwrap();
    assert!(!killed.exists());

    let mut import = breach(&["import", "-"]);
    import.arg("--output").arg(&killed);
    let output = output(import, &std::fs::read(&source).unwrap());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("it goes on"), "{said}");
    let digest = |path| Corpus::open(path).unwrap().info().digest;
    assert_eq!(digest(&killed), digest(&whole));
    assert!(!place.path("killed.journal").exists() && !place.path("killed.partial").exists());
}

#[test]
fn sources_that_are_no_sorted_list_are_refused_with_the_line_and_the_old_corpus_stays() {
    let place = Place::new();
    let corpus = place.corpus(Kind::Sha1, &["password"], &[]);
    let sorted = list(Kind::Sha1, &["a", "b", "c"]);
    let unsorted = sorted.lines().rev().collect::<Vec<_>>().join("\n");
    for (text, expected) in [
        (unsorted, "line 2 is not in ascending order"),
        (format!("{sorted}hunter2\n"), "line 4 is not HASH:COUNT"),
        (String::new(), "the source is empty"),
    ] {
        let mut import = breach(&["import", "-", "--output"]);
        import.arg(&corpus);
        let said = refused(import, text.as_bytes());
        assert!(said.contains(expected) && !said.contains("hunter2"), "{said}");
        assert_eq!(check(&corpus, b"password\n", &[]), "breached\n");
    }
}

#[test]
fn a_corpus_tells_what_it_is_and_a_damaged_or_short_one_is_refused() {
    let place = Place::new();
    let corpus = place.corpus(Kind::Ntlm, &["password", "hunter2"], &[]);
    let mut info = breach(&["info", "--verify"]);
    info.arg(&corpus);
    let said = succeeds(info);
    for expected in ["NTLM", "entries   2\n", "imported  20", "verified  all of it"] {
        assert!(said.contains(expected), "{said}");
    }
    let sound = std::fs::read(&corpus).unwrap();
    let damaged = |at: usize| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (bytes, expected) in [
        (damaged(20), "header"),
        (damaged(4096 + 10), "page 0"),
        (damaged(sound.len() - 1), "index of segment 0"),
        (sound[..sound.len() - 1].to_vec(), "says it has"),
        (sound[..100].to_vec(), "not a breach corpus"),
    ] {
        let bad = place.write("bad", bytes);
        let mut info = breach(&["info", "--verify"]);
        info.arg(&bad);
        let said = refused(info, b"");
        assert!(said.contains(expected), "{said}");
        let mut check = breach(&["check", "--corpus"]);
        check.arg(&bad);
        // Nobody is told "unknown" by a damaged corpus.
        let output = output(check, b"password\n");
        assert!(!output.status.success() && output.stdout.is_empty());
    }
}

#[test]
fn ranges_are_answered_as_the_published_interface_answers_them() {
    let place = Place::new();
    let corpus = place.corpus(Kind::Sha1, &["hunter2", "password"], &["--full"]);
    let server = Server::start(&[&corpus]);
    // The known hash of "password" and its count in the list.
    let (head, text) = server.ask("GET /range/5baa6 HTTP/1.1", "");
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/plain\r\n"),
        "{head}"
    );
    assert_eq!(text, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:2");
    assert_eq!(server.ask("GET /range/00000 HTTP/1.1", "").1, "");

    let (_, padded) = server.ask("GET /range/5BAA6 HTTP/1.1", "Add-Padding: true\r\n");
    let rows: Vec<&str> = padded.split("\r\n").collect();
    assert!((800..=1000).contains(&rows.len()), "{} rows", rows.len());
    let real: Vec<&&str> = rows.iter().filter(|row| !row.ends_with(":0")).collect();
    assert_eq!(real, [&"1E4C9B93F3F0682250B6CF8331B7EE68FD8:2"]);
    assert!(
        rows.iter()
            .all(|row| row.len() >= 37 && row.is_char_boundary(35) && &row[35..36] == ":")
    );

    for (request, status) in [
        ("GET /range/5baa HTTP/1.1", 400),
        ("GET /range/5baa61 HTTP/1.1", 400),
        ("GET /range/5baag HTTP/1.1", 400),
        ("GET /range/%2e%2e%2f%2e%2e HTTP/1.1", 400),
        ("GET /range/5baa6?mode=md5 HTTP/1.1", 400),
        ("GET /range/5baa6?mode=ntlm HTTP/1.1", 404),
        ("GET / HTTP/1.1", 404),
        ("POST /range/5baa6 HTTP/1.1", 405),
    ] {
        let (head, text) = server.ask(request, "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
        assert!(
            head.contains("application/problem+json") && text.contains("\"code\":"),
            "{head}{text}"
        );
    }
}

#[test]
fn sha1_and_ntlm_are_served_side_by_side() {
    let (one, other) = (Place::new(), Place::new());
    let sha1 = one.corpus(Kind::Sha1, &["password"], &["--full"]);
    let ntlm = other.corpus(Kind::Ntlm, &["password"], &["--full"]);
    let server = Server::start(&[&sha1, &ntlm]);
    let (_, text) = server.ask("GET /range/5BAA6 HTTP/1.1", "");
    assert_eq!(text, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:1");
    let (_, text) = server.ask("GET /range/8846f?mode=ntlm HTTP/1.1", "");
    assert_eq!(text, "7EAEE8FB117AD06BDD830B7586C:1");
}

#[test]
fn only_corpora_with_counts_are_served_and_only_on_this_machine() {
    let place = Place::new();
    let keys = place.corpus(Kind::Sha1, &["password"], &[]);
    let mut serve = breach(&["serve", "--listen", "127.0.0.1:0", "--corpus"]);
    serve.arg(&keys);
    assert!(refused(serve, b"").contains("import it with --full"));
    let full = place.corpus(Kind::Sha1, &["password"], &["--full"]);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let mut serve = breach(&["serve", "--listen", address, "--corpus"]);
        serve.arg(&full);
        assert!(refused(serve, b"").contains("loopback only"));
    }
    let mut serve = breach(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--corpus").arg(&full).arg("--corpus").arg(&full);
    assert!(refused(serve, b"").contains("a second corpus of SHA-1"));
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Server {
    _process: Running,
    /// Kept open, so that what it prints has somewhere to go.
    _said: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(corpora: &[&Path]) -> Self {
        let mut serve = breach(&["serve", "--listen", "127.0.0.1:0"]);
        for corpus in corpora {
            serve.arg("--corpus").arg(corpus);
        }
        let mut process = Running(serve.stdout(Stdio::piped()).spawn().unwrap());
        let mut said = BufReader::new(process.0.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("http://")
            .unwrap()
            .strip_suffix("/range/")
            .unwrap();
        Self {
            address: address.to_owned(),
            _process: process,
            _said: said,
        }
    }

    /// Head and body of the answer.
    fn ask(&self, request: &str, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request}\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (format!("{head}\r\n"), body.to_owned())
    }
}
