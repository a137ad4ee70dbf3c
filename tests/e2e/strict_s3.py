#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills a strict S3 server with tables of real writers, and undoes what the test wants undone.

usage: strict_s3.py fill | wait | delete KEY | shorten KEY | token | port

The server is the environment's: AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION. Buckets: `lake` (versioned,
Object Lock with 30 days by default) and `plain`.
"""
import datetime as dt
import json
import os
import socket
import sys
import time

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL_S3", "")
SCHEMA = Schema(NestedField(1, "id", LongType()), NestedField(2, "place", StringType()))
# Names of data files as somebody's writer might leave them.
NAMES = [
    "plain", "a b", "a+b", "a%20b", "100%", "a=b", "a&b", "a;b", "a,b", "a:b@c", "(a)*!'", "~-._", "$a", "caf\u00e9",
    "e\u0301", "\u65e5\u672c", "\U0001f600", "[a]{b}", "a|b^c`d", "\"q\"", "<x>", "back\\slash", " lead", "trail ",
]


def client(service="s3"):
    return boto3.client(service, endpoint_url=ENDPOINT,
                        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=2))


def file_io():
    return PyArrowFileIO({"s3.endpoint": ENDPOINT, "s3.access-key-id": os.environ["AWS_ACCESS_KEY_ID"],
                          "s3.secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"], "s3.region": os.environ["AWS_REGION"]})


class Files(MetastoreCatalog):
    """A catalog that remembers only where the newest metadata of each table is."""

    def __init__(self):
        super().__init__("files")
        self.at = {}

    def _load_file_io(self, properties=None, location=None):
        return file_io()

    def _keep(self, staged):
        ToOutputFile.table_metadata(staged.metadata, staged.io.new_output(staged.metadata_location))
        self.at[tuple(staged.name())] = staged.metadata_location

    def create_table(self, identifier, schema, location=None, partition_spec=PartitionSpec(), **rest):
        self._keep(self._create_staged_table(identifier, schema, location, partition_spec))
        return self.load_table(identifier)

    def load_table(self, identifier):
        name = self.identifier_to_tuple(identifier)
        io = file_io()
        metadata = FromInputFile.table_metadata(io.new_input(self.at[name]))
        return Table(name, metadata, self.at[name], io, self)

    def commit_table(self, table, requirements, updates):
        staged = self._update_and_stage_table(table, tuple(table.name()), requirements, updates)
        self._keep(staged)
        return CommitTableResponse(metadata=staged.metadata, metadata_location=staged.metadata_location)


Files.__abstractmethods__ = frozenset()


def rows(first, n):
    return pa.table({"id": list(range(first, first + n)), "place": ["DE" if i % 2 else "FR" for i in range(n)]},
                    schema=SCHEMA.as_arrow())


def by_place():
    return PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "place"))


def make_buckets():
    s3 = client()
    s3.create_bucket(Bucket="lake", ObjectLockEnabledForBucket=True)
    s3.create_bucket(Bucket="plain")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    s3.put_object_lock_configuration(
        Bucket="lake", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})


def make_tables():
    """name -> {metadata, location, rows, files}"""
    catalog, out = Files(), {}
    places = {"plain": ("s3://plain/wh/sales", None), "locked": ("s3://lake/wh/sales", None),
              "awkward": ("s3://plain/fin ance+100%/ta=b&c;d,\u00e9 \u65e5", by_place())}
    for name, (location, spec) in places.items():
        table = catalog.create_table(f"db.{name}", SCHEMA, location=location, partition_spec=spec or PartitionSpec())
        for batch in range(3):
            table.append(rows(batch * 1000, 1000))
        out[name] = {"rows": 3000}
    table = catalog.create_table("db.names", SCHEMA, location="s3://plain/names")
    s3, paths = client(), []
    for n, name in enumerate(NAMES):
        put(s3, "plain", f"names/data/{name}.parquet", n)
        paths.append(f"s3://plain/names/data/{name}.parquet")
    table.add_files(paths)
    out["names"] = {"rows": 10 * len(NAMES)}
    table = catalog.create_table("db.many", SCHEMA, location="s3://lake/many")
    paths = []
    for n in range(100):
        key = f"many/data/part {n:03}+{NAMES[n % len(NAMES)]}.parquet"
        put(s3, "lake", key, n)
        paths.append(f"s3://lake/{key}")
    table.add_files(paths)
    out["many"] = {"rows": 1000}
    for name, what in out.items():
        loaded = catalog.load_table(f"db.{name}")
        what.update(metadata=loaded.metadata_location, location=loaded.location(),
                    files=len(loaded.inspect.data_files()), data=loaded.inspect.data_files()["file_path"].to_pylist()[:3])
    return out


def put(s3, bucket, key, n):
    sink = pa.BufferOutputStream()
    pq.write_table(rows(n * 10, 10), sink)
    s3.put_object(Bucket=bucket, Key=key, Body=sink.getvalue().to_pybytes())


def wait():
    for _ in range(200):
        try:
            return client().list_buckets() and 0
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    return 1


def main(command, *words):
    if command == "port":
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            print(s.getsockname()[1])
    elif command == "wait":
        return wait()
    elif command == "fill":
        make_buckets()
        print(json.dumps(make_tables()))
    elif command == "delete":
        bucket, key = words[0].removeprefix("s3://").split("/", 1)
        client().delete_object(Bucket=bucket, Key=key)
    elif command == "shorten":
        bucket, key = words[0].removeprefix("s3://").split("/", 1)
        client().put_object(Bucket=bucket, Key=key, Body=b"PAR1")
    elif command == "retain":
        bucket, key = words[0].removeprefix("s3://").split("/", 1)
        until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=int(words[1]))
        client().put_object_retention(Bucket=bucket, Key=key, BypassGovernanceRetention=True,
                                      Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
    elif command == "token":
        got = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/dr", RoleSessionName="muster")["Credentials"]
        print(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
    else:
        return 2
    return 0


sys.exit(main(*sys.argv[1:]))
