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
import stat
import subprocess
import sys
import tempfile
import time

README_SHA256 = "4e3a9594915cd66b845f2db10ba316f9332d90412c69484fa661308519b38825"  # the README is the same in every bundle

BLOCK = 512
FILES_MAX = 400_000  # a bundle has 100,000 leaves at most, each with a proof and perhaps a body
FILE_BYTES_MAX = 300 << 20  # the largest body that is ever kept has 64 MiB
NOTE_BYTES_MAX = 128 << 10
HASHES_MAX = 63  # height of a tree of 2^63 leaves
OPENSSL_SECONDS = 30

SIMPLE_NAMES = {"MANIFEST", "README", "checkpoint", "statement.json", "verify.py", "population.txt"}
COLUMNS = {  # the header of each table
    "batch_details":
        "service account_id region_id operation_id position batch_type domain rr record_type value line ttl priority new_rr "
        "new_value record_id remark rr_status status status_raw reason operate_date operate_date_raw seen_at exchange_id",
    "collection_runs":
        "run_id kind started_at ended_at duration_ms outcome os_user host program endpoint simulated every_ms services accounts "
        "clock_offset_ms clock_samples watches_due watches_polled watches_failed watches_deferred operations_new versions_new "
        "looks_unchanged results_seen listings_complete listings_incomplete not_found expired_unseen requests retries throttled "
        "bytes_received evidence_size run_start_id run_end_id",
    "interventions":
        "service account_id region_id operation_id intervention_id requested_at os_user caller_arn reason ticket status_before "
        "outcome request_id effect effect_seen_at exchange_id",
    "listings":
        "listing_id action service account_id region_id operation_id stack_group_name run_id started_at ended_at pages page_size "
        "first_total_count last_total_count distinct_keys verdict reason look",
    "operation_history":
        "service account_id region_id operation_id version first_seen_at last_seen_at replaced_at is_current status phase changed "
        "exchange_id details",
    "operation_timeline":
        "service account_id region_id operation_id sequence status phase reason entered_earliest_at entered_latest_at "
        "left_earliest_at left_latest_at min_duration_seconds max_duration_seconds looks widest_look_gap_seconds cloud_started_at "
        "cloud_ended_at exchange_id next_exchange_id",
    "operations":
        "service account_id region_id operation_id kind resource_type resource_id resource_name status status_raw phase is_final "
        "has_failures reason cloud_started_at cloud_started_at_raw cloud_ended_at cloud_ended_at_raw duration_ms total_count "
        "succeeded_count failed_count cancelled_count counted_at first_seen_at last_seen_at version watch_state exchange_id "
        "last_exchange_id listing_id",
    "requests":
        "exchange_id run_id account_id label caller_arn service action region_id operation_id listing_id page_number parameters "
        "attempt requested_at received_at duration_ms http_status outcome error_code error_message request_id body_sha256 "
        "body_bytes redactions",
    "result_history":
        "service account_id region_id operation_id resource_name kind target_account_id target_region_id version folder_id status "
        "phase status_reason first_seen_at last_seen_at replaced_at is_current present changed listing_id exchange_id",
    "result_timeline":
        "service account_id region_id operation_id target_account_id target_region_id sequence status phase reason "
        "entered_earliest_at entered_latest_at left_earliest_at left_latest_at min_duration_seconds max_duration_seconds looks "
        "widest_look_gap_seconds exchange_id",
    "results":
        "service account_id region_id operation_id resource_name kind target_account_id target_region_id folder_id status phase "
        "status_reason first_seen_at last_seen_at version present exchange_id listing_id",
}
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
            # Without O_NONBLOCK, opening a pipe would wait for somebody who writes.
            self.file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
            facts = os.fstat(self.file.fileno())
        except OSError as error:
            raise CannotTell(f"cannot read {path}: {error.strerror}") from None
        if not stat.S_ISREG(facts.st_mode):
            raise CannotTell(f"{path} is no regular file")
        length = facts.st_size
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
        require(self.file.read(BLOCK + 1) == bytes(BLOCK), str(path), f"does not end with two blocks of zeros after byte {at}")

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
        is_table = name.endswith(".csv") and name[:-4] in COLUMNS
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
        """One of the keys must be that of its log, and have signed it. Without that key nothing is known of it."""
        key = keys.get(self.origin)
        if not key:
            raise CannotTell(f"{self.name}: is of the log {self.origin!a}; no --key is that of this log. Name its former key with --key too")
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
        self.last_list = (None, None)
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
        columns = COLUMNS[table].split()
        require(next(lines, ("", None))[1] == columns, name, "has another header than this table has")
        rows = []
        for number, (_, fields) in enumerate(lines, 2):
            require(len(fields) == len(columns), name, f"line {number} has another number of fields than the header")
            row = dict(zip(columns, fields))
            row["?"] = f"{name}: line {number}"
            rows.append(row)
        return rows

    def same(self, row, column, value):
        """A column must say this."""
        require(row[column] == value, row["?"], f"{column} is {row[column]!a}, and its evidence says {value!a}")

    def same_region(self, row, leaf):
        """A service without regions has an empty one in rows, and none in leaves."""
        require((row["region_id"] or "") == (leaf.get("region") or ""), row["?"], "its evidence is of another region")

    def leaf(self, row, column, kinds):
        """The leaf that a column names; None where it names none."""
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
        names = set(COLUMNS) if is_about_operations else set(COLUMNS) - CURRENT_TABLES
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

    def is_about(self, row, leaf, answer=None):
        """The leaf must be about the operation of the row, and so must its answer, where that names one."""
        asked = self.leaves.get(int(leaf["listing"]), {}) if "listing" in leaf else leaf
        parameters = asked.get("parameters", {})
        about = asked.get("operation") or parameters.get("OperationId") or parameters.get("TaskId")
        # A batch may have been found by asking for the account's last one; then its answer names it.
        if about or row["service"] != "alidns":
            self.same(row, "operation_id", about)
        require(SHOWS.get(asked.get("action")) == row["service"], row["?"], f"its evidence is of another service: {asked.get('action')!a}")
        if answer is not None:
            answered = answered_id(row["service"], answer)
            require(answered is not None or about, row["?"], "neither its question nor its answer names an operation")
            if answered is not None:
                self.same(row, "operation_id", answered)
        self.same(row, "account_id", asked.get("account"))
        self.same_region(row, asked)

    def check_requests(self, rows):
        listed = [row["exchange_id"] for row in rows]
        there = [str(number) for number, leaf in sorted(self.leaves.items()) if leaf.get("t") in ("exchange", "no_answer")]
        require(listed == there, "requests.csv", "does not list exactly the exchanges in leaves/, in order")
        for row in rows:
            leaf = self.exchange(row)
            asked = self.request(int(row["exchange_id"]))
            status = leaf.get("http_status", "200" if leaf["t"] == "exchange" else None)
            duration = str(int(leaf["received_at"]) - int(leaf["requested_at"]))
            parameters = asked.get("parameters", {})
            operation = next((found for found in (asked.get("operation"), parameters.get("OperationId"), parameters.get("TaskId"))
                              if found is not None), None)
            for column, value in (("run_id", leaf.get("run")), ("action", asked.get("action")), ("region_id", asked.get("region")),
                                  ("service", SERVICES.get(asked.get("action"))), ("operation_id", operation),
                                  ("listing_id", leaf.get("listing")), ("page_number", leaf.get("page")),
                                  ("account_id", asked.get("account")), ("label", asked.get("label")), ("attempt", leaf.get("attempt", "1")),
                                  ("requested_at", instant(leaf["requested_at"])), ("received_at", instant(leaf["received_at"])),
                                  ("duration_ms", duration), ("http_status", status),
                                  ("body_sha256", leaf.get("body")), ("body_bytes", leaf.get("length")),
                                  ("redactions", str(len(leaf.get("redacted", []))))):
                self.same(row, column, value)
            self.leaf(row, "listing_id", ("listing",))
            require(row["run_id"] in self.starts, row["?"], "its run is not in the bundle")
            self.check_request_id(row, leaf)

    def check_request_id(self, row, leaf):
        answer = self.body(leaf, row) if leaf["t"] == "exchange" else None
        if isinstance(answer, dict) and isinstance(answer.get("RequestId"), str):
            self.same(row, "request_id", answer["RequestId"])

    def check_collection_runs(self, rows):
        listed = [row["run_id"] for row in rows]
        require(listed == sorted(self.starts, key=int), "collection_runs.csv", "does not list exactly the runs in leaves/, each once and in order")
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
        listed = [row["listing_id"] for row in rows]
        there = [str(number) for number, leaf in sorted(self.leaves.items()) if leaf.get("t") == "listing"]
        require(listed == there, "listings.csv", "does not list exactly the lists in leaves/, in order")
        for row in rows:
            leaf = self.leaf(row, "listing_id", ("listing",))
            require(leaf, row["?"], "names no leaf")
            for column, field in (("action", "action"), ("account_id", "account"), ("run_id", "run"), ("operation_id", "operation")):
                self.same(row, column, leaf.get(field))
            self.same(row, "service", SERVICES.get(leaf["action"]))
            self.same_region(row, leaf)
            pages = self.pages.get(row["listing_id"], [])
            if row["verdict"] == "complete" and leaf["action"] == "ListStackGroupOperationResults":
                entries = self.listed(pages, row)
                is_here = len({self.leaves[page]["page"] for page in pages}) >= int(row["pages"])
                if is_here:  # of runs only a part of the pages may be asked for
                    self.same(row, "distinct_keys", str(len(entries)))
                    self.same(row, "last_total_count", str(len(entries)))

    def listed(self, pages, row):
        """The result rows on the pages of a listing, by account and region. The last listing is kept."""
        if pages and self.last_list[0] == pages:
            return self.last_list[1]
        entries = {}
        for page in pages:
            leaf = self.leaves[page]
            answer = self.body(leaf, row) if leaf["t"] == "exchange" else None
            if isinstance(answer, dict) and isinstance(answer.get("StackGroupOperationResults"), list):
                for entry in answer["StackGroupOperationResults"]:
                    if isinstance(entry, dict):
                        entries[(entry.get("AccountId"), entry.get("RegionId"))] = entry
        self.last_list = (pages, entries)
        return entries

    def check_version(self, row, before):
        """Versions are numbered without a gap; where operations are proved from 1. Each is shown after the one before."""
        if before or self.has_all_versions:
            self.same(row, "version", str(int(before["version"]) + 1 if before else 1))
        is_later = not before or int(before["exchange_id"]) < int(row["exchange_id"])
        require(is_later, row["?"], "its evidence is not later than that of the version before")

    def check_phase(self, row):
        phases = DNS_PHASES if row["service"] == "alidns" else PHASES
        self.same(row, "phase", phases.get(row["status"], "unknown"))

    def check_operation_history(self, rows):
        self.history, self.newest, self.versions = {}, {}, {}
        for row in rows:
            leaf = self.exchange(row)
            self.same(row, "first_seen_at", instant(leaf["received_at"]))
            self.check_phase(row)
            details = read_json((row["details"] or "").encode(), row["?"])
            answer = self.body(leaf, row)
            require(isinstance(answer, dict) and isinstance(details, dict), row["?"], "its answer or its details are no object")
            self.is_about(row, leaf, answer)
            fields = FIELDS[row["service"]](answer)
            require(details.keys() == fields.keys() | {"unknown_fields"}, row["?"], "its details have other fields than an answer can have")
            for field, value in fields.items():
                require(plain(details.get(field)) == plain(value), row["?"],
                        f"{field} is {plain(details.get(field))!a}, and bodies/{leaf['body']} says {plain(value)!a}")
            status = (fields["status"] or "").strip() or None
            self.same(row, "status", status.upper() if status and row["service"] == "bpstudio" else status)
            self.check_version(row, self.newest.get(self.key(row), (None,))[0])
            self.history[self.key(row) + (row["exchange_id"],)] = row
            self.newest[self.key(row)] = (row, fields)
            self.versions.setdefault(self.key(row), []).append((int(row["exchange_id"]), row, fields))
        for versions in self.versions.values():
            self.check_succession([row for _, row, _ in versions])
        self.check_looks()

    def check_succession(self, versions):
        """Each version is replaced by the next. Whether the last one here was is known only where all are here."""
        for row, after in zip(versions, versions[1:]):
            self.same(row, "is_current", "0")
            self.same(row, "replaced_at", after["first_seen_at"])
        if self.has_all_versions:
            self.same(versions[-1], "is_current", "1")
            self.same(versions[-1], "replaced_at", None)

    def check_looks(self):
        """Each answer about an operation says what the version says that was the newest then: none is hidden."""
        self.looks = {}
        before = {}
        for number, leaf in sorted(self.leaves.items()):
            found = self.look(number, leaf)
            if found is None:
                continue
            key, fields = found
            self.looks[key] = number
            known = [version for version in self.versions.get(key, []) if version[0] <= number]
            name = f"leaves/{number}.json"
            if known:
                said = known[-1][2]
            else:
                # Only what some runs saw is here: the version may be older than they are, and then all looks agree.
                require(not self.has_all_versions, "operation_history.csv", f"has no version that {name} shows, of {key[3]!a}")
                said = before.setdefault(key, fields)
            for field, value in fields.items():
                require(plain(value) == plain(said[field]), "operation_history.csv", f"{field} is {plain(value)!a} in the answer of {name}, "
                        f"and {plain(said[field])!a} in the version of {key[3]!a} that was the newest then")

    def look(self, number, leaf):
        """The operation that an answer is about, and its fields; None where it is no such answer, or says no status."""
        service = LOOKS.get(leaf.get("action"))
        if leaf.get("t") != "exchange" or "http_status" in leaf or service is None:
            return None
        answer = self.body(leaf, {"?": f"leaves/{number}.json"})
        if not isinstance(answer, dict):
            return None
        parameters = leaf.get("parameters", {})
        asked = parameters.get("OperationId") or parameters.get("TaskId")
        answered = answered_id(service, answer)
        fields = FIELDS[service](answer)
        if not isinstance(fields["status"], str) or answered is None or asked not in (None, answered):
            return None
        return (service, leaf.get("account"), leaf.get("region") or "", answered), fields

    def check_operations(self, rows):
        require(len({self.key(row) for row in rows}) == len(rows), "operations.csv", "lists an operation twice")
        require({self.key(row) for row in rows} == set(self.newest), "operations.csv", "lists other operations than operation_history.csv")
        for row in rows:
            newest, fields = self.newest[self.key(row)]
            for column in ("version", "status", "phase", "exchange_id"):
                self.same(row, column, newest[column])
            self.same(row, "first_seen_at", self.versions[self.key(row)][0][1]["first_seen_at"])
            self.same(row, "resource_type", "stack_group" if row["service"] == "ros" else None)
            self.same(row, "is_final", "1" if row["phase"] in FINAL else "0")
            self.same(row, "status_raw", fields["status"])
            last = self.exchange(row, "last_exchange_id")
            self.is_about(row, last, self.body(last, row))
            self.same(row, "last_seen_at", instant(last["received_at"]))
            newest_look = self.looks.get(self.key(row), 0)
            require(newest_look <= int(row["last_exchange_id"]), row["?"], f"leaves/{newest_look}.json is a later look than last_exchange_id")
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
        expected = []
        for key, versions in self.versions.items():
            begins = [str(number) for at, (number, row, _) in enumerate(versions)
                      if at == 0 or row["status"] != versions[at - 1][1]["status"]]
            expected += [(key, str(at + 1), *pair) for at, pair in enumerate(zip(begins, begins[1:] + [None]))]
        found = [(self.key(row), row["sequence"], row["exchange_id"], row["next_exchange_id"]) for row in rows]
        require(found == expected, "operation_timeline.csv", "its stretches are not the changes of status in operation_history.csv")
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
        self.results, self.newest_results, self.result_versions = {}, {}, {}
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
            self.result_versions.setdefault(self.target(row), []).append(row)
        for versions in self.result_versions.values():
            self.check_succession(versions)
        if self.has_all_versions:
            self.check_lists()
            for row in rows:
                self.check_names(row)

    def check_names(self, row):
        """What a row of results says of the operation as a whole is what its newest version says."""
        _, fields = self.newest.get(self.key(row), (None, {}))
        self.same(row, "resource_name", fields.get("stack_group_name"))
        self.same(row, "kind", fields.get("action"))

    def check_lists(self):
        """What a whole list says of each row is what the version says that was the newest then: none is hidden."""
        for listing, pages in self.pages.items():
            leaf = self.leaves.get(int(listing), {})
            if leaf.get("action") != "ListStackGroupOperationResults":
                continue
            key = ("ros", leaf.get("account"), leaf.get("region") or "", leaf.get("operation"))
            for place, (page, entry) in self.whole_list(pages, "StackGroupOperationResults").items():
                known = [row for row in self.result_versions.get(key + place, []) if int(row["exchange_id"]) <= page]
                name = f"leaves/{page}.json"
                require(known and known[-1]["present"] == "1", "result_history.csv", f"has no version of {place!a} that {name} shows")
                self.check_entry(known[-1], self.leaves[page], name)

    def whole_list(self, pages, field):
        """The rows of a list that is certainly whole, by account and region, each with its page; else nothing."""
        found, seen, total = {}, set(), None
        for page in sorted(pages):
            leaf = self.leaves[page]
            answer = self.body(leaf, {"?": f"leaves/{page}.json"}) if leaf["t"] == "exchange" and "http_status" not in leaf else None
            entries = answer.get(field) if isinstance(answer, dict) else None
            if not isinstance(entries, list) or leaf.get("page") in seen or total not in (None, answer.get("TotalCount")):
                return {}
            seen.add(leaf.get("page"))
            total = answer.get("TotalCount")
            for entry in entries:
                place = (entry.get("AccountId"), entry.get("RegionId")) if isinstance(entry, dict) else None
                if place is None or place in found:
                    return {}
                found[place] = (page, entry)
        return found if total == str(len(found)) else {}

    def check_entry(self, row, leaf, later=None):
        """The page must hold a row that says so. Rows that come twice on a page are equal. Of a later page its name is given."""
        target = self.target(row)[4:]
        answer = self.body(leaf, row)
        entries = answer.get("StackGroupOperationResults") if isinstance(answer, dict) else None
        for entry in entries or []:
            if (entry.get("AccountId"), entry.get("RegionId")) == target:
                status = (entry.get("Status") or "").strip() or None
                for column, value in (("status", status), ("status_reason", entry.get("StatusReason")), ("folder_id", entry.get("RdFolderId"))):
                    hint = f", and no later version is there though {later} says {value!a}" if later else ""
                    require(not hint or row[column] == value, row["?"], f"{column} is {row[column]!a}{hint}")
                    self.same(row, column, value)
                return
        raise Wrong(f"{row['?']}: bodies/{leaf['body']} has no row of {target!a}")

    def check_results(self, rows):
        require([self.target(row) for row in rows] == list(self.newest_results), "results.csv", "lists other rows than result_history.csv")
        for row in rows:
            newest = self.newest_results[self.target(row)]
            for column in ("status", "phase", "status_reason", "folder_id", "version", "present", "exchange_id", "listing_id"):
                self.same(row, column, newest[column])
            self.same(row, "first_seen_at", self.result_versions[self.target(row)][0]["first_seen_at"])
            self.check_names(row)

    def check_result_timeline(self, rows):
        expected = []
        for target, versions in self.result_versions.items():
            begins, status = [], None
            for row in versions:
                if row["present"] == "1":
                    if status is None or status != (row["status"],):
                        begins.append(row["exchange_id"])
                    status = (row["status"],)
                else:
                    status = None
            expected += [(target, str(at), number) for at, number in enumerate(begins, 1)]
        found = [(self.target(row), row["sequence"], row["exchange_id"]) for row in rows]
        require(found == expected, "result_timeline.csv", "its stretches are not the changes of status in result_history.csv")
        for row in rows:
            first = self.results.get(self.target(row) + (row["exchange_id"],))
            require(first, row["?"], "its exchange_id shows no version of the result")
            self.same(row, "status", first["status"])
            self.same(row, "phase", first["phase"])
            self.same(row, "entered_latest_at", instant(self.exchange(row)["received_at"]))

    def check_interventions(self, rows):
        listed = sorted(int(row["intervention_id"] or "0") for row in rows)
        there = sorted(number for number, leaf in self.leaves.items() if leaf.get("t") == "intervention")
        require(listed == there, "interventions.csv", "does not list exactly the interventions in leaves/, each once")
        for row in rows:
            leaf = self.leaf(row, "intervention_id", ("intervention",))
            require(leaf, row["?"], "names no leaf")
            self.same(row, "service", "ros")  # no other operation can be stopped
            for column, field in (("account_id", "account"), ("region_id", "region"), ("operation_id", "operation"),
                                  ("os_user", "user"), ("caller_arn", "caller_arn"), ("reason", "reason"), ("ticket", "ticket"),
                                  ("status_before", "status_before")):
                self.same(row, column, leaf.get(field))
            self.same(row, "requested_at", instant(leaf["requested_at"]))
            self.leaf(row, "exchange_id", ("exchange", "no_answer"))
            calls = [number for number, call in self.leaves.items() if call.get("intervention") == row["intervention_id"]]
            self.same(row, "exchange_id", str(max(calls)) if calls else None)
            if calls:
                self.check_request_id(row, self.leaves[max(calls)])

    def check_batch_details(self, rows):
        """The rows are the entries of the pages that they name, all of them, in order."""
        by_page, places = {}, {}
        for row in rows:
            leaf = self.exchange(row)
            self.is_about(row, leaf)
            self.same(row, "seen_at", instant(leaf["received_at"]))
            before = places.get(self.key(row))
            if before or self.has_all_versions:
                self.same(row, "position", str((before or 0) + 1))
            places[self.key(row)] = int(row["position"])
            by_page.setdefault(int(row["exchange_id"]), []).append(row)
        for page, found in by_page.items():
            leaf = self.leaves[page]
            entries = find_list(self.body(leaf, found[0]), "BatchResultDetail") or []
            require(len(entries) == len(found), found[0]["?"], f"bodies/{leaf['body']} has {len(entries)} rows, and here are {len(found)} of it")
            for row, entry in zip(found, entries):
                for column, field in BATCH_FIELDS.items():
                    self.same(row, column, plain(entry.get(field)))
        named = {self.leaves[page].get("listing") for page in by_page}
        for page, leaf in self.leaves.items():
            if leaf.get("listing") in named and self.has_all_versions and leaf.get("t") == "exchange" and "http_status" not in leaf and page not in by_page:
                entries = find_list(self.body(leaf, {"?": f"leaves/{page}.json"}), "BatchResultDetail")
                require(not entries, "batch_details.csv", f"lacks the rows of leaves/{page}.json")
        if self.has_all_versions:
            self.check_ended_batches(places)

    def check_ended_batches(self, places):
        """A batch of which leaves/ holds a whole list that began after it had ended has rows."""
        for listing, pages in self.pages.items():
            asked = self.leaves.get(int(listing), {})
            key = ("alidns", asked.get("account"), asked.get("region") or "", asked.get("operation"))
            if asked.get("action") != "DescribeBatchResultDetail" or key in places:
                continue
            answers = [self.body(self.leaves[page], {"?": f"leaves/{page}.json"}) for page in pages if "body" in self.leaves[page]]
            entries = [entry for answer in answers for entry in find_list(answer, "BatchResultDetail") or []]
            totals = {answer.get("TotalCount") for answer in answers if isinstance(answer, dict)}
            is_whole = len(answers) == len(pages) and totals == {str(len(entries))} and entries
            has_ended = any(number < int(listing) and found and found[0] == key and found[1]["status"] in ("1", "2")
                            for number, leaf in self.leaves.items() for found in [self.look(number, leaf)])
            require(not (is_whole and has_ended), "batch_details.csv", f"has no row of {key[3]!a}, whose list leaves/{listing}.json begins")


