// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/cluster_ratio.hpp"

namespace tailwatch::perplexity {

struct token_kl_report_options {
  /// Counted tokens per block of the standard errors; 1 treats tokens as independent, which they are not: optimistic errors.
  std::size_t block = 1;
  bool by_document = false;  ///< documents (lengths, or end_document) are the blocks, `block` is not looked at
  /// One byte per token, 0: left out (padding, prompt). Empty: every token counts.
  std::span<const std::uint8_t> mask{};
};

/// How a model differs from a base model on the same tokens; see token_kl_report. Nats and fractions throughout.
struct kl_report {
  estimate perplexity_model;
  estimate perplexity_base;
  double log_perplexity_correlation = core::nan;  ///< Pearson, of −ln p over tokens; NaN without spread
  estimate log_perplexity_ratio;                  ///< mean of ln p_base − ln p_model
  estimate perplexity_ratio;                      ///< its exponential, model over base
  estimate mean_divergence;                       ///< KL(base‖model) per token
  estimate mean_probability_change;               ///< p_model − p_base of the observed token
  estimate rms_probability_change;
  estimate same_top;  ///< share of rows whose largest logit is at the same id in both
  std::uint64_t count = 0;
  std::uint64_t clusters = 0;              ///< blocks or documents behind the standard errors
  std::uint64_t masked = 0;                ///< tokens that the mask left out
  std::uint64_t rejected = 0;              ///< rows with NaN, +∞ or nothing but −∞; ids beyond the row
  std::vector<double> divergence;          ///< KL(base‖model) of every token, rising
  std::vector<double> probability_change;  ///< p_model − p_base of every observed token, rising

  /// Quantile f of the divergence, linear between order statistics at f(n − 1); 0 and 1 are its extremes.
  [[nodiscard]] double divergence_quantile(double f) const { return quantile(divergence, f); }
  [[nodiscard]] double probability_change_quantile(double f) const { return quantile(probability_change, f); }

 private:
  [[nodiscard]] static double quantile(std::span<const double> x, double f) {
    core::check_closed_interval("perplexity::kl_report", "quantile", f, 0.0, 1.0);
    if (x.empty()) return core::nan;
    const double at = f * static_cast<double>(x.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(at), x.size() - 1);
    const double part = at - static_cast<double>(below);
    return part > 0.0 ? (1.0 - part) * x[below] + part * x[below + 1] : x[below];
  }
};

namespace detail {

/// Where the blocks of a list of tokens end.
[[nodiscard]] inline std::vector<std::size_t> block_ends(std::size_t tokens, std::size_t block) {
  std::vector<std::size_t> ends;
  for (std::size_t end = 0; end < tokens;) ends.push_back(end += std::min(block, tokens - end));
  return ends;
}

/// Mean of at(0), at(1), … with blocks as clusters.
template <class At>
[[nodiscard]] estimate mean_over(const std::vector<std::size_t>& ends, At at) {
  const ratio r = cluster_ratio(ends.size(), [&](std::size_t b) {
    cluster c;
    for (std::size_t i = b == 0 ? 0 : ends[b - 1]; i < ends[b]; ++i) {
      c.sum += static_cast<double>(at(i));
      ++c.units;
    }
    return c;
  });
  return {r.mean, r.standard_error, r.units};
}

[[nodiscard]] inline double correlation(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0.0, mean_y = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i];
    mean_y += y[i];
  }
  mean_x /= n;
  mean_y /= n;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : core::nan;
}

struct softmax_row {
  double log_sum = core::nan;  // ln Σ eˣ; NaN: not usable
  std::size_t top = 0;
};
template <std::floating_point T>
[[nodiscard]] softmax_row softmax_of(std::span<const T> row) {
  softmax_row s;
  for (const T x : row)
    if (core::is_nan(x)) return s;
  if (row.empty()) return s;
  s.top = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
  const auto largest = static_cast<double>(row[s.top]);
  if (!core::is_finite(largest)) return s;
  double sum = 0.0;
  for (const T x : row) sum += std::exp(static_cast<double>(x) - largest);
  s.log_sum = largest + std::log(sum);
  return s;
}

}  // namespace detail

