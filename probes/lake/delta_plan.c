/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a Delta log's files, and which of them make up a version. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/delta.h"

enum { DIGITS = 20 };

static bool version_at(const char *text, int64_t *out) {
  char copy[DIGITS + 1];
  if (strlen(text) < DIGITS || strspn(text, "0123456789") != DIGITS) {
    return false;
  }
  memcpy(copy, text, DIGITS);
  copy[DIGITS] = '\0';
  return mu_num_parse_i64(copy, out) == 0;
}

struct mu_delta_name mu_delta_name_parse(const char *name) {
  struct mu_delta_name out = {.kind = MU_DELTA_OTHER};
  int64_t second = 0;
  if (!version_at(name, &out.version)) {
    return out;
  }
  const char *rest = name + DIGITS;
  out.first = out.version;
  if (mu_streq(rest, ".json")) {
    out.kind = MU_DELTA_COMMIT;
  } else if (mu_streq(rest, ".crc")) {
    out.kind = MU_DELTA_CHECKSUM;
  } else if (mu_str_starts(rest, ".checkpoint.") && mu_str_ends(rest, ".json")) {
    out.kind = MU_DELTA_CHECKPOINT;
  } else if (mu_str_starts(rest, ".checkpoint.") && mu_str_ends(rest, ".parquet")) {
    out.kind = MU_DELTA_PARQUET;
  } else if (*rest == '.' && version_at(rest + 1, &second) &&
             mu_streq(rest + 1 + DIGITS, ".compacted.json") && second >= out.version) {
    out.kind = MU_DELTA_COMPACTED;
    out.version = second;
  }
  return out;
}

struct indexed {
  const struct mu_delta_name *name;
  size_t i;
};

static int by_version(const void *x, const void *y) {
  const struct mu_delta_name *a = ((const struct indexed *)x)->name,
                             *b = ((const struct indexed *)y)->name;
  if (a->version != b->version) {
    return a->version < b->version ? -1 : 1;
  }
  return (a->kind > b->kind) - (a->kind < b->kind);
}

/* The file of that kind and version, or NULL. */
static const struct indexed *find(const struct indexed *at, size_t n, enum mu_delta_kind kind,
                                  int64_t version) {
  const struct mu_delta_name name = {.kind = kind, .version = version};
  const struct indexed key = {.name = &name};
  return n > 0 ? bsearch(&key, at, n, sizeof key, by_version) : NULL;
}

static int64_t latest(const struct indexed *at, size_t n) {
  for (size_t i = n; i-- > 0;) {
    if (at[i].name->kind == MU_DELTA_COMMIT) {
      return at[i].name->version;
    }
  }
  return -1;
}

/* Backwards from the version: commits where they are, compacted ones where they are not, until a
 * JSON checkpoint or the start. */
static size_t walk(const struct indexed *at, size_t n, int64_t version, size_t *out,
                   bool *from_start) {
  size_t taken = 0;
  *from_start = false;
  while (version >= 0) {
    const struct indexed *checkpoint = find(at, n, MU_DELTA_CHECKPOINT, version);
    const struct indexed *commit = find(at, n, MU_DELTA_COMMIT, version);
    const struct indexed *next = commit ? commit : find(at, n, MU_DELTA_COMPACTED, version);
    bool all_before = find(at, n, MU_DELTA_COMMIT, 0) != NULL;
    if (checkpoint && !all_before) {
      out[taken++] = checkpoint->i;
      *from_start = true; /* unless it refers to Parquet, which reading it will show */
      return taken;
    }
    if (!next) {
      return taken;
    }
    out[taken++] = next->i;
    version = next->name->first - 1;
  }
  *from_start = true;
  return taken;
}

int mu_delta_plan(const struct mu_delta_name *names, size_t n, int64_t version,
                  struct mu_arena *arena, struct mu_delta_plan *out, struct mu_err *err) {
  struct indexed *at = mu_arena_array(arena, n, sizeof *at);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (names[i].kind != MU_DELTA_OTHER && names[i].kind != MU_DELTA_PARQUET) {
      at[kept++] = (struct indexed){&names[i], i};
    }
  }
  if (kept > 0) {
    qsort(at, kept, sizeof *at, by_version);
  }
  int64_t newest = latest(at, kept);
  if (newest < 0) {
    return mu_fail(err, MU_E_ABSENT, "the Delta log has no commit");
  }
  version = version < 0 ? newest : version;
  if (version > newest) {
    return mu_fail(err, MU_E_ABSENT, "the Delta log ends at version %lld", (long long)newest);
  }
  size_t *order = mu_arena_array(arena, kept + 1, sizeof *order);
  bool from_start = false;
  size_t taken = walk(at, kept, version, order, &from_start);
  for (size_t i = 0; i < taken / 2; i++) {
    size_t other = order[taken - 1 - i];
    order[taken - 1 - i] = order[i];
    order[i] = other;
  }
  const struct indexed *checksum = find(at, kept, MU_DELTA_CHECKSUM, version);
  if (taken == 0) {
    return mu_fail(err, MU_E_ABSENT, "the Delta log has no commit of version %lld",
                   (long long)version);
  }
  if (checksum) {
    order[taken++] = checksum->i;
  }
  *out = (struct mu_delta_plan){version, from_start, order, taken};
  return 0;
}
