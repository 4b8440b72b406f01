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
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::perplexity {

struct mauve_options {
  double scaling = 5.0;     ///< c; 0 and above
  std::size_t points = 25;  ///< of the curve; at least 2
  double add = 0.0;         ///< to every cell before normalising; 1/2 is MAUVE* (counts only)
};

namespace detail {

template <class Range>
concept histogram = core::integer_range<Range> || requires(const Range& x) {
  []<class T>(const core::counts_view<T>&) {}(x);
} || requires(const Range& x) {
  []<class T>(const core::probabilities_view<T>&) {}(x);
};

struct normalised_histogram {
  std::vector<double> p;
  std::uint64_t count = 0;  // observations, 0 for probabilities
  bool defined = false;
};

template <histogram Range>
[[nodiscard]] normalised_histogram normalised(std::string_view function, const Range& source, double add) {
  constexpr bool is_probabilities = requires {
    []<class T>(const core::probabilities_view<T>&) {}(source);
  };
  normalised_histogram h;
  const auto cells = core::as_span(source);
  h.p.reserve(cells.size());
  double sum = 0.0;
  for (const auto cell : cells) {
    const double x = static_cast<double>(cell) + add;
    if (!core::is_nan(x)) core::check_not_negative(function, "cell", x);
    h.p.push_back(x);
    sum += x;
    if constexpr (!is_probabilities)
      if (core::is_finite(x)) h.count += static_cast<std::uint64_t>(cell);
  }
  h.defined = core::is_finite(sum) && sum > 0.0;
  for (double& x : h.p) x /= sum;
  return h;
}

// KL(a‖w·p + (1 − w)·q), a one of p and q
[[nodiscard]] inline double kl_to_mixture(std::span<const double> a, std::span<const double> p,
                                          std::span<const double> q, double w) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] > 0.0) sum += a[i] * std::log(a[i] / (w * p[i] + (1.0 - w) * q[i]));
  return sum;
}

struct curve_point {
  double x, y;
};

[[nodiscard]] inline double area_under(std::vector<curve_point> curve) {
  std::sort(curve.begin(), curve.end(),
            [](const curve_point& a, const curve_point& b) { return a.x < b.x || (a.x == b.x && a.y > b.y); });
  double area = 0.0;
  for (std::size_t i = 1; i < curve.size(); ++i)
    area += 0.5 * (curve[i].x - curve[i - 1].x) * (curve[i].y + curve[i - 1].y);
  return area;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// MAUVE: area under the divergence frontier of two histograms over the same cells (clusters of embeddings, usually).
///
///   curve of (exp(−c KL(q‖r)), exp(−c KL(p‖r))), r = w p + (1 − w) q, w from 1e-6 to 1 − 1e-6 in `points` equal steps,
///   with (1, 0) and (0, 1); the mean of the areas of y over x and of x over y
///
/// @param p, q    counts (bare integers, counts(x)) or probabilities(x), same cells; both are normalised first
/// @return        in (0, 1], 1 for p = q. Histograms without a common cell give 0.004 and not 0 at c = 5 (the grid).
///                Standard error NaN; count = observations in both, 0 for probabilities; NaN where a histogram is empty
///                or not finite
/// @complexity    O(points·cells)
/// @bias          downwards for few observations per cell: use mauve_star or equal sample sizes
/// @throws        std::invalid_argument  sizes differ, a negative cell, scaling below 0, points below 2, add below 0
/// @see           K. Pillutla, S. Swayamdipta, R. Zellers, J. Thickstun, S. Welleck, Y. Choi, Z. Harchaoui (2021),
///                NeurIPS
/// @example       examples/perplexity/token_perplexity.cpp
struct mauve_fn {
  static constexpr std::string_view name = "perplexity.mauve";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Pillutla et al. (2021)";

  template <detail::histogram P, detail::histogram Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const mauve_options& options = {}) const {
    constexpr const char* function = "perplexity::mauve";
    core::check_not_negative(function, "scaling", options.scaling);
    core::check_at_least(function, "points", options.points, std::size_t{2});
    core::check_not_negative(function, "add", options.add);
    const auto a = detail::normalised(function, p, options.add);
    const auto b = detail::normalised(function, q, options.add);
    core::check_same_size(function, "p", a.p.size(), "q", b.p.size());
    if (!a.defined || !b.defined) return {core::nan, core::nan, a.count + b.count};
    constexpr double end = 1e-6;
    std::vector<detail::curve_point> curve{{1.0, 0.0}, {0.0, 1.0}};
    for (std::size_t i = 0; i < options.points; ++i) {
      const double w = end + (1.0 - 2.0 * end) * static_cast<double>(i) / static_cast<double>(options.points - 1);
      curve.push_back({std::exp(-options.scaling * detail::kl_to_mixture(b.p, a.p, b.p, w)),
                       std::exp(-options.scaling * detail::kl_to_mixture(a.p, a.p, b.p, w))});
    }
    const double over_x = detail::area_under(curve);
    for (detail::curve_point& point : curve) std::swap(point.x, point.y);
    return {0.5 * (over_x + detail::area_under(curve)), core::nan, a.count + b.count};
  }
};
inline constexpr mauve_fn mauve{};

