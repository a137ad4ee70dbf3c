/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the engine: counts, findings, notes. Every value that is shown goes through mu_show,
 * which leaves secrets out. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "drift/engine.h"

void mu_count(struct mu_engine *e, enum mu_part part, size_t n) {
  if (!e->quiet) {
    e->parts[part] += (int64_t)n;
  }
}

/* ---- Showing values ---- */

const char *mu_keyed(struct mu_engine *e, struct mu_val v) {
  if (!e->in->key) {
    return NULL;
  }
  MU_STR(text, SIZE_MAX / 4);
  unsigned char mac[MU_SHA256];
  char hex[2 * 16 + 1];
  mu_val_write(v, &text);
  mu_hmac_sha256(e->in->key, e->in->key_n, mu_str_get(&text), text.n, mac);
  mu_hex(mac, 16, hex);
  return mu_arena_fmt(e->arena, "hmac:%s", hex);
}

static void show_hidden(struct mu_engine *e, struct mu_val v, struct mu_str *out) {
  const char *keyed = mu_val_empty(v) ? NULL : mu_keyed(e, v);
  if (mu_val_empty(v)) {
    mu_val_write(v, out); /* that a secret is empty is no secret */
  } else if (keyed) {
    mu_str_addf(out, "\"(sensitive, %.13s)\"", keyed);
  } else {
    mu_str_add(out, "\"(sensitive)\"");
  }
}

static void show(struct mu_engine *e, struct mu_val v, struct mu_val mask, struct mu_str *out) {
  if (mu_mask_true(mask)) {
    show_hidden(e, v, out);
    return;
  }
  if (!mu_val_is(v, MU_JOBJECT) && !mu_val_is(v, MU_JARRAY)) {
    mu_val_write(v, out);
    return;
  }
  bool object = mu_val_is(v, MU_JOBJECT);
  mu_str_addc(out, object ? '{' : '[');
  size_t i = 0;
  for (struct mu_iter it = mu_iter(v); !out->failed && mu_iter_next(&it); i++) {
    mu_str_add(out, i ? "," : "");
    struct mu_val inner = object ? mu_val_get_key(mask, it.key) : mu_val_at(mask, i);
    if (object) {
      size_t n = 0;
      const char *name = mu_val_raw(it.key, &n);
      mu_str_addc(out, '"');
      mu_str_addn(out, name, n);
      mu_str_add(out, "\":");
      if (mu_name_secret(name, n) && !mu_val_null(it.value) && !mu_val_is(it.value, MU_JTRUE) &&
          !mu_val_is(it.value, MU_JFALSE)) {
        show_hidden(e, it.value, out);
        continue;
      }
    }
    show(e, it.value, inner, out);
  }
  mu_str_addc(out, object ? '}' : ']');
}

/* By the masks, by its name, by the table: is the value as a whole a secret? */
bool mu_sensitive(struct mu_engine *e, const struct mu_sides *s) {
  if (mu_mask_true(s->p_mask) || mu_mask_true(s->a_mask)) {
    return true;
  }
  for (size_t i = e->depth; i-- > 0;) {
    if (e->path[i].key.tape) {
      size_t n = 0;
      const char *name = mu_val_raw(e->path[i].key, &n);
      bool text = mu_val_is(s->p, MU_JSTR) || mu_val_is(s->a, MU_JSTR);
      if (text && mu_name_secret(name, n)) {
        return true;
      }
      break;
    }
  }
  return mu_attr_traits(e) & MU_AT_SECRET;
}

const char *mu_show(struct mu_engine *e, struct mu_val v, struct mu_val mask,
                    const struct mu_sides *s) {
  if (!v.tape) {
    return NULL;
  }
  MU_STR(out, MU_SHOW_MAX);
  if (s && mu_sensitive(e, s)) {
    show_hidden(e, v, &out);
  } else {
    show(e, v, mask, &out);
  }
  return out.failed ? mu_val_json(v, e->arena, 0) : mu_str_copy(&out, e->arena);
}

/* ---- Notes ---- */

void mu_count_rule(struct mu_engine *e, const char *rule, size_t n) {
  size_t i = 0;
  while (i < e->rules_n && e->rules[i].rule != rule && strcmp(e->rules[i].rule, rule) != 0) {
    i++;
  }
  if (i == e->rules_n) {
    if (e->rules_n == MU_RULES_MAX) {
      return;
    }
    e->rules[e->rules_n++].rule = rule;
  }
  e->rules[i].n += n;
}

