// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"
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

/// Squared standard error of Σ du c(x, y) from the dual potentials φ, ψ of the monotone coupling, φ(xᵢ) + ψ(yⱼ) = c on its support:
/// Σ w²(φ − φ̄)² + Σ v²(ψ − ψ̄)². Where both quantile functions jump at one level the potentials have a freedom of one
/// interval; the middle of it is taken.
[[nodiscard]] inline double transport_variance(const sorted_sample& x, const sorted_sample& y, double p, double unit) {
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
  return variance(x, phi) + variance(y, psi);
}

/// Σ du c(x, y) and transport_variance, for samples without weights.
struct transport_parts {
  double cost = 0.0;
  double variance = 0.0;
};

/// The power of two above a positive number, or one that has a reciprocal: dividing by it loses nothing.
[[nodiscard]] inline double power_of_2_above(double x) noexcept {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, std::clamp(exponent, -1021, 1022));
}

/// v becomes its running sums from `start`; returns the last one. Eight stretches side by side: in one, every addition would wait
/// for the one before.
[[nodiscard]] inline double running_sums(double* v, std::size_t n, double start) noexcept {
  constexpr std::size_t stretches = 8;
  const std::size_t length = n / stretches;
  double sum[stretches] = {};
  for (std::size_t i = 0; i < length; ++i)
    for (std::size_t s = 0; s < stretches; ++s) v[s * length + i] = sum[s] += v[s * length + i];
  for (std::size_t s = 0; s < stretches; ++s) {
    for (std::size_t i = 0; i < length; ++i) v[s * length + i] += start;
    start += sum[s];
  }
  for (std::size_t i = stretches * length; i < n; ++i) v[i] = start += v[i];
  return start;
}

/// Without weights. The potential of x changes by
///
///   φᵢ′ − φᵢ = ½ [c(xᵢ′, yⱼ) − c(xᵢ, yⱼ) + c(xᵢ′, yⱼ′) − c(xᵢ, yⱼ′)]
///
/// from one stretch (i, j) to the next (i′, j′), whichever of the two moves on, and ψ = c − φ: no branch, and for equal sizes
/// plain vector loops over blocks.
template <class X, class Y, class Cost>
[[nodiscard]] transport_parts unweighted_transport(std::span<const X> x, std::span<const Y> y, const Cost& cost) {
  const std::size_t n = x.size(), m = y.size();
  constexpr std::size_t block = 256;
  blocked_sum total;
  squares_about_mean of_x, of_y;
  if (n == m) {
    double phi = 0.0;
    for (std::size_t first = 0; first < n; first += block) {
      const std::size_t size = std::min(block, n - first);
      // One value before the block, and everything as doubles.
      double before_x[block + 1], before_y[block + 1], here[block], potential_x[block], potential_y[block];
      const std::size_t before = first == 0 ? 0 : 1;
      before_x[0] = static_cast<double>(x[first - before]);
      before_y[0] = static_cast<double>(y[first - before]);
      for (std::size_t i = 0; i < size; ++i) before_x[i + 1] = static_cast<double>(x[first + i]);
      for (std::size_t i = 0; i < size; ++i) before_y[i + 1] = static_cast<double>(y[first + i]);
      for (std::size_t i = 0; i < size; ++i) {
        const double a0 = before_x[i], a1 = before_x[i + 1], b0 = before_y[i], b1 = before_y[i + 1];
        here[i] = cost(a1 - b1);
        potential_x[i] = 0.5 * ((cost(a1 - b0) - cost(a0 - b0)) + (here[i] - cost(a0 - b1)));
      }
      phi = running_sums(potential_x, size, phi);
      for (std::size_t i = 0; i < size; ++i) potential_y[i] = here[i] - potential_x[i];
      double part[8] = {};
      std::size_t i = 0;
      for (; i + 8 <= size; i += 8)
        for (std::size_t l = 0; l < 8; ++l) part[l] += here[i + l];
      for (; i < size; ++i) part[0] += here[i];
      total.add(((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])));
      of_x.add(potential_x, size);
      of_y.add(potential_y, size);
    }
    const auto size = static_cast<double>(n);
    return {total.total() / size, (of_x.sum + of_y.sum) / (size * size)};
  }
  std::vector<double> phi(n), psi(m);
  std::size_t i = 0, j = 0;
  std::uint64_t from = 0, at_x = m, at_y = n;
  const auto between = [&](std::size_t k, std::size_t l) {
    return cost(static_cast<double>(x[k]) - static_cast<double>(y[l]));
  };
  double here = between(0, 0), potential = 0.0;
  phi[0] = 0.0;
  psi[0] = here;
  while (true) {
    const std::uint64_t to = std::min(at_x, at_y);
    total.add(static_cast<double>(to - from) * here);
    from = to;
    const std::size_t next_i = i + static_cast<std::size_t>(at_x == to);
    const std::size_t next_j = j + static_cast<std::size_t>(at_y == to);
    if (next_i == n || next_j == m) break;  // both end on level n·m
    at_x += at_x == to ? m : 0;
    at_y += at_y == to ? n : 0;
    const double next = between(next_i, next_j);
    potential += 0.5 * ((between(next_i, j) - here) + (next - between(i, next_j)));
    here = next;
    i = next_i;
    j = next_j;
    phi[i] = potential;
    psi[j] = here - potential;
  }
  for (std::size_t k = 0; k < n; k += block) of_x.add(phi.data() + k, std::min(block, n - k));
  for (std::size_t k = 0; k < m; k += block) of_y.add(psi.data() + k, std::min(block, m - k));
  const auto size_x = static_cast<double>(n), size_y = static_cast<double>(m);
  return {total.total() / (size_x * size_y), of_x.sum / (size_x * size_x) + of_y.sum / (size_y * size_y)};
}
/// @param unit  about the largest distance; for p = 1 and p = 2 a power of two
template <class X, class Y>
[[nodiscard]] transport_parts unweighted_transport(std::span<const X> x, std::span<const Y> y, double p, double unit) {
  const double share = 1.0 / unit;
  if (p == 1.0) return unweighted_transport(x, y, [share](double d) { return std::abs(d) * share; });
  if (p == 2.0) return unweighted_transport(x, y, [share](double d) { return (d * share) * (d * share); });
  return unweighted_transport(x, y, [p, unit](double d) { return transport_cost(d / unit, p); });
}

}  // namespace detail

