//! The bars: what optrail must be as to speed, memory and size, each measured on the program as people have it, beside
//! a limit or a peer in the same run. `benches/run` is the command; `benches/README.md` says what all of it means.
//!
//! ```text
//! cargo bench --bench bars -- [--quick] [PART...]       collect, pace, scale, proof, start, or a bar: P1 to P10
//! cargo bench --bench bars -- pace [RATE...] [KIND...]  at every limit, or at those: 7, 20, 90; token, fixed, ...
//! cargo bench --bench bars -- make FILE VERSIONS        writes a file of about so many versions of results
//! ```
//! `OPTRAIL_BENCH_BINARY` names another program to measure than the one that cargo has built, `OPTRAIL_BENCH_RESULTS`
//! a directory for the results. A figure that misses its bar is no failure: the table says "no". A measured command
//! that fails is one, and so is a database that does not verify.

mod collect;
mod pace;
mod proof;
mod rig;
mod scale;
mod start;

use std::path::Path;

use anyhow::ensure;

use rig::Size;

/// A part of the benchmarks, and its bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    Collect,
    Pace,
    Proof,
    Scale,
}

/// In the order in which they are measured: what takes longest comes last.
const PARTS: [(Part, &str, &[&str]); 5] = [
    (Part::Start, "start", &["P10"]),
    (Part::Collect, "collect", &["P1", "P2", "P3", "P4"]),
    (Part::Pace, "pace", &["P5"]),
    (Part::Proof, "proof", &["P8", "P9"]),
    (Part::Scale, "scale", &["P6", "P7"]),
];

fn main() -> anyhow::Result<()> {
    // Cargo says --bench.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [scale::MAKE, file, versions] => scale::make(Path::new(file), versions),
        [collect::INSERT_LOOP, table, database] => {
            collect::insert_loop(Path::new(table), Path::new(database))
        }
        ref words => measure(words),
    }
}

fn measure(words: &[&str]) -> anyhow::Result<()> {
    let size = match words.contains(&"--quick") {
        true => Size::Quick,
        false => Size::Full,
    };
    let names = |word: &str, part: &(Part, &str, &[&str])| part.1 == word || part.2.contains(&word);
    let (named, others): (Vec<&str>, Vec<&str>) = words
        .iter()
        .filter(|word| **word != "--quick")
        .partition(|word| PARTS.iter().any(|part| names(word, part)));
    let picks_pace = named.contains(&"pace");
    ensure!(
        others.is_empty() || picks_pace,
        "{} is no part; there are start, collect, pace, proof, scale, and P1 to P10",
        others.join(" ")
    );
    let limits = match named.contains(&"pace") && size == Size::Full {
        true => pace::Limits::picked(&others)?,
        false => pace::Limits::usual(),
    };
    for part in PARTS {
        if !named.is_empty() && !named.iter().any(|word| names(word, &part)) {
            continue;
        }
        match part.0 {
            Part::Start => start::run(size)?,
            Part::Collect => collect::run(size)?,
            Part::Pace => pace::run(size, &limits)?,
            Part::Proof => proof::run(size)?,
            Part::Scale => scale::run(size)?,
        }
        println!();
    }
    Ok(())
}
