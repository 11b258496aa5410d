//! The bundle itself: all files are measured first, so that the manifest and each header can be written before what
//! they are about; then they are written in the order of their names. One file is in memory at a time.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Deserialize;

use super::part::{Meter, Part, Source};
use super::scope::Scope;
use super::statement::{self, Counts, Facts, RowCount};
use super::{FILE_BYTES_MAX, Held, ProveError, README, Request, VERIFIER, rows, sample, tar};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::digest::Digest;
use crate::evidence::tlog_proof::TlogProof;
use crate::evidence::tree::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use crate::record::{Keyring, Tree, read_body};
use crate::store::evidence::{LeafRow, leaf};
use crate::store::progress::Progress;
use crate::store::{Connection, StoreError};

/// Name of the list of all other files.
const MANIFEST: &str = "MANIFEST";

/// What a bundle holds, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Leaves with their proofs.
    pub leaves: usize,
    /// Bodies.
    pub bodies: usize,
    /// Operations whose rows are in it.
    pub operations: usize,
    /// Operations of which a sample was taken.
    pub population: Option<u64>,
    /// Whether all that was asked for is covered by the checkpoint.
    pub is_whole: bool,
}

/// A bundle that is measured, and can be written.
pub struct Bundle<'c> {
    connection: &'c Connection,
    tree: Tree<'c>,
    request: &'c Request,
    scope: Scope,
    parts: Vec<Part>,
    summary: Summary,
}

/// The part of a leaf that names a body.
#[derive(Deserialize)]
struct NamesBody {
    body: Option<Digest>,
}

impl<'c> Bundle<'c> {
    /// Gathers and measures what answers the request. The connection shows exactly what the checkpoint covers.
    pub fn gather(connection: &'c Connection, request: &'c Request) -> Result<Self, ProveError> {
        let behind = Progress::read(connection)?.leaves_behind();
        if behind > 0 {
            return Err(ProveError::Behind { behind });
        }
        let keyring = Keyring::read(connection)?;
        let tree = Tree::read(connection, request.checkpoint.size)?;
        for held in &request.held {
            held.compare(&keyring, &tree)?;
        }
        let newest = Held {
            name: "that is proved against".to_owned(),
            note: request.note.clone(),
            checkpoint: request.checkpoint.clone(),
        };
        newest.compare(&keyring, &tree)?;
        let log = keyring.log.ok_or(ProveError::Nameless("genesis"))?;
        let scope = Scope::gather(connection, request)?;
        let mut bundle = Self {
            connection,
            tree,
            request,
            summary: Summary {
                leaves: scope.leaves.len(),
                bodies: 0,
                operations: scope.operations.len(),
                population: None,
                is_whole: scope.is_whole,
            },
            scope,
            parts: Vec::new(),
        };
        bundle.add_leaves()?;
        bundle.add_checkpoints()?;
        bundle.add_texts(&log)?;
        bundle.parts.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        bundle.add_manifest()?;
        Ok(bundle)
    }