/// Wasserstein distance of order p between two samples on the real line.
///
///   W_p = (∫₀¹ |F⁻¹(u) − G⁻¹(u)|^p du)^{1/p}        p = ∞: the supremum
///
/// @param x, y     samples of any sizes: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate with
///                 rigorous bounds for what the cells hide, O(cells)
/// @param options  p; weights, normalised here
/// @return         units of the data; NaN for an empty or non-finite sample, weights that sum to 0 or are not finite, and
///                 differences that overflow; standard error for p < ∞ from the dual potentials (central limit theorem for F ≠ G, second moments of
///                 order p needed); it says nothing where the two distributions agree, W then being noise of order n^{−1/2};
///                 NaN at W = 0 and p = ∞
/// @complexity     O(n + m) without weights, by radix sort, else O(n log n + m log m); levels are compared exactly, weights are
///                 accumulated to 106 bits; memory without weights 8 (n + max(n, m)/2 + m) bytes for
///                 f64, half for f32, and 8 (n + m) more for sizes that differ; with weights 56 (n + m)
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
    if (core::is_finite(options.p) && options.weights_x.data() == nullptr && options.weights_y.data() == nullptr)
      return without_weights(core::as_span(x), core::as_span(y), options.p);
    const detail::sorted_sample a(x, options.weights_x, function, "x");
    const detail::sorted_sample b(y, options.weights_y, function, "y");
    if (!a.defined() || !b.defined()) return result;
    const double scale = detail::largest_distance(a, b);
    if (!core::is_finite(options.p)) {
      result.value = largest_quantile_distance(a, b);
      return result;
    }
    if (!core::is_finite(scale)) return result;
    result.value = 0.0;
    if (scale == 0.0) return result;
    detail::blocked_sum sum;
    detail::visit_quantiles(a, b, [&](std::size_t i, std::size_t j, const auto& from, const auto& to, const auto& all) {
      sum.add((to - from) / all.high * detail::transport_cost((a[i] - b[j]) / scale, options.p));
    });
    return from_parts({sum.total(), detail::transport_variance(a, b, options.p, scale)}, scale, options.p,
                      result.count);
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y, const wasserstein_1d_options& options = {}) const {
    constexpr std::string_view function = "drift::wasserstein_1d";
    core::check_at_least(function, "p", options.p, 1.0);
    core::check(options.weights_x.empty() && options.weights_y.empty(), function, "weights", 1, "absent for sketches");
    const detail::cell_sample a(x), b(y);
    sketched_estimate result{{core::nan, core::nan, a.observations() + b.observations()}};
    if (!a.defined() || !b.defined()) return result;
    const double distance = detail::largest_distance(a, b);
    const double scale = distance > 0.0 ? distance : 1.0;
    const auto parts = detail::transport(a, b, options.p, scale, 0.0, 1.0);
    const bool supremum = !core::is_finite(options.p);
    const double root = supremum || options.p == 1.0 ? parts.cost : std::pow(parts.cost, 1.0 / options.p);
    result.value = scale * root;
    if (!supremum && parts.cost > 0.0)
      result.standard_error = scale * std::sqrt(parts.variance) * root / (options.p * parts.cost);
    result.lower = std::max(result.value - parts.blur, 0.0);
    result.upper = result.value + parts.blur;
    return result;
  }

  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b,
                                          const wasserstein_1d_options& options = {}) {
    constexpr std::string_view function = "drift::wasserstein_1d";
    core::check_at_least(function, "p", options.p, 1.0);
    core::check(options.weights_x.empty() && options.weights_y.empty(), function, "weights", 1,
                "absent for sorted samples");
    if (!a.defined() || !b.defined()) return {core::nan, core::nan, a.size() + b.size()};
    if (!core::is_finite(options.p)) return {largest_quantile_distance(a, b), core::nan, a.size() + b.size()};
    return from_sorted(std::span<const double>(a.values()), std::span<const double>(b.values()), options.p);
  }

 private:
  /// sup |F⁻¹ − G⁻¹|
  [[nodiscard]] static double largest_quantile_distance(const detail::sorted_sample& a,
                                                        const detail::sorted_sample& b) {
    // Rounded weights leave slivers between levels that are meant to be equal: they do not count as mass.
    const double sliver = a.weighted() || b.weighted() ? 0x1p-50 : 0.0;
    double largest = 0.0;
    detail::visit_quantiles(a, b, [&](std::size_t i, std::size_t j, const auto& from, const auto& to, const auto& all) {
      if (to - from > sliver * all.high) largest = std::max(largest, std::abs(a[i] - b[j]));
    });
    return largest;
  }
  // The numbers stay in their own type: half the memory to read and to be given by the system for f32.
  template <class X, class Y>
  [[nodiscard]] static estimate without_weights(std::span<const X> x, std::span<const Y> y, double p) {
    estimate result{core::nan, core::nan, x.size() + y.size()};
    if (x.empty() || y.empty()) return result;
    simd::number_buffer<X> a(x.size()), scratch;
    simd::number_buffer<Y> b(y.size());
    bool finite = simd::radix_sort(x.data(), x.size(), a.data(), scratch);
    if constexpr (std::is_same_v<X, Y>) {
      finite = finite && simd::radix_sort(y.data(), y.size(), b.data(), scratch);
    } else {
      simd::number_buffer<Y> other;
      finite = finite && simd::radix_sort(y.data(), y.size(), b.data(), other);
    }
    if (!finite) return result;
    return from_sorted(a.span(), b.span(), p);
  }
  template <class X, class Y>
  [[nodiscard]] static estimate from_sorted(std::span<const X> u, std::span<const Y> v, double p) {
    estimate result{core::nan, core::nan, u.size() + v.size()};
    const double largest = std::max(std::abs(static_cast<double>(u.back()) - static_cast<double>(v.front())),
                                    std::abs(static_cast<double>(v.back()) - static_cast<double>(u.front())));
    if (!core::is_finite(largest)) return result;
    result.value = 0.0;
    if (largest == 0.0) return result;
    const double scale = p == 1.0 || p == 2.0 ? detail::power_of_2_above(largest) : largest;
    return from_parts(detail::unweighted_transport(u, v, p, scale), scale, p, result.count);
  }
  [[nodiscard]] static estimate from_parts(const detail::transport_parts& parts, double scale, double p,
                                           std::uint64_t count) {
    if (parts.cost == 0.0) return {0.0, core::nan, count};
    const double root = p == 1.0 ? parts.cost : std::pow(parts.cost, 1.0 / p);
    return {scale * root, scale * std::sqrt(parts.variance) * root / (p * parts.cost), count};
  }
};
inline constexpr wasserstein_1d_fn wasserstein_1d{};

