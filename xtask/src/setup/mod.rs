//! What a fresh machine lacks, put there.

pub mod debian;
pub mod node;
pub mod python;
