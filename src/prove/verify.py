#!/usr/bin/env python3
"""Checks a bundle of optrail without optrail: python3 verify.py BUNDLE.tar --key VKEY [--checkpoint FILE]...

Needs Python 3.8 and openssl 3. The key is never read from the bundle, nothing of the bundle is written to disk or run.
Exit status: 0 all holds, 1 something is wrong, 2 it cannot be told.
"""
import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time

README_SHA256 = "3947a6af67865b864c421310780d830445c440567b333b115e25d53a23ba796d"  # the README is the same in every bundle

BLOCK = 512
FILES_MAX = 400_000  # a bundle has 100,000 leaves at most, each with a proof and perhaps a body
FILE_BYTES_MAX = 300 << 20  # the largest body that is ever kept has 256 MiB
NOTE_BYTES_MAX = 128 << 10
HASHES_MAX = 63  # height of a tree of 2^63 leaves
OPENSSL_SECONDS = 30

SIMPLE_NAMES = {"MANIFEST", "README", "checkpoint", "statement.json", "verify.py", "population.txt"}
TABLES = {"batch_details", "collection_runs", "interventions", "listings", "operation_history", "operation_timeline",
          "operations", "requests", "result_history", "result_timeline", "results"}
CURRENT_TABLES = {"operation_timeline", "operations", "result_timeline", "results"}
NUMBER = r"(?:0|[1-9][0-9]{0,18})"
NAMES = re.compile(
    rf"leaves/{NUMBER}\.json|proofs/{NUMBER}\.tlog-proof|bodies/[0-9a-f]{{64}}|checkpoints/{NUMBER}"
    rf"|consistency/{NUMBER}-{NUMBER}|attachments/[A-Za-z0-9._-]{{1,64}}")

PHASES = {"QUEUED": "pending", "PENDING": "pending", "INIT": "pending", "RUNNING": "running", "STOPPING": "stopping",
          "SUCCEEDED": "succeeded", "SUCCESS": "succeeded", "FAILED": "failed", "FAILURE": "failed",
          "CANCELLED": "cancelled", "STOPPED": "stopped"}
DNS_PHASES = {"0": "running", "1": "succeeded", "2": "failed"}
FINAL = {"succeeded", "failed", "cancelled", "stopped"}


class Wrong(Exception):
    """Something in the bundle, or a checkpoint, is not what it should be."""


class CannotTell(Exception):
    """Something is missing without which nothing can be said."""


def require(holds, name, what):
    if not holds:
        raise Wrong(f"{name}: {what}")


def sha256(data):
    return hashlib.sha256(data).digest()


