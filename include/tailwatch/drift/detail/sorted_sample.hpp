// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/radix_sort.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// A rounded intermediate the optimiser knows nothing about: `-ffast-math` would fold (a + b) − a. Costs no instruction.
[[nodiscard]] inline double rounded(double x) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__GNUC__)
  asm("" : "+m"(x));
#endif
  return x;
}

/// A number as an unevaluated sum of two doubles, 106 bits: cumulative weights whose differences must keep their digits.
struct double_double {
  double high = 0.0;
  double low = 0.0;

  [[nodiscard]] friend double_double operator+(const double_double& a, double b) noexcept {
    const double s = rounded(a.high + b);
    const double t = rounded(s - a.high);
    const double error = rounded(a.high - rounded(s - t)) + rounded(b - t) + a.low;
    const double sum = rounded(s + error);
    return {sum, error - rounded(sum - s)};
  }
  [[nodiscard]] friend double_double operator*(const double_double& a, const double_double& b) noexcept {
    const double p = rounded(a.high * b.high);
    const double error = std::fma(a.high, b.high, -p) + (a.high * b.low + a.low * b.high);
    const double product = rounded(p + error);
    return {product, error - rounded(product - p)};
  }
  /// a − b, rounded once.
  [[nodiscard]] friend double operator-(const double_double& a, const double_double& b) noexcept {
    return rounded(a.high - b.high) + rounded(a.low - b.low);
  }
};

/// Sample types: `sample(x)` or a bare floating range.
template <class Source>
concept sample_source = core::floating_range<Source> || requires(const Source& x) {
  []<class T>(const core::sample_view<T>&) {}(x);
};

template <std::floating_point Real>
[[nodiscard]] inline bool all_finite(std::span<const Real> values) noexcept {
  unsigned bad = 0;
  for (const Real x : values) bad |= core::is_finite(x) ? 0U : 1U;
  return bad == 0;
}

/// One side of a two-sample statistic: finite values in ascending order with cumulative weights.
///
/// `level(i)` is the weight of the first i + 1 values. Without weights it counts them, exactly; with weights it is summed to
/// 106 bits after a scaling by a power of two that makes the largest weight about 1.
class sorted_sample {
 public:
  template <class Source>
  sorted_sample(const Source& source, std::span<const double> weights, std::string_view function,
                std::string_view argument) {
    const auto values = core::as_span(source);
    weighted_ = weights.data() != nullptr;
    if (weighted_) {
      core::check_same_size(function, argument, values.size(), "its weights", weights.size());
      double largest = 0.0;
      for (const double w : weights) {
        if (core::is_nan(w)) {
          defined_ = false;
          continue;
        }
        core::check_not_negative(function, "weight", w);
        largest = std::max(largest, w);
      }
      if (!core::is_finite(largest) || largest == 0.0) defined_ = false;
    }
    values_.resize(values.size());
    if (values.empty() || !all_finite(values)) defined_ = false;
    if (!defined_) return;
    if (!weighted_) {
      using number = typename std::remove_cvref_t<decltype(values)>::value_type;
      simd::number_buffer<number> scratch;
      if constexpr (sizeof(number) == sizeof(double)) {
        simd::radix_sort(values.data(), values.size(), values_.data(), scratch);
      } else {
        simd::number_buffer<number> sorted(values.size());
        simd::radix_sort(values.data(), values.size(), sorted.data(), scratch);
        std::copy(sorted.data(), sorted.data() + sorted.size(), values_.begin());
      }
      return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) values_[i] = static_cast<double>(values[i]) + 0.0;  // −0 becomes +0
    sort_weighted(weights);
    defined_ = !values_.empty();
  }

  /// Finite values that are in ascending order already.
  [[nodiscard]] static sorted_sample from_sorted(std::vector<double> values) {
    sorted_sample sample;
    sample.values_ = std::move(values);
    return sample;
  }
  /// Gives the values away; nothing is left.
  [[nodiscard]] std::vector<double> take() && noexcept { return std::move(values_); }