static bool keeps(const struct mu_engine *e, enum mu_note_kind kind) {
  unsigned kinds = e->in->notes.kinds ? e->in->notes.kinds : ~(1U << MU_NOTE_EQUAL);
  return e->in->notes.max != SIZE_MAX && (kinds & 1U << kind);
}

static bool has_room(const struct mu_engine *e, enum mu_note_kind kind) {
  return e->notes_kept[kind] < (e->in->notes.max ? e->in->notes.max : MU_NOTES_DEFAULT);
}

static bool asked_for(struct mu_engine *e) {
  for (size_t i = 0; i < e->in->notes.of_n; i++) {
    if (mu_str_glob(e->in->notes.of[i], mu_address(e))) {
      return true;
    }
  }
  return e->in->notes.of_n == 0;
}

void mu_note_keep(struct mu_engine *e, const struct mu_note *note) {
  struct mu_drift_out *out = e->out;
  if (has_room(e, note->kind)) {
    e->notes_kept[note->kind]++;
    out->notes =
        mu_arena_grow(e->arena, out->notes, out->notes_n, &e->notes_cap, sizeof *out->notes);
    out->notes[out->notes_n++] = *note;
  }
}

static void note(struct mu_engine *e, const char *path, struct mu_sides s, const char *rule,
                 enum mu_note_kind kind) {
  if (!asked_for(e)) {
    return;
  }
  e->out->notes_seen[kind]++;
  if (!has_room(e, kind)) {
    return;
  }
  const struct mu_note kept = {
      .kind = kind,
      .check = e->in->check,
      .address = mu_address(e),
      .path = mu_arena_str(e->arena, path ? path : mu_path(e)),
      .planned = mu_show(e, s.p, s.p_mask.tape ? s.p_mask : s.a_mask, &s),
      .actual = mu_show(e, s.a, s.a_mask.tape ? s.a_mask : s.p_mask, &s),
      .rule = rule,
  };
  mu_note_keep(e, &kept);
}

void mu_note(struct mu_engine *e, const char *path, struct mu_sides s, const char *rule) {
  if (e->quiet) {
    return;
  }
  mu_count_rule(e, rule, 1);
  if (e->in->notes.max == SIZE_MAX) {
    return;
  }
  const struct mu_rule_def *def = mu_rule_def(rule);
  enum mu_note_kind kind = def ? def->kind : MU_NOTE_FORGIVEN;
  if (keeps(e, kind)) {
    note(e, path, s, rule, kind);
  }
}

void mu_note_equal(struct mu_engine *e, struct mu_sides s) {
  if (!e->quiet && (s.p.tape || s.a.tape)) {
    note(e, NULL, s, "equal", MU_NOTE_EQUAL);
  }
}

/* ---- Findings ---- */

struct mu_finding *mu_find(struct mu_engine *e, enum mu_finding_id id, const char *subject,
                           const char *path) {
  const char *check = e->in->check;
  return mu_finding_add(e->out->findings, id, check ? check : "drift", subject, path);
}

static void set_values(struct mu_engine *e, struct mu_finding *f, const struct mu_sides *s,
                       const struct mu_sides *shown) {
  const struct mu_sides *v = shown ? shown : s;
  struct mu_val mask = s->p_mask.tape ? s->p_mask : s->a_mask,
                a_mask = s->a_mask.tape ? s->a_mask : s->p_mask;
  struct mu_sides whole = *s;
  if (shown && (mu_mask_any(s->p_mask) || mu_mask_any(s->a_mask))) {
    /* Members picked out of a collection have lost their place in the mask: all of it is hidden. */
    whole.p_mask = mu_mask_true(mask) ? mask : (struct mu_val){0};
    f->expected = mu_val_empty(v->p) ? "null" : "\"(sensitive)\"";
    f->actual = mu_val_empty(v->a) ? "null" : "\"(sensitive)\"";
    return;
  }
  f->expected = mu_show(e, v->p, mask, &whole);
  f->actual = mu_show(e, v->a, a_mask, &whole);
  f->expected = f->expected ? f->expected : "null";
  f->actual = f->actual ? f->actual : "null";
}

