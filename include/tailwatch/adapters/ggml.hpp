// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ggml-backend.h>
#include <ggml-opt.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

/// A monitor behind ggml's `ggml_opt_epoch_callback`, which ggml calls after every batch it trains or evaluates. The callback
/// carries no pointer of the user's, so it is a template over an object of static storage:
///
///   static collapse_monitor watch(...);
///   static adapters::ggml_watch hook{watch};
///   ggml_opt_epoch(context, dataset, result, result, split, adapters::ggml_epoch_callback<hook>, nullptr);
///
/// Every call is one step of the monitor. It reads the logits `ggml_opt_outputs` (f32, f16 or bf16, [V, rows]; from a device
/// they are copied by ggml), takes the largest label of a row as its target, and hands on the loss with ggml's own
/// uncertainty as "loss/train" or "loss/eval". ggml_opt_epoch computes a copy of the graph, so `outputs` must have memory of its
/// own, given before ggml_opt_init (ggml_backend_alloc_ctx_tensors of the context it was built in): else its data are null, and
/// every call is counted as refused. Include ggml yourself; a program that does not is not asked for it.
/// @example  examples/hosts/ggml/host.c
namespace tailwatch::adapters {

/// What the callback needs besides the monitor. Not for several threads at once.
struct ggml_watch {
  monitor::collapse_monitor& monitor;
  ggml_opt_epoch_callback next = nullptr;  ///< called afterwards, ggml_opt_epoch_callback_progress_bar say
  void (*on_alert)(const monitor::alert&) noexcept = nullptr;  ///< for each alert of a step
  std::uint64_t step = 0;
  std::vector<std::byte> logits = {}, labels = {};
  std::vector<std::int64_t> targets = {};
};

namespace detail {

/// Bytes of a tensor on the host: its own where it lies there, else a copy in `room`.
inline const void* ggml_bytes(const ggml_tensor* tensor, std::vector<std::byte>& room) {
  if (tensor->buffer == nullptr || ggml_backend_buffer_is_host(tensor->buffer)) return tensor->data;
  const std::size_t size = ggml_nbytes(tensor);
  if (room.size() < size) room.resize(size);
  ggml_backend_tensor_get(tensor, room.data(), 0, size);
  return room.data();
}

inline bool ggml_logits(ggml_watch& hook, const ggml_tensor* outputs, const ggml_tensor* labels) {
  if (outputs == nullptr) return false;
  summary::logit_type type{};
  switch (outputs->type) {
    case GGML_TYPE_F32: type = summary::logit_type::float32; break;
    case GGML_TYPE_F16: type = summary::logit_type::float16; break;
    case GGML_TYPE_BF16: type = summary::logit_type::bfloat16; break;
    default: return false;
  }
  const std::size_t element = type == summary::logit_type::float32 ? 4 : 2;
  const auto vocabulary = static_cast<std::size_t>(outputs->ne[0]);
  const auto rows = static_cast<std::size_t>(outputs->ne[1] * outputs->ne[2] * outputs->ne[3]);
  const bool flat =
      outputs->nb[0] == element && outputs->nb[1] % element == 0 &&
      (outputs->ne[2] == 1 || outputs->nb[2] == outputs->nb[1] * static_cast<std::size_t>(outputs->ne[1])) &&
      (outputs->ne[3] == 1 || outputs->nb[3] == outputs->nb[2] * static_cast<std::size_t>(outputs->ne[2]));
  if (!flat) return false;
  const std::int64_t* targets = nullptr;
  if (labels != nullptr && labels->type == GGML_TYPE_F32 && labels->ne[0] == outputs->ne[0] &&
      ggml_is_contiguous(labels) && ggml_nelements(labels) == ggml_nelements(outputs)) {
    const auto* p = static_cast<const float*>(ggml_bytes(labels, hook.labels));
    hook.targets.resize(rows);
    for (std::size_t r = 0; r < rows; ++r)
      hook.targets[r] = std::max_element(p + r * vocabulary, p + (r + 1) * vocabulary) - (p + r * vocabulary);
    targets = hook.targets.data();
  }
  hook.monitor.on_logits(ggml_bytes(outputs, hook.logits), rows, vocabulary, outputs->nb[1] / element, type, targets);
  return true;
}

}  // namespace detail

/// What the callback does, for callbacks of one's own. Nothing is thrown through ggml's frames; logits that cannot be read are
/// counted by the monitor as refused.
inline void ggml_step(ggml_watch& hook, bool train, ggml_opt_context_t context, ggml_opt_result_t result) noexcept {
  bool read = false;
#if defined(__cpp_exceptions)
  try {
    read = detail::ggml_logits(hook, ggml_opt_outputs(context), ggml_opt_labels(context));
  } catch (...) {
  }
#else
  read = detail::ggml_logits(hook, ggml_opt_outputs(context), ggml_opt_labels(context));
#endif
  if (!read) hook.monitor.on_tokens(static_cast<const std::int64_t*>(nullptr), 1, 1, 1);
  if (result != nullptr) {
    double loss = core::nan, uncertainty = core::nan;
    std::int64_t count = 0;
    ggml_opt_result_loss(result, &loss, &uncertainty);
    ggml_opt_result_ndata(result, &count);
    hook.monitor.on_evaluate(train ? "loss/train" : "loss/eval",
                             {loss, uncertainty, static_cast<std::uint64_t>(count)});
  }
  for (const monitor::alert& a : hook.monitor.on_step_end(++hook.step))
    if (hook.on_alert != nullptr) hook.on_alert(a);
}

/// A `ggml_opt_epoch_callback`.
template <ggml_watch& Hook>
void ggml_epoch_callback(bool train, ggml_opt_context_t context, ggml_opt_dataset_t dataset, ggml_opt_result_t result,
                         std::int64_t batch, std::int64_t batches, std::int64_t start_us) {
  ggml_step(Hook, train, context, result);
  if (Hook.next != nullptr) Hook.next(train, context, dataset, result, batch, batches, start_us);
}

}  // namespace tailwatch::adapters
