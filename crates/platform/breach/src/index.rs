//! From a key to its page: the first keys of all pages, and a table over their highest bits.

/// Pages for each place of the table, on average.
const PAGES_PER_PLACE: u64 = 4;
/// At most 64 MiB of table.
const MOST_BITS: u32 = 24;

/// In memory as long as the corpus is open: 8 bytes a page, and about 1 byte a page of table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Index {
    firsts: Vec<u64>,
    /// How many first keys are below each value of the highest bits; one more at the end.
    table: Vec<u32>,
    shift: u32,
}

impl Index {
    /// `None` when the keys do not ascend, or are too many.
    pub(crate) fn new(firsts: Vec<u64>, least: u64) -> Option<Self> {
        let ascends = |pair: &[u64]| matches!(pair, [a, b] if b.checked_sub(*a).is_some_and(|gap| gap >= least));
        u32::try_from(firsts.len()).ok()?;
        if !firsts.windows(2).all(ascends) {
            return None;
        }
        let places = (firsts.len() as u64 / PAGES_PER_PLACE).max(2);
        let bits = places.ilog2().min(MOST_BITS);
        let shift = 64 - bits;
        let mut table = Vec::with_capacity((1 << bits) + 1);
        for (number, first) in firsts.iter().enumerate() {
            let place = usize::try_from(first >> shift).ok()?;
            while table.len() <= place {
                table.push(u32::try_from(number).ok()?);
            }
        }
        table.resize((1 << bits) + 1, u32::try_from(firsts.len()).ok()?);
        Some(Self { firsts, table, shift })
    }

    /// The last page whose first key is not above this one, and that key.
    #[inline]
    pub(crate) fn page_of(&self, key: u64) -> Option<(u64, u64)> {
        self.before(key, |first| first <= key)
    }

    /// The page where the first entry not below this key may be.
    pub(crate) fn first_page_for(&self, key: u64) -> u64 {
        self.before(key, |first| first < key).map_or(0, |(page, _)| page)
    }

    /// The first key of a page.
    pub(crate) fn first(&self, page: u64) -> Option<u64> {
        self.firsts.get(usize::try_from(page).ok()?).copied()
    }

    /// Bytes of memory.
    pub(crate) const fn memory(&self) -> usize {
        self.firsts.len() * 8 + self.table.len() * 4
    }

    #[inline]
    fn before(&self, key: u64, is_before: impl Fn(u64) -> bool) -> Option<(u64, u64)> {
        let place = usize::try_from(key >> self.shift).ok()?;
        let from = *self.table.get(place)? as usize;
        let to = *self.table.get(place + 1)? as usize;
        let some = self.firsts.get(from..to)?;
        let page = (from + some.partition_point(|first| is_before(*first))).checked_sub(1)?;
        Some((page as u64, *self.firsts.get(page)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_page_is_the_one_a_plain_search_finds(
            keys in proptest::collection::btree_set(prop_oneof![any::<u64>(), 0..50_u64, Just(u64::MAX)], 0..200),
            asked in proptest::collection::vec(any::<u64>(), 20),
        ) {
            let keys: Vec<u64> = keys.into_iter().collect();
            let index = Index::new(keys.clone(), 1).unwrap();
            for key in keys.iter().copied().chain(asked).chain([0, 25, u64::MAX]) {
                let plain = keys.partition_point(|first| *first <= key).checked_sub(1);
                prop_assert_eq!(index.page_of(key), plain.map(|page| (page as u64, keys[page])));
                let plain = keys.partition_point(|first| *first < key).saturating_sub(1);
                prop_assert_eq!(index.first_page_for(key), plain as u64);
            }
        }
    }

    #[test]
    fn keys_that_do_not_ascend_are_no_index() {
        assert_eq!(Index::new(vec![2, 1], 0), None);
        assert_eq!(Index::new(vec![1, 1], 1), None);
        assert!(Index::new(vec![1, 1], 0).is_some());
    }
}
