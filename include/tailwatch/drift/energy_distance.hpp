// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/pair_parts.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/simd/pair_terms.hpp"

namespace tailwatch::drift {

struct energy_distance_options {
  bool squared = false;   ///< E itself; false: √E, the metric
  bool unbiased = false;  ///< leave out the pairs of an observation with itself; then E may be negative and √E NaN
  std::span<const double> weights_x = {};  ///< one-dimensional samples without `unbiased` only; empty: equal weights
  std::span<const double> weights_y = {};
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// E from its parts, and the standard error from the influence of each observation.
struct energy_parts {
  double value;     ///< E, all pairs
  double within_x;  ///< E|X − X′|, all pairs
  double within_y;
  double variance;  ///< of E
};

[[nodiscard]] inline estimate finish_energy(const energy_parts& parts, double n, double m, std::uint64_t count,
                                            const energy_distance_options& options) {
  estimate e{parts.value, core::nan, count};
  if (options.unbiased) {
    if (n < 2.0 || m < 2.0) return {core::nan, core::nan, count};
    e.value -= parts.within_x / (n - 1.0) + parts.within_y / (m - 1.0);
  } else {
    e.value = std::max(e.value, 0.0);
  }
  if (parts.variance > 0.0 && e.value != 0.0) e.standard_error = std::sqrt(parts.variance);
  if (options.squared) return e;
  if (e.value < 0.0) return {core::nan, core::nan, count};
  const double root = std::sqrt(e.value);
  return {root, 0.5 * e.standard_error / root, count};
}

/// Sorted samples: everything from one walk, O(n + m). 2∫(F − G)² never cancels.
[[nodiscard]] inline energy_parts energy_of_weighted(const sorted_sample& x, const sorted_sample& y) {
  const double_double total_x = x.total();
  const double_double total_y = y.total();
  const double scale = (total_x * total_y).high;
  blocked_sum value, within_x, within_y;
  // a(t) = 2 E|t − Y| − 2 E|t − X| is the influence function; a′ = 4 (G − F), so it comes from the same walk.
  blocked_sum influence;
  std::vector<double> at_x(x.size()), at_y(y.size());
  double last = 0.0;
  std::size_t i0 = 0, j0 = 0;
  visit_pooled(x, y, [&](double t, std::size_t i, std::size_t j) {
    if (i0 + j0 > 0) {
      const double width = t - last;
      const double_double f = i0 == 0 ? double_double{} : x.level(i0 - 1) * total_y;
      const double_double g = j0 == 0 ? double_double{} : y.level(j0 - 1) * total_x;
      const double d = (f - g) / scale;
      value.add(2.0 * d * d * width);
      const double share_x = f.high / scale;
      const double share_y = g.high / scale;
      within_x.add(2.0 * share_x * (1.0 - share_x) * width);
      within_y.add(2.0 * share_y * (1.0 - share_y) * width);
      influence.add(-4.0 * d * width);
    }
    for (; i0 < i; ++i0) at_x[i0] = influence.total();
    for (; j0 < j; ++j0) at_y[j0] = influence.total();
    last = t;
  });
  const auto variance = [](const sorted_sample& sample, const std::vector<double>& a) {
    blocked_sum mean, sum;
    for (std::size_t i = 0; i < a.size(); ++i) mean.add(sample.share(i) * a[i]);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double d = sample.share(i) * (a[i] - mean.total());
      sum.add(d * d);
    }
    return sum.total();
  };
  return {value.total(), within_x.total(), within_y.total(), variance(x, at_x) + variance(y, at_y)};
}

/// The same without weights: levels are whole numbers, exact in a double, and ties need no grouping because a step of width 0
/// adds nothing.
[[nodiscard]] inline energy_parts energy_of_unweighted(const std::vector<double>& x, const std::vector<double>& y) {
  const std::size_t n = x.size(), m = y.size();
  const auto size_x = static_cast<double>(n), size_y = static_cast<double>(m);
  std::vector<double> at_x(n + 1), at_y(m + 1);  // one spare place: a step writes to both
  blocked_sum value, within_x, within_y;
  double influence = 0.0;  // Σ (i m − j n) width
  std::size_t i = 0, j = 0;
  double last = std::min(x[0], y[0]);
  constexpr int block = 64;
  while (i < n || j < m) {
    double d_squared = 0.0, f = 0.0, g = 0.0, d_width = 0.0;
    for (int step = 0; step < block && (i < n || j < m); ++step) {
      const double u = i < n ? x[i] : core::infinity, v = j < m ? y[j] : core::infinity;
      const double t = v < u ? v : u;
      const double width = t - last;
      const auto below_x = static_cast<double>(i), below_y = static_cast<double>(j);
      const double d = below_x * size_y - below_y * size_x;
      d_squared += d * d * width;
      f += below_x * (size_x - below_x) * width;
      g += below_y * (size_y - below_y) * width;
      d_width += d * width;
      at_x[i] = at_y[j] = influence + d_width;
      i += static_cast<std::size_t>(u <= v);
      j += static_cast<std::size_t>(v <= u);
      last = t;
    }
    value.add(d_squared);
    within_x.add(f);
    within_y.add(g);
    influence += d_width;
  }
  const auto variance = [](const std::vector<double>& a, std::size_t size) {
    squares_about_mean of;
    for (std::size_t k = 0; k < size; k += 256) of.add(a.data() + k, std::min<std::size_t>(256, size - k));
    return of.sum / (static_cast<double>(size) * static_cast<double>(size));
  };
  const double all = size_x * size_y;
  return {2.0 * (value.total() / all) / all, 2.0 * within_x.total() / (size_x * size_x),
          2.0 * within_y.total() / (size_y * size_y), 16.0 * ((variance(at_x, n) + variance(at_y, m)) / all) / all};
}

[[nodiscard]] inline energy_parts energy_of(const sorted_sample& x, const sorted_sample& y) {
  const bool exact = static_cast<double>(x.size()) * static_cast<double>(y.size()) < 0x1p53;
  if (exact && !x.weighted() && !y.weighted()) return energy_of_unweighted(x.values(), y.values());
  return energy_of_weighted(x, y);
}

/// Takes panels of squared distances and adds distances to the rows, the columns and a compensated total.
class distance_adder {
 public:
  using totals = std::array<double, simd::distance_totals>;

