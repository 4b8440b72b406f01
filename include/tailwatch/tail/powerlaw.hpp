// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct powerlaw_options {
  double xmin = 1.0;  ///< start of the tail, positive and finite
};

/// Which side of each step of the empirical distribution counts: both (the true supremum), or the lower one only, as in the
/// code of Clauset, Shalizi and Newman.
enum class step_side { two_sided, lower };

struct powerlaw_distance_options {
  double xmin = 1.0;  ///< positive and finite
  step_side side = step_side::two_sided;
};

struct powerlaw_xmin_options {
  step_side side = step_side::two_sided;
};

struct powerlaw_xmin_fit {
  double xmin = core::nan;
  estimate exponent;            ///< α of the observations ≥ xmin
  double distance = core::nan;  ///< Kolmogorov–Smirnov distance there
};

namespace detail {

/// α of descending positive values, the last of which is the smallest one used.
[[nodiscard]] inline estimate powerlaw_exponent(std::span<const double> descending, double xmin) {
  double sum = 0.0;
  for (const double x : descending) sum += log_ratio(x, xmin);
  const auto n = static_cast<double>(descending.size());
  if (!(sum > 0.0)) return {core::nan, core::nan, descending.size()};
  return {1.0 + n / sum, n / sum / std::sqrt(n), descending.size()};
}

[[nodiscard]] inline double powerlaw_distance(std::span<const double> descending, double xmin, double alpha,
                                              step_side side) {
  const auto n = static_cast<double>(descending.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < descending.size(); ++i) {
    const double survival = std::exp((1.0 - alpha) * log_ratio(descending[i], xmin));
    // Ascending the value has rank n − i: F̂ jumps there from (n − i − 1)/n to (n − i)/n.
    distance = std::max(distance, std::abs((static_cast<double>(i) + 1.0) / n - survival));
    if (side == step_side::two_sided) distance = std::max(distance, std::abs(static_cast<double>(i) / n - survival));
  }
  return distance;
}

/// powerlaw_distance of the first `size` observations from descents[i] = ln(x₍₁₎/x₍ᵢ₊₁₎), ascending. Gives up with whatever exceeds
/// `limit`; looks first at `probe`, where the candidate before was worst: neighbouring candidates are worst at nearly the same place.
[[nodiscard]] inline double powerlaw_distance_within(std::span<const double> descents, double alpha, step_side side,
                                                     double limit, std::size_t& probe) {
  const auto n = static_cast<double>(descents.size());
  const double foot = descents.back();
  const auto gap = [&](std::size_t i) {
    const double survival = std::exp((1.0 - alpha) * (foot - descents[i]));
    const double lower = std::abs((static_cast<double>(i) + 1.0) / n - survival);
    return side == step_side::lower ? lower : std::max(lower, std::abs(static_cast<double>(i) / n - survival));
  };
  if (probe < descents.size()) {
    const double there = gap(probe);
    if (there > limit) return there;
  }
  double distance = 0.0;
  for (std::size_t i = 0; i < descents.size(); ++i) {
    const double here = gap(i);
    if (here <= distance) continue;
    distance = here;
    probe = i;
    if (distance > limit) break;
  }
  return distance;
}

/// The observations ≥ xmin, descending; `defined` is false where one observation is NaN or infinite.
template <sample_source Source>
[[nodiscard]] std::vector<double> tail_above(const Source& sample, double xmin, bool& defined) {
  std::vector<double> tail;
  defined = true;
  for (const auto value : core::as_span(sample)) {
    const auto x = static_cast<double>(value);
    defined = defined && core::is_finite(x);
    if (x >= xmin) tail.push_back(x);
  }
  std::ranges::sort(tail, std::ranges::greater{});
  return tail;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Exponent of a continuous power law above xmin, by maximum likelihood.
///
///   p(x) ∝ x^{−α}, x ≥ xmin;  α = 1 + n/Σ ln(xᵢ/xmin)
///
/// @param sample   observations, a floating range or sample(x); those below xmin are left out
/// @return         α and the number of observations ≥ xmin; standard error (α − 1)/√n; NaN when none lies above xmin or an
///                 observation is NaN or infinite
/// @complexity     O(n log n)
/// @bias           α − 1 too large by the factor n/(n − 1)
/// @throws         std::invalid_argument unless xmin is positive and finite
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/heavy_tail.cpp
struct powerlaw_fn {
  static constexpr std::string_view name = "tail.powerlaw_alpha_continuous";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const powerlaw_options& options = {}) const {
    core::check_positive("tail::powerlaw", "xmin", options.xmin);
    bool defined = true;
    const auto tail = detail::tail_above(sample, options.xmin, defined);
    if (!defined) return {core::nan, core::nan, tail.size()};
    return detail::powerlaw_exponent(tail, options.xmin);
  }
};
inline constexpr powerlaw_fn powerlaw{};

/// Kolmogorov–Smirnov distance between the observations ≥ xmin and the power law fitted to them.
///
/// @return         distance in [0, 1] and the number of observations ≥ xmin, standard error NaN; NaN as powerlaw
/// @complexity     O(n log n)
/// @throws         std::invalid_argument unless xmin is positive and finite
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/heavy_tail.cpp
struct powerlaw_distance_fn {
  static constexpr std::string_view name = "tail.powerlaw_kolmogorov_smirnov_continuous";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const powerlaw_distance_options& options = {}) const {
    core::check_positive("tail::powerlaw_distance", "xmin", options.xmin);
    bool defined = true;
    const auto tail = detail::tail_above(sample, options.xmin, defined);
    const estimate alpha = detail::powerlaw_exponent(tail, options.xmin);
    if (!defined || !alpha.defined()) return {core::nan, core::nan, tail.size()};
    return {detail::powerlaw_distance(tail, options.xmin, alpha.value, options.side), core::nan, tail.size()};
  }
};
inline constexpr powerlaw_distance_fn powerlaw_distance{};

