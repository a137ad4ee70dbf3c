#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a ledger of muster without muster: Python's standard library and the format as
harness/ledger/README.md describes it, nothing else. For auditors who want a second reader.

usage: verify_ledger.py LEDGER [ANCHOR...]

Exit status 0: whole. 1: something was changed, taken out or put in; the first is named. An anchor,
`ledger:sequence:hash`, is an end of the chain that was kept elsewhere.
"""
import hashlib
import json
import pathlib
import sqlite3
import sys


class Broken(Exception):
    pass


def chained(tag, *values):
    """SHA-256 over the tag and each value as a netstring."""
    texts = [str(value).encode() for value in values]
    body = b"".join(b"%d:%s," % (len(text), text) for text in texts)
    return hashlib.sha256(tag.encode() + b"\n" + body).hexdigest()


def expect(holds, where, what):
    if not holds:
        raise Broken(f"{where}: {what}")


RUN = """SELECT ledger_id, seq, recorded_ms, prev_sha256, record_sha256, stored, journal_seq,
         journal_sha256, entry_sha256, CAST(record AS BLOB), verdict, command, drill, class, run_id
         FROM run ORDER BY ledger_id, seq"""


def runs(db):
    """Each entry follows the one before it, and its record is the one that was hashed."""
    ends = {}
    for row in db.execute(RUN):
        ledger, seq, recorded, prev, record_hash, stored, journal_seq, journal_hash, entry_hash = row[:9]
        record, repeated = row[9], row[10:]
        where = f"entry {seq} of {ledger}"
        last_seq, last_hash = ends.get(ledger, (0, ""))
        expect(seq == last_seq + 1, where, f"entry {last_seq + 1} is missing")
        expect(prev == last_hash, where, "does not follow the entry before it")
        expect(hashlib.sha256(record).hexdigest() == record_hash, where, "the record was changed")
        hashed = chained(
            "muster.entry/1", ledger, seq, recorded, prev, record_hash, stored, journal_seq, journal_hash
        )
        expect(hashed == entry_hash, where, "its place in the chain was changed")
        said = json.loads(record)
        said_again = [said["verdict"]] + [said["run"].get(key, "") for key in ("command", "drill", "class", "id")]
        expect(said_again == list(repeated), where, f"its columns say {', '.join(repeated)}")
        held = sum(
            db.execute("SELECT count(*) FROM artifact WHERE sha256 = ?", (file["sha256"],)).fetchone()[0]
            for file in said.get("evidence", [])
        )
        expect(held >= stored, where, "evidence was taken out")
        if journal_seq:
            row = db.execute(
                "SELECT row_sha256 FROM journal WHERE ledger_id = ? AND drill = ? AND seq = ?",
                (ledger, said["run"]["drill"], journal_seq),
            ).fetchone()
            expect(row == (journal_hash,), where, "the drill's journal is not the one it had")
        ends[ledger] = (seq, entry_hash)
    return ends


JOURNAL = """SELECT ledger_id, drill, seq, kind, step, name, who, ref, detail, wall_ms, mono_ms, boot,
             pid, start_ticks, prev_sha256, row_sha256 FROM journal ORDER BY ledger_id, drill, seq"""


def journals(db):
    """The same of each drill's journal, a chain of its own."""
    ends, n = {}, 0
    for row in db.execute(JOURNAL):
        *values, row_hash = row
        ledger, drill, seq, prev = values[0], values[1], values[2], values[14]
        where = f"journal row {seq} of {drill}"
        last_seq, last_hash = ends.get((ledger, drill), (0, ""))
        expect(seq == last_seq + 1, where, f"row {last_seq + 1} is missing")
        expect(prev == last_hash, where, "does not follow the row before it")
        expect(chained("muster.journal/1", *values) == row_hash, where, "it was changed")
        ends[(ledger, drill)] = (seq, row_hash)
        n += 1
    return n


def artifacts(db):
    n = 0
    for name, content in db.execute("SELECT sha256, content FROM artifact"):
        expect(hashlib.sha256(content).hexdigest() == name, f"evidence {name[:12]}", "it was changed")
        n += 1
    return n


def anchored(db, anchors):
    for text in anchors:
        ledger, seq, entry_hash = text.split(":")
        row = db.execute(
            "SELECT entry_sha256 FROM run WHERE ledger_id = ? AND seq = ?", (ledger, int(seq))
        ).fetchone()
        expect(int(seq) == 0 or row == (entry_hash,), f"anchor {text}", "the ledger is not the one it was taken from")


def main(args):
    if not args or args[0].startswith("-") or not pathlib.Path(args[0]).is_file():
        sys.exit(__doc__)
    db = sqlite3.connect(pathlib.Path(args[0]).resolve().as_uri() + "?mode=ro", uri=True)
    db.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        expect(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "file", "SQLite calls it damaged")
        ends = runs(db)
        rows, files = journals(db), artifacts(db)
        anchored(db, args[1:])
    except Broken as broken:
        print(f"BROKEN  {broken}")
        return 1
    for ledger, (seq, entry_hash) in ends.items():
        print(f"whole   {seq} entries, anchor {ledger}:{seq}:{entry_hash}")
    print(f"whole   {rows} journal rows, {files} evidence files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
