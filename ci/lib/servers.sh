# SPDX-License-Identifier: Apache-2.0
# The strict S3 servers of the tests: which ones, and where they lie. To be sourced after cache.sh.

versitygw_package=github.com/versity/versitygw/cmd/versitygw
versitygw_version=v1.8.0
minio_package=github.com/minio/minio
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c

# server_path NAME VERSION: where its program is kept.
server_path() {
  printf '%s/servers/%s-%s\n' "$cache_dir" "$1" "$2"
}
