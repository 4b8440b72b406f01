// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/null_band.hpp"
#include "tailwatch/recursion/simpson_moments.hpp"

/// The forecast turned round: which share of each training set was synthetic, if mixing explains the contraction seen?
namespace tailwatch::recursion {

struct contraction_share {
  estimate
      share;  ///< 1 − a, in [0, 1]; NaN where no share explains the loss (more than pure replacement loses on average)
  interval bounds;  ///< shares that the loss does not reject
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// The synthetic share 1 − a for which mix_loss(M, aM, n) is the loss seen.
///
/// A loss averaged over many lineages or runs, with its error: the value is exact, its error by the delta method, the bounds are those
/// of loss ± z errors. For one lineage the drift itself is the largest error: use the function below.
/// @param loss         1 − E vₙ/v₀ or 1 − E Hₙ/H₀, with its error; below 1/M (real data alone) the share is 0
/// @param samples      M ≥ 2 units a generation
/// @param generations  n ≥ 2 fits: the first is on real data in any case
/// @throws             std::invalid_argument for a loss outside [0, 1], M < 2 or n < 2
[[nodiscard]] inline contraction_share synthetic_share_of_loss(const estimate& loss, double samples,
                                                               std::uint64_t generations, double level = 0.95,
                                                               mix_sampling sampling = mix_sampling::fixed) {
  constexpr auto function = "recursion::synthetic_share_of_loss";
  detail::check_samples(function, samples, 2.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{2});
  core::check_open_interval(function, "level", level, 0.0, 1.0);
  contraction_share result;
  result.share.count = loss.count;
  result.bounds = {core::nan, core::nan, level};
  if (core::is_nan(loss.value)) return result;
  core::check_closed_interval(function, "loss", loss.value, 0.0, 1.0);
  const auto expected = [&](double share) { return mix_loss(samples, (1.0 - share) * samples, generations, sampling); };
  const double most = expected(1.0);
  const auto share_of = [&](double value) {  // the loss rises with the share
    if (value <= expected(0.0)) return 0.0;
    if (value >= most) return 1.0;
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (expected(middle) < value ? low : high) = middle;
    }
    return 0.5 * (low + high);
  };
  const double z = core::normal_quantile(0.5 + 0.5 * level);
  result.bounds.lower = share_of(loss.value - z * loss.standard_error);
  result.bounds.upper = share_of(loss.value + z * loss.standard_error);
  if (core::is_nan(loss.standard_error)) result.bounds.lower = result.bounds.upper = core::nan;
  if (loss.value > most * (1.0 + 1e-12)) return result;
  const double share = share_of(loss.value);
  const double h = 1e-5;
  const double slope = (expected(std::min(1.0, share + h)) - expected(std::max(0.0, share - h))) /
                       (std::min(1.0, share + h) - std::max(0.0, share - h));
  result.share.value = share;
  result.share.standard_error = loss.standard_error / slope;
  return result;
}

/// The same for the Simpson diversity H of one lineage: the share whose median of Hₙ is the H seen, and all shares in whose central
/// band (simpson_band) it lies. The bounds cover at their level by construction, drift included; they are wide, because one lineage
/// says little.
///
/// @param simpson  Hₙ of the model, or an unbiased estimate from a sample so large that its error does not matter
/// @param real     power_sums_of(the real law)
/// @return         the error is NaN: the law is not normal. Bounds are NaN where no share explains what was seen
/// @throws         std::invalid_argument for H outside [0, 1], M < 2 or n < 2
[[nodiscard]] inline contraction_share synthetic_share_of_simpson(double simpson, const power_sums& real,
                                                                  double samples, std::uint64_t generations,
                                                                  double level = 0.95) {
  constexpr auto function = "recursion::synthetic_share_of_simpson";
  core::check_closed_interval(function, "simpson", simpson, 0.0, 1.0);
  detail::check_samples(function, samples, 2.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{2});
  core::check_open_interval(function, "level", level, 0.0, 1.0);
  contraction_share result;
  result.share.count = generations;
  result.bounds = {core::nan, core::nan, level};
  // P(H ≤ seen) rises with the share
  const auto below = [&](double share) {
    return band_detail::beta_cdf(simpson_moments_of(real, samples, generations, 1.0 - share), simpson);
  };
  const auto share_at = [&](double f) {
    if (below(0.0) >= f) return 0.0;
    if (below(1.0) < f) return core::infinity;
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 50; ++i) {
      const double middle = 0.5 * (low + high);
      (below(middle) < f ? low : high) = middle;
    }
    return 0.5 * (low + high);
  };
  const double tail = 0.5 * (1.0 - level);
  const double lower = share_at(tail), upper = share_at(1.0 - tail), middle = share_at(0.5);
  // +∞: even a chain without real data would have kept more
  if (lower <= 1.0) result.bounds = {lower, std::min(upper, 1.0), level};
  if (middle <= 1.0) result.share.value = middle;
  return result;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