def from_base64(text, name):
    """The bytes of a base64 text that has one form only."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong(f"{name}: {text[:60]!a} is no base64") from None
    require(base64.b64encode(data).decode() == text, name, f"{text[:60]!a} is base64 in another form than the usual one")
    return data


def read_json(data, name):
    """Numbers stay texts, so that none loses a digit."""
    try:
        return json.loads(data.decode("utf-8"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{name}: cannot be read as JSON: {str(error)[:80]!a}") from None


# ---- the container -------------------------------------------------------------------------------------------------

def canonical_header(name, size):
    """The one ustar header of a file of this name and size."""
    block = bytearray(BLOCK)
    for at, field in ((0, name.encode()), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
                      (124, b"%011o\0" % size), (136, b"00000000000\0"), (148, b"        "), (156, b"0"),
                      (257, b"ustar\x0000"), (329, b"0000000\0"), (337, b"0000000\0")):
        block[at:at + len(field)] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


class Bundle:
    """The files of the tar, by name. Reading it accepts exactly one sequence of bytes for given files."""

    def __init__(self, path):
        try:
            self.file = open(path, "rb")
            length = os.fstat(self.file.fileno()).st_size
        except OSError as error:
            raise CannotTell(f"cannot read {path}: {error.strerror}") from None
        self.places = {}
        last, at = "", 0
        while True:
            block = self.file.read(BLOCK)
            if block == bytes(BLOCK):
                break
            name, size = self.header(block, at)
            require(name > last, name, f"stands after {last!a} at byte {at}, out of order or twice")
            require(len(self.places) < FILES_MAX, name, "is one file too many")
            at += BLOCK
            require(at + size <= length, name, "is cut off")
            self.places[name] = (at, size)
            padding = -size % BLOCK
            self.file.seek(at + size)
            require(self.file.read(padding) == bytes(padding), name, "is not followed by zeros up to the next block")
            at += size + padding
            last = name
        require(self.file.read() == bytes(BLOCK), str(path), f"does not end with two blocks of zeros after byte {at}")

    @staticmethod
    def header(block, at):
        require(len(block) == BLOCK, "tar", f"is cut off in the header at byte {at}")
        name = block[:100].rstrip(b"\0")
        shown = ascii(name.decode("ascii", "replace"))
        digits = re.fullmatch(rb"[0-7]{11}\0", block[124:136])
        require(digits, shown, f"its header at byte {at} has no size")
        size = int(block[124:135], 8)
        require(size <= FILE_BYTES_MAX, shown, f"has {size} bytes, more than a file of a bundle ever has")
        try:
            name = name.decode("ascii")
        except UnicodeDecodeError:
            raise Wrong(f"{shown}: its header at byte {at} has a name that is none") from None
        is_table = name.endswith(".csv") and name[:-4] in TABLES
        require(name in SIMPLE_NAMES or is_table or NAMES.fullmatch(name), shown, f"no file of a bundle is called so (byte {at})")
        require(block == canonical_header(name, size), name, f"its header at byte {at} is not the one of its name and size")
        return name, size

    def __contains__(self, name):
        return name in self.places

    def names(self, start=""):
        return [name for name in self.places if name.startswith(start)]

    def read(self, name):
        require(name in self.places, name, "is not in the bundle")
        at, size = self.places[name]
        self.file.seek(at)
        return self.file.read(size)


def check_manifest(bundle):
    """MANIFEST names every other file once, in order, with its digest."""
    lines = "".join(f"{sha256(bundle.read(name)).hex()}  {name}\n" for name in bundle.names() if name != "MANIFEST")
    manifest = bundle.read("MANIFEST")
    if manifest == lines.encode():
        return
    listed = dict(reversed(line.split("  ", 1)) for line in manifest.decode("utf-8", "replace").split("\n") if "  " in line)
    for line in lines.splitlines():
        digest, name = line.split("  ")
        require(listed.get(name) == digest, name, "MANIFEST has another digest for it, or none")
    raise Wrong("MANIFEST: names files that are not there, or has another form than sha256sum gives it")


# ---- signatures ----------------------------------------------------------------------------------------------------

class Key:
    """A C2SP verifier key, NAME+ID+BASE64, of type Ed25519."""

    def __init__(self, text):
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not parts[0]:
            raise CannotTell("--key: a key is NAME+ID+BASE64")
        self.name = parts[0]
        try:
            data = from_base64(parts[2], "--key")
        except Wrong as error:
            raise CannotTell(str(error)) from None
        if len(data) != 33 or data[0] != 1:
            raise CannotTell("--key: is no Ed25519 key")
        self.public = data[1:]
        self.id = sha256(self.name.encode() + b"\n" + data)[:4]
        if self.id.hex() != parts[1]:
            raise CannotTell("--key: the ID does not belong to name and key; a character was changed")

    def has_signed(self, text, signature):
        """Asks openssl."""
        der = bytes.fromhex("302a300506032b6570032100") + self.public
        with tempfile.TemporaryDirectory() as directory:
            paths = {}
            for name, data in (("key", der), ("text", text), ("signature", signature)):
                paths[name] = os.path.join(directory, name)
                with open(paths[name], "wb") as file:
                    file.write(data)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey", paths["key"],
                       "-in", paths["text"], "-sigfile", paths["signature"]]
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, timeout=OPENSSL_SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise CannotTell(f"openssl cannot be run: {error}") from None
        return done.returncode == 0


def check_openssl():
    """openssl must accept a published signature (RFC 8032, 7.1, TEST 2), and refuse it over another text."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    data = b"\x01" + public
    key = Key(f"test+{sha256(b'test' + bytes([10]) + data)[:4].hex()}+{base64.b64encode(data).decode()}")
    if not key.has_signed(b"\x72", signature) or key.has_signed(b"\x73", signature):
        raise CannotTell("this openssl cannot check Ed25519 signatures; 3.0 or newer can")


class Checkpoint:
    """A signed note that says origin, size and root of a log."""

    def __init__(self, data, name):
        self.data, self.name = data, name
        require(len(data) <= NOTE_BYTES_MAX, name, "is too long for a note")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Wrong(f"{name}: is no text") from None
        require(not re.search(r"[\x00-\x09\x0b-\x1f]", whole), name, "holds control characters")
        text, found, lines = whole.rpartition("\n\n")
        require(found and lines.endswith("\n"), name, "is no signed note")
        self.text = text + "\n"
        self.signatures = []
        for line in lines[:-1].split("\n"):
            parts = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
            require(parts, name, "has a line of signatures that is none")
            self.signatures.append((parts[1], from_base64(parts[2], name)))
        fields = self.text[:-1].split("\n")
        require(len(fields) >= 3 and re.fullmatch(NUMBER, fields[1]), name, "is no checkpoint")
        self.origin, self.size, self.root = fields[0], int(fields[1]), from_base64(fields[2], name)
        require(len(self.root) == 32, name, "has a root that is none")

    def check(self, keys):
        """One of the keys must be that of its log, and have signed it."""
        key = keys.get(self.origin)
        require(key, self.name, f"is of the log {self.origin!a}; no --key is that of this log")
        signed = [data[4:] for name, data in self.signatures if name == key.name and data[:4] == key.id]
        require(signed, self.name, "bears no signature of the key given with --key")
        for signature in signed:
            require(key.has_signed(self.text.encode(), signature), self.name, "its signature is wrong")


# ---- the tree (RFC 6962, RFC 9162) ---------------------------------------------------------------------------------

def node(left, right):
    return sha256(b"\x01" + left + right)


def root_of_inclusion(index, size, leaf_hash, proof):
    """The root to which a proof leads (RFC 9162, 2.1.3.2); None where it is too long or too short."""
    place, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            result = node(sibling, result)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            result = node(result, sibling)
        place, last = place >> 1, last >> 1
    return result if last == 0 else None


