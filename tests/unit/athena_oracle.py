#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what was asked of the Athena stub, and what it answered, against botocore's model of the API.

Standard input: OPERATION tab REQUEST tab ANSWER, one exchange a line. Exit 0: all of the documented shape, 1: not, 77: no
botocore here.
"""
import json
import sys

try:
    import botocore.session
    from botocore.validate import ParamValidator
except ImportError:
    sys.exit(77)

model = botocore.session.get_session().get_service_model("athena")
KINDS = {"string": str, "integer": int, "long": int, "double": (int, float), "boolean": bool, "timestamp": (int, float)}
bad, seen = [], set()


def compare(where, shape, value):
    if shape.type_name == "structure":
        for key, member in value.items():
            if key not in shape.members:
                bad.append(f"{where}: there is no {key}; known are {', '.join(shape.members)}")
            else:
                compare(f"{where}.{key}", shape.members[key], member)
    elif shape.type_name == "list":
        for member in value:
            compare(f"{where}[]", shape.member, member)
    elif not isinstance(value, KINDS[shape.type_name]):
        bad.append(f"{where}: {value!r} is no {shape.type_name}")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        bad.append(f"{where}: {value!r} is none of {shape.enum}")


for line in sys.stdin:
    name, request, answer = line.rstrip("\n").split("\t")
    operation = model.operation_model(name)
    seen.add(name)
    report = ParamValidator().validate(json.loads(request), operation.input_shape)
    if report.has_errors():
        bad.append(f"{name}: {report.generate_report()}")
    compare(name, operation.input_shape, json.loads(request))
    if operation.output_shape and answer:
        compare(f"{name} answer", operation.output_shape, json.loads(answer))

if len(seen) < 4:
    bad.append(f"only {sorted(seen)} were seen")
print("\n".join(bad) or f"{sorted(seen)} agree")
sys.exit(1 if bad else 0)
