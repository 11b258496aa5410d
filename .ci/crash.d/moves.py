"""kill: SIGKILL while files are made or put in the place of others: copies, snapshots, restores, checkpoints, and a
database of an older schema.

A file is there whole or not at all, what was recorded is in it or beside it, and the same command again ends well.
"""

import re
import sqlite3
import time
from pathlib import Path

import judge
import sweep
from kill import at_call

SYSCALLS = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "unlinkat", "rename", "renameat", "renameat2",
            "link", "linkat", "write")

# One point for each call and file, and others by chance; most calls write pages of a copy, one like the other.
QUICK_TRIALS = 12
TRIALS = 100

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def moves(bench):
    """Kills each command that makes or replaces a whole file."""
    actions = dict.fromkeys(SYSCALLS, "signal=KILL")
    for subject in (Backup, Snapshot, Restore, Checkpoint, Migration):
        plan = sweep.plan(bench, subject, SYSCALLS)
        trials, hits, seconds = sweep.carry_out(bench, subject, plan, actions, "", lambda case: at_call(case, subject),
                                                QUICK_TRIALS if bench.quick else TRIALS)
        bench.row(f"kill: {subject.NAME}", trials, f"{hits} killed, 0 lost", seconds)


def expect_unchanged(scene, before, what):
    if judge.leaves(scene.database()) != before:
        raise judge.Failed(f"{what}: the database has other leaves than before")
    judge.expect_sound(scene, what)


class Backup:
    """The copy is there whole, or not at all."""

    NAME = "backup"

    @classmethod
    def prepare(cls, scene):
        scene.restore()
        return [cls.NAME, str(cls.target(scene))], judge.leaves(scene.database())

    @staticmethod
    def target(scene):
        return scene.home / "copy.db"

    @classmethod
    def expect(cls, scene, ended, before, what):
        expect_unchanged(scene, before, what)
        target = cls.target(scene)
        if not target.exists():
            if ended.code == 0:
                raise judge.Failed(f"{what}: exit 0, and {target} is not there")
            scene.run(cls.NAME, str(target)).expect(0)
        if judge.leaves(target) != before:
            raise judge.Failed(f"{what}: {target} is there, and not whole")
        scene.run("--db", str(target), "verify").expect(0)


class Snapshot(Backup):
    NAME = "snapshot"


class Restore:
    """The database is the one or the other, or moved aside for the other; nothing that was recorded is lost."""

    NAME = "restore FILE --replace"

    @staticmethod
    def prepare(scene):
        scene.restore()
        copy = scene.directory / "copy.db"
        if not copy.exists():
            scene.run("backup", str(copy)).expect(0)
        return Restore.arguments(scene), judge.leaves(scene.database())

    @staticmethod
    def arguments(scene):
        return ["restore", str(scene.directory / "copy.db"), "--replace", "--reason", "tried"]

    @staticmethod
    def expect(scene, ended, before, what):
        database = scene.database()
        aside = [path for path in database.parent.glob("optrail.db.replaced-*") if not path.name.endswith(("-wal", "-shm"))]
        for path in aside:
            judge.expect_kept(before, judge.leaves(path), f"{what}: {path.name}")
        # Killed between moving aside and putting in place there is none. To restore again ends that.
        if not database.exists():
            if ended.code == 0 or not aside:
                raise judge.Failed(f"{what}: exit {ended.code}, no database, and aside {aside}")
            # What is moved aside is named by the second, and no name is taken twice.
            time.sleep(1.1)
            scene.run(*Restore.arguments(scene)).expect(0)
        # Whoever opens the file as the owner's undoes what was begun; `verify` changes no file.
        scene.run("status").expect(0)
        judge.expect_kept(before, judge.leaves(database), what)
        judge.expect_sound(scene, what)
        judge.expect_next_run(scene, what)


class Checkpoint:
    """What was signed is durable before it is handed out, and never speaks of more than there is."""

    NAME = "checkpoint"

    @staticmethod
    def prepare(scene):
        scene.restore()
        # Leaves that no checkpoint seals yet.
        scene.run("watch", "add", "cadt", "op_new").expect(0)
        return [Checkpoint.NAME], judge.leaves(scene.database())

    @staticmethod
    def expect(scene, ended, before, what):
        after = judge.leaves(scene.database())
        judge.expect_kept(before, after, what)
        judge.expect_checkpoint_not_newer(scene.home, after, what)
        judge.expect_sound(scene, what)
        kept = [file.read_text() for file in (scene.home / "state").rglob("checkpoint")]
        if ended.out and ended.out not in kept:
            raise judge.Failed(f"{what}: it handed out a checkpoint that the state directory does not have")
        scene.run(Checkpoint.NAME).expect(0)
        judge.expect_sound(scene, what)


class Migration:
    """The older database is there as it was, or copied beside the new one."""

    NAME = "watch add, older schema"

    @staticmethod
    def prepare(scene):
        scene.restore()
        old = scene.directory / "old.db"
        if not old.exists():
            make_older(scene.database(), old)
        for suffix in ("-wal", "-shm"):
            scene.database().with_name("optrail.db" + suffix).unlink(missing_ok=True)
        scene.database().write_bytes(old.read_bytes())
        return scene.watches[0], judge.leaves(scene.database())

    @staticmethod
    def expect(scene, ended, before, what):
        judge.expect_kept(before, judge.leaves(scene.database()), what)
        if ended.code != 0:
            scene.run(*scene.watches[0]).expect(0)
        copies = [path for path in scene.database().parent.iterdir() if re.search(r"\.schema-\d+(-\d+)?$", path.name)]
        if not copies:
            raise judge.Failed(f"{what}: the schema is new, and no copy of the older database is there")
        for path in copies:
            if judge.leaves(path) != before:
                raise judge.Failed(f"{what}: {path.name} is not the older database")
        judge.expect_kept(before, judge.leaves(scene.database()), what)
        judge.expect_sound(scene, what)
        judge.expect_next_run(scene, what)


def make_older(database, old):
    """A database of the schema before the newest, with the same evidence, of which nothing is derived."""
    files = sorted(MIGRATIONS.glob("V*__*.sql"), key=lambda file: int(re.match(r"V(\d+)", file.name)[1]))[:-1]
    connection = sqlite3.connect(old, isolation_level=None)
    connection.execute("ATTACH ? AS newer", (str(database),))
    connection.execute(f"PRAGMA application_id = {connection.execute('PRAGMA newer.application_id').fetchone()[0]}")
    connection.execute("PRAGMA main.journal_mode = WAL")
    for file in files:
        connection.executescript(file.read_text())
    sql = "SELECT sql FROM newer.sqlite_schema WHERE name = 'refinery_schema_history'"
    connection.execute(connection.execute(sql).fetchone()[0])
    connection.execute("INSERT INTO main.refinery_schema_history SELECT * FROM newer.refinery_schema_history WHERE version <= ?",
                       (len(files),))
    connection.execute(f"PRAGMA main.user_version = {len(files)}")
    for table in ("body_template", "leaf", "subtree"):
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM newer.{table}")
    connection.close()
