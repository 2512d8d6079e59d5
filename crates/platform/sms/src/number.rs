use std::{fmt, str::FromStr};

/// A telephone number in the international form of ITU-T E.164: `+`, a calling code that is assigned, and 7 to 15 digits
/// in all. Personal: it does not print itself. Whether the number exists is not known: a code that somebody enters
/// proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// The text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number such as +49 151 23456789, with its calling code")]
pub struct BadNumber;

/// What may stand between digits where people write numbers.
const SEPARATORS: [char; 6] = [' ', '-', '.', '/', '(', ')'];
/// The most characters that people write.
const LONGEST: usize = 32;
/// How many digits at the end do not count for the block a number is in.
const WITHIN_BLOCK: usize = 3;

impl PhoneNumber {
    /// The number, with `+`, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The digits, without `+`.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// The calling code, in digits: `49`.
    pub fn calling_code(&self) -> &str {
        calling_code(self.digits()).unwrap_or_default()
    }

    /// The number without its last three digits: numbers that are handed out together share it.
    pub(crate) fn block(&self) -> &str {
        let digits = self.digits();
        digits
            .get(..digits.len().saturating_sub(WITHIN_BLOCK))
            .unwrap_or(digits)
    }

    /// As a screen shows it: the calling code and the last two digits, `+49 … 89`.
    pub fn masked(&self) -> String {
        let digits = self.digits();
        let end = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
        format!("+{} … {end}", self.calling_code())
    }
}

impl FromStr for PhoneNumber {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(BadNumber);
        }
        let rest = text.strip_prefix('+').ok_or(BadNumber)?;
        let digits: String = rest.chars().filter(|c| !SEPARATORS.contains(c)).collect();
        let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Err(BadNumber);
        }
        let code = calling_code(&digits).ok_or(BadNumber)?;
        // "+49 (0)151 …" is written often and is no number: the zero is dialled within the country only. Italy keeps it.
        if digits.get(code.len()..).is_some_and(|rest| rest.starts_with('0')) && code != "39" {
            return Err(BadNumber);
        }
        Ok(Self(format!("+{digits}")))
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[telephone number]")
    }
}

/// The calling code that digits begin with, by the plan of ITU-T E.164: its zones decide how long a code is. Zones and
/// codes that are not assigned to a country or network have none.
fn calling_code(digits: &str) -> Option<&str> {
    let (first, second) = (digits.get(..1)?, digits.get(..2)?);
    let length = match second {
        _ if matches!(first, "1" | "7") => 1,
        "20" | "27" | "30" | "31" | "32" | "33" | "34" | "36" | "39" | "40" | "41" | "43" | "44" | "45" | "46"
        | "47" | "48" | "49" | "51" | "52" | "53" | "54" | "55" | "56" | "57" | "58" | "60" | "61" | "62" | "63"
        | "64" | "65" | "66" | "81" | "82" | "84" | "86" | "90" | "91" | "92" | "93" | "94" | "95" | "98" => 2,
        "21" | "22" | "23" | "24" | "25" | "26" | "29" | "35" | "37" | "38" | "42" | "50" | "59" | "67" | "68"
        | "69" | "80" | "85" | "87" | "88" | "96" | "97" | "99" => 3,
        _ => return None,
    };
    digits.get(..length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        for (text, number, code) in [
            ("+4915123456789", "+4915123456789", "49"),
            (" +49 151 234-567.89 ", "+4915123456789", "49"),
            ("+1 (202) 555-0143", "+12025550143", "1"),
            ("+39 06 1234567", "+39061234567", "39"),
            ("+353 85 012 3456", "+353850123456", "353"),
            ("+7 912 345-67-89", "+79123456789", "7"),
        ] {
            let parsed: PhoneNumber = text.parse().unwrap();
            assert_eq!((parsed.expose(), parsed.calling_code()), (number, code));
        }
    }

    #[test]
    fn what_is_no_international_number_is_refused() {
        for text in [
            "",
            "+",
            "015123456789",
            "004915123456789",
            "4915123456789",
            "+49",
            "+49151",
            "+49 (0) 151 23456789",
            "+0151234567",
            "+2812345678",
            "+49151234567890123",
            "+49151234567a",
            "+49151\n23456789",
            "+4915123456789\r\nX: y",
            "+49151234567٣",
            "++4915123456789",
            "+49,4915123456789",
            "+49                                     15123456789",
        ] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(BadNumber), "{text:?}");
        }
    }

    #[test]
    fn a_number_shows_no_more_than_its_country_and_its_end() {
        let number: PhoneNumber = "+4915123456789".parse().unwrap();
        assert_eq!(number.masked(), "+49 … 89");
        assert!(!format!("{number:?}").contains('4'));
        assert_eq!(number.block(), "4915123456");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_a_plus_and_digits(text in "\\+?[0-9 ()\\-a\\n]{0,20}") {
            if let Ok(number) = text.parse::<PhoneNumber>() {
                prop_assert!(number.digits().bytes().all(|b| b.is_ascii_digit()));
                prop_assert!((7..=15).contains(&number.digits().len()));
                prop_assert!(number.digits().starts_with(number.calling_code()));
            }
        }
    }
}
