use std::{fmt, str::FromStr};

use lettre::Address;
use wd_kernel::b64u;

/// The most bytes of an address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;

/// A mail address: `local@domain` in ASCII, RFC 5321 without quoted local parts and without literals of IP addresses.
/// Personal: it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(Address);

/// The text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address such as name@example.org")]
pub struct BadAddress;

impl MailAddress {
    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.as_ref()
    }

    /// What is behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// The spelling by which two addresses are held against each other: no server tells them apart by upper case.
    pub(crate) fn normalised(&self) -> String {
        self.expose().to_ascii_lowercase()
    }

    pub(crate) const fn address(&self) -> &Address {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        // Printable ASCII only, so that no line can end in it and no look-alike letter can stand in it.
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadAddress);
        }
        if text.contains(['"', '[', ']', '<', '>', '\\', ',', ';', ':', '(', ')']) {
            return Err(BadAddress);
        }
        let address: Address = text.parse().map_err(|_| BadAddress)?;
        if !address.domain().contains(|c: char| c.is_ascii_alphabetic()) {
            return Err(BadAddress);
        }
        Ok(Self(address))
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[mail address]")
    }
}

/// The id in the header `Message-ID` (RFC 5322, section 3.6.4): the same for every try of a mail.
pub(crate) fn message_id(id: wd_kernel::MailId, from: &MailAddress) -> String {
    use wd_kernel::Id as _;
    format!("<{}@{}>", b64u::encode(id.uuid().as_bytes()), from.domain())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in [
            "security@example.org",
            "ada.lovelace+desk@mail.example.co.uk",
            "o'neil@example.org",
            "root@localhost",
        ] {
            assert_eq!(text.parse::<MailAddress>().unwrap().expose(), text);
        }
    }

    #[test]
    fn what_could_mean_something_to_a_mail_server_is_refused() {
        for text in [
            "",
            "example.org",
            "@example.org",
            "a@",
            "a@b@example.org",
            "a b@example.org",
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org\nRCPT TO:<b@example.org>",
            "a@example.org\0",
            "<a@example.org>",
            "A <a@example.org>",
            "a@example.org,b@example.org",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "ä@example.org",
            "a@exämple.org",
            "a..b@example.org",
            ".a@example.org",
            "a@example..org",
            "a@-example.org",
        ] {
            assert_eq!(text.parse::<MailAddress>(), Err(BadAddress), "{text:?}");
        }
        assert_eq!(
            format!("{}@example.org", "a".repeat(250)).parse::<MailAddress>(),
            Err(BadAddress)
        );
    }

    #[test]
    fn an_address_does_not_print_itself() {
        let address: MailAddress = "ada@example.org".parse().unwrap();
        assert!(!format!("{address:?}").contains("ada"));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_one_line_of_ascii(text in "\\PC{0,12}@?\\PC{0,12}") {
            if let Ok(address) = text.parse::<MailAddress>() {
                prop_assert!(address.expose().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(address.expose().matches('@').count(), 1);
            }
        }
    }
}
