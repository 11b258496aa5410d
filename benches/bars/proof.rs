//! P8 and P9: how fast the evidence can be checked and the rows be made again: the program over files that are
//! written here with the recorder's own code, beside `zstd -d | sha256sum` over the same templates.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use optrail::evidence::leaf::{Ask, Leaf, Listing};
use optrail::model::Action;
use optrail::store::open;

use crate::rig::pen::{PAGE_ROWS, Row, page_body};
use crate::rig::process::{measure_pipe, median};
use crate::rig::{Measured, Met, Pen, Place, Report, Runs, Size, files, grouped};

/// Each figure is of so many runs.
const ROUNDS: usize = 3;

/// Leaves checked in a second.
const LEAVES_PER_S: f64 = 2e6;

/// Bodies checked, as a share of what the usual tools unpack and hash in the same time.
const BODIES_SHARE: f64 = 0.5;

/// Memory of any `verify`, MB.
const PEAK_MB: f64 = 64.0;

/// Result rows made again in a second.
const ROWS_PER_S: f64 = 400_000.0;

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

/// The same 1,000 pages again and again.
const LEAVES: Scene = Scene {
    word: "leaves",
    what: "leaves",
    rows: 50_000,
    listings: 2_000,
    changes: false,
    cut: false,
};

/// Pages that broke off.
const BODIES: Scene = Scene {
    word: "bodies",
    what: "pages that broke off",
    rows: 2_000_000,
    listings: 1,
    changes: false,
    cut: true,
};

/// One very large operation.
const HUGE: Scene = Scene {
    word: "huge",
    what: "one operation",
    rows: 2_000_000,
    listings: 1,
    changes: false,
    cut: false,
};

/// One operation and three full changes.
const CHANGES: Scene = Scene {
    word: "rebuild",
    what: "one operation and 3 full changes",
    rows: 100_000,
    listings: 4,
    changes: true,
    cut: false,
};

/// How much smaller the files of a try are.
const QUICK_PART: u64 = 20;

impl Scene {
    fn of(self, size: Size) -> Self {
        let quick = Self {
            rows: self.rows / QUICK_PART,
            ..self
        };
        size.pick(self, quick)
    }

    fn leaves(&self) -> f64 {
        // A listing and its pages; two leaves of the run.
        (self.listings * (self.rows / PAGE_ROWS + 1) + 2) as f64
    }

    fn results(&self) -> f64 {
        (self.rows * self.listings) as f64
    }

    /// The file, made if it is not there.
    fn file(&self) -> anyhow::Result<PathBuf> {
        files::kept(&format!("{}-{}.db", self.word, self.rows), |file| {
            write(self, file)
        })
    }

    fn title(&self) -> String {
        match self.word {
            "leaves" => format!("{} leaves", grouped(self.leaves())),
            "bodies" => format!("{} {}", grouped((self.rows / PAGE_ROWS) as f64), self.what),
            _ => format!("{} of {} results", self.what, grouped(self.rows as f64)),
        }
    }
}

/// Measures all files.
pub fn run(size: Size) -> anyhow::Result<()> {
    let mut report = Report::new("proof", "Checking and deriving again (P8, P9)");
    report.paragraph(&format!(
        "Each line is of {ROUNDS} runs: the median of wall, the mean of CPU, the most of memory."
    ));
    report.head(&[
        "file",
        "what",
        "wall",
        "CPU",
        "a second of wall",
        "a second of CPU",
        "peak RSS",
    ]);
    let mut peaks = vec![leaves(&mut report, LEAVES.of(size))?];
    peaks.push(bodies(&mut report, BODIES.of(size))?);
    for scene in [HUGE.of(size), CHANGES.of(size)] {
        peaks.push(rows(&mut report, scene)?);
    }
    let peak_mb = peaks.into_iter().fold(0.0, f64::max);
    report.bar(
        "P8",
        "`verify` of these files: memory",
        &format!("≤ {PEAK_MB} MB at any size"),
        &format!("{peak_mb:.1} MB"),
        peak_mb <= PEAK_MB,
    );
    report.finish()
}

fn line(report: &mut Report, scene: &Scene, what: &str, amount: f64, unit: &str, run: Measured) {
    let rate = |seconds: f64| match seconds > 0.0 {
        true => format!("{:.3} {unit}", amount / seconds / 1e6),
        false => "-".to_owned(),
    };
    let peak = match run.peak_bytes {
        0 => "-".to_owned(),
        _ => format!("{:.1} MB", run.peak_mb()),
    };
    report.row(&[
        scene.title(),
        what.to_owned(),
        format!("{:.2} s", run.wall_s()),
        format!("{:.2} s", run.cpu_s),
        rate(run.wall_s()),
        rate(run.cpu_s),
        peak,
    ]);
}

fn line_of_leaves(report: &mut Report, scene: &Scene, what: &str, run: Measured) {
    line(report, scene, what, scene.leaves(), "M leaves", run);
}

fn usual(place: &Place, arguments: &[&str]) -> anyhow::Result<Measured> {
    Ok(Runs::of(ROUNDS, || place.measure(arguments))?.usual())
}

