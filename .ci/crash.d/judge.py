"""What must hold after anything that happened to a home; read with SQLite's own library, nothing of optrail.

The connections here only read: they leave the write-ahead log as it lies there.
"""

import json
import re
import sqlite3
from collections import namedtuple

from relay import read_by
from scene import Failed

# Requests in flight, and answers that share a transaction: so many may be lost with a process.
CONCURRENCY = 8
BATCH = 64


def connect(database):
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)


Leaf = namedtuple("Leaf", "hash record request_id")


def leaves(database):
    """The leaves, in sequence. An error of SQLite is a damaged file."""
    if not database.exists():
        return []
    try:
        connection = connect(database)
        try:
            rows = connection.execute(
                "SELECT sequence, hash, record, request_id FROM leaf ORDER BY sequence").fetchall()
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise Failed(f"{database} cannot be read: {error}") from None
    for number, (sequence, *_) in enumerate(rows):
        if sequence != number:
            raise Failed(f"{database}: leaf {sequence} stands where {number} must")
    return [Leaf(*row[1:]) for row in rows]


def expect_kept(before, after, what):
    """Expects that all of `before` is in `after`, unchanged and in its place."""
    for number, leaf in enumerate(before):
        if number >= len(after):
            raise Failed(f"{what}: {len(before) - len(after)} of {len(before)} acknowledged leaves are lost")
        if after[number].hash != leaf.hash:
            raise Failed(f"{what}: leaf {number} is another one")


def request_ids(after):
    """RequestIds that leaves carry."""
    return {leaf.request_id for leaf in after} - {None}


def expect_answers(asked, after, what):
    """Expects that every answer is kept that must have been read, and of the others all but those in flight
    and one transaction."""
    kept = request_ids(after)
    if lost := read_by(asked) - kept:
        raise Failed(f"{what}: answers {sorted(lost)} were read and are lost")
    lost = {one.request_id for one in asked if one.request_id} - kept
    if len(lost) > CONCURRENCY + BATCH:
        raise Failed(f"{what}: {len(lost)} answers are lost")


def dead_runs(after):
    """Runs that were begun and neither ended nor named as dead."""
    records = [json.loads(leaf.record) for leaf in after]
    started = {record["run"] for record in records if record["t"] == "run_start"}
    return started - {record.get("run") for record in records if record["t"] in ("run_end", "run_aborted")}


def expect_sound(scene, what, home=None):
    """Expects that `verify` finds nothing."""
    ended = scene.run("verify", home=home)
    if ended.code != 0:
        raise Failed(f"{what}: verify exits {ended.code}\n{ended.out}{ended.err}")


def expect_next_run(scene, what, home=None):
    """Expects that the next run needs no repair, ends well, and names each run that died. Gives its leaves."""
    before = leaves(scene.database(home))
    dead = dead_runs(before)
    ended = scene.run("collect", home=home)
    if ended.code != 0:
        raise Failed(f"{what}: the next run exits {ended.code}\n{ended.out}{ended.err}")
    if dead and "died" not in ended.err:
        raise Failed(f"{what}: the next run does not tell that the last one died\n{ended.err}")
    after = leaves(scene.database(home))
    expect_kept(before, after, what)
    named = {json.loads(leaf.record).get("run") for leaf in after if '"run_aborted"' in leaf.record}
    if not dead <= named:
        raise Failed(f"{what}: dead runs {sorted(dead - named)} are not on record")
    expect_sound(scene, what, home)
    return after


def expect_checkpoint_not_newer(home, after, what):
    """Expects that no checkpoint in the state directory speaks of more leaves than the database has. Gives how
    many were looked at."""
    looked = 0
    for file in sorted((home / "state").rglob("checkpoint")):
        lines = file.read_text(errors="replace").split("\n")
        if len(lines) < 3 or not re.fullmatch(r"\d+", lines[1]):
            raise Failed(f"{what}: {file} is no checkpoint")
        if int(lines[1]) > len(after):
            raise Failed(f"{what}: {file} speaks of {lines[1]} leaves, the database has {len(after)}")
        looked += 1
    return looked
