//! What a disk may do to the file: a log that a power cut tore, a bit that flipped, a limit that ends a write.
//! `.ci/crash` tries the same at every call, with strace.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use optrail::verify::{Depth, verify};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::world::{Ended, MINUTE_MS, World, running, select};

/// Bytes of the header of a write-ahead log.
const LOG_HEADER_BYTES: usize = 32;

/// Bytes of the header of each of its frames.
const FRAME_HEADER_BYTES: usize = 24;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

const PAGE_BYTES: usize = 4096;

fn world() -> World {
    let world = World::for_program(5);
    for rows in [60, 3, 0] {
        world.add_ros(running(&world, rows));
    }
    world
}

fn leaves(database: &Path) -> Vec<Vec<Value>> {
    select(
        database,
        "SELECT sequence, record, hash FROM leaf ORDER BY sequence",
    )
}

/// A database whose runs lie in its log: the file, the log, and after each run how long the log was and how
/// many leaves there were.
struct Logged {
    file: Vec<u8>,
    log: Vec<u8>,
    acknowledged: Vec<(usize, usize)>,
}

/// Runs while somebody reads, so that nothing moves from the log into the file.
fn logged(world: &World) -> Logged {
    let mut log = world.database().into_os_string();
    log.push("-wal");
    let reader =
        Connection::open_with_flags(world.database(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM leaf").unwrap();
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        world.run(&["collect"]).expect_silence();
        world.clock.advance_ms(i64::from(MINUTE_MS));
        let length = usize::try_from(fs::metadata(&log).unwrap().len()).unwrap();
        acknowledged.push((length, leaves(&world.database()).len()));
    }
    // By another process: to close the files here would drop the reader's locks.
    let read = |path: &Path| Command::new("cat").arg(path).output().unwrap().stdout;
    let logged = Logged {
        file: read(&world.database()),
        log: read(Path::new(&log)),
        acknowledged,
    };
    drop(reader);
    assert!(logged.log.len() > 100 * PAGE_BYTES, "{}", logged.log.len());
    logged
}

/// Where commits end in a log.
fn commit_ends(log: &[u8]) -> Vec<usize> {
    let frame_bytes = FRAME_HEADER_BYTES + PAGE_BYTES;
    let frames = log[LOG_HEADER_BYTES..].chunks_exact(frame_bytes);
    let is_last = |frame: &[u8]| frame[4..8] != [0; 4];
    (1..)
        .zip(frames)
        .filter(|(_, frame)| is_last(frame))
        .map(|(number, _)| LOG_HEADER_BYTES + number * frame_bytes)
        .collect()
}

/// The log as a power cut leaves it: whole up to `synced`, and of what follows any sectors up to `end`.
fn torn(log: &[u8], synced: usize, end: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut torn = log[..end].to_vec();
    for sector in torn[synced..].chunks_mut(SECTOR_BYTES) {
        match random.u8(..4) {
            0 => sector.fill(0),
            1 => random.fill(sector),
            _ => {}
        }
    }
    torn
}

#[test]
fn fault_04_a_log_torn_by_a_power_cut_keeps_what_was_synced() {
    let world = world();
    let logged = logged(&world);
    let whole = leaves(&world.database());
    let ends = commit_ends(&logged.log);
    assert!(ends.len() > 10, "{ends:?}");
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("optrail.db");
    let mut random = fastrand::Rng::with_seed(4);
    for number in 0..120 {
        // A commit was synced; the next one was on its way.
        let commit = random.usize(..ends.len());
        let synced = ends[commit];
        let next = *ends.get(commit + 1).unwrap_or(&logged.log.len());
        let end = random.usize(synced..=next);
        fs::write(&database, &logged.file).unwrap();
        let _ = fs::remove_file(home.path().join("optrail.db-shm"));
        let log = torn(&logged.log, synced, end, &mut random);
        fs::write(home.path().join("optrail.db-wal"), log).unwrap();

        let kept = leaves(&database);
        let told = logged.acknowledged.iter();
        let told = told.filter(|(length, _)| *length <= synced);
        let must = told.map(|(_, leaves)| *leaves).max().unwrap_or(1);
        assert!(kept.len() >= must, "{} of {must}, {synced}", kept.len());
        assert_eq!(kept[..], whole[..kept.len()]);
        if number % 6 == 0 {
            let report = verify(&database, Depth::All).unwrap();
            assert!(report.differences.is_empty(), "{:#?}", report.differences);
        }
    }
}

/// All that a file says, or nothing where it cannot be read to its end.
fn content(database: &Path) -> Option<Vec<Vec<Value>>> {
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let rows = |sql: &str| -> rusqlite::Result<Vec<Vec<Value>>> {
        let mut statement = connection.prepare(sql)?;
        let width = statement.column_count();
        let rows =
            statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect())?;
        rows.collect()
    };
    let schema = rows("SELECT name, sql FROM sqlite_schema ORDER BY type, name").ok()?;
    let tables = rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").ok()?;
    let mut said = schema;
    for mark in ["application_id", "user_version"] {
        said.extend(rows(&format!("PRAGMA {mark}")).ok()?);
    }
    for table in tables {
        let [Value::Text(name)] = table.as_slice() else {
            return None;
        };
        said.extend(rows(&format!("SELECT * FROM \"{name}\" NOT INDEXED")).ok()?);
    }
    Some(said)
}

