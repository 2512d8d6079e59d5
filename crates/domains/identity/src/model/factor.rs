use super::words;

words! {
    /// A kind of second factor.
    FactorKind {
        /// Codes of an authenticator app (RFC 6238).
        Totp = "totp",
        /// A passkey (WebAuthn).
        Passkey = "passkey",
        /// Recovery codes on paper.
        Recovery = "recovery",
        /// Codes by text message. It signs in and does nothing more: no dangerous act, no new factor.
        Sms = "sms",
    }
}

words! {
    /// Where a passkey is kept, as its authenticator says (flags BE and BS of WebAuthn level 3, section 6.1).
    PasskeyKept {
        /// In one device or security key, which does not let it out.
        Device = "device",
        /// In one device that may copy it to others of its owner.
        MayBeSynced = "may-be-synced",
        /// With a service that copies it to all devices of its owner.
        Synced = "synced",
    }
}

/// Recovery codes: 128 bits as base32 (RFC 4648) in groups.
pub mod recovery {
    /// How many a person gets.
    pub const COUNT: usize = 10;

    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// The text of a code: 26 letters in groups of five (the last one of six).
    pub fn text(bits: [u8; 16]) -> String {
        let mut letters = String::with_capacity(31);
        let value = u128::from_be_bytes(bits);
        for place in 0..26_u32 {
            if place % 5 == 0 && (5..25).contains(&place) {
                letters.push('-');
            }
            // 26 letters hold 130 bits; the last letter carries three and two zeros.
            let index = if place == 25 {
                (value & 0b111) << 2
            } else {
                (value >> (123 - 5 * place)) & 0b1_1111
            };
            letters.push(
                usize::try_from(index)
                    .ok()
                    .and_then(|i| ALPHABET.get(i))
                    .map_or('A', |c| char::from(*c)),
            );
        }
        letters
    }

    /// What is hashed: the letters without groups, in upper case; `None` when it cannot be a code.
    pub fn normalised(typed: &str) -> Option<String> {
        if typed.len() > 64 {
            return None;
        }
        let letters: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let good = letters.len() == 26 && letters.bytes().all(|b| ALPHABET.contains(&b));
        good.then_some(letters)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_code_is_base32_of_its_bits() {
            // RFC 4648: "fooooooooooooooo" checked with coreutils' base32.
            assert_eq!(text(*b"fooooooooooooooo"), "MZXW6-33PN5-XW633-PN5XW-633PN4");
        }

        #[test]
        fn a_code_survives_how_people_type() {
            let code = text([0xA5; 16]);
            let sloppy = format!(" {} ", code.to_lowercase().replace('-', " "));
            assert_eq!(normalised(&sloppy), normalised(&code));
            assert!(normalised(&code).is_some());
        }

        #[test]
        fn what_cannot_be_a_code_is_refused() {
            for typed in ["", "123456", "MZXW6-33PN5-XW633-PN5XW-633PN1"] {
                assert_eq!(normalised(typed), None, "{typed}");
            }
        }
    }
}
