/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer means: parsed, refused, absent, to be asked again. The codes are those that
 * botocore and the services' API references name. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/aws_int.h"
#include "wire/xml.h"

static bool is_one_of(const char *word, const char *const *list, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(word, list[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* botocore: retries/standard.py and handlers.py. */
static const char *const THROTTLED[] = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
};
static const char *const TRANSIENT[] = {"RequestTimeout", "RequestTimeoutException",
                                        "InternalError"};
static const char *const CLOCK[] = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"};
static const char *const CLOCK_PERHAPS[] = {"InvalidSignatureException", "SignatureDoesNotMatch",
                                            "AuthFailure"};
static const char *const EXPIRED[] = {"ExpiredToken", "ExpiredTokenException",
                                      "TokenRefreshRequired"};
static const char *const DENIED[] = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "NotAuthorized",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
    "OptInRequired",
    "InvalidToken",
    "AllAccessDisabled",
    "UnauthorizedException",
};
static const char *const CONFLICT[] = {
    "ConcurrentModificationException",
    "ResourceInUseException",
    "InvalidChangeBatch",
    "BucketNotEmpty",
    "OperationAborted",
    "PreconditionFailed",
    "InvalidParameterCombination",
};

#define IS(word, list) is_one_of(word, list, MU_LEN(list))

static bool says_absent(const char *code) {
  return mu_str_starts(code, "NoSuch") || mu_str_ends(code, "NotFound") ||
         mu_str_ends(code, "NotFoundException") || mu_str_ends(code, "NotFoundFault") ||
         mu_str_ends(code, "NotFoundError");
}

static bool says_conflict(const char *code) {
  return strstr(code, "AlreadyExists") || strstr(code, "AlreadyOwned") || IS(code, CONFLICT);
}

/* One line, capped, nothing in it that could move a cursor. */
static const char *clean(struct mu_arena *arena, const char *text) {
  enum { MAX_TEXT = 300 };
  MU_STR(out, 4 * MAX_TEXT);
  size_t n = strlen(text);
  mu_str_add_safe(&out, text, n < MAX_TEXT ? n : MAX_TEXT);
  return mu_str_copy(&out, arena);
}

static const char *request_id(const struct mu_http_resp *resp) {
  static const char *const names[] = {"x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    const char *id = mu_http_header(resp, names[i]);
    if (id) {
      return id;
    }
  }
  return "";
}

/* "com.amazonaws.glue#EntityNotFoundException:http://…" is EntityNotFoundException. */
static const char *bare_code(struct mu_arena *arena, const char *text) {
  const char *hash = strrchr(text, '#');
  text = hash ? hash + 1 : text;
  return clean(arena, mu_arena_strn(arena, text, strcspn(text, ":")));
}

static void read_json_error(struct mu_aws_answer *answer, struct mu_arena *arena) {
  const char *type = mu_http_header(&answer->http, "x-amzn-errortype");
  type = type ? type : mu_json_str(mu_json_get(answer->json, "__type"), NULL);
  type = type ? type : mu_json_str(mu_json_get(answer->json, "code"), "");
  const char *message = mu_json_str(mu_json_get(answer->json, "message"), NULL);
  message = message ? message : mu_json_str(mu_json_get(answer->json, "Message"), "");
  answer->code = bare_code(arena, type);
  answer->message = clean(arena, message);
}

static void read_xml_error(struct mu_aws_answer *answer, struct mu_arena *arena) {
  static const char *const places[] = {"ErrorResponse/Error", "Response/Errors/Error", "Error"};
  for (size_t i = 0; i < MU_LEN(places); i++) {
    const struct mu_xml_node *error = mu_xml_path(answer->xml, places[i]);
    if (error) {
      answer->code = clean(arena, mu_xml_str(error, "Code", ""));
      answer->message = clean(arena, mu_xml_str(error, "Message", ""));
      return;
    }
  }
}

/* Parses what came; *why says what is wrong with it. */
static int parse_body(const struct mu_aws_call *call, struct mu_arena *arena, struct mu_err *why) {
  struct mu_aws_answer *answer = call->answer;
  const struct mu_http_resp *http = &answer->http;
  enum mu_aws_protocol protocol = call->service->protocol;
  if (http->body_n == 0) {
    return 0;
  }
  if (http->truncated) {
    return mu_fail(why, MU_E_LIMIT, "an answer over the cap of %zu bytes", http->body_n);
  }
  if (protocol == QUERY || protocol == REST_XML) {
    return mu_xml_parse(http->body, http->body_n, arena, &answer->xml, why);
  }
  if (mu_json_parse(http->body, http->body_n, &answer->doc, why) != 0) {
    return -1;
  }
  answer->json = mu_json_root(answer->doc);
  return 0;
}

static enum mu_errc errc_of(const struct mu_aws_answer *answer) {
  int status = answer->status;
  const char *code = answer->code;
  if (IS(code, THROTTLED) || IS(code, TRANSIENT) || status >= 500 || status == 429) {
    return MU_E_REMOTE;
  }
  if (status == 401 || status == 403 || IS(code, DENIED) || IS(code, EXPIRED) || IS(code, CLOCK)) {
    return MU_E_DENIED;
  }
  if (says_absent(code)) {
    return MU_E_ABSENT;
  }
  /* A bare 404 proves something only when AWS signs for it: a proxy or a wrong address says 404,
   * too. */
  if (status == 404 && *answer->request_id && !*code) {
    return MU_E_ABSENT;
  }
  if (status == 409 || status == 412 || says_conflict(code)) {
    return MU_E_CONFLICT;
  }
  return status >= 400 && (*code || *answer->request_id) ? MU_E_INPUT : MU_E_REMOTE;
}

static enum mu_aws_verdict fail(struct mu_aws_call *call, enum mu_errc code,
                                enum mu_aws_verdict verdict) {
  const struct mu_aws_answer *a = call->answer;
  MU_STR(text, MU_ERR_MAX);
  mu_str_addf(&text, "%s %s: ", call->service->name, call->op->name);
  if (*a->code) {
    mu_str_add(&text, a->code);
  } else {
    mu_str_addf(&text, "HTTP %d", a->status);
  }
  if (*a->message) {
    mu_str_addf(&text, ": %s", a->message);
  }
  if (*a->request_id) {
    mu_str_addf(&text, " (request %s)", a->request_id);
  }
  (void)mu_fail(call->err, code, "%s", mu_str_get(&text));
  return verdict;
}

/* May the request be sent again although nobody knows what became of this one? */
static bool is_repeatable(const struct mu_aws_call *call) {
  return call->op->kind != CHANGES_ONCE || !call->resp.sent;
}

static enum mu_aws_verdict judge_silence(struct mu_aws_call *call) {
  const struct mu_http_resp *resp = &call->resp;
  (void)mu_fail(call->err, resp->error, "%s %s: %s", call->service->name, call->op->name,
                resp->error_msg);
  bool transient =
      resp->error == MU_E_NET || resp->error == MU_E_TIMEOUT || resp->error == MU_E_REMOTE;
  return transient && !resp->in_tls && is_repeatable(call) ? MU_AWS_AGAIN : MU_AWS_FAILED;
}

/* S3 says in which region a bucket is; other stores of its kind only in the error's text. */
static bool is_elsewhere(struct mu_aws_call *call, struct mu_arena *arena) {
  const char *region = mu_http_header(&call->answer->http, "x-amz-bucket-region");
  int status = call->answer->status;
  if (!region && strcmp(call->answer->code, "AuthorizationHeaderMalformed") == 0) {
    region = mu_xml_str(mu_xml_path(call->answer->xml, "Error"), "Region", NULL);
  }
  if (!region || call->corrected || strcmp(call->service->name, "s3") != 0 ||
      (status != 301 && status != 307 && status != 400)) {
    return false;
  }
  call->region = mu_arena_str(arena, region);
  return true;
}

/* The answer to a HEAD has no body, hence no code: 403 may be a clock that is off (which the Date
 * tells), 400 a session that is over. */
static enum mu_aws_verdict judge_mute(const struct mu_aws_call *call) {
  bool temporary = call->access_key && mu_str_starts(call->access_key, "ASIA");
  bool is_400 = call->answer->status == 400 && temporary;
  return call->answer->status == 403 ? MU_AWS_CLOCK : is_400 ? MU_AWS_EXPIRED : MU_AWS_FAILED;
}

static enum mu_aws_verdict judge_error(struct mu_aws_call *call, struct mu_arena *arena) {
  const struct mu_aws_answer *a = call->answer;
  enum mu_aws_verdict verdict = MU_AWS_FAILED;
  if (is_elsewhere(call, arena)) {
    verdict = MU_AWS_ELSEWHERE;
  } else if (!*a->code && a->status < 429 && strcmp(call->op->method, "HEAD") == 0) {
    verdict = judge_mute(call);
  } else if (IS(a->code, CLOCK) || (IS(a->code, CLOCK_PERHAPS) && strstr(a->message, "expired")) ||
             (IS(a->code, CLOCK_PERHAPS) && strstr(a->message, "not yet current"))) {
    verdict = MU_AWS_CLOCK;
  } else if (IS(a->code, EXPIRED)) {
    verdict = MU_AWS_EXPIRED;
  } else if (IS(a->code, THROTTLED) || IS(a->code, TRANSIENT) || a->status == 429) {
    verdict = MU_AWS_AGAIN; /* refused before anything was done */
  } else if (a->status >= 500 && a->status != 501) {
    verdict = is_repeatable(call) ? MU_AWS_AGAIN : MU_AWS_FAILED;
  }
  return fail(call, errc_of(a), verdict);
}

enum mu_aws_verdict mu_aws_judge(struct mu_aws_call *call, struct mu_arena *arena) {
  struct mu_aws_answer *a = call->answer;
  struct mu_err why = {0};
  int attempts = a->attempts;
  mu_aws_answer_done(a);
  *a = (struct mu_aws_answer){.attempts = attempts, .http = call->resp, .code = "", .message = ""};
  a->status = call->resp.status;
  a->request_id = clean(arena, request_id(&call->resp));
  if (call->resp.error != MU_E_NONE) {
    return judge_silence(call);
  }
  bool good = a->status >= 200 && a->status < 300;
  if (good && mu_aws_op_is_raw(call->op)) {
    return MU_AWS_DONE;
  }
  bool parsed = parse_body(call, arena, &why) == 0;
  if (good && !parsed) {
    a->message = clean(arena, why.msg);
    return fail(call, why.code == MU_E_LIMIT ? MU_E_LIMIT : MU_E_REMOTE, MU_AWS_FAILED);
  }
  if (good && !mu_xml_path(a->xml, "Error")) { /* S3 may say 200 and mean an error */
    return MU_AWS_DONE;
  }
  if (parsed && a->xml) {
    read_xml_error(a, arena);
  } else if (call->service->protocol != QUERY && call->service->protocol != REST_XML) {
    read_json_error(a, arena);
  }
  return judge_error(call, arena);
}
