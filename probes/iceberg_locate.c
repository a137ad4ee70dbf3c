/* SPDX-License-Identifier: Apache-2.0 */
/* Where a table's newest metadata is: named by the catalog, given outright, or found in a folder by
 * its version hint and by what lies there. A folder's highest file is a guess (failed commits leave
 * files too), so the fact metadata_found_by says how. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "iceberg_look.h"
#include "iceberg_rest.h"
#include "lake/path.h"
#include "wire/aws.h"

enum { MAX_HINT = 64, MAX_REQUEST = 2048 };

/* The config may write one prefix as a plain string. */
static void read_inside(struct mu_look *look) {
  const struct mu_arg *arg = mu_arg_find(look->args, "inside");
  if (arg && arg->value.type == MU_T_LIST) {
    look->options.inside = arg->value.list.at;
    look->options.inside_n = arg->value.list.n;
  } else if (arg && arg->value.type == MU_T_STR) {
    look->options.inside = &arg->value.s;
    look->options.inside_n = 1;
  }
}

static bool is_local(const char *location) {
  return location && (!strstr(location, "://") || mu_str_starts(location, "file:"));
}

void mu_look_init(struct mu_look *look, const struct mu_args *args, const struct mu_probe_ctx *ctx,
                  struct mu_facts *facts) {
  bool by_catalog = !mu_streq(mu_arg_str(args, "catalog", "none"), "none");
  *look = (struct mu_look){.args = args, .ctx = ctx, .facts = facts};
  look->store = (struct mu_store){.args = args, .ctx = ctx};
  look->store.may_read_files = is_local(mu_arg_str(args, "metadata", NULL)) ||
                               (!by_catalog && is_local(mu_arg_str(args, "location", NULL)));
  read_inside(look);
}

void mu_look_done(struct mu_look *look) {
  if (look->rest) {
    mu_rest_done(look->rest);
  }
}

/* The version in "v12.metadata.json", "v12.gz.metadata.json", "v12.metadata.json.gz" or
 * "00012-UUID.metadata.json"; -1: it is no metadata file. */
static int64_t version_of(const char *uri) {
  const char *name = mu_io_basename(uri);
  const char *digits = name[0] == 'v' ? name + 1 : name;
  size_t n = strspn(digits, "0123456789");
  char copy[24];
  int64_t version = -1;
  bool is_metadata = mu_str_ends(name, ".metadata.json") || mu_str_ends(name, ".metadata.json.gz");
  char after = digits[n];
  if (!is_metadata || n == 0 || n >= sizeof copy || after != (digits == name ? '-' : '.')) {
    return -1;
  }
  memcpy(copy, digits, n);
  copy[n] = '\0';
  return mu_num_parse_i64(copy, &version) == 0 ? version : -1;
}

struct newest {
  struct mu_arena *arena;
  const char *folder;
  const char *uri;
  int64_t version;
  size_t rivals;        /* files of that version */
  int64_t above, newer; /* how many files are newer than version `above` */
};

static void consider(void *ctx, const struct mu_store_object *object) {
  struct newest *newest = ctx;
  int64_t version = version_of(object->uri);
  const char *rest = object->uri + strlen(newest->folder);
  if (version < 0 || strchr(*rest == '/' ? rest + 1 : rest, '/')) {
    return;
  }
  newest->newer += version > newest->above ? 1 : 0;
  newest->rivals += version == newest->version ? 1 : 0;
  if (version > newest->version) {
    newest->rivals = 1;
  }
  if (version > newest->version ||
      (version == newest->version && strcmp(object->uri, newest->uri) > 0)) {
    newest->version = version;
    newest->uri = mu_arena_str(newest->arena, object->uri);
  }
}

static int list_metadata(struct mu_look *look, const char *folder, int64_t above,
                         struct newest *out, struct mu_err *err) {
  size_t n = strlen(folder);
  while (n > 1 && folder[n - 1] == '/') {
    n--;
  }
  *out = (struct newest){.arena = look->ctx->arena,
                         .folder = mu_arena_strn(look->ctx->arena, folder, n),
                         .version = -1,
                         .above = above};
  return mu_store_list(&look->store, out->folder, consider, out, err);
}

