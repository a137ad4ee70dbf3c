/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from beside us: a process, an SSO session's cache, the container's agent, the
 * instance's metadata. Each is asked directly, never through a proxy, with a timeout of its own. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/exec.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum {
  MAX_ANSWER = 64 * 1024,
  MAX_WORDS = 64,
  PROCESS_MS = 60000,
  AGENT_MS = 2000,
  AGENT_ATTEMPTS = 3,
  AGENT_PAUSE_MS = 1000,
};

int mu_aws_keys_parse(const char *json, size_t n, const char *token_name, struct mu_arena *arena,
                      struct mu_aws_found *out, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err why = {0};
  if (mu_json_parse(json, n, &doc, &why) != 0) { /* its message must not quote secrets */
    return mu_fail(err, MU_E_REMOTE, "credentials that are no JSON");
  }
  const struct mu_json_node *root = mu_json_root(doc);
  struct mu_aws_found found = {0};
  const char *expires = mu_json_str(mu_json_get(root, "Expiration"), NULL);
  found.keys.access_key = mu_arena_str(arena, mu_json_str(mu_json_get(root, "AccessKeyId"), NULL));
  found.keys.secret_key =
      mu_arena_str(arena, mu_json_str(mu_json_get(root, "SecretAccessKey"), NULL));
  found.keys.session_token = mu_arena_str(arena, mu_json_str(mu_json_get(root, token_name), NULL));
  if (!found.keys.access_key || !found.keys.secret_key) {
    return mu_fail(err, MU_E_REMOTE, "credentials without AccessKeyId or SecretAccessKey");
  }
  if (expires && mu_time_parse(expires, &found.expires_ms) != 0) {
    return mu_fail(err, MU_E_REMOTE, "credentials with an Expiration that is no time");
  }
  *out = found;
  return 0;
}

/* ---- credential_process ---- */

/* Words as a POSIX shell would cut them, in place: quotes and backslashes, nothing else is special.
 */
static int cut_words(char *text, const char **words, size_t max) {
  size_t n = 0;
  char *in = text, *out = text;
  while (*(in += strspn(in, " \t"))) {
    if (n + 1 == max) {
      return -1;
    }
    words[n++] = out;
    char quote = '\0';
    for (; *in && (quote || (*in != ' ' && *in != '\t')); in++) {
      if (quote ? *in == quote : *in == '"' || *in == '\'') {
        quote = quote ? '\0' : *in;
      } else if (*in == '\\' && quote != '\'' && in[1]) {
        *out++ = *++in;
      } else {
        *out++ = *in;
      }
    }
    if (quote) {
      return -1;
    }
    bool more = *in != '\0';
    in += more ? 1 : 0;
    *out++ = '\0';
  }
  words[n] = NULL;
  return n > 0 ? 0 : -1;
}

int mu_aws_keys_process(struct mu_aws *aws, const char *profile, struct mu_arena *arena,
                        struct mu_aws_found *out, struct mu_err *err) {
  const char *command = mu_aws_setting(aws, profile, "credential_process");
  const char *words[MAX_WORDS];
  if (!command) {
    return 0;
  }
  if (cut_words(mu_arena_str(arena, command), words, MAX_WORDS) != 0) {
    return mu_fail(err, MU_E_CONFIG, "profile %s: credential_process is not a command line",
                   profile);
  }
  MU_STR(text, MAX_ANSWER);
  struct mu_exec spec = {
      .argv = words, .timeout_ms = PROCESS_MS, .cancel = aws->options.cancel, .out = &text};
  struct mu_exec_result result;
  if (mu_exec_run(&spec, &result, err) != 0) {
    return mu_wrap(err, "profile %s: credential_process", profile);
  }
  if (result.status != 0) {
    return mu_fail(err, MU_E_DENIED, "profile %s: credential_process ended with status %d", profile,
                   result.status);
  }
  if (mu_aws_keys_parse(mu_str_get(&text), text.n, "SessionToken", arena, out, err) != 0) {
    return mu_wrap(err, "profile %s: credential_process", profile);
  }
  out->source = mu_arena_fmt(arena, "profile %s: credential_process", profile);
  return 1;
}

