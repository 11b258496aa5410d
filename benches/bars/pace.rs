//! P5: how near the program comes to the pace that a cloud allows, and how many of its calls are refused on the way:
//! the program against the simulated cloud with its limits, twice for each limit, first without knowing it and then
//! with what it has learned.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use optrail::sandbox::{RateKind, RateLimit, World};

use crate::rig::{Cloud, Place, Report, Size};

/// Calls a second that the clouds allow.
const RATES: [u32; 3] = [7, 20, 90];

/// The kind by which each of them is counted where not all kinds are measured.
const USUAL_KINDS: [RateKind; 3] = [
    RateKind::LeakyBucket,
    RateKind::SlidingWindow,
    RateKind::TokenBucket,
];

/// Seconds that a run at the full pace takes: learning must be a small part of it.
const RUN_S: u32 = 30;
const QUICK_RUN_S: u32 = 5;

/// The runs over each database.
const RUNS: [&str; 2] = [
    "first run, which knows nothing",
    "second run, which has learned",
];

/// What must be had of what is allowed, and how much may be refused, per cent.
const PASSED_PERCENT: f64 = 95.0;
const REFUSED_PERCENT: f64 = 2.0;

/// The operation is asked with this call; its other calls are as many at most.
const ACTION: &str = "GetStackGroupOperation";

/// Which limits are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits(Vec<(u32, RateKind)>);

impl Limits {
    /// Each rate, counted in one way.
    pub fn usual() -> Self {
        Self(RATES.into_iter().zip(USUAL_KINDS).collect())
    }

    /// Those that the words pick, rates (`7`) and kinds (`token`); without words all.
    pub fn picked(words: &[&str]) -> anyhow::Result<Self> {
        let (mut rates, mut kinds) = (Vec::new(), Vec::new());
        for word in words {
            let kind = RateKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == *word);
            match (word.parse(), kind) {
                (Ok(rate), _) if rate > 0 => rates.push(rate),
                (_, Some(kind)) => kinds.push(kind),
                _ => bail!("{word} is no part, no rate, and none of token, fixed, sliding, leaky"),
            }
        }
        if rates.is_empty() {
            rates.extend(RATES);
        }
        if kinds.is_empty() {
            kinds.extend(RateKind::ALL);
        }
        let of = |rate: u32| kinds.iter().map(move |kind| (rate, *kind));
        Ok(Self(rates.into_iter().flat_map(of).collect()))
    }
}

/// Measures at these limits.
pub fn run(size: Size, limits: &Limits) -> anyhow::Result<()> {
    let mut report = Report::new("pace", "A cloud that limits calls (P5)");
    report.paragraph(
        "\"Passed\" is of what the cloud allows between the first and the last call, \"refused\" of all calls.",
    );
    report.head(&[
        "calls/s",
        "counted by",
        "run",
        "let through",
        "refused",
        "passed",
        "refused",
    ]);
    let mut worst = [(f64::INFINITY, 0.0_f64); RUNS.len()];
    for (rate, kind) in &limits.0 {
        let figures = pace(&mut report, *rate, *kind, size.pick(RUN_S, QUICK_RUN_S))?;
        for (worst, (passed, refused)) in worst.iter_mut().zip(figures) {
            *worst = (worst.0.min(passed), worst.1.max(refused));
        }
    }
    let rates = limits
        .0
        .iter()
        .map(|(rate, kind)| format!("{rate}/{}", kind.as_str()));
    let rates: Vec<String> = rates.collect();
    for (run, (passed, refused)) in RUNS.into_iter().zip(worst) {
        let what = format!(
            "calls a second limited to {}, {run}: the worst",
            rates.join(", ")
        );
        report.bar(
            "P5",
            &format!("{what} pace"),
            &format!("≥ {PASSED_PERCENT} % of what is allowed"),
            &format!("{passed:.1} %"),
            passed >= PASSED_PERCENT,
        );
        report.bar(
            "P5",
            &format!("{what} share of refused calls"),
            &format!("< {REFUSED_PERCENT} %"),
            &format!("{refused:.2} %"),
            refused < REFUSED_PERCENT,
        );
    }
    report.finish()
}

/// Two runs at one limit, a line of the table for each; per cent passed and refused.
fn pace(
    report: &mut Report,
    rate: u32,
    kind: RateKind,
    run_s: u32,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let cloud = Cloud::new(0)?;
    let world = cloud.world();
    world.keep_all_logs();
    world.limit(RateLimit::new(rate, kind));
    let ids: Vec<String> = (0..rate * run_s).map(|_| cloud.add_ended(0)).collect();
    let place = Place::new()?;
    place.watch(&ids)?;
    let mut seen = 0;
    let mut before = counts(world);
    let mut figures = Vec::new();
    for run in RUNS {
        place.collect(&cloud, &["--recheck"])?;
        let requests = world.requests();
        let after = counts(world);
        let times: Vec<i64> = requests[seen..]
            .iter()
            .filter(|request| request.action == ACTION)
            .map(|request| request.at.0)
            .collect();
        let first = times.iter().min().context("nothing was asked")?;
        let last = times.iter().max().context("nothing was asked")?;
        let span_s = ((last - first) as f64 / 1000.0).max(0.001);
        let of =
            |counts: &BTreeMap<String, (u64, u64)>| counts.get(ACTION).copied().unwrap_or_default();
        let (passed, refused) = (of(&after).0 - of(&before).0, of(&after).1 - of(&before).1);
        let passed_percent = passed as f64 / (span_s * f64::from(rate)) * 100.0;
        let refused_percent = refused as f64 / (passed + refused) as f64 * 100.0;
        report.row(&[
            rate.to_string(),
            kind.as_str().to_owned(),
            run.to_owned(),
            passed.to_string(),
            refused.to_string(),
            format!("{passed_percent:.1} %"),
            format!("{refused_percent:.2} %"),
        ]);
        figures.push((passed_percent, refused_percent));
        (seen, before) = (requests.len(), after);
    }
    place.verify()?;
    Ok(figures)
}

/// Calls let through and refused, by action.
fn counts(world: &World) -> BTreeMap<String, (u64, u64)> {
    let counts = world.rate_counts().into_iter();
    counts
        .map(|count| (count.action, (count.allowed, count.refused)))
        .collect()
}
