// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::drift {

/// The divergences whose noise floor is known without further choices.
enum class divergence {
  jensen_shannon,  ///< jensen_shannon_divergence
  total_variation,
  squared_hellinger,          ///< hellinger²
  kullback_leibler_smoothed,  ///< with the options in `smoothed`; good_turing_backoff has no floor
  kullback_leibler,  ///< first order only: (K − 1)/2 · (1/n + 1/m); the mean of the plain estimate is infinite
};

struct noise_floor_options {
  drift::divergence divergence = drift::divergence::jensen_shannon;
  information_unit unit = information_unit::nats;
  kullback_leibler_smoothed_options smoothed = {};  ///< its unit is not used
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Mean and standard deviation of Σ g(a, b) over all ways to deal the n + m pooled observations into n and m.
///
/// Given its pooled count c, the count a of a cell is hypergeometric: P(a) ∝ C(c, a) C(N − c, n − a). The mean is the sum of
/// the cells' means, exactly. For the variance the cells are taken as independent binomials given Σ a = n, which removes the
/// part of g that is linear in a: Σ Var g − (Σ Cov(g, a))²/Σ Var a. A cell's moments are its hypergeometric ones times
/// (N − 1)/(N − c): the result is then exact for linear and, to leading order, for quadratic g at any K.
template <class Pair, class Cell>
[[nodiscard]] estimate relabelling_null(const Pair& pair, const Cell& g) {
  const std::uint64_t n = pair.first().observations;
  const std::uint64_t m = pair.second().observations;
  estimate result{core::nan, core::nan, n + m};
  if (!pair.defined() || n == 0 || m == 0) return result;
  std::vector<std::uint64_t> pooled;
  pooled.reserve(static_cast<std::size_t>(pair.cells()));
  pair.visit_counts([&](double a, double b) { pooled.push_back(static_cast<std::uint64_t>(a + b)); });
  const summary::frequency_profile profile(pooled, "drift::noise_floor");

  const auto nn = static_cast<double>(n);
  const auto mm = static_cast<double>(m);
  blocked_sum mean, variance, covariance, spread;
  for (const auto& [count, multiplicity] : profile.entries()) {
    const auto c = static_cast<double>(count);
    const double lowest = std::max(0.0, c - mm);
    const double highest = std::min(c, nn);
    const double mode = std::clamp(std::floor((c + 1.0) * (nn + 1.0) / (nn + mm + 2.0)), lowest, highest);
    // Weights relative to the mode, outwards until they no longer count: about ±9 standard deviations.
    double weight = 0, sum_g = 0, sum_a = 0, sum_gg = 0, sum_ga = 0, sum_aa = 0;
    const double centre = g(mode, c - mode);
    const auto take = [&](double a, double w) {
      const double d = g(a, c - a) - centre;
      const double x = a - mode;
      weight += w;
      sum_g += w * d;
      sum_a += w * x;
      sum_gg += w * d * d;
      sum_ga += w * d * x;
      sum_aa += w * x * x;
    };
    take(mode, 1.0);
    for (double a = mode, w = 1.0; a < highest; a += 1.0) {
      w *= (c - a) * (nn - a) / ((a + 1.0) * (mm - c + a + 1.0));
      if (w < 1e-18) break;
      take(a + 1.0, w);
    }
    for (double a = mode, w = 1.0; a > lowest; a -= 1.0) {
      w *= a * (mm - c + a) / ((c - a + 1.0) * (nn - a + 1.0));
      if (w < 1e-18) break;
      take(a - 1.0, w);
    }
    const auto f = static_cast<double>(multiplicity);
    const double all = nn + mm;
    const double finite = c < all ? f * (all - 1.0) / (all - c) : 0.0;
    const double mean_g = sum_g / weight;
    const double mean_a = sum_a / weight;
    mean.add(f * (centre + mean_g));
    variance.add(finite * std::max(sum_gg / weight - mean_g * mean_g, 0.0));
    covariance.add(finite * (sum_ga / weight - mean_g * mean_a));
    spread.add(finite * std::max(sum_aa / weight - mean_a * mean_a, 0.0));
  }
  result.value = mean.total();
  const double linear = spread.total() > 0.0 ? covariance.total() * covariance.total() / spread.total() : 0.0;
  result.standard_error = std::sqrt(std::max(variance.total() - linear, 0.0));
  return result;
}

}  // namespace detail

