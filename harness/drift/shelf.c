/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up what each resource pins, in the operator's rows and in shelf.def, and how long it lasts.
 */
#include "drift/shelf.h"

#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "drift/cert.h"
#include "drift/doc_priv.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, VALUE_MAX = 120 };

struct row {
  const char *product, *type, *attribute, *engine, *version;
  int32_t ends, extended; /* YYYYMMDD */
};

static const struct row rows[] = {
#define MU_SHELF(product, type, attribute, engine, version, ends, extended)                        \
  {product, type, attribute, engine, version, ends, extended},
#include "drift/shelf.def"
#undef MU_SHELF
};

/* Attributes that hold the end of a certificate, or the certificate. */
static const struct {
  const char *type, *attribute;
  bool pem;
} certificates[] = {
    {"aws_acm_certificate", "not_after", false},
    {"aws_acm_certificate", "certificate_body", true},
    {"aws_iam_server_certificate", "expiration", false},
    {"aws_iam_server_certificate", "certificate_body", true},
    {"tls_self_signed_cert", "validity_end_time", false},
    {"tls_locally_signed_cert", "validity_end_time", false},
    {"google_compute_*ssl_certificate", "expire_time", false},
    {"google_compute_*ssl_certificate", "certificate", true},
    {"azurerm_app_service_certificate", "expiration_date", false},
};

struct look {
  const struct mu_shelf_in *in;
  struct mu_shelf_out *out;
  struct mu_arena *arena;
  struct mu_doc_scratch *scratch;
  const struct mu_res *res;
  const char *type, *address;
  struct mu_val values;
};

/* ---- Dates ---- */

static int64_t date_ms(int32_t date) {
  char text[32];
  int64_t ms = 0;
  MU_STR(out, sizeof text);
  mu_str_addf(&out, "%04d-%02d-%02dT00:00:00Z", (int)(date / 10000), (int)(date / 100 % 100),
              (int)(date % 100));
  return date && mu_time_parse(mu_str_get(&out), &ms) == 0 ? ms : 0;
}

int64_t mu_shelf_table_ms(void) {
  return date_ms(MU_SHELF_DATE);
}

/* "in 37 days", "today", "268 days ago". */
static const char *distance(struct mu_arena *arena, int64_t ms, int64_t now) {
  int64_t days = (ms - now) / DAY_MS;
  return ms <= now   ? mu_arena_fmt(arena, "%lld days ago", (long long)-days)
         : days == 0 ? "in less than a day"
                     : mu_arena_fmt(arena, "in %lld days", (long long)days);
}

/* ---- Findings ---- */

struct life {
  const char *what; /* "RDS for PostgreSQL 13.4" */
  const char *attribute;
  int64_t ends_ms, extended_ms; /* 0: none */
  int64_t warn_ms, fail_ms;
  const char *source; /* NULL: the built-in table */
  bool certificate;
};

static bool severity_of(const struct look *l, const struct life *life, enum mu_severity *out) {
  int64_t now = l->in->now_ms, last = life->extended_ms ? life->extended_ms : life->ends_ms;
  int64_t left = life->ends_ms - now;
  if (now >= last) {
    *out = MU_HIGH;
  } else if (left < life->fail_ms) {
    *out = MU_MEDIUM;
  } else {
    *out = MU_LOW;
    return left < life->warn_ms;
  }
  return true;
}

static void say(struct look *l, const struct life *life, enum mu_severity severity) {
  char day[MU_TIME_TEXT], later[MU_TIME_TEXT];
  int64_t now = l->in->now_ms;
  struct mu_finding *f = mu_finding_add(l->out->findings, MU_F_SHELF_LIFE_ENDS, l->in->check,
                                        l->address, life->attribute);
  mu_time_date(life->ends_ms, day);
  mu_time_date(life->extended_ms, later);
  MU_STR(out, 600);
  mu_str_addf(&out, "%s: %s%s on %s, %s", life->what,
              life->certificate   ? ""
              : life->extended_ms ? "standard support "
                                  : "support ",
              life->ends_ms <= now ? "ended" : "ends", day, distance(l->arena, life->ends_ms, now));
  if (life->extended_ms) {
    mu_str_addf(&out, "; extended support %s on %s", life->extended_ms <= now ? "ended" : "ends",
                later);
  }
  if (life->source) {
    mu_str_addf(&out, " (%.200s)", life->source);
  }
  f->message = mu_str_copy(&out, l->arena);
  f->severity = severity;
  f->klass = life->certificate ? "certificate" : "support";
  f->next = life->certificate ? "renew it, then plan, review, export and commit"
                              : "move to a newer version, then plan, review, export and commit";
  l->out->soon++;
}

