# SPDX-License-Identifier: Apache-2.0
# Azurite for the tests: which one, and where it lies. To be sourced after cache.sh.

azurite_version=3.37.0

azurite_folder() {
  printf '%s/azurite-%s\n' "$cache_dir" "$azurite_version"
}