def is_consistent(old, new, old_root, new_root, proof):
    """Whether the tree of `old` leaves is the beginning of that of `new` (RFC 9162, 2.1.4.2)."""
    if old == 0:
        return not proof and old_root == sha256(b"")
    if old >= new:
        return old == new and old_root == new_root and not proof
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_hash = new_hash = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_hash, new_hash = node(sibling, old_hash), node(sibling, new_hash)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new_hash = node(new_hash, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_hash == old_root and new_hash == new_root


def read_hashes(lines, name):
    require(len(lines) <= HASHES_MAX, name, "has too many hashes")
    hashes = [from_base64(line, name) for line in lines]
    require(all(len(one) == 32 for one in hashes), name, "has a hash that is none")
    return hashes


def split_proof(bundle, name, head, checkpoint):
    """The hashes of a proof that begins with these lines and ends with the checkpoint of the bundle."""
    start, end = head.encode(), b"\n" + checkpoint.data
    data = bundle.read(name)
    require(data.startswith(start), name, f"does not begin with {head!a}")
    require(data.endswith(end) and len(data) >= len(start) + len(end), name, "does not end with the bundle's checkpoint")
    lines = data[len(start):len(data) - len(end)].decode("ascii", "replace")
    require(not lines or lines.endswith("\n"), name, "has a line without an end")
    return read_hashes(lines.split("\n")[:-1], name)


# ---- leaves and bodies ---------------------------------------------------------------------------------------------

def check_leaves(bundle, checkpoint):
    """Each leaf stands in the tree where its name says. Gives the leaves by number."""
    leaves = {}
    for name in bundle.names("leaves/"):
        number = int(name[7:-5])
        require(number < checkpoint.size, name, "is beyond the checkpoint")
        proof_name = f"proofs/{number}.tlog-proof"
        proof = split_proof(bundle, proof_name, f"c2sp.org/tlog-proof@v1\nindex {number}\n", checkpoint)
        data = bundle.read(name)
        root = root_of_inclusion(number, checkpoint.size, sha256(b"\x00" + data), proof)
        require(root == checkpoint.root, name, f"{proof_name} does not lead from it to the root of the checkpoint")
        leaves[number] = read_json(data, name)
        require(isinstance(leaves[number], dict), name, "is no object")
    for name in bundle.names("proofs/"):
        require(int(name[7:-11]) in leaves, name, "proves a leaf that is not there")
    return leaves


def check_bodies(bundle, leaves):
    """Each body that a leaf names is there, and no other."""
    named = set()
    for number, leaf in leaves.items():
        if "body" not in leaf:
            continue
        name = f"bodies/{leaf['body']}"
        require(name in bundle, name, f"leaves/{number}.json names it, and it is not there")
        require(str(bundle.places[name][1]) == leaf.get("length"), name, f"has another length than leaves/{number}.json says")
        named.add(name)
    for name in bundle.names("bodies/"):
        require(name in named, name, "no leaf names it")
        require(sha256(bundle.read(name)).hex() == name[7:], name, "its bytes are not those of its SHA-256")
    return len(named)


# ---- rows ----------------------------------------------------------------------------------------------------------

FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n\r]*))([,\n])')


