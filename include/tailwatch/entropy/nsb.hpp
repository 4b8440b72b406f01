// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/entropy/detail/nsb_integrand.hpp"
#include "tailwatch/entropy/dirichlet.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct nsb_options {
  std::uint64_t alphabet_size = 0;  ///< K ≥ 2; 0: the cells that the source lists, zeros included
  posterior_error error = posterior_error::posterior;
  information_unit unit = information_unit::nats;
};

namespace detail {

/// A node of the integral over β: E[H | β] and its weight.
struct nsb_node {
  double beta, weight, mean;
};

/// Second-order jackknife of Σ w m/Σ w over the nodes. Without an observation of a symbol seen r times, with α = r + β and A = N + Kβ,
///
///   w → w (A − 1)/(α − 1)      m → m + [ψ(α) − ψ(A + 1) + m + 1/A]/(A − 1)
[[nodiscard]] inline double nsb_sampling_error(const summary::frequency_profile& profile, double cells,
                                               const std::vector<nsb_node>& nodes, double mean) {
  if (profile.total() < 4) return core::nan;
  const auto n = static_cast<double>(profile.total());
  struct deletions {
    double one, two;  // the estimate less `mean`
  };
  const auto without = [&](std::uint64_t r) {
    double mass_1 = 0.0, sum_1 = 0.0, mass_2 = 0.0, sum_2 = 0.0;
    for (const nsb_node& node : nodes) {
      const double a = n + cells * node.beta, alpha = static_cast<double>(r) + node.beta;
      const double psi_a = math::digamma(a + 1.0), psi = math::digamma(alpha);
      double w = node.weight * ((a - 1.0) / (alpha - 1.0));
      double m = node.mean + (psi - psi_a + node.mean + 1.0 / a) / (a - 1.0);
      mass_1 += w;
      sum_1 += w * (m - mean);
      if (r < 2) continue;
      w *= (a - 2.0) / (alpha - 2.0);
      m += (psi - 1.0 / (alpha - 1.0) - psi_a + 1.0 / a + m + 1.0 / (a - 1.0)) / (a - 2.0);
      mass_2 += w;
      sum_2 += w * (m - mean);
    }
    return deletions{sum_1 / mass_1, r < 2 ? 0.0 : sum_2 / mass_2};
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(), [&](std::uint64_t r) { return without(r).one; },
      [&](std::uint64_t r) {
        const deletions d = without(r);
        return d.two - 2.0 * d.one;
      });
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Nemenman–Shafee–Bialek entropy: Dirichlet priors mixed so that the entropy itself is nearly uniform a priori.
///
///   E[H] = ∫ w(β) E[H | β] dβ/∫ w(β) dβ over β ∈ (0, ∞), all K cells; E[H | β] = dirichlet_posterior_mean
///
/// The integral is the trapezoidal rule in ln β, outwards from the maximum of w to where ln w is 36 below it, with a step halved until
/// nothing moves: it converges exponentially, 30 to 60 nodes.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); the standard error is the posterior standard deviation, the spread over β included, or with
///                 posterior_error::sampling the scatter of the estimate over samples, NaN for N < 4;
///                 NaN when N = 0. Without a coincidence (N = S) it is defined, but the prior decides
/// @complexity     O(K) to build the profile, then 50 to 100 passes over the distinct counts; some thousand of them for the scatter
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
    // The width is of the order of 1/√S; rounding may make it look less.
    double spacing = std::clamp(width, 0.01 / std::sqrt(static_cast<double>(profile.types())), 0.75);
    double mass = 0.0;
    double mean = 0.0;
    std::vector<detail::nsb_node> nodes;  // for the sampling error alone
    double squares = 0.0;                 // Σ w (v + (m − mean)²), updated as the mean moves
    const auto add = [&](double t, double w) {
      const auto moments = integrand.posterior(std::exp(t));
      const double delta = moments.mean - mean;
      if (options.error == posterior_error::sampling) nodes.push_back({std::exp(t), w, moments.mean});
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
    const double error = options.error == posterior_error::posterior
                             ? std::sqrt(squares / mass)
                             : detail::nsb_sampling_error(profile, setting.cells, nodes, mean);
    return core::in_unit({mean, error, profile.total()}, options.unit);
  }
};
inline constexpr nsb_fn nsb{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
