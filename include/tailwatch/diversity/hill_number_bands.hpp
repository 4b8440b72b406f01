// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/diversity/detail/bootstrap_source.hpp"
#include "tailwatch/diversity/hill_number_at_coverage.hpp"
#include "tailwatch/diversity/hill_number_at_size.hpp"
#include "tailwatch/math/missing_mass_at_size.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// The source of the bootstrap samples: the rates of symbols that explain the counts, or what Chao et al. (2014) and iNEXT rebuild, in which the
/// symbols seen keep nearly their sample shares.
enum class hill_bootstrap { poisson_mixture, chao2014 };

struct hill_number_bands_options {
  double order = 0.0;            ///< q ≥ 0, finite
  std::size_t replicates = 200;  ///< bootstrap samples, at least 2
  double level = 0.95;           ///< in (0, 1)
  bool simultaneous = false;     ///< one band that holds the whole curve, instead of an interval a point
  shannon_extrapolation extrapolation = shannon_extrapolation::chao2014;
  hill_bootstrap bootstrap = hill_bootstrap::poisson_mixture;
};

struct hill_number_band {
  std::uint64_t sample_size = 0;
  double coverage = core::nan;  ///< of sample_size observations
  estimate number;              ///< standard error: scatter over the bootstrap samples
  core::interval band;          ///< number ± multiplier × standard error, the lower end at least 0
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill numbers over sample sizes or coverages with confidence bands, rarefied and extrapolated.
///
///   value: hill_number_at_size or hill_number_at_coverage;  band: value ± z·s, s the scatter over samples of N drawn from the estimated
///   source: as many symbols of each rate as explain the counts (Poisson mixture, unseen symbols included), or that of Chao et al. (2014),
///   which holds the unseen symbols that Chao1 counts and the coverage of Chao and Jost
///
/// The published source gives the symbols seen nearly their sample shares, so that a sample of it is more uneven than the sample: for equal shares its s is
/// 1.5 times too large at order 2, and more below. Randomness is an argument: the same engine state gives the same band. At a
/// coverage every bootstrap sample finds its own size, so the band holds that uncertainty too. `simultaneous` replaces z by the level quantile of the
/// largest studentised deviation over the curve.
///
/// @param source     occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @param at         sample sizes m ≥ 1 (std::uint64_t), or coverages in (0, 1) (double)
/// @param random     engine, such as core::random_engine
/// @return           one per element of `at`; NaN band where a value or a scatter is not defined; all NaN when N < 2
/// @complexity       replicates × (a random number an observation of a rare symbol and a binomial draw per frequent one + the curve itself), and the
///                   mixture once: see math::poisson_mixture
/// @bias             the band is that of the estimate: beyond 2N, and for q < 1 wherever symbols are unseen, its centre is a lower bound;
///                   docs/numerics.md has the coverage measured
/// @throws           std::invalid_argument  an order below 0 or not finite, a size of 0, a coverage or level outside (0, 1), fewer than 2
///                   replicates, a negative or fractional count
/// @see              A. Chao et al. (2014), Ecological Monographs 84, 45–67, appendix G; A. Chao et al. (2013), Methods in Ecology and
///                   Evolution 4, 1091–1100 (the bootstrap)
/// @example          examples/diversity/richness.cpp
struct hill_number_bands_fn {
  static constexpr std::string_view name = "diversity.hill_number_bands";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao et al. (2014)";

  template <summary::count_source Source, class Random>
  [[nodiscard]] std::vector<hill_number_band> operator()(const Source& source, std::span<const std::uint64_t> sizes,
                                                         Random& random,
                                                         const hill_number_bands_options& options = {}) const {
    for (const std::uint64_t m : sizes) core::check_at_least(function, "sample_size", m, std::uint64_t{1});
    const auto number = [&](const summary::frequency_profile& profile, std::size_t i, std::uint64_t) {
      return detail::number_at_size(profile, options.order, static_cast<double>(sizes[i]), options.extrapolation);
    };
    return over(
        source, sizes.size(), random, options,
        [&](const summary::frequency_profile& profile, std::size_t i) {
          return covered_hill_number{{number(profile, i, 0), core::nan, profile.total()}, sizes[i], core::nan};
        },
        number);
  }
  template <summary::count_source Source, class Random>
  [[nodiscard]] std::vector<hill_number_band> operator()(const Source& source, std::span<const double> coverages,
                                                         Random& random,
                                                         const hill_number_bands_options& options = {}) const {
    for (const double c : coverages) core::check_open_interval(function, "coverage", c, 0.0, 1.0);
    return over(
        source, coverages.size(), random, options,
        [&](const summary::frequency_profile& profile, std::size_t i) {
          return hill_number_at_coverage(
              profile, {.order = options.order, .coverage = coverages[i], .extrapolation = options.extrapolation});
        },
        [&](const summary::frequency_profile& profile, std::size_t i, std::uint64_t near) {
          const std::uint64_t m = size_of_coverage(profile, coverages[i], near);
          return m == 0 ? core::nan
                        : detail::number_at_size(profile, options.order, static_cast<double>(m), options.extrapolation);
        });
  }

