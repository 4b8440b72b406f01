// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

/// Which end of the real line: beyond the p-quantile upwards, or below the (1 − p)-quantile.
enum class exceedance_side { upper, lower };

/// What the standard error covers: the generated sample alone, the thresholds taken as given; or the scatter of the thresholds too, were
/// both samples of one source.
enum class exceedance_error { given_reference, both_samples };

struct exceedance_mass_options {
  std::vector<double> levels = {0.9, 0.99, 0.999};  ///< p in (0, 1)
  exceedance_side side = exceedance_side::upper;
  exceedance_error error = exceedance_error::both_samples;
};

/// How much of a sample lies beyond one quantile of the reference.
struct exceedance {
  double level = core::nan;           ///< p
  double threshold = core::nan;       ///< the reference's quantile
  estimate mass;                      ///< share of the generated observations beyond it; count: generated observations
  double reference_mass = core::nan;  ///< the same share in the reference: 1 − p but for ties and the step of its ranks
};

/// A state that knows its distribution function and its inverse, such as sketch::log_linear_histogram.
template <class State>
concept distribution_state = requires(const State& state, double x) {
  { state.quantile(x) } -> std::convertible_to<estimate>;
  { state.cdf(x) } -> std::convertible_to<estimate>;
  { state.count() } -> std::convertible_to<std::uint64_t>;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Exceedance mass at reference quantiles: how much of the generated data lies where the reference keeps its last 1 − p.
///
///   upper  M_p = #{y > X₍⌈pm⌉₎}/n      lower  M_p = #{y < X₍m+1−⌈pm⌉₎}/n,  X ascending, m reference and n generated observations
///
/// Below 1 − p the tail thins out, which is how collapse begins in lengths, rewards, surprisals and embedding distances; above it the tail
/// grows.
///
/// @param reference, generated  observations, floating ranges or sample(x); or two states with quantile and cdf, such as
///                 sketch::log_linear_histogram, to the width of its cells: there `lower` counts the threshold's own cell
/// @return         one per level, in the order asked for. Standard error √(q(1 − q)/n), q = M_p (given_reference), and with both_samples
///                 √(q(1 − q)/n + p(1 − p)/m), right where both are one source; NaN where q is 0 or 1 and the reference is given. NaN
///                 values where a sample is empty or holds NaN or infinity
/// @complexity     O((m + n) log m)
/// @bias           under one source E M_p = 1 − ⌈pm⌉/(m + 1): where (1 − p)m < 1 the threshold is the reference's maximum, with mass
///                 1/(m + 1) beyond it and not 1 − p
/// @throws         std::invalid_argument for a level outside (0, 1)
/// @see            B. C. Arnold, N. Balakrishnan, H. N. Nagaraja (2008), A First Course in Order Statistics, section 7.3
/// @example        examples/tail/heavy_tail.cpp
struct exceedance_mass_fn {
  static constexpr std::string_view name = "tail.exceedance_mass";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Arnold, Balakrishnan and Nagaraja (2008)";

  template <sample_source Reference, sample_source Generated>
  [[nodiscard]] std::vector<exceedance> operator()(const Reference& reference_sample, const Generated& generated,
                                                   const exceedance_mass_options& options = {}) const {
    for (const double p : options.levels) core::check_open_interval("tail::exceedance_mass", "level", p, 0.0, 1.0);
    const double sign = options.side == exceedance_side::upper ? 1.0 : -1.0;
    const std::vector<double> x = oriented(reference_sample, sign), y = oriented(generated, sign);
    const std::size_t m = x.size(), n = y.size();
    std::vector<exceedance> result;
    for (const double p : options.levels) {
      exceedance e{p, core::nan, {core::nan, core::nan, core::as_span(generated).size()}, core::nan};
      if (m != 0 && n != 0) {
        const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(m) * (1.0 - 1e-15)));
        const double threshold = x[std::clamp<std::size_t>(rank, 1, m) - 1];
        const auto beyond = [threshold](const std::vector<double>& sorted) {
          return static_cast<double>(sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), threshold)) /
                 static_cast<double>(sorted.size());
        };
        e.threshold = sign * threshold;
        e.mass.value = beyond(y);
        e.reference_mass = beyond(x);
        e.mass.standard_error = error(e.mass.value, p, static_cast<double>(n), static_cast<double>(m), options.error);
      }
      result.push_back(e);
    }
    return result;
  }

  template <distribution_state State>
  [[nodiscard]] std::vector<exceedance> operator()(const State& reference_state, const State& generated,
                                                   const exceedance_mass_options& options = {}) const {
    for (const double p : options.levels) core::check_open_interval("tail::exceedance_mass", "level", p, 0.0, 1.0);
    const bool upper = options.side == exceedance_side::upper;
    const auto m = static_cast<double>(reference_state.count()), n = static_cast<double>(generated.count());
    std::vector<exceedance> result;
    for (const double p : options.levels) {
      exceedance e{p, core::nan, {core::nan, core::nan, generated.count()}, core::nan};
      if (m > 0.0 && n > 0.0) {
        // As from samples, counted from the end looked at: rank ⌈pm⌉, or m + 1 − ⌈pm⌉.
        const double rank = std::max(1.0, std::ceil(p * m * (1.0 - 1e-15)));
        e.threshold = reference_state.quantile(((upper ? rank : m + 1.0 - rank) - 0.5) / m).value;
        const double below = generated.cdf(e.threshold).value, reference_below = reference_state.cdf(e.threshold).value;
        e.mass.value = upper ? 1.0 - below : below;
        e.reference_mass = upper ? 1.0 - reference_below : reference_below;
        e.mass.standard_error = error(e.mass.value, p, n, m, options.error);
      }
      result.push_back(e);
    }
    return result;
  }

 private:
  static double error(double q, double p, double n, double m, exceedance_error of) {
    double variance = q * (1.0 - q) / n;
    if (of == exceedance_error::both_samples) variance += p * (1.0 - p) / m;
    return variance > 0.0 ? std::sqrt(variance) : core::nan;
  }

  /// sign·x ascending; empty where one is NaN or infinite.
  template <class Source>
  static std::vector<double> oriented(const Source& source, double sign) {
    std::vector<double> values;
    values.reserve(core::as_span(source).size());
    for (const auto x : core::as_span(source)) {
      if (!core::is_finite(static_cast<double>(x))) return {};
      values.push_back(sign * static_cast<double>(x));
    }
    std::sort(values.begin(), values.end());
    return values;
  }
};
inline constexpr exceedance_mass_fn exceedance_mass{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