  [[nodiscard]] bool defined() const noexcept { return defined_; }
  [[nodiscard]] bool weighted() const noexcept { return weighted_; }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] double operator[](std::size_t i) const noexcept { return values_[i]; }
  [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }
  [[nodiscard]] double_double level(std::size_t i) const noexcept {
    return weighted_ ? levels_[i] : double_double{static_cast<double>(i + 1), 0.0};
  }
  [[nodiscard]] double_double total() const noexcept { return level(size() - 1); }
  /// Share of the total weight that value i holds.
  [[nodiscard]] double share(std::size_t i) const noexcept {
    const double before_total = total().high;
    if (!weighted_) return 1.0 / before_total;
    return (i == 0 ? levels_[0].high : levels_[i] - levels_[i - 1]) / before_total;
  }
  /// The same sample reflected at 0: −x, in ascending order.
  [[nodiscard]] sorted_sample reflected() const {
    sorted_sample r = *this;
    std::reverse(r.values_.begin(), r.values_.end());
    for (double& x : r.values_) x = 0.0 - x;
    if (weighted_) {
      double_double sum;
      for (std::size_t i = 0; i < size(); ++i) {
        const std::size_t from = size() - 1 - i;
        sum = sum + (from == 0 ? levels_[0].high : levels_[from] - levels_[from - 1]);
        r.levels_[i] = sum;
      }
    }
    return r;
  }

 private:
  sorted_sample() = default;

  void sort_weighted(std::span<const double> weights) {
    double largest = 0.0;
    for (const double w : weights) largest = std::max(largest, w);
    int exponent = 0;
    std::frexp(largest, &exponent);
    struct weighted_value {
      double x;
      double w;
    };
    std::vector<weighted_value> both;
    both.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (weights[i] > 0.0) both.push_back({values_[i], std::ldexp(weights[i], -exponent)});
    boost::sort::pdqsort(both.begin(), both.end(), [](const weighted_value& a, const weighted_value& b) {
      return a.x < b.x || (a.x == b.x && a.w < b.w);
    });
    values_.clear();
    levels_.reserve(both.size());
    double_double sum;
    for (const auto& [x, w] : both) {
      values_.push_back(x);
      sum = sum + w;
      levels_.push_back(sum);
    }
  }

  std::vector<double> values_;
  std::vector<double_double> levels_;
  bool weighted_ = false;
  bool defined_ = true;
};

/// Walks the quantile functions of x and y together: visit(i, j, from, to) for each stretch of u ∈ [0, 1] on which both are
/// constant, at x[i] and y[j]. Levels are compared as level_x · total_y against level_y · total_x, exact without weights.
template <class Visit>
void visit_quantiles(const sorted_sample& x, const sorted_sample& y, Visit&& visit) {
  const double_double total_x = x.total();
  const double_double total_y = y.total();
  const double_double scale = total_x * total_y;
  double_double from;
  std::size_t i = 0, j = 0;
  double_double at_x = x.level(0) * total_y;
  double_double at_y = y.level(0) * total_x;
  while (true) {
    const double ahead = at_x - at_y;
    const double_double& to = ahead <= 0.0 ? at_x : at_y;
    visit(i, j, from, to, scale);
    from = to;
    const bool last_x = i + 1 == x.size();
    const bool last_y = j + 1 == y.size();
    if (last_x && last_y) break;
    // The two totals are one number rounded twice: whoever is not at its end moves on.
    if ((ahead <= 0.0 && !last_x) || last_y) at_x = x.level(++i) * total_y;
    if ((ahead >= 0.0 && !last_y) || (last_x && ahead < 0.0)) at_y = y.level(++j) * total_x;
  }
}

/// Walks the pooled distinct values in ascending order: visit(value, i, j) after i values of x and j of y are ≤ value. The
/// step itself has no branch on which sample comes next, which no processor could foresee.
template <class Visit>
void visit_pooled(const sorted_sample& x, const sorted_sample& y, Visit&& visit) {
  const double* const a = x.values().data();
  const double* const b = y.values().data();
  const std::size_t n = x.size(), m = y.size();
  std::size_t i = 0, j = 0;
  while (i < n && j < m) {
    const double u = a[i], v = b[j];
    const double value = v < u ? v : u;
    i += static_cast<std::size_t>(u <= v);
    j += static_cast<std::size_t>(v <= u);
    if ((i < n && a[i] == value) || (j < m && b[j] == value)) continue;
    visit(value, i, j);
  }
  while (i < n || j < m) {
    const double value = j == m ? a[i] : b[j];
    while (i < n && a[i] == value) ++i;
    while (j < m && b[j] == value) ++j;
    visit(value, i, j);
  }
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
