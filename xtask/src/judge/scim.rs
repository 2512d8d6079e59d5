//! scim2-tester against the interface for directories of a freshly started node.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

use super::people;
use crate::peers::wardesk::Node;
use crate::report::Report;
use crate::setup::python::{self, Tool};
use crate::tally::{self, Tally};
use crate::workspace::Workspace;

const TESTER: Tool = Tool {
    package: "scim2-tester",
    version: "0.5.2",
    with: &["scim2-client[httpx2]==0.13.2", "scim2-models==0.12.3", "httpx2==2.16.2"],
};
const PROGRAM: &str = include_str!("scim.py");

pub fn within(report: &mut Report, workspace: &Workspace) {
    let Some(programs) = report.step("install scim2-tester", || python::environment(workspace, &TESTER)) else {
        return;
    };
    report.suite("scim2-tester", || {
        let node = Node::start(&workspace.binary("debug"), "http://localhost:PORT", &[])?;
        let people = people(workspace, &node)?;
        let token = people
            .get("directory")
            .and_then(Value::as_str)
            .context("nobody made a token")?;
        let mut tester = Command::new(programs.join("python"))
            .args(["-c", PROGRAM, &format!("http://localhost:{}/scim/v2", node.port)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting scim2-tester")?;
        // Not as an argument, where others on the machine would read it.
        let mut input = tester.stdin.take().context("the tester takes no input")?;
        writeln!(input, "{token}")?;
        drop(input);
        let output = tester.wait_with_output().context("waiting for scim2-tester")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        eprint!("{said}");
        let mut found = said.lines().last().and_then(tally::plain).unwrap_or(Tally::ONE_FAILED);
        for error in node.errors()? {
            eprintln!("the log says: {error}");
            found.failed += 1;
        }
        Ok(found.of_suite(output.status.success(), false))
    });
}