#[test]
fn fault_17_no_flipped_bit_that_changes_what_the_file_says_passes() {
    let world = world();
    for _ in 0..2 {
        world.run(&["collect"]).expect_silence();
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    let whole = fs::read(world.database()).unwrap();
    let said = content(&world.database());
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("optrail.db");
    let mut random = fastrand::Rng::with_seed(17);
    let mut changed = 0;
    for _ in 0..60 {
        let (byte, bit) = (random.usize(..whole.len()), random.u8(..8));
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << bit;
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(home.path().join(format!("optrail.db{suffix}")));
        }
        fs::write(&database, flipped).unwrap();
        if content(&database) == said {
            continue;
        }
        changed += 1;
        let passes =
            verify(&database, Depth::All).is_ok_and(|report| report.differences.is_empty());
        assert!(!passes, "bit {bit} of byte {byte}");
    }
    assert!(changed >= 5, "{changed} flips changed anything");
}

/// The program under a limit of the shell.
pub fn run_within(world: &World, limit: &str) -> Ended {
    let like = world.optrail(&[]);
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit {limit}; exec \"$@\""), "sh"])
        .arg(like.get_program())
        .arg("collect")
        .env_clear()
        .envs(
            like.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended::of(output)
}

#[test]
fn fault_10_a_limit_on_the_size_of_files_is_an_error_like_a_full_disk() {
    let world = world();
    world.run(&["collect"]).expect_silence();
    world.clock.advance_ms(i64::from(MINUTE_MS));
    let before = leaves(&world.database());
    // In blocks of 512 bytes: nothing at all; less than the index of the log, so that the file does not open;
    // some commits of the log.
    for blocks in [0, 16, 80] {
        let ended = run_within(&world, &format!("-f {blocks}")).expect(1);
        let database = world.database().display().to_string();
        assert!(ended.stderr.contains(&database), "{}", ended.stderr);
        assert!(ended.stderr.contains("MiB free"), "{}", ended.stderr);
        assert!(leaves(&world.database()).starts_with(&before));
        world.verify();
    }
    world.run(&["collect"]).expect(0);
    world.verify();
}

#[test]
fn fault_16_too_few_open_files_are_refused_before_anybody_is_asked() {
    let world = world();
    let asked = world.cloud.requests().len();
    for files in [8, 20, 47] {
        let ended = run_within(&world, &format!("-n {files}")).expect(1);
        assert!(ended.stderr.contains("ulimit -n"), "{}", ended.stderr);
    }
    assert_eq!(world.cloud.requests().len(), asked);
    run_within(&world, "-n 48").expect_silence();
    world.verify();
}
