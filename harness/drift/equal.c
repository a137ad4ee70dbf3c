/* SPDX-License-Identifier: Apache-2.0 */
/* The equality rules of equal.def, one small function each: true where two texts mean the same.
 * Every rule is written so that it can only forgive what its row says; what none of them forgives
 * is a difference. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "drift/engine.h"

/* What the rules look at. `p` and `a` are NULL where a side is no string. */
struct pair {
  struct mu_engine *e;
  const struct mu_sides *s;
  const char *p, *a;
};

static bool null_empty(const struct pair *x) {
  return mu_val_empty(x->s->p) && mu_val_empty(x->s->a);
}

static bool unset_default(const struct pair *x) {
  return mu_val_empty(x->s->p) && mu_val_zero(x->s->a);
}

/* The text of a scalar, as a provider would write it into a string. */
static const char *scalar_text(const struct pair *x, struct mu_val v, const char *string) {
  if (string) {
    return string;
  }
  if (!v.tape || mu_val_is(v, MU_JARRAY) || mu_val_is(v, MU_JOBJECT) || mu_val_is(v, MU_JNULL)) {
    return NULL;
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  return mu_arena_strn(x->e->scratch, raw, n);
}

static const char *plain_bool(const char *text) {
  return strcmp(text, "true") == 0 ? "1" : strcmp(text, "false") == 0 ? "0" : text;
}

static bool number_text(const struct pair *x) {
  const char *p = scalar_text(x, x->s->p, x->p), *a = scalar_text(x, x->s->a, x->a);
  if (!p || !a) {
    return false;
  }
  if (mu_jsonin_is_num(p, strlen(p)) && mu_jsonin_is_num(a, strlen(a))) {
    return mu_jsonin_num_eq(p, strlen(p), a, strlen(a));
  }
  return strcmp(plain_bool(p), plain_bool(a)) == 0;
}

static bool has_duplicate_keys(struct mu_val v) {
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
    if (has_duplicate_keys(it.value)) {
      return true;
    }
    struct mu_iter rest = it;
    while (it.object && mu_iter_next(&rest)) {
      if (mu_val_str_cmp(it.key, rest.key) == 0) {
        return true;
      }
    }
  }
  return false;
}

/* A string that holds a JSON object or array, parsed. A key that comes twice makes it none: parsers
 * disagree on which one counts. */
bool mu_embedded(struct mu_engine *e, const char *text, struct mu_val *out) {
  size_t n = strlen(text), blank = strspn(text, " \t\r\n");
  if ((text[blank] != '{' && text[blank] != '[') || n > MU_JSONIN_MAX) {
    return false;
  }
  struct mu_jtape *tape = mu_arena_alloc(e->scratch, sizeof *tape);
  bool good = mu_jtape_read(tape, &e->reader.in, text, (struct mu_span){0, (uint32_t)n});
  struct mu_jnode *nodes = mu_arena_array(e->scratch, tape->n + 1, sizeof *nodes);
  if (tape->n) {
    memcpy(nodes, tape->at, tape->n * sizeof *nodes);
  }
  free(tape->at); /* the nodes move to the arena, so that nobody has to free them */
  tape->at = nodes;
  *out = mu_val_root(tape);
  return good && !has_duplicate_keys(*out);
}

static bool policy_texts(struct mu_engine *e, const char *p, const char *a) {
  struct mu_val x = MU_ABSENT_VAL, y = MU_ABSENT_VAL;
  if (!*p || !*a) { /* "" is "{}" */
    const char *other = *p ? p : a;
    return mu_embedded(e, other, &x) && mu_val_is(x, MU_JOBJECT) && mu_val_empty(x);
  }
  return mu_embedded(e, p, &x) && mu_embedded(e, a, &y) &&
         (mu_policy_shaped(x) || mu_policy_shaped(y)) && mu_policy_equal(x, y, e->scratch);
}

static bool policy(const struct pair *x) {
  return x->p && x->a && policy_texts(x->e, x->p, x->a);
}

static bool json_texts(struct mu_engine *e, const char *p, const char *a) {
  struct mu_val x = MU_ABSENT_VAL, y = MU_ABSENT_VAL;
  return mu_embedded(e, p, &x) && mu_embedded(e, a, &y) && mu_val_eq(x, y);
}

static bool json_text(const struct pair *x) {
  return x->p && x->a && json_texts(x->e, x->p, x->a);
}

static bool base64_text(const struct pair *x) {
  return x->p && x->a && mu_base64_equal(x->p, x->a);
}

