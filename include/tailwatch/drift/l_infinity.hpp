// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Largest difference of one cell, max |p − q|.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         in [0, 1]; NaN for an empty, all-zero or non-finite side; standard error from counts that of the
///                 maximising cell, √(p(1 − p)/n + q(1 − q)/m), first order and valid where that cell is well ahead of
///                 the next
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards, the maximum of noisy cells
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @example        examples/drift/two_corpora.cpp
struct l_infinity_fn {
  static constexpr std::string_view name = "drift.l_infinity";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Gibbs and Su (2002)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    const auto pair = detail::pair_of(p, q, "drift::l_infinity");
    estimate result{core::nan, core::nan, detail::observations(pair)};
    if (!pair.defined()) return result;
    result.value = 0.0;
    double at_p = 0.0, at_q = 0.0;
    detail::visit_cells(pair, [&](double a, double b) {
      const double d = std::abs(a - b);
      if (d > result.value) {
        result.value = d;
        at_p = a;
        at_q = b;
      }
    });
    if (result.count == 0 || result.value == 0.0) return result;
    const auto variance = [](double cell, std::uint64_t n) {
      return n == 0 ? 0.0 : cell * (1.0 - cell) / static_cast<double>(n);
    };
    result.standard_error =
        std::sqrt(variance(at_p, pair.first().observations) + variance(at_q, pair.second().observations));
    return result;
  }
};
inline constexpr l_infinity_fn l_infinity{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
