//! Targets of results: accounts and regions, by our numbers.
//!
//! Nearly every row of a page is a known target, and the one after the last: numbers were given in the order of
//! the first listing, and later ones keep it. So a few targets are read ahead in one question.

use std::collections::VecDeque;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params_from_iter};

use super::StoreError;

/// Targets that are read ahead at first, and at most: the number doubles while all of them are met.
const AHEAD_FIRST: usize = 4;
const AHEAD_MOST: usize = 64;

/// New targets that one statement makes: 16 take a third less time than each by itself.
const MADE_AT_ONCE: i64 = 16;

const MAKE_MANY: &str = "INSERT INTO target (account_id, region_id)
    VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?),
           (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)
    ON CONFLICT (account_id, region_id) DO NOTHING";

/// What is remembered from one page to the next. Targets never change while rows are derived.
#[derive(Debug, Default)]
pub struct Ahead {
    /// The target that was met last.
    last: i64,
    /// Account and region of those that follow it.
    next: VecDeque<(String, String)>,
    /// How many of them to read.
    length: usize,
}

impl Ahead {
    /// The target of that name, if it is the one after the last.
    fn take(&mut self, account_id: &str, region_id: &str) -> Option<i64> {
        let (account, region) = self.next.front()?;
        if account != account_id || region != region_id {
            return None;
        }
        self.next.pop_front();
        self.last += 1;
        Some(self.last)
    }

    /// A target that was met in another way.
    fn meet(&mut self, target: i64) {
        let is_next = self.last + 1 == target;
        self.length = if is_next { AHEAD_FIRST } else { 0 };
        self.last = target;
        self.next.clear();
    }
}

/// Looks targets up and makes new ones, with statements that are prepared once for many rows.
pub struct Targets<'c> {
    find: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    follow: CachedStatement<'c>,
    connection: &'c Connection,
    ahead: &'c mut Ahead,
    /// Whether the last one was new. New ones come in long rows, and the index that refuses a known one is
    /// the one that finds it: whichever is likelier is tried first.
    expects_new: bool,
}

impl<'c> Targets<'c> {
    /// Ready to look up.
    pub fn new(connection: &'c Connection, ahead: &'c mut Ahead) -> Result<Self, StoreError> {
        Ok(Self {
            find: connection.prepare_cached(
                "SELECT target FROM target WHERE account_id = ?1 AND region_id = ?2",
            )?,
            insert: connection.prepare_cached(
                "INSERT INTO target (account_id, region_id) VALUES (?1, ?2)
                 ON CONFLICT (account_id, region_id) DO NOTHING",
            )?,
            follow: connection.prepare_cached(
                "SELECT target, account_id, region_id FROM target WHERE target > ?1 ORDER BY target LIMIT ?2",
            )?,
            connection,
            ahead,
            expects_new: false,
        })
    }

    /// Our numbers of accounts and regions, in their order.
    pub fn numbers(&mut self, names: &[(&str, &str)]) -> Result<Vec<i64>, StoreError> {
        let mut numbers = Vec::with_capacity(names.len());
        while let Some(rest) = names.get(numbers.len()..)
            && let Some((account_id, region_id)) = rest.first()
        {
            match rest.first_chunk() {
                Some(chunk) if self.expects_new => self.number_many(chunk, &mut numbers)?,
                _ => numbers.push(self.number(account_id, region_id)?),
            }
        }
        Ok(numbers)
    }

    /// Numbers of targets that are likely to be new, all of them.
    fn number_many(
        &mut self,
        names: &[(&str, &str); MADE_AT_ONCE as usize],
        numbers: &mut Vec<i64>,
    ) -> Result<(), StoreError> {
        let texts = names
            .iter()
            .flat_map(|(account_id, region_id)| [account_id, region_id]);
        let made = self
            .connection
            .prepare_cached(MAKE_MANY)?
            .execute(params_from_iter(texts))?;
        if made == names.len() {
            // They are numbered in the order in which they stand.
            let last = self.connection.last_insert_rowid();
            numbers.extend(last - MADE_AT_ONCE + 1..=last);
            self.ahead.last = last;
            return Ok(());
        }
        // Those that were new have the numbers that they would have got one by one.
        self.expects_new = false;
        for (account_id, region_id) in names {
            numbers.push(self.number(account_id, region_id)?);
        }
        Ok(())
    }

    /// Our number of an account and region.
    fn number(&mut self, account_id: &str, region_id: &str) -> Result<i64, StoreError> {
        if self.ahead.next.is_empty() && self.ahead.length > 0 {
            self.read_ahead()?;
        }
        if let Some(target) = self.ahead.take(account_id, region_id) {
            return Ok(target);
        }
        let target = self.find_or_make(account_id, region_id)?;
        self.ahead.meet(target);
        if self.expects_new {
            // Behind the newest there is none.
            self.ahead.length = 0;
        }
        Ok(target)
    }