static bool gzip_text(const struct pair *x) {
  return x->p && x->a && mu_gzip_equal(x->p, x->a);
}

static bool yaml_text(const struct pair *x) {
  return x->p && x->a && mu_yaml_equal(x->e, x->p, x->a);
}

static size_t without_dot(const char *name) {
  size_t n = strlen(name);
  return n > 1 && name[n - 1] == '.' ? n - 1 : n; /* "." is the root and stays */
}

static bool dns_name(const struct pair *x) {
  return x->p && x->a && without_dot(x->p) == without_dot(x->a) &&
         strncasecmp(x->p, x->a, without_dot(x->p)) == 0;
}

const char *mu_protocol(const char *name) {
  static const char *const names[][2] = {
      {"tcp", "6"}, {"udp", "17"}, {"icmp", "1"}, {"icmpv6", "58"}, {"all", "-1"}};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    if (strcasecmp(name, names[i][0]) == 0) {
      return names[i][1];
    }
  }
  return name;
}

static bool protocol(const struct pair *x) {
  return x->p && x->a && strcmp(mu_protocol(x->p), mu_protocol(x->a)) == 0;
}

static bool service_default(const struct pair *x) {
  return mu_val_empty(x->s->p) && x->e->depth == 1 &&
         mu_service_default(x->e, mu_path_top(x->e), x->s->a);
}

static const char *without_prefix(const char *text, const char *prefix) {
  return mu_str_starts(text, prefix) ? text + strlen(prefix) : text;
}

static bool https_url(const struct pair *x) {
  return x->p && x->a &&
         strcmp(without_prefix(x->p, "https://"), without_prefix(x->a, "https://")) == 0;
}

static bool zone_id(const struct pair *x) {
  return x->p && x->a &&
         strcmp(without_prefix(x->p, "/hostedzone/"), without_prefix(x->a, "/hostedzone/")) == 0;
}

/* An IPv6 address or network; the length of the prefix is -1 where there is none. */
static bool parse_ipv6(const char *text, unsigned char out[16], long *bits) {
  char address[64];
  size_t n = strcspn(text, "/");
  if (n >= sizeof address || !memchr(text, ':', n)) {
    return false;
  }
  memcpy(address, text, n);
  address[n] = '\0';
  *bits = -1;
  if (text[n] == '/') {
    int64_t value = 0;
    if (mu_num_parse_i64(text + n + 1, &value) != 0 || value < 0 || value > 128) {
      return false;
    }
    *bits = (long)value;
  }
  return inet_pton(AF_INET6, address, out) == 1;
}

static bool cidr_text(const struct pair *x) {
  unsigned char p[16], a[16];
  long p_bits = 0, a_bits = 0;
  return x->p && x->a && parse_ipv6(x->p, p, &p_bits) && parse_ipv6(x->a, a, &a_bits) &&
         p_bits == a_bits && memcmp(p, a, sizeof p) == 0;
}

/* The digits of a fraction of a second, without zeros at the end: the parser of base stops at
 * milliseconds. */
static size_t fraction(const char *text, const char **digits) {
  const char *point = strchr(text, '.');
  *digits = point ? point + 1 : "";
  size_t n = strspn(*digits, "0123456789");
  while (n > 0 && (*digits)[n - 1] == '0') {
    n--;
  }
  return n;
}

static bool instant(const struct pair *x) {
  int64_t p = 0, a = 0;
  const char *p_digits = NULL, *a_digits = NULL;
  if (!x->p || !x->a || mu_time_parse(x->p, &p) != 0 || mu_time_parse(x->a, &a) != 0 || p != a) {
    return false;
  }
  size_t n = fraction(x->p, &p_digits);
  return n == fraction(x->a, &a_digits) && memcmp(p_digits, a_digits, n) == 0;
}

/* "90m", "1h30m", or ISO 8601 "PT1H30M". */
static bool parse_duration(const char *text, int64_t *ms) {
  if (!mu_str_starts(text, "PT")) {
    return mu_dur_parse(text, ms) == 0;
  }
  char lower[64];
  size_t n = strlen(text + 2);
  if (n == 0 || n >= sizeof lower) {
    return false;
  }
  for (size_t i = 0; i <= n; i++) {
    lower[i] = (char)tolower((unsigned char)text[2 + i]);
  }
  return mu_dur_parse(lower, ms) == 0;
}