  /// For rows [first, last); `of_rows` begins with row `first`.
  distance_adder(std::size_t first, std::size_t last, point_sums& of_rows, point_sums& of_columns)
      : of_rows_(of_rows), of_columns_(of_columns), first_(first), lanes_((last - first) * simd::sums_per_row, 0.0) {}

  void operator()(std::size_t i, std::size_t j, double* v, std::size_t begin, std::size_t end) {
    std::fill(v, v + begin, 0.0);
    std::fill(v + end, v + simd::panel_width, 0.0);
    whole(i, 1, j, v);
  }
  void whole(std::size_t i, std::size_t rows, std::size_t j, const double* v) {
    simd::distance_sums(v, rows, lanes_.data() + (i - first_) * simd::sums_per_row, of_columns_.data() + j,
                        totals_.data());
  }
  /// To be called once after the last panel: the lanes of the total.
  [[nodiscard]] totals finish() {
    for (std::size_t i = 0; i < of_rows_.size(); ++i)
      for (std::size_t l = 0; l < simd::sums_per_row; ++l) of_rows_[i] += lanes_[i * simd::sums_per_row + l];
    return totals_;
  }

 private:
  point_sums& of_rows_;
  point_sums& of_columns_;
  std::size_t first_;
  std::vector<double> lanes_;
  totals totals_{};
};

/// Σ of the distances of all pairs, or of the pairs i < j of x if `within`, and the sums per point.
template <core::executor Executor>
[[nodiscard]] double add_distances(const neighbours::point_panels& x, const neighbours::point_panels& y, bool within,
                                   point_sums& of_x, point_sums& of_y, const Executor& executor) {
  compensated_sum sum;
  add_pair_sums<neighbours::pair_term::squared_distance>(
      x, y, within, of_x, of_y, executor,
      [](std::size_t first, std::size_t last, point_sums& rows, point_sums& columns) {
        return distance_adder(first, last, rows, columns);
      },
      [&](const distance_adder::totals& part) {
        for (const double lane : part) sum.add(lane);
      });
  return sum.total();
}

/// Points: all pairs. The totals are compensated, because equal samples must come out at 0 and a root magnifies what is left
/// of it.
template <core::executor Executor>
[[nodiscard]] energy_parts energy_of(const panel_pair& points, const Executor& executor) {
  const auto n = static_cast<double>(points.x.size());
  const auto m = static_cast<double>(points.y.size());
  point_sums x_to_x = empty_sums(points.x), x_to_y = empty_sums(points.x);
  point_sums y_to_y = empty_sums(points.y), y_to_x = empty_sums(points.y);
  const double within_x = 2.0 * add_distances(points.x, points.x, true, x_to_x, x_to_x, executor) / (n * n);
  const double within_y = 2.0 * add_distances(points.y, points.y, true, y_to_y, y_to_y, executor) / (m * m);
  const double between = add_distances(points.x, points.y, false, x_to_y, y_to_x, executor) / (n * m);
  const auto variance = [](const point_sums& to_other, double others, const point_sums& to_own, std::size_t size) {
    const auto own = static_cast<double>(size);
    blocked_sum mean, sum;
    const auto influence = [&](std::size_t i) { return 2.0 * (to_other[i] / others - to_own[i] / own); };
    for (std::size_t i = 0; i < size; ++i) mean.add(influence(i) / own);
    for (std::size_t i = 0; i < size; ++i) {
      const double d = influence(i) - mean.total();
      sum.add(d * d / own);
    }
    return sum.total() / own;
  };
  return {(between - within_x) + (between - within_y), within_x, within_y,
          variance(x_to_y, m, x_to_x, points.x.size()) + variance(y_to_x, n, y_to_y, points.y.size())};
}

}  // namespace detail

