/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to the options of an easy handle, and the two callbacks that count what comes
 * back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "wire/http.h"
#include "wire/http_int.h"

static bool has_control(const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return true;
    }
  }
  return false;
}

int mu_http_check(const struct mu_http_req *req, struct mu_err *err) {
  if (!req->url || has_control(req->url)) {
    return mu_fail(err, MU_E_INPUT, "a URL must not be empty or hold control characters");
  }
  if (req->method &&
      (req->method[0] == '\0' || strpbrk(req->method, " \t\r\n:") || has_control(req->method))) {
    return mu_fail(err, MU_E_INPUT, "a method is one word");
  }
  for (size_t i = 0; i < req->headers_n; i++) {
    if (has_control(req->headers[i]) || !strchr(req->headers[i], ':')) {
      return mu_fail(err, MU_E_INPUT, "header %zu is not one line \"Name: value\"", i + 1);
    }
  }
  return 0;
}

static void start_head(struct slot *slot) {
  mu_str_clear(&slot->head);
  slot->head.cap = MU_HTTP_MAX_HEADERS;
}

/* Keeps header lines as they come. A status line starts the head again: those of redirects and of
 * 1xx are not the answer's. */
static size_t on_header(char *bytes, size_t size, size_t n, void *ctx) {
  struct slot *slot = ctx;
  n *= size;
  if (n >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
    start_head(slot);
  }
  mu_str_addn(&slot->head, bytes, n);
  return slot->head.failed ? 0 : n;
}

/* Our own count: what Content-Length says, and what a compressed body unpacks to, is the other
 * side's word. */
static size_t on_body(char *bytes, size_t size, size_t n, void *ctx) {
  struct slot *slot = ctx;
  n *= size;
  mu_str_addn(&slot->body, bytes, n);
  slot->truncated = slot->body.failed;
  return slot->truncated ? 0 : n;
}

static int add_line(struct curl_slist **list, const char *line) {
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (!longer) {
    return -1;
  }
  *list = longer;
  return 0;
}

static bool names_header(const struct mu_http_req *req, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < req->headers_n; i++) {
    if (strncasecmp(req->headers[i], name, n) == 0 && req->headers[i][n] == ':') {
      return true;
    }
  }
  return false;
}

static int set_headers(struct slot *slot) {
  const struct mu_http_req *req = &slot->req;
  for (size_t i = 0; i < req->headers_n; i++) {
    if (add_line(&slot->headers, req->headers[i]) != 0) {
      return -1;
    }
  }
  if (req->body) { /* curl would guess a form and ask for 100-continue */
    if ((!names_header(req, "Content-Type") && add_line(&slot->headers, "Content-Type:") != 0) ||
        (!names_header(req, "Expect") && add_line(&slot->headers, "Expect:") != 0)) {
      return -1;
    }
  }
  for (size_t i = 0; i < req->connect_to_n; i++) {
    if (add_line(&slot->connect_to, req->connect_to[i]) != 0) {
      return -1;
    }
  }
  return 0;
}

/* Remembers the first refusal, so that the caller looks once. */
#define SET(option, value)                                                                         \
  do {                                                                                             \
    if (code == CURLE_OK) {                                                                        \
      code = curl_easy_setopt(slot->easy, (option), value);                                        \
    }                                                                                              \
  } while (0)

static CURLcode set_method(struct slot *slot) {
  const struct mu_http_req *req = &slot->req;
  CURLcode code = CURLE_OK;
  const char *method = req->method ? req->method : req->body ? "POST" : "GET";
  if (req->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_n);
    SET(CURLOPT_POSTFIELDS, req->body);
  } else if (strcmp(method, "POST") == 0) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
    SET(CURLOPT_POSTFIELDS, "");
  }
  if (strcmp(method, "HEAD") == 0) {
    SET(CURLOPT_NOBODY, 1L);
  } else if (strcmp(method, "GET") == 0 && !req->body) {
    SET(CURLOPT_HTTPGET, 1L);
  } else if (strcmp(method, "POST") != 0) {
    SET(CURLOPT_CUSTOMREQUEST, method);
  }
  return code;
}

static CURLcode set_connection(struct slot *slot) {
  const struct mu_http_req *req = &slot->req;
  static const long versions[] = {
      [MU_HTTP_ANY] = CURL_HTTP_VERSION_2TLS,
      [MU_HTTP_1_1] = CURL_HTTP_VERSION_1_1,
      [MU_HTTP_2_CLEAR] = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
  };
  CURLcode code = CURLE_OK;
  SET(CURLOPT_TIMEOUT_MS, (long)(req->timeout_ms > 0 ? req->timeout_ms : MU_HTTP_TIMEOUT_MS));
  SET(CURLOPT_CONNECTTIMEOUT_MS,
      (long)(req->connect_timeout_ms > 0 ? req->connect_timeout_ms : MU_HTTP_CONNECT_MS));
  SET(CURLOPT_HTTP_VERSION, versions[req->version]);
  /* Worth a wait only where the handshake tells whether a connection can be shared. Without TLS
   * curl learns it from the first answer, and one slow URL would hold up every other of its host.
   */
  bool learns_early = strncasecmp(req->url, "https:", 6) == 0 || req->version == MU_HTTP_2_CLEAR;
  SET(CURLOPT_PIPEWAIT, learns_early && req->version != MU_HTTP_1_1 ? 1L : 0L);
  SET(CURLOPT_FRESH_CONNECT, req->once ? 1L : 0L);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  if (req->ca_file) {
    SET(CURLOPT_CAINFO, req->ca_file);
  } else {
    /* Without a folder, curl keeps the parsed bundle for the multi's life instead of reading it
     * once a connection. */
    SET(CURLOPT_CAPATH, NULL);
  }
  if (req->cert_file) {
    SET(CURLOPT_SSLCERT, req->cert_file);
  }
  if (req->key_file) {
    SET(CURLOPT_SSLKEY, req->key_file);
  }
  if (!req->proxy_from_env) {
    SET(CURLOPT_PROXY, "");
  }
  if (slot->connect_to) {
    SET(CURLOPT_CONNECT_TO, slot->connect_to);
  }
  return code;
}

static CURLcode set_exchange(struct slot *slot, const char *user_agent) {
  const struct mu_http_req *req = &slot->req;
  CURLcode code = CURLE_OK;
  SET(CURLOPT_PRIVATE, slot);
  SET(CURLOPT_URL, req->url);
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(CURLOPT_ERRORBUFFER, slot->why);
  SET(CURLOPT_USERAGENT, user_agent);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, slot);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, slot);
  if (slot->headers) {
    SET(CURLOPT_HTTPHEADER, slot->headers);
  }
  if (req->follow) {
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)MU_HTTP_MAX_REDIRECTS);
  }
  if (req->compressed) {
    SET(CURLOPT_ACCEPT_ENCODING, "");
  }
  if (req->path_as_is) {
    SET(CURLOPT_PATH_AS_IS, 1L);
  }
  return code;
}

int mu_http_prepare(struct slot *slot, const char *user_agent) {
  start_head(slot);
  mu_str_clear(&slot->body);
  slot->body.cap = slot->req.max_body > 0 ? slot->req.max_body : (size_t)MU_HTTP_MAX_BODY;
  slot->truncated = false;
  slot->why[0] = '\0';
  if (set_headers(slot) != 0 || set_exchange(slot, user_agent) != CURLE_OK ||
      set_method(slot) != CURLE_OK || set_connection(slot) != CURLE_OK) {
    return -1;
  }
  return 0;
}
