/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schema (draft-07, which editors read) of the config, printed from the rows that validate
 * it and from the probes' parameters: a definition a section, a definition a probe. What holds
 * between keys is not in it; the loader says that. */
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "config/schema.h"
#include "config/steps.h"
#include "config/table.h"
#include "probe.h"

enum { SECTIONS_MAX = 64 };

static const char scalar_types[] = "[\"string\",\"number\",\"boolean\"]";

static void ref(struct mu_jw *w, const char *prefix, const char *name) {
  MU_STR(path, 256);
  mu_str_addf(&path, "#/definitions/%s%s", prefix, name);
  mu_jw_kstr(w, "$ref", mu_str_get(&path));
}

static void ref_object(struct mu_jw *w, const char *prefix, const char *name) {
  mu_jw_object(w);
  ref(w, prefix, name);
  mu_jw_end(w);
}

/* Draft-07 ignores what stands beside a $ref, hence the allOf. */
static void ref_beside(struct mu_jw *w, const char *name) {
  mu_jw_key(w, "allOf");
  mu_jw_array(w);
  ref_object(w, "", name);
  mu_jw_end(w);
}

/* ---- rows ---- */

static void string_rules(struct mu_jw *w, const struct mu_field *f) {
  if (f->form == MU_FORM_ACCOUNT) {
    mu_jw_kraw_opt(w, "type", "[\"string\",\"integer\"]");
    mu_jw_kstr(w, "pattern", "^[0-9]{12}$");
    mu_jw_kint(w, "minimum", 100000000000);
    mu_jw_kint(w, "maximum", 999999999999);
    return;
  }
  mu_jw_kraw_opt(w, "type", "[\"string\",\"number\"]");
  if (f->flags & MU_ROW_SECRET) {
    mu_jw_kstr(w, "pattern", "\\$\\{");
  } else if (f->pattern && f->flags & MU_ROW_REFS) {
    MU_STR(either, 1024);
    mu_str_addf(&either, "(%s)|\\$\\{", f->pattern);
    mu_jw_kstr(w, "pattern", mu_str_get(&either));
  } else {
    mu_jw_kstr_opt(w, "pattern", f->pattern);
  }
}

static void strings(struct mu_jw *w, const struct mu_field *f) {
  mu_jw_key(w, "anyOf");
  mu_jw_array(w);
  mu_jw_object(w);
  string_rules(w, f);
  mu_jw_end(w);
  mu_jw_object(w);
  mu_jw_kstr(w, "type", "array");
  mu_jw_key(w, "items");
  mu_jw_object(w);
  string_rules(w, f);
  mu_jw_end(w);
  if (f->flags & MU_ROW_REQUIRED) {
    mu_jw_kint(w, "minItems", 1);
  }
  mu_jw_end(w);
  mu_jw_end(w);
}

static void choices(struct mu_jw *w, const struct mu_field *f) {
  mu_jw_key(w, "enum");
  mu_jw_array(w);
  for (const char *s = f->choices; *s;) {
    size_t n = strcspn(s, "|");
    mu_jw_strn(w, s, n);
    s += n + (s[n] == '|');
  }
  mu_jw_end(w);
}

static void many(struct mu_jw *w, const struct mu_field *f) {
  bool named = f->type == MU_FIELD_NAMED;
  mu_jw_kstr(w, "type", named ? "object" : "array");
  if (named && f->section->key_pattern) {
    mu_jw_key(w, "propertyNames");
    mu_jw_object(w);
    mu_jw_kstr(w, "pattern", f->section->key_pattern);
    mu_jw_end(w);
  }
  mu_jw_key(w, named ? "additionalProperties" : "items");
  ref_object(w, "", f->section->name);
  if (f->flags & MU_ROW_REQUIRED) {
    mu_jw_kint(w, named ? "minProperties" : "minItems", 1);
  }
  mu_jw_kint(w, named ? "maxProperties" : "maxItems",
             f->section->cap ? (int64_t)f->section->cap : MU_LIST_MAX);
}

static void default_value(struct mu_jw *w, const struct mu_field *f) {
  int64_t number = 0;
  mu_jw_key(w, "default");
  if (f->type == MU_FIELD_INT && mu_num_parse_i64(f->otherwise, &number) == 0) {
    mu_jw_int(w, number);
  } else {
    mu_jw_str(w, f->otherwise);
  }
}

static void row_type(struct mu_jw *w, const struct mu_field *f) {
  switch (f->type) {
  case MU_FIELD_STR:
  case MU_FIELD_PATH:
    string_rules(w, f);
    return;
  case MU_FIELD_INT:
    mu_jw_kstr(w, "type", "integer");
    if (f->min || f->max) {
      mu_jw_kint(w, "minimum", f->min);
      mu_jw_kint(w, "maximum", f->max);
    }
    return;
  case MU_FIELD_BOOL:
    mu_jw_kstr(w, "type", "boolean");
    return;
  case MU_FIELD_DUR:
    ref_beside(w, "duration");
    return;
  case MU_FIELD_DATE:
    ref_beside(w, "date");
    return;
  case MU_FIELD_ENUM:
    choices(w, f);
    return;
  case MU_FIELD_STRS:
    strings(w, f);
    return;
  case MU_FIELD_PAIRS:
    mu_jw_kstr(w, "type", "object");
    mu_jw_key(w, "additionalProperties");
    mu_jw_object(w);
    mu_jw_kraw_opt(w, "type", scalar_types);
    mu_jw_end(w);
    return;
  case MU_FIELD_NODE:
    mu_jw_key(w, "allOf");
    mu_jw_array(w);
    mu_jw_raw(w, f->schema ? f->schema : "true");
    mu_jw_end(w);
    return;
  case MU_FIELD_MAP:
    ref_beside(w, f->section->name);
    return;
  case MU_FIELD_LIST:
  case MU_FIELD_NAMED:
    many(w, f);
    return;
  }
}

