//! sslyze against a freshly started node that shows the certificate of its local authority.

use std::process::Command;

use anyhow::bail;

use crate::peers::wardesk::Node;
use crate::proc::{self, Stream};
use crate::report::Report;
use crate::setup::python::{self, Tool};
use crate::tally::Tally;
use crate::workspace::Workspace;

const SSLYZE: Tool = Tool {
    package: "sslyze",
    version: "6.3.1",
    with: &[],
};

pub fn within(report: &mut Report, workspace: &Workspace) {
    let Some(sslyze) = report.step("install sslyze", || python::ensure(workspace, &SSLYZE)) else {
        return;
    };
    report.suite("sslyze: modern TLS", || {
        let node = Node::start(&workspace.binary("debug"), "https://localhost:PORT", &[])?;
        let mut command = Command::new(&sslyze);
        command.args(["--mozilla_config", "modern", "--sni", "localhost"]);
        // As for a browser in which the authority is installed.
        command
            .arg("--certinfo_ca_file")
            .arg(node.data.join("tls/authority.pem"));
        command.arg(format!("127.0.0.1:{}", node.port));
        let mut said = Vec::new();
        let status = proc::lines(&mut command, |stream, line| {
            if stream == Stream::Out {
                println!("{line}");
                said.push(line.to_owned());
            } else {
                eprintln!("{line}");
            }
        })?;
        // Its status alone would also be success if it had judged nothing.
        if !status.success() || !is_compliant(&said, node.port) {
            bail!("TLS is not as Mozilla's \"modern\" configuration asks for");
        }
        Ok(Tally { passed: 1, failed: 0 })
    });
}

/// Whether the judge says so of exactly this port.
fn is_compliant(said: &[String], port: u16) -> bool {
    let place = format!("127.0.0.1:{port}:");
    said.iter()
        .any(|line| line.trim_start().starts_with(&place) && line.contains("OK - Compliant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verdict_about_this_port_counts() {
        let said = |line: &str| vec!["Checking results".to_owned(), line.to_owned()];
        assert!(is_compliant(&said("    127.0.0.1:443: OK - Compliant."), 443));
        assert!(!is_compliant(&said("    127.0.0.1:443: OK - Compliant."), 44));
        assert!(!is_compliant(&said("    127.0.0.1:443: FAILED - Not compliant."), 443));
        assert!(!is_compliant(&[], 443));
    }
}
