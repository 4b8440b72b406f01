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

/// Silverman's rule of thumb for sorted data, and how it moves with them.
struct silverman_rule {
  double bandwidth = 0.0;  ///< 0 where the data are all equal
  double mean = 0.0, deviation = 0.0, lower = 0.0, upper = 0.0;
  bool of_quartiles = false;  ///< the interquartile range is the smaller spread

  explicit silverman_rule(const std::vector<double>& x) {
    const auto n = static_cast<double>(x.size());
    const auto quantile = [&](double p) {
      const double at = p * (n - 1.0);
      const auto below = static_cast<std::size_t>(at);
      const std::size_t above = std::min(below + 1, x.size() - 1);
      return x[below] + (at - static_cast<double>(below)) * (x[above] - x[below]);
    };
    const term_moments moments(x);
    mean = moments.mean;
    deviation = x.size() < 2 ? 0.0 : std::sqrt(moments.variance * n / (n - 1.0));
    lower = quantile(0.25);
    upper = quantile(0.75);
    const double spread = (upper - lower) / 1.349;
    of_quartiles = spread > 0.0 && spread < deviation;
    bandwidth = 0.9 * (of_quartiles ? spread : deviation) * std::pow(n, -0.2);
  }

  /// Influence of every observation on the bandwidth; that on a quartile is (p − [xⱼ ≤ q])/f(q), 1/f(q) from the spacing of 2m
  /// gaps around it, m = ⌊√n + 1/2⌋, which stays bounded where the data have a gap.
  [[nodiscard]] std::vector<double> influence(const std::vector<double>& x) const {
    const std::size_t n = x.size();
    std::vector<double> moves(n);
    const auto sparsity = [&](double p) {
      const auto at = static_cast<std::size_t>(p * static_cast<double>(n - 1) + 0.5);
      const auto m = static_cast<std::size_t>(std::sqrt(static_cast<double>(n)) + 0.5);
      const std::size_t first = at > m ? at - m : 0, last = std::min(at + m, n - 1);
      return static_cast<double>(n) * (x[last] - x[first]) / static_cast<double>(last - first);
    };
    const double at_lower = of_quartiles ? sparsity(0.25) : 0.0, at_upper = of_quartiles ? sparsity(0.75) : 0.0;
    for (std::size_t j = 0; j < n; ++j) {
      const double z = (x[j] - mean) / deviation;
      const double of_range =
          (0.75 - (x[j] <= upper ? 1.0 : 0.0)) * at_upper - (0.25 - (x[j] <= lower ? 1.0 : 0.0)) * at_lower;
      moves[j] = bandwidth * (of_quartiles ? of_range / (upper - lower) : 0.5 * (z * z - 1.0));
    }
    return moves;
  }
};

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
/// @return         nats (or `unit`); standard error √(Var(Uⱼ)/n) from what each observation moves,
///                 Uⱼ = −ln f̂(xⱼ) + Σ_{i≠j} ln(1 − wᵢⱼ) + H′(h) Lⱼ, with wᵢⱼ the share of j in f̂(xᵢ): the jackknife at h,
///                 ln(1 − w) to fourth order (w ≤ 1/2; leave_one_out: to first, as w reaches 1), and Lⱼ the influence of xⱼ on
///                 Silverman's h, 0 where h is given. NaN for no observation (leave_one_out: fewer than
///                 two), all equal without a bandwidth, or an observation that is NaN or infinite
/// @complexity     O(n log n + pairs within 11h), 32n bytes
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
    const detail::silverman_rule rule(x);
    const double h = options.bandwidth.has_value() ? *options.bandwidth : rule.bandwidth;
    if (!core::is_finite(h) || !(h > 0.0)) return {core::nan, core::nan, n};
    std::vector<double> log_sums(n), shares(n, 0.0), terms;
    double squares = 0.0;  // Σᵢⱼ wᵢⱼ (xᵢ − xⱼ)²/h², the derivative of Σ ln f̂(xᵢ) in ln h, plus n
    for (std::size_t i = 0; i < n; ++i) log_sums[i] = log_sum(x, i, h, options.leave_one_out, terms, shares, squares);
    const detail::term_moments moments(log_sums);
    if (!core::is_finite(moments.mean)) return {core::nan, core::nan, n};
    for (std::size_t i = 0; i < n; ++i) log_sums[i] += shares[i];
    if (!options.bandwidth.has_value()) {
      const double slope = (squares / static_cast<double>(n) - 1.0) / h;
      const std::vector<double> moves = rule.influence(x);
      for (std::size_t i = 0; i < n; ++i) log_sums[i] += slope * moves[i];
    }
    const double others = static_cast<double>(options.leave_one_out ? n - 1 : n);
    const double value = std::log(others * h) + 0.91893853320467274178 - moments.mean;  // ½ ln 2π
    const double error = n < 2 ? core::nan : detail::term_moments(log_sums).standard_error(n);
    return core::in_unit({value, error > 0.0 && core::is_finite(error) ? error : core::nan, n}, options.unit);
  }

 private:
  /// ln Σⱼ exp(−(xᵢ − xⱼ)²/(2h²)); adds −ln(1 − share of j) of every other j to shares[j], and Σⱼ share·(xᵢ − xⱼ)²/h² to squares.
  static double log_sum(const std::vector<double>& x, std::size_t i, double h, bool leave_one_out,
                        std::vector<double>& terms, std::vector<double>& shares, double& squares) {
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
    double sum = 0.0, weighted = 0.0;
    std::size_t j = first;
    for (; j < x.size(); ++j) {
      const double excess = half_square(j) - least;
      if (j > i && !(excess < negligible)) break;
      const double term = leave_one_out && j == i ? 0.0 : std::exp(-excess);
      terms.push_back(term);
      sum += term;
      weighted += term * excess;
    }
    squares += 2.0 * (weighted / sum + least);
    terms[i - first] = 0.0;
    double* const of = shares.data() + first;
    if (leave_one_out) {
      for (std::size_t t = 0; t < terms.size(); ++t) of[t] += terms[t] / sum;
    } else {
      for (std::size_t t = 0; t < terms.size(); ++t) {
        const double w = terms[t] / sum;
        of[t] += w * (1.0 + w * (1.0 / 2 + w * (1.0 / 3 + w / 4)));
      }
    }
    return std::log(sum) - least;
  }
};
inline constexpr differential_kernel_density_fn differential_kernel_density{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
