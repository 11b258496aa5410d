//! Signed heads and held heads: is the root at their size the one that they state? A past that was changed,
//! cut off or written anew has other roots, and no signature for them.
//!
//! The checkpoints in the file are judged with the keys that the log names; that convinces nobody who does not
//! know these keys from elsewhere, or holds a checkpoint himself. Depends on `record`, `store` and `evidence`.

use super::checkpoints::{self, Measure, TABLE};
use super::keys::Keys;
use super::report::{Compared, Findings, HeldBy, Kind, Report};
use crate::evidence::note::{Note, VerifierKey};
use crate::evidence::tree::Hash;
use crate::record::{Keyring, MadeKey, root_at};
use crate::store::{Connection, StoreError, custody};

/// A head that was kept outside of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Where it was kept, for people.
    pub source: String,
    /// Who kept it.
    pub by: HeldBy,
    /// The origin that it names.
    pub origin: Option<String>,
    /// Leaves that it covers.
    pub size: u64,
    /// RFC 6962 root of these leaves.
    pub root: Hash,
    /// The signed note that states it, where a key of the log must have signed that: it lay where whoever wrote to
    /// the file may have written, too. `None` where it is believed as it was handed in.
    pub unproved: Option<Note>,
}

/// Roots that the leaves gave, by their sizes, ascending.
#[derive(Default)]
pub(super) struct Roots(Vec<(u64, Hash)>);

impl Roots {
    /// The root over the first `size` leaves, if it was wanted and all are there.
    pub(super) fn at(&self, size: u64) -> Option<&Hash> {
        let found = self.0.binary_search_by_key(&size, |(size, _)| *size);
        found.ok().map(|at| &self.0[at].1)
    }
}

/// What the tree is compared with.
pub(super) struct Heads<'a> {
    held: &'a [Held],
    /// Leaves of the smallest checkpoint of the file that is looked at.
    first: i64,
    /// Sizes of all heads, ascending, each once.
    sizes: Vec<u64>,
    roots: Roots,
    /// Keys that leaves name, in the order of these.
    made: Vec<MadeKey>,
}

impl<'a> Heads<'a> {
    /// Those of the file, all or only the newest, and those held elsewhere.
    pub(super) fn read(
        live: &Connection,
        held: &'a [Held],
        is_complete: bool,
        findings: &mut Findings,
    ) -> Result<Self, StoreError> {
        let newest = match is_complete {
            true => None,
            false => {
                let newest = custody::newest_checkpoint_size(live);
                findings.unless_damaged(TABLE, newest)?.flatten()
            }
        };
        let first = newest.unwrap_or(i64::MIN);
        let in_file = findings.unless_damaged(TABLE, custody::checkpoint_sizes(live, first))?;
        let in_file = in_file.into_iter().flatten();
        let mut sizes: Vec<u64> = held.iter().map(|held| held.size).collect();
        sizes.extend(in_file.filter_map(|size| u64::try_from(size).ok()));
        sizes.sort_unstable();
        sizes.dedup();
        Ok(Self {
            held,
            first,
            sizes,
            roots: Roots::default(),
            made: Vec::new(),
        })
    }

    /// The sizes at which the root is wanted, ascending.
    pub(super) fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// Takes the root at one of them; they come in order.
    pub(super) fn meet(&mut self, size: u64, root: Hash) {
        self.roots.0.push((size, root));
    }

    /// Takes keys that leaves name; they come in order.
    pub(super) fn meet_keys(&mut self, made: &mut Vec<MadeKey>) {
        self.made.append(made);
    }

    /// Takes roots and keys as they are stored, where no leaf is read.
    pub(super) fn meet_stored(
        &mut self,
        live: &Connection,
        size: i64,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        for wanted in &self.sizes {
            let signed = i64::try_from(*wanted).unwrap_or(i64::MAX);
            if signed <= size
                && let Some(root) = findings.unless_damaged("leaf", root_at(live, signed))?
            {
                self.roots.0.push((*wanted, root));
            }
        }
        let read = Keyring::read(live).and_then(|keyring| {
            // Rows lead to its leaves, and one may be gone.
            let origins = self.held.iter().filter(|held| held.unproved.is_some());
            let mut origins = origins.filter_map(|held| held.origin.as_deref());
            match origins.any(|origin| keyring.of_origin(origin).is_none()) {
                true => Keyring::read_leaves(live),
                false => Ok(keyring),
            }
        });
        let keyring = findings.unless_damaged("key_event", read)?;
        self.made = keyring.map_or_else(Vec::new, |keyring| keyring.keys);
        Ok(())
    }