/* ---- SSO ---- */

/* The cache file of a session: SHA-1 of its name (or start URL) in hex, as the AWS CLI names it. */
static const char *cache_path(struct mu_arena *arena, const char *name) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  char hex[2 * EVP_MAX_MD_SIZE + 1];
  if (EVP_Digest(name, strlen(name), digest, &n, EVP_sha1(), NULL) != 1) {
    MU_BUG("SHA-1 is not available");
  }
  mu_hex(digest, n, hex);
  return mu_aws_home(arena, mu_arena_fmt(arena, "~/.aws/sso/cache/%s.json", hex));
}

/* RFC 3339; the CLI's older cache files end in "UTC". */
static int parse_expiry(const char *text, struct mu_arena *arena, int64_t *unix_ms) {
  size_t n = strlen(text);
  bool old = mu_str_ends(text, "UTC");
  return mu_time_parse(old ? mu_arena_fmt(arena, "%.*sZ", (int)(n - 3), text) : text, unix_ms);
}

static int read_sso_token(const struct mu_aws *aws, const char *profile, const char *name,
                          struct mu_arena *arena, const char **token, struct mu_err *err) {
  MU_STR(text, MAX_ANSWER);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err why = {0};
  int64_t expires_ms = 0;
  if (mu_io_read(cache_path(arena, name), &text, &why) == 0 &&
      mu_json_parse(mu_str_get(&text), text.n, &doc, &why) == 0) {
    *token = mu_arena_str(arena, mu_json_str(mu_json_get(mu_json_root(doc), "accessToken"), NULL));
    const char *expires = mu_json_str(mu_json_get(mu_json_root(doc), "expiresAt"), "");
    if (*token && parse_expiry(expires, arena, &expires_ms) == 0 &&
        expires_ms > mu_wall_ms(aws->options.clock)) {
      return 0;
    }
  }
  return mu_fail(err, MU_E_DENIED, "the SSO session is over: aws sso login --profile %s", profile);
}

static int read_sso_answer(const struct mu_http_resp *resp, struct mu_arena *arena,
                           struct mu_aws_found *out, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err why = {0};
  if (resp->status == 401 || resp->status == 403) {
    return mu_fail(err, MU_E_DENIED, "SSO refuses: HTTP %d", resp->status);
  }
  if (resp->status != 200 || mu_json_parse(resp->body, resp->body_n, &doc, &why) != 0) {
    return mu_fail(err, MU_E_REMOTE, "SSO: HTTP %d without credentials", resp->status);
  }
  const struct mu_json_node *role = mu_json_get(mu_json_root(doc), "roleCredentials");
  out->keys.access_key = mu_arena_str(arena, mu_json_str(mu_json_get(role, "accessKeyId"), NULL));
  out->keys.secret_key =
      mu_arena_str(arena, mu_json_str(mu_json_get(role, "secretAccessKey"), NULL));
  out->keys.session_token =
      mu_arena_str(arena, mu_json_str(mu_json_get(role, "sessionToken"), NULL));
  out->expires_ms = mu_json_int(mu_json_get(role, "expiration"), 0);
  return out->keys.access_key && out->keys.secret_key
             ? 1
             : mu_fail(err, MU_E_REMOTE, "SSO: an answer without credentials");
}

