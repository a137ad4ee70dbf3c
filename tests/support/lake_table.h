/* SPDX-License-Identifier: Apache-2.0 */
/* A small Iceberg table in a folder, with one snapshot whose summary says what a test wants. */
#ifndef MU_TESTS_LAKE_TABLE_H
#define MU_TESTS_LAKE_TABLE_H

#include <stddef.h>

#include "support/avro_file.h"

/* Writes FOLDER/v1.metadata.json, list.avro and m.avro, which call FOLDER "s3://lake/"; n files,
 * added, deletes among them in a later d.avro. `stamps`: further members of the summary, each behind a comma ("" for none). */
void lake_table_write(const char *folder, const struct avro_entry *files, size_t n,
                      const char *stamps);

#endif
