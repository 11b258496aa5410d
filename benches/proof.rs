//! How fast the evidence can be checked and the rows be made again: the installed program over files that are
//! written here with the recorder's own code, beside `zstd -d | sha256sum` over the same templates where these
//! tools are installed.
//!
//! `cargo bench --bench proof` measures everything (some minutes, 3 GB of temporary files); words pick:
//! `leaves`, `bodies`, `listing`, `huge`, `rebuild`. A word with a `/` names a directory in which the files are
//! kept, and used again. It judges nothing: it prints a table.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use optrail::evidence::digest::Digest;
use optrail::evidence::leaf::{
    Ask, Exchange, Framing, KeptBody, Lack, Leaf, Listing, NoAnswer, RunEnd, RunKind, RunStart,
    ServerDate,
};
use optrail::model::{Action, UtcMillis};
use optrail::record::{Recorder, Session};
use optrail::store::{Writer, open};

/// Rows on a page of results, as the service has them.
const PAGE_ROWS: u64 = 50;

/// Leaves of one transaction: the figures are about reading, so that writing may be coarse.
const BATCH_LEAVES: usize = 5_000;

/// How often a finished process is looked for, and its memory read.
const TICK: Duration = Duration::from_millis(5);

/// A file to be measured.
#[derive(Clone, Copy)]
struct Scene {
    word: &'static str,
    what: &'static str,
    /// Results of the operation.
    rows: u64,
    /// How often all of them are listed.
    listings: u64,
    /// Whether every row changes from one listing to the next.
    changes: bool,
    /// Whether every answer broke off near its end: its bytes are kept, checked, and never read.
    cut: bool,
}

const SCENES: [Scene; 5] = [
    Scene {
        word: "leaves",
        what: "2,000,000 leaves, the same 1,000 pages again and again",
        rows: 50_000,
        listings: 2_000,
        changes: false,
        cut: false,
    },
    Scene {
        word: "bodies",
        what: "40,000 pages that broke off",
        rows: 2_000_000,
        listings: 1,
        changes: false,
        cut: true,
    },
    Scene {
        word: "listing",
        what: "one operation of 500,000 rows",
        rows: 500_000,
        listings: 1,
        changes: false,
        cut: false,
    },
    Scene {
        word: "huge",
        what: "one operation of 2,000,000 rows",
        rows: 2_000_000,
        listings: 1,
        changes: false,
        cut: false,
    },
    Scene {
        word: "rebuild",
        what: "one operation of 100,000 rows and 3 full changes",
        rows: 100_000,
        listings: 4,
        changes: true,
        cut: false,
    },
];

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let temporary = tempfile::tempdir()?;
    let kept = words.iter().find(|word| word.contains('/'));
    let home = kept.map_or(temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&home)?;
    let is_wanted = |scene: &Scene| {
        kept.is_some() as usize == words.len() || words.iter().any(|w| w == scene.word)
    };
    println!("| file | what | amount | s | per second | peak RSS |");
    println!("|---|---|---|---|---|---|");
    for scene in SCENES.into_iter().filter(is_wanted) {
        let file = home.join(format!("{}.db", scene.word));
        if !file.exists() {
            write(&scene, &home.join("draft.db"))?;
            std::fs::rename(home.join("draft.db"), &file)?;
        }
        measure(&scene, &file)?;
    }
    Ok(())
}

