#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills a REST catalog with tables of a real writer, and lays out the log of a Delta source.

usage: rest_catalog.py fill | copy | lose | delta TABLE ROWS... | port | wait

fill: tables db.orders, db.eu.orders and db.eu."odd name" of 1000, 2000 and 3000 rows. copy: the
rehearsal's tables, from Glue, with their stamps. lose: a data file of finance.fact_sales. delta: s3://corp-home/TABLE with one version for each number
of rows, as a Delta writer's log. Where things are says the environment: REST_URI, REST_CREDENTIAL,
AWS_ENDPOINT_URL[_S3] and the AWS keys.
"""
import json
import os
import socket
import sys
import time

import boto3
import pyarrow as pa
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

HOME, REPLICA = "corp-home", "corp-dr-lakehouse"
TABLES = {("db", "orders"): 1000, ("db", "eu", "orders"): 2000, ("db", "eu", "odd name"): 3000}


def endpoint():
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ["AWS_ENDPOINT_URL"]


def s3():
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=2)
    return boto3.client("s3", endpoint_url=endpoint(), config=config)


def catalog():
    from pyiceberg.catalog import load_catalog

    return load_catalog(
        "rest", type="rest", uri=os.environ["REST_URI"], credential=os.environ["REST_CREDENTIAL"],
        **{"s3.endpoint": endpoint(), "s3.region": "us-east-1",
           "s3.access-key-id": os.environ["AWS_ACCESS_KEY_ID"],
           "s3.secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"]},
    )


def fill():
    s3().create_bucket(Bucket="lake")
    rest = catalog()
    for name in (("db",), ("db", "eu")):
        rest.create_namespace(name)
    for name, rows in TABLES.items():
        data = pa.table({"id": list(range(rows)), "place": [str(i % 7) for i in range(rows)]})
        table = rest.create_table(name, data.schema)
        table.append(data.slice(0, rows // 2))
        table.append(data.slice(rows // 2), snapshot_properties={"source-rows": str(rows)})


def copy():
    from pyiceberg.catalog import load_catalog

    url = endpoint()
    rest = catalog()
    glue = load_catalog("glue", type="glue", **{"glue.endpoint": url, "s3.endpoint": url, "s3.region": "us-east-1"})
    for database in ("finance", "ops"):
        rest.create_namespace((database,))
        for name in glue.list_tables(database):
            table = glue.load_table(name)
            summary = table.current_snapshot().summary.additional_properties
            stamps = {key: summary[key] for key in summary if key.startswith("source-")}
            new = rest.create_table(name, table.schema(), partition_spec=table.spec(),
                                    location=f"s3://{REPLICA}/rest/{database}/{name[1]}")
            new.append(table.scan().to_arrow(), snapshot_properties=stamps)


def lose():
    listed = s3().list_objects_v2(Bucket=REPLICA, Prefix="rest/finance/fact_sales/data/")
    s3().delete_object(Bucket=REPLICA, Key=listed["Contents"][0]["Key"])


def delta(name, *counts):
    """A log as Delta writers leave it; the files themselves are not needed for a count."""
    client, before = s3(), 0
    client.create_bucket(Bucket=HOME)
    for version, count in enumerate(int(count) for count in counts):
        actions = [{"commitInfo": {"operation": "WRITE", "timestamp": int(time.time() * 1000)}}]
        if version == 0:
            actions += [
                {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                {"metaData": {"id": name, "format": {"provider": "parquet"}, "schemaString": "{}",
                              "partitionColumns": [], "configuration": {}}},
            ]
        actions.append({"add": {
            "path": f"part-{version:05}.parquet", "partitionValues": {}, "size": 1000,
            "modificationTime": 0, "dataChange": True,
            "stats": json.dumps({"numRecords": count - before})}})
        before = count
        body = "\n".join(json.dumps(action) for action in actions) + "\n"
        client.put_object(Bucket=HOME, Key=f"{name}/_delta_log/{version:020}.json", Body=body.encode())


def wait():
    """Until the storage answers; 20 seconds at most."""
    for _ in range(100):
        try:
            s3().list_buckets()
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.2)
    sys.exit("no answer")


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        print(free.getsockname()[1])


if __name__ == "__main__":
    commands = {"fill": fill, "copy": copy, "lose": lose, "delta": delta, "port": port, "wait": wait}
    commands[sys.argv[1]](*sys.argv[2:])
