//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use crate::Settings;

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("settings", settings)];

/// Settings that are taken never speak plain HTTP or send mail in clear to anybody but this machine, and print no secret.
fn settings(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(settings) = toml::from_str::<Settings>(text) else {
        return;
    };
    if settings.check().is_err() {
        return;
    }
    assert!(!settings.plain_http() || settings.listen.ip().is_loopback());
    if let Some(mail) = &settings.mail
        && mail.security == crate::MailSecurity::None
    {
        let (host, _) = mail.host_and_port().unwrap_or_default();
        let address = host.parse::<std::net::IpAddr>();
        assert!(host == "localhost" || address.is_ok_and(|address| address.is_loopback()));
    }
    if let Some(crate::Secret::Value(secret)) = &settings.passphrase
        && secret.expose().len() > 16
    {
        assert!(!format!("{:?}", settings.passphrase).contains(secret.expose()));
    }
}

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn what_must_hold_for_any_bytes_holds_for_the_seeds() {
        super::replay::every_seed(super::TARGETS);
    }
}
