use std::{net::IpAddr, path::PathBuf};

use serde::Deserialize;

use crate::{ConfigError, Secret};

/// The server that takes outgoing mail (SMTP submission, RFC 6409).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Whom mails are from: `wardesk@example.org`.
    pub from: String,
    /// HOST:PORT: `smtp.example.org:587`.
    pub server: String,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// The name to sign in to the server with; unset: it takes mail without.
    pub user: Option<String>,
    /// The password that goes with `user`.
    pub password: Option<Secret>,
    /// Certificates (PEM) of the only authorities that may vouch for the server; unset: the public ones.
    pub ca: Option<PathBuf>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314), as a rule on port 465.
    Tls,
    /// STARTTLS (RFC 3207), as a rule on port 587. A server that does not offer it gets nothing.
    #[default]
    Starttls,
    /// In clear. For a server on this machine only.
    None,
}

impl MailSecurity {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "tls" => Some(Self::Tls),
            "starttls" => Some(Self::Starttls),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl Mail {
    /// The server's name or address, and its port.
    pub fn host_and_port(&self) -> Result<(String, u16), ConfigError> {
        split_host_and_port(&self.server).ok_or(ConfigError::Conflict(
            "mail.server must be HOST:PORT, as in smtp.example.org:587",
        ))
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let (host, _) = self.host_and_port()?;
        if self.from.is_empty() {
            return Err(ConfigError::Conflict("mail.from must be the address mails are from"));
        }
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if self.security == MailSecurity::None && !here {
            return Err(ConfigError::Conflict(
                "mail.security = \"none\" is for a server on this machine only: mails and the password would cross the network in clear; set \"tls\" or \"starttls\"",
            ));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(ConfigError::Conflict("mail.user and mail.password go together"));
        }
        if self.security == MailSecurity::None && self.ca.is_some() {
            return Err(ConfigError::Conflict(
                "mail.ca has no meaning with mail.security = \"none\"",
            ));
        }
        Ok(())
    }
}

/// The parts of HOST:PORT, where HOST may be an address of IPv6 in brackets.
pub(crate) fn split_host_and_port(server: &str) -> Option<(String, u16)> {
    let (host, port) = server.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<IpAddr>().ok()?.to_string(),
        None => host.to_owned(),
    };
    let is_name = |host: &str| {
        !host.is_empty()
            && host.len() <= 253
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    (host.parse::<IpAddr>().is_ok() || is_name(&host)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn refused(toml: &str) -> String {
        let settings: Settings = toml::from_str(toml).unwrap();
        settings.check().unwrap_err().to_string()
    }

    fn taken(toml: &str) -> Mail {
        let settings: Settings = toml::from_str(toml).unwrap();
        settings.check().unwrap();
        settings.mail.unwrap()
    }

    #[test]
    fn mail_in_clear_is_for_this_machine_only() {
        for host in [
            "smtp.example.org:25",
            "192.0.2.1:25",
            "[2001:db8::1]:25",
            "localhost.example.org:25",
        ] {
            let toml = format!("[mail]\nfrom = \"a@example.org\"\nserver = \"{host}\"\nsecurity = \"none\"");
            assert!(refused(&toml).contains("on this machine only"), "{host}");
        }
        for host in ["localhost:25", "127.0.0.1:25", "[::1]:25"] {
            taken(&format!(
                "[mail]\nfrom = \"a@example.org\"\nserver = \"{host}\"\nsecurity = \"none\""
            ));
        }
    }

    #[test]
    fn unless_told_starttls_is_demanded() {
        let mail = taken("[mail]\nfrom = \"a@example.org\"\nserver = \"smtp.example.org:587\"");
        assert_eq!(mail.security, MailSecurity::Starttls);
        assert_eq!(mail.host_and_port().unwrap(), ("smtp.example.org".into(), 587));
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for server in [
            "",
            "smtp.example.org",
            "smtp.example.org:",
            ":25",
            "smtp.example.org:0",
            "a b:25",
            "a/b:25",
            "2001:db8::1:x",
        ] {
            let toml = format!("[mail]\nfrom = \"a@example.org\"\nserver = \"{server}\"");
            assert!(refused(&toml).contains("HOST:PORT"), "{server}");
        }
    }

    #[test]
    fn half_a_login_is_refused() {
        let toml = "[mail]\nfrom = \"a@example.org\"\nserver = \"smtp.example.org:587\"\nuser = \"wardesk\"";
        assert!(refused(toml).contains("go together"));
    }
}
