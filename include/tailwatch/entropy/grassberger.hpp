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

namespace detail {
/// G(n) = ψ(n) + (−1)ⁿ/2 · [ψ((n + 1)/2) − ψ(n/2)] = ψ(m + 1/2) + ln 2, m = ⌊n/2⌋.
[[nodiscard]] inline double grassberger_g(std::uint64_t n) noexcept {
  return math::digamma(static_cast<double>(n / 2) + 0.5) + 0.69314718055994530942;
}
/// ln N − G(n), to relative precision also where one symbol is nearly all there is: ψ(m + ½) = ln m + 1/(24m²) − 7/(960m⁴) + …
[[nodiscard]] inline double log_less_grassberger_g(std::uint64_t total, std::uint64_t n) noexcept {
  if (n < 256) return std::log(static_cast<double>(total)) - grassberger_g(n);
  const double m = static_cast<double>(n / 2);
  const double z = 1.0 / (m * m);
  return -math::log_share(n / 2 * 2, total) - z * (1.0 / 24 - z * (7.0 / 960 - z * 31.0 / 8064));
}
/// n |G(n) − ψ(n)|: what alternates with the parity of n.
[[nodiscard]] inline double grassberger_parity(std::uint64_t n) noexcept {
  const auto count = static_cast<double>(n);
  return n > 10000 ? 0.5 : count * std::abs(grassberger_g(n) - math::digamma(count));
}
}  // namespace detail

struct grassberger_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Grassberger (2003).
///
///   H = ln N − (1/N) Σ nᵢ G(nᵢ)
///   G(1) = −γ − ln 2      G(2) = 2 − γ − ln 2      G(2m + 1) = G(2m)      G(2m + 2) = G(2m) + 2/(2m + 1)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`), not clamped: slightly below 0 for one symbol; standard error by the second-order jackknife,
///                 with what one observation adds averaged over odd and even counts from 3 on: G's steps would else pass for ten times
///                 the scatter they make, which is added as such; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           far below the plug-in's for N ≳ S; still under-estimates when most symbols are unseen
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            P. Grassberger (2003), arXiv:physics/0307138, eq. 35; the ln N form, where some peers take ψ(N)
/// @example        examples/entropy/entropy_of_counts.cpp
struct grassberger_fn {
  static constexpr std::string_view name = "entropy.grassberger";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Grassberger (2003)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const grassberger_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::grassberger");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    double h = 0.0;
    for (const auto& [r, f] : profile.entries())
      h += static_cast<double>(f) * (static_cast<double>(r) / n) * detail::log_less_grassberger_g(profile.total(), r);
    // G(r) is ψ(r) and a part that alternates; n ψ(n) − (n − 1) ψ(n − 1) = ψ(n) + 1 for n > 1: see @return.
    const auto parity = [](std::uint64_t r) { return detail::grassberger_parity(r); };
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
inline constexpr grassberger_fn grassberger{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