/// Energy distance of two samples.
///
///   E = 2 E|X − Y| − E|X − X′| − E|Y − Y′|;  on the real line 2 ∫ (F − G)²
///
/// @param x, y     samples on the real line (floating ranges, sample(x)), or rows(x, n, d) with Euclidean distances
/// @param executor last argument for points, who runs the parts of 2048 points (core/executor.hpp): the same bits for any number of
///                 threads
/// @return         √E, root of data units, or E with `squared`; NaN for an empty or non-finite sample, weights that sum to
///                 0, and `unbiased` with fewer than two values; standard error from the influence functions
///                 2 E|x − Y| − 2 E|x − X|, for F ≠ G; where F = G it is too small, E then being a degenerate statistic
/// @complexity     O(n log n + m log m) on the real line, O((n + m)² d/2) for points; memory for
///                 these 8 (n + m)(d + 4) bytes, and 8 P m with P = n/2048, at most 32
/// @bias           upwards by E|X − X′|/n + E|Y − Y′|/m, which `unbiased` removes
/// @throws         std::invalid_argument for a negative weight, weights of another size or together with `unbiased`, and
///                 points of different dimensions
/// @see            G. J. Székely, M. L. Rizzo (2013), Journal of Statistical Planning and Inference 143, 1249–1272
/// @example        examples/drift/two_samples.cpp
struct energy_distance_fn {
  static constexpr std::string_view name = "drift.energy_distance";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Székely and Rizzo (2013)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const energy_distance_options& options = {}) const {
    constexpr std::string_view function = "drift::energy_distance";
    const detail::sorted_sample a(x, options.weights_x, function, "x");
    const detail::sorted_sample b(y, options.weights_y, function, "y");
    core::check(!options.unbiased || (!a.weighted() && !b.weighted()), function, "unbiased", 1, "false with weights");
    const std::uint64_t count = core::as_span(x).size() + core::as_span(y).size();
    if (!a.defined() || !b.defined()) return {core::nan, core::nan, count};
    return detail::finish_energy(detail::energy_of(a, b), static_cast<double>(a.size()), static_cast<double>(b.size()),
                                 count, options);
  }

  template <class T, class U, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const core::rows_view<T>& x, const core::rows_view<U>& y,
                                    const energy_distance_options& options = {}, const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::energy_distance";
    core::check(options.weights_x.empty() && options.weights_y.empty(), function, "weights", 1, "absent for points");
    const detail::panel_pair points(x, y, function);
    if (!points.defined()) return {core::nan, core::nan, points.count()};
    return detail::finish_energy(detail::energy_of(points, executor), static_cast<double>(x.size),
                                 static_cast<double>(y.size), points.count(), options);
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y,
                                             const energy_distance_options& options = {}) const {
    constexpr std::string_view function = "drift::energy_distance";
    core::check(options.weights_x.empty() && options.weights_y.empty(), function, "weights", 1, "absent for sketches");
    core::check(!options.unbiased, function, "unbiased", 1, "false for sketches");
    const detail::cell_sample a(x), b(y);
    const std::uint64_t count = a.observations() + b.observations();
    if (!a.defined() || !b.defined()) return {{core::nan, core::nan, count}};
    const auto e = detail::energy_of(a, b);
    const estimate value = detail::finish_energy({e.value, 0.0, 0.0, e.variance}, a.total(), b.total(), count, options);
    return {value, options.squared ? e.lower : std::sqrt(e.lower), options.squared ? e.upper : std::sqrt(e.upper)};
  }

  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b,
                                          const energy_distance_options& options = {}) {
    core::check(options.weights_x.empty() && options.weights_y.empty(), "drift::energy_distance", "weights", 1,
                "absent for sorted samples");
    const std::uint64_t count = a.size() + b.size();
    if (!a.defined() || !b.defined()) return {core::nan, core::nan, count};
    return detail::finish_energy(detail::energy_of(a, b), static_cast<double>(a.size()), static_cast<double>(b.size()),
                                 count, options);
  }
};
inline constexpr energy_distance_fn energy_distance{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
