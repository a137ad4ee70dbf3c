#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables for 85-writers, made by their own writers, and what those writers find when they scan them.

usage: writers.py delta FOLDER               delta-rs
       writers.py spark WAREHOUSE STANDBY JAR   Spark: a Hadoop catalog, and standby copies that
                                             rewrite_table_path prepared
       writers.py leave FOLDER WHAT SOURCE   of the copy at s3://standby/NAME in FOLDER, one path still
                                             leads to SOURCE: of its list, a manifest or data (WHAT)

Prints one line for each table and version, with tabs between: what it is, where it lies, the version or
snapshot, rows scanned, live data files, and how sure metadata alone can be: exact, bounds, or - (not at
all)."""
import csv
import json
import pathlib
import shutil
import sys
import urllib.parse


def tell(*words):
    print(*words, sep="\t", flush=True)


# ---- delta-rs ----


def batch(first, last, **more):
    from arro3.core import Array, DataType, Table

    ids = range(first, last)
    columns = {"id": Array(list(ids), DataType.int64()), "name": Array([f"n{i}" for i in ids], DataType.utf8())}
    for name, values in more.items():
        columns[name] = Array([values[i % len(values)] for i in ids], DataType.utf8())
    return Table.from_pydict(columns)


def scanned(table):
    """Rows as they come, not the count that the log's statistics would give."""
    from deltalake import QueryBuilder

    found = QueryBuilder().register("t", table).execute("SELECT id FROM t")
    return sum(part.num_rows for part in (found if hasattr(found, "__next__") else found.to_batches()))


def tell_delta(name, path, sure="exact", versions=None):
    from deltalake import DeltaTable

    latest = DeltaTable(path).version()
    for version in versions or range(latest + 1):
        table = DeltaTable(path, version=version)
        tell(name, path, version, scanned(table), len(table.file_uris()), sure)


