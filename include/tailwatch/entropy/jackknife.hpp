// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/log_share.hpp"
#include "tailwatch/math/n_log_n.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

namespace detail {
/// n ln n − (n − 1) ln(n − 1)
[[nodiscard]] inline double log_difference(std::uint64_t count) noexcept {
  return math::n_log_n_step(static_cast<double>(count));
}
/// 1 + (n − 1) ln(1 − 1/n) = Σ_{k≥1} 1/(k(k + 1) nᵏ), n ≥ 2
[[nodiscard]] inline double log_difference_deficit(std::uint64_t count) noexcept {
  const auto n = static_cast<double>(count);
  if (count < 10000) return 1.0 + (n - 1.0) * std::log1p(-1.0 / n);
  return (1.0 / 2 + (1.0 / 6 + (1.0 / 12 + 1.0 / (20.0 * n)) / n) / n) / n;
}
/// r D(r) − (r − 1) D(r − 1)
[[nodiscard]] inline double log_difference_step(std::uint64_t r) noexcept {
  const auto count = static_cast<double>(r);
  if (r == 1) return 0.0;
  if (r > 100000) return log_difference(r) + 1.0 - 0.5 / count;  // to 1e-10; the difference below would be r·2⁻⁵²·ln r
  return log_difference(r) + (count - 1.0) * (log_difference(r) - log_difference(r - 1));
}
}  // namespace detail

struct jackknife_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// First-order jackknife of the plug-in Shannon entropy.
///
///   H = N Ĥ − ((N − 1)/N) Σ nᵢ Ĥ₋ᵢ = D(N) − (1/N) Σ nᵢ D(nᵢ)
///   D(n) = n ln n − (n − 1) ln(n − 1) = ln n − (n − 1) ln(1 − 1/n),  D(1) = 0
///
///   The second form does not cancel; the first one is wrong in the third digit at N = 1e12.
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife of it; NaN when N < 2
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           O(1/N²) once every symbol was seen
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            S. Zahl (1977), Ecology 58, 907–913
/// @example        examples/entropy/entropy_of_counts.cpp
struct jackknife_fn {
  static constexpr std::string_view name = "entropy.jackknife";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Zahl (1977)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const jackknife_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::jackknife");
    const std::uint64_t total = profile.total();
    if (!profile.defined() || total < 2) return {core::nan, core::nan, total};
    const auto n = static_cast<double>(total);
    // D(N) − D(r) = −ln(r/N) + ε(r) − ε(N), ε(n) = 1 + (n − 1) ln(1 − 1/n): precise also where one symbol is nearly all there is
    const double top = detail::log_difference(total), top_deficit = detail::log_difference_deficit(total);
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const double difference = r > total / 2 && r > 1
                                    ? detail::log_difference_deficit(r) - top_deficit - math::log_share(r, total)
                                    : top - detail::log_difference(r);
      h += static_cast<double>(f) * (static_cast<double>(r) / n) * difference;
    }
    const double error = math::delete_one_standard_error(
        profile.entries(), total, [n](std::uint64_t r) { return detail::log_difference_step(r) / (n - 1.0); },
        [n](std::uint64_t r) {
          const double second = r > 10000 ? 1.0 / static_cast<double>(r)
                                          : detail::log_difference_step(r) - detail::log_difference_step(r - 1);
          return second / (n - 2.0);
        });
    return core::in_unit({h, error, total}, options.unit);
  }
};
inline constexpr jackknife_fn jackknife{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