def records(data, name):
    """The records of a CSV file, with their text. An empty field is None, "" is an empty text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong(f"{name}: is no UTF-8") from None
    at, start, fields = 0, 0, []
    while at < len(text):
        found = FIELD.match(text, at)
        require(found, name, f"cannot be read as CSV at character {at}")
        quoted, plain, end = found.groups()
        fields.append(quoted.replace('""', '"') if quoted is not None else plain or None)
        at = found.end()
        if end == "\n":
            yield text[start:at], fields
            start, fields = at, []
    require(start == len(text), name, "its last line has no end")


class Rows:
    """The tables, and the checks that compare them with leaves and bodies."""

    def __init__(self, bundle, leaves):
        self.bundle, self.leaves = bundle, leaves
        self.bodies = (None, None)
        self.pages = {}
        self.starts, self.ends = {}, {}
        for number, leaf in leaves.items():
            kind = leaf.get("t")
            if "listing" in leaf:
                self.pages.setdefault(leaf["listing"], []).append(number)
            if kind == "run_start":
                self.starts[leaf.get("run")] = number
            if kind in ("run_end", "run_aborted"):
                self.ends[leaf.get("run")] = number

    def table(self, table):
        """The rows of a table, each with a name for messages."""
        name = f"{table}.csv"
        if name not in self.bundle:
            return []
        lines = records(self.bundle.read(name), name)
        columns = next(lines, ("", None))[1]
        require(columns and len(set(columns)) == len(columns), name, "has no header")
        rows = []
        for number, (_, fields) in enumerate(lines, 2):
            require(len(fields) == len(columns), name, f"line {number} has another number of fields than the header")
            row = dict(zip(columns, fields))
            row["?"] = f"{name}: line {number}"
            rows.append(row)
        return rows

    def same(self, row, column, value):
        """A column must be there, and say this."""
        require(column in row, row["?"], f"has no column {column}")
        require(row[column] == value, row["?"], f"{column} is {row[column]!a}, and its evidence says {value!a}")

    def leaf(self, row, column, kinds):
        """The leaf that a column names; None where it names none."""
        require(column in row, row["?"], f"has no column {column}")
        if row[column] is None:
            return None
        number = row[column]
        leaf = self.leaves.get(int(number)) if re.fullmatch(NUMBER, number) else None
        require(leaf, row["?"], f"{column} {number!a} is no leaf of this bundle")
        require(leaf.get("t") in kinds, row["?"], f"{column} {number} is a leaf of another kind, {leaf.get('t')!a}")
        return leaf

    def exchange(self, row, column="exchange_id"):
        leaf = self.leaf(row, column, ("exchange", "no_answer"))
        require(leaf, row["?"], f"{column} names no leaf")
        return leaf

    def body(self, leaf, row):
        """The answer of an exchange, read; None where it is no JSON, as errors of gateways are. The last is kept."""
        digest = leaf.get("body")
        require(digest, row["?"], "rests on a leaf without an answer")
        if self.bodies[0] != digest:
            try:
                self.bodies = (digest, read_json(self.bundle.read(f"bodies/{digest}"), f"bodies/{digest}"))
            except Wrong:
                self.bodies = (digest, None)
        return self.bodies[1]

    def check(self, is_about_operations):
        """Checks all tables; gives the number of rows of each."""
        names = TABLES if is_about_operations else TABLES - CURRENT_TABLES
        for name in self.bundle.names():
            if name.endswith(".csv"):
                require(name[:-4] in names, name, "does not belong into this bundle")
        counts = {}
        self.has_all_versions = is_about_operations
        for table in sorted(names):
            require(f"{table}.csv" in self.bundle, f"{table}.csv", "is not in the bundle")
            rows = self.table(table)
            counts[table] = len(rows)
            getattr(self, f"check_{table}")(rows)
        return counts

    def request(self, number):
        """Of an exchange what was asked; of a page its listing says it."""
        leaf = self.leaves[number]
        return self.leaves.get(int(leaf["listing"]), {}) if "listing" in leaf else leaf

    def key(self, row):
        return tuple(row.get(column) for column in ("service", "account_id", "region_id", "operation_id"))

    def is_about(self, row, leaf):
        """The leaf must be about the operation of the row."""
        asked = self.leaves.get(int(leaf["listing"]), {}) if "listing" in leaf else leaf
        parameters = asked.get("parameters", {})
        about = asked.get("operation") or parameters.get("OperationId") or parameters.get("TaskId")
        # A batch may have been found by asking for the account's last one; then its answer names it.
        if about or row["service"] != "alidns":
            self.same(row, "operation_id", about)
        self.same(row, "account_id", asked.get("account"))
        require((row["region_id"] or "") == (asked.get("region") or ""), row["?"], "its evidence is of another region")

    def check_requests(self, rows):
        listed = [row["exchange_id"] for row in rows]
        there = [str(number) for number, leaf in sorted(self.leaves.items()) if leaf.get("t") in ("exchange", "no_answer")]
        require(listed == there, "requests.csv", "does not list exactly the exchanges in leaves/, in order")
        for row in rows:
            leaf = self.exchange(row)
            asked = self.request(int(row["exchange_id"]))
            status = leaf.get("http_status", "200" if leaf["t"] == "exchange" else None)
            duration = str(int(leaf["received_at"]) - int(leaf["requested_at"]))
            for column, value in (("run_id", leaf.get("run")), ("action", asked.get("action")), ("region_id", asked.get("region")),
                                  ("listing_id", leaf.get("listing")), ("page_number", leaf.get("page")),
                                  ("account_id", asked.get("account")), ("attempt", leaf.get("attempt", "1")),
                                  ("requested_at", instant(leaf["requested_at"])), ("received_at", instant(leaf["received_at"])),
                                  ("duration_ms", duration), ("http_status", status),
                                  ("body_sha256", leaf.get("body")), ("body_bytes", leaf.get("length")),
                                  ("redactions", str(len(leaf.get("redacted", []))))):
                self.same(row, column, value)
            self.leaf(row, "listing_id", ("listing",))
            require(row["run_id"] in self.starts, row["?"], "its run is not in the bundle")
            answer = self.body(leaf, row) if leaf["t"] == "exchange" else None
            if isinstance(answer, dict) and isinstance(answer.get("RequestId"), str):
                self.same(row, "request_id", answer["RequestId"])

    def check_collection_runs(self, rows):
        require({row["run_id"] for row in rows} == set(self.starts), "collection_runs.csv", "does not list exactly the runs in leaves/")
        for row in rows:
            start = self.leaf(row, "run_start_id", ("run_start",))
            require(start and start.get("run") == row["run_id"], row["?"], "names the beginning of another run")
            for column, field in (("kind", "kind"), ("os_user", "user"), ("host", "host"), ("program", "program"),
                                  ("endpoint", "endpoint")):
                self.same(row, column, start.get(field))
            self.same(row, "simulated", start.get("simulated", "0"))
            self.same(row, "started_at", instant(start["started_at"]))
            end = self.leaf(row, "run_end_id", ("run_end", "run_aborted"))
            require(end is None or end.get("run") == row["run_id"], row["?"], "names the end of another run")
            is_dead = end is None or end["t"] == "run_aborted"
            self.same(row, "ended_at", None if is_dead else instant(end["ended_at"]))

    def check_listings(self, rows):
        for row in rows:
            leaf = self.leaf(row, "listing_id", ("listing",))
            require(leaf, row["?"], "names no leaf")
            for column, field in (("action", "action"), ("account_id", "account"), ("run_id", "run"), ("operation_id", "operation")):
                self.same(row, column, leaf.get(field))
            pages = self.pages.get(row["listing_id"], [])
            if row["verdict"] == "complete" and leaf["action"] == "ListStackGroupOperationResults":
                entries = self.listed(pages, row)
                is_here = len({self.leaves[page]["page"] for page in pages}) >= int(row["pages"])
                if is_here:  # of runs only a part of the pages may be asked for
                    self.same(row, "distinct_keys", str(len(entries)))
                    self.same(row, "last_total_count", str(len(entries)))

    def listed(self, pages, row):
        """The result rows on the pages of a listing, by account and region."""
        entries = {}
        for page in pages:
            leaf = self.leaves[page]
            answer = self.body(leaf, row) if leaf["t"] == "exchange" else None
            if isinstance(answer, dict) and isinstance(answer.get("StackGroupOperationResults"), list):
                for entry in answer["StackGroupOperationResults"]:
                    if isinstance(entry, dict):
                        entries[(entry.get("AccountId"), entry.get("RegionId"))] = entry
        return entries

    def check_version(self, row, before):
        """Versions are numbered from 1; where operations are proved, none may be left out."""
        number = int(before["version"]) + 1 if before else 1
        if self.has_all_versions:
            self.same(row, "version", str(number))

    def check_phase(self, row):
        phases = DNS_PHASES if row["service"] == "alidns" else PHASES
        self.same(row, "phase", phases.get(row["status"], "unknown"))

    def check_operation_history(self, rows):
        self.history, self.newest = {}, {}
        for row in rows:
            leaf = self.exchange(row)
            self.is_about(row, leaf)
            self.same(row, "first_seen_at", instant(leaf["received_at"]))
            self.check_phase(row)
            details = read_json((row["details"] or "").encode(), row["?"])
            answer = self.body(leaf, row)
            require(isinstance(answer, dict) and isinstance(details, dict), row["?"], "its answer or its details are no object")
            fields = FIELDS[row["service"]](answer)
            for field, value in fields.items():
                require(plain(details.get(field)) == plain(value), row["?"],
                        f"{field} is {plain(details.get(field))!a}, and bodies/{leaf['body']} says {plain(value)!a}")
            status = (fields["status"] or "").strip() or None
            self.same(row, "status", status.upper() if status and row["service"] == "bpstudio" else status)
            self.check_version(row, self.newest.get(self.key(row), (None,))[0])
            self.history[self.key(row) + (row["exchange_id"],)] = row
            self.newest[self.key(row)] = (row, fields)

    def check_operations(self, rows):
        require(len({self.key(row) for row in rows}) == len(rows), "operations.csv", "lists an operation twice")
        require({self.key(row) for row in rows} == set(self.newest), "operations.csv", "lists other operations than operation_history.csv")
        for row in rows:
            newest, fields = self.newest[self.key(row)]
            for column in ("version", "status", "phase", "exchange_id"):
                self.same(row, column, newest[column])
            self.same(newest, "is_current", "1")
            self.same(row, "is_final", "1" if row["phase"] in FINAL else "0")
            self.same(row, "status_raw", fields["status"])
            self.same(row, "last_seen_at", instant(self.exchange(row, "last_exchange_id")["received_at"]))
            if row["service"] == "ros":
                for column, field in (("kind", "action"), ("resource_id", "stack_group_id"), ("resource_name", "stack_group_name"),
                                      ("cloud_started_at_raw", "create_time"), ("cloud_ended_at_raw", "end_time")):
                    self.same(row, column, fields[field])
                self.check_counts(row)
            if row["service"] == "alidns":
                for column, field in (("kind", "batch_type"), ("total_count", "total_count"), ("reason", "reason"),
                                      ("succeeded_count", "success_count"), ("failed_count", "failed_count")):
                    self.same(row, column, fields[field])

    def check_counts(self, row):
        """The counts of an operation are those of its last complete list."""
        if self.leaf(row, "listing_id", ("listing",)) is None:
            self.same(row, "total_count", None)
            return
        entries = self.listed(self.pages.get(row["listing_id"], []), row)
        phases = [PHASES.get((entry.get("Status") or "").strip()) for entry in entries.values()]
        self.same(row, "total_count", str(len(entries)))
        for phase in ("succeeded", "failed", "cancelled"):
            self.same(row, f"{phase}_count", str(phases.count(phase)))

    def check_operation_timeline(self, rows):
        for row in rows:
            first = self.history.get(self.key(row) + (row["exchange_id"],))
            require(first, row["?"], "its exchange_id shows no version of the operation")
            self.same(row, "status", first["status"])
            self.same(row, "phase", first["phase"])
            self.same(row, "entered_latest_at", instant(self.exchange(row)["received_at"]))
            after = self.leaf(row, "next_exchange_id", ("exchange",))
            self.same(row, "left_latest_at", after and instant(after["received_at"]))

    def target(self, row):
        return self.key(row) + (row["target_account_id"], row["target_region_id"])

    def check_result_history(self, rows):
        self.results, self.newest_results = {}, {}
        for row in rows:
            leaf = self.exchange(row)
            self.is_about(row, leaf)
            self.leaf(row, "listing_id", ("listing",))
            self.same(row, "listing_id", leaf.get("listing"))
            self.same(row, "first_seen_at", instant(leaf["received_at"]))
            self.check_phase(row)
            if row["present"] == "1":
                self.check_entry(row, leaf)
            else:
                entries = self.listed(self.pages.get(row["listing_id"], []), row)
                require(self.target(row)[4:] not in entries, row["?"], "says that the row is gone, and its list holds it")
            self.check_version(row, self.newest_results.get(self.target(row)))
            self.results[self.target(row) + (row["exchange_id"],)] = row
            self.newest_results[self.target(row)] = row

    def check_entry(self, row, leaf):
        """The page must hold a row that says so. Rows that come twice on a page are equal."""
        target = self.target(row)[4:]
        answer = self.body(leaf, row)
        entries = answer.get("StackGroupOperationResults") if isinstance(answer, dict) else None
        for entry in entries or []:
            if (entry.get("AccountId"), entry.get("RegionId")) == target:
                status = (entry.get("Status") or "").strip() or None
                self.same(row, "status", status)
                self.same(row, "status_reason", entry.get("StatusReason"))
                self.same(row, "folder_id", entry.get("RdFolderId"))
                return
        raise Wrong(f"{row['?']}: bodies/{leaf['body']} has no row of {target!a}")

    def check_results(self, rows):
        require([self.target(row) for row in rows] == list(self.newest_results), "results.csv", "lists other rows than result_history.csv")
        for row in rows:
            newest = self.newest_results[self.target(row)]
            for column in ("status", "phase", "status_reason", "folder_id", "version", "present", "exchange_id", "listing_id"):
                self.same(row, column, newest[column])

    def check_result_timeline(self, rows):
        for row in rows:
            first = self.results.get(self.target(row) + (row["exchange_id"],))
            require(first, row["?"], "its exchange_id shows no version of the result")
            self.same(row, "status", first["status"])
            self.same(row, "phase", first["phase"])
            self.same(row, "entered_latest_at", instant(self.exchange(row)["received_at"]))

    def check_interventions(self, rows):
        for row in rows:
            leaf = self.leaf(row, "intervention_id", ("intervention",))
            require(leaf, row["?"], "names no leaf")
            for column, field in (("account_id", "account"), ("region_id", "region"), ("operation_id", "operation"),
                                  ("os_user", "user"), ("caller_arn", "caller_arn"), ("reason", "reason"), ("ticket", "ticket"),
                                  ("status_before", "status_before")):
                self.same(row, column, leaf.get(field))
            self.same(row, "requested_at", instant(leaf["requested_at"]))
            call = self.leaf(row, "exchange_id", ("exchange", "no_answer"))
            if call is not None:
                require(call.get("intervention") == row["intervention_id"], row["?"], "its exchange_id is another call")

    def check_batch_details(self, rows):
        for row in rows:
            leaf = self.exchange(row)
            self.is_about(row, leaf)
            self.same(row, "seen_at", instant(leaf["received_at"]))
            answer = self.body(leaf, row)
            entries = find_list(answer, "BatchResultDetail") or []
            expected = {field: row[column] for column, field in BATCH_FIELDS.items()}
            is_there = any(all(plain(entry.get(field)) == value for field, value in expected.items()) for entry in entries)
            require(is_there, row["?"], f"bodies/{leaf['body']} has no such row")


BATCH_FIELDS = {"batch_type": "BatchType", "domain": "Domain", "rr": "Rr", "record_type": "Type", "value": "Value", "line": "Line",
                "ttl": "Ttl", "priority": "Priority", "new_rr": "NewRr", "new_value": "NewValue", "record_id": "RecordId",
                "remark": "Remark", "rr_status": "RrStatus", "status_raw": "Status", "reason": "Reason",
                "operate_date_raw": "OperateDateStr"}
ROS_FIELDS = ("Action", "Status", "OperationDescription", "StackGroupId", "StackGroupName", "CreateTime", "EndTime",
              "AdministrationRoleName", "ExecutionRoleName", "RetainStacks")
ROS_PARTS = {
    "DeploymentTargets": ("AccountIds", "RdFolderIds"),
    "OperationPreferences": ("RegionIdsOrder", "FailureToleranceCount", "FailureTolerancePercentage", "MaxConcurrentCount",
                             "MaxConcurrentPercentage"),
    "StackGroupDriftDetectionDetail": (
        "DriftDetectionStatus", "StackGroupDriftStatus", "DriftDetectionTime", "TotalStackInstancesCount",
        "DriftedStackInstancesCount", "InSyncStackInstancesCount", "InProgressStackInstancesCount",
        "FailedStackInstancesCount", "CancelledStackInstancesCount")}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def ros_fields(answer):
    entity = answer.get("StackGroupOperation") or {}
    fields = {snake(name): entity.get(name) for name in ROS_FIELDS}
    for part, names in ROS_PARTS.items():
        fields.update({snake(name): (entity.get(part) or {}).get(name) for name in names})
    fields["retain_stacks"] = {True: "1", False: "0", "true": "1", "false": "0"}.get(fields["retain_stacks"])
    return fields


def bpstudio_fields(answer):
    data = answer.get("Data") or {}
    code = answer.get("Code") if answer.get("Code") is not None else answer.get("code")
    fields = {"code": code, "status": data.get("Status")}
    for name in ("Message", "Arguments"):
        text = data.get(name)
        is_text = isinstance(text, str)
        fields[f"{name.lower()}_sha256"] = sha256(text.encode("utf-8", "surrogatepass")).hex() if is_text else None
        fields[f"{name.lower()}_bytes"] = str(len(text.encode("utf-8", "surrogatepass"))) if is_text else None
    return fields


def alidns_fields(answer):
    return {snake(name): answer.get(name)
            for name in ("TaskId", "BatchType", "Status", "TotalCount", "SuccessCount", "FailedCount", "Reason")}


FIELDS = {"ros": ros_fields, "bpstudio": bpstudio_fields, "alidns": alidns_fields}


def plain(value):
    """A value as text; lists of ids in any order."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return sorted(str(one) for one in value) if isinstance(value, list) else value