# The answers that say how an operation is, by action.
LOOKS = {"GetStackGroupOperation": "ros", "GetExecuteOperationResult": "bpstudio", "DescribeBatchResultCount": "alidns"}
SHOWS = {**LOOKS, "ListStackGroupOperationResults": "ros", "DescribeBatchResultDetail": "alidns"}  # whose answers become rows
SERVICES = {**SHOWS, "StopStackGroupOperation": "ros", "ListStackGroups": "ros", "ListStackGroupOperations": "ros",
            "DescribeRegions": "ros", "GetCallerIdentity": "sts", "AssumeRole": "sts", "AssumeRoleWithOIDC": "sts"}


def answered_id(service, answer):
    """The operation that an answer names."""
    inner = answer.get({"ros": "StackGroupOperation", "bpstudio": "Data"}.get(service, ""), {}) if service != "alidns" else answer
    found = inner.get("TaskId" if service == "alidns" else "OperationId") if isinstance(inner, dict) else None
    return found if isinstance(found, str) else None


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
    """All leaves from the beginning of the first run to the end of the last are there, or it is told what is not."""
    first, last = int(asked["first_leaf"]), int(asked["last_leaf"])
    require(first <= last, "statement.json", "the runs end before they begin")
    for number in range(first, last + 1):
        require(number in leaves, f"leaves/{number}.json", "is missing between the first and the last leaf of the runs")
    begins, ends = {}, {}
    for number in range(first, last + 1):
        leaf = leaves[number]
        if leaf.get("t") == "run_start":
            begins[int(leaf["run"])] = number
        if leaf.get("t") in ("run_end", "run_aborted"):
            ends[int(leaf["run"])] = number
    low, high = int(asked["first"]), int(asked["last"])
    there = sorted(run for run in begins if low <= run <= high)
    is_first = there and begins[there[0]] == first
    require(is_first, f"leaves/{first}.json", "is not the beginning of a run that was asked for")
    missing = high - low + 1 - len(there)
    if missing == 0:
        begun_only = [run for run in there if run not in ends]
        if not begun_only:
            return f"runs {low} to {high}: leaves {first} to {last} without a gap, from the beginning of the first to the end of the last"
        return f"runs {low} to {high} are NOT all there: the end of run {begun_only[0]} is missing; leaves {first} to {last} are here"
    absent = next(run for run in range(low, high + 1) if run not in begins)
    return (f"runs {low} to {high} are NOT all there: {missing} runs are missing, the first of them {absent}; "
            f"leaves {first} to {last} are here")


