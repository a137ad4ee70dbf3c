/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a difference points: more access or less protection than planned. Decided for every
 * difference, whatever class it has and whatever would hide it. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "drift/engine.h"

enum how {
  CIDRS,   /* a network that no planned one covers */
  MEMBERS, /* a member that was not planned */
  FEWER,   /* a planned member is missing */
  ON,      /* false or nothing to true */
  OFF,     /* true to false or nothing */
  LOWER,   /* a number fell; to the argument, if there is one, does not count (0 days: for ever) */
  SHORTER, /* a number fell, or is gone */
  HIGHER,  /* a number rose */
  LESS_TEXT,     /* "1.2" to "1.0", "TLS1_2" to "TLS1_0" */
  BECOMES,       /* to the argument (a glob), which it was not */
  LEAVES,        /* from the argument (a glob), which it is not any more */
  BECOMES_OTHER, /* any other value than the planned one */
  GONE,          /* something to nothing */
};

struct row {
  const char *type, *path;
  enum how how;
  const char *argument, *why;
};

static const struct row rows[] = {
#define MU_ACCESS(type, path, how, argument, why) {type, path, how, argument, why},
#include "drift/access.def"
#undef MU_ACCESS
};

/* ---- Networks ---- */

struct net {
  unsigned char bytes[16];
  int family;
  int bits;
};

static bool parse_net(const char *text, struct net *net) {
  char address[64];
  size_t n = strcspn(text, "/");
  if (n >= sizeof address) {
    return false;
  }
  memcpy(address, text, n);
  address[n] = '\0';
  memset(net, 0, sizeof *net);
  net->family = strchr(address, ':') ? AF_INET6 : AF_INET;
  net->bits = net->family == AF_INET6 ? 128 : 32;
  int64_t bits = net->bits;
  if (text[n] == '/' &&
      (mu_num_parse_i64(text + n + 1, &bits) != 0 || bits < 0 || bits > net->bits)) {
    return false;
  }
  net->bits = (int)bits;
  return inet_pton(net->family, address, net->bytes) == 1;
}

/* Azure's words for networks. */
static const char *net_word(const char *text) {
  return strcmp(text, "*") == 0 || strcmp(text, "Internet") == 0 || strcmp(text, "Any") == 0
             ? "0.0.0.0/0"
             : text;
}

bool mu_cidr_covers(const char *outer, const char *inner) {
  struct net o, i;
  outer = net_word(outer);
  inner = net_word(inner);
  if (!parse_net(outer, &o) || !parse_net(inner, &i)) {
    return strcmp(outer, inner) == 0; /* a service tag, a name */
  }
  if (o.family != i.family || o.bits > i.bits) {
    return false;
  }
  for (int bit = 0; bit < o.bits; bit++) {
    int mask = 0x80 >> (bit % 8);
    if ((o.bytes[bit / 8] & mask) != (i.bytes[bit / 8] & mask)) {
      return false;
    }
  }
  return true;
}

/* ---- Values ---- */

/* A scalar as text; "" for nothing. */
static const char *text_of(struct mu_engine *e, struct mu_val v) {
  if (mu_val_null(v) || mu_val_is(v, MU_JARRAY) || mu_val_is(v, MU_JOBJECT)) {
    return "";
  }
  if (mu_val_is(v, MU_JSTR)) {
    return mu_val_str(v, e->scratch);
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  return mu_arena_strn(e->scratch, raw, n);
}

static bool yes(const char *text) {
  return strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "ENABLED") == 0;
}

struct values { /* one value, or those of a list */
  struct mu_val v;
  struct mu_iter it;
  bool list, done;
};

static struct values values(struct mu_val v) {
  return (struct values){.v = v, .list = mu_val_is(v, MU_JARRAY), .it = mu_iter(v)};
}

static bool next_value(struct values *vs, struct mu_engine *e, const char **text) {
  if (vs->list) {
    if (!mu_iter_next(&vs->it)) {
      return false;
    }
    *text = text_of(e, vs->it.value);
    return true;
  }
  if (vs->done || mu_val_null(vs->v)) {
    return false;
  }
  vs->done = true;
  *text = text_of(e, vs->v);
  return true;
}

/* A value of `of` that nothing of `in` covers; NULL: none. */
static const char *uncovered(struct mu_engine *e, struct mu_val in, struct mu_val of,
                             bool networks) {
  struct values vs = values(of);
  for (const char *one; next_value(&vs, e, &one);) {
    struct values others = values(in);
    bool found = *one == '\0';
    for (const char *other; !found && next_value(&others, e, &other);) {
      found = networks ? mu_cidr_covers(other, one) : strcmp(other, one) == 0;
    }
    if (!found) {
      return one;
    }
  }
  return NULL;
}

static double number(const char *text, bool *is) {
  double value = 0;
  *is = mu_num_parse_f64(text, &value) == 0;
  return value;
}

