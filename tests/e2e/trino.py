#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What 80-trino needs beside muster: statements that write, a password file, a token, free ports.

usage: trino.py sql URL STATEMENT…       runs them as user `seed`, prints rows with tabs
       trino.py password WORD            a line's worth of Trino's password file (PBKDF2)
       trino.py token SECRET SUBJECT     a JWT, signed with HMAC-SHA-256
       trino.py ports N                  N free ports of the loopback interface
       trino.py fact RECORD NAME         of the record's only check
       trino.py load FOLDER ENDPOINT     puts the shared tables into the AWS emulator: S3 and Glue (needs boto3)
       trino.py compare RECORD FOLDER    rows of the record's checks against the writers' own scans
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import socket
import sys
import time
import urllib.request


def statement(url, text):
    request = urllib.request.Request(url + "/v1/statement", text.encode(), {"X-Trino-User": "seed"})
    page = json.load(urllib.request.urlopen(request, timeout=60))
    while True:
        for row in page.get("data") or []:
            print("\t".join(str(value) for value in row))
        if "error" in page:
            sys.exit(f"{text}: {page['error']['message']}")
        if "nextUri" not in page:
            return
        page = json.load(urllib.request.urlopen(page["nextUri"], timeout=60))


def password(word):
    salt = os.urandom(16)
    digest = hashlib.pbkdf2_hmac("sha1", word.encode(), salt, 1000, 64)
    return f"1000:{salt.hex()}:{digest.hex()}"


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(secret, subject):
    claims = {"sub": subject, "exp": int(time.time()) + 3600}
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(base64.b64decode(secret), signed, "sha256").digest())).decode()


def ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    return " ".join(str(one.getsockname()[1]) for one in sockets)


def fact(record, name):
    facts = json.load(open(record))["checks"][0]["facts"]
    found = facts.get(name) if isinstance(facts, dict) else next((f for f in facts if f["name"] == name), None)
    return json.dumps(found["value"]).strip('"') if found else "none"


def load(folder, endpoint):
    import boto3

    folder = pathlib.Path(folder)
    keys = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    s3, glue = (boto3.client(name, endpoint_url=endpoint, **keys) for name in ("s3", "glue"))
    s3.create_bucket(Bucket="lake")
    for path in sorted((folder / "s3/lake").rglob("*")):
        if path.is_file():
            s3.put_object(Bucket="lake", Key=str(path.relative_to(folder / "s3/lake")), Body=path.read_bytes())
    for database, tables in json.load(open(folder / "glue.json")).items():
        glue.create_database(DatabaseInput={"Name": database})
        for table in tables:
            glue.create_table(DatabaseName=database, TableInput=table)
    return "loaded"


def compare(record, folder):
    counts = json.load(open(pathlib.Path(folder) / "counts.json"))
    wrong, engine = [], 0
    checks = json.load(open(record))["checks"]
    for check in checks:
        name = check["id"].rpartition(".")[2]
        rows = check["facts"].get("iceberg.rows", {}).get("value")
        engine += "iceberg.rows_by" in check["facts"]
        if rows != counts[name]["rows_scanned_by_writer_engine"]:
            wrong.append(f"{name}: {rows}, not {counts[name]['rows_scanned_by_writer_engine']}")
    return "; ".join(wrong) or f"{len(checks)} tables, {engine} of them by the engine"


def main(what, *words):
    if what == "sql":
        for text in words[1:]:
            statement(words[0], text)
    else:
        known = {"password": password, "token": token, "ports": lambda n: ports(int(n)), "fact": fact}
        print((known | {"load": load, "compare": compare})[what](*words))


main(*sys.argv[1:])
