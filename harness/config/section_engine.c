/* SPDX-License-Identifier: Apache-2.0 */
/* engines: SQL engines, described once and named by checks and replicas. The keys are the
 * parameters of the sql probe. */
#include <string.h>

#include "base/arena.h"
#include "base/io.h"
#include "base/str.h"
#include "config/table.h"

/* Every text is read and checked the same way; what it says is taken from the node by rules(). */
#define TEXT .type = MU_FIELD_STR, .offset = offsetof(struct mu_conf_engine, text)

static const struct mu_field fields[] = {
    {.key = "engine",
     .type = MU_FIELD_ENUM,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_conf_engine, engine),
     .choices = "athena|databricks|trino",
     .doc = "what it is: athena, databricks or trino"},
    {.key = "url",
     TEXT,
     .flags = MU_ROW_REFS,
     .pattern = "^(https?://[^/@]+|\\$\\{.*)",
     .expected = "an address; write it as https://trino.example.com:8443",
     .doc = "of Trino's coordinator or the Databricks workspace"},
    {.key = "user", TEXT, .flags = MU_ROW_REFS, .doc = "Trino: who asks"},
    {.key = "password", TEXT, .flags = MU_ROW_REFS | MU_ROW_SECRET, .doc = "Trino: the user's"},
    {.key = "token",
     TEXT,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     .doc = "Trino, Databricks: bearer token"},
    {.key = "credential",
     TEXT,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     .doc = "Databricks: ID:SECRET of a service principal"},
    {.key = "oauth_uri",
     TEXT,
     .flags = MU_ROW_REFS,
     .doc = "Databricks: where the credential is exchanged, if not at the workspace"},
    {.key = "scope", TEXT, .flags = MU_ROW_REFS, .doc = "Databricks: of the token"},
    {.key = "catalog", TEXT, .flags = MU_ROW_REFS, .doc = "in which the tables are"},
    {.key = "schema", TEXT, .flags = MU_ROW_REFS, .doc = "in which bare names are looked up"},
    {.key = "warehouse", TEXT, .flags = MU_ROW_REFS, .doc = "Databricks: id of the SQL warehouse"},
    {.key = "workgroup", TEXT, .flags = MU_ROW_REFS, .doc = "Athena"},
    {.key = "output",
     TEXT,
     .flags = MU_ROW_REFS,
     .pattern = "^(s3://[a-z0-9][a-z0-9.-]+/|\\$\\{)",
     .expected = "a bucket or folder; write it as s3://bucket/ or s3://bucket/path/",
     .doc = "Athena: where the file of each result stays, if the workgroup does not say"},
    {.key = "region", TEXT, .flags = MU_ROW_REFS, .doc = "Athena"},
    {.key = "profile", TEXT, .flags = MU_ROW_REFS, .doc = "Athena: AWS profile"},
    {.key = "session",
     .type = MU_FIELD_PAIRS,
     .flags = MU_ROW_REFS,
     .offset = offsetof(struct mu_conf_engine, session),
     .doc = "Trino: session properties"},
    {.key = "ca", TEXT, .doc = "PEM file of certificates to trust besides the system's"},
    {.key = "cert", TEXT, .doc = "Trino: client certificate, PEM file"},
    {.key = "key", TEXT, .doc = "Trino: key of the client certificate, PEM file"},
    {.key = "timeout",
     .type = MU_FIELD_DUR,
     .offset = offsetof(struct mu_conf_engine, timeout_ms),
     .otherwise = "2m",
     .doc = "how long one statement may take, a sleeping warehouse's start included"},
    {0},
};

/* Whose key it is, and whether that engine can do without: the same as wire/sql's own check, said
 * here with line and column. */
static const struct {
  const char *engine, *needs, *takes;
} engines[] = {
    {"athena", "", "catalog schema workgroup output region profile"},
    {"databricks", "url warehouse", "token credential oauth_uri scope catalog schema ca"},
    {"trino", "url", "user password token catalog schema session ca cert key"},
};

static bool has_word(const char *words, const char *word) {
  size_t n = strlen(word);
  for (const char *at = words; (at = strstr(at, word)); at += n) {
    if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0')) {
      return true;
    }
  }
  return false;
}

static bool is_row(const char *key) {
  for (const struct mu_field *f = fields; f->key; f++) {
    if (mu_streq(f->key, key)) {
      return true;
    }
  }
  return false;
}

static void check_keys(struct mu_reader *r, struct mu_place place, size_t row) {
  const struct mu_node *map = place.member->value;
  for (const struct mu_field *f = fields; f->key; f++) {
    if (has_word(engines[row].needs, f->key) && !mu_member_find(map, f->key)) {
      mu_diag_add_key(r->diags, place.member, "%s: an engine of kind %s needs '%s': %s", place.path,
                      engines[row].engine, f->key, f->doc);
    }
  }
  for (size_t i = 0; i < map->n; i++) {
    const char *key = map->members[i].key;
    if (is_row(key) && !mu_streq(key, "engine") && !mu_streq(key, "timeout") &&
        !has_word(engines[row].needs, key) && !has_word(engines[row].takes, key)) {
      mu_diag_add_key(r->diags, &map->members[i], "%s: an engine of kind %s has no use for '%s'",
                      place.path, engines[row].engine, key);
    }
  }
}

static bool is_path(const char *key) {
  return mu_streq(key, "ca") || mu_streq(key, "cert") || mu_streq(key, "key");
}

static void take_args(struct mu_reader *r, const struct mu_node *map,
                      struct mu_conf_engine *engine) {
  size_t n = 0;
  struct mu_conf_pair *args =
      mu_arena_array(r->arena, map->n + engine->session.n + 1, sizeof *args);
  for (size_t i = 0; i < map->n; i++) {
    const char *key = map->members[i].key, *text = mu_node_text(map->members[i].value);
    if (!text || !is_row(key) || mu_streq(key, "timeout")) {
      continue;
    }
    args[n++] =
        (struct mu_conf_pair){key, is_path(key) ? mu_io_beside(r->arena, r->base, text) : text};
  }
  for (size_t i = 0; i < engine->session.n; i++) {
    args[n++] =
        (struct mu_conf_pair){mu_arena_fmt(r->arena, "session.%s", engine->session.at[i].name),
                              engine->session.at[i].value};
  }
  engine->args.at = args;
  engine->args.n = n;
}

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_engine *engine = out;
  for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
    if (mu_streq(engine->name, engines[i].engine)) {
      mu_diag_add_key(r->diags, place.member,
                      "%s: is the name of a kind of engine; give it one of its own, such as %s-dr",
                      place.path, engine->name);
    }
    if (mu_streq(engine->engine, engines[i].engine)) {
      check_keys(r, place, i);
    }
  }
  take_args(r, place.member->value, engine);
}

const struct mu_section mu_section_engine = {
    .name = "engine",
    .doc = "An SQL engine that checks and replicas ask.",
    .size = sizeof(struct mu_conf_engine),
    .fields = fields,
    .node = offsetof(struct mu_conf_engine, node),
    .key = offsetof(struct mu_conf_engine, name),
    .rest = MU_NOWHERE,
    .key_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    .key_expected = "a name; write letters, digits, '.', '_' and '-' (at most 64)",
    .rules = rules,
};
