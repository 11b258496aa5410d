//! Signed heads and held heads: is the root at their size the one that they state? A past that was changed,
//! cut off or written anew has other roots, and no signature for them.
//!
//! The checkpoints in the file are judged with the key that the log names; that convinces nobody who does not
//! know this key from elsewhere, or holds a checkpoint himself. Depends on `record`, `store` and `evidence`.

use std::collections::HashMap;

use super::report::{Compared, Findings, Kind, Report};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::{Note, VerifierKey};
use crate::evidence::tree::Hash;
use crate::record::{Keyring, root_at};
use crate::store::custody::CheckpointRow;
use crate::store::{Connection, StoreError, custody};

/// The table of the checkpoints in the file.
const TABLE: &str = "checkpoint";

/// A head that somebody kept outside of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Where it was kept, for people.
    pub source: String,
    /// The origin that it names.
    pub origin: Option<String>,
    /// Leaves that it covers.
    pub size: u64,
    /// RFC 6962 root of these leaves.
    pub root: Hash,
}

/// What the tree is compared with.
pub(super) struct Heads<'a> {
    held: &'a [Held],
    /// Sizes of all heads, ascending, each once.
    sizes: Vec<u64>,
    /// Roots that the leaves gave, by their sizes, ascending.
    roots: Vec<(u64, Hash)>,
    /// Whether every head was to be compared; else the newest of the file, and those held.
    is_complete: bool,
}

impl<'a> Heads<'a> {
    /// Those of the file, all or only the newest, and those held elsewhere.
    pub(super) fn read(
        live: &Connection,
        held: &'a [Held],
        is_complete: bool,
        findings: &mut Findings,
    ) -> Result<Self, StoreError> {
        let mut sizes: Vec<u64> = held.iter().map(|held| held.size).collect();
        let mut add = |row: &CheckpointRow| sizes.extend(u64::try_from(row.size));
        let read = match is_complete {
            true => custody::each_checkpoint(live, |row| {
                add(&row);
                Ok(())
            }),
            false => custody::newest_checkpoint(live).map(|row| row.iter().for_each(add)),
        };
        findings.unless_damaged(TABLE, read)?;
        sizes.sort_unstable();
        sizes.dedup();
        Ok(Self {
            held,
            sizes,
            roots: Vec::new(),
            is_complete,
        })
    }

    /// The sizes at which the root is wanted, ascending.
    pub(super) fn sizes(&self) -> Vec<u64> {
        self.sizes.clone()
    }

    /// Takes the root at one of them; they come in order.
    pub(super) fn meet(&mut self, size: u64, root: Hash) {
        self.roots.push((size, root));
    }

    /// Takes all roots from the hashes that are stored, where no leaf is read.
    pub(super) fn meet_stored(
        &mut self,
        live: &Connection,
        size: i64,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        for wanted in self.sizes() {
            let signed = i64::try_from(wanted).unwrap_or(i64::MAX);
            if signed <= size
                && let Some(root) = findings.unless_damaged("leaf", root_at(live, signed))?
            {
                self.meet(wanted, root);
            }
        }
        Ok(())
    }

    /// Judges every head, and fills what the report says of them. `key`: one that must have signed some.
    pub(super) fn judge(
        &self,
        live: &Connection,
        key: Option<&VerifierKey>,
        findings: &mut Findings,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        for held in self.held {
            report
                .compared
                .push(self.judge_held(held, report.size, findings));
        }
        let keys = Keys::read(live, findings)?;
        let mut sealed_by_key = 0;
        let mut judge = |row: CheckpointRow, findings: &mut Findings| {
            report.checkpoints_checked += 1;
            match self.judge_row(&row, &keys, report.size) {
                Ok(vkey) => {
                    report.sealed_size = row.size;
                    if key == Some(vkey) {
                        sealed_by_key = row.size;
                    }
                }
                Err(what) => {
                    let at = format_args!("size={}", row.size);
                    findings.add(Kind::Invalid, TABLE, at, what);
                }
            }
        };
        let judged = match self.is_complete {
            true => custody::each_checkpoint(live, |row| {
                judge(row, findings);
                Ok(())
            }),
            false => custody::newest_checkpoint(live).map(|row| {
                row.into_iter().for_each(|row| judge(row, findings));
            }),
        };
        findings.unless_damaged(TABLE, judged)?;
        report.sealed_by_key = key.map(|_| sealed_by_key);
        if let Some(key) = key
            && sealed_by_key == 0
        {
            let what = format_args!("none that holds is signed with {key}");
            findings.add(Kind::Missing, TABLE, "", what);
        }
        Ok(())
    }

