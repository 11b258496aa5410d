//! One CADT operation: its states, and its death one hour after it was created.
//!
//! Pure: every answer is a function of the operation and the instant.

use super::rows::Word;
use super::schedule::Schedule;
use crate::model::UtcMillis;
use crate::sandbox::answer::Object;

/// How long an operation can be asked for, in milliseconds: one hour, as documented.
pub const BPSTUDIO_LIFETIME_MS: i64 = 3_600_000;

/// What `Data` says at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BpState {
    /// `Status` as sent; the published example ends in a line feed.
    pub status: Word,
    /// `Message` as sent: text that often holds JSON.
    pub message: Word,
    /// `Arguments` as sent: text that holds JSON.
    pub arguments: Word,
}

impl BpState {
    /// A state with an empty message and empty arguments.
    pub fn of(status: impl Into<Word>) -> Self {
        Self {
            status: status.into(),
            message: "\" \"".into(),
            arguments: "{}".into(),
        }
    }
}

/// What a CADT operation is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct BpSpec {
    /// Whose operation it is.
    pub account_id: String,
    /// Its id; `None`: a fresh one.
    pub operation_id: Option<String>,
    /// Its states; the beginning is its creation.
    pub states: Schedule<BpState>,
}

/// A CADT operation in the world.
#[derive(Debug, Clone, PartialEq)]
pub struct BpOperation {
    /// What it was made from.
    pub spec: BpSpec,
    /// Its id.
    pub operation_id: String,
}

impl BpOperation {
    /// The instant from which on it cannot be asked for any more.
    pub fn expires_at(&self) -> UtcMillis {
        let created_at = self.spec.states.steps().first().map(|(at, _)| *at);
        created_at
            .unwrap_or(UtcMillis(i64::MIN))
            .plus_ms(BPSTUDIO_LIFETIME_MS)
    }

    /// What it says at `now`; `None` before its creation and after its death.
    pub fn state_at(&self, now: UtcMillis) -> Option<&BpState> {
        if now >= self.expires_at() {
            return None;
        }
        self.spec.states.at(now)
    }

    /// The body of GetExecuteOperationResult.
    pub(super) fn answer(&self, now: UtcMillis) -> Object {
        answer(self.state_at(now).map(|state| {
            Object::new()
                .with("OperationId", &self.operation_id)
                .with("Status", state.status.clone())
                .with("Message", state.message.clone())
                .with("Arguments", state.arguments.clone())
        }))
    }
}

/// The body for an id that was never there. Whether the service tells it from an expired one is not
/// documented; here it does not, which is the harder case for a recorder.
pub(super) fn answer_unknown() -> Object {
    answer(None)
}

fn answer(data: Option<Object>) -> Object {
    Object::new()
        .with("Code", "200")
        .with("Message", "")
        .with_some("Data", data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::answer::write_json;

    #[test]
    fn data_goes_away_after_one_hour() {
        let operation = BpOperation {
            spec: BpSpec {
                account_id: "1".to_owned(),
                operation_id: None,
                states: Schedule::starting(UtcMillis(0), BpState::of("RUNNING\n")),
            },
            operation_id: "op_x".to_owned(),
        };
        let shown = |now| write_json(&operation.answer(UtcMillis(now)));
        assert_eq!(
            shown(3_599_999),
            r#"{"Code":"200","Message":"","Data":{"OperationId":"op_x","Status":"RUNNING\n","Message":"\" \"","Arguments":"{}"}}"#
        );
        assert_eq!(shown(3_600_000), r#"{"Code":"200","Message":""}"#);
        assert_eq!(shown(3_600_000), write_json(&answer_unknown()));
    }
}
