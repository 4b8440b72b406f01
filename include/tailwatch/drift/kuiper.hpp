// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/kolmogorov_smirnov.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Two-sample Kuiper statistic max(F − G) + max(G − F): as sensitive in the tails as in the middle, so a distribution that
/// narrows shows here while Kolmogorov–Smirnov sees half of it.
///
/// @param x, y     samples of any sizes, n·m < 2⁶³: floating ranges or sample(x)
/// @return         in [0, 1], a quotient of integers; standard error not known: NaN; NaN for an empty or non-finite sample
/// @complexity     O(n log n + m log m)
/// @bias           upwards; about √(π/2) √(1/n + 1/m) at F = G, the mean of the Kuiper law
/// @see            N. H. Kuiper (1960), Proc. Koninklijke Nederlandse Akademie van Wetenschappen A 63, 38–47
/// @example        examples/drift/two_samples.cpp
struct kuiper_fn {
  static constexpr std::string_view name = "drift.kuiper";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Kuiper (1960)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    const detail::sorted_sample a(x, {}, "drift::kuiper", "x");
    const detail::sorted_sample b(y, {}, "drift::kuiper", "y");
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto d = detail::compare_ecdf(a, b);
    result.value =
        static_cast<double>(d.above + d.below) / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
    return result;
  }
};
inline constexpr kuiper_fn kuiper{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