static const char *apply(struct mu_engine *e, const struct row *row, struct mu_val p,
                         struct mu_val a) {
  const char *x = text_of(e, p), *y = text_of(e, a), *which = NULL;
  bool x_is = false, y_is = false, wider = false;
  double before = number(x, &x_is), now = number(y, &y_is);
  switch (row->how) {
  case CIDRS:
    which = uncovered(e, p, a, true);
    break;
  case MEMBERS:
    which = uncovered(e, p, a, false);
    break;
  case FEWER:
    which = uncovered(e, a, p, false);
    break;
  case ON:
    wider = !yes(x) && yes(y);
    break;
  case OFF:
    wider = yes(x) && !yes(y);
    break;
  case LOWER:
    wider = x_is && y_is && now < before && !(row->argument && strcmp(y, row->argument) == 0);
    break;
  case SHORTER:
    wider = x_is && before != 0 && (!y_is || now < before);
    break;
  case HIGHER:
    wider = x_is && y_is && now > before;
    break;
  case LESS_TEXT:
    wider = *x && strcmp(y, x) < 0;
    break;
  case BECOMES:
    wider = *y && mu_str_glob(row->argument, y) && !mu_str_glob(row->argument, x);
    break;
  case LEAVES:
    wider = *x && mu_str_glob(row->argument, x) && !mu_str_glob(row->argument, y);
    break;
  case BECOMES_OTHER:
    wider = *x && strcmp(x, y) != 0;
    break;
  case GONE:
    wider = !mu_val_empty(p) && mu_val_empty(a);
    break;
  }
  if (which) {
    return mu_arena_fmt(e->scratch, "%s: %s", row->why, which);
  }
  return wider ? row->why : NULL;
}

static bool path_matches(const char *pattern, const char *path) {
  if (pattern[0] == '*' && pattern[1] == '.') {
    size_t n = strlen(path), last = strlen(pattern + 2);
    return mu_str_glob(pattern + 2, path) ||
           (n > last && mu_str_ends(path, pattern + 2) && path[n - last - 1] == '.');
  }
  return mu_str_glob(pattern, path);
}

static const char *by_table(struct mu_engine *e, struct mu_val p, struct mu_val a) {
  const char *path = mu_path_plain(e), *type = mu_type(e);
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    const char *why = path_matches(rows[i].path, path) && mu_str_glob(rows[i].type, type)
                          ? apply(e, &rows[i], p, a)
                          : NULL;
    if (why) {
      return why;
    }
  }
  return NULL;
}

/* A policy that is gone, came, or changed. */
static const char *by_policy(struct mu_engine *e, struct mu_val p, struct mu_val a) {
  struct mu_val x = MU_ABSENT_VAL, y = MU_ABSENT_VAL;
  bool p_is =
      mu_val_is(p, MU_JSTR) && mu_embedded(e, mu_val_str(p, e->scratch), &x) && mu_policy_shaped(x);
  bool a_is =
      mu_val_is(a, MU_JSTR) && mu_embedded(e, mu_val_str(a, e->scratch), &y) && mu_policy_shaped(y);
  return p_is || a_is
             ? mu_policy_wider(p_is ? x : MU_ABSENT_VAL, a_is ? y : MU_ABSENT_VAL, e->scratch)
             : NULL;
}

/* Of a collection: member by member, as far as both have them; the depth is that of the tapes. */
static const char *inside(struct mu_engine *e, struct mu_val p, struct mu_val a) {
  const char *why = NULL;
  if (mu_val_is(p, MU_JOBJECT) || mu_val_is(a, MU_JOBJECT)) {
    for (struct mu_iter it = mu_iter(mu_val_is(p, MU_JOBJECT) ? p : a);
         !why && mu_iter_next(&it);) {
      mu_push_key(e, it.key);
      why = mu_access_wider(e, mu_val_get_key(p, it.key), mu_val_get_key(a, it.key));
      mu_pop(e);
    }
    for (struct mu_iter it = mu_iter(a);
         !why && it.object && mu_val_is(p, MU_JOBJECT) && mu_iter_next(&it);) {
      if (!mu_val_get_key(p, it.key).tape) {
        mu_push_key(e, it.key);
        why = mu_access_wider(e, MU_ABSENT_VAL, it.value);
        mu_pop(e);
      }
    }
    return why;
  }
  /* Arrays: those of `a` that `p` has not, against nothing; and the other way round. */
  for (int way = 0; way < 2 && !why; way++) {
    for (struct mu_iter it = mu_iter(way ? p : a); !why && mu_iter_next(&it);) {
      if (!mu_val_is(it.value, MU_JOBJECT)) {
        continue; /* lists of scalars are for the table */
      }
      bool there = false;
      for (struct mu_iter other = mu_iter(way ? a : p); !there && mu_iter_next(&other);) {
        there = mu_val_eq(it.value, other.value);
      }
      why = there ? NULL
                  : mu_access_wider(e, way ? it.value : MU_ABSENT_VAL,
                                    way ? MU_ABSENT_VAL : it.value);
    }
  }
  return why;
}

const char *mu_access_wider(struct mu_engine *e, struct mu_val p, struct mu_val a) {
  const char *why = by_table(e, p, a);
  if (!why && (mu_val_is(p, MU_JSTR) || mu_val_is(a, MU_JSTR))) {
    why = by_policy(e, p, a);
  }
  if (!why && (mu_val_is(p, MU_JOBJECT) || mu_val_is(p, MU_JARRAY) || mu_val_is(a, MU_JOBJECT) ||
               mu_val_is(a, MU_JARRAY))) {
    why = inside(e, p, a);
  }
  return why;
}
