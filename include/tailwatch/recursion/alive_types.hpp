// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

namespace tailwatch::recursion {

/// A law on many types, thinned to groups of nearly equal probability (within 1 %, relative error of the sums below about 1e-5), so
/// that a million types cost as much as two thousand.
class grouped_law {
 public:
  struct group {
    double probability = 0.0;  ///< mean of its types
    double types = 0.0;
  };

  grouped_law() = default;
  /// @param probabilities  p ≥ 0 summing to 1 (to 1e-6); types of probability 0 are left out
  /// @param largest        keep types of at most this probability (the rare ones)
  /// @throws               std::invalid_argument otherwise
  template <core::number_range Probabilities>
  explicit grouped_law(const Probabilities& probabilities, double largest = 1.0) {
    constexpr auto function = "recursion::grouped_law";
    std::vector<double> p;
    double sum = 0.0;
    for (const auto value : core::as_span(probabilities)) {
      const auto x = static_cast<double>(value);
      core::check_not_negative(function, "probability", x);
      sum += x;
      if (x > 0.0 && x <= largest) p.push_back(x);
    }
    core::check(std::abs(sum - 1.0) <= 1e-6, function, "sum of probabilities", sum, "1");
    std::sort(p.begin(), p.end());
    for (std::size_t i = 0; i < p.size();) {
      group g;
      const double limit = 1.01 * p[i];
      for (; i < p.size() && p[i] <= limit; ++i) {
        g.probability += p[i];
        g.types += 1.0;
      }
      g.probability /= g.types;
      mass_ += g.probability * g.types;
      types_ += g.types;
      groups_.push_back(g);
    }
  }

  [[nodiscard]] const std::vector<group>& groups() const noexcept { return groups_; }
  [[nodiscard]] double types() const noexcept { return types_; }
  [[nodiscard]] double mass() const noexcept { return mass_; }

 private:
  std::vector<group> groups_;
  double types_ = 0.0, mass_ = 0.0;
};

/// How many real units a generation still descends from: a type of probability p is absent with probability about e^{−p·units}.
struct ancestry {
  double units = 0.0;           ///< M cₙ + k Σ_{j<n} cⱼ
  double fresh = 0.0;           ///< k Σ_{j<n} cⱼ of them came after the first generation
  double first = 0.0;           ///< M: units of the first generation
  double units_variance = 0.0;  ///< of their number (replace); for mix an upper bound, `units`
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Descent over n generations of M units of which k are fresh real ones.
///
///   c₁ = 1, cⱼ₊₁ = 1 − e^{−(1 − a)cⱼ}, a = k/M      units = M cₙ + k Σ_{j<n} cⱼ
///
/// A unit of the last training set is, j steps back, one of Mcⱼ distinct ones; a share a of those is real and stays. For a = 0 this
/// is M·lineage_survival(n). Poisson offspring: good while n ≪ M and no type holds most of the mass.
///
/// The number of distinct units has the variance of an occupancy (a balls in M boxes: M(e^{−α} − (1 + α)e^{−2α}), α = a/M) passed
/// on from step to step.
/// @param samples       M ≥ 1
/// @param real_samples  k in [0, M]
/// @param generations   n ≥ 1
/// @complexity          O(n); for k > 0 it stops where the rest is below rounding
[[nodiscard]] inline ancestry ancestry_of(double samples, double real_samples, std::uint64_t generations) {
  constexpr auto function = "recursion::ancestry_of";
  detail::check_samples(function, samples, 1.0);
  core::check_closed_interval(function, "real_samples", real_samples, 0.0, samples);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  ancestry result;
  result.first = samples;
  const double kept = 1.0 - real_samples / samples;
  double c = 1.0, sum = 0.0, variance = 0.0;
  for (std::uint64_t g = 1; g < generations && c > 1e-16; ++g) {
    sum += c;
    const double alpha = kept * c;
    const double empty = std::exp(-alpha);
    variance = empty * empty * variance + samples * (empty - (1.0 + alpha) * empty * empty);
    c = -std::expm1(-alpha);
  }
  result.fresh = real_samples * sum;
  result.units = samples * c + result.fresh;
  result.units_variance = real_samples == 0.0 ? variance : result.units;
  return result;
}

/// Mean and variance of a sum over types.
struct alive_moments {
  double mean = 0.0;
  double variance = 0.0;
};

/// Types alive in generation n: mean Σ(1 − e^{−p·units}); variance Σq(1 − q) − (units − var units)(Σp e^{−p·units})², because the
/// number of ancestors is fixed and not Poisson (occupancy). Replace: within a few percent of simulated deviations; mix: the second
/// term is dropped, an upper bound.
/// @complexity  O(groups)
[[nodiscard]] inline alive_moments alive_types(const grouped_law& law, const ancestry& a) noexcept {
  alive_moments m;
  double slope = 0.0;
  for (const auto& g : law.groups()) {
    const double dead = std::exp(-g.probability * a.units);
    m.mean -= g.types * std::expm1(-g.probability * a.units);
    m.variance += g.types * dead * (1.0 - dead);
    slope += g.types * g.probability * dead;
  }
  const double excess = a.units - a.units_variance;
  m.variance = std::max(m.variance - (excess > 0.0 ? excess : 0.0) * slope * slope, 0.0);
  return m;
}

/// Real mass of the types of `law` that are extinct in generation n: mean Σp e^{−p·units}, variance Σp²·dead·(1 − dead) (an upper
/// bound). Divide by law.mass() for the share.
[[nodiscard]] inline alive_moments extinct_mass(const grouped_law& law, const ancestry& a) noexcept {
  alive_moments m;
  for (const auto& g : law.groups()) {
    const double dead = std::exp(-g.probability * a.units);
    m.mean += g.types * g.probability * dead;
    m.variance += g.types * g.probability * g.probability * dead * (1.0 - dead);
  }
  return m;
}

/// D = Vₙ − kept·V₁ with V the types alive: negative where more than 1 − kept of the first generation's vocabulary is gone. A type
/// absent at first returns only by fresh real units, so cov(alive₁, aliveₙ) = e^{−p(M + fresh)}(1 − e^{−pMcₙ}).
[[nodiscard]] inline alive_moments vocabulary_margin(const grouped_law& law, const ancestry& a, double kept) noexcept {
  alive_moments m;
  double slope = 0.0, first_slope = 0.0;
  for (const auto& g : law.groups()) {
    const double p = g.probability;
    const double dead = std::exp(-p * a.units), first_dead = std::exp(-p * a.first);
    const double covariance = std::exp(-p * (a.first + a.fresh)) * -std::expm1(-p * (a.units - a.fresh));
    m.mean += g.types * (-std::expm1(-p * a.units) + kept * std::expm1(-p * a.first));
    m.variance +=
        g.types * (dead * (1.0 - dead) + kept * kept * first_dead * (1.0 - first_dead) - 2.0 * kept * covariance);
    slope += g.types * p * dead;
    first_slope += g.types * p * first_dead;
  }
  // the numbers of ancestors are fixed, not Poisson: units (with their own variance) and M; the units descend from the M
  if (a.fresh == 0.0) {
    const double excess = a.units - a.units_variance;
    m.variance -= excess * slope * slope + kept * kept * a.first * first_slope * first_slope -
                  2.0 * kept * a.units * slope * first_slope;
  }
  m.variance = std::max(m.variance, 0.0);
  return m;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
