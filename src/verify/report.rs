//! What a verification found.

use std::fmt::{self, Display};

use crate::evidence::note::VerifierKey;
use crate::store::StoreError;

/// Differences that a report lists; the others are counted. More than anybody reads, few enough to print.
pub const DIFFERENCES_LISTED: usize = 1_000;

/// What a verification came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Leaves of the log, by the number of the last one.
    pub size: i64,
    /// RFC 6962 root over the leaves that are there.
    pub root: [u8; 32],
    /// The last leaf from which rows were derived; -1 before the first.
    pub derived_through: i64,
    /// Leaves whose hash was computed again.
    pub leaves_checked: i64,
    /// Bodies that were put together and compared with the digests of their leaves.
    pub bodies_checked: i64,
    /// Templates that were unpacked and compared with their digests.
    pub templates_checked: i64,
    /// Derived rows that were compared with those derived now.
    pub rows_compared: i64,
    /// Whether this is a snapshot without bodies: neither they nor the rows that follow from them were compared.
    pub bodies_left_out: bool,
    /// Bodies that leaves state, of a snapshot without bodies.
    pub bodies_absent: i64,
    /// Leaves whose body had a secret cut out before it was kept: a fact, no difference.
    pub redacted: i64,
    /// Checkpoints in the file whose root and signature were compared.
    pub checkpoints_checked: i64,
    /// Leaves that the newest of them that holds covers; 0 where none does.
    pub sealed_size: i64,
    /// The key that signed that one.
    pub sealed_with: Option<VerifierKey>,
    /// Leaves that the newest one covers that a key signed which was asked for; `None` where none was.
    pub sealed_by_key: Option<i64>,
    /// Heads held outside of the file that it was compared with.
    pub compared: Vec<Compared>,
    /// All differences.
    pub counts: Counts,
    /// The first [`DIFFERENCES_LISTED`] differences.
    pub differences: Vec<Difference>,
    /// Differences beyond those listed.
    pub more: i64,
}

impl Report {
    /// Whether nothing differs.
    pub fn agrees(&self) -> bool {
        self.counts.total() == 0
    }

    /// Adds a difference that was found outside of the file.
    pub fn add(&mut self, difference: Difference) {
        self.counts.add(difference.kind);
        self.differences.push(difference);
    }
}

/// Differences by kind, those beyond the listed ones too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the kinds, explained there
pub struct Counts {
    pub gap: i64,
    pub missing: i64,
    pub invalid: i64,
    pub extra: i64,
}

impl Counts {
    /// All of them.
    pub const fn total(self) -> i64 {
        self.gap + self.missing + self.invalid + self.extra
    }

    const fn add(&mut self, kind: Kind) {
        *match kind {
            Kind::Gap => &mut self.gap,
            Kind::Missing => &mut self.missing,
            Kind::Invalid => &mut self.invalid,
            Kind::Extra => &mut self.extra,
        } += 1;
    }

    const fn append(&mut self, other: Self) {
        self.gap += other.gap;
        self.missing += other.missing;
        self.invalid += other.invalid;
        self.extra += other.extra;
    }
}

/// A head that was held outside of the file, and what the comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Where it was held.
    pub source: String,
    /// Who held it.
    pub by: HeldBy,
    /// The origin that it names.
    pub origin: Option<String>,
    /// Leaves that it covers.
    pub size: u64,
    /// Whether the log goes on from it.
    pub agrees: bool,
}

/// Who held a head: whose word it is that the file is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// The machine that records, in its state directory.
    State,
    /// Somebody else.
    Others,
}

impl HeldBy {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Others => "others",
        }
    }
}

/// One place where the file is not what the recorder wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In which way.
    pub kind: Kind,
    /// The table; `sqlite_schema` for the schema and the file itself.
    pub table: String,
    /// The row by its primary key, as `op=1, version=2`; the name of a schema object. Empty where the table
    /// as a whole cannot be read.
    pub key: String,
    /// What is wrong, in words.
    pub what: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            table,
            key,
            what,
        } = self;
        write!(f, "{kind}: {table} {key}: {what}")
    }
}

/// In which way something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Numbers that should follow each other do not.
    Gap,
    /// Something is not there.
    Missing,
    /// Something is there, and is not what it should be.
    Invalid,
    /// Something is there that should not be.
    Extra,
}

impl Kind {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Extra => "extra",
        }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Differences while they are found.
#[derive(Default)]
pub(super) struct Findings {
    listed: Vec<Difference>,
    counts: Counts,
}

impl Findings {
    /// Notes a difference.
    pub(super) fn add(&mut self, kind: Kind, table: &str, key: impl Display, what: impl Display) {
        self.counts.add(kind);
        if self.listed.len() >= DIFFERENCES_LISTED {
            return;
        }
        self.listed.push(Difference {
            kind,
            table: table.to_owned(),
            key: key.to_string(),
            what: what.to_string(),
        });
    }

    /// Adds those that were noted elsewhere, behind these.
    pub(super) fn append(&mut self, other: Self) {
        self.counts.append(other.counts);
        let free = DIFFERENCES_LISTED.saturating_sub(self.listed.len());
        self.listed.extend(other.listed.into_iter().take(free));
    }

    /// Turns an error that tells of damage in `table` into a difference (`None`), so that the other checks
    /// still run; any other error stays one.
    pub(super) fn unless_damaged<T>(
        &mut self,
        table: &str,
        result: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_damage() => {
                self.add(
                    Kind::Invalid,
                    table,
                    "",
                    format_args!("cannot be read: {error}"),
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Fills what the report says of differences.
    pub(super) fn tell(self, report: &mut Report) {
        report.more = self.counts.total() - self.listed.len() as i64;
        report.differences = self.listed;
        report.counts = self.counts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let mut findings = Findings::default();
        for number in 0..DIFFERENCES_LISTED + 7 {
            findings.add(Kind::Extra, "leaf", number, "x");
        }
        let mut others = Findings::default();
        others.add(Kind::Gap, "leaf", "", "x");
        others.counts.missing += 5;
        findings.append(others);
        let mut report = Report::default();
        findings.tell(&mut report);
        assert_eq!(
            (report.differences.len(), report.more),
            (DIFFERENCES_LISTED, 13)
        );
        assert_eq!(report.differences[1].to_string(), "extra: leaf 1: x");
        let counts = report.counts;
        assert_eq!((counts.gap, counts.missing, counts.total()), (1, 5, 1_013));
    }
}
