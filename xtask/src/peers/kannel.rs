//! A gateway for text messages that others wrote: Kannel, with its fakesmsc in place of a network. fakesmsc writes what
//! it gets into its log.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::process::Signal;

use super::{bound_to_us, folder, free_ports, serve};
use crate::interrupt::Guard;
use crate::proc;

/// Debian's package `kannel-extras` brings it.
pub fn network() -> Option<PathBuf> {
    let program = PathBuf::from("/usr/lib/kannel/test/fakesmsc");
    program.is_file().then_some(program)
}

/// Where the parts listen, all on 127.0.0.1.
struct Ports {
    admin: u16,
    boxes: u16,
    network: u16,
    sendsms: u16,
}

impl Ports {
    fn free() -> anyhow::Result<Self> {
        let [admin, boxes, network, sendsms] = free_ports()?;
        Ok(Self {
            admin,
            boxes,
            network,
            sendsms,
        })
    }
}

/// Gives the folder of fakesmsc, with its log (`log`) and where Kannel takes messages (`data/sendsms`, HOST:PORT), and
/// the guards that stop the three programs.
pub fn start() -> anyhow::Result<(String, Vec<Guard>)> {
    let program = |name| proc::find(name).with_context(|| format!("{name} is not installed"));
    let ports = Ports::free()?;
    let (home, _) = folder("wardesk-kannel-")?;
    let settings = home.path().join("kannel.conf");
    let log = home.path().join("log");
    std::fs::write(&settings, configuration(&ports)).context("writing the configuration of Kannel")?;

    let mut core = bound_to_us(&program("bearerbox")?, None, "TERM");
    core.args(["-v", "1"]).arg(&settings);
    let says = |what: &'static str| {
        let log = log.clone();
        move || said(&log, what)
    };
    let core = serve(core, says("Start-up done"), Signal::TERM, home)?;

    let (own, _) = folder("wardesk-kannel-smsbox-")?;
    let mut intake = bound_to_us(&program("smsbox")?, None, "TERM");
    intake.args(["-v", "1"]).arg(&settings);
    let intake = serve(intake, says("Client connected from"), Signal::TERM, own)?;

    let (own, data) = folder("wardesk-kannel-network-")?;
    let place = own.path().to_path_buf();
    let mut network = bound_to_us(&network().context("fakesmsc is not installed")?, None, "TERM");
    // It sends none by itself, and connects until it is stopped.
    network.args(["-H", "127.0.0.1", "-r", &ports.network.to_string(), "-m", "0"]);
    network.arg("1 2 text nothing");
    let network = serve(network, says("Fakesmsc client connected"), Signal::TERM, own)?;
    std::fs::write(data.join("sendsms"), format!("127.0.0.1:{}", ports.sendsms))
        .context("writing where Kannel takes messages")?;
    let place = place.into_os_string().into_string().ok();
    let place = place.context("the folder has a name that is no text")?;
    Ok((place, vec![network, intake, core]))
}

fn said(log: &Path, what: &str) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| text.contains(what))
}

fn configuration(ports: &Ports) -> String {
    let Ports {
        admin,
        boxes,
        network,
        sendsms,
    } = ports;
    format!(
        "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = secret-3\n\
         smsbox-port = {boxes}\nsmsbox-interface = 127.0.0.1\n\n\
         group = smsc\nsmsc = fake\nport = {network}\nour-host = 127.0.0.1\nconnect-allow-ip = 127.0.0.1\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\nsendsms-interface = 127.0.0.1\n\n\
         group = sendsms-user\nusername = wardesk\npassword = secret-2\n\n\
         group = sms-service\nkeyword = default\ntext = none\nmax-messages = 0\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kannel_listens_on_this_machine_only() {
        let text = configuration(&Ports {
            admin: 1,
            boxes: 2,
            network: 3,
            sendsms: 4,
        });
        for part in ["admin", "smsbox", "sendsms"] {
            assert!(text.contains(&format!("\n{part}-interface = 127.0.0.1\n")), "{text}");
        }
        assert!(text.contains("\nport = 3\nour-host = 127.0.0.1\n"), "{text}");
    }
}
