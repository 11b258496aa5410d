//! Who waits for whom, with tokio's clock standing still until all wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::super::{FRESH_MS, Learned, Limiter};
use crate::model::{Action, ManualClock, Service, UtcMillis};

const NOW: UtcMillis = UtcMillis(1_767_322_800_000);
const ACTION: Action = Action::ListStackGroups;

fn limiter(cap: Option<f64>, learned: &[Learned]) -> Arc<Limiter> {
    let caps: BTreeMap<_, _> = cap.map(|cap| (Service::Ros, cap)).into_iter().collect();
    Arc::new(Limiter::new(
        &caps,
        learned,
        Arc::new(ManualClock::new(NOW)),
    ))
}

async fn call(limiter: &Limiter) {
    let permit = limiter.admit(ACTION, None).await.unwrap();
    limiter.answered(permit, false, None);
}

#[tokio::test(start_paused = true)]
async fn the_first_to_come_is_the_first_to_go() {
    let limiter = limiter(Some(10.0), &[]);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..20 {
        let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            sleep(Duration::from_millis(number)).await;
            call(&limiter).await;
            order.lock().unwrap().push(number);
        }));
    }
    let begun = Instant::now();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    let elapsed_ms = begun.elapsed().as_millis();
    assert!((1_890..=1_930).contains(&elapsed_ms), "{elapsed_ms}");
}

#[tokio::test(start_paused = true)]
async fn one_who_leaves_the_queue_delays_nobody() {
    let limiter = limiter(Some(1.0), &[]);
    call(&limiter).await;
    let begun = Instant::now();
    let (left, waited) = tokio::join!(timeout(Duration::from_millis(500), call(&limiter)), async {
        sleep(Duration::from_millis(1)).await;
        call(&limiter).await;
        begun.elapsed()
    });
    assert!(left.is_err());
    assert!(waited <= Duration::from_millis(1_002), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_too_late_is_none() {
    let limiter = limiter(Some(1.0), &[]);
    call(&limiter).await;
    let begun = Instant::now();
    let until = begun + Duration::from_millis(900);
    assert!(limiter.admit(ACTION, Some(until)).await.is_none());
    assert_eq!(begun.elapsed(), Duration::ZERO, "it was known at once");
    sleep(Duration::from_secs(2)).await;
    assert!(
        limiter.admit(ACTION, Some(until)).await.is_none(),
        "it is over"
    );
    let until = Instant::now() + Duration::from_millis(1);
    assert!(limiter.admit(ACTION, Some(until)).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_frees_its_place_and_teaches_nothing() {
    let limiter = limiter(None, &[]);
    for _ in 0..100 {
        let admitted = timeout(Duration::from_secs(1), limiter.admit(ACTION, None)).await;
        drop(admitted.unwrap().unwrap());
    }
    assert_eq!(limiter.learned(), []);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_action_does_not_delay_another() {
    let limiter = limiter(None, &[]);
    let permit = limiter.admit(ACTION, None).await.unwrap();
    limiter.answered(permit, true, Some(Duration::from_secs(30)));
    let begun = Instant::now();
    let other = limiter.admit(Action::GetStackGroupOperation, None).await;
    assert!(other.is_some());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    call(&limiter).await;
    assert!(begun.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_goes_to_the_next_run_and_back() {
    let known = Learned {
        action: ACTION,
        per_second_milli: 19_500,
        learned_at: NOW.plus_ms(-FRESH_MS),
    };
    let limiter = limiter(None, &[known]);
    assert_eq!(limiter.learned(), [known]);
    let begun = Instant::now();
    for _ in 0..40 {
        call(&limiter).await;
    }
    let elapsed_ms = begun.elapsed().as_millis();
    assert!((1_990..=2_010).contains(&elapsed_ms), "{elapsed_ms}");
    let learned = limiter.learned();
    assert_eq!(
        (learned[0].per_second_milli, learned[0].learned_at),
        (19_500, NOW)
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_learned_on_the_clock_of_the_runtime() {
    let limiter = limiter(None, &[]);
    let windows = Arc::new(Mutex::new(BTreeMap::<u64, u32>::new()));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (limiter, windows) = (Arc::clone(&limiter), Arc::clone(&windows));
        tasks.push(tokio::spawn(async move {
            let (mut let_through, mut refused) = (0_u32, 0_u32);
            while begun.elapsed() < Duration::from_secs(60) {
                let permit = limiter.admit(ACTION, None).await.unwrap();
                let is_let = {
                    let mut windows = windows.lock().unwrap();
                    let count = windows.entry(begun.elapsed().as_secs()).or_default();
                    *count += 1;
                    *count <= 20
                };
                sleep(Duration::from_millis(40)).await;
                limiter.answered(permit, !is_let, None);
                let_through += u32::from(is_let);
                refused += u32::from(!is_let);
            }
            (let_through, refused)
        }));
    }
    let (mut let_through, mut refused) = (0, 0);
    for task in tasks {
        let counts = task.await.unwrap();
        let_through += counts.0;
        refused += counts.1;
    }
    assert!(let_through >= 60 * 20 * 95 / 100, "{let_through}");
    assert!(refused * 50 < let_through, "{refused} of {let_through}");
    assert_eq!(limiter.learned().len(), 1);
}