    /// What it holds.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Writes it.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), ProveError> {
        for part in &self.parts {
            out.write_all(&tar::header(&part.name, part.size)?)?;
            let mut meter = Meter::new(&mut *out);
            self.write_content(&part.source, &mut meter)?;
            if meter.read() != (part.size, part.digest) {
                return Err(StoreError::Inconsistent(format!(
                    "{} was not the same when it was read again",
                    part.name
                ))
                .into());
            }
            tar::pad(part.size, out)?;
        }
        Ok(tar::end(out)?)
    }

    /// Measures a file, and keeps its name; tells the rows of a table.
    fn add(&mut self, name: String, source: Source) -> Result<u64, ProveError> {
        let mut meter = Meter::new(io::sink());
        let rows = self.write_content(&source, &mut meter)?;
        let (size, digest) = meter.read();
        if size > FILE_BYTES_MAX {
            return Err(ProveError::TooLarge { name, size });
        }
        self.parts.push(Part {
            name,
            source,
            size,
            digest,
        });
        Ok(rows)
    }

    fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), ProveError> {
        let source = Source::Bytes(bytes.to_vec());
        self.add(name.to_owned(), source).map(drop)
    }

    /// Leaves, their proofs, and the bodies that they name, each body once.
    fn add_leaves(&mut self) -> Result<(), ProveError> {
        let mut bodies = BTreeMap::new();
        let leaves: Vec<i64> = self.scope.leaves.iter().copied().collect();
        for sequence in leaves {
            let row = self.leaf(sequence)?;
            let names: NamesBody =
                serde_json::from_str(&row.record).map_err(|_| ProveError::Damaged { sequence })?;
            if let Some(digest) = names.body {
                bodies.entry(digest).or_insert(sequence);
            }
            self.add(format!("leaves/{sequence}.json"), Source::Leaf(sequence))?;
            let name = format!("proofs/{sequence}.tlog-proof");
            self.add(name, Source::Proof(sequence))?;
        }
        self.summary.bodies = bodies.len();
        for (digest, sequence) in bodies {
            self.add(format!("bodies/{digest}"), Source::Body(sequence))?;
            let is_right = self.parts.last().is_some_and(|part| part.digest == digest);
            if !is_right {
                return Err(ProveError::Damaged { sequence });
            }
        }
        Ok(())
    }

    /// The checkpoint, those that somebody kept, and the proofs that lead from these to it.
    fn add_checkpoints(&mut self) -> Result<(), ProveError> {
        let request = self.request;
        self.add_bytes("checkpoint", request.note.to_string().as_bytes())?;
        let mut seen = BTreeMap::new();
        for held in &request.held {
            let size = held.checkpoint.size;
            match seen.insert(size, &held.note) {
                Some(other) if *other == held.note => continue,
                Some(_) => return Err(ProveError::TwoOfOneSize { size }),
                None => {}
            }
            let name = format!("checkpoints/{size}");
            self.add_bytes(&name, held.note.to_string().as_bytes())?;
            let proof = self.tree.consistency(size)?;
            check_consistency(held, &request.checkpoint, &proof)?;
            let text = consistency(size, &proof, &request.note.to_string());
            let name = format!("consistency/{size}-{}", self.tree.size());
            self.add_bytes(&name, text.as_bytes())?;
        }
        Ok(())
    }

    /// Everything else but the manifest.
    fn add_texts(&mut self, log: &str) -> Result<(), ProveError> {
        self.add_bytes("README", README.as_bytes())?;
        self.add_bytes("verify.py", VERIFIER.as_bytes())?;
        let request = self.request;
        for (name, bytes) in &request.attachments {
            self.add_bytes(&format!("attachments/{name}"), bytes)?;
        }
        let mut counted = Vec::new();
        let tables: Vec<_> = rows::tables(&self.scope).collect();
        for table in tables {
            let file = format!("{}.csv", table.name);
            let rows = self.add(file.clone(), Source::Rows(table))?;
            counted.push(RowCount { file, rows });
        }
        let mut population = None;
        if matches!(request.asked, super::Asked::Sample { .. }) {
            let lines = self.add("population.txt".to_owned(), Source::Population)?;
            population = self.parts.last().map(|part| (lines, part.digest));
            self.summary.population = Some(lines);
        }
        let is_checkpoint = |part: &&Part| part.name.starts_with("checkpoints/");
        let facts = Facts {
            log,
            checkpoint: &request.checkpoint,
            asked: &request.asked,
            all_looks: request.all_looks,
            between: self.scope.between,
            population,
            counts: Counts {
                leaves: self.summary.leaves,
                bodies: self.summary.bodies,
                operations: self.summary.operations,
                checkpoints: self.parts.iter().filter(is_checkpoint).count(),
                attachments: request.attachments.len(),
            },
            rows: counted,
        };
        let text =
            statement::write(facts).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        self.add_bytes("statement.json", &text)
    }

    /// The list of all files, as `sha256sum` writes it. Its name comes before all others.
    fn add_manifest(&mut self) -> Result<(), ProveError> {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&format!("{}  {}\n", part.digest, part.name));
        }
        self.add_bytes(MANIFEST, text.as_bytes())?;
        self.parts.rotate_right(1);
        Ok(())
    }

    /// Writes the bytes of a file; tells the rows of a table.
    fn write_content(&self, source: &Source, out: &mut dyn Write) -> Result<u64, ProveError> {
        match source {
            Source::Bytes(bytes) => out.write_all(bytes)?,
            Source::Leaf(sequence) => out.write_all(self.leaf(*sequence)?.record.as_bytes())?,
            Source::Proof(sequence) => out.write_all(self.proof(*sequence)?.as_bytes())?,
            Source::Body(sequence) => out.write_all(&self.body(*sequence)?)?,
            Source::Rows(dataset) => {
                return rows::write(self.connection, dataset, &self.scope, out);
            }
            Source::Population => return sample::write_population(self.connection, out),
        }
        Ok(0)
    }

    fn leaf(&self, sequence: i64) -> Result<LeafRow, ProveError> {
        let row = leaf(self.connection, sequence)?;
        let row = row.filter(|row| row.hash == leaf_hash(row.record.as_bytes()));
        row.ok_or(ProveError::Damaged { sequence })
    }

    /// The proof of a leaf. It is checked: a file that proves nothing is not handed out.
    fn proof(&self, sequence: i64) -> Result<String, ProveError> {
        let damaged = || ProveError::Damaged { sequence };
        let index = u64::try_from(sequence).map_err(|_| damaged())?;
        let hash = self.leaf(sequence)?.hash;
        let hash: Hash = hash.try_into().map_err(|_| damaged())?;
        let hashes = self.tree.inclusion(index)?;
        let Checkpoint { size, root, .. } = &self.request.checkpoint;
        verify_inclusion(index, *size, &hash, &hashes, root).map_err(|_| damaged())?;
        let proof = TlogProof {
            index,
            hashes,
            checkpoint: self.request.note.to_string(),
        };
        Ok(proof.to_string())
    }

    fn body(&self, sequence: i64) -> Result<Vec<u8>, ProveError> {
        let row = self.leaf(sequence)?;
        match read_body(self.connection, &row) {
            Ok(body) => body.ok_or(ProveError::Damaged { sequence }),
            Err(error) if error.is_damage() => Err(ProveError::Damaged { sequence }),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a proof leads from a checkpoint that somebody kept to the newest: one that does not is not handed out.
fn check_consistency(held: &Held, newest: &Checkpoint, proof: &[Hash]) -> Result<(), ProveError> {
    let Checkpoint { size, root, .. } = &held.checkpoint;
    verify_consistency(*size, newest.size, root, &newest.root, proof).map_err(|_| {
        ProveError::OtherHistory {
            name: held.name.clone(),
            size: *size,
        }
    })
}

/// A proof that the log goes on from an older checkpoint, in the form in which C2SP's `tlog-witness` is asked.
fn consistency(old: u64, proof: &[Hash], note: &str) -> String {
    use base64::Engine as _;
    let mut text = format!("old {old}\n");
    for hash in proof {
        text.push_str(&base64::engine::general_purpose::STANDARD.encode(hash));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(note);
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::checkpoint;
    use crate::evidence::note::SignerKey;
    use crate::evidence::tree::node_hash;

    #[test]
    fn a_proof_that_leads_nowhere_is_not_handed_out() {
        let (first, second) = (leaf_hash(b"first"), leaf_hash(b"second"));
        let key = SignerKey::generate("optrail.example/log", [7; 32]).unwrap();
        let over = |size, root| Checkpoint {
            origin: key.verifier().name().to_owned(),
            size,
            root,
        };
        let note = checkpoint::sign(&over(1, first), &key).unwrap();
        let held = Held::parse("kept", note.to_string().as_bytes()).unwrap();
        let newest = over(2, node_hash(&first, &second));
        check_consistency(&held, &newest, &[second]).unwrap();
        for wrong in [vec![], vec![first], vec![second, second]] {
            let error = check_consistency(&held, &newest, &wrong).unwrap_err();
            assert!(matches!(error, ProveError::OtherHistory { size: 1, .. }));
        }
    }
}
