//! Leaf by leaf, in one pass over two threads: this one reads rows and unpacks templates, the other checks them
//! (`checker`). Memory does not grow with the file: a few batches go back and forth between the two.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, scope};

use super::Depth;
use super::batch::Batch;
use super::checker;
use super::head::add_gap;
use super::heads::Heads;
use super::report::{Findings, Kind, Report};
use super::templates::Templates;
use super::tree::{Roots, Tree};
use crate::store::evidence::{self, RawLeaf};
use crate::store::{Connection, StoreError};

/// Batches that wait or are being checked while another is read.
const IN_FLIGHT: usize = 2;

/// Checks every leaf, and fills what the report says of leaves, bodies and the tree. `heads` gets the roots that it
/// asks for, and the keys that the leaves name.
pub(super) fn check(
    live: &Connection,
    depth: Depth,
    heads: &mut Heads<'_>,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut tree = Tree::new(heads.sizes());
    let mut pass = Pass {
        live,
        templates: (depth == Depth::All).then(|| Templates::new(live)),
        next: 0,
        heads,
        findings,
        report,
    };
    let tree = scope(|threads| {
        let (to_check, batches) = sync_channel::<Batch>(IN_FLIGHT);
        let (checked, from_check) = sync_channel::<Batch>(IN_FLIGHT);
        let checker = Builder::new()
            .name("optrail-checker".to_owned())
            .spawn_scoped(threads, move || {
                for mut batch in batches {
                    checker::check(&mut batch, &mut tree);
                    if checked.send(batch).is_err() {
                        break;
                    }
                }
                tree
            })
            .map_err(|error| StoreError::Thread(Arc::new(error)))?;
        let read = pass.read(to_check, &from_check);
        // Else it might wait for ever with a batch that nobody takes.
        drop(from_check);
        let tree = checker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.map(|()| tree)
    })?;
    pass.end(tree)
}

/// The reading thread.
struct Pass<'a, 'h> {
    live: &'a Connection,
    /// `None` where no body is checked.
    templates: Option<Templates<'a>>,
    /// Sequence of the next leaf.
    next: i64,
    heads: &'a mut Heads<'h>,
    findings: &'a mut Findings,
    report: &'a mut Report,
}

impl Pass<'_, '_> {
    /// Reads all leaves, hands them over in batches, and takes what was found of them.
    fn read(
        &mut self,
        to_check: SyncSender<Batch>,
        from_check: &Receiver<Batch>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let mut in_flight = 0;
        let read = evidence::each_raw_leaf(self.live, |leaf| {
            self.take(&leaf, &mut batch)?;
            if !batch.is_full() {
                return Ok(());
            }
            let mut free = Batch::default();
            if in_flight >= IN_FLIGHT {
                free = self.absorb(from_check.recv().map_err(|_| gone())?)?;
            } else {
                in_flight += 1;
            }
            to_check
                .send(std::mem::replace(&mut batch, free))
                .map_err(|_| gone())
        });
        // What was read before the damage is checked all the same.
        batch.findings.unless_damaged("leaf", read)?;
        to_check.send(batch).map_err(|_| gone())?;
        drop(to_check);
        while let Ok(batch) = from_check.recv() {
            self.absorb(batch)?;
        }
        Ok(())
    }

    /// Puts a leaf into the batch.
    fn take(&mut self, leaf: &RawLeaf<'_>, batch: &mut Batch) -> Result<(), StoreError> {
        let sequence = leaf.sequence;
        if sequence > self.next {
            add_gap(self.next, sequence - 1, &mut batch.findings);
        }
        self.next = sequence.saturating_add(1);
        let template = match (&mut self.templates, leaf.template_id) {
            (Some(templates), Some(template_id)) => templates.take(sequence, template_id, batch)?,
            _ => None,
        };
        batch.add(leaf, template);
        Ok(())
    }

    /// Takes what was found of a batch, and gives it back empty.
    fn absorb(&mut self, mut batch: Batch) -> Result<Batch, StoreError> {
        self.findings.append(std::mem::take(&mut batch.findings));
        self.report.leaves_checked += batch.counts.leaves;
        self.report.bodies_checked += batch.counts.bodies;
        self.report.redacted += batch.counts.redacted;
        if self.report.bodies_left_out {
            self.report.bodies_absent += batch.counts.stated;
        }
        self.heads.meet_keys(&mut batch.keys);
        self.take_roots(std::mem::take(&mut batch.roots))?;
        batch.clear();
        Ok(batch)
    }

    /// Compares the roots of subtrees with the cached ones, and tells those that were asked for.
    fn take_roots(&mut self, roots: Roots) -> Result<(), StoreError> {
        for (number, root) in roots.subtrees {
            let cached = evidence::subtree(self.live, number);
            let cached = self.findings.unless_damaged("subtree", cached)?.flatten();
            // That there is none at all is told with the head.
            if cached.is_some_and(|cached| cached != root) {
                let key = format_args!("number={number}");
                let what = "hash is not the root of its leaves";
                self.findings.add(Kind::Invalid, "subtree", key, what);
            }
        }
        for (size, root) in roots.asked {
            self.heads.meet(size, root);
        }
        Ok(())
    }

    /// Ends the pass with the tree over all leaves.
    fn end(mut self, tree: Tree) -> Result<(), StoreError> {
        let mut roots = Roots::default();
        self.report.root = tree.end(&mut roots);
        self.take_roots(roots)?;
        if let Some(templates) = self.templates {
            self.report.templates_checked = templates.end(self.findings)?;
        }
        Ok(())
    }
}

/// The other thread has ended before its time: it panicked, which its end tells.
fn gone() -> StoreError {
    StoreError::Inconsistent("the thread that checks leaves has stopped".to_owned())
}
