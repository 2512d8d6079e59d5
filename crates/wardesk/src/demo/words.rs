//! Passphrases that people can read aloud and type.

use wd_kernel::Entropy;

/// 128 words, so that seven bits of chance choose one without bias.
const WORDS: [&str; 128] = [
    "acorn",
    "amber",
    "anchor",
    "apple",
    "apron",
    "arrow",
    "badge",
    "bamboo",
    "barley",
    "basil",
    "basket",
    "beacon",
    "birch",
    "bishop",
    "blanket",
    "bottle",
    "bramble",
    "bridge",
    "bucket",
    "butter",
    "button",
    "cabin",
    "candle",
    "canoe",
    "carrot",
    "cedar",
    "chalk",
    "cherry",
    "chimney",
    "cinder",
    "clover",
    "cobalt",
    "comet",
    "copper",
    "coral",
    "cotton",
    "cradle",
    "crystal",
    "dagger",
    "daisy",
    "dragon",
    "ember",
    "falcon",
    "feather",
    "fennel",
    "fiddle",
    "flannel",
    "flint",
    "forest",
    "garnet",
    "ginger",
    "glacier",
    "goblet",
    "granite",
    "hammer",
    "harbour",
    "hazel",
    "hornet",
    "island",
    "ivory",
    "jacket",
    "jasmine",
    "juniper",
    "kettle",
    "ladder",
    "lantern",
    "lemon",
    "lichen",
    "linen",
    "lobster",
    "magnet",
    "mango",
    "maple",
    "marble",
    "meadow",
    "melon",
    "mirror",
    "mitten",
    "mosaic",
    "mustard",
    "needle",
    "nettle",
    "nutmeg",
    "oatmeal",
    "onion",
    "orchid",
    "otter",
    "paddle",
    "paper",
    "parsnip",
    "pebble",
    "pepper",
    "pigeon",
    "pillow",
    "plaster",
    "pocket",
    "poplar",
    "pumpkin",
    "quartz",
    "quiver",
    "rabbit",
    "raven",
    "ribbon",
    "rocket",
    "saddle",
    "saffron",
    "salmon",
    "sandal",
    "satchel",
    "scarf",
    "shovel",
    "silver",
    "spruce",
    "table",
    "tangerine",
    "teapot",
    "thistle",
    "timber",
    "tulip",
    "turnip",
    "velvet",
    "violin",
    "walnut",
    "whistle",
    "willow",
    "window",
    "winter",
    "zephyr",
];

/// Four words: 28 random bits, enough for accounts that exist on one machine's loopback and lock after wrong tries.
pub(super) fn passphrase(entropy: &dyn Entropy) -> String {
    let mut random = [0_u8; 4];
    entropy.fill(&mut random);
    let words: Vec<&str> = random
        .iter()
        .filter_map(|byte| WORDS.get(usize::from(byte & 0x7f)).copied())
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use wd_kernel::SeededEntropy;

    use super::*;

    #[test]
    fn every_word_is_there_once_and_easy_to_type() {
        let different: HashSet<_> = WORDS.iter().collect();
        assert_eq!(different.len(), WORDS.len());
        assert!(
            WORDS
                .iter()
                .all(|w| (5..=9).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase()))
        );
    }

    #[test]
    fn a_passphrase_is_four_words_and_another_one_each_time() {
        let entropy = SeededEntropy::new(1);
        let made: HashSet<_> = (0..50).map(|_| passphrase(&entropy)).collect();
        assert_eq!(made.len(), 50);
        assert!(made.iter().all(|p| p.split('-').count() == 4));
    }
}