/* "22/tcp from 0.0.0.0/0" for members that look like rules of a security group; NULL for others. */
const char *mu_rule_words(struct mu_engine *e, struct mu_val v) {
  struct mu_val protocol = mu_val_get(v, "protocol"), from = mu_val_get(v, "from_port"),
                to = mu_val_get(v, "to_port");
  if (!mu_val_is(protocol, MU_JSTR) || !mu_val_is(from, MU_JNUM) || !mu_val_is(to, MU_JNUM)) {
    return NULL;
  }
  static const char *const sources[] = {"cidr_blocks", "ipv6_cidr_blocks", "security_groups",
                                        "prefix_list_ids"};
  MU_STR(out, 400);
  const char *name = mu_val_str(protocol, e->scratch);
  mu_val_write(from, &out);
  if (!mu_val_eq(from, to)) {
    mu_str_addc(&out, '-');
    mu_val_write(to, &out);
  }
  mu_str_addf(&out, "/%s from", strcmp(name, "-1") == 0 ? "all" : name);
  for (size_t i = 0; i < MU_LEN(sources); i++) {
    for (struct mu_iter it = mu_iter(mu_val_get(v, sources[i])); mu_iter_next(&it);) {
      const char *source = mu_val_str(it.value, e->scratch);
      mu_str_addf(&out, " %s", source ? source : "?");
    }
  }
  mu_str_add(&out, mu_val_is(mu_val_get(v, "self"), MU_JTRUE) ? " itself" : "");
  return mu_str_copy(&out, e->scratch);
}

static void say_members(struct mu_engine *e, const struct mu_sides *shown, struct mu_str *out) {
  bool any = false;
  for (int side = 0; side < 2; side++) {
    struct mu_val list = side ? shown->a : shown->p;
    size_t n = mu_val_count(list);
    if (n == 0) {
      continue;
    }
    mu_str_addf(out, "%s%s %zu", any ? ", " : "", side ? "+" : "-", n);
    any = true;
    const char *words = mu_rule_words(e, mu_val_at(list, 0));
    if (words) {
      mu_str_addf(out, ": %s%s", words, n > 1 ? ", …" : "");
    }
  }
}

static void say(struct mu_engine *e, struct mu_finding *f, const char *access,
                const struct mu_sides *shown) {
  MU_STR(out, 600);
  if (access) {
    mu_str_add(&out, access);
  }
  if (shown) {
    mu_str_add(&out, out.n ? "; " : "");
    say_members(e, shown, &out);
  } else if (!access) {
    mu_str_addf(&out, "planned %.120s, is %.120s", f->expected, f->actual);
  }
  f->message = mu_arena_strn(e->arena, mu_str_get(&out), out.n);
}

/* tags_all repeats tags: one finding a key, not two. */
static bool told_by_tags(struct mu_engine *e, const struct mu_sides *s) {
  if (e->depth != 2 || !e->path[0].key.tape || !mu_val_key_is(e->path[0].key, "tags_all") ||
      !e->path[1].key.tape) {
    return false;
  }
  struct mu_val p = mu_val_get_key(mu_val_get(e->root.p, "tags"), e->path[1].key);
  struct mu_val a = mu_val_get_key(mu_val_get(e->root.a, "tags"), e->path[1].key);
  return (p.tape || a.tape) && !(p.tape && a.tape && mu_val_eq(p, a)) &&
         (!a.tape || !s->a.tape || mu_val_eq(a, s->a));
}

/* AWS's own tags: nobody can plan them. */
static bool cloud_tag(struct mu_engine *e, const struct mu_sides *s) {
  if (e->depth != 2 || s->p.tape || !e->path[0].key.tape || !e->path[1].key.tape ||
      (!mu_val_key_is(e->path[0].key, "tags") && !mu_val_key_is(e->path[0].key, "tags_all"))) {
    return false;
  }
  size_t n = 0;
  const char *name = mu_val_raw(e->path[1].key, &n);
  return n > 4 && memcmp(name, "aws:", 4) == 0;
}

static bool floats(struct mu_engine *e, const char *path) {
  for (size_t i = 0; i < e->floats_n; i++) {
    if (mu_glob_path(e->floats[i], path) || mu_glob_path(e->floats[i], mu_path_plain(e))) {
      return true;
    }
  }
  return false;
}

/* Takes a drill's suffix out of a text, each time with the one '-' or '_' that ties it to the name.
 */
static void without_suffix(const char *text, const char *suffix, struct mu_str *out) {
  size_t n = strlen(suffix);
  for (const char *at; (at = strstr(text, suffix)); text = at) {
    bool tied = at > text && (at[-1] == '-' || at[-1] == '_');
    mu_str_addn(out, text, (size_t)(at - text) - tied);
    at += n;
    at += !tied && (*at == '-' || *at == '_');
  }
  mu_str_add(out, text);
}

/* A fresh value that is the staged one but for the drill's suffix. */
static bool only_suffixed(struct mu_engine *e, const struct mu_sides *s) {
  enum { TEXT_MAX = 1 << 16 };
  if (!e->suffix || !s->p.tape || !s->a.tape) {
    return false;
  }
  MU_STR(plain, TEXT_MAX);
  without_suffix(mu_val_json(s->a, e->scratch, TEXT_MAX), e->suffix, &plain);
  return !plain.failed && mu_streq(mu_str_get(&plain), mu_val_json(s->p, e->scratch, TEXT_MAX));
}

