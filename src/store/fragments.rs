//! Pieces of SQL that several questions share, each spelled once: macros, because `concat!` takes literals alone.
//!
//! No question and no rule stands here. Depends on nothing of ours; tests hold the words to those of `model`.

/// The words of the phases after which nothing more happens.
macro_rules! final_phases {
    () => {
        "'succeeded', 'failed', 'cancelled', 'stopped'"
    };
}

/// Whether the listings `n` and `l`, of other lists than results, are readings of the same list.
macro_rules! is_same_list {
    () => {
        "n.action = l.action AND n.account_id = l.account_id AND n.region_id = l.region_id
            AND n.stack_group_name = l.stack_group_name AND n.op IS l.op"
    };
}
