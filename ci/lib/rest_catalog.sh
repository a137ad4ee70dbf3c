# SPDX-License-Identifier: Apache-2.0
# Iceberg's own REST catalog server for the tests: where its jars lie. To be sourced after cache.sh.

# rest_catalog_jars: the folder of exactly the jars that the pom names.
rest_catalog_jars() {
  printf '%s/rest-catalog-%s\n' "$cache_dir" "$(sha256sum "$root/fixtures/rest-catalog/pom.xml" | cut -c1-12)"
}
