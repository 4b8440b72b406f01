// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::perplexity {

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

// Mean and se² = Σ(x − mean)²/(n(n − 1)).
[[nodiscard]] inline estimate mean_of(std::span<const double> x) {
  const auto n = static_cast<double>(x.size());
  if (x.empty()) return {};
  double sum = 0.0;
  for (const double v : x) sum += v;
  const double mean = sum / n;
  double squares = 0.0;
  for (const double v : x) squares += (v - mean) * (v - mean);
  return {mean, x.size() < 2 ? core::nan : std::sqrt(squares / (n * (n - 1.0))), x.size()};
}

[[nodiscard]] inline double correlation(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean_of(x).value;
  const double mean_y = mean_of(y).value;
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
/// logits is needed and memory is 24 bytes a token, whatever the vocabulary.
///
///   token_kl_accumulator all;
///   for each batch: all.update(rows(base_logits, n, V), rows(model_logits, n, V), tokens);
///   const kl_report report = all.report();
///
/// The report of two merged accumulators is that of their tokens one after the other.
/// @throws std::invalid_argument  from update, for shapes that differ; the accumulator is then as it was
class token_kl_accumulator {
 public:
  template <std::floating_point T, core::integer_range Tokens>
  void update(const core::rows_view<T>& base, const core::rows_view<T>& model, const Tokens& tokens) {
    constexpr const char* function = "perplexity::token_kl_report";
    const auto ids = core::as_span(tokens);
    core::check_same_size(function, "base", base.size, "model", model.size);
    core::check_same_size(function, "base row", base.dimension, "model row", model.dimension);
    core::check_same_size(function, "base", base.size, "tokens", ids.size());
    for (std::size_t r = 0; r < base.size; ++r) {
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

      same_ += p.top == q.top ? 1U : 0U;
    }
  }

  void merge(const token_kl_accumulator& other) {
    model_.insert(model_.end(), other.model_.begin(), other.model_.end());
    base_.insert(base_.end(), other.base_.begin(), other.base_.end());
    divergence_.insert(divergence_.end(), other.divergence_.begin(), other.divergence_.end());
    same_ += other.same_;
    rejected_ += other.rejected_;
  }
  void reset() { *this = {}; }
  [[nodiscard]] std::uint64_t count() const noexcept { return model_.size(); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

  /// @complexity  O(tokens log tokens)
  [[nodiscard]] kl_report report() const {
    kl_report report;
    const std::vector<double>& a = model_;
    const std::vector<double>& b = base_;
    report.rejected = rejected_;
    report.divergence = divergence_;
    std::vector<double> difference, squares;
    for (std::size_t i = 0; i < a.size(); ++i) {
      difference.push_back(a[i] - b[i]);
      report.probability_change.push_back(std::exp(-a[i]) - std::exp(-b[i]));
    }
    report.count = a.size();
    if (a.empty()) return report;
    const auto exponential = [](const estimate& e) {
      const double value = std::exp(e.value);
      return estimate{value, value * e.standard_error, e.count};
    };
    report.perplexity_model = exponential(detail::mean_of(a));
    report.perplexity_base = exponential(detail::mean_of(b));
    report.log_perplexity_correlation = detail::correlation(a, b);
    report.log_perplexity_ratio = detail::mean_of(difference);
    report.perplexity_ratio = exponential(report.log_perplexity_ratio);
    report.mean_divergence = detail::mean_of(report.divergence);
    report.mean_probability_change = detail::mean_of(report.probability_change);
    for (const double d : report.probability_change) squares.push_back(d * d);
    const estimate square = detail::mean_of(squares);
    const double rms = std::sqrt(square.value);
    report.rms_probability_change = {rms, rms > 0.0 ? square.standard_error / (2.0 * rms) : core::nan, square.count};
    const auto n = static_cast<double>(report.count);
    const double share = static_cast<double>(same_) / n;
    report.same_top = {share, report.count < 2 ? core::nan : std::sqrt(share * (1.0 - share) / (n - 1.0)),
                       report.count};
    std::sort(report.divergence.begin(), report.divergence.end());
    std::sort(report.probability_change.begin(), report.probability_change.end());
    return report;
  }

  friend bool operator==(const token_kl_accumulator&, const token_kl_accumulator&) = default;

 private:
  std::vector<double> model_, base_;  // −ln p of each observed token
  std::vector<double> divergence_;
  std::uint64_t same_ = 0;
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
/// @return             kl_report. Standard errors treat tokens as independent (delta method for perplexities and the
///                     root mean square; √(s(1 − s)/(n − 1)) for shares) and are NaN for one token. A token or cell
///                     that the model rules out gives +∞
/// @complexity         O(n·V), two exponentials per cell; 24 bytes per token kept, as many again for the report
/// @bias               none for means
/// @throws             std::invalid_argument  shapes that differ
/// @see                the fields of `llama-perplexity --kl-divergence`
/// @example            examples/perplexity/token_perplexity.cpp
struct token_kl_report_fn {
  static constexpr std::string_view name = "perplexity.token_kl_report";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "llama.cpp perplexity tool";

  template <std::floating_point T, core::integer_range Tokens>
  [[nodiscard]] kl_report operator()(const core::rows_view<T>& base, const core::rows_view<T>& model,
                                     const Tokens& tokens) const {
    token_kl_accumulator all;
    all.update(base, model, tokens);
    return all.report();
  }
};
inline constexpr token_kl_report_fn token_kl_report{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
