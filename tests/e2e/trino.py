#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What 80-trino needs beside muster: statements that write, a password file, a token, free ports.

usage: trino.py sql URL STATEMENT…       runs them as user `seed`, prints rows with tabs
       trino.py password WORD            a line's worth of Trino's password file (PBKDF2)
       trino.py token SECRET SUBJECT     a JWT, signed with HMAC-SHA-256
       trino.py ports N                  N free ports of the loopback interface
       trino.py fact RECORD NAME         of the record's only check
"""
import base64
import hashlib
import hmac
import json
import os
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


def main(what, *words):
    if what == "sql":
        for text in words[1:]:
            statement(words[0], text)
    else:
        print({"password": password, "token": token, "ports": lambda n: ports(int(n)), "fact": fact}[what](*words))


main(*sys.argv[1:])
