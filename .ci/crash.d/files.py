"""files: who opens the database, and what may be read by others.

A process that opens and closes the file of its own database drops SQLite's locks on it; SQLite alone may open it,
which it does with O_NOFOLLOW.
"""

import os
import re
import time

from scene import Failed

COMMANDS = (["collect"], ["verify"], ["status"], ["rebuild"], ["doctor"], ["export", "results"])


def opened(bench):
    """No command opens the database, its log or its index but through SQLite."""
    scene, begun, opens = bench.scenes[0], time.monotonic(), 0
    log = scene.directory / "opens"
    for command in COMMANDS:
        scene.restore()
        scene.run(*command, before=["strace", "-f", "-qq", "-o", str(log), "-e", "trace=openat,open"]).expect(0, 3)
        for line in log.read_text(errors="replace").splitlines():
            if re.search(r'optrail\.db(-wal|-shm)?", ', line):
                opens += 1
                if "O_NOFOLLOW" not in line:
                    raise Failed(f"optrail {' '.join(command)} opens the database itself: {line}")
    bench.row("files: opened by SQLite alone", len(COMMANDS), f"{opens} times opened", time.monotonic() - begun)


def modes(bench):
    """Whatever the umask, database, log, index, locks and state are for their owner only: at the end of each
    command, and where a run died."""
    scene, begun, looked = bench.scenes[0], time.monotonic(), 0
    scene.empty()
    free = ["sh", "-c", 'umask 000; exec "$@"', "sh"]
    killed = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=writev", "-e", "inject=writev:signal=KILL:when=2"]
    for command, before in ((["init"], []), (scene.watches[0], []), (["collect"], []), (["collect"], killed)):
        scene.run(*command, before=[*free, *before]).expect(-9 if before else 0)
        for place in ("data/optrail", "state/optrail"):
            for path in [scene.home / place, *(scene.home / place).rglob("*")]:
                looked += 1
                mode = os.stat(path).st_mode & 0o777
                if mode & 0o077:
                    raise Failed(f"after optrail {command[0]}: {path} has mode {mode:03o}")
    if not scene.database().with_name("optrail.db-wal").exists():
        raise Failed("the killed run left no log to look at")
    bench.row("files: modes under umask 000", 4, f"{looked} looked at, for the owner only", time.monotonic() - begun)
