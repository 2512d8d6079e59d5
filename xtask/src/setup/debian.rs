//! Debian packages: installed when this runs as root, named with the reason when not.

use std::process::Command;

use anyhow::bail;

use crate::interrupt;
use crate::peers::{kannel, nats, postgres};
use crate::proc;
use crate::setup::python;

/// A Debian package that something here needs.
#[derive(Clone, Copy)]
pub struct Need {
    package: &'static str,
    why: &'static str,
    is_there: fn() -> bool,
}

pub const POSTGRESQL: Need = Need {
    package: "postgresql",
    why: "the tests run on SQLite and on a PostgreSQL of their own",
    is_there: || postgres::programs().is_some(),
};
pub const NATS: Need = Need {
    package: "nats-server",
    why: "the tests of several nodes exchange messages through NATS",
    is_there: || nats::program().is_some(),
};
pub const CHROMIUM: Need = Need {
    package: "chromium",
    why: "the end-to-end tests use the console and the widget in a browser",
    is_there: || proc::find("chromium").is_some(),
};
pub const PYTHON: Need = Need {
    package: "python3-venv",
    why: "programs that others wrote in Python take mail from tests and judge the built program",
    is_there: python::is_there,
};

pub const OATHTOOL: Need = Need {
    package: "oathtool",
    why: "the tests sign in with codes of an authenticator that others wrote",
    is_there: || proc::find("oathtool").is_some(),
};

pub const HYDRA: Need = Need {
    package: "hydra",
    why: "it guesses passwords at the built program, and must be held back",
    is_there: || proc::find("hydra").is_some(),
};

pub const KANNEL: Need = Need {
    package: "kannel",
    why: "the tests hand text messages to a gateway that others wrote",
    is_there: || proc::find("bearerbox").is_some() && proc::find("smsbox").is_some(),
};
pub const FAKESMSC: Need = Need {
    package: "kannel-extras",
    why: "it stands for the network behind that gateway",
    is_there: || kannel::network().is_some(),
};

/// Makes sure that all of `needs` are there, or says exactly what to install.
pub fn ensure(needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() || proc::find("apt-get").is_none() {
        bail!("{}", what_to_install(&missing));
    }
    interrupt::shielded(|| install(&missing))?;
    if let Some(absent) = missing.iter().find(|need| !(need.is_there)()) {
        bail!(
            "the package {} is installed, but its programs are not where they should be",
            absent.package
        );
    }
    Ok(())
}

/// Installs what is absent; what the machine already has keeps its version.
fn install(missing: &[Need]) -> anyhow::Result<()> {
    for need in missing {
        eprintln!("installing {}: {}", need.package, need.why);
    }
    proc::must(apt_get().arg("update"))?;
    proc::must(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends", "--no-upgrade"])
            .args(missing.iter().map(|need| need.package)),
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    command
}

fn what_to_install(missing: &[Need]) -> String {
    let names: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let reasons: Vec<String> = missing
        .iter()
        .map(|need| format!("  {}: {}", need.package, need.why))
        .collect();
    format!(
        "some programs are missing, and only root may install them. Please run\n\n    \
         sudo apt-get update && sudo apt-get install --no-install-recommends {}\n\n{}",
        names.join(" "),
        reasons.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        ensure(&[Need {
            package: "present",
            why: "of this test",
            is_there: || true,
        }])
        .unwrap();
    }

    #[test]
    fn what_is_missing_is_named_with_its_reason() {
        let text = what_to_install(&[POSTGRESQL, CHROMIUM]);
        assert!(
            text.contains("apt-get install --no-install-recommends postgresql chromium"),
            "{text}"
        );
        assert!(
            text.contains("postgresql: the tests run on SQLite and on a PostgreSQL"),
            "{text}"
        );
    }
}
