/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a finding: the exact command, or the block of HCL or YAML to paste. By what the
 * finding says, where that is enough; moved and collected things need what the engine has at hand.
 * Blocks have several lines, as Terraform wants them. */
#include <string.h>

#include "base/num.h"
#include "drift/engine.h"

enum { NEXT_MAX = 16 << 10, RULE_DAYS = 90 };

/* A quoted string of HCL: JSON's, and ${ and %{ stand for themselves. */
static void add_hcl(struct mu_str *out, const char *text) {
  MU_STR(quoted, NEXT_MAX);
  mu_str_add_json(&quoted, text, strlen(text));
  for (const char *c = mu_str_get(&quoted); *c; c++) {
    if ((*c == '$' || *c == '%') && c[1] == '{') {
      mu_str_addc(out, *c);
    }
    mu_str_addc(out, *c);
  }
}

static void add_import(struct mu_str *out, const char *to, const char *id) {
  mu_str_addf(out, "import {\n  to = %s\n  id = ", to);
  if (id) {
    add_hcl(out, id);
  } else {
    mu_str_add(out, "\"ID\"");
  }
  mu_str_add(out, "\n}");
}

static char *command(struct mu_arena *arena, const char *words, const char *address,
                     const char *comment) {
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, words);
  mu_str_add_shell(&out, address);
  mu_str_addf(&out, "%s%s", comment ? "   # " : "", comment ? comment : "");
  return mu_str_copy(&out, arena);
}

/* ---- by what the finding says ---- */

char *mu_drift_ignore(const struct mu_finding *finding, int64_t now_ms, struct mu_arena *arena) {
  if (!finding->subject || !mu_str_starts(mu_finding_def(finding->id)->name, "DRIFT_")) {
    return NULL;
  }
  char until[MU_TIME_TEXT];
  MU_STR(out, NEXT_MAX);
  mu_time_date(now_ms + RULE_DAYS * INT64_C(86400000), until);
  mu_str_add(&out, "- address: ");
  mu_str_add_json(&out, finding->subject, strlen(finding->subject));
  if (finding->path) {
    mu_str_add(&out, "\n  path: ");
    mu_str_add_json(&out, finding->path, strlen(finding->path));
  }
  mu_str_addf(&out, "\n  reason: WHY IT DOES NO HARM\n  owner: WHO ANSWERS FOR IT\n  until: %s",
              until);
  if (mu_ack_is_wider(finding)) {
    mu_str_add(&out, "\n  allow_access: true");
  }
  return mu_str_copy(&out, arena);
}

/* A JSON string without its quotes; NULL for anything else, and for what hides a value. */
static const char *plain(struct mu_arena *arena, const char *json) {
  size_t n = json ? strlen(json) : 0;
  if (n < 3 || json[0] != '"' || json[1] == '(' || strchr(json, '\\')) {
    return NULL;
  }
  return mu_arena_strn(arena, json + 1, n - 2);
}

/* It is somewhere, or it is nowhere: the state does not know which. */
static char *missing(const char *address, struct mu_arena *arena) {
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, "terraform apply -target=");
  mu_str_add_shell(&out, address);
  mu_str_add(&out, "\n# or, if it exists outside of the state:\n");
  add_import(&out, address, NULL);
  return mu_str_copy(&out, arena);
}

/* First a look: what nobody planned may be what somebody needs. */
static char *extra(const char *address, struct mu_arena *arena) {
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, "terraform state show ");
  mu_str_add_shell(&out, address);
  mu_str_add(&out, "   # declare it and plan again, or: terraform destroy -target=");
  mu_str_add_shell(&out, address);
  return mu_str_copy(&out, arena);
}

static char *replaced(const struct mu_finding *finding, struct mu_arena *arena) {
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, "terraform state rm ");
  mu_str_add_shell(&out, finding->subject);
  mu_str_add(&out, "   # then take the planned one back:\n");
  add_import(&out, finding->subject, plain(arena, finding->expected));
  return mu_str_copy(&out, arena);
}

/* An apply does not know the first value of what the plan did not know, nor sets what nobody
 * declared. */
static bool beyond_apply(const struct mu_finding *finding) {
  return finding->id == MU_F_DRIFT_UNDECLARED || finding->id == MU_F_DRIFT_BASELINE;
}