/// Start of the power-law tail: the observed value whose tail is closest to its fitted power law.
///
/// Candidates are the distinct positive observations except the two largest; the smallest one wins a tie.
/// @return         xmin, exponent and distance; NaN with fewer than three distinct positive values or where an observation is NaN
///                 or infinite. The exponent's standard error takes xmin as given
/// @complexity     O(n · distinct values) at worst; most candidates are given up after a few observations
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/heavy_tail.cpp
struct powerlaw_xmin_fn {
  static constexpr std::string_view name = "tail.powerlaw_xmin_scan";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <sample_source Source>
  [[nodiscard]] powerlaw_xmin_fit operator()(const Source& sample, const powerlaw_xmin_options& options = {}) const {
    bool defined = true;
    const auto x = detail::tail_above(sample, std::numeric_limits<double>::denorm_min(), defined);
    const auto log_excess = [](double a, double b) {  // ln(a/b), a ≥ b
      const double excess = (a - b) / b;
      return core::is_finite(excess) ? std::log1p(excess) : detail::log_ratio(a, b);
    };
    powerlaw_xmin_fit best;
    if (!defined || x.empty()) return best;
    struct candidate {
      std::size_t size;  // observations ≥ it
      double log_sum;    // Σ ln(x/xmin) over them
    };
    std::vector<double> descents(x.size());
    std::vector<candidate> candidates;
    double log_sum = 0.0;  // grows by positive terms, so nothing cancels
    std::size_t before = 0;
    std::size_t distinct = 0;
    for (std::size_t last = 0; last < x.size(); ++last) {
      descents[last] = log_excess(x.front(), x[last]);
      if (last + 1 < x.size() && x[last + 1] == x[last]) continue;  // the whole tie belongs to the tail
      if (before > 0) log_sum += static_cast<double>(before) * log_excess(x[before - 1], x[last]);
      before = last + 1;
      if (++distinct > 2) candidates.push_back({last + 1, log_sum});
    }
    // From the smallest xmin up: long tails fit closest, and a candidate is given up at the first gap beyond the best distance.
    std::size_t probe = x.size();
    double closest = core::infinity;
    std::size_t chosen = 0;
    for (std::size_t c = candidates.size(); c-- > 0;) {
      const auto [size, sum] = candidates[c];
      const double distance =
          detail::powerlaw_distance_within(std::span<const double>(descents).first(size),
                                           1.0 + static_cast<double>(size) / sum, options.side, closest, probe);
      if (distance < closest) {
        closest = distance;
        chosen = size;
      }
    }
    if (chosen == 0) return best;
    const std::span<const double> tail = std::span<const double>(x).first(chosen);
    const estimate alpha = detail::powerlaw_exponent(tail, tail.back());
    best = {tail.back(), alpha, detail::powerlaw_distance(tail, tail.back(), alpha.value, options.side)};
    return best;
  }
};
inline constexpr powerlaw_xmin_fn powerlaw_xmin{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
