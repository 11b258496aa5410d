//! Clouds that change their mind, are shared, or refuse everything.

use super::super::pace::{
    FLOOR_PER_SECOND, Hint, Pace, RETRY_AFTER_MAX_US, SECOND_US, SLACK_US, Turn,
};
use super::simulation::{Client, Cloud, Kind, LIMITED};

const SEEDS: u64 = 20;
const CALLERS: u32 = 16;
const LATENCY_US: (u64, u64) = (5_000, 80_000);

fn client(seed: u64, hint: Option<Hint>) -> Client {
    Client::new(Pace::new(None, hint), seed, CALLERS, LATENCY_US)
}

/// Calls a second let through in the seconds from now on.
fn rate_over(client: &mut Client, cloud: &mut Cloud, seconds: u64) -> f64 {
    let before = client.let_through;
    let end_us = client.now_us + seconds * SECOND_US;
    client.run_until(cloud, end_us);
    (client.let_through - before) as f64 / seconds as f64
}

#[test]
fn a_changed_limit_is_followed() {
    for kind in LIMITED {
        let (mut lower, mut again, mut refused) = (0.0, 0.0, 0.0);
        for seed in 0..SEEDS {
            let mut cloud = Cloud::new(kind, 90.0, &mut fastrand::Rng::with_seed(seed));
            let mut client = client(seed, None);
            client.run_until(&mut cloud, 60 * SECOND_US);
            cloud.per_second = 20.0;
            client.run_until(&mut cloud, 75 * SECOND_US);
            lower += rate_over(&mut client, &mut cloud, 45) / SEEDS as f64;
            cloud.per_second = 90.0;
            client.run_until(&mut cloud, 190 * SECOND_US);
            again += rate_over(&mut client, &mut cloud, 30) / SEEDS as f64;
            refused += client.refused_share() / SEEDS as f64;
        }
        println!(
            "90, 20, 90: {kind:?} {lower:.1}/s, {again:.1}/s, refused {:.2} %",
            refused * 100.0
        );
        assert!(lower > 20.0 * 0.93, "{kind:?} {lower}");
        assert!(again > 90.0 * 0.93, "{kind:?} {again}");
        assert!(refused < 0.03, "{kind:?} {refused}");
    }
}

#[test]
fn two_clients_share_a_limit_without_a_storm() {
    for kind in [Kind::Bucket, Kind::Fixed, Kind::Sliding] {
        for seed in 0..SEEDS {
            let mut cloud = Cloud::new(kind, 90.0, &mut fastrand::Rng::with_seed(seed));
            let mut pair = [client(seed, None), client(seed + 1000, None)];
            while pair.iter().all(|client| client.now_us < 120 * SECOND_US) {
                let next = usize::from(pair[1].next_us().0 < pair[0].next_us().0);
                pair[next].step(&mut cloud);
            }
            let used = pair.iter().map(|client| client.let_through).sum::<u64>() as f64;
            let refused = pair.iter().map(|client| client.refused).sum::<u64>() as f64;
            assert!(used > 90.0 * 120.0 * 0.85, "{kind:?} seed {seed}: {used}");
            assert!(
                refused / (used + refused) < 0.05,
                "{kind:?} seed {seed}: {refused}"
            );
        }
    }
}

#[test]
fn when_everything_is_refused_few_calls_are_made_until_it_ends() {
    for seed in 0..SEEDS {
        let mut cloud = Cloud::new(Kind::Nothing, 20.0, &mut fastrand::Rng::with_seed(seed));
        let mut client = client(seed, None);
        client.run_until(&mut cloud, 30 * SECOND_US);
        assert!(client.refused < 30, "seed {seed}: {}", client.refused);
        let before = client.refused;
        client.run_until(&mut cloud, 330 * SECOND_US);
        let calls = (client.refused - before) as f64;
        assert!(
            calls <= 300.0 * FLOOR_PER_SECOND + 1.0,
            "seed {seed}: {calls}"
        );
        cloud.kind = Kind::Fixed;
        client.run_until(&mut cloud, 360 * SECOND_US);
        let rate = rate_over(&mut client, &mut cloud, 60);
        // It begins again at the floor; what it holds first may be a step below the limit.
        assert!(rate > 20.0 * 0.75, "seed {seed}: {rate}");
    }
}

