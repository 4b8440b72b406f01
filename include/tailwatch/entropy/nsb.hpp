// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/entropy/dirichlet.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/log_rising_power.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct nsb_options {
  std::uint64_t alphabet_size = 0;  ///< K ≥ 2; 0: the cells that the source lists, zeros included
  information_unit unit = information_unit::nats;
};

namespace detail {
/// ln of the weight of β = e^t in the NSB integral, up to a constant.
///
///   w(t) = Γ(Kβ)/Γ(N + Kβ) Π Γ(nᵢ + β)/Γ(β) · [K ψ′(Kβ + 1) − ψ′(β + 1)] · β
///
/// The gammas as sums of ln(1 + j/β), which do not cancel; the prior factor by its series for large β, where the two
/// trigammas agree to all digits.
[[nodiscard]] inline double nsb_log_weight(const summary::frequency_profile& profile, double cells, double t) {
  const double beta = std::exp(t);
  double log_weight = -math::log_rising_power_excess(cells * beta, static_cast<double>(profile.total())) + t;
  for (const auto& [r, f] : profile.entries())
    log_weight += static_cast<double>(f) * math::log_rising_power_excess(beta, static_cast<double>(r));
  const double inverse = 1.0 / cells;
  const double prior =
      beta > 1e3 ? ((1.0 - inverse) / 2.0 - ((1.0 - inverse * inverse) / 6.0 -
                                             (1.0 - inverse * inverse * inverse * inverse) / (30.0 * beta * beta)) /
                                                beta) /
                       (beta * beta)
                 : cells * math::trigamma(cells * beta + 1.0) - math::trigamma(beta + 1.0);
  return log_weight + std::log(prior);
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Nemenman–Shafee–Bialek entropy: Dirichlet priors mixed so that the entropy itself is nearly uniform a priori.
///
///   E[H] = ∫ w(β) E[H | β] dβ/∫ w(β) dβ over β ∈ (0, ∞), all K cells; E[H | β] = dirichlet_posterior_mean
///
/// The integral is the trapezoidal rule in ln β over the range where ln w is within 30 of its maximum, 160 nodes: it
/// converges exponentially.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); the standard error is the posterior standard deviation, the spread over β included;
///                 NaN when N = 0. Without a coincidence (N = S) it is defined, but the prior decides
/// @complexity     O(K) to build the profile, then about 400 passes over the distinct counts
/// @bias           small for N far below K when the shares are near a Dirichlet; power-law tails longer than that bias it
/// @throws         std::invalid_argument for a negative or fractional count, an alphabet smaller than the symbols seen, or
///                 K = 1
/// @see            I. Nemenman, F. Shafee, W. Bialek (2002), Advances in Neural Information Processing Systems 14
/// @example        examples/entropy/entropy_of_counts.cpp
struct nsb_fn {
  static constexpr std::string_view name = "entropy.nsb";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Nemenman, Shafee and Bialek (2002)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const nsb_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::nsb");
    const auto setting = detail::dirichlet_check(profile, {.alphabet_size = options.alphabet_size}, "entropy::nsb");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    core::check(setting.cells >= 2.0, "entropy::nsb", "alphabet_size", static_cast<std::uint64_t>(setting.cells),
                "at least 2");
    const auto weight = [&](double t) { return detail::nsb_log_weight(profile, setting.cells, t); };

    double mode = 0.0;
    double top = weight(mode);
    for (const double step : {4.0, 1.0, 0.25})
      for (const double direction_of_step : {step, -step})
        for (double next = weight(mode + direction_of_step); next > top; next = weight(mode + direction_of_step)) {
          mode += direction_of_step;
          top = next;
        }
    constexpr double depth = 30.0;
    double lower = mode;
    double upper = mode;
    for (double step = 0.25; weight(lower) > top - depth && lower > -600.0; step *= 1.25) lower -= step;
    for (double step = 0.25; weight(upper) > top - depth && upper < 600.0; step *= 1.25) upper += step;

    constexpr int nodes = 160;
    double mass = 0.0;
    double mean = 0.0;
    double squares = 0.0;  // Σ w (v + (m − mean)²), updated as the mean moves
    for (int i = 0; i <= nodes; ++i) {
      const double t = lower + (upper - lower) * i / nodes;
      const double w = std::exp(weight(t) - top);
      const auto moments = detail::dirichlet_posterior(profile, setting.cells, std::exp(t));
      const double delta = moments.mean - mean;
      mass += w;
      mean += delta * (w / mass);
      squares += w * (moments.variance + delta * (moments.mean - mean));
    }
    return core::in_unit({mean, std::sqrt(squares / mass), profile.total()}, options.unit);
  }
};
inline constexpr nsb_fn nsb{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
