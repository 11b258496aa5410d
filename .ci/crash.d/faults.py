"""io: a disk that fails, calls that are interrupted, and limits of the system.

An error must end the command with 1 and a message, or change nothing; what was kept before stays, and the next
run without a fault needs no repair. Errors that SQLite takes without harm (closing, its shared index) may end
with 0, and then all must be there as after any run. 4 is right where the answer of one watch could not be kept.
"""

import os
import shutil
import sqlite3
import subprocess
import time

import judge
import sweep
from kill import Run

WRITING = {
    "fsync": "EIO", "fdatasync": "EIO", "pwrite64": "ENOSPC", "ftruncate": "ENOSPC", "rename": "EIO",
    "renameat": "EIO", "renameat2": "EIO", "link": "EIO", "linkat": "EIO",
}
READING = {"pread64": "EIO"}

# Blocks of 512 bytes that a file may have at most; the prepared database has about a thousand.
FILE_SIZES = (0, 1, 2, 8, 16, 64, 100, 200, 400, 800, 1000, 1040, 1056, 1072, 1088, 1104, 1120, 1200, 1300)

# Files that may be open at the same time; a run wants some twenty.
OPEN_FILES = tuple(range(4, 34))


# A lock that stays for longer than optrail waits, which is 30 s.
LOCKED_S = 33

# Requests that are carried before a run is met in its middle: who we are, and one answer.
CARRIED = 2


def errors(bench):
    """Each writing call, once and from there on; reading calls of the database alone, because the loader of
    programs reads, too."""
    for errors_of, everywhere, what in ((WRITING, True, "writing"), (READING, False, "reading")):
        most = sweep.plan(bench, Run, list(errors_of), everywhere)
        actions = {syscall: f"error={error}" for syscall, error in errors_of.items()}
        for tail, words in (("", "once"), ("+", "sticky")):
            trials, hits, seconds = sweep.carry_out(bench, Run, most, actions, tail, hurt)
            bench.row(f"io: errors while {what}, {words}", trials, f"{hits} ended the run, 0 lost", seconds)


def hurt(case):
    """One trial. Whether the command noticed."""
    arguments, before = Run.prepare(case.scene)
    ended = case.scene.run(*arguments, before=case.strace())
    expect_told(ended, case.what)
    Run.expect(case.scene, ended, before, case.what)
    return ended.code != 0


def expect_told(ended, what):
    """Expects an end by the program's own will, and words about anything but success."""
    if ended.code not in (0, 1, 4):
        raise judge.Failed(f"{what}: exit {ended.code}\n{ended.err}")
    # What could not be told or sealed after a run is a complaint, everything else an error.
    if ended.code == 1 and not any(word in ended.err for word in ("error: ", "optrail: ")):
        raise judge.Failed(f"{what}: exit 1 without a message\n{ended.err}")
    if ended.code == 0 and not ended.out:
        raise judge.Failed(f"{what}: exit 0, and the summary was not printed")


def interruptions(bench):
    """Every second or third call is interrupted: no effect at all."""
    calls = [(syscall, start, step) for syscall in ("pread64", "pwrite64", "ftruncate")
             for start in (2, 3, 5) for step in (2, 3)]

    def one(scene, call):
        syscall, start, step = call
        case = sweep.Case(scene, syscall, "data/optrail/optrail.db", "error=EINTR", f"{start}+{step}")
        if syscall != "pread64":
            case.path = "data/optrail/optrail.db-wal" if syscall == "pwrite64" else ""
        arguments, before = Run.prepare(scene)
        ended = scene.run(*arguments, before=case.strace()).expect(0)
        Run.expect(scene, ended, before, case.what)

    begun = time.monotonic()
    bench.map(one, calls)
    bench.row("io: interrupted calls", len(calls), "no effect", time.monotonic() - begun)


