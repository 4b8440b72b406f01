// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/pair_parts.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/drift/mmd_estimator.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/summary/moments.hpp"

/// Maximum mean discrepancy with any kernel that is a function of |x − y|² or of x·y.
///
/// A kernel has `term`, which of the two, `operator()(double)`, and `lanes(Real*)`, the same of a
/// panel's 32 terms in place. Points that are float on both sides are compared in single precision, and everything is added up in
/// double precision.
namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Kernel values in place, lanes outside [begin, end) set to 0; returns their sum.
template <class Kernel, class Real>
inline double apply_kernel(const Kernel& kernel, Real* v, std::size_t begin, std::size_t end) noexcept {
  constexpr std::size_t w = simd::panel_width;
  kernel.lanes(v);
  for (std::size_t l = 0; l < begin; ++l) v[l] = Real(0);
  for (std::size_t l = end; l < w; ++l) v[l] = Real(0);
  double part[8] = {};
  for (std::size_t block = 0; block < w; block += 8)
    for (std::size_t l = 0; l < 8; ++l) part[l] += static_cast<double>(v[block + l]);
  return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
}

template <class Real>
inline void add_lanes(const Real* v, double* rows) noexcept {
  constexpr std::size_t w = simd::panel_width;
  double sum[w];
  for (std::size_t l = 0; l < w; ++l) sum[l] = rows[l] + static_cast<double>(v[l]);
  for (std::size_t l = 0; l < w; ++l) rows[l] = sum[l];
}

/// Takes panels of terms and adds kernel values to the rows and columns. A kernel with `sums` does whole panels by itself.
template <class Kernel, class Real>
class kernel_adder {
 public:
  /// For rows [first, last); `of_rows` begins with row `first`.
  kernel_adder(const Kernel& kernel, std::size_t first, std::size_t last, point_sums& of_rows, point_sums& of_columns,
               bool matched)
      : kernel_(kernel), of_rows_(of_rows), of_columns_(of_columns), first_(first), matched_(matched) {
    if constexpr (sums_panels) lanes_.assign((last - first) * simd::sums_per_row, 0.0);
  }

  void operator()(std::size_t i, std::size_t j, Real* v, std::size_t begin, std::size_t end) {
    of_rows_[i - first_] += apply_kernel(kernel_, v, begin, end);
    add_lanes(v, of_columns_.data() + j);
    if (matched_ && i >= j && i < j + end) matched_sum_.add(static_cast<double>(v[i - j]));
  }
  void whole(std::size_t i, std::size_t rows, std::size_t j, Real* v) {
    if constexpr (sums_panels) {
      if (!matched_ || i + rows <= j || i >= j + simd::panel_width) {
        kernel_.sums(v, rows, lanes_.data() + (i - first_) * simd::sums_per_row, of_columns_.data() + j);
        return;
      }
    }
    for (std::size_t r = 0; r < rows; ++r) (*this)(i + r, j, v + r * simd::panel_width, 0, simd::panel_width);
  }
  /// To be called once after the last panel; returns the sum over i of k(xᵢ, yᵢ).
  double finish() {
    for (std::size_t i = 0; i * simd::sums_per_row < lanes_.size(); ++i)
      for (std::size_t l = 0; l < simd::sums_per_row; ++l) of_rows_[i] += lanes_[i * simd::sums_per_row + l];
    return matched_sum_.total();
  }

 private:
  static constexpr bool sums_panels = requires(const Kernel& k, const Real* v, double* sums) {
    k.sums(v, std::size_t{}, sums, sums);
  };
  const Kernel& kernel_;
  point_sums& of_rows_;
  point_sums& of_columns_;
  std::size_t first_;
  bool matched_;
  std::vector<double> lanes_;
  blocked_sum matched_sum_;
};

/// Row and column sums of all pairs; returns Σ k(xᵢ, yᵢ) if `matched`. `within`: pairs i < j of one set.
template <class Kernel, class Real, core::executor Executor>
double add_kernel_sums(const neighbours::basic_point_panels<Real>& x, const neighbours::basic_point_panels<Real>& y,
                       const Kernel& kernel, bool within, bool matched, point_sums& of_x, point_sums& of_y,
                       const Executor& executor) {
  blocked_sum of_matched;
  add_pair_sums<Kernel::term>(
      x, y, within, of_x, of_y, executor,
      [&](std::size_t first, std::size_t last, point_sums& rows, point_sums& columns) {
        return kernel_adder<Kernel, Real>(kernel, first, last, rows, columns, matched);
      },
      [&](double part) { of_matched.add(part); });
  return of_matched.total();
}

/// Row sums over the other points of the same set: the diagonal is never added, so it need not be subtracted.
template <class Kernel, class Real, class Executor>
[[nodiscard]] point_sums sums_within(const neighbours::basic_point_panels<Real>& x, const Kernel& kernel,
                                     const Executor& executor) {
  point_sums rows = empty_sums(x);
  add_kernel_sums(x, x, kernel, true, false, rows, rows, executor);
  return rows;
}

struct between_sums {
  point_sums of_x, of_y;
  double matched = 0.0;  ///< Σ k(xᵢ, yᵢ), if asked for
};
template <class Kernel, class Real, class Executor>
[[nodiscard]] between_sums sums_between(const neighbours::basic_point_panels<Real>& x,
                                        const neighbours::basic_point_panels<Real>& y, const Kernel& kernel,
                                        bool matched, const Executor& executor) {
  between_sums sums{empty_sums(x), empty_sums(y), 0.0};
  sums.matched = add_kernel_sums(x, y, kernel, false, matched, sums.of_x, sums.of_y, executor);
  return sums;
}

