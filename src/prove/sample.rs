//! Samples that anybody can take again: each operation has a rank that follows from its line and a seed, and those
//! of the lowest ranks are taken. With `sha256sum` alone:
//! ```text
//! printf '%s\n%s\n' SEED LINE | sha256sum
//! ```

use std::collections::BTreeSet;
use std::io::Write;

use sha2::{Digest as _, Sha256};

use super::ProveError;
use crate::evidence::digest::Digest;
use crate::export::{Cell, Encoder, Format, Layout, encoder};
use crate::model::OperationKey;
use crate::store::operation_key::operation_key;
use crate::store::{Connection, StoreError, proving};

/// Writes keys as the lines of a population.
struct Lines {
    encoder: Box<dyn Encoder>,
}

impl Lines {
    fn new() -> Result<Self, ProveError> {
        let layout = Layout {
            no_header: true,
            ..Layout::default()
        };
        let encoder = encoder(Format::Csv, &layout)
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        Ok(Self { encoder })
    }

    /// The line of an operation, with its line feed.
    fn line(&mut self, parts: [&str; 4]) -> Result<Vec<u8>, ProveError> {
        let mut line = Vec::new();
        self.encoder.row(&parts.map(Cell::Text), &mut line)?;
        self.encoder.finish(&mut line)?;
        Ok(line)
    }
}

/// The rank of a line that ends in a line feed.
fn rank(seed: &str, line: &[u8]) -> Digest {
    Digest(
        Sha256::new()
            .chain_update(seed)
            .chain_update(b"\n")
            .chain_update(line)
            .finalize()
            .into(),
    )
}

/// Writes the population, a line for each operation, in the order of their keys; tells how many.
pub(super) fn write_population(
    connection: &Connection,
    out: &mut dyn Write,
) -> Result<u64, ProveError> {
    let mut lines = Lines::new()?;
    let mut count = 0;
    proving::each_operation(connection, |parts| {
        count += 1;
        Ok::<_, ProveError>(out.write_all(&lines.line(parts)?)?)
    })?;
    Ok(count)
}

/// The operations of the `count` lowest ranks, in the order of their keys.
pub(super) fn take(
    connection: &Connection,
    count: usize,
    seed: &str,
) -> Result<Vec<OperationKey>, ProveError> {
    let mut lines = Lines::new()?;
    let mut lowest: BTreeSet<(Digest, [String; 4])> = BTreeSet::new();
    proving::each_operation(connection, |parts| {
        let rank = rank(seed, &lines.line(parts)?);
        if lowest.len() < count || lowest.last().is_some_and(|(highest, _)| rank < *highest) {
            lowest.insert((rank, parts.map(str::to_owned)));
            if lowest.len() > count {
                lowest.pop_last();
            }
        }
        Ok::<_, ProveError>(())
    })?;
    let keys = lowest
        .iter()
        .map(|(_, [service, account, region, id])| operation_key([service, account, region, id]));
    let mut keys: Vec<OperationKey> = keys.collect::<Result<_, _>>()?;
    keys.sort_unstable_by(|a, b| a.parts().cmp(&b.parts()));
    Ok(keys)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_what_sha256sum_prints() {
        let mut lines = Lines::new().unwrap();
        let line = lines
            .line(["bpstudio", "1234567890123456", "", "op,\"1\""])
            .unwrap();
        assert_eq!(line, b"bpstudio,1234567890123456,\"\",\"op,\"\"1\"\"\"\n");
        // printf '%s\n%s\n' 2026-Q4 'ros,1,cn-hangzhou,a' | sha256sum
        let line = lines.line(["ros", "1", "cn-hangzhou", "a"]).unwrap();
        assert_eq!(
            rank("2026-Q4", &line).to_string(),
            "358c9b3c343e98d40727519623b3eae52a489b65ecac8f26352e3d9d7e8d55b0"
        );
    }
}
