"""Moving a fault through a command, one call further each time until a run passes unhurt."""

import random
import re
import time
from collections import Counter
from dataclasses import dataclass

from scene import Failed

# In --quick, so many trials of a sweep are picked from all of them.
QUICK_TRIALS = 24

# A sweep that never comes to its end counts calls wrongly.
CALLS_MAX = 3000


@dataclass
class Case:
    """One fault: `action` at the call number `when` of `syscall`, on `path` or on any file."""

    scene: object
    syscall: str
    path: str
    action: str
    when: str

    @property
    def what(self):
        place = f" of {self.path}" if self.path else ""
        return f"{self.syscall}:{self.action}:when={self.when}{place}"

    def strace(self):
        words = ["strace", "-f", "-qq", "-o", "/dev/null"]
        if self.path:
            words += ["-P", str(self.scene.home / self.path)]
        return [*words, "-e", f"trace={self.syscall}", "-e", f"inject={self.syscall}:{self.action}:when={self.when}"]


def plan(bench, subject, syscalls, everywhere=True):
    """How often each call is made, as {(syscall, path below the home or ""): greatest count of a thread}. Names
    made up anew each time (drafts) stand for themselves only in the sweep over all files."""
    scene = bench.scenes[0]
    arguments, _ = subject.prepare(scene)
    log = scene.directory / "calls"
    scene.run(*arguments, before=["strace", "-f", "-qq", "-y", "-o", str(log), "-e",
                                  "trace=" + ",".join(syscalls)]).expect(0)
    counts = Counter()
    home = re.escape(str(scene.home))
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not found:
            continue
        thread, syscall, rest = found.groups()
        if everywhere:
            counts[syscall, "", thread] += 1
        path = re.search(home + r'/([^>"]+)', rest)
        if path and not path[1].endswith(".new") and ".new-" not in path[1]:
            counts[syscall, path[1], thread] += 1
    most = Counter()
    for (syscall, path, _), count in counts.items():
        most[syscall, path] = max(most[syscall, path], count)
    return most


def carry_out(bench, subject, most, actions, tail, trial, at_most=None):
    """Tries an action ({syscall: what strace injects}) at each call of the plan, or in --quick and where a number is given
    at some; `tail` stands behind `when=N`. `trial` says whether it was hit. Gives the number of trials, of hits, and the
    seconds."""
    begun = time.monotonic()
    jobs = [(syscall, path, actions[syscall], tail, count) for (syscall, path), count in sorted(most.items())]
    if bench.quick or at_most:
        points = some(jobs, f"{bench.seed} {subject.NAME} {tail}", at_most or QUICK_TRIALS)
        hits = bench.map(lambda scene, point: trial(case_of(scene, *point)), points)
    else:
        hits = [hit for part in bench.map(lambda scene, job: whole(scene, job, trial), jobs) for hit in part]
    return len(hits), sum(hits), time.monotonic() - begun


def some(jobs, seed, trials):
    """One point of each job, and others by chance."""
    chance = random.Random(seed)
    picked = [(*job[:4], chance.randint(1, job[4])) for job in jobs]
    rest = [(*job[:4], when) for job in jobs for when in range(1, job[4] + 1)]
    rest = [point for point in rest if point not in picked]
    chance.shuffle(rest)
    return picked + rest[:max(0, trials - len(picked))]


def case_of(scene, syscall, path, action, tail, when):
    return Case(scene, syscall, path, action, f"{when}{tail}")


def whole(scene, job, trial):
    """Moves one fault until it hits nothing any more: three times in a row, as threads share the calls in another
    way each time."""
    *what, count = job
    hits = []
    for when in range(1, CALLS_MAX):
        hits.append(trial(case_of(scene, *what, when)))
        if when > count and not any(hits[-3:]):
            return hits
    raise Failed(f"{what}: still hit at call {CALLS_MAX}")