STATEMENT = "format program verifier_sha256 log origin evidence_size evidence_root asked counts rows"
ASKED = {"operation": "kind operation all_looks", "runs": "kind first last first_leaf last_leaf",
         "sample": "kind count seed population population_sha256 all_looks"}
COUNTED = "leaves bodies operations checkpoints attachments"


def check_statement(bundle, checkpoint, leaves, bodies, counts, rows):
    """What statement.json says must be what is there."""
    name = "statement.json"
    statement = read_json(bundle.read(name), name)
    require(isinstance(statement, dict) and statement.get("format") == "optrail-bundle@v1", name, "is of no known format")
    genesis = leaves.get(0, {})
    require(genesis.get("t") == "genesis", "leaves/0.json", "is no genesis")
    asked = statement["asked"]
    parts = [(statement, STATEMENT), (asked, ASKED[asked["kind"]]), (statement["counts"], COUNTED)]
    for part, fields in parts + [(entry, "file rows") for entry in statement["rows"]]:
        require(" ".join(part) == fields, name, f"has other fields than {fields}")
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
    require(not listed and len(statement["rows"]) == len(counts), name, "counts rows of tables that are not there, or twice")
    found = None
    if asked["kind"] == "operation":
        there = [list(rows.key(row)) for row in rows.table("operations")]
        require(there == [asked["operation"]], "operations.csv", "does not hold exactly the operation that statement.json names")
    elif asked["kind"] == "sample":
        check_sample(bundle, asked, rows)
    else:
        found = check_runs(asked, leaves)
    require((asked["kind"] == "sample") == ("population.txt" in bundle), "population.txt", "belongs to a sample, and to nothing else")
    return asked, found