def delta(folder):
    from deltalake import DeltaTable, write_deltalake

    def made(name, *parts, **options):
        path = str(folder / name)
        for part in parts:
            write_deltalake(path, part, mode="append", **options)
        return path

    path = made("appended to", batch(0, 100), batch(100, 250), batch(250, 251))
    tell_delta("appends", path)

    # Deletes, updates, overwrites, a wider schema, a restore, a compaction, and empty at last.
    path = made("changed", batch(0, 300), batch(300, 600))
    DeltaTable(path).delete("id % 3 = 0")
    DeltaTable(path).update(predicate="id < 100", updates={"name": "'x'"})
    write_deltalake(path, batch(0, 40), mode="overwrite")
    write_deltalake(path, batch(40, 90, extra=["e"]), mode="append", schema_mode="merge")
    DeltaTable(path).delete("id >= 80")
    DeltaTable(path).restore(3)
    DeltaTable(path).optimize.compact()
    DeltaTable(path).delete()
    tell_delta("changed in every way", path)

    odd = ["a b", "x/y", "50%", "k=v", "Zürich", "it's", "a+b", "%41", "q?#", None]
    path = made("odd parts", batch(0, 100, p=odd), batch(100, 250, p=odd), partition_by=["p"])
    DeltaTable(path).delete("p = 'x/y'")
    write_deltalake(path, batch(0, 7, p=["a b"]), mode="overwrite", predicate="p = 'a b'")
    tell_delta("partitions with odd names", path)

    path = made("checkpointed", *(batch(i * 10, i * 10 + 10) for i in range(5)))
    DeltaTable(path).create_checkpoint()
    write_deltalake(path, batch(50, 60), mode="append")
    tell_delta("a checkpoint whose log is still there", path)
    cleaned = folder / "cleaned"
    shutil.copytree(path, cleaned)
    for version in range(4):
        (cleaned / "_delta_log" / f"{version:020}.json").unlink()
    tell_delta("a checkpoint that the log was cleaned up to", str(cleaned), "-", [5])

    path = made("vacuumed", batch(0, 100), batch(100, 200))
    DeltaTable(path).delete("id < 50")
    DeltaTable(path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    tell_delta("vacuumed", path, versions=[DeltaTable(path).version()])

    path = made("damaged", batch(0, 100), batch(100, 200), batch(200, 300))
    for way, uri in zip(("gone", "cut"), sorted(DeltaTable(path).file_uris())):
        tell(way, path, 2, 300, 3, urllib.parse.unquote(uri))


# ---- Spark, with Iceberg's Hadoop catalog ----

ROWS = "SELECT id, concat('n', id) AS name, date_add(DATE'2026-11-01', CAST(id % 5 AS INT)) AS day FROM range({}, {})"
COLUMNS = "(id BIGINT, name STRING, day DATE)"
MERGE = ("'write.delete.mode'='merge-on-read','write.update.mode'='merge-on-read',"
         "'write.merge.mode'='merge-on-read'")


def put(first, last):
    return "INSERT INTO {t} " + ROWS.format(first, last)


def spark_session(warehouse, jar):
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.extraClassPath": jar,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.warehouse.dir": f"{warehouse}/none",
        "spark.local.dir": f"{warehouse}/scratch",
        "spark.sql.catalog.plain": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.plain.type": "hadoop",
        "spark.sql.catalog.plain.warehouse": f"{warehouse}/plain",
        "spark.sql.catalog.uri": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.uri.type": "hadoop",
        "spark.sql.catalog.uri.warehouse": f"file://{warehouse}/by uri",
        # A count is to read the files: Iceberg would answer it from metadata, as muster does.
        "spark.sql.iceberg.aggregate-push-down.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("writers")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def tables():
    """NAME: what it is, catalog, format version, partitioning and properties, statements."""
    day = "PARTITIONED BY (day)"
    merged = ["DELETE FROM {t} WHERE id % 10 = 3", put(100, 150), "UPDATE {t} SET name = 'x' WHERE id < 20",
              "DELETE FROM {t} WHERE id % 7 = 0"]
    return {
        "v1": ("v1, copied on write, overwritten", "plain", 1, day, "", [
            put(0, 100), put(100, 130), "DELETE FROM {t} WHERE id % 10 = 3",
            "INSERT OVERWRITE {t} " + ROWS.format(500, 520) + " WHERE id % 5 = 1",
            "DELETE FROM {t} WHERE day = DATE'2026-11-03'"]),
        "v1_up": ("v1 upgraded to v2, then merged on read", "plain", 1, "", MERGE, [
            put(0, 100), "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='2')", *merged]),
        "v2_cow": ("v2, copied on write, manifests in snappy, gzip metadata", "uri", 2, day,
                   "'write.manifest.compression-codec'='snappy','write.metadata.compression-codec'='gzip'", [
                       put(0, 100), *merged, "CALL {c}.system.rewrite_manifests('db.{n}')",
                       "INSERT OVERWRITE {t} " + ROWS.format(0, 9)]),
        "v2_mor": ("v2, merged on read, compacted, manifests in zstd", "plain", 2, day,
                   MERGE + ",'write.manifest.compression-codec'='zstd'", [
                       put(0, 100), *merged,
                       "CALL {c}.system.rewrite_data_files(table => 'db.{n}', where => 'id < 60', "
                       "options => map('rewrite-all', 'true'))",
                       "CALL {c}.system.rewrite_position_delete_files(table => 'db.{n}', "
                       "options => map('rewrite-all', 'true'))",
                       "MERGE INTO {t} t USING (" + ROWS.format(140, 170) + ") s ON t.id = s.id "
                       "WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET * "
                       "WHEN NOT MATCHED THEN INSERT *"]),
        "v3_dv": ("v3, deletion vectors", "plain", 3, day, MERGE, [
            put(0, 100), *merged, "DELETE FROM {t} WHERE id % 4 = 1",
            "CALL {c}.system.rewrite_data_files(table => 'db.{n}', where => 'id < 60', "
            "options => map('rewrite-all', 'true'))"]),
        "v2_to_v3": ("v2 with position deletes, upgraded to v3", "uri", 2, "", MERGE, [
            put(0, 100), merged[0], "ALTER TABLE {t} SET TBLPROPERTIES ('format-version'='3')", *merged[1:]]),
        "evolved": ("schema and partitioning evolved", "plain", 2, "", "'write.format.default'='orc'", [
            put(0, 100), "ALTER TABLE {t} ADD COLUMN more INT FIRST", "ALTER TABLE {t} RENAME COLUMN name TO title",
            "INSERT INTO {t} SELECT 1, id, 't', DATE'2026-11-01' FROM range(100, 140)",
            "ALTER TABLE {t} ADD PARTITION FIELD bucket(3, id)", "ALTER TABLE {t} DROP COLUMN day",
            "INSERT INTO {t} SELECT 2, id, 'a b/c%=' || id FROM range(140, 170)",
            "ALTER TABLE {t} ADD PARTITION FIELD title",
            "ALTER TABLE {t} SET TBLPROPERTIES ('write.format.default'='avro')",
            "INSERT INTO {t} SELECT 3, id, 'Zürich a b/c%=' FROM range(170, 180)",
            "DELETE FROM {t} WHERE id % 9 = 1"]),
        "branched": ("a tag, a branch, old snapshots expired", "plain", 2, "", "", [
            put(0, 10), put(10, 30), "ALTER TABLE {t} CREATE TAG monthly", put(30, 60),
            "ALTER TABLE {t} CREATE BRANCH audit", "INSERT INTO {t}.branch_audit " + ROWS.format(60, 100),
            put(100, 105), "DELETE FROM {t} WHERE id < 5",
            "CALL {c}.system.expire_snapshots(table => 'db.{n}', older_than => TIMESTAMP '2100-01-01', "
            "retain_last => 1)"]),
        "emptied": ("all rows deleted", "plain", 2, "", "", [put(0, 10), "DELETE FROM {t}"]),
        "fresh": ("no snapshot at all", "plain", 2, "", "", []),
    }


def tell_iceberg(spark, what, table, location):
    def line(shown, at, rest=""):
        # Position deletes leave metadata alone with bounds; what vectors take away is counted.
        files, positions = spark.sql(
            "SELECT count_if(content = 0), count_if(content <> 0 AND file_format <> 'PUFFIN') "
            f"FROM {table}.files {rest}").collect()[0]
        rows = spark.sql(f"SELECT count(*) FROM {table} {rest}").collect()[0][0]
        tell(shown, location, at, rows, files, "bounds" if positions else "exact")

    snapshots = spark.sql(f"SELECT snapshot_id, operation FROM {table}.snapshots ORDER BY committed_at").collect()
    for n, (snapshot, operation) in enumerate(snapshots, 1):
        line(f"{what}: snapshot {n} of {len(snapshots)} ({operation})", snapshot, f"VERSION AS OF {snapshot}")
    for name, kind in spark.sql(f"SELECT name, type FROM {table}.refs WHERE name <> 'main'").collect():
        line(f"{what}: {kind.lower()} {name}", name, f"VERSION AS OF '{name}'")
    line(f"{what}: as it is now", "current")


def copy_as_told(spark, catalog, name, source, standby, listed):
    """What a copy to the standby does: rewritten metadata, and each file of the list to its place."""
    found = spark.sql(
        f"CALL {catalog}.system.rewrite_table_path(table => 'db.{name}', source_prefix => '{source}', "
        f"target_prefix => 's3://standby/{name}', staging_location => '{listed}')").collect()[0]
    parts = pathlib.Path(urllib.parse.urlparse(found["file_list_location"]).path)
    for part in [parts] if parts.is_file() else sorted(parts.glob("part-*")):
        for origin, target in csv.reader(part.open()):
            path = standby / target.removeprefix("s3://standby/")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile("/" + origin.removeprefix("file:").lstrip("/"), path)


def spark(warehouse, standby, jar):
    session = spark_session(warehouse, jar)
    for catalog in ("plain", "uri"):
        session.sql(f"CREATE NAMESPACE {catalog}.db")
    for name, (what, catalog, version, partitioned, properties, statements) in tables().items():
        table = f"{catalog}.db.{name}"
        more = f",{properties}" if properties else ""
        session.sql(f"CREATE TABLE {table} {COLUMNS} USING iceberg {partitioned} "
                    f"TBLPROPERTIES ('format-version'='{version}'{more})")
        for statement in statements:
            session.sql(statement.format(t=table, c=catalog, n=name))
        folder = warehouse / ("plain" if catalog == "plain" else "by uri") / "db" / name
        tell_iceberg(session, what, table, folder)
        # Not of an upgraded table: rewrite_table_path of 1.12 fails on snapshots from before v3.
        if name in ("v1", "v2_mor", "v3_dv"):
            copy_as_told(session, catalog, name, folder, standby, warehouse / "staged" / name)
            tell_iceberg(session, f"{what}, its paths rewritten", table, f"s3://standby/{name}")
    session.stop()


# ---- a path that was left behind ----


def rewrite(path, change):
    """An Avro file again, after change(record) of each of its records; its new length."""
    import fastavro

    with path.open("rb") as file:
        reader = fastavro.reader(file)
        metadata = {key: text for key, text in reader.metadata.items() if not key.startswith("avro.")}
        schema, codec, records = json.loads(reader.metadata["avro.schema"]), reader.codec, list(reader)
    for record in records:
        change(record)
    with path.open("wb") as file:
        fastavro.writer(file, schema, records, codec=codec, metadata=metadata)
    return path.stat().st_size


def leave(folder, what, source):
    """Changes the first path of that kind; prints it."""
    def local(path):
        return folder.parent / path.removeprefix("s3://standby/")

    def behind(path):
        return path.replace(f"s3://standby/{folder.name}", source)

    metadata = max((folder / "metadata").glob("*.metadata.json"), key=lambda path: int(path.name[1:].split(".")[0]))
    text = json.loads(metadata.read_text())
    current = next(s for s in text["snapshots"] if s["snapshot-id"] == text["current-snapshot-id"])
    listed, left = current["manifest-list"], []
    if what == "list":
        left.append(behind(listed))
        current["manifest-list"] = left[0]
        metadata.write_text(json.dumps(text))
    else:
        def in_manifest(record):
            if not left and record["status"] != 2:
                left.append(behind(record["data_file"]["file_path"]))
                record["data_file"]["file_path"] = left[0]

        def in_list(record):
            if left:
                return
            if what == "manifest":
                left.append(behind(record["manifest_path"]))
                record["manifest_path"] = left[0]
            else:
                record["manifest_length"] = rewrite(local(record["manifest_path"]), in_manifest)

        rewrite(local(listed), in_list)
    print(left[0])


def main(command, *words):
    if command == "delta":
        delta(pathlib.Path(words[0]))
    elif command == "spark":
        spark(pathlib.Path(words[0]), pathlib.Path(words[1]), words[2])
    else:
        leave(pathlib.Path(words[0]), *words[1:])


main(*sys.argv[1:])
