/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the ledger only: the files of an evidence bundle, as they are written and read. */
#ifndef MU_LEDGER_BUNDLE_H
#define MU_LEDGER_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "ledger/chain.h"

struct mu_json;
struct mu_json_node;

#define MU_BUNDLE_SCHEMA "muster.bundle/1"
enum { MU_BUNDLE_FILE_MAX = 64 << 20 }; /* one file of a bundle, bytes */

/* A line of chain.jsonl and one of journals/…, without the newline. */
void mu_bundle_write_link(struct mu_str *out, const struct mu_link *link, const char *entry_sha256,
                          const char *run);
void mu_bundle_write_row(struct mu_str *out, const struct mu_journal_row *row,
                         const char *row_sha256);
/* Strings borrowed from the node. */
void mu_bundle_read_link(const struct mu_json_node *node, struct mu_link *out,
                         const char **entry_sha256, const char **run);
void mu_bundle_read_row(const struct mu_json_node *node, struct mu_journal_row *out,
                        const char **row_sha256);

/* A bundle that was opened: its manifest read and every file in it hashed and found to be the
 * one that the manifest names. */
struct mu_bundle {
  const char *folder;
  struct mu_json *manifest; /* owned */
  bool partial;
};
MU_CHECKED int mu_bundle_open(const char *folder, struct mu_arena *arena, struct mu_bundle *out,
                              struct mu_err *err);
void mu_bundle_done(struct mu_bundle *bundle);
/* The i-th file's name in the bundle; NULL behind the last. */
const char *mu_bundle_name(const struct mu_bundle *bundle, size_t i);
/* Calls `each` with every line of a .jsonl file, parsed. A result other than 0 ends it and is
 * returned. */
int mu_bundle_lines(const struct mu_bundle *bundle, const char *name,
                    int (*each)(void *ctx, const struct mu_json_node *line, struct mu_err *err),
                    void *ctx, struct mu_err *err);
MU_CHECKED int mu_bundle_read(const struct mu_bundle *bundle, const char *name, struct mu_str *out,
                              struct mu_err *err);

#endif
