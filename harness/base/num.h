/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers, durations, sizes and times: the only place where text becomes a number. */
#ifndef MU_BASE_NUM_H
#define MU_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mu_arena;
struct mu_err;

/* Whole string, decimal, optional minus. Returns 0, or -1 (nothing written). */
int mu_num_parse_i64(const char *text, int64_t *out);
int mu_num_parse_u64(const char *text, uint64_t *out);
int mu_num_parse_f64(const char *text,
                     double *out); /* decimal or exponent; no hex, inf, nan; locale-free */

/* "24h", "800ms", "1h30m", "7d", "2w", "1.5h": units ms s m h d w, largest first. A bare number
 * is refused. */
int mu_dur_parse(const char *text, int64_t *ms);
/* "19h42m", "27m04s", "5.3s", "812ms"; at most two units. `up`: outward for an upper bound, else
 * cut (lower bound). */
enum { MU_DUR_TEXT = 32 };
void mu_dur_text(int64_t ms, bool up, char out[MU_DUR_TEXT]);
/* "24h", "100d": exact, the shortest single unit or a sum of them; parses back to the same
 * value. */
void mu_dur_exact(int64_t ms, char out[MU_DUR_TEXT]);
/* "12KiB", "100MB", "1GiB", "512": bytes. */
int mu_size_parse(const char *text, uint64_t *bytes);

/* RFC 3339 with Z or an offset, seconds or fractions. Unix milliseconds, UTC. */
int mu_time_parse(const char *text, int64_t *unix_ms);
enum { MU_TIME_TEXT = 32 };
void mu_time_text(int64_t unix_ms, char out[MU_TIME_TEXT]);    /* 2026-11-22T23:51:07.114Z */
void mu_time_seconds(int64_t unix_ms, char out[MU_TIME_TEXT]); /* 2026-11-22T23:51:07Z */
void mu_time_date(int64_t unix_ms, char out[MU_TIME_TEXT]);    /* 2026-11-22 */

/* 41208117 -> "41 208 117" with the thin grouping the reports use (a plain space). */
enum { MU_COUNT_TEXT = 40 };
void mu_count_text(int64_t n, char out[MU_COUNT_TEXT]);

#endif
