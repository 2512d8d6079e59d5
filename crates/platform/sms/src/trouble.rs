use serde::Serialize;

/// Why a message is not sent: a closed list of words, since the words of drivers name people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SmsTrouble)]
pub enum Trouble {
    /// The driver cannot be reached, or fell silent.
    Unreachable,
    /// It does not take user and password.
    Login,
    /// It has too much to do, and says so.
    Throttled,
    /// It is out of order, and says so.
    OutOfOrder,
    /// Its answer is none that is understood.
    Answer,
    /// It refused the message for good.
    Refused,
    /// No driver can be asked at present: each of them failed before and rests, but for those that refused the message.
    AllRest,
    /// It was not sent within its life.
    TooLate,
    /// What was kept of it does not open.
    Unreadable,
    /// No message may go to this country.
    Country,
    /// The number had too many.
    NumberLimit,
    /// Too many were asked for from one network address.
    AddressLimit,
    /// What may be spent is spent.
    SpendLimit,
    /// Too many different numbers of one block were asked for, and hardly any code was used.
    Pumping,
}

impl Trouble {
    const ALL: [Self; 14] = [
        Self::Unreachable,
        Self::Login,
        Self::Throttled,
        Self::OutOfOrder,
        Self::Answer,
        Self::Refused,
        Self::AllRest,
        Self::TooLate,
        Self::Unreadable,
        Self::Country,
        Self::NumberLimit,
        Self::AddressLimit,
        Self::SpendLimit,
        Self::Pumping,
    ];

    /// The word, as in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Login => "login",
            Self::Throttled => "throttled",
            Self::OutOfOrder => "out-of-order",
            Self::Answer => "answer",
            Self::Refused => "refused",
            Self::AllRest => "all-rest",
            Self::TooLate => "too-late",
            Self::Unreadable => "unreadable",
            Self::Country => "country",
            Self::NumberLimit => "number-limit",
            Self::AddressLimit => "address-limit",
            Self::SpendLimit => "spend-limit",
            Self::Pumping => "pumping",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == word)
    }

    /// Whether it is about the driver, so that the next message would fare no better.
    pub(crate) const fn is_the_drivers(self) -> bool {
        matches!(self, Self::Unreachable | Self::Login | Self::OutOfOrder | Self::Answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_the_database_is_the_word_on_the_wire_and_comes_back() {
        for trouble in Trouble::ALL {
            assert_eq!(serde_json::to_value(trouble).unwrap(), trouble.as_str());
            assert_eq!(Trouble::parse(trouble.as_str()), Some(trouble));
        }
    }
}