    fn root(&self, size: u64) -> Option<&Hash> {
        let found = self.roots.binary_search_by_key(&size, |(size, _)| *size);
        found.ok().map(|at| &self.roots[at].1)
    }

    fn judge_held(&self, held: &Held, size: i64, findings: &mut Findings) -> Compared {
        let Held { source, root, .. } = held;
        let at = |first: i64| format!("sequence={first}..{}", held.size.saturating_sub(1));
        let difference = match self.root(held.size) {
            _ if i64::try_from(held.size).unwrap_or(i64::MAX) > size => Some((
                Kind::Missing,
                at(size),
                format!(
                    "{source} covers {} leaves, and there are {size}: the log was cut off, or an older copy put in its place",
                    held.size
                ),
            )),
            Some(found) if found == root => None,
            Some(_) => Some((
                Kind::Invalid,
                at(0),
                format!(
                    "they do not have the root that {source} states: the log was changed, or written anew"
                ),
            )),
            None => Some((
                Kind::Invalid,
                at(0),
                format!(
                    "they cannot be compared with {source}: some are missing or cannot be read"
                ),
            )),
        };
        let agrees = difference.is_none();
        if let Some((kind, key, what)) = difference {
            findings.add(kind, "leaf", key, what);
        }
        Compared {
            source: source.clone(),
            origin: held.origin.clone(),
            size: held.size,
            agrees,
        }
    }

    /// The key that signed a checkpoint of the file, or what is wrong with that.
    fn judge_row<'k>(
        &self,
        row: &CheckpointRow,
        keys: &'k Keys,
        size: i64,
    ) -> Result<&'k VerifierKey, String> {
        let note = Note::parse(row.note.as_bytes()).map_err(|error| error.to_string())?;
        let said = Checkpoint::parse_text(note.text()).map_err(|error| error.to_string())?;
        if said.origin != row.origin
            || i64::try_from(said.size) != Ok(row.size)
            || said.root.as_slice() != row.root
        {
            return Err("note states another origin, size or root than its columns".to_owned());
        }
        let (vkey, since) = keys
            .by_origin
            .get(&row.origin)
            .ok_or_else(|| format!("no key leaf names {}", row.origin))?;
        if *since >= row.size {
            return Err(format!("its key was made later, with leaf {since}"));
        }
        checkpoint::open(&note, vkey).map_err(|error| error.to_string())?;
        if row.size > size {
            return Err(format!(
                "it covers {} leaves, and there are {size}: the log was cut off",
                row.size
            ));
        }
        match self.root(said.size) {
            Some(root) if *root == said.root => Ok(vkey),
            Some(_) => Err(
                "the leaves before it do not have the root that it states: they were changed"
                    .to_owned(),
            ),
            None => Err("leaves before it are missing or cannot be read".to_owned()),
        }
    }
}

/// The keys that the log names, with the leaves in which it does.
struct Keys {
    by_origin: HashMap<String, (VerifierKey, i64)>,
}

impl Keys {
    fn read(live: &Connection, findings: &mut Findings) -> Result<Self, StoreError> {
        let mut by_origin = HashMap::new();
        let keyring = findings.unless_damaged("key_event", Keyring::read(live))?;
        for made in keyring.into_iter().flat_map(|keyring| keyring.keys) {
            match made.vkey.parse::<VerifierKey>() {
                Ok(vkey) if vkey.name() == made.origin => {
                    by_origin.insert(made.origin, (vkey, made.sequence));
                }
                Ok(_) => findings.add(
                    Kind::Invalid,
                    "leaf",
                    format_args!("sequence={}", made.sequence),
                    "its key has another name than its origin",
                ),
                Err(error) => findings.add(
                    Kind::Invalid,
                    "leaf",
                    format_args!("sequence={}", made.sequence),
                    error,
                ),
            }
        }
        Ok(Self { by_origin })
    }
}
