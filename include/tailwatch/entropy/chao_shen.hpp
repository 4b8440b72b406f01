// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

namespace detail {
struct horvitz_thompson_term {
  double value;       ///< −a ln a/(1 − (1 − a)^n)
  double derivative;  ///< in a
};
/// @param rest  1 − a, to its own precision
[[nodiscard]] inline horvitz_thompson_term horvitz_thompson(double a, double rest, double n) noexcept {
  if (a <= 0.0 || rest <= 0.0) return {0.0, rest <= 0.0 ? -1.0 : 0.0};
  const double log_a = a > 0.5 ? std::log1p(-rest) : std::log(a), log_rest = a > 0.5 ? std::log(rest) : std::log1p(-a);
  const double seen = -std::expm1(n * log_rest);
  const double value = -a * log_a / seen;
  return {value, (-log_a - 1.0 - value * n * std::exp((n - 1.0) * log_rest)) / seen};
}
}  // namespace detail

struct chao_shen_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Chao and Shen: shares shrunk by the coverage, terms weighted by their chance of being seen.
///
///   H = −Σ a ln a/(1 − (1 − a)^N)        a = C nᵢ/N,  C = 1 − f₁/N;  f₁ = N: C = 1/N
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife, C included; NaN standard error when every
///                 symbol was seen once; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           small when coverage is moderate; over-corrects for very uneven counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            A. Chao, T.-J. Shen (2003), Environmental and Ecological Statistics 10, 429–443
/// @example        examples/entropy/entropy_of_counts.cpp
struct chao_shen_fn {
  static constexpr std::string_view name = "entropy.chao_shen";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Chao and Shen (2003)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const chao_shen_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::chao_shen");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const std::uint64_t f1 = profile.f(1);
    const bool all_once = f1 == profile.total();
    const double coverage = all_once ? 1.0 / n : static_cast<double>(profile.total() - f1) / n;
    const double unseen = all_once ? (n - 1.0) / n : static_cast<double>(f1) / n;
    double h = 0.0;
    double slope = 0.0;  // dH/dC
    for (const auto& [r, f] : profile.entries()) {
      const double a = coverage * static_cast<double>(r) / n;
      // 1 − C r/N = (N − r)/N + (1 − C) r/N
      const double rest = static_cast<double>(profile.total() - r) / n + unseen * (static_cast<double>(r) / n);
      const detail::horvitz_thompson_term t = detail::horvitz_thompson(a, rest, n);
      h += static_cast<double>(f) * t.value;
      slope += static_cast<double>(f) * t.derivative * a / coverage;
    }
    if (all_once) return core::in_unit({h, core::nan, profile.total()}, options.unit);
    const auto term = [&](double count) {
      const double a = coverage * count / n;
      return detail::horvitz_thompson(a, 1.0 - a, n).value;
    };
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {
          const auto count = static_cast<double>(r);
          return term(count - 1.0) - term(count) + (r == 1 ? slope : r == 2 ? -slope : 0.0) / (n - 1.0);
        },
        [&](std::uint64_t r) {
          const auto count = static_cast<double>(r);
          if (r > 10000) return coverage / (n * count);  // that of −x ln x
          // two symbols fewer: 2 → 1 adds a singleton on the way, 3 → 1 at the end
          return term(count) - 2.0 * term(count - 1.0) + term(count - 2.0) +
                 (r == 2   ? 2.0 * slope
                  : r == 3 ? -slope
                           : 0.0) /
                     n;
        });
    return core::in_unit({h, error, profile.total()}, options.unit);
  }
};
inline constexpr chao_shen_fn chao_shen{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