 private:
  static constexpr std::string_view function = "diversity::hill_number_bands";

  /// min{m: C(m) ≥ coverage}, as hill_number_at_coverage finds it, from a guess; 0 where no m below 2⁵³ has it.
  static std::uint64_t size_of_coverage(const summary::frequency_profile& profile, double coverage,
                                        std::uint64_t guess) {
    struct probe {
      std::uint64_t size;
      double excess;  // of coverage
    };
    const auto at = [&](std::uint64_t m) {
      return probe{
          m, m == 0 ? -coverage : 1.0 - math::missing_mass_at_size(profile.entries(), profile.total(), m) - coverage};
    };
    probe low = at(guess), high = low;
    std::uint64_t step = 1 + guess / 32;
    while (high.excess < 0.0) {
      if (high.size >= std::uint64_t{1} << 52) return 0;
      low = high;
      high = at(high.size + step);
      step *= 2;
    }
    while (low.excess >= 0.0) {
      high = low;
      low = at(low.size - std::min(low.size, step));
      step *= 2;
    }
    bool rose = false, fell = false;  // the end that moved last: the other one's excess is halved (Illinois)
    while (high.size - low.size > 1) {
      const auto width = static_cast<double>(high.size - low.size);
      const double part = std::round(width * (low.excess / (low.excess - high.excess)));
      const probe middle = at(low.size + static_cast<std::uint64_t>(std::clamp(part, 1.0, width - 1.0)));
      if (middle.excess < 0.0) {
        low = middle;
        if (rose) high.excess *= 0.5;
      } else {
        high = middle;
        if (fell) low.excess *= 0.5;
      }
      rose = middle.excess < 0.0;
      fell = !rose;
    }
    return high.size;
  }

  /// @param at       number and size of the sample itself
  /// @param number   of a bootstrap sample, near the size of the sample's
  template <class Source, class Random, class At, class Number>
  static std::vector<hill_number_band> over(const Source& source, std::size_t points, Random& random,
                                            const hill_number_bands_options& options, const At& at,
                                            const Number& number) {
    core::check(core::is_finite(options.order) && options.order >= 0.0, function, "order", options.order,
                "at least 0 and finite");
    core::check_at_least(function, "replicates", options.replicates, std::size_t{2});
    core::check_open_interval(function, "level", options.level, 0.0, 1.0);
    const auto& profile = summary::profile_of(source, function);
    std::vector<hill_number_band> bands(points);
    for (hill_number_band& b : bands) {
      b.number.count = profile.total();
      b.band.level = options.level;
    }
    if (!profile.defined() || profile.total() < 2) return bands;
    for (std::size_t i = 0; i < points; ++i) {
      const covered_hill_number of = at(profile, i);
      bands[i].number.value = of.number.value;
      bands[i].sample_size = of.sample_size;
      if (of.sample_size != 0)
        bands[i].coverage = 1.0 - math::missing_mass_at_size(profile.entries(), profile.total(), of.sample_size);
    }
    const detail::bootstrap_source estimated =
        options.bootstrap == hill_bootstrap::chao2014 ? detail::chao_source(profile) : detail::mixture_source(profile);
    std::vector<double> drawn(points * options.replicates);
    for (std::size_t b = 0; b < options.replicates; ++b) {
      const summary::frequency_profile sample = estimated.draw(random);
      for (std::size_t i = 0; i < points; ++i) drawn[b * points + i] = number(sample, i, bands[i].sample_size);
    }
    std::vector<double> mean(points), scatter(points);
    const auto count = static_cast<double>(options.replicates);
    for (std::size_t i = 0; i < points; ++i) {
      double squares = 0.0;
      for (std::size_t b = 0; b < options.replicates; ++b) {
        const double delta = drawn[b * points + i] - mean[i];
        mean[i] += delta / static_cast<double>(b + 1);
        squares += delta * (drawn[b * points + i] - mean[i]);
      }
      scatter[i] = std::sqrt(squares / (count - 1.0));
    }
    double multiplier = core::normal_quantile(0.5 + 0.5 * options.level);
    if (options.simultaneous) {
      std::vector<double> largest(options.replicates);
      for (std::size_t b = 0; b < options.replicates; ++b)
        for (std::size_t i = 0; i < points; ++i)
          if (scatter[i] > 0.0)
            largest[b] = std::max(largest[b], std::abs(drawn[b * points + i] - mean[i]) / scatter[i]);
      std::sort(largest.begin(), largest.end());
      const auto rank = static_cast<std::size_t>(std::ceil(options.level * count));
      multiplier = std::max(multiplier, largest[std::min(std::max<std::size_t>(rank, 1), options.replicates) - 1]);
    }
    for (std::size_t i = 0; i < points; ++i) {
      if (!(scatter[i] > 0.0)) continue;
      bands[i].number.standard_error = scatter[i];
      bands[i].band.lower = std::max(0.0, bands[i].number.value - multiplier * scatter[i]);
      bands[i].band.upper = bands[i].number.value + multiplier * scatter[i];
    }
    return bands;
  }
};
inline constexpr hill_number_bands_fn hill_number_bands{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
