#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills Azurite with a Delta table, and stands in for Microsoft Entra ID's token endpoint.

usage: azurite.py fill ENDPOINT CA | sas [PERMISSIONS] | entra SECRET | port

fill: container `lake` with table `a b/t`, three versions of 10 rows each. sas: an account signature.
entra: serves POST /TENANT/oauth2/v2.0/token on a loopback port, prints "port N"; client `reader`
with that secret gets a token that Azurite takes (it checks the claims, not the signature).
"""
import base64
import datetime as dt
import hashlib
import hmac
import http.server
import json
import socket
import ssl
import sys
import time
import urllib.parse
import urllib.request

ACCOUNT = "devstoreaccount1"
# Azurite's own, the same everywhere and printed in its manual.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
TABLE = "a b/t"


def sas(permissions="rwdlac"):
    version, ends = "2021-08-06", (dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [ACCOUNT, permissions, "b", "sco", "", ends, "", "https", version, "", ""]
    signed = hmac.new(base64.b64decode(KEY), "\n".join(parts).encode(), hashlib.sha256).digest()
    return urllib.parse.urlencode({"sv": version, "ss": "b", "srt": "sco", "sp": permissions, "se": ends, "spr": "https",
                                   "sig": base64.b64encode(signed).decode()})


def put(endpoint, ca, path, query, body, **headers):
    url = f"{endpoint}/{urllib.parse.quote(path)}?{query}&{sas()}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca), timeout=10).read()


def fill(endpoint, ca):
    put(endpoint, ca, "lake", "restype=container", b"")
    for version in range(3):
        actions = [{"add": {"path": f"{version}.parquet", "size": 4, "dataChange": True, "partitionValues": {},
                            "modificationTime": 0, "stats": json.dumps({"numRecords": 10})}}]
        if version == 0:
            actions = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": {"id": "t"}}] + actions
        log = "".join(json.dumps(action) + "\n" for action in actions).encode()
        put(endpoint, ca, f"lake/{TABLE}/_delta_log/{version:020}.json", "x=1", log, x_ms_blob_type="BlockBlob")
        put(endpoint, ca, f"lake/{TABLE}/{version}.parquet", "x=1", b"PAR1", x_ms_blob_type="BlockBlob")


def token(tenant):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"aud": "https://storage.azure.com", "iss": f"https://sts.windows.net/{tenant}/", "iat": now, "nbf": now - 60,
              "exp": now + 3600, "tid": tenant, "appid": "reader"}
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{base64.urlsafe_b64encode(b'unchecked').decode().rstrip('=')}"


def entra(secret):
    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            tenant = self.path.split("/")[1]
            wanted = {"grant_type": "client_credentials", "client_id": "reader", "client_secret": secret,
                      "scope": "https://storage.azure.com/.default"}
            known = asked == wanted and self.path == f"/{tenant}/oauth2/v2.0/token"
            answer = {"token_type": "Bearer", "expires_in": 3599, "access_token": token(tenant)} if known else {
                "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0"}
            body = json.dumps(answer).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Endpoint)
    print(f"port {server.server_port}", flush=True)
    server.serve_forever()


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        print(free.getsockname()[1])


if __name__ == "__main__":
    commands = {"fill": fill, "sas": lambda *words: print(sas(*words)), "entra": entra, "port": port}
    commands[sys.argv[1]](*sys.argv[2:])
