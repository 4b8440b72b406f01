// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/unseen_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct chao_wang_jost_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Chao, Wang and Jost: the slope of the accumulation curve, extended past N by f₁ and f₂.
///
///   H = Σ (nᵢ/N)(ψ(N) − ψ(nᵢ)) + (f₁/N) x Σ_{k≥0} x^k/(N + k)        x = 1 − A
///   A = 2f₂/((N − 1)f₁ + 2f₂);  f₂ = 0: 2/((N − 1)(f₁ − 1) + 2);  f₁ = 0: 1
///
/// The second term is evaluated in a form that does not cancel (math::lerch_series): the printed one is wrong by orders of
/// magnitude when f₂ is much larger than f₁.
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife, f₁ and f₂ included; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           the smallest of the estimators here when many symbols are unseen; still under-estimates then
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            A. Chao, Y. T. Wang, L. Jost (2013), Methods in Ecology and Evolution 4, 1091–1100,
///                 doi 10.1111/2041-210X.12108
/// @example        examples/entropy/entropy_of_counts.cpp
struct chao_wang_jost_fn {
  static constexpr std::string_view name = "entropy.chao_wang_jost";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Chao, Wang and Jost (2013)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const chao_wang_jost_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::chao_wang_jost");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const std::uint64_t total = profile.total();
    const auto n = static_cast<double>(total);
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const auto count = static_cast<double>(r);
      h += static_cast<double>(f) * (count / n) * math::digamma_difference(count, static_cast<double>(total - r));
    }
    const std::uint64_t f1 = profile.f(1);
    const std::uint64_t f2 = profile.f(2);
    h += math::unseen_entropy(f1, f2, total);
    // Without one, or two, observations of a symbol seen once, twice, three times or more often: f₁ and f₂ move.
    const auto unseen = [&](std::uint64_t less, std::int64_t by_f1, std::int64_t by_f2) {
      const auto move = [](std::uint64_t f, std::int64_t by) {
        return by < 0 && f == 0 ? 0 : f + static_cast<std::uint64_t>(by);
      };
      return total > less ? math::unseen_entropy(move(f1, by_f1), move(f2, by_f2), total - less) : 0.0;
    };
    const double one[4] = {unseen(1, -1, 0), unseen(1, 1, -1), unseen(1, 0, 1), unseen(1, 0, 0)};
    const double none = unseen(2, 0, 0);
    const double two[3] = {unseen(2, 0, -1) - 2.0 * unseen(2, 1, -1) + none,
                           unseen(2, 1, 0) - 2.0 * unseen(2, 0, 1) + none, unseen(2, 0, 1) - none};
    const double error = math::delete_one_standard_error(
        profile.entries(), total,
        [&](std::uint64_t r) {
          const double own = (math::digamma(static_cast<double>(r)) + (r > 1 ? 1.0 : 0.0)) / (n - 1.0);
          return own + one[r < 4 ? r - 1 : 3];
        },
        [&](std::uint64_t r) { return (r < 5 ? two[r - 2] : 0.0) - math::second_difference_of_n_psi(r) / (n - 2.0); });
    return core::in_unit({h, error, total}, options.unit);
  }
};
inline constexpr chao_wang_jost_fn chao_wang_jost{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
