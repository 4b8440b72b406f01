// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/block_embeddings.hpp"
#include "tailwatch/monitor/block_logits.hpp"
#include "tailwatch/monitor/block_policy.hpp"
#include "tailwatch/monitor/block_rewards.hpp"
#include "tailwatch/monitor/block_text.hpp"
#include "tailwatch/monitor/gathering.hpp"

namespace tailwatch::monitor {

/// What the hooks gathered for one block: what a signal's measure reads. Only what some signal reads is kept.
class block_data {
 public:
  block_data() = default;
  block_data(const gathering_options& options, const std::array<bool, block_sources>& wanted) : wanted_(wanted) {
    if (wants(block_source::tokens)) tokens_ = {options.vocabulary, options.max_tokens, options.max_sequences};
    if (wants(block_source::samples)) samples_ = {options.vocabulary, options.max_sample_tokens, options.max_responses};
    if (wants(block_source::logits))
      logits_ = block_logits({.rows_per_call = options.rows_per_call,
                              .max_rows = options.max_rows,
                              .tail_thresholds = options.tail_thresholds,
                              .top_p = options.top_p,
                              .seed = options.seed});
    if (wants(block_source::embeddings)) embeddings_ = block_embeddings(options.max_embeddings);
    if (wants(block_source::rewards)) rewards_ = block_rewards(options.max_rewards);
    policy_ = {options.clip_low, options.clip_high};
  }

  /// Text that was trained on or generated, by on_tokens.
  [[nodiscard]] const block_text& tokens() const noexcept { return tokens_; }
  /// Responses and their prompts, by on_samples.
  [[nodiscard]] const block_text& samples() const noexcept { return samples_; }
  [[nodiscard]] const block_logits& logits() const noexcept { return logits_; }
  [[nodiscard]] const block_embeddings& embeddings() const noexcept { return embeddings_; }
  [[nodiscard]] const block_rewards& rewards() const noexcept { return rewards_; }
  [[nodiscard]] const block_policy& policy() const noexcept { return policy_; }

  [[nodiscard]] block_text& tokens() noexcept { return tokens_; }
  [[nodiscard]] block_text& samples() noexcept { return samples_; }
  [[nodiscard]] block_logits& logits() noexcept { return logits_; }
  [[nodiscard]] block_embeddings& embeddings() noexcept { return embeddings_; }
  [[nodiscard]] block_rewards& rewards() noexcept { return rewards_; }
  [[nodiscard]] block_policy& policy() noexcept { return policy_; }

  /// Whether any signal reads this source.
  [[nodiscard]] bool wants(block_source source) const noexcept { return wanted_[static_cast<std::size_t>(source)]; }
  /// Whether anything usable of this source came in since the block began.
  [[nodiscard]] bool holds(block_source source) const noexcept {
    switch (source) {
      case block_source::tokens: return !tokens_.empty();
      case block_source::samples: return !samples_.empty();
      case block_source::logits: return logits_.rows() != 0;
      case block_source::embeddings: return embeddings_.rows() != 0;
      case block_source::rewards: return rewards_.size() != 0;
      case block_source::policy: return policy_.tokens() != 0;
      case block_source::observed: break;
    }
    return false;
  }
  void clear(block_source source) noexcept {
    switch (source) {
      case block_source::tokens: tokens_.clear(); break;
      case block_source::samples: samples_.clear(); break;
      case block_source::logits: logits_.clear(); break;
      case block_source::embeddings: embeddings_.clear(); break;
      case block_source::rewards: rewards_.clear(); break;
      case block_source::policy: policy_.clear(); break;
      case block_source::observed: break;
    }
  }

  void save_fields(core::output_archive& out) const {
    if (wants(block_source::tokens)) tokens_.save_fields(out);
    if (wants(block_source::samples)) samples_.save_fields(out);
    if (wants(block_source::logits)) logits_.save_fields(out);
    if (wants(block_source::embeddings)) embeddings_.save_fields(out);
    if (wants(block_source::rewards)) rewards_.save_fields(out);
    if (wants(block_source::policy)) policy_.save_fields(out);
  }
  void load_fields(core::input_archive& in) {
    if (wants(block_source::tokens)) tokens_.load_fields(in);
    if (wants(block_source::samples)) samples_.load_fields(in);
    if (wants(block_source::logits)) logits_.load_fields(in);
    if (wants(block_source::embeddings)) embeddings_.load_fields(in);
    if (wants(block_source::rewards)) rewards_.load_fields(in);
    if (wants(block_source::policy)) policy_.load_fields(in);
  }

 private:
  std::array<bool, block_sources> wanted_{};
  block_text tokens_, samples_;
  block_logits logits_;
  block_embeddings embeddings_;
  block_rewards rewards_;
  block_policy policy_;
};

/// A signal's value on a block: any function of block_data that returns a number or an estimate. NaN: the block allows
/// none.
class block_measure {
 public:
  block_measure() = default;
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, block_measure> &&
             (std::is_invocable_r_v<double, const Function&, const block_data&> ||
              std::is_invocable_r_v<estimate, const Function&, const block_data&>))
  block_measure(Function f)  // NOLINT: a lambda is a measure
      : function_([f = std::move(f)](const block_data& block) -> estimate {
          if constexpr (std::is_invocable_r_v<estimate, const Function&, const block_data&>) {
            return f(block);
          } else {
            return {static_cast<double>(f(block)), core::nan, 1};
          }
        }) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(function_); }
  [[nodiscard]] estimate operator()(const block_data& block) const { return function_(block); }

 private:
  std::function<estimate(const block_data&)> function_;
};

}  // namespace tailwatch::monitor