def find_list(value, name):
    """The list of this name in an answer, on whatever level."""
    if isinstance(value, dict):
        found = value.get(name)
        if isinstance(found, list):
            return [entry for entry in found if isinstance(entry, dict)]
        for inner in value.values():
            entries = find_list(inner, name)
            if entries is not None:
                return entries
    return None


def instant(millis):
    """Milliseconds since 1970 as the views write them."""
    seconds, rest = divmod(int(millis), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03}Z"


# ---- what was asked for --------------------------------------------------------------------------------------------

def check_sample(bundle, asked, rows):
    """The sample is taken again from the population."""
    name = "population.txt"
    data = bundle.read(name)
    require(sha256(data).hex() == asked.get("population_sha256"), name, "is not the one that statement.json names")
    ranked, last, count = [], None, 0
    for line, fields in records(data, name):
        require(len(fields) == 4 and None not in fields, name, f"{line[:60]!a} is no operation")
        order = tuple(field.encode() for field in fields)
        require(last is None or last < order, name, f"{line[:60]!a} is out of order or comes twice")
        last = order
        count += 1
        ranked.append((sha256(f"{asked['seed']}\n{line}".encode()), tuple(fields)))
    require(str(count) == asked.get("population"), name, "has another number of lines than statement.json says")
    chosen = {key for _, key in sorted(ranked)[:int(asked["count"])]}
    there = {rows.key(row) for row in rows.table("operations")}
    require(chosen == there, "operations.csv", "does not hold exactly the operations that the seed chooses from population.txt")


