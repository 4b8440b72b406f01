// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/hill_number_at_size.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/missing_mass_at_size.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct hill_number_at_coverage_options {
  double order = 0.0;      ///< q ≥ 0, finite
  double coverage = 0.95;  ///< in (0, 1)
  shannon_extrapolation extrapolation = shannon_extrapolation::chao2014;
};

namespace detail {

/// Standard error of the number at the size m that has the coverage asked for: second-order jackknife of D + κ·(missing mass of m), κ the
/// slope of the number in the coverage, so that the scatter of m is in it; of order 0 from 0.9 N on by math::frequency_count_error, m solved for
/// each f₁ and f₂. NaN beyond N for orders other than 0, 1 (chao2014) and 2.
[[nodiscard]] inline double error_at_coverage(const summary::frequency_profile& profile, double order,
                                              shannon_extrapolation rule, double coverage, std::uint64_t sample_size,
                                              double value, double slope) {
  const std::uint64_t total = profile.total();
  if (total < 6 || sample_size < 2 || !core::is_finite(slope)) return core::nan;  // one observation, one type
  const auto n = static_cast<double>(total);
  const auto m = static_cast<double>(sample_size);
  double error = core::nan;
  const auto pairs = [](double population, double count) {
    return count / population * ((count - 1.0) / (population - 1.0));
  };
  const double by_pairs = -value * value * (1.0 - 1.0 / m);
  // Near N the coverage hardly rises, where little was seen twice, and not at all where nothing was: a slope is of no use.
  const bool by_frequency_counts = order == 0.0 && m >= 0.9 * n;
  if (!by_frequency_counts &&
      (sample_size + 2 < total || (sample_size <= total && order != 0.0 && order != 1.0 && order != 2.0))) {
    const double draws = std::min(m, n - 3.0);
    const order_terms phi = order_terms_of(profile, order, draws);
    const double by_sum = order == 0.0 || order == 2.0 ? 1.0 : phi.slope(rarefied_sum(profile, draws, phi));
    error = delete_one_of_sum(profile, [&](double population, double count) {
      const double number = order == 0.0   ? -std::expm1(math::log_absent(population, count, draws))
                            : order == 2.0 ? by_pairs * pairs(population, count)
                                           : by_sum * expected_share_term(population, count, draws, phi);
      return number + slope * math::missing_mass_term(population, count, draws);
    });
  } else {
    const std::uint64_t f1 = profile.f(1), f2 = profile.f(2);
    const auto missing = [&](std::uint64_t r) {
      return slope * math::missing_mass_beyond_without(f1, f2, total, m, r);
    };
    if (order == 0.0)
      error = math::frequency_count_error(profile.entries(), total, 2, 1.0, [&](const std::vector<double>& f) {
        const double rest =
            1.0 - math::singleton_share(static_cast<std::uint64_t>(f[0]), static_cast<std::uint64_t>(f[1]), total);
        if (!(rest > 0.0)) return 0.0;
        const double size = n - 1.0 + std::log((1.0 - coverage) * n / f[0]) / std::log(rest);  // that of the coverage
        return types_at_size(0.0, f[0], f[1], n, std::max(size, 0.5 * n));
      });
    else if (order == 1.0 && rule == shannon_extrapolation::chao2014)
      error = value * extrapolated_shannon_error(profile, m, [&](std::uint64_t r) { return missing(r) / value; });
    else if (order == 2.0)
      error = math::delete_one_standard_error(
          profile.entries(), total,
          [&](std::uint64_t r) {
            const auto count = static_cast<double>(r);
            return by_pairs * (pairs(n - 1.0, count - 1.0) - pairs(n - 1.0, count)) + missing(r);
          },
          [&](std::uint64_t) { return by_pairs * 2.0 / ((n - 2.0) * (n - 3.0)); });
  }
  return error > 0.0 ? error : core::nan;
}

}  // namespace detail

struct covered_hill_number {
  estimate number;
  std::uint64_t sample_size = 0;  ///< m, the smallest sample of that coverage
  double coverage = core::nan;    ///< of m observations, at least the one asked for
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill number of the smallest sample that covers a given share of the source: the fair comparison of a rich source with a poor one,
/// where equal sizes would cut the rich one's tail off.
///
///   hill_number_at_size at m = min{m: C(m) ≥ coverage}, C as tail::coverage_at_size
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols, m and its coverage; standard error by the second-order jackknife, the scatter of m included, NaN for
///                 N < 6, m = 1, and beyond N for orders other than 0, 1 (chao2014) and 2. NaN when N < 2 and where no sample of less than 2⁵³ has
///                 that coverage. m above 2N is a guess
/// @complexity     log₂ m evaluations of the coverage, three of the number and one of the error of hill_number_at_size
/// @bias           small for m ≤ N; beyond it that of hill_number_asymptotic, a lower bound for q < 1
/// @throws         std::invalid_argument unless order ≥ 0 is finite and 0 < coverage < 1, and for a negative or fractional count
/// @see            A. Chao, L. Jost (2012), Ecology 93, 2533–2547
/// @example        examples/diversity/richness.cpp
struct hill_number_at_coverage_fn {
  static constexpr std::string_view name = "diversity.hill_number_at_coverage";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao and Jost (2012)";

  template <summary::count_source Source>
  [[nodiscard]] covered_hill_number operator()(const Source& source,
                                               const hill_number_at_coverage_options& options = {}) const {
    constexpr std::string_view function = "diversity::hill_number_at_coverage";
    core::check(core::is_finite(options.order) && options.order >= 0.0, function, "order", options.order,
                "at least 0 and finite");
    core::check_open_interval(function, "coverage", options.coverage, 0.0, 1.0);
    const auto& profile = summary::profile_of(source, function);
    const std::uint64_t total = profile.total();
    covered_hill_number result;
    result.number.count = total;
    if (!profile.defined() || total < 2) return result;
    const auto covered = [&](std::uint64_t m) { return 1.0 - math::missing_mass_at_size(profile.entries(), total, m); };
    std::uint64_t low = 0;  // covers too little
    std::uint64_t high = total;
    while (covered(high) < options.coverage) {
      low = high;
      if (high >= std::uint64_t{1} << 52) return result;
      high *= 2;
    }
    while (high - low > 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      (covered(middle) < options.coverage ? low : high) = middle;
    }
    result.sample_size = high;
    result.coverage = covered(high);
    result.number = hill_number_at_size(
        profile, {.order = options.order, .sample_size = high, .extrapolation = options.extrapolation});
    // The coverage jumps where it turns from rarefied to extrapolated, and is all but flat before: the slope is taken on one side, away from N.
    const auto step = static_cast<double>(std::max<std::uint64_t>(1, high / 64));
    const auto size = static_cast<double>(high), n = static_cast<double>(total);
    const double at = size < n ? std::min(size, std::max(1.0, std::floor(0.9 * n))) : size;
    const double above = at + step, below = size < n ? std::max(1.0, at - step) : std::max(n, at - step);
    const double slope = (detail::number_at_size(profile, options.order, above, options.extrapolation) -
                          detail::number_at_size(profile, options.order, below, options.extrapolation)) /
                         (covered(static_cast<std::uint64_t>(above)) - covered(static_cast<std::uint64_t>(below)));
    result.number.standard_error = detail::error_at_coverage(profile, options.order, options.extrapolation,
                                                             options.coverage, high, result.number.value, slope);
    return result;
  }
};
inline constexpr hill_number_at_coverage_fn hill_number_at_coverage{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
