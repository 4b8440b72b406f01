// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/tail/hill.hpp"

/// How many order statistics Hill's estimator should use, by deterministic rules. Each returns k, or 0 where none can be chosen.
namespace tailwatch::tail {

struct hill_order_reiss_thomas_options {
  double exponent = 0.3;     ///< b, finite
  std::size_t smallest = 2;  ///< first k tried, ≥ 1
  std::size_t largest = 0;   ///< last k tried; 0: n − 1
};

/// Reiss and Thomas: the k whose estimates up to k are most stable.
///
///   argmin_k (1/k) Σ_{i≤k} i^b |Hᵢ − median(H₁ … H_k)|,  first on ties
///
/// Widely used and not robust: it picks k = 2 or k = n − 1 often.
/// @complexity  O(k²)
/// @throws      std::invalid_argument for smallest = 0 or an exponent that is not finite
/// @see         R.-D. Reiss, M. Thomas (2007), Statistical Analysis of Extreme Values, section 5.1
template <sample_source Source>
[[nodiscard]] std::size_t hill_order_reiss_thomas(const Source& sample,
                                                  const hill_order_reiss_thomas_options& options = {}) {
  core::check_at_least("tail::hill_order_reiss_thomas", "smallest", options.smallest, std::size_t{1});
  core::check(core::is_finite(options.exponent), "tail::hill_order_reiss_thomas", "exponent", options.exponent,
              "finite");
  const std::size_t n = core::as_span(sample).size();
  const std::size_t last = options.largest == 0 ? (n == 0 ? 0 : n - 1) : options.largest;
  if (last == 0) return 0;
  const auto curve = hill_curve(sample, last);
  std::vector<double> sorted;
  std::size_t best = 0;
  double least = core::infinity;
  for (std::size_t k = 1; k <= curve.size() && !core::is_nan(curve[k - 1]); ++k) {
    sorted.insert(std::ranges::upper_bound(sorted, curve[k - 1]), curve[k - 1]);
    if (k < options.smallest) continue;
    const double median = k % 2 == 1 ? sorted[k / 2] : 0.5 * (sorted[k / 2 - 1] + sorted[k / 2]);
    double sum = 0.0;
    for (std::size_t i = 1; i <= k; ++i)
      sum += std::pow(static_cast<double>(i), options.exponent) * std::abs(curve[i - 1] - median);
    sum /= static_cast<double>(k);
    if (sum < least) {
      least = sum;
      best = k;
    }
  }
  return best;
}

/// Largest or mean absolute distance between the quantiles of the sample and those of the fitted tail.
enum class quantile_distance { largest, mean };

struct hill_order_minimum_distance_options {
  double fraction = 0.15;  ///< share of the sample that may be tail, in (0, 1]
  quantile_distance distance = quantile_distance::largest;
};

/// Danielsson, Ergun, de Haan and de Vries: the k whose fitted quantiles are closest to those of the sample.
///
///   argmin_k ‖X₍ₖ₎ (k/j)^{H_k} − X₍ⱼ₊₁₎‖ over j;  j, k = 1 … ⌊n·fraction⌋ − 1, first on ties
///
/// @complexity  O((n·fraction)²)
/// @throws      std::invalid_argument unless 0 < fraction ≤ 1
/// @see         J. Danielsson, L. M. Ergun, L. de Haan, C. G. de Vries (2016), Tail index estimation: quantile driven
///              threshold selection
template <sample_source Source>
[[nodiscard]] std::size_t hill_order_minimum_distance(const Source& sample,
                                                      const hill_order_minimum_distance_options& options = {}) {
  core::check(options.fraction > 0.0 && options.fraction <= 1.0, "tail::hill_order_minimum_distance", "fraction",
              options.fraction, "above 0 and at most 1");
  const std::size_t n = core::as_span(sample).size();
  const auto span = static_cast<std::size_t>(static_cast<double>(n) * options.fraction);
  if (span < 2) return 0;
  const std::size_t last = span - 1;
  const auto x = detail::largest(sample, last + 1);
  const auto curve = hill_curve(sample, last);
  std::size_t best = 0;
  double least = core::infinity;
  for (std::size_t k = 1; k <= curve.size() && !core::is_nan(curve[k - 1]); ++k) {
    double distance = 0.0;
    for (std::size_t j = 1; j <= last; ++j) {
      const double fitted = x[k - 1] * std::pow(static_cast<double>(k) / static_cast<double>(j), curve[k - 1]);
      const double gap = std::abs(fitted - x[j]);
      distance = options.distance == quantile_distance::largest ? std::max(distance, gap) : distance + gap;
    }
    if (distance < least) {
      least = distance;
      best = k;
    }
  }
  return best;
}

}  // namespace tailwatch::tail
