/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/url.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"

int mu_url_host_port(const char *text, struct mu_arena *arena, const char **host, int *port,
                     struct mu_err *err) {
  const char *colon = strrchr(text, ':'), *from = text;
  size_t n = strlen(text);
  int64_t number = *port;
  if (*text == '[') { /* an IPv6 address with a port behind it */
    const char *close = strchr(text, ']');
    if (!close || (close[1] && close[1] != ':')) {
      return mu_fail(err, MU_E_INPUT, "'%s' is not an address; write [::1]:443", text);
    }
    from = text + 1;
    n = (size_t)(close - from);
    colon = close[1] ? close + 1 : NULL;
  } else if (colon && strchr(text, ':') != colon) { /* a bare IPv6 address */
    colon = NULL;
  } else if (colon) {
    n = (size_t)(colon - text);
  }
  if (n == 0 || n > 255 || strcspn(from, " /@\\") < n) {
    return mu_fail(err, MU_E_INPUT, "'%s' names no host", text);
  }
  if (colon && (mu_num_parse_i64(colon + 1, &number) != 0 || number < 1 || number > 65535)) {
    return mu_fail(err, MU_E_INPUT, "'%s' is not a port from 1 to 65535", colon + 1);
  }
  *host = mu_arena_strn(arena, from, n);
  *port = (int)number;
  return 0;
}

int mu_url_parse(const char *url, struct mu_arena *arena, struct mu_url *out, struct mu_err *err) {
  struct mu_url parts = {.tls = strncasecmp(url, "https://", 8) == 0};
  if (!parts.tls && strncasecmp(url, "http://", 7) != 0) {
    return mu_fail(err, MU_E_INPUT, "'%.80s' is not an http or https URL", url);
  }
  const char *from = url + (parts.tls ? 8 : 7);
  const char *authority = mu_arena_strn(arena, from, strcspn(from, "/?#"));
  if (strchr(authority, '@')) {
    return mu_fail(err, MU_E_INPUT,
                   "a URL must not carry credentials; use headers and ${env:NAME}");
  }
  parts.port = parts.tls ? 443 : 80;
  if (mu_url_host_port(authority, arena, &parts.host, &parts.port, err) != 0) {
    return -1;
  }
  *out = parts;
  return 0;
}
