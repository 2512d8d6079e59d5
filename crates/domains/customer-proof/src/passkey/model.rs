//! What is kept of a passkey, and when it counts. Pure.

use serde::Serialize;
use serde_json::Value;
use wd_kernel::{CustomerPasskeyId, Timestamp};

/// How many passkeys a customer may have, those that were stopped among them.
pub const MOST_PASSKEYS: usize = 10;

/// What came back to a question.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyAnswer<'a> {
    /// The ticket of the question.
    pub ceremony: &'a str,
    /// What the browser says, in the JSON form of WebAuthn Level 3.
    pub credential: &'a Value,
    /// The origins of the websites that may show the widget.
    pub sites: &'a [String],
}

/// A passkey as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CustomerPasskey {
    /// Its id.
    pub id: CustomerPasskeyId,
    /// What the customer calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// From when on it counts.
    pub counts_from: Timestamp,
    /// When it proved something last.
    pub last_used_at: Option<Timestamp>,
    /// Whether it answered like a copy, and counts no more.
    pub stopped: bool,
}

/// What a customer's passkeys are good for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeysNow {
    /// There is none that could ever prove anything.
    None,
    /// All of them are too young.
    Held,
    /// One counts at least.
    Count,
}

impl PasskeysNow {
    /// Of passkeys that were not stopped, by the times from which on they count.
    pub(crate) fn of(count_from: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Self {
        match count_from.into_iter().min() {
            None => Self::None,
            Some(first) if first > now => Self::Held,
            Some(_) => Self::Count,
        }
    }
}

/// The name as it is kept: trimmed, 1 to 64 characters, none of them a control character.
pub(crate) fn shown_name(typed: &str) -> Option<&str> {
    let name = typed.trim();
    let fits = (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_count_as_soon_as_the_oldest_does() {
        let at = Timestamp::from_seconds;
        assert_eq!(PasskeysNow::of([], at(100)), PasskeysNow::None);
        assert_eq!(PasskeysNow::of([at(101), at(200)], at(100)), PasskeysNow::Held);
        assert_eq!(PasskeysNow::of([at(200), at(100)], at(100)), PasskeysNow::Count);
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(shown_name("  Mia's phone "), Some("Mia's phone"));
        for bad in ["", "  ", "a\nb", "\u{7}", &"x".repeat(65)] {
            assert_eq!(shown_name(bad), None, "{bad:?}");
        }
    }
}
