//! `wardesk passphrase`: passphrases and passwords made by chance. Needs neither the database nor the settings.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use clap::Args;
use wd_kernel::Entropy;
use wd_server::SystemEntropy;

/// The EFF's long list, one word a line. The console draws from the same file.
const WORDS: &str = include_str!("../../../web/console/src/generator/words.txt");
/// Letters, digits and signs without those that look alike. The console draws from the same file.
const ALPHABET: &str = include_str!("../../../web/console/src/generator/alphabet.txt");

#[derive(Args)]
pub(crate) struct Options {
    /// How many words, 4 to 12.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(4..=12))]
    words: u32,
    /// What stands between the words: 1 to 3 characters, none of them a letter.
    #[arg(long, default_value = "-", allow_hyphen_values = true)]
    separator: String,
    /// Single characters instead of words, so many of them, 12 to 64.
    #[arg(long, value_name = "N", conflicts_with_all = ["words", "separator"], value_parser = clap::value_parser!(u32).range(12..=64))]
    characters: Option<u32>,
    /// How many to make, 1 to 100; one a line.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    count: u32,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let said = write(options, &SystemEntropy, &mut out)?;
    out.flush()?;
    eprintln!("{said}");
    Ok(())
}

/// Writes them, one a line; what there is to say of each.
fn write(options: &Options, chance: &dyn Entropy, out: &mut dyn std::io::Write) -> anyhow::Result<String> {
    let mut letters = [0; 4];
    let words: Vec<&str> = WORDS.lines().collect();
    let alphabet: Vec<char> = ALPHABET.trim_end().chars().collect();
    for _ in 0..options.count {
        if let Some(characters) = options.characters {
            for _ in 0..characters {
                out.write_all(drawn(&alphabet, chance)?.encode_utf8(&mut letters).as_bytes())?;
            }
        } else {
            separates(&options.separator)?;
            for n in 0..options.words {
                let before = if n == 0 { "" } else { options.separator.as_str() };
                write!(out, "{before}{}", drawn(&words, chance)?)?;
            }
        }
        writeln!(out)?;
    }
    Ok(match options.characters {
        Some(count) => format!("{count} characters of 64: {:.1} bits", bits(count, alphabet.len())),
        None => format!(
            "{} words of 7,776: {:.1} bits",
            options.words,
            bits(options.words, words.len())
        ),
    })
}

/// With letters between them, or with nothing, two rows of words could be the same text.
fn separates(separator: &str) -> anyhow::Result<()> {
    let length = separator.chars().count();
    let plain = separator.chars().all(|c| !c.is_alphabetic() && !c.is_control());
    ensure!(
        (1..=3).contains(&length) && plain,
        "a separator has 1 to 3 characters, and none of them is a letter or a control character"
    );
    Ok(())
}

fn bits(count: u32, of: usize) -> f64 {
    let of = u32::try_from(of).map_or(f64::INFINITY, f64::from);
    f64::from(count) * of.log2()
}

fn drawn<T: Copy>(from: &[T], chance: &dyn Entropy) -> anyhow::Result<T> {
    let one = from.get(below(from.len(), chance));
    one.copied().context("there is nothing to draw from")
}

/// A whole number from 0 up to `n` without it, each as likely as any other: what would favour the first ones is thrown
/// away.
fn below(n: usize, chance: &dyn Entropy) -> usize {
    let n = n as u64;
    let fair = (1 << 32) - (1 << 32) % n;
    let mut bytes = [0; 4];
    loop {
        chance.fill(&mut bytes);
        let drawn = u64::from(u32::from_le_bytes(bytes));
        if drawn < fair {
            return usize::try_from(drawn % n).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Mutex};

    use clap::{Parser, error::ErrorKind};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    /// Gives these numbers, and no more.
    struct Numbers(Mutex<Vec<u32>>);

    impl Numbers {
        fn of(numbers: &[u32]) -> Self {
            Self(Mutex::new(numbers.iter().rev().copied().collect()))
        }
    }

    impl Entropy for Numbers {
        fn fill(&self, buffer: &mut [u8]) {
            let next = self.0.lock().unwrap().pop();
            buffer.copy_from_slice(&next.expect("no more was to be drawn").to_le_bytes());
        }
    }

    fn options(arguments: &[&str]) -> Result<Options, clap::Error> {
        Line::try_parse_from([&["passphrase"], arguments].concat()).map(|line| line.options)
    }

    fn made(arguments: &[&str], chance: &dyn Entropy) -> (Vec<String>, String) {
        let mut out = Vec::new();
        let said = write(&options(arguments).unwrap(), chance, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        (text.lines().map(str::to_owned).collect(), said)
    }

    #[test]
    fn the_list_has_7776_words_each_once_and_the_alphabet_64_characters() {
        let words: HashSet<&str> = WORDS.lines().collect();
        assert_eq!((WORDS.lines().count(), words.len()), (7776, 7776));
        assert!(
            words
                .iter()
                .all(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
        let alphabet: HashSet<char> = ALPHABET.trim_end().chars().collect();
        assert_eq!((ALPHABET.trim_end().len(), alphabet.len()), (64, 64));
    }

    #[test]
    fn six_words_are_77_bits_and_a_half_and_are_the_words_that_were_drawn() {
        let (lines, said) = made(&[], &Numbers::of(&[0, 1, 2, 3, 4, 7775]));
        assert_eq!(lines, ["abacus-abdomen-abdominal-abide-abiding-zoom"]);
        assert_eq!(said, "6 words of 7,776: 77.5 bits");
    }

    #[test]
    fn twenty_characters_are_120_bits() {
        let (lines, said) = made(&["--characters", "20", "--count", "3"], &SystemEntropy);
        assert_eq!(said, "20 characters of 64: 120.0 bits");
        assert_eq!(lines.len(), 3);
        assert!(
            lines
                .iter()
                .all(|line| line.len() == 20 && line.chars().all(|c| ALPHABET.contains(c)))
        );
    }

    #[test]
    fn what_would_favour_the_first_ones_is_thrown_away() {
        let fair = u32::try_from((1_u64 << 32) / 7776 * 7776).unwrap();
        assert_eq!(below(7776, &Numbers::of(&[fair - 1])), 7775);
        assert_eq!(below(7776, &Numbers::of(&[fair, u32::MAX, 9])), 9);
        assert_eq!(below(64, &Numbers::of(&[u32::MAX])), 63);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        for arguments in [
            ["--words", "3"],
            ["--words", "13"],
            ["--characters", "11"],
            ["--characters", "65"],
            ["--count", "0"],
            ["--count", "101"],
        ] {
            let refused = options(&arguments).err().map(|error| error.kind());
            assert_eq!(refused, Some(ErrorKind::ValueValidation), "{arguments:?}");
        }
        assert!(options(&["--characters", "20", "--words", "6"]).is_err());
    }

    #[test]
    fn words_run_together_or_joined_by_letters_are_refused() {
        for separator in ["", "a", "-é-", "----", "\n"] {
            let options = options(&["--separator", separator]).unwrap();
            assert!(
                write(&options, &SystemEntropy, &mut Vec::new()).is_err(),
                "{separator:?}"
            );
        }
        let (lines, _) = made(&["--words", "4", "--separator", " "], &Numbers::of(&[0, 0, 0, 1]));
        assert_eq!(lines, ["abacus abacus abacus abdomen"]);
    }
}
