//! Writes evidence as the recorder does, many leaves in a transaction, and notes in the diary what it wrote.

use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Exchange, Framing, KeptBody, Lack, Leaf, NoAnswer, Plan, ServerDate,
};
use optrail::evidence::redact::Redactor;
use optrail::model::UtcMillis;
use optrail::record::{PlanEntry, Recorder, Session};
use optrail::services::Body;
use optrail::store::{Writer, open};
use serde_json::{Value, json};

use super::diary::{Diary, Request};

/// Leaves of one transaction.
const BATCH_LEAVES: usize = 4_000;

/// What a secret of a key looks like that a service sends back.
const SECRET: &str = "oGbQm1u7xFfQ4kPq2S9LzC0vT5rW8y";

pub struct Pen {
    writer: Writer<Session>,
    waiting: Vec<(Leaf, Option<Vec<u8>>)>,
    /// The recorder's clock, ms.
    pub now: i64,
    /// The cloud's clock less the recorder's, ms.
    pub offset_ms: i64,
    pub diary: Diary,
}

/// What comes back.
pub enum Came {
    Answer {
        http_status: u16,
        body: Value,
    },
    /// Bytes that are no answer, with the secret of the key among them.
    Echo,
    Nothing(Lack),
}

/// What is asked, as the diary names it.
#[derive(Clone)]
pub struct Asked {
    pub run: i64,
    pub account_id: Option<String>,
    pub service: &'static str,
    pub action: &'static str,
}

impl Pen {
    pub fn new(file: &Path, at: i64) -> Self {
        drop(Recorder::create(file, &"7".repeat(32), UtcMillis(at)).unwrap());
        let connection = open::for_writing(file).unwrap().connection;
        let mut diary = Diary::default();
        diary.times.push((at, 0));
        diary.leaves = 1;
        Self {
            writer: Writer::start(connection, Session::default()).unwrap(),
            waiting: Vec::new(),
            now: at,
            offset_ms: 0,
            diary,
        }
    }

    /// Adds a leaf; its number. `at` is the time that it bears.
    pub fn add(&mut self, leaf: Leaf, at: Option<i64>, body: Option<Vec<u8>>) -> i64 {
        self.waiting.push((leaf, body));
        if self.waiting.len() >= BATCH_LEAVES {
            self.flush();
        }
        let sequence = self.diary.leaves;
        self.diary.leaves += 1;
        if let Some(at) = at {
            self.diary.times.push((at, sequence));
            self.diary.evidence_end = at;
        }
        sequence
    }

    pub fn plan(&mut self, run: i64, entries: &[PlanEntry]) {
        let body = serde_json::to_vec(entries).unwrap();
        let leaf = Plan {
            run,
            entries: u64::try_from(entries.len()).unwrap(),
            body: Digest::of(&body),
            length: u64::try_from(body.len()).unwrap(),
        };
        self.add(Leaf::Plan(leaf), None, Some(body));
    }

    /// Asks and keeps what came; the leaf, and when it was asked and there. `took` is the time between, ms.
    pub fn ask(
        &mut self,
        asked: &Asked,
        ask: Ask,
        (attempt, took): (u32, i64),
        came: Came,
        outcome: &'static str,
    ) -> (i64, i64, i64) {
        let requested_at = self.now;
        self.now += took;
        let received_at = self.now;
        let next = self.diary.leaves;
        let label = match &ask {
            Ask::Call(call) => call.label.clone(),
            Ask::Page { .. } => None,
        };
        let (leaf, body, cuts) = match came {
            Came::Answer { http_status, body } => {
                let body = with_request_id(body, next).to_string().into_bytes();
                (Some(http_status), Some(body), Vec::new())
            }
            Came::Echo => {
                let body = json!({"RequestId": request_id(next), "Code": "SignatureDoesNotMatch",
                    "Message": format!("your key is {SECRET}, is it not")});
                let redacted = Redactor::new(&[SECRET]).redact(body.to_string().into_bytes(), &[]);
                assert!(!redacted.spans.is_empty(), "nothing was cut");
                (Some(403), Some(redacted.bytes), redacted.spans)
            }
            Came::Nothing(lack) => {
                let no_answer = NoAnswer {
                    run: asked.run,
                    ask: ask.clone(),
                    attempt,
                    requested_at: UtcMillis(requested_at),
                    received_at: UtcMillis(received_at),
                    outcome: lack,
                    reason: "connection reset".to_owned(),
                    http_status: None,
                    partial: None,
                };
                self.add(Leaf::NoAnswer(no_answer), Some(received_at), None);
                (None, None, Vec::new())
            }
        };
        if let (Some(http_status), Some(body)) = (leaf, body) {
            let seconds = (received_at + self.offset_ms).div_euclid(1_000);
            if !cuts.is_empty() {
                let count = i64::try_from(cuts.len()).unwrap();
                self.diary.redactions.push((requested_at, count));
            }
            let middle = requested_at + (received_at - requested_at) / 2;
            if let Some(run) = self.diary.runs.last_mut() {
                run.offsets.push(seconds * 1_000 + 500 - middle);
            }
            let exchange = Exchange {
                run: asked.run,
                ask,
                attempt,
                requested_at: UtcMillis(requested_at),
                received_at: UtcMillis(received_at),
                http_status,
                date: Some(ServerDate::UnixSeconds(seconds)),
                retry_after_ms: None,
                framing: Framing::Length,
                body: KeptBody {
                    length: u64::try_from(body.len()).unwrap(),
                    digest: Digest::of(&body),
                    redacted: cuts,
                },
            };
            self.add(Leaf::Exchange(exchange), Some(received_at), Some(body));
        }
        self.diary.requests.push(Request {
            leaf: next,
            run: asked.run,
            account_id: asked.account_id.clone(),
            label,
            service: asked.service,
            action: asked.action,
            outcome,
            requested_at,
            received_at,
        });
        (next, requested_at, received_at)
    }

    pub fn flush(&mut self) {
        let leaves = std::mem::take(&mut self.waiting);
        self.writer
            .write_blocking(move |transaction, session| {
                for (leaf, body) in leaves {
                    session.append(transaction, &leaf, body.map(Body::from).as_ref())?;
                }
                Ok(())
            })
            .unwrap();
    }

    /// Everything is kept and derived; the diary.
    pub fn close(mut self) -> Diary {
        self.flush();
        // What was kept last is derived with the next transaction.
        self.writer.write_blocking(|_, _| Ok(())).unwrap();
        self.diary
    }
}

fn request_id(leaf: i64) -> String {
    format!("14A07460-EBE7-47CA-9757-{leaf:012X}")
}

fn with_request_id(mut body: Value, leaf: i64) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.insert("RequestId".to_owned(), Value::from(request_id(leaf)));
    }
    body
}