    fn find_or_make(&mut self, account_id: &str, region_id: &str) -> Result<i64, StoreError> {
        if self.expects_new
            && let Some(target) = self.make(account_id, region_id)?
        {
            return Ok(target);
        }
        let known = self
            .find
            .query_row([account_id, region_id], |row| row.get(0))
            .optional()?;
        self.expects_new = known.is_none();
        match known {
            Some(target) => Ok(target),
            None => self.make(account_id, region_id)?.ok_or_else(|| {
                StoreError::Inconsistent("a target is neither known nor new".to_owned())
            }),
        }
    }

    /// Makes a new one; `None` where it is known.
    fn make(&mut self, account_id: &str, region_id: &str) -> Result<Option<i64>, StoreError> {
        let made = self.insert.execute([account_id, region_id])?;
        Ok((made == 1).then(|| self.connection.last_insert_rowid()))
    }

    /// Reads those that follow the last one, as far as their numbers do.
    fn read_ahead(&mut self) -> Result<(), StoreError> {
        let Ahead { last, next, length } = &mut *self.ahead;
        let limit = i64::try_from(*length).unwrap_or(i64::MAX);
        let mut rows = self.follow.query([*last, limit])?;
        let mut expected = *last + 1;
        while let Some(row) = rows.next()?
            && row.get::<_, i64>(0)? == expected
        {
            next.push_back((row.get(1)?, row.get(2)?));
            expected += 1;
        }
        *length = if next.is_empty() {
            0
        } else {
            (*length * 2).min(AHEAD_MOST)
        };
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::aside::open_aside;

    #[test]
    fn numbers_are_the_same_in_whatever_order_targets_come() {
        let connection = open_aside().unwrap();
        let mut ahead = Ahead::default();
        let mut number = |target: i64| {
            let mut targets = Targets::new(&connection, &mut ahead).unwrap();
            let account = (1_000 + target).to_string();
            assert_eq!(targets.number(&account, "r").unwrap(), target);
        };
        (1..=300).for_each(&mut number);
        // In order, from the middle, every other one, backwards, and with new ones behind.
        (1..=300).for_each(&mut number);
        (100..=200).for_each(&mut number);
        (1..=300).step_by(2).for_each(&mut number);
        (1..=300).rev().for_each(&mut number);
        (280..=310).for_each(&mut number);
        (1..=310).chain(1..=310).for_each(&mut number);
    }

    #[test]
    fn many_at_once_get_the_numbers_that_they_would_get_one_by_one() {
        let connection = open_aside().unwrap();
        let mut ahead = Ahead::default();
        let mut expected: Vec<String> = Vec::new();
        // New ones; known, some new, one twice; all known; new ones behind; backwards.
        let pages: [Vec<i64>; 6] = [
            (100..150).collect(),
            (140..200).chain([180, 300]).collect(),
            (100..200).collect(),
            (200..250).chain(200..250).collect(),
            (90..260).rev().collect(),
            Vec::new(),
        ];
        for page in pages {
            let accounts: Vec<String> = page.iter().map(i64::to_string).collect();
            for account in &accounts {
                if !expected.contains(account) {
                    expected.push(account.clone());
                }
            }
            let names: Vec<_> = accounts
                .iter()
                .map(|account| (account.as_str(), "r"))
                .collect();
            let mut targets = Targets::new(&connection, &mut ahead).unwrap();
            let numbers = targets.numbers(&names).unwrap();
            let met: Vec<_> = numbers
                .iter()
                .map(|number| &expected[*number as usize - 1])
                .collect();
            assert_eq!(met, accounts.iter().collect::<Vec<_>>());
        }
        let kept: i64 = connection
            .query_row("SELECT count(*) FROM target", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept as usize, expected.len());
    }

    #[test]
    fn gaps_between_numbers_are_not_filled() {
        let connection = open_aside().unwrap();
        connection
            .execute_batch(
                "INSERT INTO target (target, account_id, region_id)
                 VALUES (1, 'a', ''), (2, 'b', ''), (3, 'c', ''), (5, 'e', ''), (6, 'f', '')",
            )
            .unwrap();
        let mut ahead = Ahead::default();
        let mut targets = Targets::new(&connection, &mut ahead).unwrap();
        for _ in 0..2 {
            for (account, target) in [("a", 1), ("b", 2), ("c", 3), ("e", 5), ("f", 6)] {
                assert_eq!(targets.number(account, "").unwrap(), target);
            }
        }
    }
}
