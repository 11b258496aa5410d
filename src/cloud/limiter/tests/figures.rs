//! What the limiter gets out of clouds of each kind, over many seeds. `-- --nocapture` prints the table.

use super::super::pace::{Pace, SECOND_US};
use super::simulation::{Client, Cloud, Kind, LIMITED};

const SEEDS: u64 = 30;
const CALLERS: u32 = 16;
const LATENCY_US: (u64, u64) = (5_000, 80_000);

/// How long a simulated run is.
#[derive(Debug, Clone, Copy)]
enum Span {
    Calls(u64),
    Seconds(u64),
}

/// Over seeds: mean and worst share of what the cloud allowed that was used, and of calls refused.
#[derive(Debug)]
struct Figures {
    used: f64,
    used_least: f64,
    refused: f64,
    refused_most: f64,
    refused_in_first_second: f64,
}

fn measure(kind: Kind, per_second: f64, span: Span) -> Figures {
    let runs: Vec<_> = (0..SEEDS)
        .map(|seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut cloud = Cloud::new(kind, per_second, &mut random);
            let mut client = Client::new(Pace::new(None, None), seed, CALLERS, LATENCY_US);
            match span {
                Span::Calls(calls) => client.run_calls(&mut cloud, calls),
                Span::Seconds(seconds) => client.run_until(&mut cloud, seconds * SECOND_US),
            }
            let elapsed_s = client.now_us as f64 / SECOND_US as f64;
            let used = client.let_through as f64 / cloud.allows(elapsed_s);
            let first = client.refused_in_first_second as f64;
            (used, client.refused_share(), first)
        })
        .collect();
    let mean = |sum: f64| sum / SEEDS as f64;
    Figures {
        used: mean(runs.iter().map(|run| run.0).sum()),
        used_least: runs.iter().map(|run| run.0).fold(f64::INFINITY, f64::min),
        refused: mean(runs.iter().map(|run| run.1).sum()),
        refused_most: runs.iter().map(|run| run.1).fold(0.0, f64::max),
        refused_in_first_second: mean(runs.iter().map(|run| run.2).sum()),
    }
}

fn table(per_second: f64) -> Vec<(String, Figures)> {
    let mut rows = Vec::new();
    for kind in LIMITED {
        for span in [Span::Calls(2000), Span::Seconds(60)] {
            let figures = measure(kind, per_second, span);
            let name = format!("{per_second:>3}/s {kind:?} {span:?}");
            println!(
                "{name:<28} used {:6.2} % (least {:6.2} %), refused {:5.2} % (most {:5.2} %), \
                 in the first second {:4.1} calls",
                figures.used * 100.0,
                figures.used_least * 100.0,
                figures.refused * 100.0,
                figures.refused_most * 100.0,
                figures.refused_in_first_second,
            );
            rows.push((name, figures));
        }
    }
    rows
}

fn assert_bar(per_second: f64) {
    for (name, figures) in table(per_second) {
        assert!(figures.used >= 0.95, "{name}: {figures:?}");
        assert!(figures.refused < 0.02, "{name}: {figures:?}");
        // A single run may be unlucky with the phase of the cloud's windows.
        assert!(figures.used_least >= 0.88, "{name}: {figures:?}");
        assert!(figures.refused_most < 0.05, "{name}: {figures:?}");
        assert!(
            figures.refused_in_first_second < 16.0,
            "{name}: {figures:?}"
        );
    }
}

#[test]
fn of_7_a_second_nearly_all_is_used() {
    assert_bar(7.0);
}

#[test]
fn of_20_a_second_nearly_all_is_used() {
    assert_bar(20.0);
}

#[test]
fn of_90_a_second_nearly_all_is_used() {
    assert_bar(90.0);
}

#[test]
fn the_slowest_and_the_fastest_limits_are_found_too() {
    for per_second in [1.0, 200.0] {
        for (name, figures) in table(per_second) {
            assert!(figures.used >= 0.8, "{name}: {figures:?}");
        }
    }
}

#[test]
fn a_cloud_without_limits_is_not_slowed() {
    const FREE: (u64, u64) = (0, 20_000);
    let mut slower = 0.0;
    for seed in 0..SEEDS {
        let elapsed_us = |callers_at_once| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut cloud = Cloud::new(Kind::Unlimited, 0.0, &mut random);
            let mut pace = Pace::new(None, None);
            if callers_at_once {
                // As if a thousand answers had come before.
                for _ in 0..1000 {
                    pace.sent(0);
                    pace.accepted(0, 0);
                }
            }
            let mut client = Client::new(pace, seed, CALLERS, FREE);
            client.run_calls(&mut cloud, 2002);
            client.now_us as f64
        };
        slower += elapsed_us(false) / elapsed_us(true) - 1.0;
    }
    let mean = slower / SEEDS as f64;
    println!(
        "no limit, 0 to 20 ms, 2,002 calls: {:.2} % slower",
        mean * 100.0
    );
    assert!(mean < 0.015, "{mean}");
}