static bool duration(const struct pair *x) {
  int64_t p = 0, a = 0;
  return x->p && x->a && parse_duration(x->p, &p) && parse_duration(x->a, &a) && p == a;
}

static size_t without_star(const char *arn) {
  size_t n = strlen(arn);
  return mu_str_ends(arn, ":*") ? n - 2 : n;
}

static bool log_group_arn(const struct pair *x) {
  return x->p && x->a && mu_str_starts(x->p, "arn:") && strstr(x->p, ":logs:") &&
         strstr(x->p, ":log-group:") && !strstr(x->p, ":log-stream:") &&
         without_star(x->p) == without_star(x->a) && strncmp(x->p, x->a, without_star(x->p)) == 0;
}

static bool fold(const struct pair *x) {
  return x->p && x->a && strcasecmp(x->p, x->a) == 0;
}

static bool version_prefix(const struct pair *x) {
  size_t n = x->p ? strlen(x->p) : 0;
  return n > 0 && x->a && strncmp(x->p, x->a, n) == 0 && x->a[n] == '.';
}

static bool ends_with_key(const char *arn, const char *id) {
  const char *key = strstr(arn, ":key/");
  return mu_str_starts(arn, "arn:") && key && *id && strcmp(key + 5, id) == 0;
}

static bool key_id(const struct pair *x) {
  return x->p && x->a && (ends_with_key(x->p, x->a) || ends_with_key(x->a, x->p));
}

static bool white_space(const struct pair *x) {
  const char *p = x->p, *a = x->a;
  while (p && a) {
    p += strspn(p, " \t\r\n");
    a += strspn(a, " \t\r\n");
    if (*p != *a) {
      return false;
    }
    if (!*p) {
      return true;
    }
    p++;
    a++;
  }
  return false;
}

static bool terraform_only(const struct pair *x) {
  return mu_val_null(x->s->a);
}

/* `text` with every `from` of the mapping rules as `to`, in their order. */
static const char *map_text(struct mu_engine *e, const char *text) {
  for (size_t i = 0; i < e->in->mappings_n; i++) {
    const struct mu_mapping *m = &e->in->mappings[i];
    size_t n = strlen(m->from);
    if (n == 0 || !strstr(text, m->from)) {
      continue;
    }
    MU_STR(out, SIZE_MAX / 4);
    for (const char *hit; (hit = strstr(text, m->from)); text = hit + n) {
      mu_str_addn(&out, text, (size_t)(hit - text));
      mu_str_add(&out, m->to);
    }
    mu_str_add(&out, text);
    text = mu_str_copy(&out, e->scratch);
  }
  return text;
}

static bool mapped(const struct pair *x) {
  if (!x->p || !x->a || !x->e->in || x->e->in->mappings_n == 0) {
    return false;
  }
  const char *p = map_text(x->e, x->p);
  return p != x->p &&
         (strcmp(p, x->a) == 0 || policy_texts(x->e, p, x->a) || json_texts(x->e, p, x->a));
}

static const struct {
  bool (*holds)(const struct pair *);
  const char *id;
  unsigned traits;
} rules[] = {
#define MU_EQUAL(function, id, traits, doc) {function, id, traits},
#include "drift/equal.def"
#undef MU_EQUAL
};

/* `\u0000` in a string; a raw NUL cannot stand in JSON. */
static bool has_nul(struct mu_val v) {
  if (!mu_val_is(v, MU_JSTR)) {
    return false;
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  for (const char *p = raw;
       (p = memchr(p, '\\', n - (size_t)(p - raw))) && (size_t)(p - raw) + 6 <= n; p += 2) {
    if (memcmp(p, "\\u0000", 6) == 0) {
      return true;
    }
  }
  return false;
}

const char *mu_equal(struct mu_engine *e, const struct mu_sides *s) {
  struct pair pair = {
      .e = e, .s = s, .p = mu_val_str(s->p, e->scratch), .a = mu_val_str(s->a, e->scratch)};
  if (has_nul(s->p) || has_nul(s->a)) {
    return NULL; /* the rules work on C strings: a NUL inside would hide what stands behind it */
  }
  unsigned traits = 0;
  bool asked = false;
  for (size_t i = 0; i < MU_LEN(rules); i++) {
    if (rules[i].traits && !asked) {
      traits = mu_attr_traits(e);
      asked = true;
    }
    if ((!rules[i].traits || rules[i].traits & traits) && rules[i].holds(&pair)) {
      return rules[i].id;
    }
  }
  return NULL;
}
