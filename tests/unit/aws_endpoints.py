#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares where we would send (JSON rows on stdin) with botocore's endpoint rule sets. Exit 0: all equal, 1: not, 77: no botocore
that has them here."""
import json
import sys

try:
    import botocore
    import botocore.session
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
except ImportError:
    sys.exit(77)

if tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 44):
    sys.exit(77)  # rule sets from before some services were dual-stack

loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")
providers, parameters = {}, {}


def theirs(row):
    name = row["service"]
    if name not in providers:
        rules = loader.load_service_model(name, "endpoint-rule-set-1")
        providers[name] = EndpointProvider(rules, partitions)
        parameters[name] = set(rules["parameters"])
    asked = {"Region": row["region"], "UseFIPS": row["fips"], "UseDualStack": row["dualstack"]}
    if "bucket" in row:
        asked.update(Bucket=row["bucket"], Accelerate=False, UseArnRegion=True)
    elif name == "s3":
        asked.update(Bucket="b.b", ForcePathStyle=True)
    try:
        found = providers[name].resolve_endpoint(**{k: v for k, v in asked.items() if k in parameters[name]})
    except EndpointProviderError:
        return None, None
    schemes = (found.properties or {}).get("authSchemes", [])
    signed = [scheme["signingRegion"] for scheme in schemes if "signingRegion" in scheme]
    url = found.url.removesuffix("/b.b") if name == "s3" and "bucket" not in row else found.url
    return url, signed[0] if signed else row["region"]


rows = json.load(sys.stdin)
bad = [(row, theirs(row)) for row in rows if theirs(row) != (row["url"], row["signing"])]
for row, want in bad[:40]:
    print(f"{row} but botocore {want}")
print(f"{len(rows)} endpoints, {len(bad)} differ")
sys.exit(1 if bad or len(rows) < 500 else 0)
