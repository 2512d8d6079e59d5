//! The spellings in which a text may lie in a file.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A way of writing a text down, with every byte string it may then have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) spellings: Vec<Vec<u8>>,
}

/// All forms of a text.
pub(super) fn forms(text: &str) -> Vec<Form> {
    let hex = hex::encode(text);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    vec![
        form("as written (UTF-8)", vec![text.as_bytes().to_vec()]),
        form("base64, all three alignments", base64(text.as_bytes())),
        form("hexadecimal", vec![hex.to_uppercase().into_bytes(), hex.into_bytes()]),
        form("UTF-16", vec![utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]),
    ]
}

fn form(name: &'static str, mut spellings: Vec<Vec<u8>>) -> Form {
    spellings.sort_unstable();
    spellings.dedup();
    Form { name, spellings }
}

/// The characters that are the same whatever stands before and after the text, for each of the three places a text can
/// begin at in groups of three bytes, in the standard and the URL alphabet.
fn base64(text: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text);
        // A character holds six bits; only those with no foreign bit count.
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            all.extend(encoded.as_bytes().get(first..end).map(<[u8]>::to_vec));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(text: &str, name: &str) -> Vec<String> {
        let form = forms(text)
            .into_iter()
            .find(|form| form.name.starts_with(name))
            .unwrap();
        form.spellings
            .into_iter()
            .map(|s| String::from_utf8(s).unwrap())
            .collect()
    }

    #[test]
    fn a_text_is_found_in_base64_wherever_it_stands() {
        let found = spellings("KINGFISHER-5F0A9C", "base64");
        for before in ["", "a", "ab", "abc", "abcd"] {
            for after in ["", "x", "xy", "xyz"] {
                let around = STANDARD_NO_PAD.encode(format!("{before}KINGFISHER-5F0A9C{after}"));
                assert!(
                    found.iter().any(|s| around.contains(s.as_str())),
                    "{before}|{after}: {around}"
                );
            }
        }
    }

    #[test]
    fn another_text_is_not_found_in_base64() {
        let found = spellings("KINGFISHER-5F0A9C", "base64");
        let around = STANDARD_NO_PAD.encode("abc KINGFISHER-5F0A9D xyz");
        assert!(found.iter().all(|s| !around.contains(s.as_str())));
    }

    #[test]
    fn both_alphabets_of_base64_are_tried() {
        let found = spellings("???>>>", "base64");
        assert!(found.contains(&"Pz8/Pj4+".to_owned()) && found.contains(&"Pz8_Pj4-".to_owned()));
    }

    #[test]
    fn hexadecimal_is_tried_in_both_cases() {
        assert_eq!(spellings("Jörg", "hex"), ["4AC3B67267", "4ac3b67267"]);
    }

    #[test]
    fn utf_16_is_tried_in_both_byte_orders() {
        let form = forms("Aé").into_iter().find(|form| form.name == "UTF-16").unwrap();
        assert_eq!(form.spellings, [vec![0, 0x41, 0, 0xe9], vec![0x41, 0, 0xe9, 0]]);
    }
}
