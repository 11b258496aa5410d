//! Writes files of evidence with the recorder's own code, with all of it derived, many leaves in a transaction: the
//! files are to be read, so that writing may be coarse.

use std::fmt::Write as _;
use std::path::Path;

use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Exchange, Framing, KeptBody, Lack, Leaf, NoAnswer, RunEnd, RunKind, RunStart, ServerDate,
};
use optrail::model::UtcMillis;
use optrail::record::{Recorder, Session};
use optrail::services::Body;
use optrail::store::{Writer, open};

/// Rows on a page of results, as the service has them.
pub const PAGE_ROWS: u64 = 50;

/// When the first leaf is written.
pub const BEGIN_MS: i64 = 1_790_000_000_000;

/// How long an answer takes.
const ANSWER_MS: i64 = 20;

/// Leaves of one transaction.
const BATCH_LEAVES: usize = 5_000;

/// Adds leaves to a new file.
pub struct Pen {
    writer: Writer<Session>,
    waiting: Vec<(Leaf, Option<Vec<u8>>)>,
    /// Sequence of the next leaf.
    pub next: i64,
    /// The recorder's clock, ms.
    pub now: i64,
}

impl Pen {
    /// Begins a file.
    pub fn create(file: &Path) -> anyhow::Result<Self> {
        let log = "0123456789abcdef0123456789abcdef";
        drop(Recorder::create(file, log, UtcMillis(BEGIN_MS))?);
        let connection = open::for_writing(file)?.connection;
        Ok(Self {
            writer: Writer::start(connection, Session::default())?,
            waiting: Vec::new(),
            next: 1,
            now: BEGIN_MS,
        })
    }

    /// Adds a leaf.
    pub fn add(&mut self, leaf: Leaf, body: Option<Vec<u8>>) -> anyhow::Result<()> {
        self.waiting.push((leaf, body));
        self.next += 1;
        if self.waiting.len() >= BATCH_LEAVES {
            self.flush()?;
        }
        Ok(())
    }

    /// A run of the schedule begins; without one, a single run.
    pub fn begin_run(&mut self, run: i64, every_ms: Option<u64>) -> anyhow::Result<()> {
        let start = RunStart {
            program: "bench".to_owned(),
            user: "bench".to_owned(),
            host: "bench".to_owned(),
            process_id: 1,
            simulated: true,
            every_ms,
            ..RunStart::new(run, RunKind::Collect, UtcMillis(self.now))
        };
        self.add(Leaf::RunStart(start), None)
    }

    /// The run ends.
    pub fn end_run(&mut self, run: i64) -> anyhow::Result<()> {
        let end = RunEnd {
            run,
            ended_at: UtcMillis(self.now),
            reason: "done".to_owned(),
        };
        self.add(Leaf::RunEnd(end), None)
    }

    /// An answer.
    pub fn answer(&mut self, run: i64, ask: Ask, body: String) -> anyhow::Result<()> {
        let body = body.into_bytes();
        let (requested_at, received_at) = self.answer_times();
        let exchange = Exchange {
            run,
            ask,
            attempt: 1,
            requested_at,
            received_at,
            http_status: 200,
            date: Some(ServerDate::UnixSeconds(self.now / 1000)),
            retry_after_ms: None,
            framing: Framing::Length,
            body: kept(&body),
        };
        self.add(Leaf::Exchange(exchange), Some(body))
    }

    /// An answer that broke off near its end.
    pub fn cut_answer(&mut self, run: i64, ask: Ask, body: String) -> anyhow::Result<()> {
        let mut body = body.into_bytes();
        body.pop();
        let (requested_at, received_at) = self.answer_times();
        let lack = NoAnswer {
            run,
            ask,
            attempt: 1,
            requested_at,
            received_at,
            outcome: Lack::Truncated,
            reason: "body ended early".to_owned(),
            http_status: Some(200),
            partial: Some(kept(&body)),
        };
        self.add(Leaf::NoAnswer(lack), Some(body))
    }

    fn answer_times(&mut self) -> (UtcMillis, UtcMillis) {
        let requested_at = UtcMillis(self.now);
        self.now += ANSWER_MS;
        (requested_at, UtcMillis(self.now))
    }

    /// The RequestId of the next answer.
    pub fn request_id(&self) -> String {
        format!("14A07460-EBE7-47CA-9757-{:012X}", self.next)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let leaves = std::mem::take(&mut self.waiting);
        Ok(self.writer.write_blocking(move |transaction, session| {
            for (leaf, body) in leaves {
                session.append(transaction, &leaf, body.map(Body::from).as_ref())?;
            }
            Ok(())
        })?)
    }

    /// Ends the file.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        // What was kept last is derived with the next transaction.
        Ok(self.writer.write_blocking(|_, _| Ok(()))?)
    }
}

fn kept(body: &[u8]) -> KeptBody {
    KeptBody {
        length: body.len() as u64,
        digest: Digest::of(body),
        redacted: Vec::new(),
    }
}

/// A row of a page of results.
pub struct Row<'a> {
    pub account: u64,
    pub region: u64,
    pub status: &'a str,
    pub reason: Option<String>,
}

/// A page of results as the service writes it: account, region, folder, a word, a reason for some.
pub fn page_body<'a>(
    request_id: &str,
    total: u64,
    page: u64,
    row: impl Fn(u64) -> Row<'a>,
) -> String {
    let mut body = format!(
        r#"{{"TotalCount":{total},"PageSize":{PAGE_ROWS},"RequestId":"{request_id}","PageNumber":{page},"StackGroupOperationResults":["#,
    );
    let first = (page - 1) * PAGE_ROWS;
    for number in first..(first + PAGE_ROWS).min(total) {
        let comma = if number == first { "" } else { "," };
        let row = row(number);
        let reason = row.reason.map_or(String::new(), |reason| {
            format!(r#""StatusReason":"{reason}","#)
        });
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{comma}{{"Status":"{}",{reason}"AccountId":"{:016}","RegionId":"cn-{}","RdFolderId":"fd-4PvlVLOL8v"}}"#,
            row.status, row.account, row.region,
        );
    }
    body.push_str("]}");
    body
}
