use unicode_normalization::UnicodeNormalization;

/// The name one signs in with: NFKC, lower case, no spaces, 1 to 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(String);

/// The text cannot be a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login has 1 to 128 letters, digits or signs, no spaces")]
pub struct BadLogin;

/// The text cannot be a shown name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 128 characters and no line breaks")]
pub struct BadName;

impl Login {
    /// Normalises what somebody typed.
    pub fn parse(typed: &str) -> Result<Self, BadLogin> {
        if typed.len() > 512 {
            return Err(BadLogin);
        }
        let folded: String = typed.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect();
        let length = folded.chars().count();
        // A colon would split the label of an authenticator app.
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == ':';
        if length == 0 || length > 128 || folded.contains(bad) {
            Err(BadLogin)
        } else {
            Ok(Self(folded))
        }
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name colleagues and customers see: NFC, trimmed, 1 to 128 characters.
pub fn shown_name(typed: &str) -> Result<String, BadName> {
    if typed.len() > 1024 {
        return Err(BadName);
    }
    let name: String = typed.trim().nfc().collect();
    let length = name.chars().count();
    if length == 0 || length > 128 || name.contains(char::is_control) {
        Err(BadName)
    } else {
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_login_meet() {
        for typed in ["Ada", " ada ", "ADA", "\u{ff21}da", "ada\u{2003}"] {
            assert_eq!(Login::parse(typed).unwrap().as_str(), "ada", "{typed:?}");
        }
        assert_eq!(Login::parse("JOSE\u{301}").unwrap(), Login::parse("jos\u{e9}").unwrap());
    }

    #[test]
    fn what_cannot_be_a_login_is_refused() {
        for typed in ["", "  ", "a b", "a\nb", "a:b", &"x".repeat(129)] {
            assert_eq!(Login::parse(typed), Err(BadLogin), "{typed:?}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(shown_name(" Ada  Lovelace ").unwrap(), "Ada  Lovelace");
        assert!(shown_name("Ada\nLovelace").is_err());
        assert!(shown_name(" ").is_err());
    }
}
