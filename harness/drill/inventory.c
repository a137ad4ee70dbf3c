/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/inventory.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drift/doc.h"
#include "wire/aws.h"
#include "wire/xml.h"

struct row {
  const char *type, *service, *operation, *body, *items, *id, *attribute, *arn, *arn_id;
};

static const struct row rows[] = {
#define MU_INVENTORY(type, service, operation, body, items, id, attribute, arn, arn_id)            \
  {type, service, operation, body, items, id, attribute, arn, arn_id},
#define MU_INVENTORY_PART(type)
#include "drill/inventory.def"
#undef MU_INVENTORY
#undef MU_INVENTORY_PART
};

static const char *const parts[] = {
#define MU_INVENTORY(type, service, operation, body, items, id, attribute, arn, arn_id)
#define MU_INVENTORY_PART(type) type,
#include "drill/inventory.def"
#undef MU_INVENTORY
#undef MU_INVENTORY_PART
};

static const char drill_tag[] = "muster:drill";

/* Something that a service has. */
struct listed {
  const struct row *row;
  const char *id, *arn_id;
  const char *name;  /* its Name tag */
  const char *drill; /* of our own tag */
  const char *tag;   /* value of the wanted key */
  const char *lingers;
  bool matched; /* it is in the result */
};

struct look {
  struct mu_aws *aws;
  struct mu_http *http;
  struct mu_arena *arena;
  const struct mu_inventory_want *want;
  const struct row *row; /* being listed */
  struct listed *at;
  size_t n, cap;
};

static struct listed *add_listed(struct look *look, const char *id) {
  look->at = mu_arena_grow(look->arena, look->at, look->n, &look->cap, sizeof *look->at);
  struct listed *listed = &look->at[look->n++];
  *listed = (struct listed){.row = look->row, .id = mu_arena_str(look->arena, id)};
  listed->arn_id = listed->id;
  return listed;
}

static void note_tag(struct look *look, struct listed *listed, const char *key, const char *value) {
  if (mu_streq(key, drill_tag)) {
    listed->drill = mu_arena_str(look->arena, value);
  }
  if (mu_streq(key, "Name")) {
    listed->name = mu_arena_str(look->arena, value);
  }
  if (mu_streq(key, look->want->tag_key)) {
    listed->tag = mu_arena_str(look->arena, value);
  }
}

static void list_json(struct look *look, const struct mu_json_node *items) {
  for (size_t i = 0; i < mu_json_len(items); i++) {
    const struct mu_json_node *item = mu_json_at(items, i);
    struct listed *listed =
        add_listed(look, *look->row->id ? mu_json_str(mu_json_get(item, look->row->id), "")
                                        : mu_json_str(item, ""));
    const struct mu_json_node *tags = mu_json_get(item, "Tags");
    for (size_t k = 0; k < mu_json_len(tags); k++) {
      note_tag(look, listed, mu_json_str(mu_json_path(mu_json_at(tags, k), "Key"), ""),
               mu_json_str(mu_json_path(mu_json_at(tags, k), "Value"), ""));
    }
    const struct mu_json_node *parameters = mu_json_get(item, "Parameters"); /* Glue's own tags */
    for (size_t k = 0; k < mu_json_len(parameters); k++) {
      const char *key = NULL;
      const struct mu_json_node *value = mu_json_member(parameters, k, &key);
      if (key) {
        note_tag(look, listed, key, mu_json_str(value, ""));
      }
    }
    enum mu_json_type deleted = mu_json_type(mu_json_get(item, "DeletedDate"));
    if (deleted != MU_JSON_ABSENT && deleted != MU_JSON_NULL) {
      listed->lingers = "in deletion: its recovery window is running";
    }
  }
}

static void list_xml(struct look *look, const struct mu_xml_node *item) {
  for (; item; item = mu_xml_again(item)) {
    struct listed *listed = add_listed(look, mu_xml_str(item, look->row->id, ""));
    if (*look->row->arn_id) {
      listed->arn_id = mu_arena_str(look->arena, mu_xml_str(item, look->row->arn_id, ""));
    }
    if (mu_str_starts(mu_xml_str(item, "state", ""), "delet")) {
      listed->lingers = "in deletion: EC2 forgets it within the hour";
    }
    for (const struct mu_xml_node *tag = mu_xml_path(item, "tagSet/item"); tag;
         tag = mu_xml_again(tag)) {
      note_tag(look, listed, mu_xml_str(tag, "key", ""), mu_xml_str(tag, "value", ""));
    }
  }
}