/// What a divergence of counts would come to if both samples had one source: its mean under random relabelling.
///
///   E Σ g(a, c − a),  a ~ hypergeometric(n + m, c, n) in each cell of pooled count c
///
/// Plug-in divergences of finite samples are never 0. Subtract the floor, or compare with it: an estimate within two of its
/// standard deviations says nothing. Where all cells are well filled the floor of Jensen–Shannon is (K − 1)/8 · (1/n + 1/m);
/// on text, most of whose types are rare, that formula is far off and this one still exact.
///
/// @param p, q     counts: integer ranges, counts(x), dense_counts, or two count_table / ngram_counts
/// @param options  the divergence, its unit, and the smoothing where it has one
/// @return         value: the floor; standard_error: here the standard deviation that the divergence itself has under
///                 relabelling; NaN for an empty side, probabilities, or good_turing_backoff
/// @complexity     O(K) plus, for each distinct pooled count c, about 9 √c evaluations of the cell function
/// @bias           none if the observations are exchangeable; tokens in running text are not, their floor is higher
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            E. J. G. Pitman (1937), JRSS Supplement 4(1), 119–130, for the relabelling argument
/// @example        examples/drift/two_corpora.cpp
struct noise_floor_fn {
  static constexpr std::string_view name = "drift.noise_floor";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Pitman (1937)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const noise_floor_options& options = {}) const {
    constexpr std::string_view function = "drift::noise_floor";
    const auto pair = detail::pair_of(p, q, function);
    const double n = pair.first().total;
    const double m = pair.second().total;
    switch (options.divergence) {
      case divergence::jensen_shannon: return core::in_unit(null_of<detail::jensen_shannon_cell>(pair), options.unit);
      case divergence::total_variation: return null_of<detail::total_variation_cell>(pair);
      case divergence::squared_hellinger: return null_of<detail::squared_hellinger_cell>(pair);
      case divergence::kullback_leibler_smoothed:
        return core::in_unit(smoothed_null(pair, options.smoothed, function), options.unit);
      case divergence::kullback_leibler: break;
    }
    estimate result{core::nan, core::nan, detail::observations(pair)};
    if (!pair.defined() || pair.first().observations == 0 || pair.second().observations == 0) return result;
    double seen = 0.0;
    pair.visit_counts([&](double, double) { seen += 1.0; });
    result.value = 0.5 * (seen - 1.0) * (1.0 / n + 1.0 / m);
    result.standard_error = std::sqrt(0.5 * (seen - 1.0)) * (1.0 / n + 1.0 / m);
    return core::in_unit(result, options.unit);
  }

 private:
  template <class Pair>
  static estimate smoothed_null(const Pair& pair, const kullback_leibler_smoothed_options& options,
                                std::string_view function) {
    const double vocabulary = detail::checked_vocabulary(pair, options, function);
    if (!pair.defined() || options.method == smoothing::good_turing_backoff)
      return {core::nan, core::nan, detail::observations(pair)};
    const auto cell = detail::smoothed_cell(pair, options, vocabulary);
    const double n = pair.first().total;
    const double m = pair.second().total;
    double seen = 0.0;
    pair.visit_counts([&](double, double) { seen += 1.0; });
    estimate result = detail::relabelling_null(pair, [&](double a, double b) { return cell.value(a / n, b / m); });
    if (vocabulary > seen) result.value += (vocabulary - seen) * cell.value(0.0, 0.0);
    return result;
  }
  template <class Cell, class Pair>
  static estimate null_of(const Pair& pair) {
    const double n = pair.first().total;
    const double m = pair.second().total;
    return detail::relabelling_null(pair, [=](double a, double b) { return Cell::value(a / n, b / m); });
  }
};
inline constexpr noise_floor_fn noise_floor{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
