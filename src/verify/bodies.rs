//! Bodies: each is put together from template and RequestId and compared with the length and the digest that
//! its leaf states; each template is compared with its own.
//!
//! Templates are numbered in the order of their first use, so that one pass over the leaves meets each
//! unused one too, without a list of those seen. Recently used templates are kept unpacked.

use std::collections::{HashMap, VecDeque};
use std::fmt::Display;

use super::report::{Findings, Kind};
use crate::evidence::body::{join, split};
use crate::evidence::codec::{Codec, decompress};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::{KeptBody, Leaf};
use crate::store::evidence::{RawLeaf, TemplateRow, each_template_id, template};
use crate::store::{Connection, StoreError};

/// Bytes of unpacked templates that are kept: a thousand pages of results. A larger template is kept alone.
const RECENT_BYTES: usize = 8 * 1024 * 1024;

/// The body that a leaf states.
pub(super) enum Body {
    /// By length and digest.
    Kept {
        length: u64,
        digest: Digest,
        is_redacted: bool,
    },
    /// Of a leaf that only a newer program can read: it may have one.
    Unknown,
}

impl Body {
    pub(super) fn stated_by(leaf: Leaf) -> Option<Self> {
        let kept = |body: KeptBody| Self::Kept {
            length: body.length,
            digest: body.digest,
            is_redacted: !body.redacted.is_empty(),
        };
        match leaf {
            Leaf::Exchange(exchange) => Some(kept(exchange.body)),
            Leaf::NoAnswer(no_answer) => no_answer.partial.map(kept),
            Leaf::Plan(plan) => Some(Self::Kept {
                length: plan.length,
                digest: plan.body,
                is_redacted: false,
            }),
            Leaf::Config(config) => Some(Self::Kept {
                length: config.length,
                digest: config.body,
                is_redacted: false,
            }),
            Leaf::Other { .. } => Some(Self::Unknown),
            Leaf::Genesis(_)
            | Leaf::RunStart(_)
            | Leaf::Listing(_)
            | Leaf::RunEnd(_)
            | Leaf::RunAborted(_)
            | Leaf::RunSkipped(_)
            | Leaf::Note(_)
            | Leaf::Credential(_)
            | Leaf::Clock(_)
            | Leaf::Key(_)
            | Leaf::Restore(_)
            | Leaf::Schema(_)
            | Leaf::Watch(_)
            | Leaf::Intervention(_) => None,
        }
    }

    pub(super) fn is_redacted(&self) -> bool {
        matches!(self, Self::Kept { is_redacted, .. } if *is_redacted)
    }
}

/// The pass over all bodies.
pub(super) struct Bodies<'c> {
    live: &'c Connection,
    /// The template that is used for the first time next.
    next: i64,
    recent: Recent,
    bodies_checked: i64,
    templates_checked: i64,
}

impl<'c> Bodies<'c> {
    pub(super) fn new(live: &'c Connection) -> Self {
        Self {
            live,
            next: 1,
            recent: Recent::default(),
            bodies_checked: 0,
            templates_checked: 0,
        }
    }

    /// Checks the body of a leaf.
    pub(super) fn check(
        &mut self,
        row: &RawLeaf<'_>,
        body: &Body,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let Some(template_id) = row.template_id else {
            return Ok(());
        };
        let key = format_args!("sequence={}", row.sequence);
        if !self.load(template_id, findings)? {
            let what = format_args!("body_template {template_id} is missing");
            findings.add(Kind::Missing, "leaf", key, what);
            return Ok(());
        }
        // A template that does not unpack was told as such.
        if let (Some(template), Body::Kept { length, digest, .. }) =
            (self.recent.get(template_id), body)
        {
            self.bodies_checked += 1;
            if let Err(what) = compare(template, row, *length, *digest) {
                findings.add(Kind::Invalid, "leaf", key, what);
            }
        }
        Ok(())
    }

    /// Ends the pass; the numbers of bodies and of templates checked.
    pub(super) fn end(self, findings: &mut Findings) -> Result<(i64, i64), StoreError> {
        let found = unused(self.live, i64::MIN, 1, findings)
            .and_then(|()| unused(self.live, self.next, i64::MAX, findings));
        findings.unless_damaged("body_template", found)?;
        Ok((self.bodies_checked, self.templates_checked))
    }

