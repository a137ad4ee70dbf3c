#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A ledger that muster wrote, read by ci/samples/verify_ledger.py, which shares no code with it;
then with one thing changed at a time: both must see it, and both must name the same place.

usage: second_reader.py MUSTER
"""
import contextlib
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile

READER = pathlib.Path(__file__).resolve().parents[1] / "ci" / "samples" / "verify_ledger.py"
CONFIG = """muster: 1
ledger: muster.db
standbys:
  dr: { cloud: aws, account: "210987654321", region: us-east-1 }
workloads:
  web:
    dr: [dr]
    smoke:
      - name: the port is open
        tcp: { host: 127.0.0.1, port: PORT }
"""
# What is changed, and where both readers must see it.
CHANGES = {
    "a verdict in a column": ("UPDATE run SET verdict = 'FAIL' WHERE seq = 2", "2"),
    "a verdict in a record": ("UPDATE run SET record = replace(record, '\"PASS\"', '\"FAIL\"') WHERE seq = 2", "2"),
    "the time of an entry": ("UPDATE run SET recorded_ms = recorded_ms + 1 WHERE seq = 3", "3"),
    "how much evidence there was": ("UPDATE run SET stored = stored + 1 WHERE seq = 1", "1"),
    "an entry taken out": ("DELETE FROM run WHERE seq = 2", "2"),
    "the first entry taken out": ("DELETE FROM run WHERE seq = 1", "1"),
    "a hash before": ("UPDATE run SET prev_sha256 = '' WHERE seq = 3", "3"),
}


def read(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def change(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(statement)
        db.commit()


def write_ledger(muster, folder):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(16)
        (folder / "muster.yaml").write_text(CONFIG.replace("PORT", str(door.getsockname()[1])))
        for _ in range(4):
            status, said = read(muster, "smoke", "-q", "-c", str(folder / "muster.yaml"))
            if status != 0:
                sys.exit(f"muster smoke: {said}")
    return folder / "muster.db"


def main(muster):
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ledger = write_ledger(muster, folder)
        status, said = read(sys.executable, READER, ledger)
        anchor = re.search(r"anchor (\S+)", said)
        if status != 0 or not anchor or not anchor[1].split(":")[1] == "4":
            sys.exit(f"as written: {status} {said}")
        if anchor[1] not in read(muster, "ledger", "verify", "--ledger", ledger)[1]:
            wrong.append("the two name different anchors")
        for what, (statement, place) in CHANGES.items():
            copy = folder / "changed.db"
            shutil.copy(ledger, copy)
            change(copy, statement)
            for reader in ((sys.executable, READER, copy), (muster, "ledger", "verify", "--ledger", copy)):
                status, said = read(*reader)
                if status != 1 or not re.search(rf"entry {place}\b", said):
                    wrong.append(f"{what}: {reader[0]} ends with {status}: {said.strip()}")
        copy = folder / "cut.db"
        shutil.copy(ledger, copy)
        change(copy, "DELETE FROM run WHERE seq = 4")
        if read(sys.executable, READER, copy)[0] != 0 or read(sys.executable, READER, copy, anchor[1])[0] != 1:
            wrong.append("an end that was cut off is seen by its anchor, and by nothing else")
    print("\n".join(wrong) or f"{len(CHANGES) + 1} changes seen")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