/// What is measured of a file: each step is the installed program.
fn measure(scene: &Scene, file: &Path) -> anyhow::Result<()> {
    let line = |what: &str, amount: f64, unit: &str, run: Run| {
        let s = run.took.as_secs_f64();
        let rate = amount / s;
        let name = scene.what;
        let peak = match run.peak_kib {
            0 => "not measured".to_owned(),
            kib => format!("{:.1} MiB", kib as f64 / 1024.0),
        };
        println!("| {name} | {what} | {amount:.3} {unit} | {s:.2} | {rate:.3} {unit} | {peak} |");
    };
    let leaves = (scene.listings * (scene.rows / PAGE_ROWS + 1) + 3) as f64 / 1e6;
    let rows = (scene.rows * scene.listings) as f64 / 1e6;
    let leaves_run = optrail(file, &["verify", "--leaves"])?;
    line("verify --leaves", leaves, "M leaves", leaves_run);
    if scene.word == "leaves" {
        return Ok(());
    }
    let all = optrail(file, &["verify"])?;
    line("verify", rows, "M rows", all);
    if scene.cut {
        let (packed, unpacked) = templates(file)?;
        let bodies = Run {
            took: all.took.saturating_sub(leaves_run.took),
            ..all
        };
        line("its bodies (less the line before)", unpacked, "MB", bodies);
        if let Some(took) = unpack_and_hash(&packed)? {
            let peer = Run { took, peak_kib: 0 };
            line("zstd -d, sha256sum", unpacked, "MB", peer);
        }
        return Ok(());
    }
    line("rebuild", rows, "M rows", optrail(file, &["rebuild"])?);
    Ok(())
}

/// One run of the program.
#[derive(Clone, Copy)]
struct Run {
    took: Duration,
    /// Most memory resident at once.
    peak_kib: u64,
}

fn optrail(file: &Path, arguments: &[&str]) -> anyhow::Result<Run> {
    let home = tempfile::tempdir()?;
    let begun = Instant::now();
    let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_optrail")))
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("OPTRAIL_DB", file)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(TICK);
    };
    ensure!(status.success(), "{arguments:?}: {status}");
    Ok(Run {
        took: begun.elapsed(),
        peak_kib,
    })
}

/// The most memory that a process has had so far, where the system says it.
fn peak(process_id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// All templates of a file as zstd frames one after another, and their unpacked size in MB.
fn templates(file: &Path) -> anyhow::Result<(PathBuf, f64)> {
    let packed = file.with_extension("zst");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&packed)?);
    let connection = open::read_only(file)?;
    let mut statement = connection
        .prepare("SELECT data, length FROM body_template WHERE codec = 1 ORDER BY template_id")?;
    let mut rows = statement.query([])?;
    let mut bytes = 0_i64;
    while let Some(row) = rows.next()? {
        out.write_all(&row.get::<_, Vec<u8>>(0)?)?;
        bytes += row.get::<_, i64>(1)?;
    }
    out.flush()?;
    Ok((packed, bytes as f64 / 1e6))
}

/// How long the usual tools take; `None` where they are not installed.
fn unpack_and_hash(packed: &Path) -> anyhow::Result<Option<Duration>> {
    let begun = Instant::now();
    let unpack = Command::new("zstd")
        .arg("-dc")
        .arg(packed)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut unpack) = unpack else {
        return Ok(None);
    };
    let bytes = unpack.stdout.take().context("a pipe was asked for")?;
    let hash = Command::new("sha256sum")
        .stdin(bytes)
        .stdout(Stdio::null())
        .status();
    let unpacked = unpack.wait()?;
    Ok(hash
        .is_ok_and(|hash| hash.success() && unpacked.success())
        .then(|| begun.elapsed()))
}

/// Writes the file of a scene, with all of it derived.
fn write(scene: &Scene, file: &Path) -> anyhow::Result<()> {
    let log = "0123456789abcdef0123456789abcdef";
    drop(Recorder::create(file, log, UtcMillis(0))?);
    let writer = Writer::start(open::for_writing(file)?.connection, Session::default())?;
    let mut pen = Pen {
        writer,
        waiting: Vec::new(),
        next: 1,
    };
    pen.add(Leaf::RunStart(run_start()), None)?;
    for listing_no in 0..scene.listings {
        let listing = pen.next;
        pen.add(Leaf::Listing(listing_leaf()), None)?;
        for page in 1..=scene.rows / PAGE_ROWS {
            let body = page_body(scene, listing_no, page);
            let kept = KeptBody {
                length: body.len() as u64,
                digest: Digest::of(&body),
                redacted: Vec::new(),
            };
            pen.add(page_leaf(scene, listing, page, kept), Some(body))?;
        }
    }
    let end = RunEnd {
        run: 1,
        ended_at: UtcMillis(1_790_000_100_000),
        reason: "done".to_owned(),
    };
    pen.add(Leaf::RunEnd(end), None)?;
    pen.flush()?;
    Ok(pen.writer.write_blocking(|_, _| Ok(()))?)
}