static int on_page(void *ctx, const struct mu_aws_answer *page) {
  struct look *look = ctx;
  if (page->json) {
    list_json(look, mu_json_path(page->json, look->row->items));
  } else {
    list_xml(look, mu_xml_path(page->xml, look->row->items));
  }
  return 0;
}

/* Asks one service for one kind of thing. */
static void ask(struct look *look, const struct row *row, struct mu_inventory *out) {
  struct mu_param_row param = {0};
  struct mu_aws_args args = {0};
  const char *equals = strchr(row->body, '=');
  if (row->body[0] == '{') {
    args.json = row->body;
  } else if (equals) {
    param = (struct mu_param_row){
        mu_arena_strn(look->arena, row->body, (size_t)(equals - row->body)), equals + 1};
    args.params = &param;
    args.params_n = 1;
  }
  look->row = row;
  struct mu_err err = {0};
  int rc =
      mu_aws_pages(look->aws, look->http, row->service, row->operation, &args, on_page, look, &err);
  out->asked =
      mu_arena_grow(look->arena, out->asked, out->asked_n, &out->asked_cap, sizeof *out->asked);
  out->asked[out->asked_n++] = (struct mu_inventory_asked){
      .service = mu_arena_fmt(look->arena, "%s %s", row->service, row->operation),
      .error = rc == 0 ? NULL : mu_arena_str(look->arena, err.msg)};
}

static void add_item(struct look *look, struct mu_inventory *out, const char *service,
                     const char *type, const char *id, const char *drill, const char *lingers) {
  out->items =
      mu_arena_grow(look->arena, out->items, out->items_n, &out->items_cap, sizeof *out->items);
  out->items[out->items_n++] = (struct mu_inventory_item){
      .service = service, .type = type, .id = id, .drill = drill, .lingers = lingers};
}

/* ---- by tag ---- */

/* What an ARN says behind partition, service, region and account, if it is of the row's service and
 * type; else NULL. "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1" of the row "ec2:vpc/":
 * "vpc-1".
 */
static const char *arn_rest(const struct row *row, const char *arn) {
  const char *service = row->arn, *type = strchr(row->arn, ':') + 1, *at = arn;
  for (int colon = 0; colon < 2; colon++) {
    at = strchr(at, ':');
    if (!at) {
      return NULL;
    }
    at++;
  }
  if (strncmp(at, service, (size_t)(type - service)) != 0) {
    return NULL;
  }
  at += type - service;
  for (int colon = 0; colon < 2; colon++) {
    at = strchr(at, ':');
    if (!at) {
      return NULL;
    }
    at++;
  }
  return mu_str_starts(at, type) ? at + strlen(type) : NULL;
}

/* Does the ARN speak of this very thing? Behind its name a service may put an id of its own
 * (".../app/NAME/50dc6c495c0c9188", "NAME-AbCdEf"), in front of it a path. */
static bool refers(const struct listed *listed, const char *arn) {
  enum { SECRET_TAIL = 7 };
  const char *rest = arn_rest(listed->row, arn), *id = listed->arn_id;
  size_t n = strlen(id);
  if (mu_str_starts(id, "arn:")) {
    return mu_streq(id, arn);
  }
  if (!rest || n == 0) {
    return false;
  }
  for (const char *at = rest; (at = strstr(at, id)); at++) {
    bool begins = at == rest || at[-1] == '/', ends = !at[n] || at[n] == '/' || at[n] == ':';
    bool secret = mu_streq(listed->row->service, "secretsmanager") && at[n] == '-' &&
                  strlen(at + n) == SECRET_TAIL;
    if (begins && (ends || secret)) {
      return true;
    }
  }
  return false;
}

static bool already(const struct look *look, const char *arn) {
  for (size_t i = 0; i < look->n; i++) {
    if (look->at[i].matched && refers(&look->at[i], arn)) {
      return true;
    }
  }
  return false;
}

/* A random suffix cannot be part of a foreign name: where it stands in one, the thing is the
 * drill's. */
static bool carries(const struct look *look, const struct listed *listed) {
  const char *value = look->want->tag_value;
  return (value && mu_streq(look->want->tag_key, drill_tag) && strstr(listed->id, value)) ||
         (listed->tag && (!value || mu_streq(listed->tag, value)));
}

