#!/usr/bin/env python3
"""Hostile bundles for the verify.py that `optrail prove` puts into each. Usage: fuzz/bundle.py BINARY SECONDS [SEED]

A bundle of the demo is changed file by file, with a manifest that fits, so that what reads the files is met and not only
their digests; or byte by byte, without one. Each has to be refused, in words: not with a traceback, in bounded time and
memory. The first that is not stays where it is told.
"""
import importlib.util
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MEMORY_BYTES = 512 << 20
LONGEST_S = 20
TEXTS = [b"[" * 10_000, b"9" * 400, b"9223372036854775808", b"18446744073709551616", b"-0", b"00", b"1e400", b"NaN", b"null",
         b"\r\n", b"\0", b"\xff\xfe", b"\xe2\x80\x94 a AAAAAAA=\n" * 64, b"\n\n", b'""', b"{}", b"a," * 5_000, b"A" * 100_000,
         "\u0661".encode(), b"\\ud800", b'"a":1,"a":2,']


def demo_bundle(binary, directory):
    """A bundle of one operation, and the key."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "OPTRAIL_DB": f"{directory}/o.db"}
    for name in ("CONFIG", "STATE", "DATA"):
        environment[f"XDG_{name}_HOME"] = f"{directory}/{name.lower()}"

    def run(*arguments):
        done = subprocess.run([binary, "--db", f"{directory}/o.db", *arguments], env=environment, cwd=directory, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=True)
        return done.stdout

    run("demo")
    operation = run("sql", "--format", "csv", "select operation_id from operations where service = 'ros' limit 1").split()[1]
    run("prove", operation, "--output", "bundle.tar")
    with open(f"{directory}/verify.py", "w", encoding="utf-8") as out:
        out.write(run("prove", "--verifier"))
    return f"{directory}/bundle.tar", run("checkpoint", "--public-key").strip()


def load(path):
    """verify.py as a module."""
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("verify", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pack(checker, files):
    """The files with a manifest that fits them; names that no header can have are left to the caller."""
    names = sorted(name for name in files if name != "MANIFEST")
    lines = "".join(f"{checker.sha256(files[name]).hex()}  {name}\n" for name in names)
    whole = {**files, "MANIFEST": lines.encode()}
    parts = [checker.canonical_header(name, len(whole[name])) + whole[name] + bytes(-len(whole[name]) % checker.BLOCK)
             for name in sorted(whole)]
    return b"".join(parts) + bytes(2 * checker.BLOCK)


def changed_bytes(dice, data):
    """One to three edits."""
    data = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice([1, 1, 2, 8, 40]))
        match dice.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * dice.choice([1, 2, 50])
            case 3:
                data[at:end] = dice.choice(TEXTS)
            case 4:
                data = bytearray(data.replace(b"\n", b"\r\n", 1))
            case _:
                number = dice.choice(list(re.finditer(rb"\d+", bytes(data))) or [None])
                if number:
                    data[number.start():number.end()] = dice.choice(TEXTS[1:8])
    return bytes(data)


def changed_files(dice, files):
    """One file changed, gone, in the place of another, or under another name."""
    files = dict(files)
    name = dice.choice([name for name in files if name != "MANIFEST"])
    match dice.randrange(10):
        case 0:
            del files[name]
        case 1:
            files[name] = files[dice.choice(list(files))]
        case 2:
            files[name.replace("/", dice.choice(["/0", "/-", "/x", "/9223372036854775808"]), 1)] = files.pop(name)
        case _:
            files[name] = changed_bytes(dice, files[name])
    return files


def too_long(_signal, _frame):
    raise TimeoutError(f"longer than {LONGEST_S} s")


def main():
    binary, seconds = os.path.abspath(sys.argv[1]), float(sys.argv[2])
    dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 72)
    directory = tempfile.mkdtemp()
    path, key = demo_bundle(binary, directory)
    checker = load(f"{directory}/verify.py")
    keys = {key.split("+")[0]: checker.Key(key)}
    checker.check(path, keys)
    with open(path, "rb") as file:
        sound = file.read()
    bundle = checker.Bundle(path)
    files = {name: bundle.read(name) for name in bundle.places}
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, too_long)
    hostile = f"{directory}/hostile.tar"
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        data = changed_bytes(dice, sound) if dice.randrange(8) == 0 else None
        if data is None:
            try:
                data = pack(checker, changed_files(dice, files))
            except checker.Wrong:
                continue
        if data == sound:
            continue
        with open(hostile, "wb") as out:
            out.write(data)
        signal.alarm(LONGEST_S)
        try:
            checker.check(hostile, keys)
        except (checker.Wrong, checker.CannotTell):
            count += 1
        except BaseException:
            print(f"bundle FAILED: {hostile} is met by a traceback, after {count} others")
            raise
        else:
            sys.exit(f"bundle FAILED: {hostile} was changed and holds, after {count} others")
        finally:
            signal.alarm(0)
    shutil.rmtree(directory)
    print(f"{'bundle':12} {count:8} inputs, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:3} MB, {seconds:2.0f} s")


main()
