#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs the cases on stdin (JSON, one array) with botocore and compares. Exit 0: all equal, 1: not, 77: no botocore here."""
import datetime
import json
import sys
import types

try:
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.config import Config
    import botocore.session
except ImportError:
    sys.exit(77)


class Clock(datetime.datetime):
    """botocore asks for the time itself: utcnow() up to 1.40, get_current_datetime() since."""

    now_ms = 0

    @classmethod
    def utcnow(cls):
        return datetime.datetime.fromtimestamp(cls.now_ms / 1000, datetime.timezone.utc).replace(tzinfo=None)


auth.datetime = types.SimpleNamespace(datetime=Clock, timezone=datetime.timezone)
auth.get_current_datetime = lambda *_, **__: Clock.utcnow()


class AlwaysHashed(auth.S3SigV4Auth):
    """botocore leaves the body's hash out over https; we never do."""

    def _should_sha256_sign_payload(self, request):
        return True


def authorization(case):
    Clock.now_ms = case["unix_ms"]
    request = AWSRequest(method=case["method"], url=case["url"], headers=dict(case["headers"]),
                         data=case["body"].encode())
    request.context["client_config"] = None
    keys = Credentials(case["access_key"], case["secret_key"], case["session_token"])
    signer = AlwaysHashed if case["service"] == "s3" else auth.SigV4Auth
    signer(keys, case["service"], case["region"]).add_auth(request)
    return request.headers["Authorization"]


def client():
    """An S3 client that sends nothing: it only shows the URL that it would have asked."""
    session = botocore.session.Session()
    session.set_credentials("AKID", "secret")
    style = {"addressing_style": "path", "us_east_1_regional_endpoint": "regional"}
    s3 = session.create_client("s3", region_name="us-east-1", config=Config(s3=style))
    seen = []

    def stop(request, **_):
        seen.append(request.url)
        return types.SimpleNamespace(status_code=200, headers={}, content=b"", raw=None, text="")

    s3.meta.events.register("before-send.s3.HeadObject", stop)
    return s3, seen


def url_of(key):
    s3, seen = client.made
    try:
        s3.head_object(Bucket="lake", Key=key)
    except Exception:
        if not seen:
            raise
    return seen.pop()


cases = json.load(sys.stdin)
bad = 0
if any("key" in case for case in cases):
    client.made = client()
for case in cases:
    if "key" in case and url_of(case["key"]) != case["url"]:
        bad += 1
        print(f"key {case['key']!r}\n  botocore {url_of(case['key'])}\n  ours     {case['url']}")
    expected = authorization(case)
    if expected != case["authorization"]:
        bad += 1
        print(f"{case['method']} {case['url']}\n  botocore {expected}\n  ours     {case['authorization']}")
print(f"{len(cases)} cases, {bad} differ")
sys.exit(1 if bad or not cases else 0)