#[test]
fn a_cap_holds_in_every_span() {
    const CAP: f64 = 20.0;
    for kind in [Kind::Unlimited, Kind::Bucket, Kind::Fixed] {
        for seed in 0..SEEDS {
            let mut cloud = Cloud::new(kind, 30.0, &mut fastrand::Rng::with_seed(seed));
            let mut client = Client::new(Pace::new(Some(CAP), None), seed, CALLERS, LATENCY_US);
            client.run_until(&mut cloud, 60 * SECOND_US);
            let sent = &client.sent;
            assert!(
                sent.len() as f64 > CAP * 60.0 * 0.95,
                "{kind:?} seed {seed}"
            );
            for length in [2, 5, 21, 200] {
                for calls in sent.windows(length) {
                    let span_us = calls[length - 1] - calls[0] + SLACK_US;
                    let most = 1.0 + CAP * span_us as f64 / SECOND_US as f64;
                    assert!(
                        length as f64 <= most + 1e-9,
                        "{kind:?} seed {seed}: {calls:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_limit_below_the_cap_is_learned() {
    let mut cloud = Cloud::new(Kind::Bucket, 7.0, &mut fastrand::Rng::with_seed(1));
    let mut client = Client::new(Pace::new(Some(20.0), None), 1, CALLERS, LATENCY_US);
    client.run_until(&mut cloud, 120 * SECOND_US);
    assert!(client.refused_share() < 0.03, "{}", client.refused_share());
    let learned = client.pace.learned().unwrap();
    assert!((6.5..=7.6).contains(&learned), "{learned}");
}

#[test]
fn a_fresh_rate_is_where_the_next_run_begins() {
    for kind in LIMITED {
        let mut cloud = Cloud::new(kind, 20.0, &mut fastrand::Rng::with_seed(3));
        let hint = Hint {
            per_second: 19.5,
            is_fresh: true,
        };
        let mut client = client(3, Some(hint));
        client.run_until(&mut cloud, 5 * SECOND_US);
        assert_eq!(client.refused, 0, "{kind:?}");
        assert!(client.let_through >= 95, "{kind:?} {}", client.let_through);
        assert_eq!(client.pace.learned(), Some(19.5));
    }
}

#[test]
fn an_old_rate_is_left_sooner_than_a_fresh_one() {
    let calls = |is_fresh| {
        let mut cloud = Cloud::new(Kind::Bucket, 200.0, &mut fastrand::Rng::with_seed(3));
        let hint = Hint {
            per_second: 20.0,
            is_fresh,
        };
        let mut client = client(3, Some(hint));
        client.run_until(&mut cloud, 10 * SECOND_US);
        client.let_through
    };
    assert!(
        calls(false) > 3 * calls(true),
        "{} {}",
        calls(false),
        calls(true)
    );
}

#[test]
fn nothing_is_learned_without_a_refusal() {
    let mut cloud = Cloud::new(Kind::Unlimited, 0.0, &mut fastrand::Rng::with_seed(3));
    let mut client = client(3, None);
    client.run_calls(&mut cloud, 2000);
    assert_eq!(client.pace.learned(), None);
}

#[test]
fn what_an_answer_asks_to_wait_is_waited_within_reason() {
    let waits_until = |asked_us| {
        let mut pace = Pace::new(None, None);
        assert_eq!(pace.turn(0), Turn::Now);
        pace.sent(0);
        pace.refused(1_000, 0, Some(asked_us));
        let mut now_us = 1_000;
        while let Turn::At(at_us) = pace.turn(now_us) {
            now_us = at_us;
        }
        now_us
    };
    assert_eq!(waits_until(3 * SECOND_US), 1_000 + 3 * SECOND_US);
    assert_eq!(waits_until(u64::MAX), 1_000 + RETRY_AFTER_MAX_US);
}
