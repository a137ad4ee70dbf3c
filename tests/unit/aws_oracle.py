#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares aws_services.def and aws_ops.def (paths given) with botocore's models. Exit 0: right, 1: not, 77: no botocore here."""
import re
import sys

try:
    import botocore.session
except ImportError:
    sys.exit(77)

session = botocore.session.get_session()
bad = []


def check(where, what, ours, theirs):
    if ours != theirs:
        bad.append(f"{where}: {what} is {ours!r}, botocore says {theirs!r}")


def rows(path, macro):
    for row in re.findall(macro + r"\((.*?)\)\n", open(path).read().split("*/")[-1], re.S):
        yield [cell.strip().strip('"') for cell in re.split(r",\s*(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", row)]


def path_of(operation):
    path, _, query = operation.http["requestUri"].partition("?")
    words = [w if "=" in w else w + "=" for w in query.split("&") if w and not w.startswith("x-id")]
    return path + ("?" + "&".join(words) if words else "")


PROTOCOLS = {"query": "QUERY", "ec2": "QUERY", "rest-json": "REST_JSON", "rest-xml": "REST_XML"}


def protocols_of(meta):
    """All that a service understands: newer ones come first, older ones stay."""
    names = meta.get("protocols") or [meta["protocol"]]
    json_name = "JSON_" + meta.get("jsonVersion", "").replace(".", "")
    return [json_name if name == "json" else PROTOCOLS.get(name) for name in names]


services = {}
for name, protocol, prefix, signing, ident, argument in rows(sys.argv[1], "MU_AWS_SERVICE"):
    model = session.get_service_model(name)
    meta = model.metadata
    services[name] = model
    if protocol not in protocols_of(meta):
        bad.append(f"{name}: protocol is {protocol}, botocore says {protocols_of(meta)}")
    check(name, "prefix", prefix, meta["endpointPrefix"])
    check(name, "signing name", signing, model.signing_name)
    check(name, "id", ident, re.sub("[ -]", "_", meta["serviceId"]).upper())
    if protocol == "QUERY":
        check(name, "version", argument, meta["apiVersion"])
    elif protocol.startswith("JSON"):
        check(name, "target", argument, meta["targetPrefix"])

count = 0
for service, name, kind, method, path, _, _ in rows(sys.argv[2], "MU_AWS_OP"):
    count += 1
    where = f"{service} {name}"
    operation = services[service].operation_model(name)
    if method:
        check(where, "method", method, operation.http["method"])
        check(where, "path", path, path_of(operation))
    looks = re.match("(Get|List|Describe|Head|Lookup|BatchGet|AssumeRole|Test)", name)
    check(where, "kind", kind == "READS", bool(looks))

print("\n".join(bad) or f"{len(services)} services, {count} operations agree")
sys.exit(1 if bad or count < 50 else 0)