/// MAUVE*: mauve after adding 1/2 to every count (Krichevsky–Trofimov), which takes away most of the small-sample bias.
/// @see  K. Pillutla, L. Liu, J. Thickstun, S. Welleck, S. Swayamdipta, R. Zellers, S. Oh, Y. Choi, Z. Harchaoui
///       (2023), JMLR
///       24(356)
/// @example examples/perplexity/token_perplexity.cpp
struct mauve_star_fn {
  static constexpr std::string_view name = "perplexity.mauve_star";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Pillutla et al. (2023)";

  template <detail::histogram P, detail::histogram Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, mauve_options options = {.add = 0.5}) const {
    return mauve(p, q, options);
  }
};
inline constexpr mauve_star_fn mauve_star{};

/// Frontier integral of two histograms: a divergence in [0, 1] without MAUVE's grid and scaling.
///
///   2 Σ [(p + q)/4 − p q (ln p − ln q)/(2(p − q))] = Σ (p + q)/2 · (1 − (1 − t²) atanh(t)/t),  t = (p − q)/(p + q)
///
/// The second form does not cancel for p ≈ q: near 0 its bracket is Σ_j 2t^{2j}/(4j² − 1). A cell that is empty on one
/// side adds half the other.
///
/// @param p, q  as mauve
/// @return      0 for p = q, 1 for histograms without a common cell; standard error NaN; count and NaN as mauve
/// @complexity  O(cells)
/// @bias        upwards for few observations per cell
/// @throws      std::invalid_argument  sizes differ, a negative cell
/// @see         L. Liu, K. Pillutla, S. Welleck, S. Oh, Y. Choi, Z. Harchaoui (2021), NeurIPS
/// @example     examples/perplexity/token_perplexity.cpp
struct frontier_integral_fn {
  static constexpr std::string_view name = "perplexity.frontier_integral";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Liu et al. (2021)";

  template <detail::histogram P, detail::histogram Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    constexpr const char* function = "perplexity::frontier_integral";
    const auto a = detail::normalised(function, p, 0.0);
    const auto b = detail::normalised(function, q, 0.0);
    core::check_same_size(function, "p", a.p.size(), "q", b.p.size());
    if (!a.defined || !b.defined) return {core::nan, core::nan, a.count + b.count};
    double sum = 0.0;
    for (std::size_t i = 0; i < a.p.size(); ++i) {
      const double total = a.p[i] + b.p[i];
      if (total > 0.0) sum += 0.5 * total * bracket((a.p[i] - b.p[i]) / total);
    }
    return {sum, core::nan, a.count + b.count};
  }

 private:
  // 1 − (1 − t²) atanh(t)/t; the series to t^16 is exact to the last bit below 0.1
  static double bracket(double t) {
    const double t2 = t * t;
    if (t2 >= 1.0) return 1.0;
    if (t2 >= 0.01) return 1.0 - (1.0 - t2) * std::atanh(t) / t;
    double sum = 0.0;
    for (int j = 8; j >= 1; --j) sum = (sum + 2.0 / (4.0 * j * j - 1.0)) * t2;
    return sum;
  }
};
inline constexpr frontier_integral_fn frontier_integral{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
