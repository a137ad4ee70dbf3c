/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures for a service that speaks a protocol of its own behind AWS's front door. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/aws_int.h"

int mu_aws_sign_get(struct mu_aws *aws, struct mu_http *http, const char *url, const char *service,
                    const char *region, struct mu_arena *arena, struct mu_sigv4_lines *out,
                    struct mu_err *err) {
  struct mu_aws_found found;
  const char *host = strstr(url, "://");
  if (!host) {
    return mu_fail(err, MU_E_USAGE, "%.200s is no URL", url);
  }
  host += strlen("://");
  size_t host_n = strcspn(host, "/?"), path_n = strcspn(host + host_n, "?");
  const char *port = mu_str_starts(url, "https:") ? ":443" : ":80", *path = host + host_n;
  char *name = mu_arena_strn(arena, host, host_n);
  if (mu_str_ends(name, port)) { /* curl leaves the scheme's own port out */
    name[host_n - strlen(port)] = '\0';
  }
  if (mu_aws_keys(aws, http, arena, &found, err) != 0) {
    return -1;
  }
  (void)pthread_mutex_lock(&aws->lock);
  int64_t skew_ms = aws->skew_ms;
  (void)pthread_mutex_unlock(&aws->lock);
  const struct mu_sigv4_req req = {.method = "GET",
                                   .host = name,
                                   .path = mu_arena_strn(arena, path, path_n),
                                   .query = path[path_n] ? path + path_n + 1 : "",
                                   .region = region,
                                   .service = service,
                                   .unix_ms = mu_wall_ms(aws->options.clock) + skew_ms};
  mu_sigv4_sign(&req, &found.keys, arena, out);
  return 0;
}
