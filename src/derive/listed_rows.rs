//! The rows of one listing, by target, in few bytes: an operation may have millions, and every verification
//! reads such a listing again.
//!
//! Our numbers of targets are given in the order in which targets are met, so that those of one operation lie
//! close together: rows stand in small blocks, and blocks in order.

use std::collections::BTreeMap;

/// One row as a page showed it. Texts are numbers of the dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedRow {
    /// Account and region.
    pub target: i64,
    /// Status word.
    pub status_no: i64,
    /// StatusReason.
    pub reason_no: Option<i64>,
    /// RdFolderId.
    pub folder_no: Option<i64>,
    /// The page that showed it.
    pub sequence: i64,
}

impl ListedRow {
    /// Whether both say the same of their target; the page does not matter.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.status_no == other.status_no
            && self.reason_no == other.reason_no
            && self.folder_no == other.folder_no
    }
}

/// Targets of a block: 17 bytes a row where all of them are listed, 270 where one is.
const BLOCK: i64 = 16;

/// Rows, at most one for each target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedRows {
    /// By target / [`BLOCK`].
    blocks: BTreeMap<i64, Box<[Slot; BLOCK as usize]>>,
    /// Rows with a number that a slot cannot hold.
    wide: BTreeMap<i64, ListedRow>,
    /// Sequence that the slots count from.
    first_sequence: Option<i64>,
    count: usize,
}

/// A row in four numbers of four bytes; 0 where there is nothing. Dictionaries count from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Slot {
    status_no: u32,
    reason_no: u32,
    folder_no: u32,
    /// Leaves from the first sequence on.
    sequence: u32,
}

impl Slot {
    fn of(row: &ListedRow, first_sequence: i64) -> Option<Self> {
        let number = |number: i64| u32::try_from(number).ok().filter(|number| *number > 0);
        let optional = |text_no: Option<i64>| text_no.map_or(Some(0), number);
        let distance = row.sequence.checked_sub(first_sequence)?;
        Some(Self {
            status_no: number(row.status_no)?,
            reason_no: optional(row.reason_no)?,
            folder_no: optional(row.folder_no)?,
            sequence: u32::try_from(distance).ok()?,
        })
    }

    /// The row, unless the slot is free.
    fn row(self, target: i64, first_sequence: i64) -> Option<ListedRow> {
        let optional = |number: u32| (number > 0).then_some(i64::from(number));
        (self.status_no > 0).then(|| ListedRow {
            target,
            status_no: i64::from(self.status_no),
            reason_no: optional(self.reason_no),
            folder_no: optional(self.folder_no),
            sequence: first_sequence + i64::from(self.sequence),
        })
    }
}

/// The block of a target, and its place in that.
fn place(target: i64) -> (i64, usize) {
    let place = usize::try_from(target.rem_euclid(BLOCK)).unwrap_or(0);
    (target.div_euclid(BLOCK), place)
}

impl ListedRows {
    /// Adds a row, unless there is one of its target: that one is given back.
    pub fn add(&mut self, row: ListedRow) -> Option<ListedRow> {
        let first_sequence = *self.first_sequence.get_or_insert(row.sequence);
        if let Some(first) = self.wide.get(&row.target) {
            return Some(*first);
        }
        let (block, place) = place(row.target);
        let slots = self.blocks.entry(block).or_default();
        if let Some(first) = slots[place].row(row.target, first_sequence) {
            return Some(first);
        }
        match Slot::of(&row, first_sequence) {
            Some(slot) => slots[place] = slot,
            None => drop(self.wide.insert(row.target, row)),
        }
        self.count += 1;
        None
    }

    /// Takes the row of a target out.
    pub fn remove(&mut self, target: i64) {
        let (block, place) = place(target);
        let slot = self.blocks.get_mut(&block).map(|slots| &mut slots[place]);
        let was_narrow = slot.is_some_and(|slot| std::mem::take(slot) != Slot::default());
        let was_there = was_narrow | self.wide.remove(&target).is_some();
        self.count -= usize::from(was_there);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The rows, by target.
    pub fn iter(&self) -> impl Iterator<Item = ListedRow> {
        let first_sequence = self.first_sequence.unwrap_or(0);
        self.blocks.iter().flat_map(move |(block, slots)| {
            let targets = (0..BLOCK).map(move |place| block * BLOCK + place);
            slots.iter().zip(targets).filter_map(move |(slot, target)| {
                let narrow = slot.row(target, first_sequence);
                narrow.or_else(|| self.wide.get(&target).copied())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(target: i64, status_no: i64, sequence: i64) -> ListedRow {
        ListedRow {
            target,
            status_no,
            reason_no: Some(target + 1),
            folder_no: None,
            sequence,
        }
    }

    #[test]
    fn rows_come_back_by_target_whatever_their_numbers() {
        let big = i64::from(u32::MAX) + 1;
        let rows = [
            row(17, 1, 100),
            row(3, 2, 101),
            row(big, 1, 99),
            row(4, big, 102),
            row(16, 1, 100 + big),
        ];
        let mut listed = ListedRows::default();
        for row in rows {
            assert_eq!(listed.add(row), None);
        }
        let mut expected = rows;
        expected.sort_by_key(|row| row.target);
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected);
        assert_eq!(listed.len(), rows.len());
        for first in rows {
            assert_eq!(listed.add(row(first.target, 9, 9)), Some(first));
            listed.remove(first.target);
            listed.remove(first.target);
        }
        assert!(listed.is_empty() && listed.iter().next().is_none());
    }
}
