use serde::Serialize;

/// Why a mail is not delivered: a closed list of words, since the words of servers name people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MailTrouble)]
pub enum Trouble {
    /// The server cannot be reached, or fell silent.
    Unreachable,
    /// There is no TLS with it: no STARTTLS, or a certificate that does not count.
    Tls,
    /// It does not take user and password, or offers no way to say them.
    Login,
    /// It refused the mail for good (5yz).
    Refused,
    /// It refused the mail for now (4yz).
    Deferred,
    /// There is no server in the settings any more, or none took it in time.
    TooLate,
    /// What was kept of it does not open.
    Unreadable,
    /// It cannot be put into its form.
    Unwritable,
}

impl Trouble {
    const ALL: [Self; 8] = [
        Self::Unreachable,
        Self::Tls,
        Self::Login,
        Self::Refused,
        Self::Deferred,
        Self::TooLate,
        Self::Unreadable,
        Self::Unwritable,
    ];

    /// The word, as in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Deferred => "deferred",
            Self::TooLate => "too-late",
            Self::Unreadable => "unreadable",
            Self::Unwritable => "unwritable",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == word)
    }

    /// Whether another try is useless.
    pub(crate) const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::TooLate | Self::Unreadable | Self::Unwritable
        )
    }

    /// Whether it is about the server, so that the next mail would fare no better.
    pub(crate) const fn is_the_servers(self) -> bool {
        matches!(self, Self::Unreachable | Self::Tls | Self::Login)
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
