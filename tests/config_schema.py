#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of the config, held against the files that the loader is held against.

usage: config_schema.py COMMAND…   (prints the schema: `test_config schema`, or `muster schema config`)

Every valid file must pass. Every broken file is in one of two lists: refused by the schema, too, or broken in
a way that no schema can say (references between sections, YAML itself); a new one must be put into the first or
named in the second. Exit 77, with the reason, where jsonschema or PyYAML is missing.
"""
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"SKIPPED: {missing.name} is not installed; install it by: pip install jsonschema PyYAML")
    sys.exit(77)

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "config"

# Broken, but well-formed for a schema: what is wrong lies between keys, or is known to the loader only.
BEYOND_SCHEMA = {
    "account-is-production", "check-named-twice",
    "control-of-neither", "control-expects-nothing", "control-table-unknown", "cycle-near-miss", "dns-holds-none", "drill-name-is-the-service",
    "engine-named-as-kind", "engine-without-url",
    "replica-engine-leaves-results", "replica-engine-unknown",
    "layers-in-one-folder", "more-than-max", "needs-circle", "needs-circle-from-outside", "needs-itself", "needs-unknown",
    "number-octal", "reference-not-closed", "reference-unknown", "reference-without-name", "reference-in-wrong-form",
    "rest-beside-glue", "rest-two-ways", "rest-without-catalog",
    "secret-written-out", "secrets-written-out",
    "side-without-address", "source-of-no-table", "standby-unknown", "steps-dns-before-smoke", "steps-tear-down-before-capture", "steps-twice",
    "steps-without-clean-up", "steps-without-way-back", "table-without-location",
}


class CoreLoader(yaml.SafeLoader):
    """The core schema of YAML 1.2: what is neither null, a truth value nor a decimal number is a string."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?$", list("-+0123456789")),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", yaml_re := __import__("re").compile(pattern), first)
# "012" is twelve here, not ten: the octal of YAML 1.1 is not for this file.
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def read(path):
    """The document, or None where PyYAML refuses it, too."""
    try:
        return yaml.load(path.read_bytes(), CoreLoader)
    except (yaml.YAMLError, UnicodeDecodeError, TypeError):
        return None


def main():
    schema = json.loads(subprocess.run(sys.argv[1:], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong, counts = [], {"valid": 0, "refused": 0, "beyond": 0, "not YAML": 0}
    for path in sorted((FIXTURES / "valid").glob("*.yaml")) + [FIXTURES.parent / "rehearsal" / "muster.yaml"]:
        counts["valid"] += 1
        for error in validator.iter_errors(read(path)):
            wrong.append(f"{path.name}: refused: {error.json_path}: {error.message}")
    for path in sorted((FIXTURES / "invalid").glob("*/input.yaml")):
        name, document = path.parent.name, read(path)
        # A duplicate key or an alias is no error to PyYAML, and gone by now.
        if document is None or name in ("duplicate-key", "alias", "merge-key", "tag", "nested-too-deep"):
            counts["not YAML"] += 1
            continue
        refused = not validator.is_valid(document)
        counts["refused" if refused else "beyond"] += 1
        if refused == (name in BEYOND_SCHEMA):
            wrong.append(f"{name}: {'refused, though named as beyond a schema' if refused else 'accepted'}")
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    print("\n".join(wrong))
    return 1 if wrong or counts["refused"] < 20 else 0


sys.exit(main())
