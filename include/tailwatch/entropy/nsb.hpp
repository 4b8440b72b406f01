// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/entropy/detail/nsb_integrand.hpp"
#include "tailwatch/entropy/dirichlet.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct nsb_options {
  std::uint64_t alphabet_size = 0;  ///< K ≥ 2; 0: the cells that the source lists, zeros included
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Nemenman–Shafee–Bialek entropy: Dirichlet priors mixed so that the entropy itself is nearly uniform a priori.
///
///   E[H] = ∫ w(β) E[H | β] dβ/∫ w(β) dβ over β ∈ (0, ∞), all K cells; E[H | β] = dirichlet_posterior_mean
///
/// The integral is the trapezoidal rule in ln β, outwards from the maximum of w to where ln w is 36 below it, with a step halved until
/// nothing moves: it converges exponentially, 30 to 60 nodes.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); the standard error is the posterior standard deviation, the spread over β included;
///                 NaN when N = 0. Without a coincidence (N = S) it is defined, but the prior decides
/// @complexity     O(K) to build the profile, then 50 to 100 passes over the distinct counts
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
    detail::nsb_integrand integrand(profile, setting.cells);

    // The mode of ln w, to within its width: steps of 4, 1, 1/4 …, each as long as it climbs, until the step resolves the curvature.
    double mode = 0.0;
    double top = integrand.log_weight(mode);
    double width = 0.0;
    for (double step = 4.0; step > 1e-6; step *= 0.25) {
      double ends[2] = {0.0, 0.0};
      for (const int side : {0, 1}) {
        const double move = side == 0 ? step : -step;
        double next = integrand.log_weight(mode + move);
        while (next > top && std::abs(mode + move) < 600.0) {
          mode += move;
          ends[1 - side] = top;  // where it came from
          top = next;
          next = integrand.log_weight(mode + move);
        }
        ends[side] = next;
      }
      const double curvature = (2.0 * top - ends[0] - ends[1]) / (step * step);
      width = curvature > 0.0 ? 1.0 / std::sqrt(curvature) : step;
      if (step <= width) break;
    }

    // The trapezoidal rule outwards from the mode, and again with half the step until nothing moves: its error is squared each time.
    double spacing = std::min(width, 0.75);
    double mass = 0.0;
    double mean = 0.0;
    double squares = 0.0;  // Σ w (v + (m − mean)²), updated as the mean moves
    const auto add = [&](double t, double w) {
      const auto moments = integrand.posterior(std::exp(t));
      const double delta = moments.mean - mean;
      mass += w;
      mean += delta * (w / mass);
      squares += w * (moments.variance + delta * (moments.mean - mean));
    };
    constexpr double depth = 36.0;
    const auto outwards = [&](double from, double step) {
      for (double t = from; std::abs(t) < 700.0; t += step) {
        const double below = integrand.log_weight(t) - top;
        if (!(below > -depth)) break;
        add(t, std::exp(below));
      }
    };
    outwards(mode, spacing);
    outwards(mode - spacing, -spacing);
    for (int halvings = 0; halvings < 6; ++halvings) {
      const double last_mean = mean;
      const double last_variance = squares / mass;
      outwards(mode + 0.5 * spacing, spacing);
      outwards(mode - 0.5 * spacing, -spacing);
      spacing *= 0.5;
      if (std::abs(mean - last_mean) <= 1e-8 * mean && std::abs(squares / mass - last_variance) <= 1e-7 * last_variance)
        break;
    }
    return core::in_unit({mean, std::sqrt(squares / mass), profile.total()}, options.unit);
  }
};
inline constexpr nsb_fn nsb{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
