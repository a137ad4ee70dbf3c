/* SPDX-License-Identifier: Apache-2.0 */
/* The providers schema beside a plan: mapped, not copied, since a full one is larger than most
 * plans, and read only as far as the plan's types need it. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/map.h"
#include "drift/schema.h"
#include "drill/layers.h"
#include "model/run.h"

enum { SCHEMA_MAX = 512 << 20 }; /* bytes; that of AWS alone is about 20 MB */

static void add_input(const struct mu_layer_env *env, const char *name, const char *sha256,
                      const struct mu_map *map, const struct mu_schema *schema) {
  size_t known = 0, types = 0;
  mu_schema_fit(schema, &known, &types);
  struct mu_input *input = MU_RUN_ADD(env->run, inputs);
  *input = (struct mu_input){
      .role = "providers-schema",
      .name = name,
      .bytes = (int64_t)map->n,
      .note =
          mu_arena_fmt(env->run->arena, "answers for %zu of the plan's %zu types", known, types)};
  memcpy(input->sha256, sha256, sizeof input->sha256);
}

int mu_layer_schema(const struct mu_layer_env *env, const char *path, const struct mu_doc *plan,
                    const struct mu_schema **out, struct mu_err *err) {
  *out = NULL;
  if (!path) {
    return 0;
  }
  struct mu_arena *arena = env->run->arena;
  struct mu_map *map = mu_arena_alloc(arena, sizeof *map);
  struct mu_schema *schema = NULL;
  char sha256[MU_SHA256_HEX];
  const struct mu_schema_opts opts = {.name = mu_arena_str(arena, mu_io_basename(path)),
                                      .breathe = mu_map_breathe,
                                      .breathe_ctx = map};
  if (mu_map_open(path, SCHEMA_MAX, map, err) != 0) {
    return mu_wrap(err, "providers schema");
  }
  if (mu_schema_parse(map->p, map->n, &opts, plan, arena, &schema, err) != 0 ||
      mu_sha256_file(path, sha256, NULL, err) != 0) {
    mu_map_done(map);
    return -1;
  }
  add_input(env, opts.name, sha256, map, schema); /* the schema works on the map from here on */
  *out = schema;
  return 0;
}