static const char *of_address(const struct mu_finding *f, int64_t now_ms, struct mu_arena *arena) {
  if (beyond_apply(f)) {
    return mu_drift_ignore(f, now_ms, arena);
  }
  switch (f->id) {
  case MU_F_DRIFT_MISSING:
    return missing(f->subject, arena);
  case MU_F_DRIFT_EXTRA:
    return f->path ? command(arena, "terraform plan -refresh-only -target=", f->subject,
                             "then declare what is there, or take it away")
                   : extra(f->subject, arena);
  case MU_F_DRIFT_REPLACED:
    return replaced(f, arena);
  case MU_F_DRIFT_TAINTED:
    return command(arena, "terraform untaint ", f->subject, NULL);
  case MU_F_DRIFT_DOUBLE:
    return command(arena, "terraform state rm ", f->subject, NULL);
  case MU_F_DRIFT_STAGED_PRESENT:
    return command(arena, "terraform destroy -target=", f->subject, NULL);
  case MU_F_DRIFT_ACCESS_WIDER:
    if (mu_streq(f->klass, "baseline")) {
      return command(arena, "terraform plan -refresh-only -target=", f->subject,
                     "then find out who changed it");
    }
    return command(arena, "terraform apply -target=", f->subject, NULL);
  case MU_F_DRIFT_CHANGED:
  case MU_F_DRIFT_SENSITIVE:
  case MU_F_DRIFT_DEPOSED:
  case MU_F_DRIFT_MOVED:
  case MU_F_DRIFT_READDRESSED:
  case MU_F_DRIFT_TYPE:
    return command(arena, "terraform apply -target=", f->subject, NULL);
  default:
    return NULL;
  }
}

const char *mu_drift_next(const struct mu_finding *finding, int64_t now_ms,
                          struct mu_arena *arena) {
  static const struct {
    enum mu_finding_id id;
    const char *next;
  } rows[] = {
      {MU_F_DRIFT_CHECK_FAILED, "terraform plan   # says what the check asserts"},
      {MU_F_DRIFT_DESTROYED, "terraform plan   # review, then terraform apply"},
      {MU_F_DRIFT_SCHEMA, "terraform init -upgrade && terraform plan -out=F && terraform show "
                          "-json F   # stage the plan of today's provider"},
      {MU_F_DRIFT_PLAN_PARTIAL,
       "terraform plan -out=F && terraform show -json F   # whole: no error, no -target"},
      {MU_F_DRIFT_NOT_REFRESHED,
       "terraform plan -refresh-only -lock=false -out=F && terraform show -json F"},
      {MU_F_DRIFT_NOTHING_COMPARED,
       "terraform show -json   # in the folder and workspace of the plan"},
      {MU_F_DRIFT_STAGED_DIFFERS,
       "terraform show -json PLANFILE   # review both plans, then stage the fresh one"},
      {MU_F_DRIFT_STAGED_UNSAFE,
       "terraform show -json PLANFILE   # review both plans, then stage the fresh one"},
      {MU_F_DRIFT_SCHEMA_FILE,
       "terraform init && terraform providers schema -json   # beside the plan"},
      {MU_F_PLAN_OLD, "terraform plan -out=F && terraform show -json F   # review, commit, stage"},
      {MU_F_PLAN_BEHIND,
       "terraform plan -out=F && terraform show -json F   # review, commit, stage"},
      {MU_F_PLAN_SPENT,
       "terraform plan -out=F && terraform show -json F   # review, commit, stage"},
      {MU_F_PLAN_UNCOMMITTED, "git status   # commit what was reviewed, or put it back"},
      {MU_F_PLAN_NO_REPOSITORY, "git add and commit the plan beside its Terraform folder"},
      {MU_F_PLAN_UNLOCKED, "terraform init   # review and commit .terraform.lock.hcl"},
      {MU_F_PLAN_LOCK_CHANGED,
       "terraform plan -out=F && terraform show -json F   # with the providers locked now"},
      {MU_F_PLAN_PIN_UNMET,
       "terraform plan -out=F && terraform show -json F   # with the providers locked now"},
      {MU_F_PLAN_MODULE_FLOATS, "pin the module: version = \"= X.Y.Z\", or ?ref=TAG"},
      {MU_F_IGNORE_EXPIRED, "renew `until` in the rule, with a reason, or remove the rule"},
      {MU_F_IGNORE_UNUSED, "remove the rule"},
      {MU_F_IGNORE_WIDE, "name a path in the rule, or fewer addresses"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (rows[i].id == finding->id) {
      return rows[i].next;
    }
  }
  return finding->subject ? of_address(finding, now_ms, arena) : NULL;
}

void mu_next_fill(struct mu_engine *e, size_t first) {
  struct mu_findings *list = e->out->findings;
  for (size_t i = first; i < list->n; i++) {
    if (!list->at[i].next && list->at[i].verdict > MU_PASS) {
      list->at[i].next = mu_drift_next(&list->at[i], e->in->now_ms, e->arena);
    }
  }
}

/* ---- by what the engine has at hand ---- */

const char *mu_next_apply(struct mu_engine *e) {
  return command(e->arena, "terraform apply -target=", mu_address(e), NULL);
}

void mu_next_moved(struct mu_engine *e, struct mu_finding *f, const char *old) {
  if (f->id == MU_F_DRIFT_READDRESSED) {
    f->next = mu_arena_fmt(e->arena, "moved {\n  from = %s\n  to   = %s\n}", old, mu_address(e));
    return;
  }
  /* The configuration has the moved block; Terraform wants both names in a targeted apply. */
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, "terraform apply -target=");
  mu_str_add_shell(&out, old);
  mu_str_add(&out, " -target=");
  mu_str_add_shell(&out, mu_address(e));
  f->next = mu_str_copy(&out, e->arena);
}