static void required(struct mu_jw *w, const struct mu_section *section) {
  mu_jw_key(w, "required");
  mu_jw_array(w);
  for (const struct mu_field *f = section->fields; f->key; f++) {
    if (f->flags & MU_ROW_REQUIRED) {
      mu_jw_str(w, f->key);
    }
  }
  mu_jw_end(w);
}

void mu_schema_rows(struct mu_jw *w, const struct mu_section *section) {
  for (const struct mu_field *f = section->fields; f->key; f++) {
    mu_jw_key(w, f->key);
    mu_jw_object(w);
    mu_jw_kstr(w, "description", f->doc);
    row_type(w, f);
    if (f->otherwise) {
      default_value(w, f);
    }
    mu_jw_end(w);
  }
}

static void section_body(struct mu_jw *w, const struct mu_section *section) {
  mu_jw_kstr(w, "type", "object");
  mu_jw_kstr(w, "description", section->doc);
  mu_jw_key(w, "properties");
  mu_jw_object(w);
  mu_schema_rows(w, section);
  mu_jw_end(w);
  required(w, section);
  mu_jw_key(w, "additionalProperties");
  if (section->rest != MU_NOWHERE) {
    ref_object(w, "", section->rest_schema);
  } else {
    mu_jw_bool(w, false);
  }
}

/* ---- probes ---- */

static void param_type(struct mu_jw *w, const struct mu_param *param) {
  switch (param->type) {
  case MU_T_BOOL:
    mu_jw_kstr(w, "type", "boolean");
    return;
  case MU_T_LIST:
    mu_jw_kraw_opt(w, "anyOf",
                   "[{\"type\":[\"string\",\"number\"]},{\"type\":\"array\",\"items\":{\"type\":["
                   "\"string\",\"number\"]}}]");
    return;
  case MU_T_MAP:
    mu_jw_kstr(w, "type", "object");
    mu_jw_key(w, "additionalProperties");
    mu_jw_object(w);
    mu_jw_kraw_opt(w, "type", scalar_types);
    mu_jw_end(w);
    return;
  case MU_T_INT:
  case MU_T_REAL:
  case MU_T_STR:
  case MU_T_TIME:
  case MU_T_DUR:
  case MU_T_SIZE:
    /* Any of them may be a reference, which is a string. */
    mu_jw_kraw_opt(w, "type", "[\"string\",\"number\"]");
    return;
  case MU_T_RANGE:
  case MU_TYPE_N_:
    break;
  }
}

static void param_limits(struct mu_jw *w, const struct mu_param *param) {
  if (param->min || param->max) {
    mu_jw_kint(w, "minimum", param->min);
    mu_jw_kint(w, "maximum", param->max);
  }
  if (param->choices) { /* not an enum: a reference may stand there as well */
    mu_jw_key(w, "examples");
    mu_jw_array(w);
    for (const char *at = param->choices; *at; at += strspn(at, " ")) {
      size_t n = strcspn(at, " ");
      mu_jw_strn(w, at, n);
      at += n;
    }
    mu_jw_end(w);
  }
}

static void probe_params(struct mu_jw *w, const struct mu_probe *probe) {
  mu_jw_key(w, "properties");
  mu_jw_object(w);
  for (const struct mu_param *p = probe->params; p && p->name; p++) {
    mu_jw_key(w, p->name);
    mu_jw_object(w);
    mu_jw_kstr_opt(w, "description", p->doc);
    param_type(w, p);
    param_limits(w, p);
    mu_jw_kstr_opt(w, "default", p->otherwise);
    mu_jw_end(w);
  }
  mu_jw_end(w);
  mu_jw_key(w, "required");
  mu_jw_array(w);
  for (const struct mu_param *p = probe->params; p && p->name; p++) {
    if (p->required && !p->otherwise) {
      mu_jw_str(w, p->name);
    }
  }
  mu_jw_end(w);
}

/* A scalar stands for the parameter that names the target: `tcp: "host:443"`. */
static void probe_definition(struct mu_jw *w, const struct mu_probe *probe) {
  MU_STR(name, 128);
  mu_str_addf(&name, "probe_%s", probe->name);
  mu_jw_key(w, mu_str_get(&name));
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "description", probe->summary);
  mu_jw_key(w, "anyOf");
  mu_jw_array(w);
  if (probe->target) {
    mu_jw_raw(w, "{\"type\":[\"string\",\"number\"]}");
  }
  mu_jw_object(w);
  mu_jw_kstr(w, "type", "object");
  probe_params(w, probe);
  mu_jw_kbool(w, "additionalProperties", false);
  mu_jw_end(w);
  mu_jw_end(w);
  mu_jw_end(w);
}

