//! Questions that need more than a view: what changed between two moments, what needs a person, the
//! compliance report, and what an exported file is and whether it still is that.
//!
//! Each reads the views of one moment and gives typed rows, or a document without a format. It writes nothing,
//! asks no clock, and knows no terminal and no file. Depends on `store`, `verify` and the shapes of `export`.

pub mod check;
pub mod compare;
pub mod compliance;
pub mod diff;
pub mod manifest;
