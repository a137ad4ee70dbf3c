/* SPDX-License-Identifier: Apache-2.0 */
/* Terraform's dependency lock file, .terraform.lock.hcl: which version of each provider a folder is
 * pinned to. Read is the subset of HCL that Terraform and OpenTofu write there (blocks with labels,
 * strings, lists); what is none of that is an error with its line. Results live in the arena that
 * was passed. */
#ifndef MU_PROVENANCE_LOCKFILE_H
#define MU_PROVENANCE_LOCKFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

enum { MU_LOCK_BYTES = 4 << 20, MU_LOCK_PROVIDERS = 1000 };
#define MU_LOCK_NAME ".terraform.lock.hcl"

struct mu_lock_provider {
  const char *source;      /* "registry.terraform.io/hashicorp/aws" */
  const char *version;     /* "5.100.0" */
  const char *constraints; /* "~> 5.0"; NULL: none */
  const char **hashes;     /* checksums of packages: "h1:…", "zh:…" */
  size_t hashes_n, hashes_cap;
};
struct mu_lock {
  struct mu_lock_provider *at;
  size_t n, cap;
};

/* MU_E_INPUT: "line 3, column 7: …"; MU_E_LIMIT. */
MU_CHECKED int mu_lock_parse(const char *text, size_t n, struct mu_arena *arena,
                             struct mu_lock *out, struct mu_err *err);
/* Do they have a checksum in common? Two that do not are other packages, whatever the version says;
 * where one has none, nobody can tell, and it is true. */
bool mu_lock_same_package(const struct mu_lock_provider *a, const struct mu_lock_provider *b);
/* NULL: not locked. */
const struct mu_lock_provider *mu_lock_find(const struct mu_lock *lock, const char *source);

/* Does a version meet a constraint ("~> 5.0", ">= 4.1, != 4.3.0", "5.100.0"; none: any does)? As
 * Terraform has it: a pre-release is met only by its own name. */
enum mu_meets { MU_MEETS, MU_MEETS_NOT, MU_MEETS_UNREADABLE };
enum mu_meets mu_version_meets(const char *version, const char *constraints);
/* Only one version can meet it: "5.100.0", "= 5.100.0". */
bool mu_version_exact(const char *constraints);

#endif