/// Collects a token_kl_report batch by batch: both models side by side, rows given back after each call, so that no file of
/// logits is needed and memory is 25 bytes a token, whatever the vocabulary.
///
///   token_kl_accumulator all;
///   for each batch: all.update(rows(base_logits, n, V), rows(model_logits, n, V), tokens, mask);
///                   all.end_document();                      // where errors are to go by documents or batches
///   const kl_report report = all.report({.by_document = true});
///
/// The report of two merged accumulators is that of their tokens one after the other; what either holds behind its last
/// document end is a document of its own.
/// @throws std::invalid_argument  from update, for shapes that differ; the accumulator is then as it was
class token_kl_accumulator {
 public:
  /// @param mask  one byte per token, 0: left out; empty: every token counts
  template <std::floating_point T, core::integer_range Tokens>
  void update(const core::rows_view<T>& base, const core::rows_view<T>& model, const Tokens& tokens,
              std::span<const std::uint8_t> mask = {}) {
    constexpr const char* function = "perplexity::token_kl_report";
    const auto ids = core::as_span(tokens);
    core::check_same_size(function, "base", base.size, "model", model.size);
    core::check_same_size(function, "base row", base.dimension, "model row", model.dimension);
    core::check_same_size(function, "base", base.size, "tokens", ids.size());
    if (!mask.empty()) core::check_same_size(function, "tokens", ids.size(), "mask", mask.size());
    for (std::size_t r = 0; r < base.size; ++r) {
      if (!mask.empty() && mask[r] == 0) {
        ++masked_;
        continue;
      }
      const auto base_row = base[r];
      const auto model_row = model[r];
      const detail::softmax_row p = detail::softmax_of(base_row);
      const detail::softmax_row q = detail::softmax_of(model_row);
      const auto id = static_cast<std::uint64_t>(ids[r]);
      if (core::is_nan(p.log_sum) || core::is_nan(q.log_sum) || id >= base.dimension) {
        ++rejected_;
        continue;
      }
      double divergence = 0.0;
      for (std::size_t v = 0; v < base_row.size(); ++v) {
        const double log_p = static_cast<double>(base_row[v]) - p.log_sum;
        const double mass = std::exp(log_p);
        if (mass > 0.0) divergence += mass * (log_p - (static_cast<double>(model_row[v]) - q.log_sum));
      }
      const auto t = static_cast<std::size_t>(id);
      model_.push_back(q.log_sum - static_cast<double>(model_row[t]));
      base_.push_back(p.log_sum - static_cast<double>(base_row[t]));
      divergence_.push_back(divergence);
      same_top_.push_back(p.top == q.top ? 1 : 0);
    }
  }

  /// The tokens since the last call are one document (or one batch): a cluster of the standard errors.
  void end_document() {
    if (count() > (document_ends_.empty() ? 0 : document_ends_.back())) document_ends_.push_back(model_.size());
  }

  void merge(const token_kl_accumulator& other) {
    const token_kl_accumulator copy = &other == this ? other : token_kl_accumulator();
    const token_kl_accumulator& from = &other == this ? copy : other;
    const std::size_t before = model_.size();
    if (!document_ends_.empty() || !from.document_ends_.empty()) end_document();
    for (const std::size_t end : from.document_ends_) document_ends_.push_back(before + end);
    model_.insert(model_.end(), from.model_.begin(), from.model_.end());
    base_.insert(base_.end(), from.base_.begin(), from.base_.end());
    divergence_.insert(divergence_.end(), from.divergence_.begin(), from.divergence_.end());
    same_top_.insert(same_top_.end(), from.same_top_.begin(), from.same_top_.end());
    masked_ += from.masked_;
    rejected_ += from.rejected_;
  }
  void reset() { *this = {}; }
  [[nodiscard]] std::uint64_t count() const noexcept { return model_.size(); }
  [[nodiscard]] std::uint64_t masked() const noexcept { return masked_; }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

  /// @complexity  O(tokens log tokens)
  /// @throws      std::invalid_argument  block 0, or a mask: that is an argument of update
  [[nodiscard]] kl_report report(const token_kl_report_options& options = {}) const {
    constexpr const char* function = "perplexity::token_kl_report";
    core::check_at_least(function, "block", options.block, std::size_t{1});
    core::check_at_most(function, "size of the mask in report", options.mask.size(), std::size_t{0});
    kl_report report;
    const std::vector<double>& a = model_;
    const std::vector<double>& b = base_;
    report.rejected = rejected_;
    report.masked = masked_;
    report.divergence = divergence_;
    for (std::size_t i = 0; i < a.size(); ++i) report.probability_change.push_back(std::exp(-a[i]) - std::exp(-b[i]));
    report.count = a.size();
    if (a.empty()) return report;
    std::vector<std::size_t> ends;
    if (options.by_document) {
      ends = document_ends_;
      if (ends.empty() || ends.back() < a.size()) ends.push_back(a.size());
    } else {
      ends = detail::block_ends(a.size(), options.block);
    }
    report.clusters = ends.size();
    const auto exponential = [](const estimate& e) {
      const double value = std::exp(e.value);
      return estimate{value, value * e.standard_error, e.count};
    };
    const auto& change = report.probability_change;
    report.perplexity_model = exponential(detail::mean_over(ends, [&](std::size_t i) { return a[i]; }));
    report.perplexity_base = exponential(detail::mean_over(ends, [&](std::size_t i) { return b[i]; }));
    report.log_perplexity_correlation = detail::correlation(a, b);
    report.log_perplexity_ratio = detail::mean_over(ends, [&](std::size_t i) { return a[i] - b[i]; });
    report.perplexity_ratio = exponential(report.log_perplexity_ratio);
    report.mean_divergence = detail::mean_over(ends, [&](std::size_t i) { return divergence_[i]; });
    report.mean_probability_change = detail::mean_over(ends, [&](std::size_t i) { return change[i]; });
    const estimate square = detail::mean_over(ends, [&](std::size_t i) { return change[i] * change[i]; });
    const double rms = std::sqrt(square.value);
    report.rms_probability_change = {rms, rms > 0.0 ? square.standard_error / (2.0 * rms) : core::nan, square.count};
    report.same_top = detail::mean_over(ends, [&](std::size_t i) { return same_top_[i]; });
    std::sort(report.divergence.begin(), report.divergence.end());
    std::sort(report.probability_change.begin(), report.probability_change.end());
    return report;
  }