/// Wasserstein distance of the tails: the quantiles below alpha, or above 1 − alpha, alone.
///
///   (1/α ∫₀^α |F⁻¹ − G⁻¹|^p du)^{1/p} on the left, the same over [1 − α, 1] on the right
///
/// It sees a tail that is being cut off long before the whole distribution moves.
///
/// @param x, y     samples of any sizes: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate with
///                 rigorous bounds for what the cells hide, O(cells)
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
    check(options);
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

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y,
                                             const tail_wasserstein_1d_options& options = {}) const {
    check(options);
    const detail::cell_sample a(x), b(y);
    sketched_estimate result{{core::nan, core::nan, a.observations() + b.observations()}};
    if (!a.defined() || !b.defined()) return result;
    const double distance = detail::largest_distance(a, b);
    const double scale = distance > 0.0 ? distance : 1.0;
    const bool right = options.side == tail_side::right;
    const auto parts =
        detail::transport(a, b, options.p, scale, right ? 1.0 - options.alpha : 0.0, right ? 1.0 : options.alpha);
    result.value = scale * std::pow(parts.cost / options.alpha, 1.0 / options.p);
    result.lower = std::max(result.value - parts.blur, 0.0);
    result.upper = result.value + parts.blur;
    return result;
  }

 private:
  static void check(const tail_wasserstein_1d_options& options) {
    constexpr std::string_view function = "drift::tail_wasserstein_1d";
    core::check_at_least(function, "p", options.p, 1.0);
    core::check(core::is_finite(options.p), function, "p", options.p, "finite");
    core::check(options.alpha > 0.0 && options.alpha <= 1.0, function, "alpha", options.alpha, "above 0 and at most 1");
  }
};
inline constexpr tail_wasserstein_1d_fn tail_wasserstein_1d{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
