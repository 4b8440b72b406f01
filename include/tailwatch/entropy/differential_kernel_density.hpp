// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/entropy/detail/spacings.hpp"

namespace tailwatch::entropy {

struct differential_kernel_density_options {
  std::optional<double> bandwidth = {};  ///< h > 0; none: Silverman's rule 0.9 min(s, IQR/1.349) n^(−1/5)
  bool leave_one_out = false;            ///< the density at xᵢ without xᵢ itself
  information_unit unit = information_unit::nats;
};

namespace detail {

/// Silverman's rule of thumb for sorted data; 0 where they are all equal.
[[nodiscard]] inline double silverman_bandwidth(const std::vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  const auto quantile = [&](double p) {
    const double at = p * (n - 1.0);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, x.size() - 1);
    return x[below] + (at - static_cast<double>(below)) * (x[above] - x[below]);
  };
  const double deviation = x.size() < 2 ? 0.0 : std::sqrt(term_moments(x).variance * n / (n - 1.0));
  const double spread = (quantile(0.75) - quantile(0.25)) / 1.349;
  return 0.9 * (spread > 0.0 ? std::min(deviation, spread) : deviation) * std::pow(n, -0.2);
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Differential entropy of a sample through a Gaussian kernel density estimate, in one dimension.
///
///   H = −(1/n) Σᵢ ln f̂(xᵢ)      f̂(xᵢ) = Σⱼ exp(−(xᵢ − xⱼ)²/(2h²)) / (n h √(2π))
///
/// leave_one_out: the sum runs over j ≠ i and n − 1 replaces n. It is summed so, not by taking the own term off again, which
/// would lose every point without a neighbour within 8h; logarithms are taken relative to the nearest point, so no density
/// underflows.
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param options  bandwidth h, whether to leave one out, unit
/// @return         nats (or `unit`); standard error by the infinitesimal jackknife: the influence of xⱼ is
///                 −ln f̂(xⱼ) − Σᵢ wᵢⱼ with wᵢⱼ the share of j in f̂(xᵢ). It is that of a given h: a bandwidth chosen from the
///                 data adds scatter of its own (docs/entropy.md). NaN for no observation (leave_one_out: fewer than
///                 two), all equal without a bandwidth, or an observation that is NaN or infinite
/// @complexity     O(n log n + pairs within 11h), 24n bytes
/// @bias           upwards by the smoothing, O(h²); downwards by the own term, O(1/(nh)), unless leave_one_out
/// @throws         std::invalid_argument for a bandwidth that is not positive and finite
/// @see            I. Ahmad, P.-E. Lin (1976), IEEE Transactions on Information Theory 22, 372–375; P. Hall, S. C. Morton (1993),
///                 Annals of the Institute of Statistical Mathematics 45, 69–88
/// @example        examples/entropy/differential_entropy.cpp
struct differential_kernel_density_fn {
  static constexpr std::string_view name = "entropy.differential_kernel_density";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Ahmad and Lin (1976)";

  template <core::sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample,
                                    const differential_kernel_density_options& options = {}) const {
    if (options.bandwidth.has_value())
      core::check_positive("entropy::differential_kernel_density", "bandwidth", *options.bandwidth);
    const std::size_t n = core::as_span(sample).size();
    const auto x = detail::sorted_finite(sample);
    if (x.empty() || (options.leave_one_out && n < 2)) return {core::nan, core::nan, n};
    const double h = options.bandwidth.has_value() ? *options.bandwidth : detail::silverman_bandwidth(x);
    if (!core::is_finite(h) || !(h > 0.0)) return {core::nan, core::nan, n};
    std::vector<double> log_sums(n), shares(n, 0.0), terms;
    for (std::size_t i = 0; i < n; ++i) log_sums[i] = log_sum(x, i, h, options.leave_one_out, terms, shares);
    const detail::term_moments moments(log_sums);
    if (!core::is_finite(moments.mean)) return {core::nan, core::nan, n};
    for (std::size_t i = 0; i < n; ++i) log_sums[i] += shares[i];
    const double others = static_cast<double>(options.leave_one_out ? n - 1 : n);
    const double value = std::log(others * h) + 0.91893853320467274178 - moments.mean;  // ½ ln 2π
    const double error = n < 2 ? core::nan : detail::term_moments(log_sums).standard_error(n);
    return core::in_unit({value, error, n}, options.unit);
  }

 private:
  /// ln Σⱼ exp(−(xᵢ − xⱼ)²/(2h²)); adds the share of each j to shares[j].
  static double log_sum(const std::vector<double>& x, std::size_t i, double h, bool leave_one_out,
                        std::vector<double>& terms, std::vector<double>& shares) {
    constexpr double negligible = 60.0;  // e^−60 of the largest term, times any n that fits in memory, is below one bit
    const auto half_square = [&](std::size_t j) {
      const double z = (x[i] - x[j]) / h;
      return 0.5 * z * z;
    };
    double least = 0.0;
    if (leave_one_out) {
      least = core::infinity;
      if (i > 0) least = half_square(i - 1);
      if (i + 1 < x.size()) least = std::min(least, half_square(i + 1));
    }
    std::size_t first = i;
    while (first > 0 && half_square(first - 1) - least < negligible) --first;
    terms.clear();
    double sum = 0.0;
    std::size_t j = first;
    for (; j < x.size(); ++j) {
      const double excess = half_square(j) - least;
      if (j > i && !(excess < negligible)) break;
      const double term = leave_one_out && j == i ? 0.0 : std::exp(-excess);
      terms.push_back(term);
      sum += term;
    }
    for (std::size_t t = 0; t < terms.size(); ++t) shares[first + t] += terms[t] / sum;
    return std::log(sum) - least;
  }
};
inline constexpr differential_kernel_density_fn differential_kernel_density{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
