/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of table files as writers leave them: schemes that mean the same, prefixes that must end at
 * a slash, and a set that knows a path by 128 bits. Strings are borrowed for the call; the set is
 * the caller's. */
#ifndef MU_LAKE_PATH_H
#define MU_LAKE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path behind the spelling of its scheme: s3a and s3n are s3; file:///x, file:/x and /x are
 * one. *scheme is a string constant or NULL where there is none that we know; the return value
 * points into `path`, *n shrinks with it. */
const char *mu_path_split(const char *path, size_t *n, const char **scheme);

/* Does `path` lie below `prefix`, at a slash? "s3://a" holds "s3://a/x" and not "s3://ab/x". A path
 * with a ".." segment lies below nothing: clients do not agree where it leads. */
bool mu_path_inside(const char *path, size_t n, const char *prefix);

struct mu_path_id {
  uint64_t a, b;
};
/* Not keyed: it tells paths apart, it does not resist somebody who makes them collide. Such a
 * person can make a healthy table look damaged, never a damaged one healthy. */
struct mu_path_id mu_path_hash(const void *bytes, size_t n);

/* Open addressing; an id of two zeros is kept as {0, 1}. */
struct mu_path_set {
  struct mu_path_id *at;
  size_t n, cap; /* cap is a power of two */
};
void mu_path_set_done(struct mu_path_set *set);
/* Room for so many more, at most half full. */
void mu_path_set_reserve(struct mu_path_set *set, size_t more);
/* False: it was there already. */
bool mu_path_set_add(struct mu_path_set *set, struct mu_path_id id);
/* Many at once, with the memory fetched ahead. Returns how many were there already. */
size_t mu_path_set_add_all(struct mu_path_set *set, const struct mu_path_id *ids, size_t n);

#endif