static enum mu_finding_id decide(struct mu_engine *e, const struct mu_sides *s,
                                 const struct mu_sides *shown, bool access) {
  if (e->fresh) {
    return access ? MU_F_DRIFT_STAGED_UNSAFE : MU_F_DRIFT_STAGED_DIFFERS;
  }
  if (access) {
    return MU_F_DRIFT_ACCESS_WIDER;
  }
  if (mu_sensitive(e, s)) {
    return MU_F_DRIFT_SENSITIVE;
  }
  if (e->depth == 1 && e->path[0].key.tape && mu_val_key_is(e->path[0].key, "id") &&
      !mu_val_null(s->p)) {
    return MU_F_DRIFT_REPLACED;
  }
  (void)shown;
  return mu_declared(e) ? MU_F_DRIFT_CHANGED : MU_F_DRIFT_UNDECLARED;
}

/* Forgiven by a rule: noted, and counted as compared. */
static void forgive(struct mu_engine *e, const struct mu_sides *s, size_t leaves,
                    const char *rule) {
  mu_count(e, MU_PART_COMPARED, leaves);
  e->redacted += mu_sensitive(e, s) ? (int64_t)leaves : 0;
  mu_note(e, NULL, *s, rule);
  e->unset += strcmp(rule, "unset-default") == 0;
}

/* Left out of the comparison, by a rule that is not about equality; NULL: it counts. */
static const char *left_out(struct mu_engine *e, const struct mu_sides *s, const char *path,
                            bool access, enum mu_part *part) {
  *part = MU_PART_IGNORED;
  if (mu_attr_traits(e) & MU_AT_VOLATILE) {
    return "volatile";
  }
  if (cloud_tag(e, s)) {
    return "cloud-tag";
  }
  if (!e->fresh && e->schema_differs && (!s->p.tape || !s->a.tape)) {
    *part = MU_PART_UNVERIFIABLE;
    return "schema";
  }
  if (floats(e, path)) {
    return "float";
  }
  if (only_suffixed(e, s)) {
    return "drill-suffix";
  }
  const struct mu_ignore *rule = mu_ignored(e, path, access);
  return rule ? mu_arena_fmt(e->arena, "ignore:%s", rule->where ? rule->where : rule->address)
              : NULL;
}

void mu_differ(struct mu_engine *e, struct mu_sides s, const struct mu_sides *shown,
               size_t leaves) {
  const char *rule = shown ? NULL : mu_equal(e, &s);
  if (e->quiet) {
    e->quiet_differs |= !rule && !(mu_attr_traits(e) & MU_AT_VOLATILE);
    return;
  }
  if (rule) {
    forgive(e, &s, leaves, rule);
    return;
  }
  const char *path = mu_path(e), *explained = NULL;
  struct mu_val left = MU_ABSENT_VAL;
  if (!e->fresh && mu_val_is(s.a, MU_JARRAY) && mu_val_empty(shown ? shown->p : s.p) &&
      mu_rollup(e, shown ? shown->a : s.a, &explained, &left) && !left.tape) {
    mu_count(e, MU_PART_EXPLAINED, leaves);
    mu_note(e, path, s, explained);
    return;
  }
  const char *access = mu_access_wider(e, s.p, s.a);
  enum mu_part part = MU_PART_COMPARED;
  const char *why = left_out(e, &s, path, access != NULL, &part);
  if (why) {
    mu_count(e, part, leaves);
    mu_note(e, path, s, why);
    return;
  }
  mu_count(e, MU_PART_COMPARED, leaves);
  e->redacted += mu_sensitive(e, &s) ? (int64_t)leaves : 0;
  e->this_changed = true;
  if (told_by_tags(e, &s)) {
    mu_note(e, path, s, "tags");
    return;
  }
  struct mu_finding *f = mu_find(e, decide(e, &s, shown, access != NULL), mu_address(e), path);
  set_values(e, f, &s, shown);
  say(e, f, access, shown);
  f->klass = access ? "access" : shown ? "members" : NULL;
}

void mu_remark(struct mu_engine *e, enum mu_finding_id id, struct mu_sides s, const char *message) {
  if (e->quiet) {
    return;
  }
  mu_note(e, NULL, s, "order-only");
  struct mu_finding *f = mu_find(e, id, mu_address(e), mu_path(e));
  set_values(e, f, &s, NULL);
  f->message = message;
}