void mu_schema_probe_keys(struct mu_jw *w, const struct mu_probes *probes) {
  for (size_t i = 0; i < probes->n; i++) {
    mu_jw_key(w, probes->at[i]->name);
    ref_object(w, "probe_", probes->at[i]->name);
  }
}

void mu_schema_one_probe(struct mu_jw *w, const struct mu_probes *probes) {
  mu_jw_key(w, "oneOf");
  mu_jw_array(w);
  for (size_t i = 0; i < probes->n; i++) {
    mu_jw_object(w);
    mu_jw_key(w, "required");
    mu_jw_array(w);
    mu_jw_str(w, probes->at[i]->name);
    mu_jw_end(w);
    mu_jw_end(w);
  }
  mu_jw_end(w);
}

static void look_definition(struct mu_jw *w, const struct mu_probes *probes) {
  mu_jw_key(w, "look");
  mu_jw_object(w);
  mu_jw_kstr(w, "type", "object");
  mu_jw_kstr(w, "description", "One probe with its parameters.");
  mu_jw_key(w, "properties");
  mu_jw_object(w);
  mu_schema_probe_keys(w, probes);
  mu_jw_end(w);
  mu_jw_kint(w, "minProperties", 1);
  mu_jw_kint(w, "maxProperties", 1);
  mu_jw_kbool(w, "additionalProperties", false);
  mu_jw_end(w);
}

/* ---- the whole ---- */

struct set {
  const struct mu_section *at[SECTIONS_MAX];
  size_t n;
};

/* Breadth first over the rows; each section once. */
static void collect(struct set *set) {
  for (size_t i = 0; i < set->n; i++) {
    for (const struct mu_field *f = set->at[i]->fields; f && f->key; f++) {
      bool known = !f->section;
      for (size_t k = 0; k < set->n && !known; k++) {
        known = set->at[k] == f->section;
      }
      if (!known) {
        MU_ASSERT(set->n < SECTIONS_MAX);
        set->at[set->n++] = f->section;
      }
    }
  }
}

static void common_definitions(struct mu_jw *w) {
  mu_jw_key(w, "duration");
  mu_jw_raw(w, "{\"type\":\"string\",\"pattern\":\"^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+"
               "s)?([0-9]+ms)?$|^([0-9]+[wdhm])*[0-9]+\\\\.[0-9]+(w|d|h|m|s)$\","
               "\"minLength\":2,\"description\":\"24h, 1h30m, 500ms (units: ms s m h d w)\"}");
  mu_jw_key(w, "date");
  mu_jw_raw(w, "{\"type\":\"string\",\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"}");
  mu_jw_key(w, "expectation");
  mu_jw_raw(w, "{\"description\":\"200, \\\"< 800ms\\\", [200, 204], { matches: RE }, "
               "…\",\"anyOf\":[{\"type\":[\"string\",\"number\",\"boolean\"]},"
               "{\"type\":\"array\",\"minItems\":1},{\"type\":\"object\",\"minProperties\":1}]}");
  mu_jw_key(w, "expectations");
  mu_jw_raw(w, "{\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":{\"$ref\":\"#/"
               "definitions/expectation\"}}");
  size_t n = 0;
  const char *const *ids = mu_step_ids(&n);
  mu_jw_key(w, "step_id");
  mu_jw_object(w);
  mu_jw_key(w, "enum");
  mu_jw_array(w);
  for (size_t i = 0; i < n; i++) {
    mu_jw_str(w, ids[i]);
    if (strchr(ids[i], '-')) {
      MU_STR(other, 64);
      for (const char *s = ids[i]; *s; s++) {
        mu_str_addc(&other, *s == '-' ? '_' : *s);
      }
      mu_jw_str(w, mu_str_get(&other));
    }
  }
  mu_jw_end(w);
  mu_jw_end(w);
}

void mu_config_schema(const struct mu_probes *probes, struct mu_str *out) {
  struct mu_jw w;
  mu_jw_init(&w, out, 2);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "$schema", "http://json-schema.org/draft-07/schema#");
  mu_jw_kstr(&w, "title", "muster.yaml");
  section_body(&w, &mu_section_root);
  mu_jw_key(&w, "definitions");
  mu_jw_object(&w);
  common_definitions(&w);
  struct set set = {.at = {&mu_section_root}, .n = 1};
  collect(&set);
  for (size_t i = 1; i < set.n; i++) {
    mu_jw_key(&w, set.at[i]->name);
    if (set.at[i]->schema) {
      set.at[i]->schema(&w, probes);
    } else {
      mu_jw_object(&w);
      section_body(&w, set.at[i]);
      mu_jw_end(&w);
    }
  }
  look_definition(&w, probes);
  for (size_t i = 0; i < probes->n; i++) {
    probe_definition(&w, probes->at[i]);
  }
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_str_addc(out, '\n');
}