  friend bool operator==(const token_kl_accumulator&, const token_kl_accumulator&) = default;

 private:
  std::vector<double> model_, base_;  // −ln p of each observed token
  std::vector<double> divergence_;
  std::vector<std::uint8_t> same_top_;
  std::vector<std::size_t> document_ends_;
  std::uint64_t masked_ = 0;
  std::uint64_t rejected_ = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Token by token comparison of a model with a base model (the original and a quantised, fine-tuned or later
/// generation).
///
///   a = −ln p_model(t), b = −ln p_base(t), k = Σ_v p_base ln(p_base/p_model), d = p_model(t) − p_base(t), t observed
///
/// perplexities exp(mean a), exp(mean b); ratio exp(mean(a − b)), whose error uses that both are seen on the same
/// tokens; mean, quantiles and extremes of k and d; share of rows with the same top id. Nothing is quantised and the
/// tail of the base is not cut off, so no divergence is below −1e-15.
///
/// @param base, model  rows(x, n, V), logits; log-probabilities serve as well
/// @param tokens       observed ids, n of them
/// @param lengths      optional, tokens per document, masked ones included: the documents are then the clusters of the errors
/// @return             kl_report. Standard errors from blocks of `block` counted tokens, or documents, as independent clusters
///                     (linearised ratio of sums; delta method for perplexities and the root mean square). With block = 1
///                     they are those of independent tokens, for shares √(s(1 − s)/(n − 1)); NaN for one cluster. A token or
///                     cell that the model rules out gives +∞
/// @complexity         O(n·V), two exponentials per cell; 25 bytes per token kept, as many again for the report
/// @bias               none for means
/// @throws             std::invalid_argument  shapes that differ, block 0, lengths that do not add up, by_document without
///                     lengths
/// @see                the fields of `llama-perplexity --kl-divergence`
/// @example            examples/perplexity/token_perplexity.cpp
struct token_kl_report_fn {
  static constexpr std::string_view name = "perplexity.token_kl_report";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "llama.cpp perplexity tool";

  template <std::floating_point T, core::integer_range Tokens>
  [[nodiscard]] kl_report operator()(const core::rows_view<T>& base, const core::rows_view<T>& model,
                                     const Tokens& tokens, const token_kl_report_options& options = {}) const {
    if (options.by_document) core::throw_invalid(function, "by_document", 1, "false where no lengths are given");
    core::check_at_least(function, "block", options.block, std::size_t{1});
    token_kl_accumulator all;
    all.update(base, model, tokens, options.mask);
    return all.report({.block = options.block});
  }

  template <std::floating_point T, core::integer_range Tokens, core::integer_range Lengths>
  [[nodiscard]] kl_report operator()(const core::rows_view<T>& base, const core::rows_view<T>& model,
                                     const Tokens& tokens, const Lengths& lengths,
                                     const token_kl_report_options& options = {}) const {
    const auto ids = core::as_span(tokens);
    core::check_same_size(function, "base", base.size, "tokens", ids.size());
    core::check_same_size(function, "base", base.size, "model", model.size);
    if (!options.mask.empty()) core::check_same_size(function, "tokens", ids.size(), "mask", options.mask.size());
    token_kl_accumulator all;
    std::size_t begin = 0;
    for (const auto length : core::as_span(lengths)) {
      if constexpr (std::signed_integral<std::ranges::range_value_t<Lengths>>)
        core::check(length >= 0, function, "document length", static_cast<long long>(length), "at least 0");
      const auto size = static_cast<std::size_t>(length);
      core::check(size <= ids.size() - begin, function, "sum of document lengths", begin + size,
                  "the number of tokens, " + core::to_text(ids.size()));
      const auto part = [&](const core::rows_view<T>& x) {
        return core::rows_view<T>{x.data + begin * x.dimension, size, x.dimension};
      };
      all.update(part(base), part(model), ids.subspan(begin, size),
                 options.mask.empty() ? options.mask : options.mask.subspan(begin, size));
      all.end_document();
      begin += size;
    }
    core::check(begin == ids.size(), function, "sum of document lengths", begin,
                "the number of tokens, " + core::to_text(ids.size()));
    return all.report({.by_document = true});
  }

 private:
  static constexpr std::string_view function = "perplexity::token_kl_report";
};
inline constexpr token_kl_report_fn token_kl_report{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
