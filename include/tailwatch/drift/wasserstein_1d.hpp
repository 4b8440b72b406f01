// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/tail_side.hpp"

namespace tailwatch::drift {

struct wasserstein_1d_options {
  double p = 1.0;                          ///< order, 1 ≤ p ≤ ∞
  std::span<const double> weights_x = {};  ///< one per value of x, ≥ 0, any scale; empty: equal weights
  std::span<const double> weights_y = {};
};

struct tail_wasserstein_1d_options {
  double p = 1.0;       ///< order, 1 ≤ p < ∞
  double alpha = 0.05;  ///< share of the distribution that is the tail, (0, 1]
  tail_side side = tail_side::right;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// |d|^p for d scaled to [0, 1].
[[nodiscard]] inline double transport_cost(double d, double p) noexcept {
  d = std::abs(d);
  if (p == 1.0) return d;
  if (p == 2.0) return d * d;
  if (p == 3.0) return d * d * d;
  return std::pow(d, p);
}

/// No distance between a value of x and one of y is larger.
[[nodiscard]] inline double largest_distance(const sorted_sample& x, const sorted_sample& y) noexcept {
  return std::max(std::abs(x[x.size() - 1] - y[0]), std::abs(y[y.size() - 1] - x[0]));
}

/// Standard error of Σ du c(x, y) from the dual potentials φ, ψ of the monotone coupling, φ(xᵢ) + ψ(yⱼ) = c on its support:
/// √(Σ w²(φ − φ̄)² + Σ v²(ψ − ψ̄)²). Where both quantile functions jump at one level the potentials have a freedom of one
/// interval; the middle of it is taken.
[[nodiscard]] inline double transport_standard_error(const sorted_sample& x, const sorted_sample& y, double p,
                                                     double unit) {
  std::vector<double> phi(x.size()), psi(y.size());
  const auto cost = [&](std::size_t i, std::size_t j) { return transport_cost((x[i] - y[j]) / unit, p); };
  psi[0] = cost(0, 0);
  std::size_t last_i = 0, last_j = 0;
  visit_quantiles(x, y, [&](std::size_t i, std::size_t j, const double_double&, const double_double&, const auto&) {
    if (i != last_i && j != last_j) {
      const double by_x = cost(i, last_j) - psi[last_j];
      const double by_y = cost(i, j) - (cost(last_i, j) - phi[last_i]);
      phi[i] = 0.5 * (by_x + by_y);
      psi[j] = cost(i, j) - phi[i];
    } else if (i != last_i) {
      phi[i] = cost(i, j) - psi[j];
    } else if (j != last_j) {
      psi[j] = cost(i, j) - phi[i];
    }
    last_i = i;
    last_j = j;
  });
  const auto variance = [](const sorted_sample& sample, const std::vector<double>& potential) {
    blocked_sum mean, sum;
    for (std::size_t i = 0; i < sample.size(); ++i) mean.add(sample.share(i) * potential[i]);
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const double d = sample.share(i) * (potential[i] - mean.total());
      sum.add(d * d);
    }
    return sum.total();
  };
  return std::sqrt(variance(x, phi) + variance(y, psi));
}

}  // namespace detail

