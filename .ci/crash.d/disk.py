"""A disk that loses power: what was synced is there, of the rest anything may be.

Files and directories are told apart from their names. A file's content is durable once the file was synced; a
name is durable once its directory was synced. That is all that POSIX promises; real file systems promise more.
"""

from dataclasses import dataclass, field

SECTOR_BYTES = 512


@dataclass
class File:
    """Durable bytes, bytes as processes see them, and the changes between the two."""

    durable: bytearray = field(default_factory=bytearray)
    live: bytearray = field(default_factory=bytearray)
    pending: list = field(default_factory=list)  # (offset, data), or (length, None) for a cut
    end_of_writes: int = 0

    def write(self, offset, data):
        if offset < 0:
            offset = self.end_of_writes
        self.end_of_writes = offset + len(data)
        put(self.live, offset, data)
        self.pending.append((offset, data))

    def cut(self, length):
        resize(self.live, length)
        self.end_of_writes = min(self.end_of_writes, length)
        self.pending.append((length, None))

    def sync(self):
        self.durable = bytearray(self.live)
        self.pending.clear()

    def after_power_cut(self, chance):
        """Durable bytes and any part of the changes: none, all, the first, some, or some sectors of some."""
        content = bytearray(self.durable)
        if not self.pending:
            return content
        way = chance.choice(("none", "all", "first", "some", "torn"))
        if way == "first":
            changes = self.pending[:chance.randint(0, len(self.pending))]
        else:
            changes = self.pending
        for offset, data in changes:
            if way == "none" or (way in ("some", "torn") and chance.random() < 0.5):
                continue
            if data is None:
                resize(content, offset)
            elif way == "torn":
                tear(content, offset, data, chance)
            else:
                put(content, offset, data)
        return content


@dataclass
class Directory:
    """Names as processes see them, durable names, and the changes between, in order."""

    durable: dict = field(default_factory=dict)
    live: dict = field(default_factory=dict)
    pending: list = field(default_factory=list)  # (name, what it then names or None); several at once for a rename

    def change(self, *names):
        for name, what in names:
            assign(self.live, name, what)
        self.pending.append(names)

    def sync(self):
        self.durable = dict(self.live)
        self.pending.clear()

    def after_power_cut(self, chance):
        names = dict(self.durable)
        for change in self.pending[:chance.randint(0, len(self.pending))]:
            for name, what in change:
                assign(names, name, what)
        return names


class Disk:
    """All files below one directory, which itself is durable."""

    def __init__(self, root):
        self.root_path = str(root)
        self.root = Directory()

    def take(self, step):
        """Carries out a step on what lies below the root."""
        path = self.parts(step.path)
        if not path:
            if step.kind == "sync" and step.path == self.root_path:
                self.root.sync()
            return
        directory, name = self.find(path[:-1]), path[-1]
        if step.kind == "create":
            if name not in directory.live:
                directory.change((name, File()))
        elif step.kind == "mkdir":
            directory.change((name, Directory()))
        elif step.kind == "unlink":
            directory.change((name, None))
        elif step.kind in ("rename", "link"):
            self.give_name(step, directory, name)
        elif step.kind == "write":
            directory.live[name].write(step.offset, step.data)
        elif step.kind == "cut":
            directory.live[name].cut(step.offset)
        elif step.kind == "sync":
            directory.live[name].sync()

    def give_name(self, step, directory, name):
        target = self.parts(step.target)
        other = self.find(target[:-1])
        what = directory.live[name]
        old = [(name, None)] if step.kind == "rename" else []
        if other is directory:
            directory.change((target[-1], what), *old)
        else:
            other.change((target[-1], what))
            if old:
                directory.change(*old)

    def parts(self, path):
        """The names below the root, or nothing."""
        if not path.startswith(self.root_path + "/"):
            return []
        return path[len(self.root_path) + 1:].split("/")

    def find(self, parts):
        directory = self.root
        for name in parts:
            directory = directory.live[name]
        return directory

    def live(self):
        """{path below the root: bytes}, and None for directories, as processes see it."""
        return walk(self.root, lambda directory: directory.live, lambda file: bytes(file.live))

    def after_power_cut(self, chance):
        """The same as a power cut may leave it; without what SQLite keeps in shared memory only."""
        found = walk(self.root, lambda directory: directory.after_power_cut(chance),
                     lambda file: bytes(file.after_power_cut(chance)))
        return {path: data for path, data in found.items() if not path.endswith("-shm")}


def walk(directory, names_of, bytes_of, below=""):
    found = {}
    for name, what in names_of(directory).items():
        path = f"{below}{name}"
        if isinstance(what, Directory):
            found[path] = None
            found |= walk(what, names_of, bytes_of, path + "/")
        else:
            found[path] = bytes_of(what)
    return found


def assign(names, name, what):
    if what is None:
        names.pop(name, None)
    else:
        names[name] = what


def resize(content, length):
    if length <= len(content):
        del content[length:]
    else:
        content.extend(bytes(length - len(content)))


def put(content, offset, data):
    if len(content) < offset + len(data):
        resize(content, offset + len(data))
    content[offset:offset + len(data)] = data


def tear(content, offset, data, chance):
    """Writes any of the sectors that the data touches."""
    begin = 0
    while begin < len(data):
        end = min(len(data), begin + SECTOR_BYTES - (offset + begin) % SECTOR_BYTES)
        if chance.random() < 0.5:
            put(content, offset + begin, data[begin:end])
        begin = end
