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
#include "tailwatch/recursion/categorical_theory.hpp"

/// What a biased sampler makes of a categorical law when samples are UNLIMITED: no drift, the systematic part alone. These are
/// deterministic benchmarks: entropy falls along a known path.
namespace tailwatch::recursion {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// n generations at temperature τ: p ∝ p₀^{τ^{−n}}. Exact for unlimited samples. Goes to the mode for τ < 1, to the uniform law on
/// the support for τ > 1.
/// @param probabilities  p summing to 1, [K]
/// @throws std::invalid_argument unless temperature is positive and finite
template <core::number_range Probabilities>
[[nodiscard]] std::vector<double> temperature_distribution(const Probabilities& probabilities, double temperature,
                                                           std::uint64_t generations) {
  constexpr auto function = "recursion::temperature_distribution";
  detail::check_probabilities(function, probabilities);
  core::check_positive(function, "temperature", temperature);
  const double power = std::pow(temperature, -static_cast<double>(generations));
  double largest = 0.0;
  for (const auto p : core::as_span(probabilities)) largest = std::max(largest, static_cast<double>(p));
  std::vector<double> out;
  double total = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const double share = static_cast<double>(value) / largest;
    // at the mode 0·∞ must be 0
    out.push_back(share == 0.0 ? 0.0 : share == 1.0 ? 1.0 : std::exp(power * std::log(share)));
    total += out.back();
  }
  for (double& p : out) p /= total;
  return out;
}

/// One generation of curation: of K draws one is kept, with probability e^r/Σe^r (Bradley–Terry).
///
///   p′(x) = K p(x) E [e^{r(x)} / (e^{r(x)} + Σ_{K−1} e^{r(Y)})]
///
/// Exact for unlimited samples: K = 1 leaves p, K = 2 is the sum over pairs, larger K by 1/a = ∫e^{−sa}ds as an integral,
/// K p(x)e^{r(x)} ∫ e^{−s e^{r(x)}} φ(s)^{K−1} ds with φ(s) = Σ p e^{−s e^r}. For K → ∞, p′ ∝ p e^r.
///
/// @param probabilities  p summing to 1, [types]
/// @param rewards        r, finite, [types]
/// @param candidates     K ≥ 1
/// @complexity           O(types²) for K ≤ 2, else O(types) a node of some 400 + 8 ln(max e^r/min e^r)
/// @throws               std::invalid_argument  for K = 0, sizes that differ, a reward that is not finite
/// @see                  D. Ferbach et al. (2024), NeurIPS, arXiv 2407.09499
template <core::number_range Probabilities, core::number_range Rewards>
[[nodiscard]] std::vector<double> curated_distribution(const Probabilities& probabilities, const Rewards& rewards,
                                                       std::uint64_t candidates) {
  constexpr auto function = "recursion::curated_distribution";
  detail::check_probabilities(function, probabilities);
  const auto p = core::as_span(probabilities);
  const auto r = core::as_span(rewards);
  core::check_same_size(function, "probabilities", p.size(), "rewards", r.size());
  core::check_at_least(function, "candidates", candidates, std::uint64_t{1});
  double largest = -core::infinity;
  for (const auto value : r) {
    core::check(core::is_finite(static_cast<double>(value)), function, "reward", static_cast<double>(value), "finite");
    largest = std::max(largest, static_cast<double>(value));
  }
  std::vector<double> odds;
  for (const auto value : r) odds.push_back(std::exp(static_cast<double>(value) - largest));
  std::vector<double> out(p.size());
  if (candidates == 1) {
    for (std::size_t x = 0; x < out.size(); ++x) out[x] = static_cast<double>(p[x]);
    return out;
  }
  double total = 0.0;
  if (candidates == 2) {
    for (std::size_t x = 0; x < out.size(); ++x) {
      for (std::size_t y = 0; y < out.size(); ++y)
        out[x] += static_cast<double>(p[x]) * static_cast<double>(p[y]) * 2.0 * odds[x] / (odds[x] + odds[y]);
      total += out[x];
    }
  } else {
    // Trapezoids in t = ln s: the integrand decays like e^t on the left, doubly on the right, and is analytic for |Im t| < π/2,
    // so that a step of 1/8 errs by e^{−8π²}.
    constexpr double step = 0.125;
    const double end = std::log(750.0 / *std::min_element(odds.begin(), odds.end()));
    const auto k = static_cast<double>(candidates);
    for (double t = -40.0 - std::log(k); t < end; t += step) {
      const double s = std::exp(t);
      double phi = 0.0;
      for (std::size_t y = 0; y < out.size(); ++y) phi += static_cast<double>(p[y]) * std::exp(-s * odds[y]);
      if (phi == 0.0) break;
      const double others = (k - 1.0) * std::log(phi);
      for (std::size_t x = 0; x < out.size(); ++x)
        out[x] += step * k * static_cast<double>(p[x]) * odds[x] * s * std::exp(others - s * odds[x]);
    }
    for (const double value : out) total += value;
  }
  for (double& value : out) value /= total;  // 1 up to the error of the integrals
  return out;
}

