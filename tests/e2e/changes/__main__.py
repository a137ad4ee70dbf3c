# SPDX-License-Identifier: Apache-2.0
"""Makes each change of the table by hand, has muster look, and makes its inverse. What muster must
say is exact: the findings of the rows that stand, and no other. So rows that touch different
attributes can stand together; with --alone none does.

Prints one line a row, ok, not ok or skip.

usage: python changes MUSTER CONFIG TERRAFORM STACK [--quick] [--alone]
"""
import json
import os
import pathlib
import subprocess
import sys
import traceback

import identity
import network
import services
import slow
import storage
from table import TABLE, Change, Finding, World, changed

MODULES = (network, identity, storage, services, slow)  # each adds its rows when it is read

# Must go red: it does nothing, and so nothing can be seen of it.
NOTHING = Change(
    "a change that is none", lambda w: None, lambda w, _: None, (changed("aws_vpc.main", "tags.X"),)
)


def place(finding):
    """What two rows cannot both change: an attribute, or with None a whole resource."""
    return finding.address, finding.path and finding.path.split("[")[0].split(".")[0]


def collide(one, other):
    if one.after or other.after or one.apart and one.apart == other.apart:
        return True  # the first: its inverse is Terraform's, which would mend the others
    places = [place(finding) for finding in other.expect]
    return any(
        address == there and (None in (attribute, that) or attribute == that)
        for address, attribute in map(place, one.expect)
        for there, that in places
    )


def groups(rows, alone):
    """Rows that can stand together, as few groups as come easily."""
    made = []
    for row in rows:
        fits = (
            group for group in made if not alone and not any(collide(row, other) for other in group)
        )
        group = next(fits, None)
        if group is None:
            made.append([row])
        else:
            group.append(row)
    return made


def look(muster, config, record):
    """What muster finds open now, and the status it ends with."""
    record.unlink(missing_ok=True)
    ran = subprocess.run(
        [muster, "drift", "--layer", "standing", "-c", config, "--report", f"json={record}"],
        capture_output=True,
        text=True,
    )
    if not record.exists():
        sys.exit(f"muster ended with {ran.returncode} and no record: {ran.stderr[-2000:]}")
    findings = json.loads(record.read_text())["findings"]
    seen = {
        Finding(one["id"], one["subject"], one.get("path"), one["severity"])
        for one in findings
        if one["verdict"] != "PASS" and one.get("age") != "resolved"
    }
    return seen, ran.returncode


class Verdict:
    """What the looks said, line by line."""

    def __init__(self):
        self.failures = 0

    def say(self, good, line):
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {line}", flush=True)


def unseen_of(row, seen):
    return [finding for finding in row.expect if finding not in seen]


def unexpected(rows, after, seen):
    return seen - {finding for row in rows for finding in row.expect} - set(after)


def words(findings):
    return ", ".join(f"{f.id} {f.severity} {f.address} {f.path or ''}".strip() for f in findings)


def judge(verdict, rows, after, seen, status):
    for row in rows:
        lacking = unseen_of(row, seen)
        if row.unseen:
            print(f"skip {row.name}: {row.unseen}", flush=True)
        else:
            said = f"{words(lacking)} is not seen" if lacking else words(row.expect)
            verdict.say(not lacking, f"{row.name}: {said}")
    others = unexpected(rows, after, seen)
    if others:
        names = ", ".join(row.name for row in rows)
        verdict.say(False, f"{names}: nobody did this: {words(sorted(others, key=str))}")
    wanted = 1 if seen else 0
    if status != wanted:
        verdict.say(False, f"exit status {status} with {len(seen)} findings, not {wanted}")


def make(world, rows, verdict):
    """Makes the changes; gives back those that were made, with what their inverse needs."""
    made = []
    for row in rows:
        try:
            made.append((row, row.do(world)))
        except Exception:
            verdict.say(False, f"{row.name}: cannot be made: {traceback.format_exc(limit=-2)!r}")
    return made


def mend(world, made, verdict):
    for row, before in reversed(made):
        try:
            row.undo(world, before)
        except Exception:
            verdict.say(False, f"{row.name}: no inverse: {traceback.format_exc(limit=-2)!r}")


def can_fail(verdict, rows, seen):
    """The same look, and a table that is wrong by one row."""
    verdict.say(bool(unseen_of(NOTHING, seen)), f"{NOTHING.name} goes red")
    verdict.say(bool(unexpected(rows[1:], (), seen)), "a change that no row is for goes red")


def main():
    muster, config, terraform, stack = sys.argv[1:5]
    options = set(sys.argv[5:])
    rows = [row for row in TABLE if not (row.slow and "--quick" in options)]
    world, verdict = World(terraform, stack), Verdict()
    record = pathlib.Path(config).with_name("record.json")
    seen, status = look(muster, config, record)
    good = not seen and status == 0
    verdict.say(good, f"a stack that was just applied: {words(seen) or 'silent'}")
    after, stays = (), ()
    for number, group in enumerate(groups(rows, "--alone" in options)):
        made = make(world, group, verdict)
        seen, status = look(muster, config, record)
        judge(verdict, [row for row, _ in made], after + stays, seen, status)
        if number == 0:
            can_fail(verdict, group, seen)
        mend(world, made, verdict)
        after = tuple(finding for row in group for finding in row.after)
        stays += tuple(finding for row in group for finding in row.stays)
    if after:
        seen, _ = look(muster, config, record)
        verdict.say(seen == {*after, *stays}, f"after the inverse, once: {words(after)}")
    seen, _ = look(muster, config, record)
    verdict.say(seen == set(stays), f"all of it undone: {words(seen) or 'silent again'}")
    if len(rows) < len(TABLE):
        left_out = len(TABLE) - len(rows)
        print(f"skip {left_out} changes of what is slow to make: MUSTER_CHECK_FULL=yes")
    sys.exit(verdict.failures > 0)


if __name__ == "__main__":
    main()
