/* SPDX-License-Identifier: BSL-1.0
 *
 * What the ggml adapter uses of ggml, by the same names, values and types, for machines without ggml. The functions are defined
 * in ggml_test.cpp. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ggml_type { GGML_TYPE_F32 = 0, GGML_TYPE_F16 = 1, GGML_TYPE_I32 = 26, GGML_TYPE_BF16 = 30 };

struct ggml_backend_buffer;
struct ggml_tensor {
  enum ggml_type type;
  struct ggml_backend_buffer *buffer;
  int64_t ne[4];
  size_t nb[4];
  void *data;
};

size_t ggml_nbytes(const struct ggml_tensor *tensor);
int64_t ggml_nelements(const struct ggml_tensor *tensor);
bool ggml_is_contiguous(const struct ggml_tensor *tensor);

#ifdef __cplusplus
}
#endif