def check_held(bundle, checkpoint, held, keys):
    """From each checkpoint that was kept, the log must go on to the one of the bundle."""
    inside = [Checkpoint(bundle.read(name), name) for name in bundle.names("checkpoints/")]
    proofs = set(bundle.names("consistency/"))
    missing = []
    for kept in inside:
        require(kept.name == f"checkpoints/{kept.size}", kept.name, f"covers {kept.size} leaves")
    unknown = None
    for kept in inside + held:
        try:
            kept.check(keys)
        except CannotTell as error:
            if kept.origin in keys:  # openssl failed
                raise
            unknown = unknown or error
            proofs.discard(f"consistency/{kept.size}-{checkpoint.size}")
            continue
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
    if unknown:
        raise unknown
    for kept in missing:
        if kept.size > checkpoint.size:
            raise CannotTell(f"{kept.name}: covers {kept.size} leaves, and the bundle only {checkpoint.size}: ask for a newer bundle")
        raise CannotTell(f"{kept.name}: the bundle has no proof from size {kept.size}; ask for one made with: optrail prove --checkpoint FILE")
    return len(inside)


def check(path, keys, held_paths=()):
    """Checks everything; gives what there is to say. Raises Wrong or CannotTell."""
    bundle = Bundle(path)
    check_manifest(bundle)
    if sha256(bundle.read("README")).hex() != README_SHA256:
        check_version(bundle)
    checkpoint = Checkpoint(bundle.read("checkpoint"), "checkpoint")
    check_openssl()
    head = next(iter(keys.values()))
    require(checkpoint.origin == head.name, "checkpoint", f"is of the log {checkpoint.origin!a}, and the first --key is of {head.name!a}: "
            "only that key may sign what a bundle is proved against; others are for older checkpoints")
    checkpoint.check(keys)
    leaves = check_leaves(bundle, checkpoint)
    bodies = check_bodies(bundle, leaves)
    rows = Rows(bundle, leaves)
    try:
        statement = read_json(bundle.read("statement.json"), "statement.json")
        counts = rows.check(statement["asked"]["kind"] != "runs")
        asked, runs = check_statement(bundle, checkpoint, leaves, bodies, counts, rows)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        raise Wrong(f"statement.json or a table: something is missing or of another kind: {type(error).__name__} {str(error)[:80]!a}") from None
    held = [Checkpoint(read_file(held_path), held_path) for held_path in held_paths]
    inside = check_held(bundle, checkpoint, held, keys)
    return summary(bundle, checkpoint, asked, {"leaves": len(leaves), "bodies": bodies, "inside": inside, "held": held,
                                               "rows": sum(counts.values()), "runs": runs, "operations": counts.get("operations")})


