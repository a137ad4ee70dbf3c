# SPDX-License-Identifier: Apache-2.0
# Writers of tables for the tests, delta-rs and Spark with Iceberg: which ones, and where they lie. To
# be sourced after cache.sh.

iceberg_artifact=iceberg-spark-runtime-3.5_2.12
iceberg_version=1.12.0
iceberg_sha256=8dd8c90e54ed1a20f2461309d047a255ee56382eb7c0a46162b27a4936fd86dc

# writers_venv: the folder of exactly the packages that fixtures/writers pins.
writers_venv() {
  venv_dir "$root/fixtures/writers/requirements.txt"
}

iceberg_jar() {
  printf '%s/writers/%s-%s.jar\n' "$cache_dir" "$iceberg_artifact" "$iceberg_version"
}

# java_version: of the `java` on PATH, its first number; fails where there is none.
java_version() {
  java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | grep .
}
