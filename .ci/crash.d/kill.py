"""kill: SIGKILL at every syscall that writes, and at random instants.

strace counts calls for each thread on its own, and only without --seccomp-bpf. A sweep over all files therefore
hits the thread that comes first; one sweep more for each file hits the writer's thread, too.
"""

import os
import random
import signal
import time

import judge
import sweep

SYSCALLS = ("openat", "pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "unlinkat", "rename", "renameat",
            "renameat2", "link", "linkat", "write", "mkdir")


def syscalls(bench):
    """Kills the first `watch add`, which makes the database, and a whole run, at each call."""
    actions = dict.fromkeys(SYSCALLS, "signal=KILL")
    for subject in (FirstWatch, Run):
        plan = sweep.plan(bench, subject, SYSCALLS)
        trials, hits, seconds = sweep.carry_out(bench, subject, plan, actions, "", lambda case: at_call(case, subject))
        bench.row(f"kill: {subject.NAME}, each syscall", trials, f"{hits} killed, 0 lost", seconds)


class FirstWatch:
    """The command that makes the database."""

    NAME = "watch add"

    @staticmethod
    def prepare(scene):
        scene.empty()
        return scene.watches[0], []

    @staticmethod
    def expect(scene, ended, before, what):
        after = judge.leaves(scene.database())
        if ended.out and not any('"watch"' in leaf.record for leaf in after):
            raise judge.Failed(f"{what}: it said {ended.out!r}, and no leaf says so")
        if scene.database().exists():
            judge.expect_sound(scene, what)
        # A file that was never made, or one whose maker died, is made by whoever comes next.
        scene.run(*scene.watches[0]).expect(0)
        judge.expect_kept(after, judge.leaves(scene.database()), what)
        judge.expect_next_run(scene, what)


class Run:
    """A run over what was recorded before."""

    NAME = "collect"

    @staticmethod
    def prepare(scene):
        scene.restore()
        return ["collect", "--summary", "-"], judge.leaves(scene.database())

    @staticmethod
    def expect(scene, ended, before, what):
        asked = list(scene.relay.asked)
        after = judge.leaves(scene.database())
        judge.expect_kept(before, after, what)
        judge.expect_answers(asked, after, what)
        judge.expect_checkpoint_not_newer(scene.home, after, what)
        dead = judge.dead_runs(after)
        if ended.out and dead:
            raise judge.Failed(f"{what}: its summary was printed, and the run has no end")
        judge.expect_sound(scene, what)
        judge.expect_kept(after, judge.expect_next_run(scene, what), what)


def at_call(case, subject):
    """One trial. Whether it was hit."""
    scene = case.scene
    arguments, before = subject.prepare(scene)
    ended = scene.run(*arguments, before=case.strace())
    if ended.code not in (0, -signal.SIGKILL):
        raise judge.Failed(f"{case.what}: exit {ended.code}\n{ended.err}")
    subject.expect(scene, ended, before, case.what)
    return ended.code != 0


def instants(bench):
    """Kills runs at random instants. Each history goes through twenty deaths before it begins anew."""
    rounds = 60 if bench.quick else 1000
    length = 20
    chunks = [(number, min(length, rounds - number)) for number in range(0, rounds, length)]
    begun = time.monotonic()
    results = bench.map(lambda scene, chunk: history(scene, bench.seed, *chunk), chunks)
    killed, dead = (sum(column) for column in zip(*results))
    bench.row("kill: collect, random instants", rounds, f"{killed} killed, {dead} of them within the run, 0 lost",
              time.monotonic() - begun)


def history(scene, seed, first, count):
    """Runs that die one after the other. How many were killed, and how many of these left a run open."""
    scene.restore()
    begun = time.monotonic()
    scene.run("collect").expect(0)
    run_s = time.monotonic() - begun
    killed = dead = 0
    for number in range(first, first + count):
        delay_s = random.Random(f"{seed} {number}").uniform(0, 1.2 * run_s)
        what = f"kill: random instant {number} of seed {seed}, {delay_s * 1000:.1f} ms"
        before = judge.leaves(scene.database())
        scene.relay.forget()
        process = scene.start(["collect", "--summary", "-"])
        time.sleep(delay_s)
        os.killpg(process.pid, signal.SIGKILL)
        ended = scene.end(process, what)
        asked = list(scene.relay.asked)
        after = judge.leaves(scene.database())
        judge.expect_kept(before, after, what)
        judge.expect_answers(asked, after, what)
        judge.expect_checkpoint_not_newer(scene.home, after, what)
        open_runs = judge.dead_runs(after)
        if ended.out and open_runs:
            raise judge.Failed(f"{what}: its summary was printed, and the run has no end")
        judge.expect_sound(scene, what)
        # What lasts is told once: that the run before died is no news after the first time.
        next_run = scene.run("collect")
        if next_run.code != 0:
            raise judge.Failed(f"{what}: the next run exits {next_run.code}\n{next_run.err}")
        healed = judge.leaves(scene.database())
        judge.expect_kept(after, healed, what)
        if judge.dead_runs(healed):
            raise judge.Failed(f"{what}: the dead run is not on record")
        killed += ended.code != 0
        dead += bool(open_runs)
    judge.expect_sound(scene, f"kill: after {first + count} random instants")
    return killed, dead
