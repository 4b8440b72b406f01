// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::math {

struct permutation_options {
  std::size_t replicates = 999;  ///< relabellings drawn; the p-value is a multiple of 1/(replicates + 1)
};

namespace detail {

template <class Result>
[[nodiscard]] double value_of(const Result& result) noexcept {
  if constexpr (requires { result.value; }) {
    return result.value;
  } else {
    return static_cast<double>(result);
  }
}

/// Shuffles whole rows of `pool` and asks `statistic(first, second)` each time.
template <class T, class Statistic, core::random_bits Random>
[[nodiscard]] estimate permuted(const core::rows_view<T>& x, const core::rows_view<T>& y, const Statistic& statistic,
                                Random& random, const permutation_options& options) {
  core::check_at_least<std::size_t>("math::permutation_test", "replicates", options.replicates, 1);
  const std::size_t d = std::max(x.dimension, y.dimension);
  if (x.size > 0 && y.size > 0)
    core::check_same_size("math::permutation_test", "a point of x", x.dimension, "a point of y", y.dimension);
  std::vector<T> pool(x.data, x.data + x.size * d);
  pool.insert(pool.end(), y.data, y.data + y.size * d);
  const auto value = [&] {
    return value_of(
        statistic(core::rows_view<T>{pool.data(), x.size, d}, core::rows_view<T>{pool.data() + x.size * d, y.size, d}));
  };
  const double observed = value();
  if (core::is_nan(observed)) return {core::nan, core::nan, options.replicates};
  // A replicate adds the same numbers in another order: what differs by rounding alone is a tie, and ties count.
  const double threshold = observed - 1e-12 * std::abs(observed);
  std::uint64_t reached = 1;
  for (std::size_t b = 0; b < options.replicates; ++b) {
    // The first x.size rows become a uniform choice of rows: that many steps of Fisher–Yates are enough.
    for (std::size_t i = 0; i < x.size; ++i) {
      const auto j = i + static_cast<std::size_t>(core::uniform_below(random, x.size + y.size - i));
      if (j == i) continue;
      const auto row = pool.begin() + static_cast<std::ptrdiff_t>(i * d);
      std::swap_ranges(row, row + static_cast<std::ptrdiff_t>(d), pool.begin() + static_cast<std::ptrdiff_t>(j * d));
    }
    const double replicate = value();
    reached += core::is_nan(replicate) || replicate >= threshold ? 1 : 0;
  }
  const double all = static_cast<double>(options.replicates) + 1.0;
  const double p = static_cast<double>(reached) / all;
  return {p, std::sqrt(p * (1.0 - p) / all), options.replicates};
}

}  // namespace detail

/// Two-sample permutation test with any statistic that grows with the difference.
///
///   p = (b + 1)/(B + 1)        b: of B random relabellings, those with a statistic ≥ the observed one
///
/// P(p ≤ α) ≤ α for every α, whatever the distribution, when the pooled observations are exchangeable under the null: here,
/// independent ones. Tokens of running text are not.
///
///   permutation_test(rows(x, n, d), rows(y, m, d), statistic, random)   statistic(rows_view<T>, rows_view<T>)
///   permutation_test(x, y, statistic, random)                           statistic(span<const T>, span<const T>)
///
/// @param statistic  returns a number or an estimate; large means different
/// @return         the p-value, its Monte-Carlo standard error √(p(1 − p)/(B + 1)), and B; NaN where the observed statistic
///                 is; a replicate that is NaN counts as reaching it
/// @complexity     B + 1 evaluations; memory: a copy of both
/// @throws         std::invalid_argument for replicates = 0 or points of different dimensions
/// @see            B. Phipson, G. K. Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9(1), 39
/// @example        examples/drift/points.cpp
template <class T, class Statistic, core::random_bits Random>
[[nodiscard]] estimate permutation_test(const core::rows_view<T>& x, const core::rows_view<T>& y,
                                        const Statistic& statistic, Random& random,
                                        const permutation_options& options = {}) {
  return detail::permuted(x, y, statistic, random, options);
}
template <core::number_range Range, class Statistic, core::random_bits Random>
[[nodiscard]] estimate permutation_test(const Range& x, const Range& y, const Statistic& statistic, Random& random,
                                        const permutation_options& options = {}) {
  using value_type = std::ranges::range_value_t<Range>;
  const auto a = core::as_span(x), b = core::as_span(y);
  return detail::permuted(
      core::rows_view<value_type>{a.data(), a.size(), 1}, core::rows_view<value_type>{b.data(), b.size(), 1},
      [&](const core::rows_view<value_type>& p, const core::rows_view<value_type>& q) {
        return statistic(std::span<const value_type>(p.data, p.size), std::span<const value_type>(q.data, q.size));
      },
      random, options);
}

}  // namespace tailwatch::math