    /// Judges every head, and fills what the report says of them. `given`: keys of which one must have signed
    /// each checkpoint of the file, if there are any.
    pub(super) fn judge(
        self,
        live: &Connection,
        given: &[VerifierKey],
        findings: &mut Findings,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let keys = Keys::of(self.made, findings);
        let measure = Measure {
            roots: &self.roots,
            keys: &keys,
            given,
            size: report.size,
        };
        report.compared = measure.judge_all_held(self.held, findings);
        report.sealed_by_key = (!given.is_empty()).then_some(0);
        checkpoints::judge(live, self.first, measure, findings, report)?;
        if report.sealed_by_key == Some(0) {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            let what = format_args!("none that holds is signed with {}", given.join(" or "));
            findings.add(Kind::Missing, TABLE, "", what);
        }
        Ok(())
    }
}

impl Measure<'_> {
    /// Judges heads from elsewhere, each for itself; one that agrees tells where the change that another one
    /// knows of may begin.
    fn judge_all_held(&self, held: &[Held], findings: &mut Findings) -> Vec<Compared> {
        let agrees = |held: &&Held| self.roots.at(held.size) == Some(&held.root);
        let mut compared = Vec::with_capacity(held.len());
        for one in held {
            let smaller = held.iter().filter(|other| other.size < one.size);
            let before = smaller.filter(agrees).max_by_key(|other| other.size);
            let difference = self.difference(one, before);
            let difference = difference.map(|(kind, key, what)| (kind, "leaf", key, what));
            // Of a log that differs, that is told with its leaves.
            let difference = difference.or_else(|| self.unsigned(one));
            compared.push(Compared {
                source: one.source.clone(),
                by: one.by,
                origin: one.origin.clone(),
                size: one.size,
                agrees: difference.is_none(),
            });
            if let Some((kind, table, key, what)) = difference {
                findings.add(kind, table, key, what);
            }
        }
        compared
    }

    /// Kind, table, key and words of why a head is not believed that a key of the log must have signed.
    fn unsigned(&self, held: &Held) -> Option<(Kind, &'static str, String, String)> {
        let note = held.unproved.as_ref()?;
        let key = match self.keys.that_signed(note) {
            Ok((_, key)) => key,
            Err(what) => return Some(self.refused(held, &what)),
        };
        if self.given.is_empty() || self.given.contains(&key.vkey) {
            return None;
        }
        let what = format!(
            "it is signed with {}, which leaf {} names and --key did not",
            key.vkey, key.since
        );
        Some(self.refused(held, &what))
    }

    fn refused(&self, held: &Held, what: &str) -> (Kind, &'static str, String, String) {
        let key = match held.by {
            HeldBy::State => "state directory".to_owned(),
            HeldBy::Others => held.source.clone(),
        };
        let what = format!("the checkpoint {} cannot be used: {what}", held.source);
        (Kind::Invalid, TABLE, key, what)
    }

    /// Kind, key and words of how the leaves differ from a head. `before`: a smaller head from which they do
    /// not.
    fn difference(&self, held: &Held, before: Option<&Held>) -> Option<(Kind, String, String)> {
        let Held { source, size, .. } = held;
        let (first, agrees) = match before {
            None => (0, String::new()),
            Some(before) => (
                before.size,
                format!("; the {} before agree with {}", before.size, before.source),
            ),
        };
        let at = |first: u64| match size.saturating_sub(1) {
            last if last <= first => format!("sequence={first}"),
            last => format!("sequence={first}..{last}"),
        };
        if i64::try_from(*size).unwrap_or(i64::MAX) > self.size {
            let what = format!(
                "{source} covers {size} leaves, and there are {}: the log was cut off, or an older copy put in its place",
                self.size
            );
            return Some((Kind::Missing, at(self.size.cast_unsigned()), what));
        }
        let what = match self.roots.at(*size) {
            Some(root) if *root == held.root => return None,
            Some(_) => format!(
                "they do not have the root that {source} states: {}",
                self.suspicion(held)
            ),
            None => {
                format!("they cannot be compared with {source}: some are missing or cannot be read")
            }
        };
        Some((Kind::Invalid, at(first), what + &agrees))
    }

    /// What may have happened where a root differs.
    fn suspicion(&self, held: &Held) -> String {
        match &held.origin {
            Some(origin) if !self.keys.is_empty() && self.keys.of_origin(origin).is_none() => {
                format!(
                    "it is of {origin}, which this log does not name: it is another log, or was written anew"
                )
            }
            _ => "the log was changed, or written anew".to_owned(),
        }
    }
}