/// k(x, y) of two points given as coordinates.
template <class Kernel, class X, class Y>
[[nodiscard]] double kernel_of(const Kernel& kernel, std::span<const X> x, std::span<const Y> y) noexcept {
  double sum = 0.0;
  for (std::size_t c = 0; c < x.size(); ++c) {
    const auto a = static_cast<double>(x[c]);
    const auto b = static_cast<double>(y[c]);
    if constexpr (Kernel::term == neighbours::pair_term::squared_distance) {
      sum += (a - b) * (a - b);
    } else {
      sum += a * b;
    }
  }
  return kernel(sum);
}

template <class Kernel, class X>
[[nodiscard]] double diagonal_sum(const Kernel& kernel, const core::rows_view<X>& x) noexcept {
  blocked_sum sum;
  for (std::size_t i = 0; i < x.size; ++i) sum.add(kernel_of(kernel, x[i], x[i]));
  return sum.total();
}

/// Σ (a − ā)²/(n(n − 1)), a the influence 2 (mean_j k(xᵢ, xⱼ) − mean_j k(xᵢ, yⱼ)) of a point.
[[nodiscard]] inline double influence_variance(const point_sums& within, const point_sums& between, std::size_t n,
                                               double others) noexcept {
  const auto size = static_cast<double>(n);
  const auto influence = [&](std::size_t i) { return 2.0 * (within[i] / (size - 1.0) - between[i] / others); };
  blocked_sum mean, squares;
  for (std::size_t i = 0; i < n; ++i) mean.add(influence(i) / size);
  for (std::size_t i = 0; i < n; ++i) {
    const double d = influence(i) - mean.total();
    squares.add(d * d);
  }
  return squares.total() / (size * (size - 1.0));
}

/// The linear-time estimator: mean of h over disjoint pairs of consecutive points; keeps nothing.
template <class Kernel, class X, class Y>
[[nodiscard]] estimate linear_mmd(const core::rows_view<X>& x, const core::rows_view<Y>& y, const Kernel& kernel) {
  const std::uint64_t count = x.size + y.size;
  const auto finite = [](const auto& points) {
    return all_finite(std::span(points.data, points.size * points.dimension));
  };
  if (!finite(x) || !finite(y)) return {core::nan, core::nan, count};  // no kernel need carry a NaN
  summary::moments h;
  for (std::size_t i = 0; i + 1 < std::min(x.size, y.size); i += 2)
    h.add((kernel_of(kernel, x[i], x[i + 1]) + kernel_of(kernel, y[i], y[i + 1])) -
          (kernel_of(kernel, x[i], y[i + 1]) + kernel_of(kernel, x[i + 1], y[i])));
  if (h.rejected() > 0) return {core::nan, core::nan, count};
  const estimate mean = h.mean();
  return {mean.value, mean.standard_error, count};
}

template <class Kernel, point_source X, point_source Y, core::executor Executor>
[[nodiscard]] estimate mmd(const X& source_x, const Y& source_y, const Kernel& kernel, mmd_estimator estimator,
                           std::string_view function, const Executor& executor) {
  const auto rows_x = as_rows(source_x);
  const auto rows_y = as_rows(source_y);
  check_same_dimension(function, rows_x, rows_y);
  if (estimator == mmd_estimator::linear) return linear_mmd(rows_x, rows_y, kernel);
  if (estimator == mmd_estimator::u_statistic) core::check_same_size(function, "x", rows_x.size, "y", rows_y.size);
  const basic_panel_pair<narrow_real<X, Y>> points(source_x, source_y, function);
  estimate result{core::nan, core::nan, points.count()};
  const auto n = static_cast<double>(rows_x.size);
  const auto m = static_cast<double>(rows_y.size);
  if (!points.defined()) return result;
  const bool biased = estimator == mmd_estimator::biased;
  if (!biased && (n < 2.0 || m < 2.0)) return result;

  const point_sums xx = sums_within(points.x, kernel, executor);
  const point_sums yy = sums_within(points.y, kernel, executor);
  const between_sums xy = sums_between(points.x, points.y, kernel, estimator == mmd_estimator::u_statistic, executor);
  const double within_x = total(xx, points.x.size());
  const double within_y = total(yy, points.y.size());
  const double between = total(xy.of_x, points.x.size());
  double e_xx, e_yy, e_xy = between / (n * m);
  if (biased) {
    e_xx = (within_x + diagonal_sum(kernel, rows_x)) / (n * n);
    e_yy = (within_y + diagonal_sum(kernel, rows_y)) / (m * m);
  } else {
    e_xx = within_x / (n * (n - 1.0));
    e_yy = within_y / (m * (m - 1.0));
    if (estimator == mmd_estimator::u_statistic) e_xy = (between - xy.matched) / (n * (n - 1.0));
  }
  result.value = (e_xx - e_xy) + (e_yy - e_xy);
  if (n < 2.0 || m < 2.0) return result;
  const double variance =
      influence_variance(xx, xy.of_x, points.x.size(), m) + influence_variance(yy, xy.of_y, points.y.size(), n);
  if (variance > 0.0) result.standard_error = std::sqrt(variance);
  return result;
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
