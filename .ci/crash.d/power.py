"""power: what a disk may hold after a power cut, at any moment from the first command on.

One trace of `init`, `watch add`, two runs, `backup` and `snapshot` is replayed; states are drawn from all moments by the seed. What
must be there at a moment:

- every leaf of a commit whose sync had returned, and
- every leaf that was in the file when a line was printed (a watch that was added, a summary), and
- every answer that must have been read, because a request was sent that follows from it.

A copy that bears its name is whole.

The last two of these follow from what the program does, not from what it syncs: they would be missing if it spoke or
asked before its commit was durable.
"""

import random
import re
import shutil
import time
from dataclasses import dataclass, field

import judge
import trace
from disk import Disk
from relay import Asked, read_by
from scene import Failed

DATABASE = "data/optrail/optrail.db"

# What the history copies the database to at its end.
COPIES = {"backup": "data/backup.db", "snapshot": "data/snapshot.db"}

# Of so many states each is the beginning of a second fault.
COMPOUND_ONE_IN = 40

# Of so many states without syncs at least one must be broken; a quarter of them or more are.
TOOTHLESS_STATES = 60

# What strikes the run after the power cut; calls are counted for each thread.
SECOND_FAULTS = ("pwrite64:signal=KILL", "fsync:signal=KILL", "ftruncate:signal=KILL", "unlink:signal=KILL",
                 "pwrite64:error=ENOSPC", "fsync:error=EIO")


@dataclass
class Moment:
    """After a step: leaves that must be there, and answers that must."""

    leaves: int = 0
    answers: frozenset = frozenset()


@dataclass
class History:
    """All steps, the moment after each, and what the file held at the end."""

    steps: list
    moments: list = field(default_factory=list)
    final: list = field(default_factory=list)


