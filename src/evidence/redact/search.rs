//! Looks for many needles at once, in a fraction of a pass: each page of each listing is searched for
//! some thirty forms of secrets, and nearly always for nothing.
//!
//! A *gram* is four bytes. If the body is sampled at every `stride`-th byte, and a needle is at
//! least `stride + 3` bytes long, then wherever the needle stands exactly one of its first `stride`
//! grams is sampled. So those grams of all needles are indexed, and the needle is compared in full
//! only where a sampled gram is in the index. (The idea is that of Wu and Manber, 1994.)

use memchr::memmem;
use zeroize::Zeroizing;

use super::Cut;

/// One text to look for.
pub(super) struct Needle {
    /// The rule that a cut is recorded under.
    pub(super) rule: &'static str,
    /// The bytes to look for; at least [`GRAM_BYTES`].
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Needle {
    /// Each place where it stands in a body, by a search for it alone. Places may overlap.
    pub(super) fn places(&self, body: &[u8]) -> impl Iterator<Item = usize> {
        let finder = memmem::Finder::new(&*self.bytes);
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + finder.find(body.get(from..)?)?;
            from = at + 1;
            Some(at)
        })
    }

    /// The cut where it stands at this place.
    pub(super) fn cut(&self, at: usize) -> Cut {
        Cut::new(at..at + self.bytes.len(), self.rule)
    }
}

/// Bytes of a gram, and of the shortest needle.
pub(super) const GRAM_BYTES: usize = 4;

/// The longest stride. A longer one would index more grams to save ever fewer samples.
const STRIDE_LONGEST: usize = 16;

/// Bits of a gram's hash: with a few hundred grams under one in a hundred samples passes by chance,
/// and a bit for each hash fills 8 KiB, which stays in the first cache.
const HASH_BITS: u32 = 16;

/// Needles, and the index of their first grams. Whatever tells of a secret is wiped with it.
pub(super) struct Search {
    needles: Vec<Needle>,
    stride: usize,
    /// The indexed grams in order, each with its needle and its offset in it.
    grams: Zeroizing<Vec<(u32, usize, usize)>>,
    /// A bit for the hash of each indexed gram.
    filter: Zeroizing<Vec<u64>>,
}

impl Search {
    /// Indexes needles. Those shorter than a gram are left out.
    pub(super) fn new(needles: Vec<Needle>) -> Self {
        let mut needles = needles;
        needles.retain(|needle| needle.bytes.len() >= GRAM_BYTES);
        let stride = stride(&needles);
        // Of the size it needs from the start: a vector that grows leaves copies behind.
        let mut grams = Zeroizing::new(Vec::with_capacity(needles.len() * stride));
        let mut filter = Zeroizing::new(vec![0; 1 << (HASH_BITS - u64::BITS.ilog2())]);
        for (needle, Needle { bytes, .. }) in needles.iter().enumerate() {
            for offset in 0..stride {
                let gram = gram(bytes, offset);
                let (word, bit) = place(gram);
                filter[word] |= bit;
                grams.push((gram, needle, offset));
            }
        }
        grams.sort_unstable();
        Self {
            needles,
            stride,
            grams,
            filter,
        }
    }

    /// The needles.
    pub(super) fn needles(&self) -> &[Needle] {
        &self.needles
    }

    /// Each place where a needle stands, once, as (offset, needle). Places may overlap.
    pub(super) fn find<'a>(&'a self, body: &'a [u8]) -> impl Iterator<Item = (usize, &'a Needle)> {
        let samples = body.len().saturating_sub(GRAM_BYTES - 1);
        (0..samples)
            .step_by(self.stride)
            .map(|at| (at, gram(body, at)))
            .filter(|(_, sample)| {
                let (word, bit) = place(*sample);
                self.filter[word] & bit != 0
            })
            .flat_map(|(at, sample)| self.needles_at(body, at, sample))
    }

    /// The needles that have this gram among their first, and stand where the sample says.
    fn needles_at<'a>(
        &'a self,
        body: &'a [u8],
        at: usize,
        sample: u32,
    ) -> impl Iterator<Item = (usize, &'a Needle)> {
        let first = self.grams.partition_point(|(gram, ..)| *gram < sample);
        self.grams[first..]
            .iter()
            .take_while(move |(gram, ..)| *gram == sample)
            .filter_map(move |(_, needle, offset)| {
                let start = at.checked_sub(*offset)?;
                let needle = &self.needles[*needle];
                let stands = body[start..].starts_with(&needle.bytes);
                stands.then_some((start, needle))
            })
    }
}

