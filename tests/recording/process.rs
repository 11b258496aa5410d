//! What a machine may do to a process: signals, memory, modes, locks that others hold, several of us at once, zones
//! of time, a long sleep. Numbers in the names are rows of `tests/FAULTS.md`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::signal::unix::SignalKind;

use crate::disk::run_within;
use crate::kill::assert_kept;
use crate::world::{Ended, MINUTE_MS, World, running, sign_by_machine_clock, signal, wait_until};

/// A user that owns nothing, and its group.
const NOBODY: u32 = 65_534;

/// A world with so many operations, whose answers take their time.
fn slow_world(watches: usize, latency_ms: u64) -> World {
    let world = World::with(1, |config| {
        sign_by_machine_clock(config);
        config.latency_ms = latency_ms;
    });
    for _ in 0..watches {
        world.add_ros(running(&world, 1));
    }
    world
}

/// Runs that were begun and have no end.
fn open_runs(world: &World) -> i64 {
    world.number("SELECT count(*) FROM collection_runs WHERE outcome IS NULL")
}

fn log(world: &World) -> PathBuf {
    let mut log = world.database().into_os_string();
    log.push("-wal");
    log.into()
}

/// What a process begins with may be that SIGHUP is ignored, and whatever it starts begins so, too: these tests may be run
/// by `nohup`. What is caught here is not ignored, and is caught by no other program.
fn unignore_hangup() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    drop(tokio::signal::unix::signal(SignalKind::hangup()).unwrap());
}

#[test]
fn fault_03_a_hangup_is_a_death_that_the_next_run_names() {
    unignore_hangup();
    let world = slow_world(30, 40);
    let mut collector = world.start(&["collect"]);
    world.wait_for_requests(20);
    signal(&collector, "HUP");
    // SIGHUP keeps what it does by default, so that nohup can take it away.
    assert_eq!(collector.wait().unwrap().signal(), Some(1));
    world.verify();
    let next = world.run(&["collect"]).expect(0);
    assert!(next.stderr.contains("died"), "{next:?}");
    assert_eq!(open_runs(&world), 0);
    assert_eq!(world.number("SELECT count(*) FROM operations"), 30);
    world.verify();
}

