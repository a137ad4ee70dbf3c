/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of APIs, records and reports. Two halves: a reader over jansson (json.c is the only file
 * that knows it) and a writer that needs no tree. Plans and states are read by base/jsonin.h
 * instead. */
#ifndef MU_BASE_JSON_H
#define MU_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;
struct mu_str;

/* ---- Reading. A document owns its nodes; nodes and their strings are borrowed from it. NULL nodes
 * are fine everywhere: they answer with the "absent" value, so that paths can be followed without a
 * check at each step. ---- */
struct mu_json;      /* a document */
struct mu_json_node; /* any value in it */

/* At most 64 MiB and 128 levels; duplicate keys refused. Errors carry line and column. */
MU_CHECKED int mu_json_parse(const char *text, size_t n, struct mu_json **out, struct mu_err *err);
void mu_json_free(struct mu_json *doc);
void mu_json_cleanup(struct mu_json **doc);
const struct mu_json_node *mu_json_root(const struct mu_json *doc);

enum mu_json_type {
  MU_JSON_ABSENT,
  MU_JSON_NULL,
  MU_JSON_BOOL,
  MU_JSON_INT,
  MU_JSON_REAL,
  MU_JSON_STR,
  MU_JSON_ARRAY,
  MU_JSON_OBJECT
};
enum mu_json_type mu_json_type(const struct mu_json_node *node);
const struct mu_json_node *mu_json_get(const struct mu_json_node *object, const char *key);
const struct mu_json_node *mu_json_at(const struct mu_json_node *array, size_t i);
size_t mu_json_len(const struct mu_json_node *node); /* members or elements; 0 otherwise */
/* The i-th member of an object; *key borrowed. In the order of the text. */
const struct mu_json_node *mu_json_member(const struct mu_json_node *object, size_t i,
                                          const char **key);
/* "a.b[0].c", "items[-1].id"; `["odd.key"]` for keys with dots. NULL where the path leads nowhere.
 */
const struct mu_json_node *mu_json_path(const struct mu_json_node *node, const char *path);
const char *mu_json_str(const struct mu_json_node *node, const char *otherwise);
int64_t mu_json_int(const struct mu_json_node *node, int64_t otherwise);
double mu_json_real(const struct mu_json_node *node, double otherwise);
bool mu_json_bool(const struct mu_json_node *node, bool otherwise);
/* The node as canonical JSON text (keys sorted, no spaces). */
void mu_json_dump(const struct mu_json_node *node, struct mu_str *out);
/* A scalar as plain text (strings without quotes), anything else as canonical JSON. */
char *mu_json_text(const struct mu_json_node *node, struct mu_arena *arena);

/* ---- Writing, straight into a string. Commas and indentation are the writer's; nesting is
 * checked. ---- */
enum { MU_JW_DEPTH = 32 };
struct mu_jw {
  struct mu_str *out;
  int indent; /* 0: canonical, one line; else spaces a level */
  int depth;
  bool comma[MU_JW_DEPTH], is_object[MU_JW_DEPTH], after_key;
};
/* JSON text without spaces, as the writer gives it with `indent`: layout alone, nothing is checked.
 */
void mu_json_indent(const char *json, size_t n, int indent, struct mu_str *out);
void mu_jw_init(struct mu_jw *w, struct mu_str *out, int indent);
void mu_jw_object(struct mu_jw *w);
void mu_jw_array(struct mu_jw *w);
void mu_jw_end(struct mu_jw *w); /* closes whichever is open */
void mu_jw_key(struct mu_jw *w, const char *key);
void mu_jw_str(struct mu_jw *w, const char *value); /* NULL writes null */
void mu_jw_strn(struct mu_jw *w, const char *value, size_t n);
void mu_jw_int(struct mu_jw *w,
               int64_t value); /* beyond 2^53: as a string, so that no reader rounds it */
void mu_jw_real(struct mu_jw *w, double value); /* shortest form that reads back */
/* RFC 3339 in UTC with milliseconds; a time that has no four digits for its year stays a number. */
void mu_jw_time(struct mu_jw *w, int64_t unix_ms);
void mu_jw_bool(struct mu_jw *w, bool value);
void mu_jw_null(struct mu_jw *w);
void mu_jw_raw(struct mu_jw *w, const char *json); /* a value that is JSON text already */
/* key and value in one; the _opt form leaves the member out when value is NULL. */
void mu_jw_kstr(struct mu_jw *w, const char *key, const char *value);
void mu_jw_kstr_opt(struct mu_jw *w, const char *key, const char *value);
void mu_jw_kint(struct mu_jw *w, const char *key, int64_t value);
void mu_jw_kbool(struct mu_jw *w, const char *key, bool value);
void mu_jw_kraw_opt(struct mu_jw *w, const char *key, const char *json);

#endif
