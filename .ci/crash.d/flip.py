"""flip: one bit changed on the disk, page by page, and write-ahead logs that are not what they were.

Where what the file says has changed, `verify` must not pass, and must name a table or say that the file cannot be
read. What the file says is a full dump of it by SQLite's own library.
"""

import random
import re
import shutil
import sqlite3
import subprocess
import time

import judge
from scene import Failed

PAGE_BYTES = 4096

# Tables that are neither evidence nor derived: what was learned and told, and which migrations ran. `verify` compares
# none of them; what changes in these alone is counted for itself.
BOOKKEEPING = {b"limit_learned", b"told", b"refinery_schema_history"}

# The file is read no more, or a table is named that differs.
UNREADABLE = re.compile(r"malformed|not an optrail database|not a database|cannot (be )?(read|open)|was never finished"
                        r"|corrupt|schema|contradicts")


def content(database):
    """All that a file says, or None if it cannot be read to its end: schema, marks, rows with their types."""
    try:
        connection = judge.connect(database)
        connection.text_factory = bytes
        try:
            marks = ("application_id", "user_version")
            said = [connection.execute(f"PRAGMA {name}").fetchone() for name in marks]
            tables = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name, type").fetchall()
            said.append(tables)
            for kind, name, sql in tables:
                if kind == b"table":
                    said.append((name, rows(connection, name.decode("utf-8", "replace"), sql or b"")))
            return said
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def without_bookkeeping(said):
    return [part for part in said or [] if part[0] not in BOOKKEEPING]


def rows(connection, table, sql):
    quoted = '"' + table.replace('"', '""') + '"'
    key = "" if b"WITHOUT ROWID" in sql.upper() else "rowid, "
    return connection.execute(f"SELECT {key}* FROM {quoted} NOT INDEXED").fetchall()


def structure_is_sound(database):
    try:
        connection = judge.connect(database)
        connection.text_factory = bytes
        try:
            return connection.execute("PRAGMA integrity_check").fetchone() == (b"ok",)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError):
        # Messages of SQLite quote what it found.
        return False


def bits(bench):
    """Every page in turn, a random bit each time."""
    flips = 150 if bench.quick else 2400
    scene = bench.scenes[0]
    scene.restore()
    for _ in range(2):
        scene.run("collect").expect(0)
    pages = scene.database().stat().st_size // PAGE_BYTES
    for other in bench.scenes:
        if other is not scene:
            shutil.copyfile(scene.database(), other.directory / "whole.db")
    shutil.copyfile(scene.database(), scene.directory / "whole.db")
    whole = content(scene.directory / "whole.db")
    tables = [name.decode() for kind, name, _ in whole[2] if kind == b"table"]
    named = re.compile(r"\b(" + "|".join(map(re.escape, tables)) + r")\b")
    first = bench.seed * flips  # Another seed, another bit of each page.
    begun = time.monotonic()
    results = bench.map(lambda here, number: flip(here, number, pages, bench.seed, whole, named),
                        range(first, first + flips))
    counts = {word: results.count(word)
              for word in ("found", "unused", "found although unused", "index only", "bookkeeping")}
    bench.row(f"flip: one bit, {pages} pages", flips, ", ".join(f"{n} {word}" for word, n in counts.items()),
              time.monotonic() - begun)


def flip(scene, number, pages, seed, whole, named):
    """One trial: what became of it."""
    chance = random.Random(f"flip {seed} {number}")
    page, byte, bit = number % pages, chance.randrange(PAGE_BYTES), chance.randrange(8)
    what = f"bit {bit} of byte {byte} of page {page + 1}"
    scene.empty()
    database = scene.database()
    database.parent.mkdir(parents=True)
    data = bytearray((scene.directory / "whole.db").read_bytes())
    data[page * PAGE_BYTES + byte] ^= 1 << bit
    database.write_bytes(data)
    said_now = content(database)
    is_changed = said_now != whole
    is_sound = structure_is_sound(database)
    ended = scene.run("verify")
    said = ended.out + ended.err
    if ended.code not in (0, 1, 3):
        raise Failed(f"{what}: verify exits {ended.code}\n{said}")
    if ended.code != 0 and not (named.search(said) or UNREADABLE.search(said)):
        raise Failed(f"{what}: verify exits {ended.code} and names no table\n{said}")
    if is_changed and ended.code == 0 and without_bookkeeping(said_now) == without_bookkeeping(whole):
        return "bookkeeping"
    if is_changed and ended.code == 0:
        raise Failed(f"{what}: what the file says has changed, and verify passes")
    if is_changed:
        return "found"
    if ended.code != 0:
        return "found although unused"
    return "unused" if is_sound else "index only"


