// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

/// Tensors of libtorch for estimators and for the hooks of a monitor.
///
///   adapters::on_logits(watch, logits.detach(), targets);     // [B, T, V], before the loss is taken
///   adapters::on_tokens(watch, input_ids, attention_mask);    // [B, T]
///   watch.on_step_end(step);
///
/// What lies in the memory of the host in a type that tailwatch reads is read where it lies; anything else (another device,
/// double logits, int16 tokens) is brought over first. The hooks never throw: a tensor that is undefined, of a shape or type
/// that cannot be right, or that libtorch fails to bring over is counted by the monitor as `refused`. They return whether the
/// monitor took it. (libtorch 1.13's own headers do not compile as C++20 with clang 14 and libstdc++ 12; g++ 12 takes them.)
/// @example  examples/hosts/libtorch_recursion.cpp
namespace tailwatch::adapters {

struct tensor_logits_options {
  /// Rows brought over from a device per call, drawn there uniformly without repeats; 0: all. Then each row stands for itself:
  /// the monitor's weights and its sampling error do not see this choice. Host tensors are sampled by the monitor itself.
  std::int64_t device_rows = 2048;
};

namespace detail {

inline void check_tensor(bool good, std::string_view function, std::string_view argument, const at::Tensor& x,
                         std::string_view expected) {
  if (good) return;
  std::string is = "undefined";
  if (x.defined()) {
    is = std::string(at::toString(x.scalar_type())) + " [";
    for (std::int64_t i = 0; i < x.dim(); ++i) is += (i == 0 ? "" : ", ") + std::to_string(x.size(i));
    is += "] on " + x.device().str();
  }
  core::check(false, function, argument, std::string_view(is), expected);
}

/// On the host, of `type`, without gaps; the tensor itself where it is so already.
[[nodiscard]] inline at::Tensor on_host(const at::Tensor& x, at::ScalarType type) {
  return x.detach().to(at::kCPU, type).contiguous();
}
/// Counted as refused by the monitor.
inline bool refuse(monitor::collapse_monitor& watch) noexcept {
  watch.on_tokens(static_cast<const std::int64_t*>(nullptr), 1, 1, 1);
  return false;
}
template <class Hook>
bool guarded_hook(monitor::collapse_monitor& watch, const Hook& hook) noexcept {
#if defined(__cpp_exceptions)
  try {
    return hook() ? true : refuse(watch);
  } catch (...) {
    return refuse(watch);
  }
#else
  return hook() ? true : refuse(watch);
#endif
}
[[nodiscard]] inline bool integral(const at::Tensor& x) { return at::isIntegralType(x.scalar_type(), false); }

}  // namespace detail

/// The elements of a tensor as a range for estimators, for as long as the tensor lives:
/// entropy::plugin(core::probabilities(adapters::span_of<float>(p))).
/// @throws std::invalid_argument  unless the tensor is defined, on the host, of type T and without gaps
template <class T>
[[nodiscard]] std::span<const T> span_of(const at::Tensor& x) {
  detail::check_tensor(
      x.defined() && x.device().is_cpu() && x.scalar_type() == c10::CppTypeToScalarType<T>::value && x.is_contiguous(),
      "adapters::span_of", "x", x, "contiguous, on the host, of the type asked for");
  return {x.data_ptr<T>(), static_cast<std::size_t>(x.numel())};
}

/// collapse_monitor::on_logits for logits [..., V] (float, bfloat16, half as they are; double rounded to float), targets and
/// mask of the shape without V, or undefined. Call it before anything overwrites the logits.
inline bool on_logits(monitor::collapse_monitor& watch, const at::Tensor& logits, const at::Tensor& targets = {},
                      const at::Tensor& mask = {}, const tensor_logits_options& options = {}) noexcept {
  return detail::guarded_hook(watch, [&] {
    if (!logits.defined() || logits.dim() < 1 || !at::isFloatingType(logits.scalar_type()) || logits.size(-1) == 0)
      return false;
    const std::int64_t vocabulary = logits.size(-1), rows = logits.numel() / vocabulary;
    if (targets.defined() && (targets.numel() != rows || !detail::integral(targets))) return false;
    if (mask.defined() && mask.numel() != rows) return false;
    at::Tensor x = logits.detach();
    at::Tensor y = targets.defined() ? targets.detach().reshape({rows}) : at::Tensor();
    at::Tensor m = mask.defined() ? mask.detach().reshape({rows}).ne(0) : at::Tensor();
    if (!x.device().is_cpu()) {
      x = x.reshape({rows, vocabulary});
      at::Tensor chosen;
      if (m.defined()) chosen = m.to(x.device()).nonzero().reshape({-1});
      const std::int64_t eligible = chosen.defined() ? chosen.numel() : rows;
      if (options.device_rows > 0 && eligible > options.device_rows) {
        const at::Tensor some = at::randperm(eligible, at::TensorOptions().dtype(at::kLong).device(x.device()))
                                    .narrow(0, 0, options.device_rows);
        chosen = chosen.defined() ? chosen.index_select(0, some) : some;
      }
      if (chosen.defined()) {
        x = x.index_select(0, chosen);
        if (y.defined()) y = y.to(chosen.device()).index_select(0, chosen);
        m = at::Tensor();  // only live rows are left
      }
      x = x.to(at::kCPU);
    }
    if (x.scalar_type() == at::kDouble) x = x.to(at::kFloat);
    const summary::logit_type type = x.scalar_type() == at::kBFloat16 ? summary::logit_type::bfloat16
                                     : x.scalar_type() == at::kHalf   ? summary::logit_type::float16
                                                                      : summary::logit_type::float32;
    if (x.scalar_type() != at::kFloat && type == summary::logit_type::float32) return false;
    x = x.reshape({-1, vocabulary});  // a view where strides allow
    if (vocabulary > 1 && x.stride(1) != 1) x = x.contiguous();
    if (x.size(0) > 1 && x.stride(0) < vocabulary) x = x.contiguous();  // an expanded tensor repeats one row
    if (y.defined()) y = detail::on_host(y, at::kLong);
    if (m.defined()) m = detail::on_host(m, at::kByte);
    watch.on_logits(x.data_ptr(), static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(vocabulary),
                    static_cast<std::size_t>(x.size(0) > 1 ? x.stride(0) : vocabulary), type,
                    y.defined() ? y.data_ptr<std::int64_t>() : nullptr,
                    m.defined() ? m.data_ptr<std::uint8_t>() : nullptr);
    return true;
  });
}

/// collapse_monitor::on_tokens for token ids [T] or [B, T]; mask of the same shape, 0 = not part of the text, or undefined.
inline bool on_tokens(monitor::collapse_monitor& watch, const at::Tensor& ids, const at::Tensor& mask = {}) noexcept {
  return detail::guarded_hook(watch, [&] {
    if (!ids.defined() || ids.dim() < 1 || ids.dim() > 2 || !detail::integral(ids)) return false;
    if (mask.defined() && mask.sizes() != ids.sizes()) return false;
    const at::Tensor x = detail::on_host(ids, at::kLong);
    const at::Tensor m = mask.defined() ? detail::on_host(mask.detach().ne(0), at::kByte) : at::Tensor();
    const auto length = static_cast<std::size_t>(x.size(-1));
    const std::size_t rows = length == 0 ? 0 : static_cast<std::size_t>(x.numel()) / length;
    watch.on_tokens(x.data_ptr<std::int64_t>(), rows, length, length,
                    m.defined() ? m.data_ptr<std::uint8_t>() : nullptr);
    return true;
  });
}

/// collapse_monitor::on_samples for responses [B, T]: the tokens of row r up to the first of value `end` (left out), all where
/// there is none; `prompts` [B] says which prompt each answers, or undefined.
inline bool on_samples(monitor::collapse_monitor& watch, const at::Tensor& ids, std::int64_t end = -1,
                       const at::Tensor& prompts = {}) noexcept {
  return detail::guarded_hook(watch, [&] {
    if (!ids.defined() || ids.dim() != 2 || !detail::integral(ids)) return false;
    if (prompts.defined() && (prompts.numel() != ids.size(0) || !detail::integral(prompts))) return false;
    const at::Tensor x = detail::on_host(ids, at::kLong);
    const std::int64_t* id = x.data_ptr<std::int64_t>();
    const std::int64_t length = x.size(1);
    core::token_sequences samples;
    for (std::int64_t r = 0; r < x.size(0); ++r) {
      const std::int64_t* row = id + r * length;
      samples.push_back(std::span(row, std::find(row, row + length, end)));
    }
    std::vector<std::uint64_t> of_prompt;
    if (prompts.defined()) {
      const at::Tensor p = detail::on_host(prompts, at::kLong);
      of_prompt.assign(p.data_ptr<std::int64_t>(), p.data_ptr<std::int64_t>() + p.numel());
    }
    watch.on_samples(samples, of_prompt);
    return true;
  });
}

/// collapse_monitor::on_embeddings for rows [n, d] of any floating type.
inline bool on_embeddings(monitor::collapse_monitor& watch, const at::Tensor& x) noexcept {
  return detail::guarded_hook(watch, [&] {
    if (!x.defined() || x.dim() != 2 || !at::isFloatingType(x.scalar_type())) return false;
    const at::Tensor rows = detail::on_host(x, x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
    const auto n = static_cast<std::size_t>(rows.size(0)), d = static_cast<std::size_t>(rows.size(1));
    if (rows.scalar_type() == at::kDouble) {
      watch.on_embeddings(rows.data_ptr<double>(), n, d);
    } else {
      watch.on_embeddings(rows.data_ptr<float>(), n, d);
    }
    return true;
  });
}

/// collapse_monitor::on_rewards for rewards [n] and the prompt [n] of each, or undefined: all answer one prompt.
inline bool on_rewards(monitor::collapse_monitor& watch, const at::Tensor& rewards,
                       const at::Tensor& prompts = {}) noexcept {
  return detail::guarded_hook(watch, [&] {
    if (!rewards.defined() || (prompts.defined() && (prompts.numel() != rewards.numel() || !detail::integral(prompts))))
      return false;
    const at::Tensor r = detail::on_host(rewards, at::kDouble);
    std::vector<std::uint64_t> groups;
    if (prompts.defined()) {
      const at::Tensor p = detail::on_host(prompts, at::kLong);
      groups.assign(p.data_ptr<std::int64_t>(), p.data_ptr<std::int64_t>() + p.numel());
    }
    watch.on_rewards(std::span<const double>(r.data_ptr<double>(), static_cast<std::size_t>(r.numel())), groups);
    return true;
  });
}

}  // namespace tailwatch::adapters
