/* SPDX-License-Identifier: Apache-2.0 */
/* Records and reports kept in fixtures/golden. With UPDATE_GOLDEN=1 in the environment a report
 * that differs is written anew; look at the difference before you commit it. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

struct mu_run;
struct mu_str;

/* fixtures/golden/NAME.run.json; the caller frees. Fails the test where it cannot be read. */
struct mu_run *golden_run(const char *name);
/* Fails the test where `text` is not what fixtures/golden/NAME holds, naming the first line that
 * differs. */
void golden_check(const char *name, const struct mu_str *text);

/* The records there are, NULL at the end. */
extern const char *const golden_records[];

#endif
