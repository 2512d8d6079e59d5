//! One row of a published list: `HASH:COUNT`, or `SUFFIX:COUNT` in a range file, ended by LF or CRLF.

use crate::hash::{Hash, Kind};

/// More digits than any count has.
const MOST_COUNT_DIGITS: usize = 12;

/// How the rows of one text look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) kind: Kind,
    /// The five digits that a range file leaves out.
    pub(crate) prefix: Option<[u8; 5]>,
}

/// What stands at the beginning of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A row; `used` bytes with its end.
    Row { hash: Hash, count: u64, used: usize },
    /// The end of the line is not there yet.
    Incomplete,
    /// No row.
    Garbage,
}

impl Form {
    /// By how many digits stand before the colon in the first line; `None` when it is no row.
    pub(crate) fn detect(text: &[u8], prefix: Option<[u8; 5]>) -> Option<Self> {
        let digits = text.iter().take(41).position(|byte| *byte == b':')?;
        let kind = match (digits, prefix) {
            (40, None) | (35, Some(_)) => Kind::Sha1,
            (32, None) | (27, Some(_)) => Kind::Ntlm,
            _ => return None,
        };
        Some(Self { kind, prefix })
    }

    /// Takes one row.
    #[inline]
    pub(crate) fn take(self, text: &[u8]) -> Taken {
        let Some((hash, rest)) = self.digits(text) else {
            return Taken::Incomplete;
        };
        let Some(hash) = hash else { return Taken::Garbage };
        let Some((colon, rest)) = rest.split_first() else {
            return Taken::Incomplete;
        };
        if *colon != b':' {
            return Taken::Garbage;
        }
        let mut count = 0;
        for (place, byte) in rest.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 && place < MOST_COUNT_DIGITS {
                count = count * 10 + u64::from(digit);
                continue;
            }
            let end = match (byte, place) {
                (_, 0) => return Taken::Garbage,
                (b'\n', _) => place + 1,
                (b'\r', _) => match rest.get(place + 1) {
                    Some(b'\n') => place + 2,
                    Some(_) => return Taken::Garbage,
                    None => return Taken::Incomplete,
                },
                _ => return Taken::Garbage,
            };
            let used = text.len() - rest.len() + end;
            return Taken::Row { hash, count, used };
        }
        Taken::Incomplete
    }

    /// The hash (inner `None`: not all of them are digits) and what follows; `None` when there is too little text.
    #[inline]
    fn digits(self, text: &[u8]) -> Option<(Option<Hash>, &[u8])> {
        match (self.kind, self.prefix) {
            (Kind::Sha1, None) => {
                let (digits, rest) = text.split_first_chunk::<40>()?;
                Some((Hash::of_sha1_digits(digits), rest))
            }
            (Kind::Ntlm, None) => {
                let (digits, rest) = text.split_first_chunk::<32>()?;
                Some((Hash::of_ntlm_digits(digits), rest))
            }
            (Kind::Sha1, Some(prefix)) => {
                let (digits, rest) = text.split_first_chunk::<35>()?;
                let mut whole = [0; 40];
                let (head, tail) = whole.split_at_mut(5);
                head.copy_from_slice(&prefix);
                tail.copy_from_slice(digits);
                Some((Hash::of_sha1_digits(&whole), rest))
            }
            (Kind::Ntlm, Some(prefix)) => {
                let (digits, rest) = text.split_first_chunk::<27>()?;
                let mut whole = [0; 32];
                let (head, tail) = whole.split_at_mut(5);
                head.copy_from_slice(&prefix);
                tail.copy_from_slice(digits);
                Some((Hash::of_ntlm_digits(&whole), rest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    const NTLM: &str = "8846F7EAEE8FB117AD06BDD830B7586C";

    fn form(text: &str, prefix: Option<&[u8; 5]>) -> Form {
        Form::detect(text.as_bytes(), prefix.copied()).unwrap()
    }

    #[test]
    fn rows_of_all_four_forms_are_read_with_either_end() {
        for (whole, kind) in [(SHA1, Kind::Sha1), (NTLM, Kind::Ntlm)] {
            for (digits, prefix) in [(whole, None), (&whole[5..], whole.as_bytes().first_chunk::<5>())] {
                for end in ["\n", "\r\n"] {
                    let text = format!("{digits}:52256179{end}rest");
                    let form = form(&text, prefix);
                    assert_eq!(form.kind, kind);
                    let expected = Taken::Row {
                        hash: Hash::of_password(kind, b"password").unwrap(),
                        count: 52_256_179,
                        used: text.len() - 4,
                    };
                    assert_eq!(form.take(text.as_bytes()), expected);
                }
            }
        }
    }

    #[test]
    fn every_beginning_of_a_row_is_incomplete() {
        let row = format!("{SHA1}:17\r\n");
        let form = form(&row, None);
        for end in 0..row.len() {
            assert_eq!(form.take(&row.as_bytes()[..end]), Taken::Incomplete, "{end}");
        }
    }

    #[test]
    fn what_is_no_row_is_garbage() {
        let form = form(&format!("{SHA1}:1"), None);
        let long = "1".repeat(13);
        for bad in [
            format!("{}:1\n", SHA1.replace('5', "G")),
            format!("{SHA1};1\n"),
            format!("{SHA1}:\n"),
            format!("{SHA1}:-1\n"),
            format!("{SHA1}:1 \n"),
            format!("{SHA1}:1\r1\n"),
            format!("{SHA1}:{long}\n"),
            format!("{SHA1}\n{SHA1}:1\n"),
            format!("\n{SHA1}:1\n"),
        ] {
            assert_eq!(form.take(bad.as_bytes()), Taken::Garbage, "{bad}");
        }
    }

    #[test]
    fn the_first_line_tells_the_form() {
        assert_eq!(Form::detect(b"", None), None);
        assert_eq!(Form::detect(format!("{SHA1}1:1").as_bytes(), None), None);
        assert_eq!(Form::detect(format!("{SHA1}:1").as_bytes(), Some(*b"00000")), None);
    }
}
