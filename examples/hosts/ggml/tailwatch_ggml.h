/* SPDX-License-Identifier: BSL-1.0
 *
 * tailwatch for programs in C that train with ggml: copy this file and tailwatch_ggml.cpp, choose the signals there, and hand
 * tailwatch_ggml_epoch_callback to ggml_opt_epoch. One monitor per program, one thread.
 */
#ifndef TAILWATCH_GGML_H
#define TAILWATCH_GGML_H

#include <ggml-opt.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts watching. The first `warm_up` batches that the callback sees are what is normal (at least 20). Writes a JSON line per
 * record to `jsonl` unless it is NULL. Returns 0, or -1 with a sentence in tailwatch_ggml_error(). */
int tailwatch_ggml_begin(int warm_up, const char *jsonl);
const char *tailwatch_ggml_error(void);

/* A ggml_opt_epoch_callback, for training and for evaluation. Does nothing before tailwatch_ggml_begin. */
void tailwatch_ggml_epoch_callback(bool train, ggml_opt_context_t context, ggml_opt_dataset_t dataset,
                                   ggml_opt_result_t result, int64_t batch, int64_t batches, int64_t start_us);

int64_t tailwatch_ggml_steps(void);       /* batches seen */
int tailwatch_ggml_alerts(void);          /* alerts so far */
const char *tailwatch_ggml_alert(void);   /* the latest in one line, "" before the first */
int64_t tailwatch_ggml_problems(void);    /* batches or values that could not be read, judged or written */
void tailwatch_ggml_end(void);

#ifdef __cplusplus
}
#endif
#endif