fn leaves(report: &mut Report, scene: Scene) -> anyhow::Result<f64> {
    let file = scene.file()?;
    let place = Place::over(&file)?;
    let run = usual(&place, &["verify", "--leaves"])?;
    line_of_leaves(report, &scene, "verify --leaves", run);
    let all = place.measure(&["verify"])?;
    line_of_leaves(report, &scene, "verify, once", all);
    let (bytes, longest) = leaf_bytes(&file)?;
    let rate = scene.leaves() / run.wall_s();
    report.bar(
        "P8",
        &format!(
            "`verify --leaves` of {} (mean {bytes:.0} bytes, longest {longest})",
            scene.title()
        ),
        &format!("≥ {:.0} M/s", LEAVES_PER_S / 1e6),
        &format!(
            "{:.2} M/s ({:.2} M for each second of CPU)",
            rate / 1e6,
            scene.leaves() / run.cpu_s / 1e6
        ),
        rate >= LEAVES_PER_S,
    );
    Ok(run.peak_mb().max(all.peak_mb()))
}

fn bodies(report: &mut Report, scene: Scene) -> anyhow::Result<f64> {
    let file = scene.file()?;
    let place = Place::over(&file)?;
    let (packed, unpacked_bytes) = templates(&place, &file)?;
    let (mut alone, mut whole, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(place.measure(&["verify", "--leaves"])?);
        whole.push(place.measure(&["verify"])?);
        let mut unpack = Command::new("zstd");
        unpack.arg("-dc").arg(&packed);
        peers.extend(measure_pipe(unpack, Command::new("sha256sum"))?);
    }
    let own_s = median(
        whole
            .iter()
            .zip(&alone)
            .map(|(whole, alone)| whole.wall_s() - alone.wall_s()),
    );
    let (alone, whole) = (Runs(alone).usual(), Runs(whole).usual());
    line_of_leaves(report, &scene, "verify --leaves", alone);
    line(
        report,
        &scene,
        "verify: its bodies too",
        unpacked_bytes,
        "MB",
        whole,
    );
    let what = format!(
        "`verify`: bodies of {} ({:.0} MB), less `verify --leaves`",
        scene.title(),
        unpacked_bytes / 1e6
    );
    let limit = format!("≥ {BODIES_SHARE} x `zstd -d` piped into `sha256sum`");
    if peers.is_empty() {
        report.bar(
            "P8",
            &what,
            &limit,
            "zstd or sha256sum is not installed",
            Met::NotMeasured,
        );
        return Ok(whole.peak_mb());
    }
    let peer = Runs(peers).usual();
    line(
        report,
        &scene,
        "zstd -d, sha256sum",
        unpacked_bytes,
        "MB",
        peer,
    );
    let share = peer.wall_s() / own_s.max(1e-3);
    report.bar(
        "P8",
        &what,
        &limit,
        &format!(
            "{share:.2} x, {:.0} MB/s",
            unpacked_bytes / own_s.max(1e-3) / 1e6
        ),
        share >= BODIES_SHARE,
    );
    Ok(whole.peak_mb().max(alone.peak_mb()))
}

/// `verify` and `rebuild` of a file of rows, on a copy: a rebuild writes.
fn rows(report: &mut Report, scene: Scene) -> anyhow::Result<f64> {
    let place = Place::with_copy_of(&scene.file()?)?;
    let verify = usual(&place, &["verify"])?;
    line(
        report,
        &scene,
        "verify",
        scene.results(),
        "M results",
        verify,
    );
    let rebuild = usual(&place, &["rebuild"])?;
    line(
        report,
        &scene,
        "rebuild",
        scene.results(),
        "M results",
        rebuild,
    );
    place.verify()?;
    let rate = scene.results() / rebuild.wall_s();
    report.bar(
        "P9",
        &format!("`rebuild`: {}", scene.title()),
        &format!("≥ {} results/s", grouped(ROWS_PER_S)),
        &format!(
            "{} results/s ({} for each second of CPU)",
            grouped(rate),
            grouped(scene.results() / rebuild.cpu_s)
        ),
        rate >= ROWS_PER_S,
    );
    Ok(verify.peak_mb())
}

/// The mean and the most bytes of a leaf.
fn leaf_bytes(file: &Path) -> anyhow::Result<(f64, i64)> {
    let connection = open::read_only(file)?;
    let sql = "SELECT avg(octet_length(record)), max(octet_length(record)) FROM leaf";
    Ok(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// All templates of a file as zstd frames one after another, and their unpacked bytes.
fn templates(place: &Place, file: &Path) -> anyhow::Result<(PathBuf, f64)> {
    let packed = place.path("templates.zst");
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
    Ok((packed, bytes as f64))
}

/// Writes the file of a scene.
fn write(scene: &Scene, file: &Path) -> anyhow::Result<()> {
    let mut pen = Pen::create(file)?;
    pen.begin_run(1, None)?;
    for listing_no in 0..scene.listings {
        let listing = pen.next;
        pen.add(Leaf::Listing(listing_leaf()), None)?;
        for page in 1..=scene.rows / PAGE_ROWS {
            let ask = Ask::Page {
                listing,
                page: page as u32,
            };
            let body = page_body(&pen.request_id(), scene.rows, page, |number| {
                result(scene, listing_no, number)
            });
            match scene.cut {
                true => pen.cut_answer(1, ask, body)?,
                false => pen.answer(1, ask, body)?,
            }
        }
    }
    pen.end_run(1)?;
    pen.finish()
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

/// A reason for one row in eight.
fn result(scene: &Scene, listing: u64, number: u64) -> Row<'static> {
    Row {
        account: 1_000_000_000_000_000 + number / 20 * 7_919,
        region: number % 20,
        status: match listing {
            _ if !scene.changes => "SUCCEEDED",
            0 => "PENDING",
            1 => "RUNNING",
            2 => "FAILED",
            _ => "SUCCEEDED",
        },
        reason: number
            .is_multiple_of(8)
            .then(|| format!("stack number {} was cancelled", number % 500)),
    }
}
