// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
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
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/log_probability_clusters.hpp"

namespace tailwatch::perplexity {

struct perplexity_quantiles_options {
  std::vector<double> probabilities{0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999};  ///< both tails
  /// Tokens per unit: 1, the perplexity 1/p of each token; more, that of each run of so many.
  std::size_t block = 1;
  std::span<const std::uint8_t> mask{};  ///< one byte per token, 0: left out
  double level = 0.95;                   ///< of the intervals
};

struct perplexity_quantile {
  double probability = core::nan;
  estimate value;           ///< standard error: width of the interval over 2z; NaN where an end is not bounded
  core::interval interval;  ///< distribution-free; ends 1 and +∞ where no order statistic bounds the quantile
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Quantiles of the perplexities of tokens, blocks or documents. The mean hides both tails: generated text first loses the
/// hard tokens (upper tail), and gains stretches that are all too easy (lower tail).
///
///   Q(f): linear between the order statistics of exp(−mean ln p) at f(n − 1)
///
/// @param x        log_probabilities(x): ln p of the observed tokens, nats
/// @param lengths  optional, tokens per document: documents are then the units
/// @return         one per probability, as ordered in the options; `value.count` = units with a counted token. NaN without
///                 units, or with a NaN among them. The interval takes units as independent: the order statistics X_(l), X_(u)
///                 with P(Binomial(n, f) < l) ≤ α/2 and P(Binomial(n, f) ≥ u) ≤ α/2, so that it covers with at least the
///                 level
/// @complexity     O(T log T); per quantile O(log n) incomplete beta functions
/// @bias           of the extreme quantiles towards the middle, O(1/n)
/// @throws         std::invalid_argument  a probability or level outside (0, 1), block 0, a mask of another size, lengths that
///                 do not add up
/// @see            H. A. David, H. N. Nagaraja (2003), Order Statistics, §7.1; R. S. Woodruff (1952), JASA 47, 635–646 (error
///                 from the interval)
/// @example        examples/perplexity/calibration.cpp
struct perplexity_quantiles_fn {
  static constexpr std::string_view name = "perplexity.perplexity_quantiles";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "David and Nagaraja (2003)";

  template <std::floating_point T>
  [[nodiscard]] std::vector<perplexity_quantile> operator()(const core::log_probabilities_view<T>& x,
                                                            const perplexity_quantiles_options& options = {}) const {
    core::check_at_least(function, "block", options.block, std::size_t{1});
    detail::check_log_probabilities(function, x.span(), options.mask);
    std::vector<detail::cluster> units;
    for (std::size_t begin = 0; begin < x.size(); begin += options.block)
      units.push_back(detail::sum_of(x.span(), options.mask, begin, begin + std::min(options.block, x.size() - begin)));
    return of(units, options);
  }
  template <std::floating_point T, core::integer_range Lengths>
  [[nodiscard]] std::vector<perplexity_quantile> operator()(const core::log_probabilities_view<T>& x,
                                                            const Lengths& lengths,
                                                            const perplexity_quantiles_options& options = {}) const {
    return of(detail::documents_of(function, x.span(), lengths, options.mask), options);
  }

 private:
  static constexpr std::string_view function = "perplexity::perplexity_quantiles";

  static std::vector<perplexity_quantile> of(const std::vector<detail::cluster>& units,
                                             const perplexity_quantiles_options& options) {
    core::check_open_interval(function, "level", options.level, 0.0, 1.0);
    for (const double f : options.probabilities) core::check_open_interval(function, "probability", f, 0.0, 1.0);
    std::vector<double> sorted;
    bool defined = true;
    for (const detail::cluster& c : units) {
      if (c.units == 0) continue;
      sorted.push_back(std::exp(-c.sum / static_cast<double>(c.units)));
      defined = defined && !core::is_nan(c.sum);
    }
    const std::size_t n = sorted.size();
    defined = defined && n != 0;
    if (defined) std::sort(sorted.begin(), sorted.end());
    std::vector<perplexity_quantile> quantiles;
    for (const double f : options.probabilities) {
      perplexity_quantile q{f, {core::nan, core::nan, n}, {core::nan, core::nan, options.level}};
      if (defined) {
        const double at = f * static_cast<double>(n - 1);
        const auto below = std::min(static_cast<std::size_t>(at), n - 1);
        const double part = at - static_cast<double>(below);
        q.value.value = part > 0.0 ? (1.0 - part) * sorted[below] + part * sorted[below + 1] : sorted[below];
        bound(sorted, f, options.level, q);
      }
      quantiles.push_back(q);
    }
    return quantiles;
  }

  static void bound(const std::vector<double>& sorted, double f, double level, perplexity_quantile& q) {
    const std::size_t n = sorted.size();
    const double tail = 0.5 * (1.0 - level);
    // P(Binomial(n, f) ≥ k) = I_f(k, n − k + 1), falling in k.
    const auto at_least = [&](std::size_t k) {
      if (k == 0) return 1.0;
      if (k > n) return 0.0;
      return boost::math::ibeta(static_cast<double>(k), static_cast<double>(n - k + 1), f);
    };
    // The largest k with P(≥ k) ≥ bound; 0 always has.
    const auto largest = [&](double bound_at) {
      std::size_t low = 0, high = n + 1;
      while (high - low > 1) {
        const std::size_t middle = low + (high - low) / 2;
        (at_least(middle) >= bound_at ? low : high) = middle;
      }
      return low;
    };
    // X_(l) ≤ q unless fewer than l fall below q; X_(u) > q unless u or more do.
    const std::size_t l = largest(1.0 - tail);
    std::size_t u = largest(tail) + 1;
    if (at_least(u - 1) <= tail && u > 1) --u;
    q.interval.lower = l == 0 ? 1.0 : sorted[l - 1];
    q.interval.upper = u > n ? core::infinity : sorted[u - 1];
    if (l != 0 && u <= n && core::is_finite(q.interval.upper))
      q.value.standard_error = (q.interval.upper - q.interval.lower) / (2.0 * core::normal_quantile(0.5 + 0.5 * level));
  }
};
inline constexpr perplexity_quantiles_fn perplexity_quantiles{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
