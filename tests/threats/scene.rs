//! What is attacked: a database that the program recorded from a simulated cloud in three runs, each sealed by
//! its checkpoint, and what others kept of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use optrail::evidence::tree::SUBTREE_LEAVES;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{Ended, World, running};

/// Operations that are watched from the beginning: with what three runs keep of each, enough leaves for two
/// subtrees and a tail.
const OPERATIONS: usize = 52;

/// The recorded log, once for all tests.
static SCENE: LazyLock<Scene> = LazyLock::new(Scene::record);

/// A log and what is known of it.
pub struct Scene {
    world: World,
    /// Database and state directory after the first run.
    older: TempDir,
    /// The checkpoint after the second run, in an auditor's hands: the note, and its line.
    kept: TempDir,
    pub line: String,
    /// The public key, from `checkpoint --public-key`.
    pub vkey: String,
    /// Name of the log's part of the state directory.
    pub log: String,
    /// Sizes of the three checkpoints.
    pub sealed: [i64; 3],
    /// Leaves.
    pub size: i64,
    /// The first answer about an operation that the second run was the first to see, and its template.
    pub victim: (i64, i64),
    /// The same of the third run.
    pub late: (i64, i64),
}

/// The scene.
pub fn scene() -> &'static Scene {
    &SCENE
}

impl Scene {
    fn record() -> Self {
        let world = World::for_program(7);
        for _ in 0..OPERATIONS {
            world.add_ros(running(&world, 2));
        }
        let run = || {
            world.run(&["collect"]).expect_silence();
            world.clock.advance_ms(60_000);
        };
        run();
        fold(&world.database());
        let older = copy_of(world.home());
        let victim = world.add_ros(running(&world, 1));
        run();
        let kept = tempfile::tempdir().unwrap();
        let note = world.run(&["checkpoint"]).expect(0).stdout;
        fs::write(kept.path().join("note"), note).unwrap();
        let line = world.run(&["checkpoint", "--line"]).expect(0).stdout;
        let vkey = world.run(&["checkpoint", "--public-key"]).expect(0).stdout;
        let late = world.add_ros(running(&world, 1));
        run();
        // Nothing seals it yet.
        world.add_ros(running(&world, 1));
        fold(&world.database());
        let sealed = world.lines("SELECT size FROM checkpoint ORDER BY size");
        let sealed: Vec<i64> = sealed.iter().map(|size| size.parse().unwrap()).collect();
        let scene = Self {
            older,
            kept,
            line: line.trim_end().to_owned(),
            vkey: vkey.trim_end().to_owned(),
            log: name_of_log(&world.home().join("state/optrail")),
            sealed: sealed.try_into().expect("three runs, three checkpoints"),
            size: world.number("SELECT count(*) FROM leaf"),
            victim: first_answer(&world, &victim),
            late: first_answer(&world, &late),
            world,
        };
        let [first, second, third] = scene.sealed;
        assert!((first..second).contains(&scene.victim.0));
        assert!((second..third).contains(&scene.late.0));
        // A change in what is cached, a tail that is not, and leaves that nothing seals.
        assert!(scene.victim.0 < 2 * SUBTREE_LEAVES as i64 && third > 2 * SUBTREE_LEAVES as i64);
        assert!(scene.size > third);
        scene
    }

    /// The note in the auditor's hands.
    pub fn note(&self) -> PathBuf {
        self.kept.path().join("note")
    }

    /// Where the log was after its first run.
    pub fn older(&self) -> &Path {
        self.older.path()
    }

    /// A copy of the whole, as it stands before anybody does anything to it.
    pub fn copy(&self) -> Copy {
        Copy::of(self.world.home())
    }
}

/// The sequence of the first answer about an operation whose template nothing before it used, and that
/// template.
fn first_answer(world: &World, operation: &str) -> (i64, i64) {
    let found = world.lines(&format!(
        "SELECT min(sequence), template_id FROM leaf
         WHERE record LIKE '%GetStackGroupOperation\"%{operation}%' AND template_id IS NOT NULL"
    ));
    let (sequence, template) = found[0].split_once(',').unwrap();
    (sequence.parse().unwrap(), template.parse().unwrap())
}

/// Brings all of a database into its one file.
pub fn fold(database: &Path) {
    let connection = Connection::open(database).unwrap();
    connection
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
}

/// The one log that a state directory knows.
fn name_of_log(state: &Path) -> String {
    let mut entries = fs::read_dir(state).unwrap();
    let name = entries.next().unwrap().unwrap().file_name();
    assert!(entries.next().is_none());
    name.into_string().unwrap()
}

/// Database and state directory in a directory of their own.
fn copy_of(home: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(home.join("optrail.db"), copy.path().join("optrail.db")).unwrap();
    let log = name_of_log(&home.join("state/optrail"));
    let from = home.join("state/optrail").join(&log);
    let to = copy.path().join("state/optrail").join(&log);
    fs::create_dir_all(&to).unwrap();
    for name in ["key", "checkpoint"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    // It lies elsewhere now.
    let database = copy.path().canonicalize().unwrap().join("optrail.db");
    fs::write(to.join("database"), format!("{}\n", database.display())).unwrap();
    copy
}

/// A copy of the log, to be changed.
pub struct Copy {
    home: TempDir,
}

impl Copy {
    fn of(home: &Path) -> Self {
        Self {
            home: copy_of(home),
        }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.home.path().join("optrail.db")
    }

    /// The log's part of the state directory.
    pub fn state(&self) -> PathBuf {
        self.home.path().join("state/optrail").join(&scene().log)
    }

    /// Runs the program on it, with its state directory.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_in("state", arguments)
    }

    /// Runs the program on it, as somebody who has the file alone.
    pub fn run_without_state(&self, arguments: &[&str]) -> Ended {
        self.run_in("none", arguments)
    }

    fn run_in(&self, state: &str, arguments: &[&str]) -> Ended {
        let world = &scene().world;
        let output = Command::new(env!("CARGO_BIN_EXE_optrail"))
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_DATA_HOME", self.home.path().join("data"))
            .env("XDG_STATE_HOME", self.home.path().join(state))
            .env("USER", "tester")
            .env("OPTRAIL_DB", self.database())
            .env("OPTRAIL_ENDPOINT", world.endpoint())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", &world.key.access_key_id)
            .env(
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                &world.key.access_key_secret,
            )
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        Ended::of(output.unwrap())
    }
}