#[test]
fn fault_03_a_hangup_that_nohup_takes_away_is_none() {
    let world = slow_world(30, 40);
    let program = world.optrail(&["collect"]);
    let mut ignoring = Command::new("/bin/sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    ignoring.arg(program.get_program()).args(program.get_args());
    ignoring.env_clear();
    for (name, value) in program.get_envs() {
        ignoring.env(name, value.unwrap());
    }
    world.begin_round();
    let mut collector = ignoring.spawn().unwrap();
    world.wait_for_requests(20);
    signal(&collector, "HUP");
    assert_eq!(collector.wait().unwrap().code(), Some(0));
    assert_eq!(world.number("SELECT count(*) FROM operations"), 30);
    world.verify();
}

/// Gives a directory and all below it to a user, with these modes.
fn hand_over(path: &Path, owner: (u32, u32), modes: (u32, u32)) {
    let is_directory = path.is_dir();
    if is_directory {
        // Open while it is walked through.
        fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            hand_over(&entry.unwrap().path(), owner, modes);
        }
    }
    chown(path, Some(owner.0), Some(owner.1)).unwrap();
    let mode = if is_directory { modes.0 } else { modes.1 };
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn fault_11_where_nothing_can_be_written_nobody_is_asked_and_everything_can_be_read() {
    let world = World::for_program(1);
    world.add_ros(running(&world, 3));
    world.run(&["collect"]).expect_silence();
    let asked = world.cloud.requests().len();
    let me = fs::metadata("/proc/self").unwrap();
    let owner = (me.uid(), me.gid());
    // Modes hold nobody back who is root.
    let reader = if me.uid() == 0 {
        (NOBODY, NOBODY)
    } else {
        owner
    };
    let program = world.home().join("program");
    fs::copy(env!("CARGO_BIN_EXE_optrail"), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o555)).unwrap();
    let run = |arguments: &[&str]| {
        let like = world.optrail(arguments);
        let mut command = Command::new(&program);
        command.args(arguments).env_clear().current_dir("/");
        command.envs(
            like.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        if me.uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        Ended::of(command.output().unwrap())
    };
    hand_over(world.home(), reader, (0o555, 0o555));
    let file = world.database().display().to_string();
    for arguments in [
        &["collect"][..],
        &["watch", "add", "cadt", "op_1"],
        &["rebuild"],
        &["checkpoint"],
    ] {
        let ended = run(arguments).expect(1);
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
        assert!(ended.stderr.contains(&file), "{ended:?}");
    }
    // To read wants a file beside the database as well; what to do is said, and does.
    let readers = [
        &["status"][..],
        &["export", "results"],
        &["verify"],
        &["sql", "SELECT count(*) FROM results"],
    ];
    for arguments in readers {
        let ended = run(arguments).expect(1);
        assert!(
            ended.stderr.contains("copy it to a directory of yours"),
            "{ended:?}"
        );
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    fs::copy(world.database(), &copy).unwrap();
    hand_over(elsewhere.path(), reader, (0o700, 0o600));
    for arguments in readers {
        let arguments = [&["--db", copy.to_str().unwrap()], arguments].concat();
        let ended = run(&arguments).expect(0);
        assert!(!ended.stdout.is_empty(), "{arguments:?}: {ended:?}");
    }
    assert_eq!(world.cloud.requests().len(), asked);
    hand_over(world.home(), owner, (0o700, 0o600));
    world.run(&["collect"]).expect_silence();
    world.verify();
}

/// Kibibytes of address space: from too little for the system's loader to enough, and around what makes the memory
/// of threads scarce.
const MEMORY_KIB: [u32; 12] = [
    30_000, 36_000, 38_000, 40_000, 42_000, 46_000, 50_000, 54_000, 60_000, 176_000, 184_000,
    200_000,
];

#[test]
fn fault_15_too_little_memory_is_an_error_and_neither_a_panic_nor_a_hang() {
    let world = World::for_program(15);
    for rows in [60, 3, 0] {
        world.add_ros(running(&world, rows));
    }
    world.run(&["collect"]).expect_silence();
    let mut told = 0;
    for kib in MEMORY_KIB {
        world.clock.advance_ms(i64::from(MINUTE_MS));
        let ended = run_within(&world, &format!("-v {kib}"));
        let is_told = ended.stderr.contains("error: ");
        told += usize::from(is_told);
        // Without the program's own words it was the loader's end, or a good one.
        let is_loaders = matches!(ended.code, None | Some(127 | 139));
        let is_good = matches!(ended.code, Some(0 | 4));
        let is_refused = ended.code == Some(1) && is_told;
        // Small allocations of the program itself are not refused one by one: the standard library ends the process.
        let is_aborted = ended.code.is_none() && ended.stderr.contains("memory allocation of");
        assert!(
            is_loaders || is_good || is_refused || is_aborted,
            "{kib}: {ended:?}"
        );
    }
    assert!(told > 0, "no limit was too small");
    world.run(&["collect"]).expect(0);
    assert_eq!(open_runs(&world), 0);
    world.verify();
}

#[test]
fn fault_27_several_of_us_at_once_lose_nothing() {
    const WATCHES: usize = 6;
    let world = World::for_program(27);
    world.add_ros(running(&world, 60));
    world.run(&["collect"]).expect_silence();
    let turns = |turns: usize, turn: &dyn Fn(usize)| (0..turns).for_each(turn);
    let collects = || {
        turns(4, &|_| {
            let code = world.run(&["collect", "--service", "ros"]).code;
            assert!(matches!(code, Some(0 | 5)), "{code:?}");
        });
    };
    let watches = || {
        turns(WATCHES, &|number| {
            let id = format!("op_at_once_{number}");
            world.run(&["watch", "add", "cadt", &id]).expect(0);
        });
    };
    let reads = || {
        turns(3, &|_| {
            for arguments in [
                &["verify"][..],
                &["export", "results"],
                &[
                    "report",
                    "compliance",
                    "--since",
                    "yesterday",
                    "--until",
                    "now",
                    "--format",
                    "json",
                ],
                &["status"],
            ] {
                world.run(arguments).expect(0);
            }
        });
    };
    thread::scope(|scope| {
        for work in [&collects as &(dyn Fn() + Sync), &collects, &watches, &reads] {
            scope.spawn(work);
        }
    });
    let watched = "SELECT count(*) FROM leaf WHERE record LIKE '{\"t\":\"watch\"%'";
    assert_eq!(world.number(watched), i64::try_from(WATCHES).unwrap() + 1);
    let numbers = "SELECT count(*) = max(sequence) + 1 FROM leaf";
    assert_eq!(world.number(numbers), 1);
    assert_eq!(world.number("SELECT count(*) FROM results"), 60);
    world.verify();
}

#[test]
fn fault_28_a_reader_that_stays_delays_no_run() {
    let world = World::for_program(28);
    world.add_ros(running(&world, 60));
    world.run(&["collect"]).expect_silence();
    let reader =
        Connection::open_with_flags(world.database(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM leaf")
        .unwrap();
    let mut length = 0;
    for _ in 0..3 {
        world.run(&["collect"]).expect_silence();
        let now = fs::metadata(log(&world)).unwrap().len();
        assert!(now > length, "the log was begun anew under a reader");
        length = now;
    }
    world.verify();
    drop(reader);
    world.run(&["collect"]).expect_silence();
    assert!(
        !log(&world).exists(),
        "the log was not folded into the file"
    );
    assert_eq!(world.number("SELECT count(*) FROM collection_runs"), 5);
    world.verify();
}

/// More in the log than is left there: rows of another program that are gone again.
fn write_much(world: &World) {
    let writer = Connection::open(world.database()).unwrap();
    writer
        .execute_batch(
            "CREATE TABLE filler (a); INSERT INTO filler VALUES (zeroblob(20 << 20)); DROP TABLE filler",
        )
        .unwrap();
}

#[test]
fn fault_28_a_log_that_grows_under_a_reader_is_told_once_and_folded_when_it_ends() {
    let world = World::for_program(28);
    world.add_ros(running(&world, 60));
    world.run(&["collect"]).expect_silence();
    let begin = || {
        let access = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let reader = Connection::open_with_flags(world.database(), access).unwrap();
        let begin = "BEGIN; SELECT count(*) FROM leaf";
        reader.execute_batch(begin).unwrap();
        reader
    };
    let length = || fs::metadata(log(&world)).map_or(0, |log| log.len());
    let reader = begin();
    write_much(&world);
    assert!(length() > 20 << 20, "{}", length());
    let ended = world.run(&["collect", "--summary", "-"]).expect(0);
    let told = "optrail: the write-ahead log: 20 MiB of ";
    assert!(ended.stderr.starts_with(told), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stdout.contains("\"outcome\":"), "{ended:?}");
    world.verify();
    drop(reader);
    // One that ends while it is waited for is nothing to speak of, but that the old one has gone.
    let reader = begin();
    let collector = world.start(&["collect"]);
    wait_until("the run has ended", || {
        world.number("SELECT count(*) FROM collection_runs WHERE outcome IS NOT NULL") == 3
    });
    assert!(length() > 20 << 20, "{}", length());
    drop(reader);
    let ended = Ended::of(collector.wait_with_output().unwrap()).expect(0);
    let told = "optrail: the write-ahead log: again well after ";
    assert!(ended.stderr.starts_with(told), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert_eq!(length(), 0);
    world.run(&["collect"]).expect_silence();
    world.verify();
}

#[test]
fn fault_29_a_lock_that_another_program_holds_for_a_while_is_waited_for() {
    // `.ci/crash` holds it for longer than is waited.
    let world = slow_world(6, 100);
    let writer = Connection::open(world.database()).unwrap();
    let collector = world.start(&["collect", "--concurrency", "1"]);
    world.wait_for_requests(4);
    writer.busy_timeout(Duration::from_secs(10)).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let pages = world.requests_of("ListStackGroupOperationResults");
    assert!(pages < 6, "the lock came too late");
    thread::sleep(Duration::from_secs(2));
    // Nothing follows from an answer that is not kept.
    assert_kept(&world, &world.cloud.requests());
    let kept = world.number("SELECT count(*) FROM leaf WHERE request_id IS NOT NULL");
    assert!(
        kept < i64::try_from(world.cloud.requests().len()).unwrap(),
        "nothing waited"
    );
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    Ended::of(collector.wait_with_output().unwrap()).expect_silence();
    assert_eq!(world.request_ids_kept(), world.request_ids_served());
    world.verify();
}

#[test]
fn fault_30_what_is_written_out_while_a_run_writes_is_of_one_moment() {
    let world = slow_world(60, 30);
    world.run(&["collect"]).expect_silence();
    let collector = world.start(&["collect", "--concurrency", "2"]);
    let mut sizes = Vec::new();
    let names: Vec<String> = (0..4)
        .map(|number| format!("{}/{number}.csv", world.home().display()))
        .collect();
    let before = world.cloud.requests().len();
    for (number, name) in names.iter().enumerate() {
        world.wait_for_requests(before + 20 * number);
        world
            .run(&["export", "requests", "--output", name])
            .expect(0);
        let manifest = fs::read_to_string(format!("{name}.manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        sizes.push(manifest["evidence_size"].as_u64().unwrap());
    }
    Ended::of(collector.wait_with_output().unwrap()).expect_silence();
    assert!(sizes.is_sorted() && sizes[0] < sizes[3], "{sizes:?}");
    for name in &names {
        world.run(&["verify-export", name]).expect(0);
    }
    world.verify();
}

/// Zones without whole hours, with a summer time, and such as nobody knows.
const ZONES: [&str; 4] = [
    "Asia/Kathmandu",
    "America/New_York",
    ":/no/such/zone",
    "UTC+25:61:99",
];

#[test]
fn fault_34_the_zone_of_the_machine_changes_nothing_that_is_stored_or_exported() {
    let world = World::for_program(34);
    world.add_ros(running(&world, 3));
    let run = |zone: &str, arguments: &[&str]| {
        let mut command = world.optrail(arguments);
        Ended::of(command.env("TZ", zone).output().unwrap()).expect(0)
    };
    for zone in ZONES {
        run(zone, &["collect"]);
        let late = "SELECT abs(unixepoch('now') - unixepoch(max(requested_at))) FROM requests";
        assert!(world.number(late) < 60, "{zone}");
    }
    for dataset in ["requests", "collection_runs", "coverage_gaps"] {
        let exports = ["UTC"].iter().chain(&ZONES);
        let mut exports = exports.map(|zone| run(zone, &["export", dataset]).stdout);
        let first = exports.next().unwrap();
        assert!(exports.all(|export| export == first), "{dataset}");
    }
    world.verify();
}

#[test]
fn fault_35_a_process_that_was_stopped_goes_on_and_concludes_nothing() {
    let world = slow_world(20, 100);
    let collector = world.start(&["collect", "--deadline", "2s"]);
    world.wait_for_requests(6);
    signal(&collector, "STOP");
    let begun = Instant::now();
    thread::sleep(Duration::from_millis(2_500));
    signal(&collector, "CONT");
    let ended = Ended::of(collector.wait_with_output().unwrap());
    assert!(matches!(ended.code, Some(0 | 4)), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
    let refused = "SELECT count(*) FROM requests WHERE error_code IS NOT NULL";
    assert_eq!(world.number(refused), 0);
    world.verify();
    world.run(&["collect"]).expect(0);
    wait_until("every operation is there", || {
        world.number("SELECT count(*) FROM operations") == 20
    });
    let gone = "SELECT count(*) FROM result_history WHERE present = 0";
    assert_eq!(world.number(gone), 0);
    world.verify();
}
