//! How much work a password hash is, and how much of it a machine can bear.

/// What one hash should take on the machine that was measured.
pub(crate) const AIM_MICROS: i64 = 100_000;

/// Never more work than this, whatever a stored hash says.
const MOST_PASSES: u32 = 16;

/// The work of an argon2id hash with one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB, 19,456 to 65,536.
    pub memory_kib: u32,
    /// Passes over the memory, 2 to 16.
    pub passes: u32,
}

impl HashCost {
    /// The least there is: 19 MiB and two passes, as OWASP names it.
    pub const LEAST: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };

    const MOST_MEMORY_KIB: u32 = 64 * 1024;

    /// A cost within the limits.
    pub fn new(memory_kib: u32, passes: u32) -> Option<Self> {
        let memory = Self::LEAST.memory_kib..=Self::MOST_MEMORY_KIB;
        let fits = memory.contains(&memory_kib) && (Self::LEAST.passes..=MOST_PASSES).contains(&passes);
        fits.then_some(Self { memory_kib, passes })
    }

    /// The cost that a stored hash names.
    pub(crate) fn of_stored(memory_kib: u32, passes: u32) -> Option<Self> {
        #[cfg(test)]
        if [memory_kib, passes] == [Self::NEXT_TO_NOTHING.memory_kib, Self::NEXT_TO_NOTHING.passes] {
            return Some(Self::NEXT_TO_NOTHING);
        }
        Self::new(memory_kib, passes)
    }

    /// What takes about [`AIM_MICROS`] where the least cost takes this long. Memory comes first: it is what guessing on
    /// special hardware pays for. A machine that cannot be measured, or is slow, gets the least.
    pub(crate) fn for_machine(least_micros: i64) -> Self {
        let Some(affordable) = Self::LEAST.work().checked_mul(AIM_MICROS.unsigned_abs()) else {
            return Self::LEAST;
        };
        let Some(work) = affordable.checked_div(u64::try_from(least_micros).unwrap_or(0)) else {
            return Self::LEAST;
        };
        let within = |value: u64, least: u32, most: u32| u32::try_from(value).unwrap_or(most).clamp(least, most);
        let memory_kib = within(
            work / u64::from(Self::LEAST.passes) / 1024 * 1024,
            Self::LEAST.memory_kib,
            Self::MOST_MEMORY_KIB,
        );
        let passes = within(work / u64::from(memory_kib), Self::LEAST.passes, MOST_PASSES);
        Self { memory_kib, passes }
    }

    /// KiB written: what a hash takes in time is in proportion to it.
    pub(crate) fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }
}

#[cfg(test)]
impl HashCost {
    /// For tests whose subject is not the cost: argon2id as ever, with a six-hundredth of the memory and one pass.
    pub(crate) const NEXT_TO_NOTHING: Self = Self {
        memory_kib: 32,
        passes: 1,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(memory_mib: u32, passes: u32) -> HashCost {
        HashCost::new(memory_mib * 1024, passes).unwrap()
    }

    #[test]
    fn a_slow_machine_and_one_that_cannot_be_measured_get_the_least() {
        for micros in [i64::MIN, 0, 100_000, 5_000_000] {
            assert_eq!(HashCost::for_machine(micros), HashCost::LEAST);
        }
    }

    #[test]
    fn memory_grows_first_and_then_passes() {
        assert_eq!(HashCost::for_machine(50_000), cost(38, 2));
        assert_eq!(HashCost::for_machine(25_000), cost(64, 2));
        assert_eq!(HashCost::for_machine(10_000), cost(64, 5));
        assert_eq!(HashCost::for_machine(1), cost(64, 16));
    }

    #[test]
    fn what_is_chosen_takes_as_long_as_wanted_or_a_little_less() {
        for micros in 6_000..60_000 {
            let chosen = HashCost::for_machine(micros);
            let takes = micros.unsigned_abs() * chosen.work() / HashCost::LEAST.work();
            assert!(
                (66_000..=100_000).contains(&takes),
                "{micros}: {chosen:?} takes {takes}"
            );
        }
    }

    #[test]
    fn less_than_the_least_and_more_than_the_most_is_no_cost() {
        for (memory_kib, passes) in [
            (19_455, 2),
            (65_537, 2),
            (19_456, 1),
            (19_456, 17),
            (u32::MAX, u32::MAX),
        ] {
            assert_eq!(HashCost::new(memory_kib, passes), None);
            assert_eq!(HashCost::of_stored(memory_kib, passes), None);
        }
    }
}
