use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Entropy, Match, feedback::Suggestion, matching::patterns::MatchPattern};

use super::{
    guessing::{lasts, weakness},
    policy::{CLASSES_WANTED, Composition, PasswordPolicy, classes},
};

/// Most bytes of a request. Longer passwords would only cost time.
pub(crate) const LONGEST_BYTES: usize = 512;

/// Words a password must not be made of.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The login.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// The organisation's name.
    pub organisation: String,
    /// Other words that everybody connects with it: the name of its host, products, brands, places.
    pub others: Vec<String>,
}

/// What is to be said of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The estimate of zxcvbn: 0 to 4.
    pub score: u8,
    /// How long guessing it takes who has stolen its hash and the keys, as a word: `hours`, `centuries`.
    pub lasts: &'static str,
    /// The weakest thing about it, as a sentence.
    pub weakness: Option<String>,
    /// Why it is refused, as sentences; empty when it is acceptable.
    pub reasons: Vec<String>,
    /// What would make it better, as sentences.
    pub suggestions: Vec<String>,
}

impl Opinion {
    /// Whether the password may be used.
    pub const fn acceptable(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// The password as it is hashed: NFC, nothing cut off.
pub fn normalised(typed: &str) -> String {
    typed.nfc().collect()
}

/// Judges a password by a policy: its length, how hard it is to guess, what it is made of. A common one is refused under
/// every policy.
pub fn judge(typed: &str, context: &Context, policy: &PasswordPolicy) -> Opinion {
    if typed.len() > LONGEST_BYTES {
        return refused(format!("The password is longer than {LONGEST_BYTES} bytes."));
    }
    let password = normalised(typed);
    let mut reasons = Vec::new();
    let length = password.chars().count();
    let shortest = policy.shortest;
    if length < usize::from(shortest) {
        reasons.push(format!("The password has {length} characters; {shortest} are needed."));
    }
    let words = context.words();
    let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(&password, &inputs);
    if is_common(&password, &estimate) {
        reasons.push("Many people use this password; it is among the first an attacker tries.".into());
    }
    if policy.context_words && is_made_of(&password, &words) {
        reasons.push("The password is made of your login, your name or words of the organisation.".into());
    }
    let score = u8::from(estimate.score());
    if score < policy.score {
        reasons.push("The password is too easy to guess.".into());
    }
    let mut suggestions: Vec<String> = estimate
        .feedback()
        .map(|f| f.suggestions().iter().map(Suggestion::to_string).collect())
        .unwrap_or_default();
    if policy.composition != Composition::Off && classes(&password) < CLASSES_WANTED {
        let mix = "of these four: small letters, capital letters, digits, other characters.";
        match policy.composition {
            Composition::Required => reasons.push(format!("The password needs three {mix}")),
            Composition::Advice | Composition::Off => suggestions.push(format!("Use three {mix}")),
        }
    }
    if !reasons.is_empty() && suggestions.is_empty() {
        suggestions.push("Use several words that do not belong together.".into());
    }
    Opinion {
        score,
        lasts: lasts(estimate.guesses()),
        weakness: weakness(&estimate),
        reasons,
        suggestions,
    }
}

impl Context {
    fn words(&self) -> Vec<String> {
        [&self.login, &self.name, &self.organisation]
            .into_iter()
            .chain(&self.others)
            .flat_map(|text| {
                std::iter::once(folded(text)).chain(
                    folded(text)
                        .split(|c: char| !c.is_alphanumeric())
                        .map(str::to_owned)
                        .collect::<Vec<_>>(),
                )
            })
            .filter(|word| word.chars().count() >= 3)
            .collect()
    }
}

fn refused(reason: String) -> Opinion {
    Opinion {
        score: 0,
        lasts: lasts(0),
        weakness: None,
        reasons: vec![reason],
        suggestions: vec!["Use a shorter one.".into()],
    }
}

fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The whole password, in plain or disguised spelling, is one entry of a list: of common passwords, names or words. The
/// crate keeps each entry in the list where it is most frequent, so many names that people use as passwords stand in the
/// lists of names alone.
fn is_common(password: &str, estimate: &Entropy) -> bool {
    // A word of the context has its own rule, and hides whether it is a common one too: so they are left out here.
    is_one_word(estimate) && is_one_word(&zxcvbn::zxcvbn(password, &[]))
}

fn is_one_word(estimate: &Entropy) -> bool {
    matches!(
        estimate.sequence(),
        [Match {
            pattern: MatchPattern::Dictionary(_),
            ..
        }]
    )
}

/// Without the context's words fewer than four letters or digits are left.
fn is_made_of(password: &str, words: &[String]) -> bool {
    let mut rest = folded(password);
    let whole = rest.clone();
    let mut by_length: Vec<&String> = words.iter().collect();
    by_length.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in by_length {
        rest = rest.replace(word.as_str(), "");
    }
    rest != whole && rest.chars().filter(|c| c.is_alphanumeric()).count() < 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(typed: &str, context: &Context) -> Opinion {
        super::judge(typed, context, &PasswordPolicy::NIST)
    }

    fn context() -> Context {
        Context {
            login: "ada".into(),
            name: "Ada Lovelace".into(),
            organisation: "Analytical Engines".into(),
            others: vec!["desk.difference.example".into(), "Mill & Store".into()],
        }
    }

    #[test]
    fn a_reason_is_given_for_each_refusal() {
        let table = [
            ("short", "has 5 characters; 8 are needed"),
            ("password", "Many people use this password"),
            ("p@ssword", "Many people use this password"),
            ("baseball", "Many people use this password"),
            ("Lovelace1", "made of your login, your name"),
            ("analytical-engines", "made of your login, your name"),
            ("Difference123", "words of the organisation"),
            ("Mill-Store26", "words of the organisation"),
            ("abcdefgh", "too easy to guess"),
            ("aaaaaaaaaaaaaaaa", "too easy to guess"),
            ("19901990", "too easy to guess"),
        ];
        for (password, expected) in table {
            let opinion = judge(password, &context());
            assert!(!opinion.acceptable(), "{password}");
            assert!(
                opinion.reasons.iter().any(|reason| reason.contains(expected)),
                "{password}: {:?}",
                opinion.reasons
            );
        }
    }

    #[test]
    fn a_good_password_is_accepted_without_rules_of_composition() {
        for password in [
            "marble otter twelve pines",
            "ÜberraschungsKeks im Winter",
            "qK7#vLp2!xZ",
            "длинная тихая река весной",
        ] {
            let opinion = judge(password, &context());
            assert!(opinion.acceptable(), "{password}: {opinion:?}");
            assert!(opinion.score >= 3);
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_normalising() {
        // Seven letters, each written as two code points, are seven.
        let seven = "e\u{301}".repeat(7);
        assert!(
            judge(&seven, &context())
                .reasons
                .iter()
                .any(|r| r.contains("7 characters"))
        );
    }

    #[test]
    fn a_password_of_512_bytes_is_read_and_513_are_not() {
        let long = "marble otter twelve pines ".repeat(30);
        assert!(judge(&long[..512], &context()).acceptable());
        assert!(judge(&long[..513], &context()).reasons[0].contains("longer than 512 bytes"));
    }

    #[test]
    fn both_spellings_of_an_accent_are_one_password() {
        assert_eq!(normalised("cafe\u{301}"), normalised("caf\u{e9}"));
    }

    #[test]
    fn the_policy_decides_what_is_enough() {
        let mixed = PasswordPolicy {
            composition: Composition::Required,
            ..PasswordPolicy::NIST
        };
        let advised = PasswordPolicy {
            composition: Composition::Advice,
            ..PasswordPolicy::NIST
        };
        let long = PasswordPolicy {
            shortest: 30,
            ..PasswordPolicy::NIST
        };
        let lax = PasswordPolicy {
            shortest: 6,
            score: 0,
            context_words: false,
            ..PasswordPolicy::NIST
        };
        let by = |password: &str, policy: &PasswordPolicy| super::judge(password, &context(), policy);
        let good = "marble otter twelve pines";
        assert!(by(good, &mixed).reasons[0].contains("needs three of these four"));
        assert!(by("Marble otter twelve pines", &mixed).acceptable());
        let opinion = by(good, &advised);
        assert!(opinion.acceptable() && opinion.suggestions[0].contains("Use three of these four"));
        assert!(by(good, &long).reasons[0].contains("25 characters; 30 are needed"));
        assert!(by("Lovelace1", &lax).acceptable());
        for passphrase in ["otter pines", "marble otter", "elizabeth otter", "elizabeth1583"] {
            assert!(by(passphrase, &lax).acceptable(), "{passphrase} is more than one word");
        }
        let host = "desk.difference.example";
        assert!(by(host, &lax).acceptable(), "words of the context have their own rule");
    }

    #[test]
    fn a_common_one_is_refused_under_every_policy_whichever_list_has_it() {
        let lax = PasswordPolicy {
            shortest: 6,
            score: 0,
            context_words: false,
            ..PasswordPolicy::NIST
        };
        let elizabeth = Context {
            name: "Elizabeth Turner".into(),
            ..context()
        };
        for password in [
            "baseball",
            "elizabeth",
            "Jennifer",
            "m1chael",
            "samoht",
            "christopher",
            "extraordinary",
        ] {
            for context in [&context(), &elizabeth] {
                let opinion = super::judge(password, context, &lax);
                assert!(
                    opinion.reasons.iter().any(|reason| reason.contains("Many people use")),
                    "{password}: {opinion:?}"
                );
            }
        }
    }
}
