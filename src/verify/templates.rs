//! Templates of bodies, read and unpacked for the leaves that use them.
//!
//! Templates are numbered in the order of their first use, so that one pass over the leaves meets each
//! unused one too, without a list of those seen. Recently used templates are kept unpacked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::batch::{Batch, Fresh};
use super::report::{Findings, Kind};
use crate::evidence::codec::{Codec, decompress};
use crate::store::evidence::{TemplateRow, each_template_id, template};
use crate::store::{Connection, StoreError};

/// Bytes of unpacked templates that are kept: a thousand pages of results. A larger template is kept alone.
const RECENT_BYTES: usize = 8 * 1024 * 1024;

/// The templates while the leaves are read.
pub(super) struct Templates<'c> {
    live: &'c Connection,
    /// The template that is used for the first time next.
    next: i64,
    recent: Recent,
    checked: i64,
}

impl<'c> Templates<'c> {
    pub(super) fn new(live: &'c Connection) -> Self {
        Self {
            live,
            next: 1,
            recent: Recent::default(),
            checked: 0,
        }
    }

    /// The template of the body of the leaf `sequence`, unpacked. `None` where it cannot be had, of which the
    /// findings of the batch tell. On its first use the batch gets it to be checked, too.
    pub(super) fn take(
        &mut self,
        sequence: i64,
        template_id: i64,
        batch: &mut Batch,
    ) -> Result<Option<Arc<Vec<u8>>>, StoreError> {
        let is_first_use = template_id >= self.next;
        if !is_first_use && let Some(template) = self.recent.get(template_id) {
            return Ok(Some(template));
        }
        let row = template(self.live, template_id);
        let Some(row) = batch.findings.unless_damaged("body_template", row)? else {
            return Ok(None);
        };
        let Some(row) = row else {
            let key = format_args!("sequence={sequence}");
            let what = format_args!("body_template {template_id} is missing");
            batch.findings.add(Kind::Missing, "leaf", key, what);
            return Ok(None);
        };
        if is_first_use {
            unused(self.live, self.next, template_id, &mut batch.findings)?;
            self.next = template_id.saturating_add(1);
            self.checked += 1;
        }
        let bytes = match unpack(&row) {
            Ok(bytes) => Arc::new(bytes),
            Err(what) => {
                if is_first_use {
                    let key = format_args!("template_id={template_id}");
                    batch
                        .findings
                        .add(Kind::Invalid, "body_template", key, what);
                }
                return Ok(None);
            }
        };
        batch.count_unpacked(bytes.len());
        self.recent.keep(template_id, Arc::clone(&bytes));
        if is_first_use {
            batch.fresh.push(Fresh {
                template_id,
                template: Arc::clone(&bytes),
                sha256: row.sha256,
            });
        }
        Ok(Some(bytes))
    }

    /// Ends the pass; the number of templates checked.
    pub(super) fn end(self, findings: &mut Findings) -> Result<i64, StoreError> {
        let found = unused(self.live, i64::MIN, 1, findings)
            .and_then(|()| unused(self.live, self.next, i64::MAX, findings));
        findings.unless_damaged("body_template", found)?;
        Ok(self.checked)
    }
}

/// Tells of the templates from `first` on and below `end`, which no leaf has used.
fn unused(
    live: &Connection,
    first: i64,
    end: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    each_template_id(live, first, end, |template_id| {
        let key = format_args!("template_id={template_id}");
        findings.add(
            Kind::Extra,
            "body_template",
            key,
            "no leaf uses it in its turn",
        );
    })
}

fn unpack(row: &TemplateRow) -> Result<Vec<u8>, String> {
    let codec =
        Codec::from_number(row.codec).ok_or_else(|| format!("codec {} is unknown", row.codec))?;
    let length =
        usize::try_from(row.length).map_err(|_| format!("length {} is no length", row.length))?;
    decompress(codec, &row.data, length).map_err(|error| error.to_string())
}

/// Unpacked templates, the newest [`RECENT_BYTES`] of them.
#[derive(Default)]
struct Recent {
    templates: HashMap<i64, Arc<Vec<u8>>>,
    /// Their numbers, the oldest first.
    order: VecDeque<i64>,
    bytes: usize,
}

impl Recent {
    fn get(&self, template_id: i64) -> Option<Arc<Vec<u8>>> {
        self.templates.get(&template_id).map(Arc::clone)
    }

    fn keep(&mut self, template_id: i64, template: Arc<Vec<u8>>) {
        self.bytes += template.len();
        while self.bytes > RECENT_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.bytes -= self.templates.remove(&oldest).map_or(0, |t| t.len());
        }
        self.order.push_back(template_id);
        self.templates.insert(template_id, template);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(bytes: usize) -> Arc<Vec<u8>> {
        Arc::new(vec![0; bytes])
    }

    #[test]
    fn few_templates_are_kept_whatever_their_size() {
        let mut recent = Recent::default();
        for template_id in 1..=9 {
            recent.keep(template_id, template(1024 * 1024));
        }
        assert!(recent.get(1).is_none() && recent.get(2).is_some());
        recent.keep(10, template(RECENT_BYTES * 2));
        assert_eq!(recent.templates.len(), 1);
        recent.keep(11, template(10));
        assert!(recent.get(10).is_none() && recent.get(11).is_some());
        assert_eq!((recent.bytes, recent.order.len()), (10, 1));
    }
}