/// The longest stride at which no needle, each at least a gram long, slips through.
fn stride(needles: &[Needle]) -> usize {
    needles
        .iter()
        .map(|needle| needle.bytes.len() + 1 - GRAM_BYTES)
        .min()
        .unwrap_or(STRIDE_LONGEST)
        .min(STRIDE_LONGEST)
}

/// The gram at an offset; the caller knows that it fits.
fn gram(bytes: &[u8], offset: usize) -> u32 {
    let mut gram = [0; GRAM_BYTES];
    gram.copy_from_slice(&bytes[offset..offset + GRAM_BYTES]);
    u32::from_le_bytes(gram)
}

/// Word and bit of a gram in the filter.
fn place(gram: u32) -> (usize, u64) {
    // Fibonacci hashing: the top bits of a product with 2^32 divided by the golden ratio.
    let hash = gram.wrapping_mul(0x9E37_79B9) >> (u32::BITS - HASH_BITS);
    ((hash / u64::BITS) as usize, 1 << (hash % u64::BITS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn search(needles: &[Vec<u8>]) -> Search {
        let needle = |bytes: &Vec<u8>| Needle {
            rule: "secret",
            bytes: Zeroizing::new(bytes.clone()),
        };
        Search::new(needles.iter().map(needle).collect())
    }

    fn found(needles: &[Vec<u8>], body: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let mut found: Vec<_> = search(needles)
            .find(body)
            .map(|(start, needle)| (start, needle.bytes.to_vec()))
            .collect();
        found.sort();
        found
    }

    /// Every place, by comparing at every place.
    fn found_plainly(needles: &[Vec<u8>], body: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let mut found = Vec::new();
        for start in 0..body.len() {
            for needle in needles.iter().filter(|needle| needle.len() >= GRAM_BYTES) {
                if body[start..].starts_with(needle) {
                    found.push((start, needle.clone()));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_shortest_needle_sets_the_stride() {
        let needles =
            |lengths: &[usize]| lengths.iter().map(|n| vec![b'x'; *n]).collect::<Vec<_>>();
        for (lengths, stride) in [
            (&[][..], STRIDE_LONGEST),
            (&[3], STRIDE_LONGEST),
            (&[4, 40], 1),
            (&[8], 5),
            (&[30, 900], STRIDE_LONGEST),
        ] {
            assert_eq!(search(&needles(lengths)).stride, stride, "{lengths:?}");
        }
    }

    #[test]
    fn nothing_is_found_of_nothing() {
        assert_eq!(found(&[], b"any body"), []);
        assert_eq!(found(&[b"needle".to_vec()], b""), []);
        assert_eq!(found(&[b"needle".to_vec()], b"needl"), []);
    }

    #[test]
    fn a_needle_is_found_at_each_of_its_places() {
        let search = search(&[b"abab".to_vec()]);
        let places: Vec<usize> = search.needles()[0].places(b"xabababab").collect();
        assert_eq!(places, [1, 3, 5]);
    }

    proptest! {
        /// Over two letters, so that needles overlap themselves and each other.
        #[test]
        fn all_places_are_found(
            needles in prop::collection::hash_set(prop::collection::vec(b'a'..=b'b', 0..24), 0..6),
            pieces in prop::collection::vec(
                prop_oneof![
                    any::<prop::sample::Index>().prop_map(Ok),
                    prop::collection::vec(b'a'..=b'b', 0..12).prop_map(Err),
                ],
                0..8,
            ),
        ) {
            let needles: Vec<_> = needles.into_iter().collect();
            let body: Vec<u8> = pieces
                .into_iter()
                .flat_map(|piece| match piece {
                    Ok(index) if needles.is_empty() => vec![b'a'; index.index(9)],
                    Ok(index) => needles[index.index(needles.len())].clone(),
                    Err(bytes) => bytes,
                })
                .collect();
            prop_assert_eq!(found(&needles, &body), found_plainly(&needles, &body));
        }
    }
}