def logs(bench):
    """A log with acknowledged commits that is deleted, cut, flipped, stale, or of another database; the same of
    the shared index, which may say anything."""
    rounds = 24 if bench.quick else 300
    scene = bench.scenes[0]
    begun = time.monotonic()
    for here in bench.scenes:
        leave_log(here)
    ways = [deleted, cut, flipped, stale, foreign, no_index, wrong_index]
    results = bench.map(lambda here, number: damage(here, ways[number % len(ways)], number, bench.seed), range(rounds))
    counts = ", ".join(f"{results.count(word)} {word}" for word in ("kept", "older and refused", "refused"))
    bench.row("flip: logs and indexes", rounds, counts, time.monotonic() - begun)
    if "older and refused" not in results:
        raise Failed("no damaged log left an older state: nothing was refused")


def leave_log(scene):
    """A home whose last run lies in the log: somebody reads while it goes on, so that nothing is moved into the
    database. `older` has the log of the run before."""
    scene.restore()
    reader = judge.connect(scene.database())
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM leaf").fetchone()
    scene.run("collect").expect(0)
    for name in ("logged-older", "logged"):
        shutil.rmtree(scene.directory / name, ignore_errors=True)
        # By a process of its own: to open and close the file in this one would drop the reader's locks.
        subprocess.run(["cp", "-a", str(scene.home), str(scene.directory / name)], check=True)
        if name == "logged-older":
            scene.run("collect").expect(0)
    reader.close()


def damage(scene, way, number, seed):
    """One trial: nothing was lost, or the file is older than its checkpoint and refused, or it is refused as unreadable."""
    what = f"{way.__name__} (number {number} of seed {seed})"
    shutil.rmtree(scene.home)
    shutil.copytree(scene.directory / "logged", scene.home)
    log = scene.home / "data/optrail/optrail.db-wal"
    must = judge.leaves(scene.database())
    way(scene, log, random.Random(f"log {seed} {number}"))
    ended = scene.run("verify")
    if ended.code not in (0, 1, 3):
        raise Failed(f"{what}: verify exits {ended.code}\n{ended.err}")
    try:
        after = judge.leaves(scene.database())
    except Failed:
        if ended.code == 0:
            raise
        return "refused"
    judge.expect_kept(after, must, what)
    if len(after) < checkpoint_size(scene.home, what):
        expect_refused(scene, ended, after, what)
        return "older and refused"
    if ended.code != 0:
        return "refused"
    judge.expect_kept(must, after, what)
    judge.expect_next_run(scene, what)
    return "kept"


def checkpoint_size(home, what):
    """Leaves that the newest checkpoint in the state directory speaks of."""
    checkpoints = sorted((home / "state").rglob("checkpoint"))
    if not checkpoints:
        raise Failed(f"{what}: no checkpoint in the state directory to compare with")
    return max(int(file.read_text().split("\n")[1]) for file in checkpoints)


def expect_refused(scene, verified, after, what):
    """The checkpoint in the state directory speaks of more: `verify` says so, and no command that writes goes on."""
    if verified.code != 3:
        raise Failed(f"{what}: {len(after)} leaves, fewer than the checkpoint speaks of, and verify exits {verified.code}"
                     f"\n{verified.out}{verified.err}")
    for arguments in (["collect"], scene.watches[0]):
        ended = scene.run(*arguments).expect(3)
        if "checkpoint" not in ended.err:
            raise Failed(f"{what}: {arguments[0]} refuses, and does not say why\n{ended.err}")
    if judge.leaves(scene.database()) != after:
        raise Failed(f"{what}: it was refused, and leaves were written")


def deleted(scene, log, chance):
    log.unlink()


def cut(scene, log, chance):
    with open(log, "r+b") as file:
        file.truncate(chance.randrange(log.stat().st_size))


def flipped(scene, log, chance):
    data = bytearray(log.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    log.write_bytes(data)


def stale(scene, log, chance):
    shutil.copyfile(scene.directory / "logged-older/data/optrail/optrail.db-wal", log)


def foreign(scene, log, chance):
    """The log of a database that has nothing of ours but the page size."""
    other = scene.directory / "foreign.db"
    for suffix in ("", "-wal", "-shm"):
        other.with_name(other.name + suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(other)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE other (a)")
    connection.commit()
    shutil.copyfile(other.with_name("foreign.db-wal"), log)
    connection.close()


def no_index(scene, log, chance):
    log.with_name("optrail.db-shm").unlink()


def wrong_index(scene, log, chance):
    index = log.with_name("optrail.db-shm")
    index.write_bytes(chance.randbytes(index.stat().st_size))
