// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct hdd_options {
  std::uint64_t draws = 42;  ///< tokens drawn, ≥ 1
};

struct vocd_d_options {
  std::uint64_t from = 35;  ///< smallest sample, ≥ 1
  std::uint64_t to = 50;    ///< largest sample, ≥ from
};

namespace detail {
/// Expected type–token ratio of `draws` tokens drawn without replacement.
[[nodiscard]] inline double expected_type_ratio(const summary::frequency_profile& profile, std::uint64_t draws) {
  const auto n = static_cast<double>(profile.total());
  const auto m = static_cast<double>(draws);
  double types = 0.0;
  for (const auto& e : profile.entries())
    types -= static_cast<double>(e.multiplicity) * std::expm1(math::log_absent(n, static_cast<double>(e.count), m));
  return types / m;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// HD-D: the type–token ratio expected in a few tokens drawn without replacement.
///
///   (1/n) Σ_t [1 − C(N − f_t, n)/C(N, n)]        n = draws
///
/// What vocd estimates by random draws, exactly; scaled to 0 … 1 (koRpus prints n times this).
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         in (0, 1] and N; the standard error is not known and NaN; NaN when N < draws
/// @complexity     O(tokens), or O(K) from counts; then O(draws) per distinct count
/// @bias           none: it is a U-statistic
/// @throws         std::invalid_argument for draws = 0, and for a negative or fractional count
/// @see            P. M. McCarthy, S. Jarvis (2007), Language Testing 24, 459–488
/// @example        examples/diversity/lexical_diversity.cpp
struct hdd_fn {
  static constexpr std::string_view name = "diversity.hdd";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCarthy and Jarvis (2007)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hdd_options& options = {}) const {
    core::check_at_least("diversity::hdd", "draws", options.draws, std::uint64_t{1});
    const auto& profile = detail::word_profile(source, "diversity::hdd");
    if (!profile.defined() || profile.total() < options.draws) return {core::nan, core::nan, profile.total()};
    return {detail::expected_type_ratio(profile, options.draws), core::nan, profile.total()};
  }
};
inline constexpr hdd_fn hdd{};

/// vocd's D without its random draws: least squares of the model curve on the exact expected type–token ratios.
///
///   TTR(n) = (D/n)(√(1 + 2n/D) − 1), n = from … to
///
/// @param source   as hdd
/// @return         D and N; the standard error is not known and NaN; +∞ without a repeated word; NaN when N < to
/// @complexity     as hdd for each n, then about 10 Gauss–Newton steps
/// @throws         std::invalid_argument unless 1 ≤ from ≤ to, and for a negative or fractional count
/// @see            D. D. Malvern, B. J. Richards, N. Chipere, P. Durán (2004), Lexical Diversity and Language Development
/// @example        examples/diversity/lexical_diversity.cpp
struct vocd_d_fn {
  static constexpr std::string_view name = "diversity.vocd_d";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Malvern, Richards, Chipere and Durán (2004)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const vocd_d_options& options = {}) const {
    core::check_at_least("diversity::vocd_d", "from", options.from, std::uint64_t{1});
    core::check_at_least("diversity::vocd_d", "to", options.to, options.from);
    const auto& profile = detail::word_profile(source, "diversity::vocd_d");
    if (!profile.defined() || profile.total() < options.to) return {core::nan, core::nan, profile.total()};
    if (profile.largest() == 1) return {core::infinity, core::nan, profile.total()};
    std::vector<double> ratios;
    for (std::uint64_t n = options.from; n <= options.to; ++n)
      ratios.push_back(detail::expected_type_ratio(profile, n));
    const double last = ratios.back();
    // From TTR = (D/n)(√(1 + 2n/D) − 1): D = n TTR²/(2(1 − TTR)).
    double log_d = std::log(static_cast<double>(options.to) * last * last / (2.0 * (1.0 - last)));
    for (int i = 0; i < 100; ++i) {
      const double d = std::exp(log_d);
      double residual = 0.0;
      double weight = 0.0;
      for (std::uint64_t n = options.from; n <= options.to; ++n) {
        const double size = static_cast<double>(n);
        const double root = std::sqrt(1.0 + 2.0 * size / d);
        const double fitted = 2.0 / (root + 1.0);
        const double slope = (root - 1.0) / (root * (root + 1.0));  // dTTR/d ln D
        residual += (ratios[static_cast<std::size_t>(n - options.from)] - fitted) * slope;
        weight += slope * slope;
      }
      const double step = residual / weight;
      log_d += step;
      if (std::abs(step) < 1e-14) break;
    }
    return {std::exp(log_d), core::nan, profile.total()};
  }
};
inline constexpr vocd_d_fn vocd_d{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
