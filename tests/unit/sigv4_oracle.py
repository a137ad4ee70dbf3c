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


cases = json.load(sys.stdin)
bad = 0
for case in cases:
    expected = authorization(case)
    if expected != case["authorization"]:
        bad += 1
        print(f"{case['method']} {case['url']}\n  botocore {expected}\n  ours     {case['authorization']}")
print(f"{len(cases)} cases, {bad} differ")
sys.exit(1 if bad or not cases else 0)