/// Wasserstein distance of order p between two samples on the real line.
///
///   W_p = (∫₀¹ |F⁻¹(u) − G⁻¹(u)|^p du)^{1/p}        p = ∞: the supremum
///
/// @param x, y     samples of any sizes: floating ranges or sample(x)
/// @param options  p; weights, normalised here
/// @return         units of the data; NaN for an empty or non-finite sample, weights that sum to 0 or are not finite;
///                 standard error for p < ∞ from the dual potentials (central limit theorem for F ≠ G, second moments of
///                 order p needed); it says nothing where the two distributions agree, W then being noise of order n^{−1/2};
///                 NaN at W = 0 and p = ∞
/// @complexity     O(n log n + m log m); levels are compared exactly, weights are accumulated to 106 bits
/// @bias           upwards, the more the closer F and G are
/// @throws         std::invalid_argument for p < 1, a negative weight, or weights of another size
/// @see            E. del Barrio, E. Giné, C. Matrán (1999), Annals of Probability 27, 1009–1071; E. del Barrio,
///                 J.-M. Loubes (2019), Annals of Probability 47, 926–951
/// @example        examples/drift/two_samples.cpp
struct wasserstein_1d_fn {
  static constexpr std::string_view name = "drift.wasserstein_1d";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "del Barrio, Giné and Matrán (1999)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const wasserstein_1d_options& options = {}) const {
    constexpr std::string_view function = "drift::wasserstein_1d";
    core::check_at_least(function, "p", options.p, 1.0);
    estimate result{core::nan, core::nan, core::as_span(x).size() + core::as_span(y).size()};
    const detail::sorted_sample a(x, options.weights_x, function, "x");
    const detail::sorted_sample b(y, options.weights_y, function, "y");
    if (!a.defined() || !b.defined()) return result;
    const double scale = detail::largest_distance(a, b);
    result.value = 0.0;
    if (scale == 0.0) return result;
    if (!core::is_finite(options.p)) {
      // Rounded weights leave slivers between levels that are meant to be equal: they do not count as mass.
      const double sliver = a.weighted() || b.weighted() ? 0x1p-50 : 0.0;
      detail::visit_quantiles(a, b,
                              [&](std::size_t i, std::size_t j, const auto& from, const auto& to, const auto& all) {
                                if (to - from > sliver * all.high)
                                  result.value = std::max(result.value, std::abs(a[i] - b[j]));
                              });
      return result;
    }
    detail::blocked_sum sum;
    detail::visit_quantiles(a, b, [&](std::size_t i, std::size_t j, const auto& from, const auto& to, const auto& all) {
      sum.add((to - from) / all.high * detail::transport_cost((a[i] - b[j]) / scale, options.p));
    });
    const double power = sum.total();
    if (power == 0.0) return result;
    const double root = options.p == 1.0 ? power : std::pow(power, 1.0 / options.p);
    result.value = scale * root;
    result.standard_error =
        scale * detail::transport_standard_error(a, b, options.p, scale) * root / (options.p * power);
    return result;
  }
};
inline constexpr wasserstein_1d_fn wasserstein_1d{};

/// Wasserstein distance of the tails: the quantiles below alpha, or above 1 − alpha, alone.
///
///   (1/α ∫₀^α |F⁻¹ − G⁻¹|^p du)^{1/p} on the left, the same over [1 − α, 1] on the right
///
/// It sees a tail that is being cut off long before the whole distribution moves.
///
/// @param x, y     samples of any sizes: floating ranges or sample(x)
/// @return         units of the data; NaN for an empty or non-finite sample; standard error not known: NaN
/// @complexity     O(n log n + m log m)
/// @bias           upwards where the tails agree
/// @throws         std::invalid_argument for p < 1 or infinite, and alpha outside (0, 1]
/// @see            C. Villani (2003), Topics in Optimal Transportation, 2.2, for the quantile form; the truncation is our own
/// @example        examples/drift/two_samples.cpp
struct tail_wasserstein_1d_fn {
  static constexpr std::string_view name = "drift.tail_wasserstein_1d";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Villani (2003)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const tail_wasserstein_1d_options& options = {}) const {
    constexpr std::string_view function = "drift::tail_wasserstein_1d";
    core::check_at_least(function, "p", options.p, 1.0);
    core::check(core::is_finite(options.p), function, "p", options.p, "finite");
    core::check(options.alpha > 0.0 && options.alpha <= 1.0, function, "alpha", options.alpha, "above 0 and at most 1");
    estimate result{core::nan, core::nan, core::as_span(x).size() + core::as_span(y).size()};
    detail::sorted_sample a(x, {}, function, "x");
    detail::sorted_sample b(y, {}, function, "y");
    if (!a.defined() || !b.defined()) return result;
    const double scale = detail::largest_distance(a, b);
    result.value = 0.0;
    if (scale == 0.0) return result;
    // The right tail is the left one of the reflected samples: 1 − α would be rounded, α is not.
    if (options.side == tail_side::right) {
      a = a.reflected();
      b = b.reflected();
    }
    detail::blocked_sum sum;
    detail::visit_quantiles(a, b, [&](std::size_t i, std::size_t j, const auto& from, const auto& to, const auto& all) {
      const detail::double_double limit = all * detail::double_double{options.alpha, 0.0};
      const double length = limit - to < 0.0 ? limit - from : to - from;
      if (length > 0.0) sum.add(length / limit.high * detail::transport_cost((a[i] - b[j]) / scale, options.p));
    });
    result.value = scale * std::pow(sum.total(), 1.0 / options.p);
    return result;
  }
};
inline constexpr tail_wasserstein_1d_fn tail_wasserstein_1d{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
