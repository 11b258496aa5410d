//! A value that changes at exact instants. Nobody but the generator and the final judge ever sees one.

/// A value over time: each entry holds from its instant until the next one's.
#[derive(Debug, Clone)]
pub struct History<T> {
    entries: Vec<(i64, T)>,
}

/// A time during which something held without interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The instant from which it held, ms.
    pub begin: i64,
    /// The instant from which it held no longer, ms; `None` if it never ended.
    pub end: Option<i64>,
}

impl<T: PartialEq> History<T> {
    /// `first` holds from `begin`, the beginning of the world.
    pub fn new(begin: i64, first: T) -> Self {
        Self {
            entries: vec![(begin, first)],
        }
    }

    /// Another value from `at` on, which must be later than every change before.
    pub fn change(&mut self, at: i64, value: T) {
        assert!(self.entries.last().is_some_and(|(last, _)| *last < at));
        if *self.last() != value {
            self.entries.push((at, value));
        }
    }

    /// The last value.
    pub fn last(&self) -> &T {
        &self.entries[self.entries.len() - 1].1
    }

    /// The value at an instant.
    pub fn at(&self, instant: i64) -> &T {
        &self.entries[self.index(instant)].1
    }

    /// The uninterrupted time around `instant` in which `like` says that the value is like the one then.
    pub fn period(&self, instant: i64, like: impl Fn(&T, &T) -> bool) -> Period {
        let here = self.index(instant);
        let alike = |index: &usize| like(&self.entries[here].1, &self.entries[*index].1);
        let first = (0..=here).rev().take_while(alike).last().unwrap_or(here);
        let end = (here..self.entries.len()).find(|index| !alike(index));
        Period {
            begin: self.entries[first].0,
            end: end.map(|index| self.entries[index].0),
        }
    }

    fn index(&self, instant: i64) -> usize {
        let after = self.entries.partition_point(|(at, _)| *at <= instant);
        after.checked_sub(1).expect("the world has begun")
    }
}

#[test]
fn a_period_joins_what_is_alike() {
    let mut history = History::new(0, (1, 'a'));
    history.change(10, (2, 'a'));
    history.change(20, (2, 'b'));
    history.change(30, (2, 'a'));
    let same_letter = |a: &(i32, char), b: &(i32, char)| a.1 == b.1;
    let period = |begin, end| Period { begin, end };
    assert_eq!(history.period(19, same_letter), period(0, Some(20)));
    assert_eq!(history.period(20, same_letter), period(20, Some(30)));
    assert_eq!(history.period(99, same_letter), period(30, None));
    assert_eq!(history.at(10), &(2, 'a'));
}