/* The hint's number, or -1. *known: it was read, or is proven not to be there. */
static int64_t read_hint(struct mu_look *look, const char *folder, bool *known) {
  struct mu_store_get get = {.uri = mu_arena_fmt(look->ctx->arena, "%s/version-hint.text", folder),
                             .max = MAX_HINT};
  struct mu_err err = {0};
  int64_t version = -1;
  if (mu_store_get(&look->store, &get, look->ctx->arena, &err) != 0) {
    *known = err.code == MU_E_ABSENT;
    return -1;
  }
  *known = true;
  size_t n = get.n;
  while (n > 0 && (get.body[n - 1] == '\n' || get.body[n - 1] == '\r' || get.body[n - 1] == ' ')) {
    n--;
  }
  const char *text = mu_arena_strn(look->ctx->arena, get.body ? get.body : "", n);
  return mu_num_parse_i64(text, &version) == 0 ? version : -1;
}

/* A hint ahead of all that lies there: the newest metadata was lost, or has not been copied. */
static const char *found_by(const struct newest *newest, int64_t hint) {
  return newest->rivals > 1        ? "listing, several files of the newest version"
         : hint == newest->version ? "version hint"
         : hint < 0                ? "listing, no version hint"
         : hint > newest->version  ? "listing, the version hint names a newer one"
                                   : "listing, the version hint is stale";
}

static int from_folder(struct mu_look *look, const char *location, bool *absent,
                       struct mu_err *err) {
  struct mu_arena *arena = look->ctx->arena;
  size_t n = strlen(location);
  while (n > 1 && location[n - 1] == '/') {
    n--;
  }
  const char *folder = mu_arena_fmt(arena, "%.*s/metadata", (int)n, location);
  struct newest newest;
  if (list_metadata(look, folder, -1, &newest, err) != 0 || !newest.uri) {
    *absent = !newest.uri && (err->code == MU_E_ABSENT || err->code == MU_E_NONE);
    return *absent ? 0 : -1;
  }
  bool known = false;
  int64_t hint = read_hint(look, folder, &known);
  look->metadata = newest.uri;
  look->found_by = found_by(&newest, hint);
  if (known) {
    (void)mu_fact_bool(look->facts, "iceberg.pointer_ok", hint <= newest.version);
  }
  return 0;
}

static const char *request(struct mu_look *look, const char *database, const char *table) {
  MU_STR(json, MAX_REQUEST);
  mu_str_add(&json, "{\"DatabaseName\":");
  mu_str_add_json(&json, database, strlen(database));
  mu_str_add(&json, ",\"Name\":");
  mu_str_add_json(&json, table, strlen(table));
  mu_str_addc(&json, '}');
  return mu_str_copy(&json, look->ctx->arena);
}

