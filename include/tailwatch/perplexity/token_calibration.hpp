// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/cluster_ratio.hpp"
#include "tailwatch/perplexity/detail/softmax_observation.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::perplexity {

enum class calibration_bins : std::uint8_t {
  equal_width,  ///< [i/B, (i+1)/B); the last includes 1
  equal_count,  ///< as many tokens in each, as far as equal confidences, which stay together, allow
};

struct token_calibration_options {
  std::size_t bins = 15;
  calibration_bins binning = calibration_bins::equal_width;
  /// Tokens per block of the standard errors; 1 treats tokens as independent.
  std::size_t block = 1;
};

/// Tokens of like confidence.
struct reliability_bin {
  double lower = 0.0, upper = 0.0;  ///< equal_width: the edges; equal_count: smallest and largest confidence
  double confidence = core::nan;    ///< mean
  estimate accuracy;                ///< share that came true; binomial standard error; count: tokens
};

struct token_calibration_result {
  std::vector<reliability_bin> bins;    ///< empty ones too, accuracy NaN
  estimate expected_calibration_error;  ///< ECE
  estimate maximum_calibration_error;   ///< largest |accuracy − confidence| of a bin, its binomial standard error
  estimate squared_calibration_error;   ///< Σ (n_b/n) (acc − conf)², less what sampling adds; may be below 0
  estimate overconfidence;              ///< mean of confidence − outcome: positive where the model is too sure
  estimate brier;                       ///< mean of (confidence − outcome)²
  estimate brier_full{core::nan, core::nan, 0};  ///< from logits: mean of Σ_v (p_v − [v came])²
  std::uint64_t rejected = 0;                    ///< confidences outside [0, 1], rows without a softmax, ids outside it
};