static void judge(struct look *l, const struct life *life) {
  enum mu_severity severity = MU_INFO;
  l->out->looked_up++;
  if (life->ends_ms > l->in->now_ms &&
      (l->out->nearest_ms == 0 || life->ends_ms < l->out->nearest_ms)) {
    l->out->nearest_ms = life->ends_ms;
    l->out->nearest = life->what;
  }
  if (severity_of(l, life, &severity)) {
    say(l, life, severity);
  }
}

/* No row knows it, or it cannot be read: that is no pass. A row in the config settles it. */
static void unlisted(struct look *l, const char *attribute, const char *what) {
  struct mu_finding *f = mu_finding_add(l->out->findings, MU_F_SHELF_LIFE_UNKNOWN, l->in->check,
                                        l->address, attribute);
  mu_finding_say(l->out->findings, f, "%.*s", VALUE_MAX, what);
  f->next = "look its end of support up and write a row: shelf_life.ends";
  l->out->unlisted++;
}

/* ---- Versions ---- */

/* How much of the value a row's version says; 0: another version. "1.3" is none of 1.33, "java8"
 * none of java8.al2. */
static size_t match(const char *version, const char *value) {
  size_t n = strlen(version);
  bool number = *version >= '0' && *version <= '9';
  return strncmp(version, value, n) == 0 && (value[n] == '\0' || (number && value[n] == '.'))
             ? n + 1
             : 0;
}

static const char *text_of(const struct look *l, const char *attribute) {
  const char *text = mu_val_str(mu_val_get(l->values, attribute), l->arena);
  return text && *text ? text : NULL;
}

static bool of_engine(const struct look *l, const char *engine) {
  return !engine || mu_streq(text_of(l, "engine"), engine);
}

/* The operator's rows for the type; *known: some row names type, engine and attribute. */
static bool by_rules(struct look *l, const char **attribute) {
  const struct mu_shelf_rule *best = NULL;
  size_t most = 0;
  const char *value = NULL;
  for (size_t i = 0; i < l->in->rules_n; i++) {
    const struct mu_shelf_rule *rule = &l->in->rules[i];
    const char *has = mu_str_glob(rule->type, l->type) && of_engine(l, rule->engine)
                          ? text_of(l, rule->attribute)
                          : NULL;
    size_t n = has ? match(rule->version, has) : 0;
    *attribute = has ? rule->attribute : *attribute;
    if (n > most) {
      most = n;
      best = rule;
      value = has;
    }
  }
  if (!best) {
    return false;
  }
  const struct life life = {.what = mu_arena_fmt(l->arena, "%s %.*s",
                                                 best->engine ? best->engine : l->type, VALUE_MAX,
                                                 value),
                            .attribute = best->attribute,
                            .ends_ms = best->until_ms,
                            .extended_ms = best->extended_ms,
                            .warn_ms = l->in->warn_ms,
                            .fail_ms = l->in->fail_ms,
                            .source = best->source};
  judge(l, &life);
  return true;
}

static bool by_table(struct look *l, const char **attribute) {
  const struct row *best = NULL;
  size_t most = 0;
  const char *value = NULL;
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (!mu_str_glob(rows[i].type, l->type) || !of_engine(l, rows[i].engine)) {
      continue;
    }
    const char *has = text_of(l, rows[i].attribute);
    size_t n = has ? match(rows[i].version, has) : 0;
    *attribute = has ? rows[i].attribute : *attribute;
    if (n > most) {
      most = n;
      best = &rows[i];
      value = has;
    }
  }
  if (!best) {
    return false;
  }
  const struct life life = {.what =
                                mu_arena_fmt(l->arena, "%s %.*s", best->product, VALUE_MAX, value),
                            .attribute = best->attribute,
                            .ends_ms = date_ms(best->ends),
                            .extended_ms = date_ms(best->extended),
                            .warn_ms = l->in->warn_ms,
                            .fail_ms = l->in->fail_ms};
  judge(l, &life);
  return true;
}

/* ---- Certificates ---- */

