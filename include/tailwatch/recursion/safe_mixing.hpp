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
#include "tailwatch/recursion/alive_types.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"

/// How much fresh human data in each generation keeps the loss small for ever (regime mix, M units a generation, k = aM of them fresh
/// and real).
///
///   safe_real_samples_for_loss         L ≤ ε: variance, Simpson diversity, χ²/(K − 1)
///   safe_real_samples_for_cell         squared relative error of one cell ≤ ε: its share, its context, its topic
///   safe_real_samples_for_survival     a type of probability p is absent in at most a share ε of generations
///   safe_real_samples_for_vocabulary   at most a share x of the first generation's vocabulary is ever gone
///   bertrand_condition                 a sufficient condition for stable retraining
///   safe_mixing_plan                   all of them side by side, each with what it assumes
///
/// Real-valued; +∞ or more than M means that no mixture of M units does it: raise M.
namespace tailwatch::recursion {

/// The condition of Bertrand et al. for a stable fixed point, λ(1 + Lε/α) < ½, λ the ratio of synthetic to real data.
struct bertrand_condition {
  double max_ratio = core::nan;       ///< λ must lie below: ½/(1 + Lε/α)
  double min_real_share = core::nan;  ///< 1/(1 + max_ratio): 2/3 for a perfect model family
};

/// One answer of the planner.
struct mixing_rule {
  std::string_view name;
  double real_samples = core::nan;  ///< k per generation
  double real_share = core::nan;    ///< a = k/M; above 1 or infinite: not to be had with M units
  double weight = core::nan;        ///< of the real part, where the rule weighs the parts
  double loss = core::nan;          ///< what remains, in the rule's own measure
  std::string_view answers;         ///< the question
  std::string_view assumes;
};

struct safe_mixing_options {
  double samples = 10000.0;       ///< M ≥ 2 units a generation
  double loss = 0.01;             ///< ε in (0, 1)
  double cell_probability = 0.0;  ///< p of the rarest cell to keep; 0: no rule for cells
  mix_sampling sampling = mix_sampling::fixed;
  /// Bertrand's constants: ε of the model family, Lipschitz constant L of the Hessian, concavity α.
  double family_error = 0.0, lipschitz = 1.0, concavity = 1.0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Smallest k with mix_loss_limit(M, k) ≤ ε. About (1/ε − 1)/2 whatever M: some fifty for one percent.
///
///   multinomial  a = 1 − √((1 − 1/(εM))/(1 − 1/M))
///   fixed        with b = 1 − a: b² − b/M − (1 − 1/(εM)) = 0
///
/// @param samples  M ≥ 2
/// @param loss     ε in (0, 1]
/// @return         k in [0, M], real-valued; exact. +∞ where ε < 1/M: even real data alone lose 1/M by sampling
/// @throws         std::invalid_argument otherwise
[[nodiscard]] inline double safe_real_samples_for_loss(double samples, double loss,
                                                       mix_sampling sampling = mix_sampling::fixed) {
  constexpr auto function = "recursion::safe_real_samples_for_loss";
  detail::check_samples(function, samples, 2.0);
  core::check_positive(function, "loss", loss);
  core::check_at_most(function, "loss", loss, 1.0);
  const double inside = 1.0 - 1.0 / (loss * samples);
  if (inside < 0.0) return loss * samples > 1.0 - 1e-12 ? samples : core::infinity;
  // 1 − √(1 − y) = y/(1 + √(1 − y)): no cancellation for large M
  if (sampling == mix_sampling::multinomial) {
    const double y = (1.0 / loss - 1.0) / (samples - 1.0);  // 1 − inside/(1 − 1/M)
    return samples * y / (1.0 + std::sqrt(1.0 - y));
  }
  // 1 − b, b = (1/M + √(1/M² + 4·inside))/2; with s = √…: 2a = (2 − 1/M) − s = ((2 − 1/M)² − s²)/(2 − 1/M + s)
  const double h = 1.0 / samples;
  const double s = std::sqrt(h * h + 4.0 * inside);
  return samples * std::max(0.0, 4.0 * h * (1.0 / loss - 1.0) / (2.0 - h + s) * 0.5);
}

/// Smallest k that keeps E(pₙ − p)²/p² ≤ ε for a cell of probability p: L(1 − p)/p ≤ ε, so L ≤ εp/(1 − p). About kp ≈ 1/(2ε):
/// fifty fresh real examples *in that cell* per generation for ε = 1 % (a relative error of 10 %).
/// @param probability  p in (0, 1)
/// @return             k; +∞ where even M real units leave more, (1 − p)/(pM)
[[nodiscard]] inline double safe_real_samples_for_cell(double samples, double probability, double loss,
                                                       mix_sampling sampling = mix_sampling::fixed) {
  constexpr auto function = "recursion::safe_real_samples_for_cell";
  core::check_open_interval(function, "probability", probability, 0.0, 1.0);
  core::check_positive(function, "loss", loss);
  return safe_real_samples_for_loss(samples, std::min(1.0, loss * probability / (1.0 - probability)), sampling);
}

namespace mixing_detail {
/// Smallest k in [0, M] with good(k), to 1e-10 of itself; +∞ where M itself is not good.
template <class Good>
[[nodiscard]] double smallest_real_samples(double samples, Good&& good) {
  if (good(0.0)) return 0.0;
  if (!good(samples)) return core::infinity;
  double low = 0.0, high = samples;
  for (int i = 0; i < 80 && high - low > 1e-10 * high; ++i) {
    const double middle = i < 20 && low == 0.0 ? 0.1 * high : 0.5 * (low + high);
    (good(middle) ? high : low) = middle;
  }
  return high;
}
inline constexpr std::uint64_t for_ever = 1000000;
}  // namespace mixing_detail

/// Smallest k for which a type of probability p is absent from a generation with probability at most ε in the long run:
/// e^{−p·units} ≤ ε with units the real ancestors of alive_types.hpp.
/// @return  k; +∞ where M real units miss the type more often (e^{−pM} > ε)
/// @throws  std::invalid_argument for p or ε outside (0, 1), M < 2
[[nodiscard]] inline double safe_real_samples_for_survival(double samples, double probability, double loss) {
  constexpr auto function = "recursion::safe_real_samples_for_survival";
  detail::check_samples(function, samples, 2.0);
  core::check_open_interval(function, "probability", probability, 0.0, 1.0);
  core::check_open_interval(function, "loss", loss, 0.0, 1.0);
  return mixing_detail::smallest_real_samples(samples, [&](double k) {
    return std::exp(-probability * ancestry_of(samples, k, mixing_detail::for_ever).units) <= loss;
  });
}

/// Smallest k for which the expected vocabulary never falls below (1 − x) of the first generation's.
/// @param law   the real law, or the first generation's shares
/// @param loss  x in (0, 1)
/// @throws      std::invalid_argument for x outside (0, 1), M < 2
/// @complexity  O(60·(groups + M/k)), the first term for the sums over types
/// @example     examples/recursion/forecast.cpp
[[nodiscard]] inline double safe_real_samples_for_vocabulary(const grouped_law& law, double samples, double loss) {
  constexpr auto function = "recursion::safe_real_samples_for_vocabulary";
  detail::check_samples(function, samples, 2.0);
  core::check_open_interval(function, "loss", loss, 0.0, 1.0);
  return mixing_detail::smallest_real_samples(samples, [&](double k) {
    return vocabulary_margin(law, ancestry_of(samples, k, mixing_detail::for_ever), 1.0 - loss).mean >= 0.0;
  });
}

/// λ(1 + Lε/α) < ½: sufficient, and local, for retraining near the optimum to stay there. Not necessary: a Gaussian's mean
/// contracts by λ/(1 + λ) a generation for every λ.
/// @param family_error  ε ≥ 0, distance of the model family from the data
/// @param lipschitz     L ≥ 0, of the Hessian of the likelihood in that distance
/// @param concavity     α > 0, of the likelihood at the optimum
/// @throws              std::invalid_argument otherwise
/// @see                 Q. Bertrand et al. (2024), On the stability of iterative retraining, ICLR
[[nodiscard]] inline bertrand_condition bertrand_stability(double family_error, double lipschitz, double concavity) {
  constexpr auto function = "recursion::bertrand_stability";
  core::check_not_negative(function, "family_error", family_error);
  core::check_not_negative(function, "lipschitz", lipschitz);
  core::check_positive(function, "concavity", concavity);
  const double ratio = 0.5 / (1.0 + lipschitz * family_error / concavity);
  return {ratio, 1.0 / (1.0 + ratio)};
}

/// Contraction per generation that the condition promises at ratio λ: λ(α + εL)/(α − λ(α + εL)); NaN where it does not hold.
[[nodiscard]] inline double bertrand_rate(double ratio, double family_error, double lipschitz, double concavity) {
  core::check_not_negative("recursion::bertrand_rate", "ratio", ratio);
  if (!(ratio < bertrand_stability(family_error, lipschitz, concavity).max_ratio)) return core::nan;
  const double slope = ratio * (concavity + family_error * lipschitz);
  return slope / (concavity - slope);
}

/// The published rules side by side for one M and one ε. They answer different questions: read `answers` and `assumes`.
/// @throws      std::invalid_argument for M < 2, ε or p outside (0, 1), Bertrand's constants out of range
/// @example     examples/recursion/forecast.cpp
[[nodiscard]] inline std::vector<mixing_rule> safe_mixing_plan(const safe_mixing_options& options) {
  constexpr auto function = "recursion::safe_mixing_plan";
  const double m = options.samples;
  detail::check_samples(function, m, 2.0);
  core::check_open_interval(function, "loss", options.loss, 0.0, 1.0);
  std::vector<mixing_rule> plan;
  const auto add = [&](std::string_view name, double k, double loss, std::string_view answers,
                       std::string_view assumes) {
    plan.push_back({name, k, k / m, core::nan, loss, answers, assumes});
  };
  add("one-migrant rule", 0.5 * (1.0 / options.loss - 1.0), options.loss,
      "variance or Simpson diversity lost in the end <= loss", "1 << M, k << M; neutral refitting; any M");
  const double k = safe_real_samples_for_loss(m, options.loss, options.sampling);
  add("exact loss", k, core::is_finite(k) ? mix_loss_limit(m, k, options.sampling) : core::nan, "the same, exactly",
      "Gaussian with the biased variance, or categorical frequencies; fresh real data each generation");
  if (options.cell_probability != 0.0) {
    const double p = options.cell_probability;
    const double cell = safe_real_samples_for_cell(m, p, options.loss, options.sampling);
    add("tracked cell", cell,
        core::is_finite(cell) ? mix_loss_limit(m, cell, options.sampling) * (1.0 - p) / p : core::nan,
        "squared relative error of a cell of that probability <= loss",
        "the same; cells counted by frequency, no smoothing");
    const double kept = safe_real_samples_for_survival(m, p, options.loss);
    add("survival of a type", kept,
        core::is_finite(kept) ? std::exp(-p * ancestry_of(m, kept, mixing_detail::for_ever).units) : core::nan,
        "a type of that probability is absent from a share <= loss of generations",
        "Poisson offspring: rare types, n << M");
  }
  {
    // He, Xu and Cheng weigh the two parts; error w s^2/k against s^2/M of M real units: k real among M at the optimal weight
    const double real = mixing_detail::smallest_real_samples(m, [&](double n) {
      if (n <= 0.0) return false;
      if (n >= m) return 1.0 / m <= options.loss;
      return optimal_mixing_weight(n / (m - n)) / n <= options.loss;
    });
    mixing_rule rule{"optimal weight",
                     real,
                     real / m,
                     core::nan,
                     core::nan,
                     "mean squared error of a weighted mean, in units of the variance <= loss",
                     "estimating a mean or a linear model; the parts may be weighted; fresh real data each generation"};
    if (real < m && real > 0.0) {
      rule.weight = optimal_mixing_weight(real / (m - real));
      rule.loss = rule.weight / real;
    } else if (core::is_finite(real)) {
      rule.weight = 1.0;
      rule.loss = 1.0 / m;
    }
    plan.push_back(rule);
  }
  {
    const auto b = bertrand_stability(options.family_error, options.lipschitz, options.concavity);
    plan.push_back({"Bertrand's condition", b.min_real_share * m, b.min_real_share, core::nan, core::nan,
                    "retraining stays near the optimum: no bound on the loss",
                    "likelihood smooth and concave near the optimum, model family close to the data; sufficient, not "
                    "necessary; the real data may be reused"});
  }
  return plan;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