int mu_aws_keys_sso(struct mu_aws *aws, struct mu_http *http, const char *profile,
                    struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err) {
  static const struct mu_aws_service portal = {"sso", REST_JSON, "portal.sso", "sso", "SSO", ""};
  const char *session = mu_aws_setting(aws, profile, "sso_session");
  const char *account = mu_aws_setting(aws, profile, "sso_account_id");
  const char *role = mu_aws_setting(aws, profile, "sso_role_name");
  const char *start = mu_aws_setting(aws, profile, "sso_start_url");
  const char *region = session ? mu_aws_ini_get(&aws->config, "sso-session", session, "sso_region")
                               : mu_aws_setting(aws, profile, "sso_region");
  if (!session && !start) {
    return 0;
  }
  if (!account || !role || !region) {
    return mu_fail(err, MU_E_CONFIG,
                   "profile %s: SSO needs sso_account_id, sso_role_name and sso_region", profile);
  }
  const char *token = NULL;
  struct mu_aws_endpoint endpoint;
  if (read_sso_token(aws, profile, session ? session : start, arena, &token, err) != 0 ||
      mu_aws_endpoint(aws, &portal, region, arena, &endpoint, err) != 0) {
    return -1;
  }
  const struct mu_param_row rows[] = {{"role_name", role}, {"account_id", account}};
  MU_STR(query, MAX_ANSWER);
  mu_uri_query(&query, rows, MU_LEN(rows));
  const char *header = mu_arena_fmt(arena, "x-amz-sso_bearer_token: %s", token);
  struct mu_http_req req = {
      .url = mu_arena_fmt(arena, "%s/federation/credentials?%s", endpoint.base, mu_str_get(&query)),
      .headers = &header,
      .headers_n = 1,
      .ca_file = aws->ca_file,
      .timeout_ms = aws->options.timeout_ms,
      .proxy_from_env = true};
  struct mu_http_resp resp;
  if (mu_http_do(http, &req, arena, &resp, err) != 0) {
    return mu_wrap(err, "SSO");
  }
  out->source = mu_arena_fmt(arena, "profile %s: SSO", profile);
  return read_sso_answer(&resp, arena, out, err);
}

/* ---- container (ECS, EKS Pod Identity) ---- */

/* The agent's address is not to be any host that an environment variable names: plain HTTP only to
 * these. */
static bool is_agent_url(const char *url) {
  static const char *const hosts[] = {"localhost",     "127.0.0.1",      "[::1]",
                                      "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  if (mu_str_starts(url, "https://")) {
    return true;
  }
  if (!mu_str_starts(url, "http://")) {
    return false;
  }
  const char *host = url + strlen("http://");
  for (size_t i = 0; i < MU_LEN(hosts); i++) {
    size_t n = strlen(hosts[i]);
    if (strncmp(host, hosts[i], n) == 0 && (host[n] == '\0' || strchr(":/?", host[n]))) {
      return true;
    }
  }
  return false;
}

static int container_header(struct mu_arena *arena, const char **header, struct mu_err *err) {
  const char *file = mu_aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const char *token = mu_aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  MU_STR(text, MAX_ANSWER);
  if (file) {
    if (mu_io_read(file, &text, err) != 0) {
      return -1;
    }
    while (text.n > 0 && strchr(" \r\n", text.p[text.n - 1])) {
      text.p[--text.n] = '\0';
    }
    token = mu_str_get(&text);
  }
  *header = token ? mu_arena_fmt(arena, "Authorization: %s", token) : NULL;
  return 0;
}

/* The agent of a pod that has just started may not be up yet. */
static int ask_agent(const struct mu_aws *aws, struct mu_http *http, const struct mu_http_req *req,
                     struct mu_arena *arena, struct mu_http_resp *resp, struct mu_err *err) {
  for (int attempt = 1;; attempt++) {
    struct mu_err why = {0};
    int rc = mu_http_do(http, req, arena, resp, &why);
    bool passes = rc != 0 ? why.code != MU_E_INPUT : resp->status >= 500 || resp->status == 429;
    if (!passes || attempt == AGENT_ATTEMPTS || mu_canceled(aws->options.cancel)) {
      return rc == 0 ? 0 : mu_fail(err, why.code, "%s", why.msg);
    }
    mu_sleep_ms(aws->options.clock, AGENT_PAUSE_MS);
  }
}