namespace detail {

/// Sums over the tokens of one bin.
struct calibration_sums {
  double confidence = 0.0;
  std::uint64_t tokens = 0, right = 0;
};

/// What bins alone say of n tokens: accuracies, largest and squared error. Returns the sign of accuracy − confidence of each,
/// 0 for an empty one.
[[nodiscard]] inline std::vector<double> calibration_of_bins(const std::vector<calibration_sums>& of, std::uint64_t n,
                                                             token_calibration_result& result) {
  const auto all = static_cast<double>(n);
  std::vector<double> sign(of.size(), 0.0);
  double squared = 0.0;
  double largest = -1.0;
  result.maximum_calibration_error = {core::nan, core::nan, n};
  for (std::size_t b = 0; b < of.size(); ++b) {
    if (of[b].tokens == 0) continue;
    const auto tokens = static_cast<double>(of[b].tokens);
    reliability_bin& r = result.bins[b];
    r.confidence = of[b].confidence / tokens;
    r.accuracy = summary::binomial_share(of[b].right, of[b].tokens);
    const double gap = r.accuracy.value - r.confidence;
    sign[b] = gap > 0.0 ? 1.0 : -1.0;
    if (std::abs(gap) > largest) {
      largest = std::abs(gap);
      result.maximum_calibration_error = {largest, r.accuracy.standard_error, n};
    }
    // A single token has no variance to subtract: its bin adds nothing that is known.
    if (of[b].tokens > 1)
      squared += tokens / all * (gap * gap - r.accuracy.value * (1.0 - r.accuracy.value) / (tokens - 1.0));
  }
  result.squared_calibration_error = {n != 0 ? squared : core::nan, core::nan, n};
  return sign;
}

/// `bins` bins of equal width, still empty.
[[nodiscard]] inline std::vector<reliability_bin> equal_width_bins(std::size_t bins) {
  std::vector<reliability_bin> result(bins);
  for (std::size_t b = 0; b < bins; ++b) {
    result[b].lower = static_cast<double>(b) / static_cast<double>(bins);
    result[b].upper = static_cast<double>(b + 1) / static_cast<double>(bins);
  }
  return result;
}
[[nodiscard]] inline std::size_t equal_width_bin(double confidence, std::size_t bins) noexcept {
  return std::min(static_cast<std::size_t>(confidence * static_cast<double>(bins)), bins - 1);
}

[[nodiscard]] inline bool is_probability(double x) noexcept { return !core::is_nan(x) && x >= 0.0 && x <= 1.0; }

/// One row of logits beside the token that came; not usable: no softmax, or an id outside the row.
struct row_confidence {
  bool usable = false;
  double confidence = 0.0;
  bool right = false;
  double brier = 0.0;  ///< Σ_v (p_v − [v came])²
};
template <class Arch, class T, class Id>
[[nodiscard]] row_confidence confidence_of_row(std::span<const T> logits, Id id) {
  const simd::row_partial row = observe<Arch>(logits, id);
  if (!simd::defined(row) || core::is_nan(row.target_logit)) return {};
  double squares = 0.0;  // Σ p² = Σ e^{2(x − m)}/s²
  for (const T x : logits) {
    const double e = std::exp(static_cast<double>(x) - row.maximum);
    squares += e * e;
  }
  return {true, simd::max_probability(row), row.target_logit >= row.maximum,
          squares / (row.sum * row.sum) - 2.0 * std::exp(-simd::negative_log_likelihood(row)) + 1.0};
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Do the probabilities of a model mean what they say? Reliability bins, calibration error and Brier score.
///
///   ECE = Σ_b (n_b/n) |acc_b − conf_b|        Brier = (1/n) Σ (c_t − y_t)²
///
/// c_t is the confidence, y_t ∈ {0, 1} the outcome. From logits they are the probability of the top token and whether that
/// token came (a tie at the top counts as right); any other event works as well.
///
/// A model trained on its own output grows too sure: overconfidence rises while perplexity on its own text falls.
///
/// @param confidences, outcomes  probabilities of an event each, and 0 or not 0; or
/// @param logits, tokens         rows(x, n, V) and the observed ids, n of them
/// @return        token_calibration_result. Standard errors with `block` consecutive tokens as clusters, of the ECE with the
///                signs of the gaps taken as given; squared_calibration_error: NaN. Without tokens: NaN
/// @complexity    O(n) and a sort for equal_count; from logits O(n·V)
/// @bias          the ECE of a calibrated model is not 0 but about √(2/π) Σ_b √(n_b acc_b(1 − acc_b))/n, and grows with the
///                bins; squared_calibration_error has that part removed. Brier and overconfidence: none
/// @throws        std::invalid_argument  sizes that differ, bins 0, block 0
/// @see           M. H. DeGroot, S. E. Fienberg (1983), The Statistician 32, 12–22; M. P. Naeini, G. F. Cooper, M. Hauskrecht
///                (2015), AAAI, 2901–2907 (ECE); A. Kumar, P. Liang, T. Ma (2019), NeurIPS (debiased); G. W. Brier (1950),
///                Monthly Weather Review 78, 1–3
/// @example       examples/perplexity/calibration.cpp
struct token_calibration_fn {
  static constexpr std::string_view name = "perplexity.token_calibration";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "DeGroot and Fienberg (1983)";

  template <core::floating_range Confidences, core::number_range Outcomes>
  [[nodiscard]] token_calibration_result operator()(const Confidences& confidences, const Outcomes& outcomes,
                                                    const token_calibration_options& options = {}) const {
    check(options);
    const auto c = core::as_span(confidences);
    const auto y = core::as_span(outcomes);
    core::check_same_size(function, "confidences", c.size(), "outcomes", y.size());
    std::vector<observation> seen;
    std::uint64_t rejected = 0;
    seen.reserve(c.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
      const auto confidence = static_cast<double>(c[i]);
      if (detail::is_probability(confidence)) {
        seen.push_back({confidence, y[i] != 0 ? 1.0 : 0.0});
      } else {
        ++rejected;
      }
    }
    return evaluate(seen, rejected, options);
  }

  template <class Arch = simd::default_arch, class T, core::integer_range Tokens>
  [[nodiscard]] token_calibration_result operator()(const core::rows_view<T>& logits, const Tokens& tokens,
                                                    const token_calibration_options& options = {}) const {
    check(options);
    const auto ids = core::as_span(tokens);
    core::check_same_size(function, "logits", logits.size, "tokens", ids.size());
    std::vector<observation> seen;
    std::vector<double> full;
    std::uint64_t rejected = 0;
    for (std::size_t r = 0; r < ids.size(); ++r) {
      const detail::row_confidence row = detail::confidence_of_row<Arch>(logits[r], ids[r]);
      if (!row.usable) {
        ++rejected;
        continue;
      }
      seen.push_back({row.confidence, row.right ? 1.0 : 0.0});
      full.push_back(row.brier);
    }
    token_calibration_result result = evaluate(seen, rejected, options);
    result.brier_full = mean(full.size(), options.block, [&](std::size_t i) { return full[i]; });
    return result;
  }

 private:
  static constexpr std::string_view function = "perplexity::token_calibration";
  struct observation {
    double confidence;
    double outcome;
  };

  static void check(const token_calibration_options& options) {
    core::check_at_least(function, "bins", options.bins, std::size_t{1});
    core::check_at_least(function, "block", options.block, std::size_t{1});
  }

  /// Mean of value(i) with blocks as clusters.
  template <class Value>
  static estimate mean(std::size_t n, std::size_t block, Value value) {
    const auto r = detail::cluster_ratio(n / block + (n % block != 0 ? 1 : 0), [&](std::size_t b) {
      detail::cluster c;
      for (std::size_t i = b * block; i < std::min(n, (b + 1) * block); ++i) {
        c.sum += value(i);
        ++c.units;
      }
      return c;
    });
    return {r.mean, r.standard_error, r.units};
  }

  /// The bin of each observation; sets edges.
  static std::vector<std::size_t> assign(const std::vector<observation>& seen, const token_calibration_options& options,
                                         std::vector<reliability_bin>& bins) {
    const auto count = static_cast<double>(options.bins);
    std::vector<std::size_t> bin(seen.size());
    if (options.binning == calibration_bins::equal_width) {
      bins = detail::equal_width_bins(options.bins);
      for (std::size_t i = 0; i < seen.size(); ++i) bin[i] = detail::equal_width_bin(seen[i].confidence, options.bins);
      return bin;
    }
    bins.resize(options.bins);
    std::vector<std::size_t> order(seen.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return seen[a].confidence < seen[b].confidence; });
    std::size_t at = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
      const double confidence = seen[order[k]].confidence;
      if (k == 0 || confidence > seen[order[k - 1]].confidence) {
        // Where this run of equal confidences belongs by its first rank.
        const std::size_t wanted =
            static_cast<std::size_t>(static_cast<double>(k) / static_cast<double>(order.size()) * count);
        if (k == 0 || wanted > at) {
          at = std::min(wanted, options.bins - 1);
          bins[at].lower = confidence;
        }
      }
      bins[at].upper = confidence;
      bin[order[k]] = at;
    }
    return bin;
  }

  static token_calibration_result evaluate(const std::vector<observation>& seen, std::uint64_t rejected,
                                           const token_calibration_options& options) {
    token_calibration_result result;
    result.rejected = rejected;
    const std::vector<std::size_t> bin = assign(seen, options, result.bins);
    std::vector<detail::calibration_sums> of(options.bins);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      of[bin[i]].confidence += seen[i].confidence;
      ++of[bin[i]].tokens;
      of[bin[i]].right += seen[i].outcome > 0.0 ? 1U : 0U;
    }
    const std::size_t n = seen.size();
    const std::vector<double> sign = detail::calibration_of_bins(of, n, result);
    result.expected_calibration_error =
        mean(n, options.block, [&](std::size_t i) { return sign[bin[i]] * (seen[i].outcome - seen[i].confidence); });
    result.overconfidence = mean(n, options.block, [&](std::size_t i) { return seen[i].confidence - seen[i].outcome; });
    result.brier = mean(n, options.block, [&](std::size_t i) {
      const double d = seen[i].confidence - seen[i].outcome;
      return d * d;
    });
    return result;
  }
};
inline constexpr token_calibration_fn token_calibration{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
