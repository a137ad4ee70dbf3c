/* SPDX-License-Identifier: Apache-2.0 */
/* From a finished easy handle to an answer: header table, phases, and which of our errors curl's
 * is. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "wire/http.h"
#include "wire/http_int.h"

const char *mu_http_header(const struct mu_http_resp *resp, const char *name) {
  for (size_t i = 0; i < resp->headers_n; i++) {
    if (strcasecmp(resp->headers[i].name, name) == 0) {
      return resp->headers[i].value;
    }
  }
  return NULL;
}

static void add_header(struct slot *slot, size_t *n, char *name, char *value) {
  if (*n == slot->table_cap) {
    slot->table_cap = slot->table_cap ? 2 * slot->table_cap : 32;
    slot->table = realloc(slot->table, slot->table_cap * sizeof *slot->table);
    if (!slot->table) {
      MU_BUG("out of memory");
    }
  }
  slot->table[(*n)++] = (struct mu_http_header){name, value};
}

/* Cuts the kept header lines into names and values, in place. */
static size_t cut_headers(struct slot *slot) {
  size_t n = 0;
  char *at = slot->head.p;
  char *end = at ? at + slot->head.n : NULL;
  while (at && at < end) {
    char *line = at;
    char *stop = memchr(at, '\n', (size_t)(end - at));
    at = stop ? stop + 1 : end;
    char *tail = stop ? stop : end;
    while (tail > line && (tail[-1] == '\r' || tail[-1] == ' ' || tail[-1] == '\t')) {
      tail--;
    }
    *tail = '\0';
    char *colon = strchr(line, ':');
    if (!colon || strncmp(line, "HTTP/", 5) == 0) {
      continue;
    }
    *colon = '\0';
    add_header(slot, &n, line, colon + 1 + strspn(colon + 1, " \t"));
  }
  return n;
}

static bool is_tls(CURLcode code) {
  switch ((int)code) {
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_CLIENTCERT:
    return true;
  default:
    return false;
  }
}

static enum mu_errc error_of(CURLcode code, bool redirected) {
  switch ((int)code) {
  case CURLE_OK:
    return MU_E_NONE;
  case CURLE_OPERATION_TIMEDOUT:
    return MU_E_TIMEOUT;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return redirected ? MU_E_REMOTE : MU_E_INPUT;
  case CURLE_SSL_CACERT_BADFILE: /* files that we were told to use */
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_ENGINE_INITFAILED:
    return MU_E_CONFIG;
  case CURLE_WRITE_ERROR: /* ours: the head is over its cap */
    return MU_E_LIMIT;
  case CURLE_TOO_MANY_REDIRECTS:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
    return MU_E_REMOTE;
  default:
    return MU_E_NET;
  }
}

/* curl's own text may quote the server: nothing in it may move a cursor. */
static const char *why_text(struct slot *slot, CURLcode code) {
  if (code == CURLE_WRITE_ERROR) {
    return "the answer's head is over the cap of 256 KiB";
  }
  if (slot->why[0] == '\0') {
    return curl_easy_strerror(code);
  }
  for (char *at = slot->why; *at; at++) {
    unsigned char c = (unsigned char)*at;
    *at = c < 0x20 || c == 0x7f ? ' ' : *at;
  }
  return slot->why;
}

static int64_t info_us(const struct slot *slot, CURLINFO info) {
  curl_off_t us = 0;
  (void)curl_easy_getinfo(slot->easy, info, &us);
  return (int64_t)us;
}

static long info_long(const struct slot *slot, CURLINFO info) {
  long value = 0;
  (void)curl_easy_getinfo(slot->easy, info, &value);
  return value;
}

static const char *info_text(const struct slot *slot, CURLINFO info) {
  const char *text = NULL;
  (void)curl_easy_getinfo(slot->easy, info, &text);
  return text ? text : "";
}

static const char *version_text(long version) {
  switch (version) {
  case CURL_HTTP_VERSION_1_0:
    return "1.0";
  case CURL_HTTP_VERSION_1_1:
    return "1.1";
  case CURL_HTTP_VERSION_2_0:
    return "2";
  case CURL_HTTP_VERSION_3:
    return "3";
  default:
    return "";
  }
}

/* curl counts each phase from the start of the exchange; we say how long each one took. */
static void set_phases(const struct slot *slot, struct mu_http_resp *out) {
  int64_t names = info_us(slot, CURLINFO_NAMELOOKUP_TIME_T);
  int64_t connected = info_us(slot, CURLINFO_CONNECT_TIME_T);
  int64_t secured = info_us(slot, CURLINFO_APPCONNECT_TIME_T);
  out->reused = info_long(slot, CURLINFO_NUM_CONNECTS) == 0;
  if (!out->reused) {
    out->dns_us = names;
    out->connect_us = connected > names ? connected - names : 0;
    out->tls_us = secured > connected ? secured - connected : 0;
  }
  out->first_byte_us = info_us(slot, CURLINFO_STARTTRANSFER_TIME_T);
  out->total_us = info_us(slot, CURLINFO_TOTAL_TIME_T);
}

void mu_http_answer(struct slot *slot, CURLcode code, struct mu_http_resp *out) {
  if (code == CURLE_WRITE_ERROR && slot->truncated) {
    code = CURLE_OK; /* we ended it ourselves: the answer is there, its body is cut */
  }
  *out = (struct mu_http_resp){.truncated = slot->truncated};
  out->redirects = (int)info_long(slot, CURLINFO_REDIRECT_COUNT);
  out->error = error_of(code, out->redirects > 0);
  out->error_msg = out->error == MU_E_NONE ? "" : why_text(slot, code);
  out->in_tls = is_tls(code);
  out->sent = info_long(slot, CURLINFO_REQUEST_SIZE) > 0;
  out->status = (int)info_long(slot, CURLINFO_RESPONSE_CODE);
  out->headers_n = cut_headers(slot);
  out->headers = slot->table;
  out->body = mu_str_get(&slot->body);
  out->body_n = slot->body.n;
  out->remote_ip = info_text(slot, CURLINFO_PRIMARY_IP);
  out->remote_port = (int)info_long(slot, CURLINFO_PRIMARY_PORT);
  out->version = version_text(info_long(slot, CURLINFO_HTTP_VERSION));
  out->url = info_text(slot, CURLINFO_EFFECTIVE_URL);
  set_phases(slot, out);
}
