"""What a command wrote, read from a log of strace (-f -y -xx).

Each call becomes one step, in the order in which calls returned. With -xx every path and string is in
hexadecimal, so that nothing of their text can be taken for syntax.
"""

import os
import re
from dataclasses import dataclass

SYSCALLS = ("openat", "pwrite64", "write", "writev", "sendto", "recvfrom", "fsync", "fdatasync", "ftruncate",
            "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "mkdir", "mkdirat")

# -y names the file of each descriptor; no string is cut.
STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "10000000", "-e", "trace=" + ",".join(SYSCALLS))


@dataclass
class Step:
    """One call that did something. `path` is absolute; `target` is the other name of a rename or a link."""

    kind: str  # create, open_cut, write, cut, sync, unlink, rename, link, mkdir, send, receive, print
    path: str = ""
    target: str = ""
    offset: int = 0
    data: bytes = b""


def unhex(text):
    return bytes.fromhex(text.replace("\\x", ""))


def strings(text):
    """The quoted strings of a call, in order."""
    return [unhex(found) for found in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', text)]


def paths(text):
    """What the descriptors of a call name, in order: a path, or socket:[1]; a file without a name is None."""
    found = re.findall(r"<((?:\\x[0-9a-f]{2})+)>(\(deleted\))?", text)
    return [None if deleted else os.fsdecode(unhex(name)) for name, deleted in found]


def calls(log):
    """(syscall, arguments, result) of each call that returned; halves of interrupted lines are joined."""
    begun = {}
    for line in log:
        found = re.match(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)", line)
        if not found:
            continue
        thread, resumed, name, rest = found.groups()
        if resumed:
            rest = begun.pop(thread, "") + rest
        if "<unfinished ...>" in rest:
            begun[thread] = rest.replace("<unfinished ...>", "")
            continue
        arguments, _, result = rest.rpartition(" = ")
        yield resumed or name, arguments.rstrip(" )"), result


def steps(log):
    """The steps of a log, given as lines."""
    for name, arguments, result in calls(log):
        number = re.match(r"-?\d+", result)
        if not number or int(number[0]) < 0:
            continue
        count = int(number[0])
        if name == "openat":
            path = (paths(result) or [None])[0]
            if path and "O_CREAT" in arguments:
                yield Step("create", path)
            if path and "O_TRUNC" in arguments:
                yield Step("cut", path)
        elif name in ("unlink", "unlinkat", "mkdir", "mkdirat"):
            yield Step(name.removesuffix("at"), named(arguments)[0])
        elif name.startswith(("rename", "link")):
            first, second = named(arguments)
            yield Step("rename" if name.startswith("rename") else "link", first, second)
        else:
            yield from of_descriptor(name, arguments, count)


def named(arguments):
    """The paths that a call names by strings, made absolute by the directory before each."""
    found = re.findall(r'(?:<((?:\\x[0-9a-f]{2})+)>, )?"((?:\\x[0-9a-f]{2})*)"', arguments)
    return [os.path.join(os.fsdecode(unhex(directory)), os.fsdecode(unhex(name))) for directory, name in found]


def of_descriptor(name, arguments, count):
    path = (paths(arguments) or [None])[0]
    descriptor = arguments.partition("<")[0]
    if path is None:
        return
    if path.startswith("socket:"):
        data = b"".join(strings(arguments))[:count]
        if data:
            yield Step("receive" if name == "recvfrom" else "send", path, data=data)
    elif name in ("fsync", "fdatasync"):
        yield Step("sync", path)
    elif name == "ftruncate":
        yield Step("cut", path, offset=int(arguments.rpartition(", ")[2]))
    elif name == "pwrite64":
        yield Step("write", path, offset=int(arguments.rpartition(", ")[2]), data=strings(arguments)[0][:count])
    elif name == "write" and descriptor == "1":
        yield Step("print", path, data=strings(arguments)[0][:count])
    elif name in ("write", "writev"):
        # Where a plain write goes is where the last one ended; the simulated disk keeps that.
        yield Step("write", path, offset=-1, data=b"".join(strings(arguments))[:count])
