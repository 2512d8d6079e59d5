//! Hexadecimal digits, eight at a time in one machine word.

/// A byte repeated in every byte of a word.
const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Reads eight hexadecimal digits of either case, the first as the highest; `None` when one is not a digit.
pub(crate) const fn eight(digits: [u8; 8]) -> Option<u32> {
    let word = u64::from_le_bytes(digits);
    // No sum below carries into the next byte as long as no byte has its highest bit.
    let ascii = word & every(0x80) == 0;
    let word = word & every(0x7f);
    let not_decimal = (word ^ every(0x30)).wrapping_add(every(0x80 - 10));
    let lower = word | every(0x20);
    let letter = lower.wrapping_add(every(0x80 - b'a')) & !lower.wrapping_add(every(0x80 - b'g'));
    if !ascii || (!not_decimal | letter) & every(0x80) != every(0x80) {
        return None;
    }
    // '0'…'9' end in 0…9; 'A'…'F' and 'a'…'f' end in 1…6 and have bit 6.
    let nibbles = (word & every(0x0f)) + ((word >> 6) & every(0x01)) * 9;
    let bytes = ((nibbles << 4) | (nibbles >> 8)) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | (bytes >> 8)) & 0x0000_ffff_0000_ffff;
    let all = (pairs | (pairs >> 16)) & 0xffff_ffff;
    Some((all as u32).swap_bytes())
}

/// Upper-case digits of a number, the highest first.
pub(crate) fn upper<const N: usize>(number: u128) -> [u8; N] {
    let mut digits = [b'0'; N];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        let nibble = u8::try_from(rest & 0xf).unwrap_or(0);
        *digit = if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
        rest >>= 4;
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_byte_that_is_no_digit_is_refused_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut digits = *b"0aF9b3C4";
                digits[place] = byte;
                assert_eq!(eight(digits).is_some(), byte.is_ascii_hexdigit(), "{byte} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn digits_of_either_case_are_read(number: u32) {
            let (lower, upper) = (format!("{number:08x}"), format!("{number:08X}"));
            prop_assert_eq!(eight(lower.as_bytes().try_into().unwrap()), Some(number));
            prop_assert_eq!(eight(upper.as_bytes().try_into().unwrap()), Some(number));
            prop_assert_eq!(super::upper::<8>(number.into()).to_vec(), upper.into_bytes());
        }

        #[test]
        fn any_eight_bytes_are_read_as_the_standard_library_does(bytes: [u8; 8]) {
            let expected = bytes.iter().all(u8::is_ascii_hexdigit)
                .then(|| u32::from_str_radix(str::from_utf8(&bytes).unwrap(), 16).unwrap());
            prop_assert_eq!(eight(bytes), expected);
        }
    }
}
