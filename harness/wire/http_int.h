/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the HTTP engine share: a slot is one easy handle with the buffers of the
 * exchange it carries. */
#ifndef MU_WIRE_HTTP_INT_H
#define MU_WIRE_HTTP_INT_H

#include <curl/curl.h>

#include "base/str.h"
#include "wire/http.h"

struct slot {
  CURL *easy;
  struct slot *next; /* in the list of the idle or of the busy */
  struct slot **prev;
  struct mu_http_req req;
  void *user;
  struct curl_slist *headers, *connect_to;
  struct mu_str head, body;
  bool truncated;
  char why[CURL_ERROR_SIZE];
  struct mu_http_header *table; /* built over `head` when the answer is there */
  size_t table_cap;
};

/* Refuses what would break the request's framing. */
int mu_http_check(const struct mu_http_req *req, struct mu_err *err);
/* Sets the handle up for slot->req. -1: out of memory or an option curl does not know. */
int mu_http_prepare(struct slot *slot, const char *user_agent);
/* What became of the exchange; borrowed from the slot. */
void mu_http_answer(struct slot *slot, CURLcode code, struct mu_http_resp *out);

#endif
