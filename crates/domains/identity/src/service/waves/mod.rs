//! Waves of a roll-out: who is asked for which factor until when. They end in the policies of their members, so that one
//! mechanism holds people to them; see `factor_policy/hold.rs`.

mod change;
mod list;
mod members;
mod remind;

pub use change::{WaveChange, WaveError, WavePreview};
pub use list::{Named, ProposedPerson, ProposedWave, WaveTier, WaveView, Waves};
pub(super) use members::{of_person, with_members};
