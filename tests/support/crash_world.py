#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an interrupted drill left in the world, one line each; nothing where all is as before.

usage: crash_world.py FOLDER MARK

FOLDER holds the ledger (muster.db) and the drills' folders; every process of the drill carries
CRASH_CASE=MARK in its environment. The emulator, the zone and the rest come from the environment of
the rehearsal. Asks the services themselves, not muster.
"""
import hashlib
import json
import os
import pathlib
import re
import socket
import sqlite3
import sys
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def aws(service, path="/", body=None, headers=(), method=None):
    """One call; the emulator takes the service from the credential's scope and checks no more."""
    scope = f"Credential=rehearsal/20260101/us-east-1/{service}/aws4_request"
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + path,
        body,
        {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0", **dict(headers)},
        method=method,
    )
    with OPENER.open(request, timeout=20) as answer:
        return answer.read().decode()


def aws_json(service, target, body=None):
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    return json.loads(aws(service, body=json.dumps(body or {}).encode(), headers=headers))


def services():
    for database in aws_json("glue", "AWSGlue.GetDatabases")["DatabaseList"]:
        if database["Name"].startswith("drill_"):
            yield f"Glue database {database['Name']}"
    for parameter in aws_json("ssm", "AmazonSSM.DescribeParameters")["Parameters"]:
        if "drl" in parameter["Name"]:
            yield f"SSM parameter {parameter['Name']}"
    for arn in re.findall(r"<TopicArn>([^<]+)", aws("sns", body=b"Action=ListTopics")):
        if "drl" in arn:
            yield f"SNS topic {arn}"
    clusters = json.loads(aws("eks", "/clusters"))["clusters"]
    for cluster in clusters:
        if "drl" in cluster:
            yield f"EKS cluster {cluster}"
        for group in json.loads(aws("eks", f"/clusters/{cluster}/node-groups"))["nodegroups"]:
            found = json.loads(aws("eks", f"/clusters/{cluster}/node-groups/{group}"))["nodegroup"]
            if found["scalingConfig"]["desiredSize"] != 0:
                yield f"node group {cluster}/{group} with {found['scalingConfig']['desiredSize']} nodes"
    tagged = aws_json(
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        {"TagFilters": [{"Key": "muster:drill"}]},
    )
    for resource in tagged["ResourceTagMappingList"]:
        if ":eks:" not in resource["ResourceARN"] and ":secretsmanager:" not in resource["ResourceARN"]:
            yield f"tagged {resource['ResourceARN']}"


def dns():
    sets = aws("route53", f"/2013-04-01/hostedzone/{os.environ['CRASH_ZONE']}/rrset")
    weights = dict(
        re.findall(r"<SetIdentifier>([^<]+)</SetIdentifier>.*?<Weight>(\d+)</Weight>", sets, re.DOTALL)
    )
    if sorted(weights.values()) != ["0", "100"]:
        yield f"Route 53 weights {weights}"
    url = f"http://127.0.0.1:{os.environ['PDNS_API_PORT']}/api/v1/servers/localhost/zones/drill.example.com."
    zone = OPENER.open(urllib.request.Request(url, headers={"X-API-Key": os.environ["PDNS_KEY"]}), timeout=10)
    for rrset in json.load(zone)["rrsets"]:
        if rrset["name"] == "api.drill.example.com." and rrset["type"] == "LUA":
            content = rrset["records"][0]["content"]
            if "{100,'127.0.0.2'},{0,'127.0.0.3'}" not in content:
                yield f"PowerDNS record {content}"


def processes(mark):
    for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"CRASH_CASE={mark}".encode() in environ.read_bytes().split(b"\0"):
                name = (environ.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if name:  # a zombie has none
                    yield f"process {environ.parent.name}: {name[:100]}"
        except OSError:
            pass
    with socket.socket() as web:
        web.settimeout(1)
        if web.connect_ex(("127.0.0.3", int(os.environ["HTTPS_PORT"]))) == 0:
            yield "the standby's web server answers"


def files(folder):
    for state in folder.glob("drills/*/terraform.tfstate"):
        if left := json.loads(state.read_text())["resources"]:
            yield f"Terraform state: {len(left)} resources"
    for temporary in folder.glob("**/*.tmp*"):
        yield f"half-written file {temporary.name}"
    for record in folder.glob("drills/*/evidence/**/*.json"):
        try:
            json.loads(record.read_text())
        except ValueError as error:
            yield f"evidence {record.name}: {error}"


def records(folder):
    """What the ledger says: each evidence is there, and no interrupted drill meets its RTO."""
    ledger = sqlite3.connect(f"file:{folder}/muster.db?mode=ro", uri=True)
    for (text,) in ledger.execute("SELECT record FROM run ORDER BY seq"):
        record = json.loads(text)
        run = record["run"]
        for target in record.get("targets", []):
            if target["name"] == "rto" and target["outcome"] == "MET" and run["interrupted"]:
                yield f"RTO {target.get('clock')} is MET in an interrupted drill"
        newest = {evidence["name"]: evidence["sha256"] for evidence in record.get("evidence", [])}
        for name, wanted in newest.items():
            path = folder / "drills" / run["drill"] / "evidence" / name
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
                yield f"evidence {name} is not what the record says"


def main():
    folder, mark = pathlib.Path(sys.argv[1]), sys.argv[2]
    left = [*services(), *dns(), *processes(mark), *files(folder), *records(folder)]
    print("\n".join(left))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