int mu_aws_keys_container(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                          struct mu_aws_found *out, struct mu_err *err) {
  const char *relative = mu_aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const char *url = mu_aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const char *header = NULL;
  if (relative) {
    url = mu_arena_fmt(arena, "http://169.254.170.2%s", relative);
  }
  if (!url) {
    return 0;
  }
  if (!is_agent_url(url)) {
    return mu_fail(err, MU_E_CONFIG,
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is no agent's");
  }
  if (container_header(arena, &header, err) != 0) {
    return -1;
  }
  struct mu_http_req req = {.url = url,
                            .headers = &header,
                            .headers_n = header ? 1 : 0,
                            .ca_file = aws->ca_file,
                            .timeout_ms = AGENT_MS,
                            .max_body = MAX_ANSWER};
  struct mu_http_resp resp;
  if (ask_agent(aws, http, &req, arena, &resp, err) != 0) {
    return mu_wrap(err, "container credentials");
  }
  if (resp.status != 200) {
    return mu_fail(err, MU_E_DENIED, "container credentials: HTTP %d", resp.status);
  }
  if (mu_aws_keys_parse(resp.body, resp.body_n, "Token", arena, out, err) != 0) {
    return mu_wrap(err, "container");
  }
  out->source = "container";
  return 1;
}

/* ---- instance (IMDSv2) ---- */

struct instance {
  struct mu_http *http;
  struct mu_arena *arena;
  const char *base;
  int64_t timeout_ms, attempts;
};

static int64_t number(const struct mu_aws *aws, const char *variable, const char *key) {
  int64_t n = 1;
  const char *text = mu_aws_env(variable);
  text = text ? text : mu_aws_setting(aws, aws->profile, key);
  return text && (mu_num_parse_i64(text, &n) != 0 || n < 1 || n > 60) ? 1 : n;
}

static void find_instance(const struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                          struct instance *out) {
  const char *base = mu_aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const char *mode = mu_aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  base = base ? base : mu_aws_setting(aws, aws->profile, "ec2_metadata_service_endpoint");
  mode = mode ? mode : mu_aws_setting(aws, aws->profile, "ec2_metadata_service_endpoint_mode");
  bool six = mode && strcasecmp(mode, "ipv6") == 0;
  base = base ? base : six ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  bool slash = mu_str_ends(base, "/");
  *out = (struct instance){
      .http = http,
      .arena = arena,
      .base = mu_arena_strn(arena, base, strlen(base) - (slash ? 1 : 0)),
      .timeout_ms = 1000 * number(aws, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"),
      .attempts =
          number(aws, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")};
}

static int ask_instance(const struct instance *at, const char *method, const char *path,
                        const char *header, struct mu_http_resp *resp) {
  struct mu_http_req req = {.method = method,
                            .url = mu_arena_fmt(at->arena, "%s%s", at->base, path),
                            .headers = &header,
                            .headers_n = 1,
                            .timeout_ms = at->timeout_ms,
                            .connect_timeout_ms = at->timeout_ms,
                            .max_body = MAX_ANSWER};
  for (int64_t i = 0; i < at->attempts; i++) {
    struct mu_err why = {0};
    if (mu_http_do(at->http, &req, at->arena, resp, &why) == 0 && resp->status == 200) {
      return 0;
    }
  }
  return -1;
}

int mu_aws_keys_instance(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                         struct mu_aws_found *out, struct mu_err *err) {
  static const char roles[] = "/latest/meta-data/iam/security-credentials/";
  struct instance at;
  struct mu_http_resp resp;
  if (mu_aws_is_true(mu_aws_env("AWS_EC2_METADATA_DISABLED"))) {
    return 0;
  }
  find_instance(aws, http, arena, &at);
  if (ask_instance(&at, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600",
                   &resp) != 0) {
    return 0; /* not on an instance */
  }
  const char *header = mu_arena_fmt(arena, "X-aws-ec2-metadata-token: %s", resp.body);
  if (ask_instance(&at, "GET", roles, header, &resp) != 0 || resp.body_n == 0) {
    return 0; /* an instance without a role */
  }
  const char *role = mu_arena_strn(arena, resp.body, strcspn(resp.body, "\r\n"));
  if (ask_instance(&at, "GET", mu_arena_fmt(arena, "%s%s", roles, role), header, &resp) != 0) {
    return mu_fail(err, MU_E_DENIED, "instance role %s: no credentials", role);
  }
  if (mu_aws_keys_parse(resp.body, resp.body_n, "Token", arena, out, err) != 0) {
    return mu_wrap(err, "instance role %s", role);
  }
  out->source = mu_arena_fmt(arena, "instance role %s", role);
  return 1;
}
