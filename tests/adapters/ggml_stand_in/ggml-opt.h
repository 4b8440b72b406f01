/* SPDX-License-Identifier: BSL-1.0 */
#pragma once
#include "ggml.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ggml_opt_dataset *ggml_opt_dataset_t;
typedef struct ggml_opt_context *ggml_opt_context_t;
typedef struct ggml_opt_result *ggml_opt_result_t;
typedef void (*ggml_opt_epoch_callback)(bool train, ggml_opt_context_t opt_ctx, ggml_opt_dataset_t dataset,
                                        ggml_opt_result_t result, int64_t ibatch, int64_t ibatch_max, int64_t t_start_us);

struct ggml_tensor *ggml_opt_outputs(ggml_opt_context_t opt_ctx);
struct ggml_tensor *ggml_opt_labels(ggml_opt_context_t opt_ctx);
void ggml_opt_result_ndata(ggml_opt_result_t result, int64_t *ndata);
void ggml_opt_result_loss(ggml_opt_result_t result, double *loss, double *unc);

#ifdef __cplusplus
}
#endif
