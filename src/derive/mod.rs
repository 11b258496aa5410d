//! The rules by which kept answers become versions, listing verdicts and watch states.
//!
//! Pure: no storage, no clock, no network. What a rule needs to know of earlier rows is handed to it;
//! `record` fetches that and writes what comes back. Depends on `services`, `evidence` and `model`.

pub mod clock;
pub mod discovery;
pub mod listed_rows;
pub mod listing;
pub mod observed;
pub mod operation;
pub mod page_list;
pub mod paging;
pub mod results;
pub mod stack_group;
pub mod watching;
