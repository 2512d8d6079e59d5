//! What a message says, and how it is written on the air (3GPP TS 23.038): in the default alphabet of GSM, or in UCS-2.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use wd_kernel::Duration;

use crate::PhoneNumber;

/// The most characters of the default alphabet in one message; those of its extension count twice.
pub const LONGEST_GSM: usize = 160;
/// The most units of UTF-16 in one message that needs other characters.
pub const LONGEST_UCS2: usize = 70;
/// The longest life of a message.
const LONGEST_LIFE: Duration = Duration::from_secs(60 * 60);

/// A code, or a notice, to one number. Text and life are checked when it is made.
pub struct Text {
    pub(crate) to: PhoneNumber,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
    pub(crate) life: Duration,
    pub(crate) address: Option<IpAddr>,
    pub(crate) for_customer: bool,
    pub(crate) notice: bool,
}

/// Why a message is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// A message is one: what would be sent in parts is refused.
    #[error("a text has 1 to {LONGEST_GSM} characters of the alphabet of GSM, or to {LONGEST_UCS2} of others")]
    Length,
    /// No control characters but the end of a line, and nothing that turns the direction of writing.
    #[error("a text is plain")]
    Characters,
    /// It must be sent within an hour, or not at all.
    #[error("a life is more than nothing and at most an hour")]
    Life,
}

/// What is sealed in the queue.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// The bytes of a text as a network takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Encoded {
    /// One byte for each septet, not packed.
    Gsm(Vec<u8>),
    /// UTF-16, big endian.
    Ucs2(Vec<u8>),
}

impl Text {
    /// A message with a code. `kind` is a word for lists and logs, the same for all of a sort. After `life` it is not
    /// sent any more.
    pub fn new(to: PhoneNumber, kind: &'static str, text: impl Into<String>, life: Duration) -> Result<Self, BadText> {
        let text = text.into();
        let unwanted = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        if text.chars().any(unwanted) {
            return Err(BadText::Characters);
        }
        if text.trim().is_empty() || encode(&text).is_none() {
            return Err(BadText::Length);
        }
        if life.is_zero() || life > LONGEST_LIFE {
            return Err(BadText::Life);
        }
        Ok(Self {
            to,
            kind,
            body: text,
            life,
            address: None,
            for_customer: false,
            notice: false,
        })
    }

    /// What it says. It may hold a code: not for logs.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Marks it as one for a customer: those have their own counts and a share of the money.
    #[must_use]
    pub const fn for_customer(mut self) -> Self {
        self.for_customer = true;
        self
    }

    /// Marks it as a notice to the owner of an account, which has a count of its own for each number and kind: whoever
    /// can ask for codes must not be able to use up the warnings of what they do next.
    #[must_use]
    pub const fn notice(mut self) -> Self {
        self.notice = true;
        self
    }

    /// The network address of who asked for it, which has limits of its own.
    #[must_use]
    pub const fn asked_from(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }
}

/// `None`: it does not fit into one message.
pub(crate) fn encode(text: &str) -> Option<Encoded> {
    if let Some(bytes) = gsm(text) {
        return (bytes.len() <= LONGEST_GSM).then_some(Encoded::Gsm(bytes));
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    (units.len() <= LONGEST_UCS2).then(|| Encoded::Ucs2(units.into_iter().flat_map(u16::to_be_bytes).collect()))
}

/// The default alphabet in the order of its codes. `\u{1b}` stands where the escape to the extension is.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPE: u8 = 0x1b;
/// The extension: character and code behind the escape.
const EXTENSION: [(char, u8); 9] = [
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];

fn gsm(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some((_, code)) = EXTENSION.iter().find(|(other, _)| *other == c) {
            bytes.extend([ESCAPE, *code]);
        } else {
            let at = ALPHABET.chars().position(|other| other == c && c != '\u{1b}')?;
            bytes.push(u8::try_from(at).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<Text, BadText> {
        Text::new(
            "+4915123456789".parse().unwrap(),
            "test",
            text,
            Duration::from_secs(600),
        )
    }

    #[test]
    fn the_alphabet_has_its_codes() {
        assert_eq!(ALPHABET.chars().count(), 128);
        let codes = [
            ("@", 0x00),
            ("\n", 0x0a),
            (" ", 0x20),
            ("#", 0x23),
            ("0", 0x30),
            ("A", 0x41),
            ("Z", 0x5a),
            ("a", 0x61),
            ("z", 0x7a),
            ("à", 0x7f),
            ("Ä", 0x5b),
            ("_", 0x11),
            ("¿", 0x60),
            ("¡", 0x40),
        ];
        for (character, code) in codes {
            assert_eq!(encode(character), Some(Encoded::Gsm(vec![code])), "{character:?}");
        }
        assert_eq!(encode("€"), Some(Encoded::Gsm(vec![0x1b, 0x65])));
    }

    #[test]
    fn other_characters_make_it_ucs2() {
        assert_eq!(encode("ž"), Some(Encoded::Ucs2(vec![0x01, 0x7e])));
        assert_eq!(encode("😀"), Some(Encoded::Ucs2(vec![0xd8, 0x3d, 0xde, 0x00])));
        assert_eq!(
            encode("`"),
            Some(Encoded::Ucs2(vec![0, 0x60])),
            "no look-alike takes its place"
        );
    }

    #[test]
    fn a_text_is_one_message() {
        assert!(text(&"a".repeat(160)).is_ok());
        assert!(text(&"€".repeat(80)).is_ok());
        assert!(text(&"ž".repeat(70)).is_ok());
        for long in [
            "a".repeat(161),
            "€".repeat(81),
            "ž".repeat(71),
            "😀".repeat(36),
            String::new(),
            " \n".into(),
        ] {
            assert_eq!(text(&long).err(), Some(BadText::Length));
        }
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for bad in ["a\rb", "a\0b", "a\u{1b}b", "a\u{202E}b", "a\u{2028}b"] {
            assert_eq!(text(bad).err(), Some(BadText::Characters), "{bad:?}");
        }
    }

    #[test]
    fn a_life_has_an_end() {
        let of = |seconds| {
            Text::new(
                "+4915123456789".parse().unwrap(),
                "test",
                "x",
                Duration::from_secs(seconds),
            )
            .err()
        };
        assert_eq!(
            (of(0), of(1), of(3600), of(3601)),
            (Some(BadText::Life), None, None, Some(BadText::Life))
        );
    }
}
