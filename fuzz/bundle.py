#!/usr/bin/env python3
"""Hostile bundles for the verify.py that `optrail prove` puts into each. Usage: fuzz/bundle.py BINARY SECONDS [SEED]

A bundle of the demo is changed file by file, with a manifest that fits, so that what reads the files is met and not only
their digests; or byte by byte, without one. Each has to be refused, in words: not with a traceback, in bounded time and
memory. The first that is not stays where it is told. Only cells that the README of a bundle names as not compared may say
something else.
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
TIMELINE = {"reason", "entered_earliest_at", "left_earliest_at", "min_duration_seconds", "max_duration_seconds", "looks",
            "widest_look_gap_seconds", "cloud_started_at", "cloud_ended_at"}
NOT_COMPARED = {  # as the README of a bundle has it
    "batch_details": {"status", "operate_date"},
    "collection_runs": {
        "duration_ms", "outcome", "every_ms", "services", "accounts", "clock_offset_ms", "clock_samples", "watches_due",
        "watches_polled", "watches_failed", "watches_deferred", "operations_new", "versions_new", "looks_unchanged",
        "results_seen", "listings_complete", "listings_incomplete", "not_found", "expired_unseen", "requests", "retries",
        "throttled", "bytes_received", "evidence_size"},
    "interventions": {"outcome", "effect", "effect_seen_at"},
    "listings": {"stack_group_name", "started_at", "ended_at", "pages", "page_size", "first_total_count", "last_total_count",
                 "distinct_keys", "verdict", "reason", "look"},
    "operation_history": {"last_seen_at", "changed"},
    "operation_timeline": TIMELINE,
    "operations": {"has_failures", "reason", "cloud_started_at", "cloud_ended_at", "duration_ms", "counted_at", "watch_state"},
    "requests": {"caller_arn", "parameters", "outcome", "error_code", "error_message"},
    "result_history": {"last_seen_at", "changed"},
    "result_timeline": TIMELINE | {"left_latest_at"},
    "results": {"last_seen_at"},
}


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


def table(checker, data, name):
    """Header and rows of a table."""
    rows = [fields for _, fields in checker.records(data, name)]
    return rows[0], rows[1:]


def comparable_details(checker, text):
    """What a JSON text says, however it is written, in what is compared."""
    details = checker.read_json(text.encode(), "details")
    return {field: checker.plain(value) for field, value in details.items() if field != "unknown_fields"}


def comparable_statement(checker, data):
    """The same of statement.json."""
    statement = checker.read_json(data, "statement.json")
    statement.pop("program")
    statement["asked"].pop("all_looks")
    return statement


def told_otherwise(checker, files, path):
    """What of a changed bundle that holds says something else in what is compared; None where nothing does."""
    bundle = checker.Bundle(path)
    found = {name: bundle.read(name) for name in bundle.places}
    if found.keys() != files.keys():
        return f"files {sorted(found.keys() ^ files.keys())}"
    for name in sorted(files.keys() - {"MANIFEST"}):
        if found[name] == files[name]:
            continue
        if name == "statement.json":
            both = [comparable_statement(checker, data[name]) for data in (files, found)]
            if both[0] != both[1]:
                return f"{name}: {both}"
            continue
        if not name.endswith(".csv"):
            return name
        columns, rows = table(checker, files[name], name)
        other_columns, others = table(checker, found[name], name)
        if other_columns != columns or len(others) != len(rows):
            return f"{name}, its header or the number of its rows"
        for number, cells in enumerate(zip(rows, others), 2):
            for column, *both in zip(columns, *cells):
                if column == "details":
                    both = [comparable_details(checker, text) for text in both]
                if both[0] != both[1] and column not in NOT_COMPARED[name[:-4]]:
                    return f"{name}, line {number}, {column}: {both}"
    return None


def csv_field(text):
    if text is None:
        return ""
    return '"' + text.replace('"', '""') + '"' if text == "" or set(text) & set(',"\r\n') else text


def changed_columns(checker, files):
    """Each column of each table with another name, and with another text in the first row."""
    for name in sorted(name for name in files if name.endswith(".csv")):
        lines = list(checker.records(files[name], name))
        texts = [text for text, _ in lines]
        for number, (_, fields) in enumerate(lines[:2]):
            for place, field in enumerate(fields):
                other = fields[:place] + ["x" if field is None else f"{field}0"] + fields[place + 1:]
                line = ",".join(map(csv_field, other)) + "\n"
                yield {**files, name: "".join(texts[:number] + [line] + texts[number + 1:]).encode()}


def inputs(checker, dice, sound, files):
    """Hostile bundles, without an end: first those of each column, then such as chance makes."""
    for changed in changed_columns(checker, files):
        yield pack(checker, changed)
    while True:
        if dice.randrange(8) == 0:
            yield changed_bytes(dice, sound)
            continue
        try:
            yield pack(checker, changed_files(dice, files))
        except checker.Wrong:
            pass


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
    for data in inputs(checker, dice, sound, files):
        if time.monotonic() > until:
            break
        if data == sound:
            continue
        with open(hostile, "wb") as out:
            out.write(data)
        signal.alarm(LONGEST_S)
        try:
            checker.check(hostile, keys)
            what = told_otherwise(checker, files, hostile)
            if what:
                sys.exit(f"bundle FAILED: {hostile} was changed and holds, after {count} others: {what}")
        except (checker.Wrong, checker.CannotTell):
            pass
        except Exception:
            print(f"bundle FAILED: {hostile} is met by a traceback, after {count} others")
            raise
        finally:
            signal.alarm(0)
        count += 1
    shutil.rmtree(directory)
    print(f"{'bundle':12} {count:8} inputs, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:3} MB, {seconds:2.0f} s")


main()
