/* SPDX-License-Identifier: Apache-2.0 */
/* Providers and modules that a plan's configuration asks for, with their version constraints.
 * Read only when asked for: the configuration's place in the text is known. Format: Terraform's
 * internal/command/jsonconfig, "provider_config" and "module_calls". */
#include <string.h>

#include "base/arena.h"
#include "drift/doc_priv.h"

enum { PINS_MAX = 100000 };

struct pins {
  const struct mu_doc *doc;
  struct mu_arena *arena;
  struct mu_jsonin in;
  struct mu_doc_provider *providers;
  size_t providers_n, providers_cap;
  struct mu_doc_module *modules;
  size_t modules_n, modules_cap;
};

/* A string member as a copy; anything else is passed over. */
static bool read_text(struct pins *p, const char **out) {
  struct mu_span span = {0};
  if (mu_jsonin_peek(&p->in) != '"') {
    return mu_jsonin_skip(&p->in, NULL);
  }
  if (!mu_jsonin_str(&p->in, &span)) {
    return false;
  }
  *out = span.n ? mu_span_copy(p->doc, span, p->arena) : NULL;
  return true;
}

static bool read_provider(struct pins *p) {
  struct mu_doc_provider provider = {0};
  const char *name = NULL;
  struct mu_span key = {0};
  bool good = mu_jsonin_object(&p->in);
  while (good && mu_jsonin_member(&p->in, &key)) {
    const char **into = mu_span_is(p->doc, key, "full_name")            ? &provider.source
                        : mu_span_is(p->doc, key, "name")               ? &name
                        : mu_span_is(p->doc, key, "version_constraint") ? &provider.constraints
                        : mu_span_is(p->doc, key, "module_address")     ? &provider.module
                                                                        : NULL;
    good = into ? read_text(p, into) : mu_jsonin_skip(&p->in, NULL);
  }
  provider.source = provider.source ? provider.source : name;
  if (provider.source && p->providers_n < PINS_MAX) {
    p->providers = mu_arena_grow(p->arena, p->providers, p->providers_n, &p->providers_cap,
                                 sizeof *p->providers);
    p->providers[p->providers_n++] = provider;
  }
  return good && !mu_jsonin_failed(&p->in);
}

static bool read_module(struct pins *p, const char *address, unsigned depth);

static bool read_call(struct pins *p, const char *address, unsigned depth) {
  struct mu_doc_module module = {.address = address};
  struct mu_span key = {0};
  bool good = mu_jsonin_object(&p->in);
  while (good && mu_jsonin_member(&p->in, &key)) {
    const char **into = mu_span_is(p->doc, key, "source")               ? &module.source
                        : mu_span_is(p->doc, key, "version_constraint") ? &module.constraints
                                                                        : NULL;
    bool inner = mu_span_is(p->doc, key, "module") && mu_jsonin_peek(&p->in) == '{';
    good = into    ? read_text(p, into)
           : inner ? read_module(p, address, depth + 1)
                   : mu_jsonin_skip(&p->in, NULL);
  }
  if (module.source && p->modules_n < PINS_MAX) {
    p->modules =
        mu_arena_grow(p->arena, p->modules, p->modules_n, &p->modules_cap, sizeof *p->modules);
    p->modules[p->modules_n++] = module;
  }
  return good && !mu_jsonin_failed(&p->in);
}

/* Recursion bounded by MU_DOC_MODULES; the plan was refused where it goes deeper. */
static bool read_module(struct pins *p, const char *address, unsigned depth) {
  struct mu_span key = {0}, name = {0};
  bool good = depth < MU_DOC_MODULES && mu_jsonin_object(&p->in);
  while (good && mu_jsonin_member(&p->in, &key)) {
    if (!mu_span_is(p->doc, key, "module_calls") || mu_jsonin_peek(&p->in) != '{') {
      good = mu_jsonin_skip(&p->in, NULL);
      continue;
    }
    good = mu_jsonin_object(&p->in);
    while (good && mu_jsonin_member(&p->in, &name)) {
      const char *inner = mu_arena_fmt(p->arena, "%s%smodule.%s", address, *address ? "." : "",
                                       mu_span_copy(p->doc, name, p->arena));
      good = read_call(p, inner, depth);
    }
  }
  return good && !mu_jsonin_failed(&p->in);
}

static void read_all(struct pins *p) {
  struct mu_span where = p->doc->configuration, key = {0};
  if (where.n == 0 || p->doc->text[where.at] != '{') {
    return;
  }
  mu_jsonin_init(&p->in, p->doc->text, (size_t)where.at + where.n);
  p->in.scanned = where.at;
  bool good = mu_jsonin_object(&p->in);
  while (good && mu_jsonin_member(&p->in, &key)) {
    if (mu_span_is(p->doc, key, "provider_config") && mu_jsonin_peek(&p->in) == '{') {
      good = mu_jsonin_object(&p->in);
      while (good && mu_jsonin_member(&p->in, &key)) {
        good = mu_jsonin_peek(&p->in) == '{' ? read_provider(p) : mu_jsonin_skip(&p->in, NULL);
      }
    } else if (mu_span_is(p->doc, key, "root_module") && mu_jsonin_peek(&p->in) == '{') {
      good = read_module(p, "", 0);
    } else {
      good = mu_jsonin_skip(&p->in, NULL);
    }
  }
}

static const struct pins *pins_of(const struct mu_doc *doc) {
  struct pins *p = mu_arena_alloc(doc->arena, sizeof *p);
  p->doc = doc;
  p->arena = doc->arena;
  read_all(p);
  return p;
}

size_t mu_doc_providers(const struct mu_doc *doc, const struct mu_doc_provider **out) {
  const struct pins *p = pins_of(doc);
  *out = p->providers;
  return p->providers_n;
}

size_t mu_doc_modules(const struct mu_doc *doc, const struct mu_doc_module **out) {
  const struct pins *p = pins_of(doc);
  *out = p->modules;
  return p->modules_n;
}