/* One finding a resource: its own word for the end comes before the certificate's. */
static void look_at_certificate(struct look *l) {
  for (size_t i = 0; i < MU_LEN(certificates); i++) {
    const char *text =
        mu_str_glob(certificates[i].type, l->type) ? text_of(l, certificates[i].attribute) : NULL;
    int64_t ends = 0;
    if (!text) {
      continue;
    }
    if (certificates[i].pem ? !mu_cert_not_after(text, &ends) : mu_time_parse(text, &ends) != 0) {
      unlisted(l, certificates[i].attribute, "cannot be read");
      continue;
    }
    const struct life life = {.what = "certificate",
                              .attribute = certificates[i].attribute,
                              .ends_ms = ends,
                              .warn_ms = l->in->certificate_ms,
                              .fail_ms = l->in->certificate_ms,
                              .certificate = true};
    judge(l, &life);
    return;
  }
}

/* ---- The whole ---- */

static bool may_matter(const struct look *l) {
  for (size_t i = 0; i < l->in->rules_n; i++) {
    if (mu_str_glob(l->in->rules[i].type, l->type)) {
      return true;
    }
  }
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (mu_str_glob(rows[i].type, l->type)) {
      return true;
    }
  }
  for (size_t i = 0; i < MU_LEN(certificates); i++) {
    if (mu_str_glob(certificates[i].type, l->type)) {
      return true;
    }
  }
  return false;
}

static void look_at(struct look *l) {
  const struct mu_doc *doc = l->in->doc;
  struct mu_jtape tape = {0};
  const char *attribute = NULL;
  l->address = mu_arena_strn(l->arena, l->res->address, l->res->address_n);
  if (!mu_res_tape(doc, l->res, l->res->values, l->scratch, &tape)) {
    unlisted(l, "values", "cannot be read");
    return;
  }
  l->values = mu_val_root(&tape);
  if (!by_rules(l, &attribute) && !by_table(l, &attribute) && attribute) {
    unlisted(l, attribute,
             mu_arena_fmt(l->arena, "%.*s is in no table", VALUE_MAX, text_of(l, attribute)));
  }
  look_at_certificate(l);
  mu_jtape_free(&tape);
}

static void headline(const struct look *l) {
  struct mu_shelf_out *out = l->out;
  char day[MU_TIME_TEXT];
  MU_STR(text, 400);
  mu_str_addf(&text, "%zu of %zu end soon or have ended", out->soon, out->looked_up);
  if (out->nearest_ms) {
    mu_time_date(out->nearest_ms, day);
    mu_str_addf(&text, " · next: %s on %s", out->nearest, day);
  }
  if (out->unlisted) {
    mu_str_addf(&text, " · %zu in no table", out->unlisted);
  }
  mu_time_date(mu_shelf_table_ms(), day);
  mu_str_addf(&text, " · table of %s", day);
  out->headline = mu_str_copy(&text, l->arena);
}

void mu_shelf_look(const struct mu_shelf_in *in, struct mu_arena *arena, struct mu_shelf_out *out) {
  struct mu_shelf_out result = {.findings = out->findings};
  struct look l = {.in = in, .out = &result, .arena = arena};
  const struct mu_doc *doc = in->doc;
  bool prior = doc->resources.n == 0 && doc->prior.n > 0; /* a refresh-only plan */
  const struct mu_res_list *list = prior ? &doc->prior : &doc->resources;
  l.scratch = mu_arena_alloc(arena, sizeof *l.scratch);
  l.scratch->arena = arena;
  struct mu_span type = {0};
  bool matters = false;
  for (size_t i = 0; i < list->n; i++) {
    l.res = mu_res_at(list, i);
    bool leaves = l.res->flags & (MU_RES_DELETE | MU_RES_FORGET) && !(l.res->flags & MU_RES_CREATE);
    if (l.res->flags & MU_RES_DATA || l.res->deposed.n || leaves) {
      continue;
    }
    bool same = type.n == l.res->type.n &&
                memcmp(doc->text + type.at, doc->text + l.res->type.at, type.n) == 0;
    if (!same || !l.type) { /* instances of one type stand side by side */
      type = l.res->type;
      l.type = mu_span_copy(doc, type, arena);
      matters = may_matter(&l);
    }
    if (matters) {
      look_at(&l);
    }
  }
  headline(&l);
  *out = result;
}
