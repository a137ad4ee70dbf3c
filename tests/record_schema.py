#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of the run record, by somebody else's validator, over the golden records.

usage: record_schema.py COMMAND…   (prints the schema: `muster schema run`)

Every golden record must pass, and none may pass with one member taken out or bent. Exit 77, with the reason,
where jsonschema is missing.
"""
import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: jsonschema is not installed; install it by: pip install jsonschema")
    sys.exit(77)

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "golden"


def bend_verdict(record):
    record["verdict"] = "GREEN"


def bend_schema(record):
    record["schema"] = "muster.run/2"


def bend_class(record):
    record["run"]["class"] = "real"


def drop_run(record):
    del record["run"]


def drop_status(record):
    del record["checks"][0]["status"]


def bend_finding(record):
    record["findings"][0]["id"] = "NO_SUCH_FINDING"


def bend_fact(record):
    record["checks"][0]["facts"]["x"] = {"type": "no such type", "value": 1}


def bend_interval(record):
    record["targets"].append({"name": "rto", "achieved_ms": [1], "outcome": "MET", "gate": True})


def bend_digest(record):
    record["run"]["inputs"][0]["sha256"] = "not a digest"


def main():
    schema = json.loads(subprocess.run(sys.argv[1:], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failed = []
    records = sorted(GOLDEN.glob("*.run.json"))
    for path in records:
        for error in validator.iter_errors(json.loads(path.read_text())):
            failed.append(f"{path.name}: {list(error.path)}: {error.message}")
    drill = json.loads((GOLDEN / "drill.run.json").read_text())
    bends = [bend_verdict, bend_schema, bend_class, drop_run, drop_status, bend_finding, bend_fact, bend_interval,
             bend_digest]
    for bend in bends:
        record = copy.deepcopy(drill)
        bend(record)
        if validator.is_valid(record):
            failed.append(f"the schema takes a record after {bend.__name__}")
    print("\n".join(failed) or f"{len(records)} records valid, {len(bends)} bent ones refused")
    return 1 if failed or not records else 0


if __name__ == "__main__":
    sys.exit(main())