/// Adds leaves, many in a transaction.
struct Pen {
    writer: Writer<Session>,
    waiting: Vec<(Leaf, Option<Vec<u8>>)>,
    /// Sequence of the next leaf.
    next: i64,
}

impl Pen {
    fn add(&mut self, leaf: Leaf, body: Option<Vec<u8>>) -> anyhow::Result<()> {
        self.waiting.push((leaf, body));
        self.next += 1;
        if self.waiting.len() >= BATCH_LEAVES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let leaves = std::mem::take(&mut self.waiting);
        Ok(self.writer.write_blocking(move |transaction, session| {
            for (leaf, body) in leaves {
                session.append(transaction, &leaf, body.as_deref())?;
            }
            Ok(())
        })?)
    }
}

fn run_start() -> RunStart {
    RunStart {
        run: 1,
        kind: RunKind::Collect,
        started_at: UtcMillis(1_790_000_000_000),
        program: "bench".to_owned(),
        user: "bench".to_owned(),
        host: "bench".to_owned(),
        process_id: 1,
        deadline_ms: None,
        concurrency: None,
        endpoint: None,
        simulated: true,
        every_ms: None,
        services: Vec::new(),
        accounts: Vec::new(),
    }
}

fn listing_leaf() -> Listing {
    Listing {
        run: 1,
        account: "1234567890123456".to_owned(),
        action: Action::ListStackGroupOperationResults,
        region: "cn-hangzhou".to_owned(),
        operation: "6da106ca-1784-4a6f-a7e1-e723863d****".to_owned(),
        parameters: Default::default(),
        page_size: PAGE_ROWS as u32,
        watch: None,
    }
}

fn page_leaf(scene: &Scene, listing: i64, page: u64, body: KeptBody) -> Leaf {
    let requested_at = UtcMillis(1_790_000_000_000 + page as i64);
    let received_at = requested_at.plus_ms(20);
    let ask = Ask::Page {
        listing,
        page: page as u32,
    };
    if scene.cut {
        return Leaf::NoAnswer(NoAnswer {
            run: 1,
            ask,
            attempt: 1,
            requested_at,
            received_at,
            outcome: Lack::Truncated,
            reason: "body ended early".to_owned(),
            http_status: Some(200),
            partial: Some(body),
        });
    }
    Leaf::Exchange(Exchange {
        run: 1,
        ask,
        attempt: 1,
        requested_at,
        received_at,
        http_status: 200,
        date: Some(ServerDate::from_header("Mon, 21 Sep 2026 14:13:20 GMT")),
        retry_after_ms: None,
        framing: Framing::Length,
        body,
    })
}

/// A page as the service writes it: account, region, folder, a word, a reason for one row in eight.
fn page_body(scene: &Scene, listing: u64, page: u64) -> Vec<u8> {
    let mut body = format!(
        r#"{{"TotalCount":{},"PageSize":{PAGE_ROWS},"RequestId":"14A07460-EBE7-47CA-9757-{:012X}","PageNumber":{page},"StackGroupOperationResults":["#,
        scene.rows,
        listing * 1_000_000 + page
    );
    let status = match listing {
        _ if !scene.changes => "SUCCEEDED",
        0 => "PENDING",
        1 => "RUNNING",
        2 => "FAILED",
        _ => "SUCCEEDED",
    };
    for row in 0..PAGE_ROWS {
        let number = (page - 1) * PAGE_ROWS + row;
        let comma = if row == 0 { "" } else { "," };
        let reason = match number % 8 {
            0 => format!(
                r#""StatusReason":"stack number {} was cancelled","#,
                number % 500
            ),
            _ => String::new(),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{comma}{{"Status":"{status}",{reason}"AccountId":"{:016}","RegionId":"cn-{}","RdFolderId":"fd-4PvlVLOL8v"}}"#,
            1_000_000_000_000_000 + number / 20 * 7_919,
            number % 20,
        );
    }
    body.push_str("]}");
    if scene.cut {
        body.pop();
    }
    body.into_bytes()
}
