/* SPDX-License-Identifier: Apache-2.0 */
/* One look at one Iceberg table, for the probes that take one. Its parameters are the rows of
 * table_params.def and store_params.def. Everything is borrowed for the look and lives in the
 * check's arena; mu_look_done() ends it. */
#ifndef MU_PROBES_ICEBERG_LOOK_H
#define MU_PROBES_ICEBERG_LOOK_H

#include "lake/iceberg.h"
#include "store.h"

struct mu_rest;

struct mu_look {
  const struct mu_args *args;
  const struct mu_probe_ctx *ctx;
  struct mu_facts *facts;
  struct mu_store store;
  struct mu_rest *rest; /* the REST catalog, where the table is registered in one */
  const char *metadata; /* URI */
  const char *found_by; /* "catalog", "version hint", "listing", "given" */
  struct mu_iceberg_meta *meta;
  const struct mu_iceberg_snapshot *snapshot; /* NULL: the table is empty */
  struct mu_iceberg_list list;
  struct mu_iceberg_scan *scan;
  struct mu_iceberg_options options;
  /* Of the objects that the snapshot needs. */
  struct mu_names missing, wrong_size, archived;
  int64_t unknown; /* could not be looked at */
  int64_t locked_until_ms, unlocked, checked;
};

/* From the arguments; sends nothing. */
void mu_look_init(struct mu_look *look, const struct mu_args *args, const struct mu_probe_ctx *ctx,
                  struct mu_facts *facts);
void mu_look_done(struct mu_look *look);

/* Takes down how long the object is locked. */
void mu_look_note_lock(struct mu_look *look, const struct mu_store_get *get);

/* Finds the metadata file and reads it. *absent: the table is proven not to be there. *stop: what
 * is there cannot be looked into (a dangling pointer), and the facts say so. */
int mu_look_locate(struct mu_look *look, bool *absent, bool *stop, struct mu_err *err);
/* Reads the snapshot and writes what it says. */
int mu_look_snapshot(struct mu_look *look, struct mu_err *err);
/* Reads every manifest into the scan. *stop: one is not there or not what the list describes, and
 * nothing can be counted. */
int mu_look_manifests(struct mu_look *look, bool *stop, struct mu_err *err);
/* A path outside the standby is reported, not followed: it may be the primary's, and gone. */
bool mu_look_is_outside(const struct mu_look *look, const char *path);
/* Asks the engine named for the rows that metadata leaves open, and writes the answer into the
 * result; mu_look_engine_check() says what is wrong with how it is named (MU_E_CONFIG). */
int mu_look_engine_check(const struct mu_args *args, struct mu_arena *arena, struct mu_err *err);
void mu_look_engine(struct mu_look *look, struct mu_iceberg_result *result);
/* Stamps of the nightly job, exposure. */
void mu_look_source(struct mu_look *look);
/* Is every file of the snapshot there, with its size? */
int mu_look_files(struct mu_look *look, const struct mu_iceberg_result *result, struct mu_err *err);
/* Footers of data files against their record counts. */
int mu_look_footers(struct mu_look *look, const struct mu_iceberg_result *result,
                    struct mu_err *err);
/* Days without rows between the first and the last. */
void mu_look_days(struct mu_look *look, const struct mu_iceberg_result *result);

#endif