def cuts(bench):
    states = 200 if bench.quick else 3000
    seeds = 1 if bench.quick else 3
    for seed in range(bench.seed, bench.seed + seeds):
        scene = bench.scenes[0]
        history = record(scene)
        if seed == bench.seed:
            expect_teeth(bench, scene, history)
        begun = time.monotonic()
        drawn = draw(history, scene, states // seeds, seed)
        second = {number for number in range(len(drawn)) if number % COMPOUND_ONE_IN == 0}
        results = bench.map(lambda here, number: cut(here, scene, history, drawn[number], number in second, seed),
                            range(len(drawn)))
        empty, checkpoints, hit = (sum(column) for column in zip(*results))
        counts = f"{empty} before any database, {checkpoints} with a checkpoint, 0 lost"
        bench.row(f"power: {len(history.steps)} steps, seed {seed}", len(drawn), counts, time.monotonic() - begun)
        bench.row("power: a second fault in the run after it", len(second), f"{hit} hit, 0 lost", 0)


def expect_teeth(bench, scene, history):
    """Expects that this proof breaks where nothing is synced: syncs of one kind are taken out of the trace."""
    begun = time.monotonic()
    kinds = ("optrail.db-wal", "optrail.db", "/optrail", "copies")
    for kind in kinds:
        kept = [(step, moment) for step, moment in zip(history.steps, history.moments)
                if not (step.kind == "sync" and is_of(step.path, kind, scene))]
        without = History([step for step, _ in kept], [moment for _, moment in kept], history.final)
        drawn = draw(without, scene, TOOTHLESS_STATES, bench.seed)
        if not any(is_broken(scene, without, state) for state in drawn):
            raise Failed(f"the proof does not notice that nobody syncs {kind}")
    bench.row("power: the proof itself, without syncs", len(kinds), "each noticed", time.monotonic() - begun)


def is_of(path, kind, scene):
    """Whether a path ends like that, or belongs to the copies, which lie beside the database's directory."""
    return path.startswith(f"{scene.home}/data/") and not path.startswith(f"{scene.home}/data/optrail") \
        if kind == "copies" else path.endswith(kind)


def is_broken(scene, history, drawn):
    number, files = drawn
    lay_out(scene, scene, files)
    try:
        expect_no_less(history, history.moments[number], judge.leaves(scene.database()), "without syncs")
        expect_whole_copies(scene, history, "without syncs")
    except Failed:
        return True
    return False


def record(scene):
    """Traces the whole history from an empty home, and works out what must be there after each step."""
    scene.empty()
    lines = [["init"], *scene.watches, ["collect", "--summary", "-"], ["collect", "--summary", "-"]]
    lines += [[command, str(scene.home / name)] for command, name in COPIES.items()]
    log = scene.directory / "trace"
    script = " && ".join('"$0" ' + " ".join(line) for line in lines)
    process = scene.start(["-c", script, scene.binary], before=[*trace.STRACE, "-o", str(log)], program=["sh"])
    scene.end(process, "the traced history").expect(0)
    with open(log, errors="replace") as lines_of_log:
        history = History(list(trace.steps(lines_of_log)))
    follow(history, scene)
    real = judge.leaves(scene.database())
    if [leaf.hash for leaf in real] != [leaf.hash for leaf in history.final] or not real:
        raise Failed(f"the replay of the trace has {len(history.final)} leaves, the file {len(real)}: it lacks steps")
    return history


def follow(history, scene):
    """Fills in the moments."""
    disk, moment = Disk(scene.home), Moment()
    asked, open_by_socket = [], {}
    here = scene.directory / "replay"
    for step in history.steps:
        disk.take(step)
        if step.kind == "print" or (step.kind == "sync" and step.path.endswith(("optrail.db", "optrail.db-wal"))):
            history.final = leaves_of(disk.live(), here)
            moment = Moment(len(history.final), moment.answers)
        elif step.kind == "send" and b" HTTP/1.1\r\n" in step.data:
            one = Asked(*step.data.split(b"\r\n\r\n", 1))
            asked.append(one)
            open_by_socket[step.path] = one
            moment = Moment(moment.leaves, frozenset(read_by(asked)))
        elif step.kind == "receive" and step.path in open_by_socket:
            found = re.search(rb"(?i)\r\nx-acs-request-id: *(\S+)", step.data)
            if found:
                open_by_socket[step.path].request_id = found[1].decode()
        history.moments.append(moment)
    history.final = leaves_of(disk.live(), here)


def leaves_of(files, directory):
    """The leaves of the database among `files`, read from a copy."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for suffix in ("", "-wal"):
        if (data := files.get(DATABASE + suffix)) is not None:
            (directory / f"optrail.db{suffix}").write_bytes(data)
    try:
        return judge.leaves(directory / "optrail.db")
    finally:
        shutil.rmtree(directory)


def draw(history, scene, count, seed):
    """(number of the step, files) of states after a power cut, in the order of steps. Each step that changes the
    disk is as likely as another."""
    chance = random.Random(f"power {seed}")
    changing = [number for number, step in enumerate(history.steps)
                if step.kind not in ("send", "receive", "print")]
    wanted = sorted(chance.choices(changing, k=count))
    disk, drawn, done = Disk(scene.home), [], 0
    for number in wanted:
        while done <= number:
            disk.take(history.steps[done])
            done += 1
        drawn.append((number, disk.after_power_cut(chance)))
    return drawn


def cut(scene, traced, history, drawn, is_compound, seed):
    """Lays a state out and judges it: (there is no database, checkpoints seen, the second fault hit)."""
    number, files = drawn
    what = f"power cut after step {number} of seed {seed}"
    lay_out(scene, traced, files)
    must = history.moments[number]
    database = scene.database()
    after = judge.leaves(database)
    expect_no_less(history, must, after, what)
    looked = judge.expect_checkpoint_not_newer(scene.home, after, what)
    expect_whole_copies(scene, history, what)
    if database.exists():
        judge.expect_sound(scene, what)
    else:
        # Whoever comes next makes it, whatever lies there of the first attempt.
        scene.run(*scene.watches[0]).expect(0)
    hit = is_compound and second_fault(scene, what)
    return not after, looked, hit


def expect_no_less(history, must, after, what):
    """Expects a beginning of the one history, as long as it must be."""
    if len(after) < must.leaves:
        raise Failed(f"{what}: {must.leaves} leaves were acknowledged, {len(after)} are there")
    if len(after) > len(history.final):
        raise Failed(f"{what}: more leaves than were ever written")
    judge.expect_kept(after, history.final, what)
    if lost := must.answers - judge.request_ids(after):
        raise Failed(f"{what}: answers {sorted(lost)} were read and are lost")


def expect_whole_copies(scene, history, what):
    """Expects of each copy that bears its name that it is whole."""
    for name in COPIES.values():
        copy = scene.home / name
        if not copy.exists():
            continue
        if judge.leaves(copy) != history.final:
            raise Failed(f"{what}: {name} bears its name and is not whole")
        ended = scene.run("--db", str(copy), "verify")
        if ended.code != 0:
            raise Failed(f"{what}: {name} bears its name, and verify exits {ended.code}\n{ended.out}{ended.err}")


def lay_out(scene, traced, files):
    """Writes the files into the scene's home. Names of the traced home inside small files become this one's."""
    scene.empty()
    old, new = str(traced.home).encode(), str(scene.home).encode()
    for path, data in files.items():
        place = scene.home / path
        if data is None:
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data if path.startswith("data/") else data.replace(old, new))
        place.chmod(0o600)


def second_fault(scene, what):
    """A run under another fault, then one without. Whether the fault hit."""
    chance = random.Random(what)
    fault = f"{chance.choice(SECOND_FAULTS)}:when={chance.randint(1, 60)}"
    what = f"{what}, then {fault}"
    if not any('"t":"watch"' in leaf.record for leaf in judge.leaves(scene.database())):
        scene.run(*scene.watches[0]).expect(0)
    before = judge.leaves(scene.database())
    ended = scene.run("collect", before=["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                         f"trace={fault.partition(':')[0]}", "-e", f"inject={fault}"])
    if ended.code not in (-9, 0, 1, 4):
        raise Failed(f"{what}: exit {ended.code}\n{ended.err}")
    after = judge.leaves(scene.database())
    judge.expect_kept(before, after, what)
    judge.expect_sound(scene, what)
    judge.expect_next_run(scene, what)
    return ended.code != 0