static void match_tags(struct look *look, struct mu_inventory *out) {
  for (size_t i = 0; i < look->n; i++) {
    struct listed *listed = &look->at[i];
    if (carries(look, listed)) {
      listed->matched = true;
      add_item(look, out, listed->row->service, listed->row->type, listed->id, listed->drill,
               listed->lingers);
    }
  }
}

/* A key in deletion stays for weeks. */
static const char *key_in_deletion(struct look *look, const char *arn) {
  MU_AWS_ANSWER(answer);
  struct mu_err err;
  const char *body = mu_arena_fmt(look->arena, "{\"KeyId\":\"%s\"}", arn);
  if (mu_aws_call(look->aws, look->http, "kms", "DescribeKey", body, look->arena, &answer, &err) !=
          0 ||
      !mu_streq(mu_json_str(mu_json_path(answer.json, "KeyMetadata.KeyState"), ""),
                "PendingDeletion")) {
    return NULL;
  }
  char until[MU_TIME_TEXT];
  mu_time_date(
      (int64_t)(mu_json_real(mu_json_path(answer.json, "KeyMetadata.DeletionDate"), 0) * 1000),
      until);
  return mu_arena_fmt(look->arena, "in deletion until %s", until);
}

static const struct mu_inventory_asked *asked_of(const struct mu_inventory *out,
                                                 const struct row *row) {
  for (size_t i = 0; i < out->asked_n; i++) {
    size_t n = strlen(row->service);
    if (mu_str_starts(out->asked[i].service, row->service) && out->asked[i].service[n] == ' ' &&
        mu_streq(out->asked[i].service + n + 1, row->operation)) {
      return &out->asked[i];
    }
  }
  return NULL;
}

/* The tagging API goes on listing what its service has forgotten. Only a service that was asked for
 * this very type, has answered, and does not name it, says that it is gone; anything else is there.
 */
static const char *why_lingering(struct look *look, const struct mu_inventory *out,
                                 const char *arn) {
  if (strstr(arn, ":kms:")) {
    return key_in_deletion(look, arn);
  }
  const struct row *row = NULL;
  for (size_t i = 0; i < MU_LEN(rows) && !row; i++) {
    row = arn_rest(&rows[i], arn) ? &rows[i] : NULL;
  }
  const struct mu_inventory_asked *asked = row ? asked_of(out, row) : NULL;
  if (!asked || asked->error) {
    return NULL;
  }
  for (size_t i = 0; i < look->n; i++) {
    if (refers(&look->at[i], arn)) {
      return look->at[i].lingers;
    }
  }
  return "listed by the tagging API only; its own service no longer has it";
}

struct tagged {
  struct look *look;
  const char **arns;
  size_t n, cap;
};

static int on_tagged(void *ctx, const struct mu_aws_answer *page) {
  struct tagged *tagged = ctx;
  const struct mu_json_node *list = mu_json_get(page->json, "ResourceTagMappingList");
  for (size_t i = 0; i < mu_json_len(list); i++) {
    tagged->arns = mu_arena_grow(tagged->look->arena, tagged->arns, tagged->n, &tagged->cap,
                                 sizeof *tagged->arns);
    tagged->arns[tagged->n++] = mu_arena_str(
        tagged->look->arena, mu_json_str(mu_json_get(mu_json_at(list, i), "ResourceARN"), ""));
  }
  return 0;
}

static void ask_tagging(struct look *look, struct mu_inventory *out) {
  const struct mu_inventory_want *want = look->want;
  const char *values =
      want->tag_value ? mu_arena_fmt(look->arena, ",\"Values\":[\"%s\"]", want->tag_value) : "";
  const struct mu_aws_args args = {.json = mu_arena_fmt(look->arena,
                                                        "{\"TagFilters\":[{\"Key\":\"%s\"%s}]}",
                                                        want->tag_key, values)};
  struct tagged tagged = {.look = look};
  struct mu_err err = {0};
  int rc = mu_aws_pages(look->aws, look->http, "resourcegroupstaggingapi", "GetResources", &args,
                        on_tagged, &tagged, &err);
  out->asked =
      mu_arena_grow(look->arena, out->asked, out->asked_n, &out->asked_cap, sizeof *out->asked);
  out->asked[out->asked_n++] =
      (struct mu_inventory_asked){.service = "tagging GetResources",
                                  .error = rc == 0 ? NULL : mu_arena_str(look->arena, err.msg)};
  for (size_t i = 0; i < tagged.n; i++) {
    if (!already(look, tagged.arns[i])) {
      add_item(look, out, "tagging", "", tagged.arns[i], want->tag_value,
               why_lingering(look, out, tagged.arns[i]));
    }
  }
}

