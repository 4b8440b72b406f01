// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hellinger distance ‖√p − √q‖₂/√2.
///
/// The roots are subtracted cell by cell as (p − q)/(√p + √q): √(1 − Σ√(pq)) keeps half the digits at best.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         in [0, 1]; NaN for an empty, all-zero or non-finite side; standard error from counts by the delta
///                 method
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           H² upwards by (K − 1)/8 · (1/n + 1/m) to first order: see noise_floor
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            E. Hellinger (1909), Journal für die reine und angewandte Mathematik 136, 210–271
/// @example        examples/drift/two_corpora.cpp
struct hellinger_fn {
  static constexpr std::string_view name = "drift.hellinger";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Hellinger (1909)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    return detail::square_root(
        detail::evaluate(detail::pair_of(p, q, "drift::hellinger"), detail::squared_hellinger_cell{}));
  }
};
inline constexpr hellinger_fn hellinger{};

/// Bhattacharyya coefficient Σ √(p q) = 1 − H²: 1 for equal distributions, 0 for disjoint supports. Parameters and errors as
/// hellinger; where the distributions are close, hellinger keeps digits that 1 minus this has lost.
/// @see            A. Bhattacharyya (1943), Bulletin of the Calcutta Mathematical Society 35, 99–109
struct bhattacharyya_coefficient_fn {
  static constexpr std::string_view name = "drift.bhattacharyya_coefficient";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Bhattacharyya (1943)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    const auto pair = detail::pair_of(p, q, "drift::bhattacharyya_coefficient");
    estimate result = detail::evaluate(pair, detail::squared_hellinger_cell{});
    if (!pair.defined()) return result;
    detail::blocked_sum sum;
    detail::visit_cells(pair, [&](double a, double b) { sum.add(std::sqrt(a) * std::sqrt(b)); });
    result.value = std::min(sum.total(), 1.0);
    return result;
  }
};
inline constexpr bhattacharyya_coefficient_fn bhattacharyya_coefficient{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
