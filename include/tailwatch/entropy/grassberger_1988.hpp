// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/log_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct grassberger_1988_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Grassberger (1988), for comparison with software that means this one by the name.
///
///   H = Σ (nᵢ/N) [ln N − ψ(nᵢ) − (−1)^nᵢ/(nᵢ + 1)]
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`), not clamped; standard error as in grassberger; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           larger than that of the 2003 form: see grassberger
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            P. Grassberger (1988), Physics Letters A 128, 369–373
/// @example        examples/entropy/entropy_of_counts.cpp
struct grassberger_1988_fn {
  static constexpr std::string_view name = "entropy.grassberger_1988";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Grassberger (1988)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const grassberger_1988_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::grassberger_1988");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto sign = [](std::uint64_t r) { return r % 2 == 0 ? 1.0 : -1.0; };
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const auto count = static_cast<double>(r);
      const double deficit = r < 32 ? std::log(count) - math::digamma(count) : math::log_minus_digamma(count);
      h += static_cast<double>(f) * (count / n) *
           (deficit - math::log_share(r, profile.total()) - sign(r) / (count + 1.0));
    }
    // n ψ(n) − (n − 1) ψ(n − 1) = ψ(n) + 1 for n > 1; the alternating part as in grassberger.
    const auto parity = [](std::uint64_t r) { return static_cast<double>(r) / (static_cast<double>(r) + 1.0); };
    const bool rare = profile.f(1) + profile.f(2) > 0;
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {
          return (math::digamma(static_cast<double>(r)) + (r > 1 ? 1.0 : 0.0) +
                  (rare ? math::parity_step(r, parity) : 0.0)) /
                 (n - 1.0);
        },
        [n](std::uint64_t r) { return math::second_difference_of_n_psi(r) / (n - 2.0); });
    const double steps = math::parity_error(profile.entries(), profile.total(), parity);
    return core::in_unit({h, std::hypot(error, steps), profile.total()}, options.unit);
  }
};
inline constexpr grassberger_1988_fn grassberger_1988{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