    /// Unpacks a template unless it is there already, and checks it if this is its first use. `false` where
    /// there is no such row.
    fn load(&mut self, template_id: i64, findings: &mut Findings) -> Result<bool, StoreError> {
        let is_first_use = template_id >= self.next;
        if !is_first_use && self.recent.get(template_id).is_some() {
            return Ok(true);
        }
        let row = template(self.live, template_id);
        let Some(row) = findings.unless_damaged("body_template", row)? else {
            return Ok(true);
        };
        let Some(row) = row else {
            return Ok(false);
        };
        if is_first_use {
            unused(self.live, self.next, template_id, findings)?;
            self.next = template_id.saturating_add(1);
            self.templates_checked += 1;
        }
        let mut invalid = |what: &dyn Display| {
            if is_first_use {
                let key = format_args!("template_id={template_id}");
                findings.add(Kind::Invalid, "body_template", key, what);
            }
        };
        match unpack(&row) {
            Ok(bytes) => {
                if is_first_use && row.sha256 != Digest::of(&bytes).0 {
                    invalid(&"sha256 is not that of the template");
                }
                self.recent.keep(template_id, bytes);
            }
            Err(what) => invalid(&what),
        }
        Ok(true)
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

/// Compares the body with what its leaf states, and its parts with those into which it falls: RequestId and
/// offset are shown to people, and the same bytes could be cut in another place.
fn compare(template: &[u8], row: &RawLeaf<'_>, length: u64, digest: Digest) -> Result<(), String> {
    let request_id = match (row.request_id_offset, row.request_id) {
        (Some(offset), Some(text)) => {
            let offset = usize::try_from(offset).map_err(|error| error.to_string())?;
            let text = std::str::from_utf8(text).map_err(|_| "request_id is not UTF-8")?;
            Some((offset, text))
        }
        _ => None,
    };
    let body = join(template, request_id).map_err(|error| error.to_string())?;
    if body.len() as u64 != length {
        return Err(format!(
            "its body has {} bytes, the leaf says {length}",
            body.len()
        ));
    }
    if Digest::of(&body) != digest {
        return Err("its body has another digest than the leaf says".to_owned());
    }
    let expected = split(&body).request_id;
    if expected
        .as_ref()
        .map(|(offset, text)| (*offset, text.as_str()))
        != request_id
    {
        return Err("its RequestId was cut out of the body in another place".to_owned());
    }
    Ok(())
}

/// Unpacked templates, the newest [`RECENT_BYTES`] of them.
#[derive(Default)]
struct Recent {
    templates: HashMap<i64, Vec<u8>>,
    /// Their numbers, the oldest first.
    order: VecDeque<i64>,
    bytes: usize,
}

impl Recent {
    fn get(&self, template_id: i64) -> Option<&[u8]> {
        self.templates.get(&template_id).map(Vec::as_slice)
    }

    fn keep(&mut self, template_id: i64, template: Vec<u8>) {
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

    #[test]
    fn few_templates_are_kept_whatever_their_size() {
        let mut recent = Recent::default();
        for template_id in 1..=9 {
            recent.keep(template_id, vec![0; 1024 * 1024]);
        }
        assert!(recent.get(1).is_none() && recent.get(2).is_some());
        recent.keep(10, vec![0; RECENT_BYTES * 2]);
        assert_eq!(recent.templates.len(), 1);
        recent.keep(11, vec![0; 10]);
        assert!(recent.get(10).is_none() && recent.get(11).is_some());
        assert_eq!((recent.bytes, recent.order.len()), (10, 1));
    }

    #[test]
    fn a_body_cut_in_another_place_is_not_the_same() {
        let body = br#"{"RequestId":"R-1"}"#;
        let row = |offset, request_id| RawLeaf {
            sequence: 0,
            record: b"",
            hash: b"",
            template_id: Some(1),
            request_id_offset: offset,
            request_id,
        };
        let check = |template: &[u8], row| compare(template, &row, 19, Digest::of(body));
        let cut = br#"{"RequestId":""}"#;
        assert_eq!(check(cut, row(Some(14), Some(b"R-1"))), Ok(()));
        assert!(check(cut, row(Some(13), Some(b"R-1"))).is_err());
        assert!(check(cut, row(Some(14), Some(b"R-2"))).is_err());
        assert!(check(cut, row(None, None)).is_err());
        // The same bytes, cut elsewhere.
        assert!(check(body, row(None, None)).is_err());
        assert!(check(br#"{"RequestId":"1"}"#, row(Some(14), Some(b"R-"))).is_err());
    }
}
