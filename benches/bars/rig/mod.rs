//! What all benchmarks stand on: whole processes measured, the program with directories of its own, the simulated
//! cloud, evidence written with the recorder's own code, files that are kept, and the tables that come of it.
//!
//! It knows no bar and no figure: those are of the modules beside it.

pub mod cloud;
pub mod files;
pub mod machine;
pub mod pen;
pub mod process;
pub mod program;
pub mod report;

pub use cloud::Cloud;
pub use pen::Pen;
pub use process::{Measured, Runs, measure, measure_ending};
pub use program::Place;
pub use report::{Met, Report, grouped};

/// Whether everything is measured, or small files show that it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The sizes of the bars.
    Full,
    /// A try of a few minutes; the figures mean little.
    Quick,
}

impl Size {
    /// One of two values.
    pub fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}
