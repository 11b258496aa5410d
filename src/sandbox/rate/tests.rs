//! Each kind lets through what it says, and no more.

#![allow(clippy::unwrap_used)]

use super::*;

/// Calls that are let through when one comes every `every_ms` for so long.
fn allowed(limit: &RateLimit, every_ms: usize, for_ms: i64) -> u64 {
    let mut rates = Rates::default();
    rates.add(limit.clone(), UtcMillis(0));
    for now in (0..for_ms).step_by(every_ms) {
        // Counted below.
        let _ = rates.admit("1", "Get", UtcMillis(now));
    }
    rates.counts()[0].allowed
}

#[test]
fn each_kind_allows_its_rate_under_pressure() {
    for calls_per_s in [1, 7, 20, 90] {
        for kind in RateKind::ALL {
            let limit = RateLimit::new(calls_per_s, kind);
            let rate = u64::from(calls_per_s);
            let got = allowed(&limit, 1, 10_000);
            // A token bucket begins full, a leaky one lets a tenth of a second wait.
            let burst = match kind {
                RateKind::TokenBucket => rate,
                RateKind::LeakyBucket => (rate / 10).max(1),
                RateKind::FixedWindow | RateKind::SlidingWindow => 0,
            };
            assert!(
                (10 * rate..=10 * rate + burst).contains(&got),
                "{kind:?} {rate}: {got}"
            );
        }
    }
}

#[test]
fn a_caller_that_keeps_to_the_rate_is_never_refused() {
    for kind in RateKind::ALL {
        assert_eq!(allowed(&RateLimit::new(20, kind), 50, 60_000), 1_200);
    }
}

#[test]
fn the_hint_is_the_shortest_wait_that_works() {
    for kind in RateKind::ALL {
        let mut limit = RateLimit::new(20, kind);
        limit.hint_one_in = 1;
        let mut rates = Rates::default();
        rates.add(limit, UtcMillis(0));
        let mut now = UtcMillis(5_000_003);
        for _ in 0..200 {
            if let Err(refused) = rates.admit("1", "Get", now) {
                let wait = i64::try_from(refused.retry_after_ms.unwrap()).unwrap();
                let early = rates.admit("1", "Get", now.plus_ms(wait - 1));
                assert!(early.is_err(), "{kind:?}: one less is too early");
                now = now.plus_ms(wait);
                assert!(rates.admit("1", "Get", now).is_ok(), "{kind:?}: {wait} ms");
            }
        }
    }
}

#[test]
fn the_limit_that_names_most_counts_and_pairs_are_apart() {
    let mut rates = Rates::default();
    let fixed = |calls| RateLimit::new(calls, RateKind::FixedWindow);
    rates.add(fixed(3).of_account("1"), UtcMillis(0));
    rates.add(fixed(2), UtcMillis(0));
    rates.add(fixed(1).of_account("1").on_action("Stop"), UtcMillis(0));
    let mut through = |account, action| {
        let calls = (0..5).filter(|_| rates.admit(account, action, UtcMillis(0)).is_ok());
        calls.count()
    };
    assert_eq!(through("1", "Get"), 3);
    assert_eq!(through("1", "Stop"), 1);
    assert_eq!(through("2", "Get"), 2);
    assert_eq!(through("2", "List"), 2);
}

#[test]
fn limits_are_written_as_a_number_and_a_kind() {
    let limit: RateLimit = "7/leaky".parse().unwrap();
    assert_eq!((limit.calls_per_s, limit.kind), (7, RateKind::LeakyBucket));
    let limit: RateLimit = "90".parse().unwrap();
    assert_eq!(limit.kind, RateKind::TokenBucket);
    for wrong in ["", "0", "-1", "7/", "7/sieve", "7.5"] {
        assert!(wrong.parse::<RateLimit>().is_err(), "{wrong}");
    }
}
