//! When a failed attempt is made again. Pure: it is told what happened and a random number, and
//! answers with a delay or with none.
//!
//! It knows nothing of what is asked. Only calls that change nothing may be repeated by its advice:
//! after `unreachable` or `truncated` the first attempt may have been carried out.

use std::time::Duration;

use crate::model::Outcome;

/// Attempts at one call, the first included. A call that failed this often in a row will hardly
/// succeed within the same run, and the next run asks again.
pub const MAX_ATTEMPTS: u32 = 4;
/// Range of the first delay, doubled after each attempt (the base that the official SDK uses after
/// throttling).
const BASE_DELAY_MS: u64 = 500;
/// Longest range of a delay, the official SDK's.
const MAX_DELAY_MS: u64 = 20_000;
/// Longest wait that the service can ask for, the official SDK's: more would outlast a run.
const MAX_RETRY_AFTER_MS: u64 = 120_000;
/// The code for a nonce that was used before. Every attempt has a new one, so that something between
/// us and the cloud has sent the request twice; if it happens again, waiting won't help.
const NONCE_USED: &str = "SignatureNonceUsed";

/// How long to wait before the next attempt, `None` where there should be none.
///
/// `attempt` is the number of the attempt that failed, from 1; `code` the error code of its answer,
/// `retry_after_ms` what the answer asked to wait; `random` is drawn from [0, 1). The delay is
/// random between 0 and 0.5 s, 1 s, 2 s … ("full jitter"), on top of what the service asked for, so
/// that calls refused together don't return together.
pub fn next_delay(
    outcome: Outcome,
    code: Option<&str>,
    attempt: u32,
    retry_after_ms: Option<u64>,
    random: f64,
) -> Option<Duration> {
    if attempt >= MAX_ATTEMPTS || !may_succeed(outcome, code, attempt) {
        return None;
    }
    let jitter_s = jitter_range(attempt).as_secs_f64() * random;
    let jitter = Duration::try_from_secs_f64(jitter_s).unwrap_or_default();
    let asked_ms = retry_after_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS);
    Some(Duration::from_millis(asked_ms) + jitter)
}

/// Whether the same question may get another answer soon.
fn may_succeed(outcome: Outcome, code: Option<&str>, attempt: u32) -> bool {
    match outcome {
        Outcome::Throttled | Outcome::ServerError | Outcome::Unreachable | Outcome::Truncated => {
            true
        }
        Outcome::InvalidRequest => code == Some(NONCE_USED) && attempt == 1,
        Outcome::Ok
        | Outcome::NotFound
        | Outcome::Expired
        | Outcome::Denied
        | Outcome::Credential
        | Outcome::Clock
        | Outcome::InvalidAnswer
        | Outcome::WrongEntity
        | Outcome::TooLarge => false,
    }
}

fn jitter_range(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1);
    let factor = 2_u64.checked_pow(doublings).unwrap_or(u64::MAX);
    Duration::from_millis(BASE_DELAY_MS.saturating_mul(factor).min(MAX_DELAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay_ms(
        outcome: Outcome,
        attempt: u32,
        asked_ms: Option<u64>,
        random: f64,
    ) -> Option<u128> {
        next_delay(outcome, None, attempt, asked_ms, random).map(|delay| delay.as_millis())
    }

    #[test]
    fn what_may_pass_is_tried_four_times() {
        for outcome in Outcome::ALL {
            let again = matches!(
                outcome,
                Outcome::Throttled
                    | Outcome::ServerError
                    | Outcome::Unreachable
                    | Outcome::Truncated
            );
            for attempt in 1..=3 {
                assert_eq!(
                    delay_ms(outcome, attempt, None, 0.5).is_some(),
                    again,
                    "{outcome}"
                );
            }
            assert_eq!(delay_ms(outcome, 4, Some(1), 0.0), None, "{outcome}");
        }
    }

    #[test]
    fn delays_are_random_within_a_doubling_range() {
        let at = |attempt, random| delay_ms(Outcome::Throttled, attempt, None, random);
        assert_eq!(at(1, 0.0), Some(0));
        assert_eq!(at(1, 0.5), Some(250));
        assert_eq!(at(2, 0.5), Some(500));
        assert_eq!(at(3, 0.999), Some(1998));
        assert_eq!(jitter_range(6), Duration::from_secs(16));
        assert_eq!(jitter_range(7), Duration::from_secs(20));
        assert_eq!(jitter_range(u32::MAX), Duration::from_secs(20));
    }

    #[test]
    fn the_service_sets_the_least_delay() {
        let at = |asked_ms, random| delay_ms(Outcome::Throttled, 1, Some(asked_ms), random);
        assert_eq!(at(3_000, 0.0), Some(3_000));
        assert_eq!(at(3_000, 0.5), Some(3_250));
        assert_eq!(at(u64::MAX, 0.0), Some(120_000));
        assert_eq!(delay_ms(Outcome::Denied, 1, Some(1), 0.0), None);
    }

    #[test]
    fn a_used_nonce_is_replaced_once() {
        let after = |code, attempt| next_delay(Outcome::InvalidRequest, code, attempt, None, 0.5);
        assert!(after(Some("SignatureNonceUsed"), 1).is_some());
        assert_eq!(after(Some("SignatureNonceUsed"), 2), None);
        assert_eq!(after(Some("InvalidParameter"), 1), None);
        assert_eq!(after(None, 1), None);
    }
}