def check_runs(asked, leaves):
    """All leaves from the first run to the last are there."""
    first, last = int(asked["first_leaf"]), int(asked["last_leaf"])
    for number in range(first, last + 1):
        require(number in leaves, f"leaves/{number}.json", "is missing between the first and the last leaf of the runs")
    begin = leaves[first]
    is_first = begin.get("t") == "run_start" and int(asked["first"]) <= int(begin["run"]) <= int(asked["last"])
    require(is_first, f"leaves/{first}.json", "is not the beginning of a run that was asked for")


def check_statement(bundle, checkpoint, leaves, bodies, counts, rows):
    """What statement.json says must be what is there."""
    name = "statement.json"
    statement = read_json(bundle.read(name), name)
    require(isinstance(statement, dict) and statement.get("format") == "optrail-bundle@v1", name, "is of no known format")
    genesis = leaves.get(0, {})
    require(genesis.get("t") == "genesis", "leaves/0.json", "is no genesis")
    asked = statement["asked"]
    operations = len(rows.table("operations")) if asked["kind"] != "runs" else None
    expected = {"log": genesis.get("log"), "origin": checkpoint.origin, "evidence_size": str(checkpoint.size),
                "evidence_root": checkpoint.root.hex(), "verifier_sha256": sha256(bundle.read("verify.py")).hex()}
    for field, value in expected.items():
        require(statement.get(field) == value, name, f"{field} is {statement.get(field)!a}, and here it is {value!a}")
    counted = {"leaves": len(leaves), "bodies": bodies, "checkpoints": len(bundle.names("checkpoints/")),
               "attachments": len(bundle.names("attachments/"))}
    if operations is not None:
        counted["operations"] = operations
    for field, value in counted.items():
        require(statement["counts"].get(field) == str(value), name, f"counts {statement['counts'].get(field)!a} {field}, and {value} are here")
    listed = {entry["file"]: entry["rows"] for entry in statement["rows"]}
    for table, count in counts.items():
        said = listed.pop(f"{table}.csv", None)
        require(said == str(count), f"{table}.csv", f"has {count} rows, and {name} says {said!a}")
    require(not listed, name, "counts rows of tables that are not there")
    if asked["kind"] == "operation":
        there = [list(rows.key(row)) for row in rows.table("operations")]
        require(there == [asked["operation"]], "operations.csv", "does not hold exactly the operation that statement.json names")
    elif asked["kind"] == "sample":
        check_sample(bundle, asked, rows)
    else:
        check_runs(asked, leaves)
    require((asked["kind"] == "sample") == ("population.txt" in bundle), "population.txt", "belongs to a sample, and to nothing else")
    return asked


