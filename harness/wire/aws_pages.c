/* SPDX-License-Identifier: Apache-2.0 */
/* Listings: the same operation, asked again with the tokens of the page before until there are
 * none. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/aws_int.h"
#include "wire/xml.h"

enum { MAX_TOKENS = 4, MAX_TOKEN = 16 * 1024, MAX_PAGES = 100000, MAX_JSON = 1 << 20 };

struct tokens {
  struct mu_param_row at[MAX_TOKENS];
  size_t n;
};

/* "a,b" to words. */
static size_t cut(struct mu_arena *arena, const char *list, const char *words[MAX_TOKENS]) {
  size_t n = 0;
  char *rest = NULL;
  for (char *word = strtok_r(mu_arena_str(arena, list), ",", &rest); word && n < MAX_TOKENS;
       word = strtok_r(NULL, ",", &rest)) {
    words[n++] = word;
  }
  return n;
}

/* XML answers wrap what they say: query "OpResponse/OpResult", REST just a root element. */
static const struct mu_xml_node *result_of(const struct mu_aws_op *op,
                                           const struct mu_xml_node *document) {
  const struct mu_xml_node *root = mu_xml_child(document, NULL);
  size_t n = strlen(op->name);
  for (const struct mu_xml_node *child = mu_xml_child(root, NULL); child; child = child->next) {
    if (strncmp(child->name, op->name, n) == 0 && strcmp(child->name + n, "Result") == 0) {
      return child;
    }
  }
  return root;
}

static void next_tokens(const struct mu_aws_op *op, const struct mu_aws_answer *page,
                        struct mu_arena *arena, struct tokens *out) {
  const char *in[MAX_TOKENS], *from[MAX_TOKENS];
  size_t n = cut(arena, op->page_in, in), m = cut(arena, op->page_out, from);
  out->n = 0;
  for (size_t i = 0; i < n && i < m; i++) {
    const char *token = page->xml ? mu_xml_str(result_of(op, page->xml), from[i], "")
                                  : mu_json_str(mu_json_path(page->json, from[i]), "");
    if (*token) {
      out->at[out->n++] = (struct mu_param_row){in[i], token};
    }
  }
}

static bool is_json(const struct mu_aws_service *service) {
  return service->protocol == JSON_10 || service->protocol == JSON_11;
}

/* The body with the tokens as further members. */
static const char *json_with(const char *json, const struct tokens *tokens,
                             struct mu_arena *arena) {
  MU_STR(out, MAX_JSON);
  const char *end = json ? strrchr(json, '}') : NULL;
  size_t n = end ? (size_t)(end - json) : 0;
  while (n > 0 && strchr(" \t\r\n", json[n - 1])) {
    n--;
  }
  mu_str_addn(&out, n > 0 ? json : "{", n > 0 ? n : 1);
  for (size_t i = 0; i < tokens->n; i++) {
    mu_str_add(&out, out.p[out.n - 1] == '{' ? "" : ",");
    mu_str_add_json(&out, tokens->at[i].name, strlen(tokens->at[i].name));
    mu_str_addc(&out, ':');
    mu_str_add_json(&out, tokens->at[i].value, strlen(tokens->at[i].value));
  }
  mu_str_addc(&out, '}');
  return mu_str_copy(&out, arena);
}

/* The arguments of the next page. A start marker that the caller gave is left out. */
static void apply(const struct mu_aws_op *op, const struct mu_aws_args *first,
                  const struct tokens *tokens, struct mu_arena *arena, struct mu_aws_args *out) {
  const char *in[MAX_TOKENS];
  size_t in_n = cut(arena, op->page_in, in);
  *out = *first;
  if (is_json(mu_aws_service_find(op->service))) {
    out->json = json_with(first->json, tokens, arena);
    return;
  }
  struct mu_param_row *rows = mu_arena_array(arena, first->params_n + tokens->n + 1, sizeof *rows);
  size_t n = 0;
  for (size_t i = 0; i < first->params_n; i++) {
    bool replaced = false;
    for (size_t j = 0; j < in_n; j++) {
      replaced = replaced || strcmp(in[j], first->params[i].name) == 0;
    }
    if (!replaced) {
      rows[n++] = first->params[i];
    }
  }
  for (size_t i = 0; i < tokens->n; i++) {
    rows[n++] = tokens->at[i];
  }
  out->params = rows;
  out->params_n = n;
}

static bool same(const struct tokens *a, const struct tokens *b) {
  if (a->n != b->n) {
    return false;
  }
  for (size_t i = 0; i < a->n; i++) {
    if (strcmp(a->at[i].name, b->at[i].name) != 0 || strcmp(a->at[i].value, b->at[i].value) != 0) {
      return false;
    }
  }
  return true;
}

int mu_aws_pages(struct mu_aws *aws, struct mu_http *http, const char *service,
                 const char *operation, const struct mu_aws_args *args,
                 int (*on_page)(void *ctx, const struct mu_aws_answer *page), void *ctx,
                 struct mu_err *err) {
  const struct mu_aws_op *op = mu_aws_op_find(service, operation);
  struct mu_aws_args now = *args;
  struct tokens tokens = {0};
  struct mu_arena *before = NULL;
  int result = 0;
  bool more = true;
  for (size_t pages = 0; more && result == 0; pages++) {
    struct mu_arena *arena = mu_arena_new();
    MU_AWS_ANSWER(page);
    struct tokens next = {0};
    result = mu_aws_do(aws, http, service, operation, &now, arena, &page, err);
    more = result == 0 && on_page(ctx, &page) == 0;
    if (more && op) {
      next_tokens(op, &page, arena, &next);
      for (size_t i = 0; i < next.n; i++) { /* JSON text goes with the page */
        next.at[i].value = mu_arena_str(arena, next.at[i].value);
      }
      if (next.n > 0 && (same(&next, &tokens) || pages == MAX_PAGES)) {
        result = mu_fail(err, MU_E_REMOTE, "%s %s: pages without end", service, operation);
      }
      apply(op, args, &next, arena, &now);
    }
    more = more && next.n > 0;
    tokens = next;
    mu_arena_free(before);
    before = arena;
  }
  mu_arena_free(before);
  return result;
}
