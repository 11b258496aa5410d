//! What the limiter gets out of clouds of each kind.

use super::super::pace::{Pace, SECOND_US};
use super::simulation::{Client, Cloud, LIMITED};

const SEEDS: u64 = 100;
const CALLERS: u32 = 16;
const LATENCY_US: (u64, u64) = (5_000, 80_000);

/// Means over seeds, and the worst.
#[derive(Debug, Default)]
struct Figures {
    used: f64,
    used_least: f64,
    refused: f64,
    refused_most: f64,
    first: f64,
}

fn measure(run: impl Fn(u64) -> (f64, f64, u64)) -> Figures {
    let runs: Vec<_> = (0..SEEDS).map(run).collect();
    let n = SEEDS as f64;
    Figures {
        used: runs.iter().map(|r| r.0).sum::<f64>() / n,
        used_least: runs.iter().map(|r| r.0).fold(f64::INFINITY, f64::min),
        refused: runs.iter().map(|r| r.1).sum::<f64>() / n,
        refused_most: runs.iter().map(|r| r.1).fold(0.0, f64::max),
        first: runs.iter().map(|r| r.2 as f64).sum::<f64>() / n,
    }
}

#[test]
fn nearly_all_that_is_allowed_is_used() {
    for per_second in [1.0, 7.0, 20.0, 90.0, 200.0] {
        for kind in LIMITED {
            for span in ["2000", "60 s"] {
                let figures = measure(|seed| {
                    let mut random = fastrand::Rng::with_seed(seed);
                    let mut cloud = Cloud::new(kind, per_second, &mut random);
                    let mut client = Client::new(Pace::new(None, None), seed, CALLERS, LATENCY_US);
                    if span == "2000" {
                        client.run_calls(&mut cloud, 2000);
                    } else {
                        client.run_until(&mut cloud, 60 * SECOND_US);
                    }
                    let elapsed_s = client.now_us as f64 / SECOND_US as f64;
                    let used = client.let_through as f64 / cloud.allows(elapsed_s);
                    (used, client.refused_share(), client.refused_in_first_second)
                });
                println!(
                    "{per_second:>4}/s {:<8} {span:<5} used {:6.2} % (least {:6.2} %), refused {:5.2} % (most {:5.2} %), first second {:.1}",
                    format!("{kind:?}"),
                    figures.used * 100.0,
                    figures.used_least * 100.0,
                    figures.refused * 100.0,
                    figures.refused_most * 100.0,
                    figures.first,
                );
            }
        }
    }
}

#[test]
fn trace_one() {
    let kind = match std::env::var("K").unwrap_or_default().as_str() {
        "F" => LIMITED[1],
        "S" => LIMITED[2],
        "L" => LIMITED[3],
        _ => LIMITED[0],
    };
    let per_second: f64 = std::env::var("R").unwrap_or("90".into()).parse().unwrap();
    let bar: f64 = std::env::var("BAR")
        .unwrap_or("0.9".into())
        .parse()
        .unwrap();
    for seed in 0..100 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cloud = Cloud::new(kind, per_second, &mut random);
        let mut client = Client::new(Pace::new(None, None), seed, CALLERS, LATENCY_US);
        let mut out = String::new();
        let mut last = String::new();
        while client.let_through < 2000 && client.now_us < 100 * SECOND_US {
            let refused = client.refused;
            client.step(&mut cloud);
            let state = client.pace.brief();
            if state != last || client.refused > refused {
                out += &format!(
                    "{:8.3} ok {} refused {} {state}\n",
                    client.now_us as f64 / 1e6,
                    client.let_through,
                    client.refused
                );
                last = state;
            }
        }
        let used = client.let_through as f64 / cloud.allows(client.now_us as f64 / 1e6);
        if used < bar {
            println!("SEED {seed} used {used}\n{out}");
            break;
        }
    }
}
