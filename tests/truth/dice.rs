//! Chance: everything random in a case comes from its one seed.

/// A source of chance.
#[derive(Debug, Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// The same seed throws the same for ever.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Dice of their own, so that what one part throws does not move the other's.
    pub fn fork(&mut self) -> Self {
        Self(self.0.fork())
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.0.usize(0..n) == 0
    }

    /// True in `percent` of a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.0.usize(0..100) < percent
    }

    /// A number of at least `low` and at most `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.usize(0..n)
    }

    /// One of some.
    pub fn pick<T: Clone>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())].clone()
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, some: &mut [T]) {
        self.0.shuffle(some);
    }

    /// At most `count` different instants in [from, until], in order.
    pub fn instants(&mut self, count: usize, from: i64, until: i64) -> Vec<i64> {
        let mut instants: Vec<i64> = (0..count).map(|_| self.between(from, until)).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }
}