static int from_glue(struct mu_look *look, bool *absent, struct mu_err *err) {
  const struct mu_probe_ctx *ctx = look->ctx;
  const char *database = mu_arg_str(look->args, "database", NULL);
  const char *table = mu_arg_str(look->args, "table", NULL);
  if (!database || !table) {
    return mu_fail(err, MU_E_USAGE, "a table in Glue needs database and table");
  }
  struct mu_aws *aws = ctx->aws ? ctx->aws(ctx->aws_ctx, mu_arg_str(look->args, "region", NULL),
                                           mu_arg_str(look->args, "profile", NULL))
                                : NULL;
  if (!aws || !ctx->http) {
    return mu_fail(err, MU_E_DENIED, "no AWS credentials");
  }
  MU_AWS_ANSWER(answer);
  struct mu_aws_args call = {.json = request(look, database, table),
                             .deadline_mono_ms = ctx->deadline_mono_ms};
  if (mu_aws_do(aws, ctx->http, "glue", "GetTable", &call, ctx->arena, &answer, err) != 0) {
    *absent = err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  const struct mu_json_node *parameters = mu_json_path(answer.json, "Table.Parameters");
  const char *location = mu_json_str(mu_json_get(parameters, "metadata_location"), NULL);
  if (!location) {
    return mu_fail(err, MU_E_INPUT,
                   "%s.%s in Glue has no metadata_location: it is no Iceberg table", database,
                   table);
  }
  look->metadata = mu_arena_str(ctx->arena, location);
  look->found_by = "catalog";
  return 0;
}

static int from_rest(struct mu_look *look, bool *absent, struct mu_err *err) {
  const char *database = mu_arg_str(look->args, "database", NULL);
  const char *table = mu_arg_str(look->args, "table", NULL);
  if (!database || !table) {
    return mu_fail(err, MU_E_USAGE, "a table in a REST catalog needs uri, database and table");
  }
  look->rest = mu_arena_alloc(look->ctx->arena, sizeof *look->rest);
  if (mu_rest_open(look->rest, look->args, look->ctx, err) != 0 ||
      mu_rest_find(look->rest, database, table, &look->metadata, absent, err) != 0) {
    return -1;
  }
  look->found_by = "catalog";
  look->store.keys = look->rest->keys;
  look->store.keys_n = look->rest->keys_n;
  return 0;
}

static int find(struct mu_look *look, bool *absent, struct mu_err *err) {
  const char *metadata = mu_arg_str(look->args, "metadata", NULL);
  const char *location = mu_arg_str(look->args, "location", NULL);
  if (metadata ||
      (location && (mu_str_ends(location, ".json") || mu_str_ends(location, ".json.gz")))) {
    look->metadata = metadata ? metadata : location;
    look->found_by = "given";
    return 0;
  }
  if (location) {
    return from_folder(look, location, absent, err);
  }
  if (mu_streq(mu_arg_str(look->args, "catalog", "none"), "glue")) {
    return from_glue(look, absent, err);
  }
  if (mu_streq(mu_arg_str(look->args, "catalog", "none"), "rest")) {
    return from_rest(look, absent, err);
  }
  return mu_fail(err, MU_E_USAGE,
                 "name a table: location, metadata, or catalog with database and table");
}

/* Nothing newer may lie beside what the catalog points at. A folder that cannot be listed leaves
 * that open. */
static void check_pointer(struct mu_look *look) {
  struct mu_err err = {0};
  struct newest newest;
  int64_t version = version_of(look->metadata);
  const char *folder = mu_io_dirname(look->ctx->arena, look->metadata);
  if (list_metadata(look, folder, version, &newest, &err) != 0 || version < 0) {
    return;
  }
  (void)mu_fact_bool(look->facts, "iceberg.pointer_ok", newest.newer == 0);
  (void)mu_fact_int(look->facts, "iceberg.pointer_behind", newest.newer, "files");
}

bool mu_look_is_outside(const struct mu_look *look, const char *path) {
  for (size_t i = 0; i < look->options.inside_n; i++) {
    if (mu_path_inside(path, strlen(path), look->options.inside[i])) {
      return false;
    }
  }
  return look->options.inside_n > 0;
}

static int read_metadata(struct mu_look *look, bool *stop, struct mu_err *err) {
  struct mu_store_get get = {.uri = look->metadata, .max = MU_STORE_MAX_METADATA};
  struct mu_arena *arena = look->ctx->arena;
  bool by_catalog = mu_streq(look->found_by, "catalog");
  (void)mu_fact_str(look->facts, "iceberg.metadata_location", look->metadata);
  (void)mu_fact_str(look->facts, "iceberg.metadata_found_by", look->found_by);
  if (look->rest) {
    (void)mu_fact_str(look->facts, "iceberg.access", look->store.keys_n ? "vended" : "own");
  }
  if (mu_look_is_outside(look, look->metadata)) {
    const char *names[] = {mu_arena_fmt(arena, "%s (metadata)", look->metadata)};
    (void)mu_fact_int(look->facts, "iceberg.paths_outside", 1, "paths");
    (void)mu_fact_list(look->facts, "iceberg.paths_outside_names", names, 1);
    *stop = true;
    return 0;
  }
  if (mu_store_get(&look->store, &get, arena, err) != 0) {
    *stop = by_catalog && err->code == MU_E_ABSENT;
    if (*stop) {
      (void)mu_fact_bool(look->facts, "iceberg.pointer_ok", false);
    }
    return *stop ? 0 : -1;
  }
  look->checked++;
  mu_look_note_lock(look, &get);
  if (look->ctx->evidence) {
    look->ctx->evidence(look->ctx->evidence_ctx, mu_io_basename(look->metadata), get.body, get.n);
  }
  if (mu_iceberg_meta_parse(get.body, get.n, arena, &look->meta, err) != 0) {
    return mu_wrap(err, "%.200s", look->metadata);
  }
  if (by_catalog) {
    check_pointer(look);
  }
  return 0;
}

int mu_look_locate(struct mu_look *look, bool *absent, bool *stop, struct mu_err *err) {
  struct mu_err why = {0};
  int rc = find(look, absent, &why);
  if (rc == 0 && !*absent) {
    rc = read_metadata(look, stop, &why);
  }
  if (rc != 0) {
    *err = why;
  }
  return rc;
}