/// Limit of curation for K → ∞ candidates, n generations: p ∝ p₀ e^{n r}.
template <core::number_range Probabilities, core::number_range Rewards>
[[nodiscard]] std::vector<double> curated_distribution_limit(const Probabilities& probabilities, const Rewards& rewards,
                                                             std::uint64_t generations) {
  constexpr auto function = "recursion::curated_distribution_limit";
  detail::check_probabilities(function, probabilities);
  const auto p = core::as_span(probabilities);
  const auto r = core::as_span(rewards);
  core::check_same_size(function, "probabilities", p.size(), "rewards", r.size());
  double largest = -core::infinity;
  for (std::size_t x = 0; x < p.size(); ++x) {
    core::check(core::is_finite(static_cast<double>(r[x])), function, "reward", static_cast<double>(r[x]), "finite");
    if (static_cast<double>(p[x]) > 0.0) largest = std::max(largest, static_cast<double>(r[x]));
  }
  std::vector<double> out(p.size());
  double total = 0.0;
  for (std::size_t x = 0; x < p.size(); ++x) {
    if (static_cast<double>(p[x]) > 0.0)
      out[x] = static_cast<double>(p[x]) *
               std::exp(static_cast<double>(generations) * (static_cast<double>(r[x]) - largest));
    total += out[x];
  }
  for (double& value : out) value /= total;
  return out;
}

/// Lower bound of the expected odds after one generation of curation: E′ e^r ≥ E e^r + ((K − 1)/K) Var e^r / max e^r. A bound; on
/// six types it says 1.951 where the value is 1.997.
/// @see D. Ferbach et al. (2024), NeurIPS, arXiv 2407.09499
template <core::number_range Probabilities, core::number_range Rewards>
[[nodiscard]] double curated_reward_bound(const Probabilities& probabilities, const Rewards& rewards,
                                          std::uint64_t candidates) {
  constexpr auto function = "recursion::curated_reward_bound";
  detail::check_probabilities(function, probabilities);
  const auto p = core::as_span(probabilities);
  const auto r = core::as_span(rewards);
  core::check_same_size(function, "probabilities", p.size(), "rewards", r.size());
  core::check_at_least(function, "candidates", candidates, std::uint64_t{1});
  double mean = 0.0, largest = 0.0;
  for (std::size_t x = 0; x < p.size(); ++x) {
    core::check(core::is_finite(static_cast<double>(r[x])), function, "reward", static_cast<double>(r[x]), "finite");
    const double odds = std::exp(static_cast<double>(r[x]));
    mean += static_cast<double>(p[x]) * odds;
    if (static_cast<double>(p[x]) > 0.0) largest = std::max(largest, odds);
  }
  double variance = 0.0;
  for (std::size_t x = 0; x < p.size(); ++x) {
    const double d = std::exp(static_cast<double>(r[x])) - mean;
    variance += static_cast<double>(p[x]) * d * d;
  }
  const auto k = static_cast<double>(candidates);
  return mean + (k - 1.0) / k * variance / largest;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
