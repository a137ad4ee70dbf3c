# SPDX-License-Identifier: Apache-2.0
"""The same as peers.js in Python: parse both, join by address, compare."""
import json
import sys

plan, state = (json.load(open(name, "rb")) for name in sys.argv[1:3])
actual = {}


def walk(module):
    for r in module.get("resources", ()):
        actual[r["address"]] = r["values"]
    for m in module.get("child_modules", ()):
        walk(m)


walk(state["values"]["root_module"])
print(sum(r["change"]["after"] != actual.get(r["address"]) for r in plan["resource_changes"]))
