/* SPDX-License-Identifier: BSL-1.0 */
#pragma once
#include "ggml.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ggml_backend_buffer *ggml_backend_buffer_t;
bool ggml_backend_buffer_is_host(ggml_backend_buffer_t buffer);
void ggml_backend_tensor_get(const struct ggml_tensor *tensor, void *data, size_t offset, size_t size);

#ifdef __cplusplus
}
#endif