/* ---- by the names of a plan ---- */

static const struct row *row_of(const char *type) {
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (mu_streq(rows[i].type, type)) {
      return &rows[i];
    }
  }
  return NULL;
}

static bool is_part(const char *type) {
  for (size_t i = 0; i < MU_LEN(parts); i++) {
    if (mu_streq(parts[i], type)) {
      return true;
    }
  }
  return false;
}

/* A string attribute without its quotes; NULL where it is absent or unknown. */
static const char *plain(struct look *look, const char *json, const char *member) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err err;
  if (!json || (json[0] != '"' && json[0] != '{')) {
    return NULL;
  }
  const char *wrapped = mu_arena_fmt(look->arena, "[%s]", json);
  if (mu_json_parse(wrapped, strlen(wrapped), &doc, &err) != 0) {
    return NULL;
  }
  const struct mu_json_node *node = mu_json_at(mu_json_root(doc), 0);
  return mu_arena_str(look->arena, mu_json_str(member ? mu_json_get(node, member) : node, NULL));
}

/* The very name, or an ARN that ends in it: "other/database" is not "lakehouse/database". */
static bool is_named(const char *id, const char *name) {
  const char *tail = mu_str_starts(id, "arn:") ? strrchr(id, ':') + 1 : id;
  return mu_streq(tail, name);
}

static void match_planned(struct look *look, struct mu_inventory *out,
                          const struct mu_doc_change *change, const struct row *row) {
  const char *name =
      *row->attribute
          ? plain(look,
                  mu_doc_attribute(look->want->plan, change->address, row->attribute, look->arena),
                  NULL)
          : NULL;
  const char *tag = plain(
      look, mu_doc_attribute(look->want->plan, change->address, "tags_all", look->arena), "Name");
  for (size_t i = 0; i < look->n; i++) {
    const struct listed *listed = &look->at[i];
    if (listed->row != row || listed->lingers || listed->drill) {
      continue; /* another drill's, or on its way out */
    }
    if ((name && is_named(listed->id, name)) || (!name && tag && mu_streq(listed->name, tag))) {
      add_item(look, out, row->service, row->type,
               mu_arena_fmt(look->arena, "%s (%s)", listed->id, change->address), NULL, NULL);
    }
  }
}

/* Each type once. */
static void add_unasked(struct mu_inventory *out, struct mu_str *list, const char *type) {
  size_t n = strlen(type);
  for (const char *at = mu_str_get(list); (at = strstr(at, type)); at += n) {
    if ((at == mu_str_get(list) || at[-1] == ' ') && (!at[n] || at[n] == ',')) {
      return;
    }
  }
  out->unasked_types++;
  mu_str_addf(list, "%s%s", list->n ? ", " : "", type);
}

static void ask_planned(struct look *look, struct mu_inventory *out) {
  const struct mu_doc_change *changes = NULL;
  size_t n = mu_doc_changes(look->want->plan, &changes);
  MU_STR(unasked, 1 << 16);
  for (size_t i = 0; i < n; i++) {
    const struct row *row = row_of(changes[i].type);
    if (!changes[i].create || mu_streq(changes[i].mode, "data") || is_part(changes[i].type)) {
      continue;
    }
    if (!row) {
      add_unasked(out, &unasked, changes[i].type);
      continue;
    }
    if (!asked_of(out, row)) {
      ask(look, row, out);
    }
    match_planned(look, out, &changes[i], row);
  }
  out->unasked = mu_str_copy(&unasked, look->arena);
}

void mu_inventory_find(struct mu_aws *aws, struct mu_http *http,
                       const struct mu_inventory_want *want, struct mu_arena *arena,
                       struct mu_inventory *out) {
  struct look look = {.aws = aws, .http = http, .arena = arena, .want = want};
  *out = (struct mu_inventory){.unasked = ""};
  if (want->plan) {
    ask_planned(&look, out);
  }
  if (want->tag_key) {
    for (size_t i = 0; i < MU_LEN(rows); i++) {
      if (!asked_of(out, &rows[i])) {
        ask(&look, &rows[i], out);
      }
    }
    match_tags(&look, out);
    ask_tagging(&look, out);
  }
}