def limits(bench):
    """Greatest size of a file, number of open files, a full file system."""
    for name, limit, values in (("size of files", "-f", FILE_SIZES), ("open files", "-n", OPEN_FILES)):
        values = values[::3] if bench.quick else values
        begun = time.monotonic()
        codes = bench.map(lambda scene, value: limited(scene, limit, value), values)
        counts = ", ".join(f"{codes.count(code)} exit {code}" for code in sorted(set(codes)))
        bench.row(f"io: limit on {name}", len(values), counts, time.monotonic() - begun)
    if os.geteuid() == 0:
        begun = time.monotonic()
        full_disk(bench.scenes[0])
        bench.row("io: full file system", 1, "refused before the first call", time.monotonic() - begun)
    else:
        print("io: full file system: left out, only root may mount one")


def locks(bench):
    """Another program keeps the database locked for longer than is waited: the run ends, says so, and asks no further
    than what it can keep."""
    begun = time.monotonic()
    bench.map(locked, [False] if bench.quick else [False, True])
    bench.row("io: locked by another program", 1 if bench.quick else 2, "ended with its file named", time.monotonic() - begun)


def locked(scene, is_from_the_start):
    what = "locked from the start" if is_from_the_start else "locked in the middle of a run"
    arguments, before = Run.prepare(scene)
    holder = sqlite3.connect(scene.database(), isolation_level=None, timeout=20)
    if is_from_the_start:
        holder.execute("BEGIN EXCLUSIVE")
    else:
        scene.relay.hold(CARRIED)
    process = scene.start(arguments)
    if not is_from_the_start:
        while len(scene.relay.asked) <= CARRIED and process.poll() is None:
            time.sleep(0.01)
        holder.execute("BEGIN EXCLUSIVE")
        scene.relay.release()
    asked = len(scene.relay.asked)
    time.sleep(LOCKED_S)
    # What was in flight may still go out; nothing follows from answers that cannot be kept.
    if len(scene.relay.asked) > asked + judge.CONCURRENCY:
        raise judge.Failed(f"{what}: {len(scene.relay.asked) - asked} requests while nothing could be kept")
    holder.execute("ROLLBACK")
    holder.close()
    ended = scene.end(process, what).expect(1)
    if "locked" not in ended.err or str(scene.database()) not in ended.err:
        raise judge.Failed(f"{what}: it does not say which file\n{ended.err}")
    Run.expect(scene, ended, before, what)


def limited(scene, limit, value):
    """One run with a limit. Its exit status."""
    what = f"ulimit {limit} {value}"
    arguments, before = Run.prepare(scene)
    ended = scene.run(*arguments, before=["sh", "-c", f'ulimit {limit} {value}; exec "$@"', "sh"])
    # With hardly any file to open the loader does not find the program's libraries.
    if limit == "-n" and ended.code == 127 and "shared libraries" in ended.err:
        return 127
    expect_told(ended, what)
    Run.expect(scene, ended, before, what)
    return ended.code


def full_disk(scene):
    """A file system of one megabyte, and less than a page of it free."""
    Run.prepare(scene)
    data, kept = scene.home / "data", scene.directory / "kept"
    shutil.move(data, kept)
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(data)], check=True)
    try:
        shutil.copytree(kept, data, dirs_exist_ok=True)
        before = judge.leaves(scene.database())
        with open(data / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 512):
                    pass
            except OSError:
                pass
        scene.relay.forget()
        for arguments in (["collect"], ["watch", "add", "alidns", "--task-id", "77"]):
            ended = scene.run(*arguments)
            if ended.code != 1 or "error:" not in ended.err:
                raise judge.Failed(f"a full disk: {arguments} exits {ended.code}\n{ended.err}")
        if scene.relay.asked:
            raise judge.Failed("a full disk: the cloud was asked what could not be kept")
        (data / "filler").unlink()
        judge.expect_kept(before, judge.leaves(scene.database()), "a full disk")
        judge.expect_sound(scene, "a full disk")
        # Room again; a run wants more than this file system ever had.
        shutil.copytree(data, kept, dirs_exist_ok=True)
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)
    data.rmdir()
    shutil.move(kept, data)
    judge.expect_next_run(scene, "after a full disk")
