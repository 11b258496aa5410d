//! Failures by chance: now and then a call is struck, and the same seed strikes the same calls.

use super::fault::FaultKind;

/// How often calls fail, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomFaults {
    /// Of a million calls so many are struck.
    pub per_million: u32,
    /// Where chance comes from.
    pub seed: u64,
    /// The kinds, each as likely as the others; none: no call is struck.
    pub kinds: Vec<FaultKind>,
}

/// How long a slow answer takes, in milliseconds of real time.
const SLOW_MS: u64 = 300;

impl RandomFaults {
    /// Failures of which every one passes: another attempt can succeed.
    pub fn passing(per_million: u32, seed: u64) -> Self {
        Self {
            per_million,
            seed,
            kinds: passing_kinds(),
        }
    }
}

/// Each class of passing failure: throttling in its spellings, the server's own errors, connections
/// that end, answers that are none.
fn passing_kinds() -> Vec<FaultKind> {
    let error = |http_status, code: &str| FaultKind::Error {
        http_status,
        code: code.to_owned(),
        message: "The request has failed.".to_owned(),
    };
    let throttle = |retry_after_ms| FaultKind::Throttle { retry_after_ms };
    vec![
        throttle(None),
        throttle(Some(20)),
        error(400, "Throttling"),
        error(400, "Throttling.Api"),
        error(400, "Rejected.Throttling"),
        error(429, "Throttling.User"),
        FaultKind::ServiceUnavailable,
        error(500, "InternalError"),
        error(500, "UnknownError"),
        error(400, "SignatureNonceUsed"),
        FaultKind::BadGateway,
        FaultKind::ProxyPage,
        FaultKind::Disconnect { carried_out: false },
        FaultKind::Disconnect { carried_out: true },
        FaultKind::Hang { ms: SLOW_MS },
        FaultKind::CutBody,
        FaultKind::EmptyBody,
        FaultKind::NullBody,
        FaultKind::GarbledBody,
        FaultKind::BrokenJson,
    ]
}

/// The running chance of one sandbox.
#[derive(Debug)]
pub(super) struct Chance {
    faults: RandomFaults,
    random: fastrand::Rng,
}

impl Chance {
    pub(super) fn new(faults: RandomFaults) -> Self {
        Self {
            random: fastrand::Rng::with_seed(faults.seed),
            faults,
        }
    }

    /// The fault that strikes the next call, if one does.
    pub(super) fn strike(&mut self) -> Option<FaultKind> {
        let is_struck = self.random.u32(0..1_000_000) < self.faults.per_million;
        let kind = || self.random.choice(&self.faults.kinds).cloned();
        is_struck.then(kind).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_holds_and_the_seed_repeats() {
        let strikes = |seed| {
            let mut chance = Chance::new(RandomFaults::passing(10_000, seed));
            (0..50_000).map(|_| chance.strike()).collect::<Vec<_>>()
        };
        let first = strikes(7);
        assert_eq!(first, strikes(7));
        assert_ne!(first, strikes(8));
        let struck = first.iter().flatten().count();
        assert!((400..600).contains(&struck), "{struck} of 500");
        for kind in passing_kinds() {
            assert!(first.iter().flatten().any(|k| *k == kind), "{kind:?}");
        }
    }
}
