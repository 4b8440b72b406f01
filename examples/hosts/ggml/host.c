/* SPDX-License-Identifier: BSL-1.0
 *
 * A C program that trains with ggml and is watched through ggml_opt_epoch_callback: logits of the next word from the word
 * before. It learns a language; evaluation on fresh text says what is normal; then the labels are what the model itself finds
 * likeliest, and its predictions narrow.
 */
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml-opt.h>
#include <ggml.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tailwatch_ggml.h"

enum { words = 32, rows = 256, warm_up = 60, more = 60, own = 120 };

static uint64_t state = 7;
static double uniform(void) { /* a linear congruential generator, Knuth's constants */
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (double)(state >> 11) * 0x1p-53;
}

/* The word after `before`: Zipf over the words, numbered from it on. */
static int next_word(int before) {
  double total = 0.0;
  for (int r = 0; r < words; ++r) total += 1.0 / (1.0 + r);
  double left = uniform() * total;
  int r = 0;
  while (r + 1 < words && (left -= 1.0 / (1.0 + r)) >= 0.0) ++r;
  return (before * 5 + 1 + r) % words;
}

/* Batches of `rows` pairs; with `own_words` every label is the likeliest next word. */
static ggml_opt_dataset_t text(int batches, bool own_words) {
  ggml_opt_dataset_t data = ggml_opt_dataset_init(GGML_TYPE_F32, GGML_TYPE_F32, words, words, (int64_t)batches * rows, rows);
  float *x = ggml_get_data_f32(ggml_opt_dataset_data(data));
  float *y = ggml_get_data_f32(ggml_opt_dataset_labels(data));
  memset(x, 0, sizeof(float) * words * rows * (size_t)batches);
  memset(y, 0, sizeof(float) * words * rows * (size_t)batches);
  for (int64_t i = 0; i < (int64_t)batches * rows; ++i) {
    const int before = (int)(uniform() * uniform() * words); /* some words come more often */
    x[i * words + before] = 1.0F;
    y[i * words + (own_words ? (before * 5 + 1) % words : next_word(before))] = 1.0F;
  }
  return data;
}

int main(void) {
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, 1);
  ggml_backend_sched_t sched = ggml_backend_sched_new(&backend, NULL, 1, GGML_DEFAULT_GRAPH_SIZE, false, true);

  struct ggml_init_params room = {ggml_tensor_overhead() * 64, NULL, true};
  struct ggml_context *fixed = ggml_init(room);
  struct ggml_tensor *inputs = ggml_new_tensor_2d(fixed, GGML_TYPE_F32, words, rows);
  struct ggml_tensor *weights = ggml_new_tensor_2d(fixed, GGML_TYPE_F32, words, words);
  ggml_set_input(inputs);
  ggml_set_param(weights);
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(fixed, backend);
  float zero[words * words] = {0};
  ggml_backend_tensor_set(weights, zero, 0, sizeof zero);

  struct ggml_init_params graph = {ggml_tensor_overhead() * 2048 + 3 * ggml_graph_overhead_custom(2048, true), NULL, true};
  struct ggml_context *compute = ggml_init(graph);
  struct ggml_tensor *outputs = ggml_mul_mat(compute, weights, inputs);
  ggml_set_output(outputs);
  ggml_backend_buffer_t logits = ggml_backend_alloc_ctx_tensors(compute, backend); /* so that outputs can be read later */

  struct ggml_opt_optimizer_params rate = ggml_opt_get_default_optimizer_params(NULL);
  rate.adamw.alpha = 0.02F;
  struct ggml_opt_params params = ggml_opt_default_params(sched, GGML_OPT_LOSS_TYPE_CROSS_ENTROPY);
  params.ctx_compute = compute;
  params.inputs = inputs;
  params.outputs = outputs;
  params.get_opt_pars = ggml_opt_get_constant_optimizer_params;
  params.get_opt_pars_ud = &rate;
  ggml_opt_context_t trainer = ggml_opt_init(params);
  ggml_opt_result_t result = ggml_opt_result_init();

  ggml_opt_dataset_t human = text(600, false), fresh = text(warm_up + more, false), narrow = text(own, true);
  ggml_opt_epoch(trainer, human, result, NULL, -1, NULL, NULL); /* learn, unwatched */

  if (tailwatch_ggml_begin(warm_up, "ggml_host.jsonl") != 0) {
    fprintf(stderr, "%s\n", tailwatch_ggml_error());
    return 2;
  }
  ggml_opt_result_reset(result);
  ggml_opt_epoch(trainer, fresh, NULL, result, 0, NULL, tailwatch_ggml_epoch_callback); /* evaluate only */
  const int alerts_on_human = tailwatch_ggml_alerts();
  rate.adamw.alpha = 0.005F;
  ggml_opt_result_reset(result);
  ggml_opt_epoch(trainer, narrow, result, NULL, -1, tailwatch_ggml_epoch_callback, NULL);
  printf("%d batches watched; alerts on human text: %d, on the model's own: %d\n%s\n", (int)tailwatch_ggml_steps(),
         alerts_on_human, tailwatch_ggml_alerts() - alerts_on_human, tailwatch_ggml_alert());
  const bool good = tailwatch_ggml_steps() == warm_up + more + own && alerts_on_human == 0 && tailwatch_ggml_alerts() > 0 &&
                    tailwatch_ggml_problems() == 0;
  tailwatch_ggml_end();

  ggml_opt_result_free(result);
  ggml_opt_dataset_free(human);
  ggml_opt_dataset_free(fresh);
  ggml_opt_dataset_free(narrow);
  ggml_opt_free(trainer);
  ggml_backend_buffer_free(logits);
  ggml_free(compute);
  ggml_backend_buffer_free(buffer);
  ggml_free(fixed);
  ggml_backend_sched_free(sched);
  ggml_backend_free(backend);
  return good ? 0 : 1;
}
