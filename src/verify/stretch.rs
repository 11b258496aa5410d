//! Verdicts on checkpoints that follow each other, joined into stretches: where the last one that holds and the
//! first one that fails stand is where the change lies.

use super::checkpoints::TABLE;
use super::keys::LogKey;
use super::report::{Findings, Kind};
use crate::evidence::leaf::Leaf;
use crate::record::leaf_at;
use crate::store::Connection;

/// Leaves before a checkpoint in which the end of a run is looked for; it is the last one, but where a key was made
/// or something was watched.
const LOOK_BACK: i64 = 64;

/// What a checkpoint came to.
#[derive(Clone)]
pub(super) enum Verdict<'k> {
    /// Leaves and signature are what it states.
    Holds(&'k LogKey),
    /// The same, and the key is one that the log names and that was not given.
    OtherKey(&'k LogKey),
    /// It says nothing that may be believed, for this reason.
    Refused(String),
    /// It is signed, and the log ends before.
    CutOff,
    /// It is signed, and the leaves have another root.
    OtherRoot,
    /// It is signed, and the leaves have no root, because some are missing.
    NoRoot,
}

impl Verdict<'_> {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OtherKey(one), Self::OtherKey(two)) => one.vkey == two.vkey,
            (Self::Refused(one), Self::Refused(two)) => one == two,
            (one, two) => std::mem::discriminant(one) == std::mem::discriminant(two),
        }
    }
}

/// The stretches while verdicts come, in the order of sizes.
pub(super) struct Stretches<'a> {
    live: &'a Connection,
    /// Leaves of the log.
    size: i64,
    /// Leaves that the last checkpoint covers that holds; 0 before the first.
    held: i64,
    open: Option<Stretch<'a>>,
}

/// Checkpoints in a row that fail in one way.
struct Stretch<'k> {
    verdict: Verdict<'k>,
    first: i64,
    last: i64,
    count: i64,
    /// Leaves that the last checkpoint before them covers that holds.
    held: i64,
}

impl<'a> Stretches<'a> {
    pub(super) fn new(live: &'a Connection, size: i64) -> Self {
        Self {
            live,
            size,
            held: 0,
            open: None,
        }
    }

    /// Takes the verdict on the checkpoint of `size` leaves.
    pub(super) fn take(&mut self, size: i64, verdict: Verdict<'a>, findings: &mut Findings) {
        if let Some(open) = self
            .open
            .as_mut()
            .filter(|open| verdict.is_like(&open.verdict))
        {
            open.last = size;
            open.count += 1;
        } else {
            let confirms = matches!(verdict, Verdict::Holds(_) | Verdict::OtherKey(_));
            self.close(confirms.then_some(size), findings);
            self.open = (!matches!(verdict, Verdict::Holds(_))).then(|| Stretch {
                verdict: verdict.clone(),
                first: size,
                last: size,
                count: 1,
                held: self.held,
            });
        }
        if matches!(verdict, Verdict::Holds(_) | Verdict::OtherKey(_)) {
            self.held = size;
        }
    }

    /// Ends the last stretch.
    pub(super) fn end(mut self, findings: &mut Findings) {
        self.close(None, findings);
    }

    /// Tells the open stretch; `confirms`: the size of the checkpoint behind it, if that holds.
    fn close(&mut self, confirms: Option<i64>, findings: &mut Findings) {
        let Some(stretch) = self.open.take() else {
            return;
        };
        let key = match stretch.count {
            1 => format!("size={}", stretch.first),
            _ => format!("size={}..{}", stretch.first, stretch.last),
        };
        let what = self.describe(&stretch, confirms);
        findings.add(Kind::Invalid, TABLE, key, what);
    }

    fn describe(&self, stretch: &Stretch<'_>, confirms: Option<i64>) -> String {
        let subject = match stretch.count {
            1 => String::new(),
            several => format!("each of {several} checkpoints: "),
        };
        let what = match (&stretch.verdict, confirms) {
            // Never told.
            (Verdict::Holds(_), _) => String::new(),
            (Verdict::OtherKey(key), _) => format!(
                "signed with {}, which leaf {} names and --key did not: the log was taken up again with a new key, \
                 or written anew by somebody without yours",
                key.vkey, key.since
            ),
            (Verdict::Refused(what), _) => what.clone(),
            (Verdict::CutOff, _) => format!(
                "it covers more than the {} leaves that are there: the log was cut off, or an older copy put in its place",
                self.size
            ),
            (Verdict::OtherRoot, Some(later)) => format!(
                "the leaves before it do not have the root that it states, and a later checkpoint (size={later}) \
                 confirms these leaves: the key has signed two histories, or the checkpoint is of another copy"
            ),
            (Verdict::OtherRoot, None) => format!(
                "the leaves before it do not have the root that it states: {}",
                self.changed_in(stretch)
            ),
            (Verdict::NoRoot, _) => format!(
                "leaves before it are missing or cannot be read: {}",
                self.changed_in(stretch)
            ),
        };
        subject + &what
    }

    /// Where the first change lies.
    fn changed_in(&self, stretch: &Stretch<'_>) -> String {
        let (first, last) = (stretch.held, stretch.first - 1);
        let evidence = match first == last {
            true => format!("leaf {first} was changed"),
            false => format!("the log was changed first in leaves {first}..{last}"),
        };
        match stretch.held {
            0 => format!("{evidence}; no earlier checkpoint holds"),
            held => format!(
                "{evidence}; the checkpoint of the {held} leaves before still holds{}",
                self.run_ended_at(held - 1).unwrap_or_default()
            ),
        }
    }

    /// The newest run that ended up to a leaf, which a checkpoint holds, so that its time may be believed.
    fn run_ended_at(&self, sequence: i64) -> Option<String> {
        let back = (0..LOOK_BACK).map_while(|back| leaf_at(self.live, sequence - back).ok());
        let mut ends = back.filter_map(|(_, leaf)| match leaf {
            Leaf::RunEnd(end) => Some(end),
            _ => None,
        });
        let end = ends.next()?;
        Some(format!(" (run {}, which ended {})", end.run, end.ended_at))
    }
}
