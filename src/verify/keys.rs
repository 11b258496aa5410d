//! The keys that the log names: by their leaves, which the tree covers, and not by rows derived from these.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use super::report::{Findings, Kind};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::{Note, VerifierKey};
use crate::record::MadeKey;

/// A key of the log.
pub(super) struct LogKey {
    pub(super) vkey: VerifierKey,
    /// The leaf that names it: what it signed is later.
    pub(super) since: i64,
}

impl Borrow<VerifierKey> for &LogKey {
    fn borrow(&self) -> &VerifierKey {
        &self.vkey
    }
}

/// The keys of the log, each by its origin.
#[derive(Default)]
pub(super) struct Keys {
    by_origin: BTreeMap<String, LogKey>,
}

impl Keys {
    /// Takes what the leaves say, in their order.
    pub(super) fn of(made: Vec<MadeKey>, findings: &mut Findings) -> Self {
        let mut keys = Self::default();
        for made in made {
            let sequence = made.sequence;
            if let Err(what) = keys.add(made) {
                let key = format_args!("sequence={sequence}");
                findings.add(Kind::Invalid, "leaf", key, what);
            }
        }
        keys
    }

    fn add(&mut self, made: MadeKey) -> Result<(), String> {
        let vkey: VerifierKey = made.vkey.parse().map_err(|error| format!("{error}"))?;
        if vkey.name() != made.origin {
            return Err("its key has another name than its origin".to_owned());
        }
        if let Some(first) = self.by_origin.get(&made.origin) {
            return Err(format!(
                "it makes a second key for {}, whose key leaf {} has made: an origin has one",
                made.origin, first.since
            ));
        }
        let since = made.sequence;
        self.by_origin.insert(made.origin, LogKey { vkey, since });
        Ok(())
    }

    /// The key of an origin.
    pub(super) fn of_origin(&self, origin: &str) -> Option<&LogKey> {
        self.by_origin.get(origin)
    }

    /// What a note says, and the key of the log that has signed it, made among the leaves that it covers; else what
    /// is wrong with it.
    pub(super) fn that_signed(&self, note: &Note) -> Result<(Checkpoint, &LogKey), String> {
        checkpoint::open_by_log(note, |origin| {
            Ok(self.of_origin(origin).map(|key| (key.since, key)))
        })
    }

    /// Whether the log names any.
    pub(super) fn is_empty(&self) -> bool {
        self.by_origin.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::note::SignerKey;
    use crate::verify::Report;

    fn made(sequence: i64, origin: &str, name: &str, seed: u8) -> MadeKey {
        let key = SignerKey::generate(name, [seed; 32]).unwrap();
        MadeKey {
            sequence,
            origin: origin.to_owned(),
            vkey: key.verifier().to_string(),
        }
    }

    #[test]
    fn an_origin_keeps_the_key_that_it_had_first() {
        let mut findings = Findings::default();
        let first = made(3, "a", "a", 1);
        let garbage = MadeKey {
            vkey: "a+00000000+x".to_owned(),
            ..first.clone()
        };
        let all = vec![
            first.clone(),
            made(5, "a", "a", 2),
            made(6, "b", "c", 3),
            garbage,
            made(9, "d", "d", 4),
        ];
        let keys = Keys::of(all, &mut findings);
        assert_eq!(keys.of_origin("a").unwrap().vkey.to_string(), first.vkey);
        assert_eq!(keys.of_origin("d").unwrap().since, 9);
        assert!(keys.of_origin("b").is_none() && !keys.is_empty());
        let mut report = Report::default();
        findings.tell(&mut report);
        let found = report.differences.iter().map(|d| d.key.as_str());
        let found: Vec<_> = found.collect();
        assert_eq!(found, ["sequence=5", "sequence=6", "sequence=3"]);
    }
}