void mu_next_provider(struct mu_engine *e, struct mu_finding *f, const char *is,
                      const char *planned) {
  MU_STR(out, NEXT_MAX);
  mu_str_add(&out, "terraform state replace-provider ");
  mu_str_add_shell(&out, is);
  mu_str_addc(&out, ' ');
  mu_str_add_shell(&out, planned);
  f->next = mu_str_copy(&out, e->arena);
}

/* How a member of a collection is imported as the resource that it should be: {owner} is what the
 * collecting resource is known by, {member} the member if it is a string, {x} its attribute x,
 * {sources} where a rule of a security group admits from. As each resource's page of the provider's
 * documentation says under Import. */
struct import {
  const char *rule, *id;
};
static const struct import imports[] = {
    {"sg-ingress", "{owner}_ingress_{protocol}_{from_port}_{to_port}{sources}"},
    {"sg-egress", "{owner}_egress_{protocol}_{from_port}_{to_port}{sources}"},
    {"routes", "{owner}_{cidr_block}"},
    {"endpoint-tables", "{owner}/{member}"},
    {"endpoint-subnets", "{owner}/{member}"},
    {"endpoint-groups", "{owner}/{member}"},
    {"zone-vpcs", "{owner}:{vpc_id}"},
    {"role-policies", "{owner}/{member}"},
    {"role-inline", "{owner}:{name}"},
    {"user-groups", "{owner}/{member}"},
    {"bucket-policy", "{owner}"},
    {"bucket-versioning", "{owner}"},
    {"bucket-encryption", "{owner}"},
    {"bucket-lifecycle", "{owner}"},
    {"bucket-lock", "{owner}"},
    {"bucket-logging", "{owner}"},
    {"bucket-cors", "{owner}"},
    {"bucket-website", "{owner}"},
    {"bucket-replication", "{owner}"},
    {"topic-policy", "{owner}"},
    {"queue-policy", "{owner}"},
    {"secret-policy", "{owner}"},
    {"key-policy", "{owner}"},
};

/* Of rollup.def: what the owner is known by, and the first resource that explains a member. */
static const struct {
  const char *rule, *key, *type;
} collected[] = {
#define MU_ROLLUP(id, owner, attribute, key, type, reference, how, value) {id, key, type},
#include "drift/rollup.def"
#undef MU_ROLLUP
};

static bool add_scalar(struct mu_engine *e, struct mu_val v, struct mu_str *out) {
  if (mu_val_empty(v) || mu_val_is(v, MU_JOBJECT) || mu_val_is(v, MU_JARRAY)) {
    return false;
  }
  if (mu_val_is(v, MU_JSTR)) {
    mu_str_add(out, mu_val_str(v, e->scratch));
  } else {
    mu_val_write(v, out);
  }
  return true;
}

static bool add_sources(struct mu_engine *e, struct mu_val member, struct mu_str *out) {
  static const char *const lists[] = {"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids",
                                      "security_groups"};
  bool any = mu_val_is(mu_val_get(member, "self"), MU_JTRUE);
  mu_str_add(out, any ? "_self" : "");
  for (size_t i = 0; i < MU_LEN(lists); i++) {
    for (struct mu_iter it = mu_iter(mu_val_get(member, lists[i])); mu_iter_next(&it); any = true) {
      mu_str_addc(out, '_');
      (void)add_scalar(e, it.value, out);
    }
  }
  return any;
}

/* False: a part of the id is not in what was seen. */
static bool add_id(struct mu_engine *e, const char *form, const char *key, struct mu_val member,
                   struct mu_str *out) {
  for (const char *c = form; *c; c++) {
    if (*c != '{') {
      mu_str_addc(out, *c);
      continue;
    }
    size_t n = strcspn(c, "}");
    const char *name = mu_arena_strn(e->scratch, c + 1, n - 1);
    bool done = mu_streq(name, "owner")     ? add_scalar(e, mu_val_get(e->root.a, key), out)
                : mu_streq(name, "member")  ? add_scalar(e, member, out)
                : mu_streq(name, "sources") ? add_sources(e, member, out)
                                            : add_scalar(e, mu_val_get(member, name), out);
    if (!done) {
      return false;
    }
    c += n;
  }
  return !out->failed;
}

void mu_next_member(struct mu_engine *e, struct mu_finding *f, const char *rule,
                    struct mu_val left) {
  struct mu_val member = mu_val_is(left, MU_JARRAY) ? mu_val_at(left, 0) : left;
  for (size_t i = 0; i < MU_LEN(imports); i++) {
    size_t k = 0;
    while (k < MU_LEN(collected) && !mu_streq(collected[k].rule, rule)) {
      k++;
    }
    MU_STR(id, NEXT_MAX);
    if (k == MU_LEN(collected) || !mu_streq(imports[i].rule, rule) ||
        !add_id(e, imports[i].id, collected[k].key, member, &id)) {
      continue;
    }
    MU_STR(out, NEXT_MAX);
    mu_str_add(&out, "# take it away, or declare it:\n");
    add_import(&out, mu_arena_fmt(e->scratch, "%s.NAME", collected[k].type), mu_str_get(&id));
    f->next = mu_str_copy(&out, e->arena);
    return;
  }
}
