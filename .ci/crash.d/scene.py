"""A simulated cloud, a home directory beside it, and optrail between them.

Everything lies below one directory. What a command may touch is named by its environment alone, so that
nothing of the machine's own configuration is read or written.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from relay import Relay

# How long a command may take. The slowest takes a second under strace.
PATIENCE_S = 60

# Room that optrail wants before it collects (64 MiB), and what the copies need besides.
ROOM_BYTES = 512 * 1024 * 1024


class Failed(Exception):
    """A promise was broken: a leaf lost, a file damaged, a hang, a wrong exit status, a panic."""


@dataclass
class Ended:
    """How a command ended; a code below zero is the signal that killed it."""

    what: str
    code: int
    out: str
    err: str

    def expect(self, *codes):
        if self.code not in codes:
            raise Failed(f"{self.what}: exit {self.code}, not {' or '.join(map(str, codes))}\n{self.out}{self.err}")
        return self


def workplace():
    """Where scenes are laid: memory, if there is room. No proof leans on what a disk keeps; they say
    themselves what is kept."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES and os.access(memory, os.W_OK):
        return memory
    return Path(tempfile.gettempdir())


class Scene:
    """One cloud and one home."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self.home = self.directory / "home0"
        self.base = self.directory / "base"
        self._sandbox = subprocess.Popen([binary, "sandbox"], stderr=subprocess.PIPE, text=True,
                                         env={"HOME": str(self.directory), "PATH": os.environ["PATH"]})
        told = ""
        for line in self._sandbox.stderr:
            told += line
            if line.strip() == "optrail collect":
                break
        self.key = (re.search(r"ACCESS_KEY_ID=(\S+)", told)[1], re.search(r"ACCESS_KEY_SECRET=(\S+)", told)[1])
        self.relay = Relay(int(re.search(r"ENDPOINT=http://127\.0\.0\.1:(\d+)", told)[1]))
        # The one that expires within the hour would change the exit status while this goes on.
        self.watches = [line.split("#")[0].split()[1:] for line in told.splitlines()
                        if "watch add" in line and "expires" not in line]

    def close(self):
        self.relay.close()
        self._sandbox.terminate()
        self._sandbox.wait()
        self._sandbox.stderr.close()

    def database(self, home=None):
        return (home or self.home) / "data/optrail/optrail.db"

    def environment(self, home=None):
        home = home or self.home
        return {
            "HOME": str(home), "PATH": os.environ["PATH"], "USER": "tester", "RUST_BACKTRACE": "0",
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state"),
            "XDG_DATA_HOME": str(home / "data"), "OPTRAIL_DB": str(self.database(home)),
            "OPTRAIL_ENDPOINT": f"http://127.0.0.1:{self.relay.port}",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.key[0], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.key[1],
        }

    def start(self, arguments, before=(), home=None, program=None):
        """Starts optrail, or what `before` makes of it, as the leader of a process group of its own."""
        return subprocess.Popen([*before, *(program or [self.binary]), *arguments], env=self.environment(home),
                                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)

    def end(self, process, what):
        """Waits for its end. A hang and a panic are never right."""
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise Failed(f"{what}: hangs\n{out}{err}") from None
        if "panicked" in err:
            raise Failed(f"{what}: panics\n{err}")
        return Ended(what, process.returncode, out, err)

    def run(self, *arguments, before=(), home=None):
        words = " ".join([*map(str, before), "optrail", *arguments])
        return self.end(self.start(arguments, before, home), words)

    def empty(self, home=None):
        """A home with nothing in it."""
        home = home or self.home
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()

    def prepare(self):
        """Makes the home that trials begin with: watches, and one run."""
        self.empty()
        for watch in self.watches:
            self.run(*watch).expect(0)
        self.run("collect").expect(0)
        shutil.rmtree(self.base, ignore_errors=True)
        shutil.copytree(self.home, self.base)

    def restore(self, home=None):
        """Puts a home back to what `prepare` made."""
        home = home or self.home
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.base, home)
        self.relay.forget()
