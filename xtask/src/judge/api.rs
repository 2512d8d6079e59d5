//! schemathesis against nodes with people and conversations in them: on both databases, as everybody there is.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::metrics::requests;
use super::{document, people};
use crate::peers::postgres;
use crate::peers::wardesk::Node;
use crate::proc;
use crate::report::Report;
use crate::setup::debian;
use crate::setup::python::{self, Tool};
use crate::tally::Tally;
use crate::workspace::Workspace;

const SCHEMATHESIS: Tool = Tool {
    package: "schemathesis",
    version: "4.32.5",
    with: &[],
};

/// What is asked of every answer: no fault of the server's, and nothing the document does not say.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Operations that end the session of who calls them: everything after them would be asked as nobody.
const END_THE_SESSION: [&str; 3] = ["sign_out", "end_session", "sign_out_widget"];

/// In this order: an administrator may disable the others.
const CALLERS: [&str; 4] = ["nobody", "widget", "agent", "administrator"];

#[derive(Args)]
pub struct Options {
    /// Examples for each operation and phase
    #[arg(long, default_value_t = 20)]
    examples: u32,
    /// The longest time for each caller and database
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    seconds: u32,
    /// The seed of what is made up; the same one asks the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only as these callers: nobody, widget, agent, administrator
    #[arg(long = "as", value_name = "CALLER", value_parser = CALLERS)]
    callers: Vec<String>,
    /// Only with SQLite
    #[arg(long)]
    sqlite: bool,
}

impl Options {
    /// What an ordinary run of the tests has time for.
    pub fn small() -> Self {
        Self {
            examples: 2,
            seconds: 30,
            seed: 1,
            callers: vec!["agent".into()],
            sqlite: true,
        }
    }
}

pub fn within(report: &mut Report, workspace: &Workspace, options: &Options) {
    let tool = report.step("install schemathesis", || python::ensure(workspace, &SCHEMATHESIS));
    let Some(tool) = tool else { return };
    report.suite("schemathesis on SQLite", || on(workspace, options, &tool, &[]));
    if options.sqlite {
        return;
    }
    report.suite("schemathesis on PostgreSQL", || {
        debian::ensure(&[debian::POSTGRESQL])?;
        let (address, _running) = postgres::start()?;
        on(workspace, options, &tool, &[("WARDESK_DATABASE", address.as_str())])
    });
}

/// All callers against one fresh node; each is one test, and so is the node's own log.
fn on(workspace: &Workspace, options: &Options, tool: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Tally> {
    let node = Node::start(&workspace.binary("debug"), "http://localhost:PORT", environment)?;
    let people = people(workspace, &node)?;
    let folder = tempfile::tempdir().context("making a folder for the document")?;
    let document = folder.path().join("openapi.json");
    let plain = serde_json::from_str(&node.get("/api/v1/openapi.json", None)?).context("reading the document")?;
    let with_ids = document::with_ids(plain, people.get("ids").context("nobody said which ids there are")?)?;
    std::fs::write(&document, with_ids.to_string()).context("writing the document")?;

    // What filling it asked is not what the judge asked.
    let reached = about_conversations(&node.get("/metrics", None)?);
    let mut tally = Tally::NONE;
    for caller in CALLERS
        .iter()
        .filter(|one| options.callers.is_empty() || options.callers.iter().any(|it| it == *one))
    {
        eprintln!("\n── as {caller}");
        match as_caller(
            &node,
            options,
            tool,
            &document,
            caller,
            people.pointer(&format!("/callers/{caller}")),
        ) {
            Ok(()) => tally.passed += 1,
            Err(error) => {
                eprintln!("error: as {caller}: {error:#}");
                tally.failed += 1;
            }
        }
    }
    tally += counted(&node, reached)?;
    Ok(tally)
}

fn as_caller(
    node: &Node,
    options: &Options,
    tool: &Path,
    document: &Path,
    caller: &str,
    shown: Option<&Value>,
) -> anyhow::Result<()> {
    let shown = shown.and_then(|shown| Some((shown.get(0)?.as_str()?, shown.get(1)?.as_str()?)));
    let mut command = Command::new(tool);
    command.current_dir(document.parent().context("the document lies in no folder")?);
    command
        .arg("run")
        .arg(document)
        .args(["--url", &format!("http://127.0.0.1:{}", node.port)]);
    command.args([
        "--checks",
        CHECKS,
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
    ]);
    command.args([
        "--generation-database",
        "none",
        "--no-shrink",
        "--continue-on-failure",
        "--request-timeout",
        "40",
    ]);
    command.args(["--max-examples", &options.examples.to_string()]);
    command.args([
        "--max-time",
        &options.seconds.to_string(),
        "--seed",
        &options.seed.to_string(),
    ]);
    if let Some((name, value)) = shown {
        // The session is what is judged with, not what is judged.
        command.args([
            "--header",
            &format!("{name}: {value}"),
            "--generation-with-security-parameters",
            "false",
        ]);
        for operation in END_THE_SESSION {
            command.args(["--exclude-operation-id", operation]);
        }
    }
    let status = proc::lines(&mut command, |_, line| eprintln!("{line}"))?;
    // Otherwise the judge may have spoken to a closed door.
    match caller {
        "nobody" => {}
        "widget" => drop(node.get("/api/v1/widget/conversations", shown)?),
        _ => {
            let session = node.get("/api/v1/session", shown)?;
            if !session.contains("\"signed-in\"") {
                bail!("the session ended on the way: {session}");
            }
        }
    }
    if !status.success() {
        bail!("schemathesis found something ({status})");
    }
    Ok(())
}

/// How many requests about a conversation succeeded.
fn about_conversations(metrics: &str) -> u64 {
    requests(metrics, "2", "{conversation}")
}

/// What the node counted: more successes about conversations than before, and nothing that was a fault.
fn counted(node: &Node, before: u64) -> anyhow::Result<Tally> {
    let metrics = node.get("/metrics", None)?;
    let sum = |status: &str, route: &str| requests(&metrics, status, route);
    eprintln!(
        "answers: {} of 2xx, {} of 4xx, {} of 5xx; {} of 2xx about a conversation",
        sum("2", ""),
        sum("4", ""),
        sum("5", ""),
        about_conversations(&metrics).saturating_sub(before)
    );
    for error in node.errors()? {
        eprintln!("the log says: {error}");
    }
    let is_fine = sum("5", "") == 0 && about_conversations(&metrics) > before && node.errors()?.is_empty();
    Ok(if is_fine {
        Tally { passed: 1, failed: 0 }
    } else {
        Tally::ONE_FAILED
    })
}
