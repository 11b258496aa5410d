//! Leaves that were appended and are still to be derived, as they stand in memory: the next transaction derives
//! them, and need not read back what was just written. What was not derived by then, and what another process
//! wrote, is read from the file.

use std::collections::VecDeque;

use crate::services::Body;
use crate::store::evidence::LeafRow;

/// Bytes of bodies that are held at most: two hundred of the largest pages. Larger ones are read back.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The newest leaves, in order.
#[derive(Default)]
pub(super) struct Fresh {
    leaves: VecDeque<(LeafRow, Option<Body>)>,
    /// Of the bodies that are held.
    bytes: usize,
}

impl Fresh {
    /// Remembers a leaf, and its body if there is room.
    pub(super) fn add(&mut self, row: LeafRow, body: Option<&Body>) {
        let body = body.filter(|body| self.bytes + body.bytes().len() <= BYTES_MAX);
        self.bytes += body.map_or(0, |body| body.bytes().len());
        self.leaves.push_back((row, body.cloned()));
    }

    /// The leaf with this sequence, if it is remembered. Those before it are forgotten.
    pub(super) fn take(&mut self, sequence: i64) -> Option<(LeafRow, Option<Body>)> {
        while let Some((row, body)) = self.leaves.pop_front() {
            self.bytes -= body.as_ref().map_or(0, |body| body.bytes().len());
            if row.sequence == sequence {
                return Some((row, body));
            }
            if row.sequence > sequence {
                // One before it was written by somebody else; from there on all are read.
                self.leaves.clear();
                self.bytes = 0;
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(sequence: i64) -> LeafRow {
        LeafRow {
            sequence,
            record: String::new(),
            hash: Vec::new(),
            template_id: None,
            request_id: None,
        }
    }

    #[test]
    fn leaves_are_taken_in_order_and_only_if_none_is_missing() {
        let mut fresh = Fresh::default();
        for sequence in [3, 4, 5, 8, 9] {
            fresh.add(row(sequence), Some(&Body::from(vec![7; 10])));
        }
        assert_eq!(fresh.take(4).map(|(row, _)| row.sequence), Some(4));
        assert_eq!(fresh.take(5).map(|(row, _)| row.sequence), Some(5));
        assert!(fresh.take(6).is_none());
        assert!(fresh.take(9).is_none());
        assert_eq!((fresh.leaves.len(), fresh.bytes), (0, 0));
    }

    #[test]
    fn bodies_without_room_are_not_held() {
        let mut fresh = Fresh::default();
        fresh.add(row(0), Some(&Body::from(vec![7; BYTES_MAX - 1])));
        fresh.add(row(1), Some(&Body::from(vec![7; 2])));
        fresh.add(row(2), Some(&Body::from(vec![7])));
        let held = |(_, body): (LeafRow, Option<Body>)| body.is_some();
        let all = [0, 1, 2].map(|sequence| fresh.take(sequence).is_some_and(held));
        assert_eq!(all, [true, false, true]);
    }
}