def check_held(bundle, checkpoint, held, keys):
    """From each checkpoint that was kept, the log must go on to the one of the bundle."""
    inside = [Checkpoint(bundle.read(name), name) for name in bundle.names("checkpoints/")]
    proofs = set(bundle.names("consistency/"))
    missing = []
    for kept in inside:
        require(kept.name == f"checkpoints/{kept.size}", kept.name, f"covers {kept.size} leaves")
    for kept in inside + held:
        kept.check(keys)
        proof = f"consistency/{kept.size}-{checkpoint.size}"
        if kept.size == checkpoint.size and proof not in bundle:
            require(kept.root == checkpoint.root, kept.name, "has another root than the bundle's checkpoint of the same size: two histories were signed")
        elif proof in bundle:
            hashes = split_proof(bundle, proof, f"old {kept.size}\n", checkpoint)
            require(is_consistent(kept.size, checkpoint.size, kept.root, checkpoint.root, hashes), kept.name,
                    f"{proof} does not lead from it to the bundle's checkpoint: the log has another history, or the proof was changed")
            proofs.discard(proof)
        else:
            missing.append(kept)
    require(not proofs, ", ".join(sorted(proofs)), "belongs to no checkpoint in checkpoints/")
    for kept in missing:
        if kept.size > checkpoint.size:
            raise CannotTell(f"{kept.name}: covers {kept.size} leaves, and the bundle only {checkpoint.size}: ask for a newer bundle")
        raise CannotTell(f"{kept.name}: the bundle has no proof from size {kept.size}; ask for one made with: optrail prove --checkpoint FILE")
    return len(inside)


