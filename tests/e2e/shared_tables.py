# SPDX-License-Identifier: Apache-2.0
"""The tables of ../shared, in an S3 and a Glue that answer at AWS_ENDPOINT_URL.

usage: shared_tables.py load LAKE                    puts objects and catalog entries there
       shared_tables.py count LAKE MUSTER RECORD     a line a table: ok, or not ok
"""
import json
import pathlib
import subprocess
import sys

import boto3


def put(s3, bucket, folder):
    s3.create_bucket(Bucket=bucket)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            s3.put_object(Bucket=bucket, Key=str(path.relative_to(folder)), Body=path.read_bytes())


def load(lake):
    s3, glue = boto3.client("s3"), boto3.client("glue")
    put(s3, "lake", lake / "s3" / "lake")
    put(s3, "delta", lake / "delta")
    for database, tables in json.loads((lake / "glue.json").read_text()).items():
        glue.create_database(DatabaseInput={"Name": database})
        for table in tables:
            glue.create_table(DatabaseName=database, TableInput=table)


def look(muster, record, *words):
    done = subprocess.run([muster, "probe", "-q", "--report", f"json={record}", *words], check=False, capture_output=True)
    facts = json.loads(pathlib.Path(record).read_text())["checks"][0]["facts"]
    return {name: fact.get("value") for name, fact in facts.items()} | {"status": done.returncode}


def judge(name, rows, wanted, complete):
    """Exact and right, or bounds that hold what the engine counted."""
    if isinstance(rows, (list, dict)):
        low, high = (rows.get("lo"), rows.get("hi")) if isinstance(rows, dict) else rows
        held = low <= wanted and (high is None or wanted <= high)
        said = f"{low} to {'?' if high is None else high}"
    else:
        held, said = rows == wanted, rows
    held = held and complete
    print(f"{'ok' if held else 'not ok'} {name}: {said}, the engine {wanted}{'' if complete else ', files missing'}")
    return held


def count(lake, muster, record):
    wrong = 0
    in_glue = {t["Name"] for tables in json.loads((lake / "glue.json").read_text()).values() for t in tables}
    for name, table in json.loads((lake / "counts.json").read_text()).items():
        where = ["catalog=glue", "database=db", f"table={name}"]
        if name not in in_glue:
            where = [f"metadata={table['metadata_location']}"]
        facts = look(muster, record, "iceberg", *where)
        complete = facts.get("iceberg.files_missing") == 0
        wrong += not judge(name, facts.get("iceberg.rows"), table["rows_scanned_by_writer_engine"], complete)
    for name, table in json.loads((lake / "delta-counts.json").read_text()).items():
        facts = look(muster, record, "delta", f"location=s3://delta/{name}", "files=true")
        if "delta.rows" not in facts and facts.get("delta.why"):
            wrong += facts["status"] != 3
            print(f"{'ok' if facts['status'] == 3 else 'not ok'} {name}: could not be verified: {facts['delta.why']}")
            continue
        wrong += not judge(name, facts.get("delta.rows"), table.get("rows"), facts.get("delta.files_missing") == 0)
    return 1 if wrong else 0


if sys.argv[1] == "load":
    load(pathlib.Path(sys.argv[2]))
else:
    sys.exit(count(pathlib.Path(sys.argv[2]), *sys.argv[3:]))