def check_version(bundle):
    """Why README is not the one that goes with this program: another version, or a change."""
    own = own_digest()
    if own is not None and own == sha256(bundle.read("verify.py")):
        raise Wrong("README: is not the one that belongs to this verify.py")
    raise CannotTell("README: is not the one of this verify.py: the bundle is of another version of optrail, or README was changed; "
                     "take the verify.py of that version (optrail prove --verifier)")


def read_file(path):
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CannotTell(f"{path} is no regular file")
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
        lines.append(f"sample: {found['operations']} of {asked['population']} operations, chosen by seed {asked['seed']!a}: "
                     "compare this number and this seed with yours")
    if asked["kind"] == "runs":
        lines.append(found["runs"])
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
    if asked["kind"] != "runs":
        lines.append("not proved: that no further, later look at an operation exists; only a bundle of runs has no gaps")
    lines.append("not proved: that answers are the cloud's and true, what was never asked, anything after the last checkpoint that somebody "
                 "else keeps, exact time; see README")
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Checks a bundle of optrail. Exit status: 0 all holds, 1 wrong, 2 cannot tell.")
    parser.add_argument("bundle", help="the tar file")
    parser.add_argument("--key", action="append", required=True, metavar="VKEY",
                        help="public key of the log, NAME+ID+BASE64, which did not come with the bundle: first the key of now; "
                             "repeatable, for former keys, which older checkpoints may bear")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="a checkpoint that you kept; repeatable")
    options = parser.parse_args(arguments)
    try:
        keys = {key.name: key for key in map(Key, options.key)}
        said = check(options.bundle, keys, options.checkpoint)
    except Wrong as error:
        print(f"WRONG: {error}")
        return 1
    except CannotTell as error:
        print(f"cannot tell: {error}")
        return 2
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