def check(path, keys, held_paths=()):
    """Checks everything; gives what there is to say. Raises Wrong or CannotTell."""
    bundle = Bundle(path)
    check_manifest(bundle)
    require(sha256(bundle.read("README")).hex() == README_SHA256, "README", "is not the one of this version of optrail")
    checkpoint = Checkpoint(bundle.read("checkpoint"), "checkpoint")
    check_openssl()
    checkpoint.check(keys)
    leaves = check_leaves(bundle, checkpoint)
    bodies = check_bodies(bundle, leaves)
    rows = Rows(bundle, leaves)
    try:
        statement = read_json(bundle.read("statement.json"), "statement.json")
        counts = rows.check(statement["asked"]["kind"] != "runs")
        asked = check_statement(bundle, checkpoint, leaves, bodies, counts, rows)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Wrong(f"statement.json or a table: something is missing or of another kind: {type(error).__name__} {str(error)[:80]!a}") from None
    held = [Checkpoint(read_file(held_path), held_path) for held_path in held_paths]
    inside = check_held(bundle, checkpoint, held, keys)
    return summary(bundle, checkpoint, asked, {"leaves": len(leaves), "bodies": bodies, "inside": inside, "held": held,
                                               "rows": sum(counts.values()), "operations": counts.get("operations")})


def read_file(path):
    try:
        with open(path, "rb") as file:
            return file.read(NOTE_BYTES_MAX + 1)
    except OSError as error:
        raise CannotTell(f"cannot read {path}: {error.strerror}") from None


def own_digest():
    try:
        with open(os.path.abspath(__file__), "rb") as file:
            return sha256(file.read())
    except (NameError, OSError):
        return None


def summary(bundle, checkpoint, asked, found):
    lines = [f"all holds: {len(bundle.places)} files, {found['leaves']} leaves of {checkpoint.size} with their proofs, {found['bodies']} bodies, "
             f"{found['rows']} rows compared with them",
             f"checkpoint of {ascii(checkpoint.origin)[1:-1]}: {checkpoint.size} leaves, root {checkpoint.root.hex()}"]
    if asked["kind"] == "sample":
        lines.append(f"sample: {found['operations']} of {asked['population']} operations, chosen by seed {asked['seed']!a}")
    if asked["kind"] == "runs":
        lines.append(f"runs {asked['first']} to {asked['last']}: leaves {asked['first_leaf']} to {asked['last_leaf']} without a gap")
    if found["inside"]:
        lines.append(f"the log goes on from {found['inside']} older checkpoints in the bundle")
    if found["held"]:
        sizes = ", ".join(str(kept.size) for kept in found["held"])
        lines.append(f"compared with {len(found['held'])} checkpoints that you kept, of {sizes} leaves: nothing before them was changed")
    else:
        lines.append("compared with no external copy: name a checkpoint that you kept with --checkpoint")
    attachments = len(bundle.names("attachments/"))
    if attachments:
        lines.append(f"not checked: {attachments} attachments")
    own = own_digest()
    if own is not None and own != sha256(bundle.read("verify.py")):
        lines.append("note: the verify.py in the bundle is another one than this")
    lines.append("not proved: that answers are the cloud's and true, what was never asked, anything after the last checkpoint that somebody "
                 "else keeps, exact time; see README")
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Checks a bundle of optrail. Exit status: 0 all holds, 1 wrong, 2 cannot tell.")
    parser.add_argument("bundle", help="the tar file")
    parser.add_argument("--key", action="append", required=True, metavar="VKEY",
                        help="public key of the log, NAME+ID+BASE64, which did not come with the bundle; repeatable, for former keys")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="a checkpoint that you kept; repeatable")
    options = parser.parse_args(arguments)
    try:
        keys = {key.name: key for key in map(Key, options.key)}
        print("\n".join(check(options.bundle, keys, options.checkpoint)))
        return 0
    except Wrong as error:
        print(f"WRONG: {error}")
        return 1
    except CannotTell as error:
        print(f"cannot tell: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
