//! The way of answers to a recorder: some are lost, refused, garbled or about something else. One wire is
//! one process with a recorder of its own.

use std::path::Path;
use std::sync::Arc;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Call, Exchange, Framing, KeptBody, Lack, Listing, NoAnswer, RunEnd, RunKind, RunStart,
};
use optrail::model::{Action, UtcMillis};
use optrail::record::{PlanEntry, Recorder, RunStarted};
use optrail::store::StoreError;
use serde_json::json;
use tokio::task::JoinSet;

use super::answers;
use super::dice::Dice;

/// One request, and what the cloud said to it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The run.
    pub run_id: i64,
    /// What was asked.
    pub ask: Ask,
    /// Which attempt at it.
    pub attempt: u32,
    /// When it was asked, ms.
    pub requested_at: i64,
    /// When it was there, ms.
    pub received_at: i64,
    /// What the cloud said.
    pub body: Vec<u8>,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The answer came as the cloud gave it.
    Answered,
    /// Something else came, or nothing.
    Failed,
}

/// A process with a recorder.
pub struct Wire {
    recorder: Arc<Recorder>,
    dice: Dice,
    /// Answers lost, of a hundred.
    losses: usize,
}

/// What is kept in place of an answer.
enum Kept {
    Answer {
        http_status: u16,
        body: Vec<u8>,
    },
    Nothing {
        lack: Lack,
        partial: Option<Vec<u8>>,
    },
}

impl Wire {
    /// A wire that loses so many answers of a hundred.
    pub fn new(recorder: Recorder, dice: Dice, losses: usize) -> Self {
        Self {
            recorder: Arc::new(recorder),
            dice,
            losses,
        }
    }

    /// The process dies and another takes its place: whatever it remembered is gone.
    pub fn reopen(&mut self, path: &Path) {
        self.recorder = Arc::new(Recorder::open(path).expect("the file is there"));
    }

    /// Everything kept is derived when this returns.
    pub async fn settle(&self) {
        self.recorder.read(|_| Ok(())).await.expect("derived");
    }

    /// Begins a run.
    pub async fn begin_run(
        &self,
        kind: RunKind,
        at: i64,
        dead: Vec<RunKind>,
        plan: Vec<PlanEntry>,
    ) -> RunStarted {
        let start = RunStart {
            user: "ops".to_owned(),
            host: "host".to_owned(),
            process_id: 7,
            simulated: true,
            ..RunStart::new(0, kind, UtcMillis(at))
        };
        self.recorder
            .begin_run(start, dead, plan)
            .await
            .expect("begun")
    }

    /// Ends a run.
    pub async fn end_run(&mut self, run_id: i64, at: i64) {
        let reason = self
            .dice
            .pick(&["done", "deadline", "SIGTERM", "error: disk full"]);
        let end = RunEnd {
            run: run_id,
            ended_at: UtcMillis(at),
            reason: reason.to_owned(),
        };
        self.recorder.end_run(end).await.expect("ended");
    }

    /// Begins a listing.
    pub async fn begin_listing(&self, listing: Listing) -> i64 {
        self.recorder.begin_listing(listing).await.expect("kept")
    }

    /// Keeps what comes of some requests, all at once: for each whether its answer came, and its leaf.
    pub async fn keep(&mut self, requests: Vec<Sent>) -> Vec<(Came, i64)> {
        let mut jobs = JoinSet::new();
        let mut came = Vec::new();
        for (index, sent) in requests.into_iter().enumerate() {
            let (kept, result) = self.transmit(&sent);
            came.push((result, -1));
            let recorder = Arc::clone(&self.recorder);
            jobs.spawn(async move { (index, keep_one(&recorder, sent, kept).await) });
        }
        while let Some(done) = jobs.join_next().await {
            let (index, sequence) = done.expect("no panic");
            came[index].1 = sequence.expect("kept");
        }
        came
    }

    fn transmit(&mut self, sent: &Sent) -> (Kept, Came) {
        if !self.dice.percent(self.losses) {
            return (
                Kept::Answer {
                    http_status: 200,
                    body: sent.body.clone(),
                },
                Came::Answered,
            );
        }
        let refused = |http_status, body| Kept::Answer { http_status, body };
        let kept = match self.dice.below(7) {
            0 => Kept::Nothing {
                lack: Lack::Unreachable,
                partial: None,
            },
            1 => {
                let partial = sent.body[..self.dice.below(sent.body.len())].to_vec();
                Kept::Nothing {
                    lack: Lack::Truncated,
                    partial: Some(partial),
                }
            }
            2 => refused(400, answers::refusal(&mut self.dice, "Throttling.User")),
            3 => refused(503, b"<html>busy</html>".to_vec()),
            4 => refused(
                404,
                answers::refusal(&mut self.dice, "StackGroupOperationNotFound"),
            ),
            5 => refused(200, b"{\"RequestId\":".to_vec()),
            _ => refused(200, foreign(&sent.ask)),
        };
        (kept, Came::Failed)
    }
}

/// An answer about something else than was asked for.
fn foreign(ask: &Ask) -> Vec<u8> {
    let body = match ask {
        Ask::Page { page, .. } => json!({
            "PageNumber": page + 1, "PageSize": 1, "TotalCount": 1,
            "StackGroupOperationResults": [{"AccountId": "foreign", "RegionId": "r0", "Status": "FAILED"}],
        }),
        Ask::Call(Call {
            action: Action::GetStackGroupOperation,
            ..
        }) => {
            json!({"StackGroupOperation": {"OperationId": "foreign", "Status": "FAILED"}})
        }
        Ask::Call(Call {
            action: Action::GetExecuteOperationResult,
            ..
        }) => {
            json!({"Code": "200", "Data": {"OperationId": "foreign", "Status": "FAILURE"}})
        }
        // Asked for the account's last task, any task is the right one.
        Ask::Call(call) if call.parameters.get("TaskId").is_none() => json!([]),
        Ask::Call(_) => json!({"TaskId": 1, "Status": 2}),
    };
    body.to_string().into_bytes()
}

async fn keep_one(recorder: &Recorder, sent: Sent, kept: Kept) -> Result<i64, StoreError> {
    let (requested_at, received_at) = (UtcMillis(sent.requested_at), UtcMillis(sent.received_at));
    match kept {
        Kept::Answer { http_status, body } => {
            let exchange = Exchange {
                run: sent.run_id,
                ask: sent.ask,
                attempt: sent.attempt,
                requested_at,
                received_at,
                http_status,
                date: None,
                retry_after_ms: None,
                framing: Framing::Length,
                body: described(&body),
            };
            recorder.keep_answer(exchange, body).await
        }
        Kept::Nothing { lack, partial } => {
            let no_answer = NoAnswer {
                run: sent.run_id,
                ask: sent.ask,
                attempt: sent.attempt,
                requested_at,
                received_at,
                outcome: lack,
                reason: "connection reset".to_owned(),
                http_status: partial.as_ref().map(|_| 200),
                partial: partial.as_deref().map(described),
            };
            recorder.keep_no_answer(no_answer, partial).await
        }
    }
}

fn described(body: &[u8]) -> KeptBody {
    KeptBody {
        length: u64::try_from(body.len()).expect("short"),
        digest: Digest::of(body),
        redacted: Vec::new(),
    }
}
