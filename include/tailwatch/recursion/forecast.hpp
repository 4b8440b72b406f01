// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/alive_types.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/null_band.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/recursion/simpson_moments.hpp"
#include "tailwatch/recursion/variance_moments.hpp"

/// How many generations until a share x is lost, of the variance, of Simpson's diversity, of the vocabulary, or of the real mass
/// on rare types.
///
/// Two different answers are given. `expected` is the first generation whose *expected* quantity has lost x. `lower`, `median` and
/// `upper` are the generations by which 1 − (1 + level)/2, half, and (1 + level)/2 of the lineages have lost x: drift is random, and what
/// one lineage will do is no more certain than that. The uncertainty of M and of the real share, given as estimates, is in these
/// three: each node of a small grid over M (log-normal) and share (normal, within [0, 1]) gives a probability, and those are averaged.
namespace tailwatch::recursion {

struct forecast_options {
  double loss = 0.1;  ///< x in (0, 1)
  recursion::regime regime = recursion::regime::replace;
  estimate real_share = {0.0, 0.0, 0};  ///< mix, augment: share of real units, with its error (mix; 0 or NaN: exact)
  double level = 0.9;                   ///< of [lower, upper]
  variance_estimator estimator = variance_estimator::biased;  ///< forecast_variance alone
};

struct loss_forecast {
  double expected = core::nan;        ///< generations, whole; +∞: never
  double expected_limit = core::nan;  ///< loss of the expected quantity in the end; NaN: no formula is known
  double lower = core::nan;           ///< NaN where the regime has no known law of single lineages
  double median = core::nan;
  double upper = core::nan;  ///< +∞: that many lineages never lose x, or not within 10⁶ generations
  double level = core::nan;
};

namespace forecast_detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

struct node {
  double samples = 1.0, share = 0.0, weight = 1.0;
};

/// Midpoints of equally likely parts, stretched to variance 1.
inline constexpr std::size_t nodes_per_axis = 15;
inline constexpr double longest = 1e6;

[[nodiscard]] inline std::vector<node> parameter_grid(std::string_view function, const estimate& samples,
                                                      const forecast_options& options, double least) {
  core::check_at_least(function, "samples", samples.value, least);
  core::check(core::is_finite(samples.value), function, "samples", samples.value, "finite");
  core::check_open_interval(function, "loss", options.loss, 0.0, 1.0);
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  core::check_closed_interval(function, "real_share", options.real_share.value, 0.0, 1.0);
  core::check(options.real_share.value == 0.0 || options.regime == regime::mix || options.regime == regime::augment,
              function, "real_share", options.real_share.value, "0 unless the regime is mix or augment");
  if (options.regime == regime::augment) {
    core::check_at_least(function, "real units, real_share * samples,", options.real_share.value * samples.value, 1.0);
    core::check_at_least(function, "synthetic units, (1 - real_share) * samples,",
                         (1.0 - options.real_share.value) * samples.value, 1.0);
  }
  const auto axis = [](double error) {
    std::vector<double> z{0.0};
    if (error > 0.0 && core::is_finite(error)) {
      z.clear();
      for (std::size_t i = 0; i < nodes_per_axis; ++i)
        z.push_back(core::normal_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(nodes_per_axis)));
      double square = 0.0;  // the midpoints alone scatter by .96 of a deviation
      for (const double x : z) square += x * x / static_cast<double>(nodes_per_axis);
      for (double& x : z) x /= std::sqrt(square);
    }
    return z;
  };
  const double relative = samples.standard_error / samples.value;
  const auto m = axis(relative);
  const auto a = axis(options.regime == regime::mix ? options.real_share.standard_error : 0.0);
  std::vector<node> grid;
  for (const double zm : m)
    for (const double za : a) {
      node n;
      n.samples = zm == 0.0 ? samples.value : std::max(least, samples.value * std::exp(zm * relative));
      n.share = za == 0.0 ? options.real_share.value
                          : std::clamp(options.real_share.value + za * options.real_share.standard_error, 0.0, 1.0);
      n.weight = 1.0 / static_cast<double>(m.size() * a.size());
      grid.push_back(n);
    }
  return grid;
}

/// First whole n ≥ 1 with reached(n); +∞ where not within `longest`. `reached` must stay true once true.
template <class Reached>
[[nodiscard]] double first_generation(Reached&& reached) {
  std::uint64_t high = 1;
  while (!reached(high)) {
    if (static_cast<double>(high) >= longest) return core::infinity;
    high *= 2;
  }
  std::uint64_t low = high / 2;  // not reached, or 0
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (reached(middle) ? high : low) = middle;
  }
  return static_cast<double>(high);
}

/// lower, median and upper from P(lost by generation n) per node.
template <class Probability>
void quantiles(loss_forecast& f, const std::vector<node>& grid, double level, Probability&& lost) {
  f.level = level;
  const auto share_lost = [&](std::uint64_t n) {
    double sum = 0.0;
    for (const node& at : grid) sum += at.weight * lost(at, n);
    return sum;
  };
  const double tails[3] = {0.5 - 0.5 * level, 0.5, 0.5 + 0.5 * level};
  double* const out[3] = {&f.lower, &f.median, &f.upper};
  for (int i = 0; i < 3; ++i) *out[i] = first_generation([&](std::uint64_t n) { return share_lost(n) >= tails[i]; });
}

/// First n with 1 − factor₁⋯factorₙ ≥ loss, from a closed form where there is one.
[[nodiscard]] inline double expected_loss_generation(double m, const forecast_options& o) {
  switch (o.regime) {
    case regime::augment: {
      const double real = o.real_share.value * m, synthetic = m - real;
      const auto lost = [&](double of_sample) { return 1.0 - (1.0 - 1.0 / real) * (1.0 - of_sample); };
      if (o.loss >= lost(fixed_real_loss_limit(real, synthetic))) return core::infinity;
      return first_generation([&](std::uint64_t n) { return lost(fixed_real_loss(real, synthetic, n)) >= o.loss; });
    }
    case regime::replace: return m == 1.0 ? 1.0 : std::ceil(std::log1p(-o.loss) / std::log1p(-1.0 / m) * (1.0 - 1e-12));
    case regime::mix: {
      const double limit = mix_loss_limit(m, o.real_share.value * m);
      if (o.loss >= limit) return core::infinity;
      return first_generation([&](std::uint64_t n) { return mix_loss(m, o.real_share.value * m, n) >= o.loss; });
    }
    case regime::accumulate:
    case regime::accumulate_subsample: {
      const bool all = o.regime == regime::accumulate;
      const double limit = 1.0 - (all ? accumulate_variance_limit(m) : accumulate_subsample_variance_limit(m));
      if (o.loss >= limit) return core::infinity;
      double kept = 1.0;
      for (std::uint64_t j = 1; static_cast<double>(j) <= longest; ++j) {
        const auto g = static_cast<double>(j);
        if (all) {
          kept *= 1.0 - 1.0 / (m * g * g);
        } else {
          kept *= j == 1 ? 1.0 - 1.0 / m : 1.0 - (3.0 * m - 1.0) / (m * g * (m * g - 1.0));
        }
        if (1.0 - kept >= o.loss) return g;
      }
      return core::infinity;
    }
  }
  return core::nan;
}
[[nodiscard]] inline double expected_loss_limit(double m, const forecast_options& o) {
  switch (o.regime) {
    case regime::augment: {
      const double real = o.real_share.value * m;
      return 1.0 - (1.0 - 1.0 / real) * (1.0 - fixed_real_loss_limit(real, m - real));
    }
    case regime::replace: return 1.0;
    case regime::mix: return mix_loss_limit(m, o.real_share.value * m);
    case regime::accumulate: return 1.0 - accumulate_variance_limit(m);
    case regime::accumulate_subsample: return 1.0 - accumulate_subsample_variance_limit(m);
  }
  return core::nan;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace forecast_detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Generations until a Gaussian has lost the share x of its variance.
///
/// expected: E vₙ/v₀ ≤ 1 − x, exact in every regime with the biased estimator (replace: ln(1 − x)/ln(1 − 1/M)); with the unbiased one
/// E v never falls under replace, and the other regimes are not offered (NaN). Single lineages, replace: ln vₙ normal with its exact mean
/// and variance; half of them lose x in about half the expected time, because the typical v falls as e^{−2n/M}. Mix, biased: log-normal with
/// the exact mean and variance of v (a share of less than half a unit counts as none, of less than one as one). Other regimes: NaN.
///
/// @param samples  M (or M_e) with its error, M ≥ 2
/// @throws         std::invalid_argument for M < 2, x or level outside (0, 1), a share outside [0, 1], a share where the regime is not mix
/// @complexity     O(grid · log n); accumulate O(n)
/// @example        examples/recursion/forecast.cpp
[[nodiscard]] inline loss_forecast forecast_variance(const estimate& samples, const forecast_options& options = {}) {
  const auto grid = forecast_detail::parameter_grid("recursion::forecast_variance", samples, options, 2.0);
  loss_forecast f;
  f.level = options.level;
  if (options.estimator == variance_estimator::biased) {
    f.expected = forecast_detail::expected_loss_generation(samples.value, options);
    f.expected_limit = forecast_detail::expected_loss_limit(samples.value, options);
  } else if (options.regime == regime::replace) {
    f.expected = core::infinity;
    f.expected_limit = 0.0;
  }
  const bool mixes = options.regime == regime::mix && options.estimator == variance_estimator::biased;
  if (options.regime != regime::replace && !mixes) return f;
  const double threshold = std::log1p(-options.loss);
  forecast_detail::quantiles(f, grid, options.level, [&](const forecast_detail::node& at, std::uint64_t n) {
    double k = at.share * at.samples;
    if (k < 1.0) k = k < 0.5 ? 0.0 : 1.0;
    if (k > at.samples - 1.0) k = at.samples;
    const auto d = k == 0.0 ? band_detail::log_variance_drift(at.samples, static_cast<double>(n), options.estimator)
                            : band_detail::log_normal(variance_moments_of(at.samples, n, k));
    return band_detail::normal_cdf((threshold - d.mean) / d.deviation);
  });
  return f;
}

/// Generations until a categorical law has lost the share x of its Simpson diversity H = 1 − Σp².
///
/// expected: exact in every regime. Single lineages, replace and mix: Hₙ as a beta law with its exact mean and variance. Under mix the
/// share lost settles, so that `upper` is often +∞ although `lower` is not; drift goes both ways there, and what is counted is the
/// lineages that are below the line at generation n.
/// @param real     power_sums_of(the real law)
/// @param samples  M (or M_e) with its error, M ≥ 1
/// @throws         as forecast_variance
[[nodiscard]] inline loss_forecast forecast_simpson(const power_sums& real, const estimate& samples,
                                                    const forecast_options& options = {}) {
  const auto grid = forecast_detail::parameter_grid("recursion::forecast_simpson", samples, options, 1.0);
  loss_forecast f;
  f.level = options.level;
  f.expected = forecast_detail::expected_loss_generation(samples.value, options);
  f.expected_limit = forecast_detail::expected_loss_limit(samples.value, options);
  if (options.regime != regime::replace && options.regime != regime::mix) return f;
  const double threshold = (1.0 - options.loss) * (1.0 - real.second);
  forecast_detail::quantiles(f, grid, options.level, [&](const forecast_detail::node& at, std::uint64_t n) {
    return band_detail::beta_cdf(simpson_moments_of(real, at.samples, n, at.share), threshold);
  });
  return f;
}

/// Generations until the share x of the first generation's vocabulary is gone.
///
/// Replace and mix: types alive by their real ancestors (alive_types.hpp: Poisson offspring, good while n ≪ M and no type holds most of the
/// mass), V₁ − Vₙ normal. Under accumulate and augment nothing that was ever real leaves the training set: +∞. accumulate_subsample: NaN, no
/// formula is known.
/// @param law      the real law, or the first generation's shares
/// @param samples  M (or M_e) with its error, M ≥ 1
/// @throws         as forecast_variance
/// @complexity     O(grid · log n · (n + groups))
/// @example        examples/recursion/forecast.cpp
[[nodiscard]] inline loss_forecast forecast_vocabulary(const grouped_law& law, const estimate& samples,
                                                       const forecast_options& options = {}) {
  const auto grid = forecast_detail::parameter_grid("recursion::forecast_vocabulary", samples, options, 1.0);
  loss_forecast f;
  f.level = options.level;
  if (options.regime == regime::accumulate || options.regime == regime::augment) {
    f.expected = f.lower = f.median = f.upper = core::infinity;
    f.expected_limit = 0.0;
    return f;
  }
  if (options.regime == regime::accumulate_subsample || law.groups().empty()) return f;
  const double kept = 1.0 - options.loss;
  const auto margin = [&](double m, double share, std::uint64_t n) {
    return vocabulary_margin(law, ancestry_of(m, share * m, n), kept);
  };
  const double share = options.real_share.value;
  f.expected =
      forecast_detail::first_generation([&](std::uint64_t n) { return margin(samples.value, share, n).mean <= 0.0; });
  const auto first = alive_types(law, ancestry_of(samples.value, share * samples.value, 1)).mean;
  f.expected_limit =
      share == 0.0 ? 1.0
                   : 1.0 - alive_types(law, ancestry_of(samples.value, share * samples.value, 100000)).mean / first;
  forecast_detail::quantiles(f, grid, options.level, [&](const forecast_detail::node& at, std::uint64_t n) {
    if (n == 1) return 0.0;
    const alive_moments m = margin(at.samples, at.share, n);
    return m.variance > 0.0 ? band_detail::normal_cdf(-m.mean / std::sqrt(m.variance)) : m.mean <= 0.0 ? 1.0 : 0.0;
  });
  return f;
}

/// Generations until the share x of the real mass on rare types belongs to types that are extinct.
///
/// Their *mean* mass in the models never falls under pure resampling (docs/recursion.md), so that is what collapse of the tail means
/// here: Σ_{rare, extinct} p / Σ_{rare} p. The first generation has lost some of it already, by sampling alone. Regimes as in
/// forecast_vocabulary.
/// @param rare     grouped_law(probabilities, largest): the rare types of the real law
/// @param samples  M (or M_e) with its error, M ≥ 1
/// @throws         as forecast_variance; std::invalid_argument for a law without rare types
[[nodiscard]] inline loss_forecast forecast_rare_mass(const grouped_law& rare, const estimate& samples,
                                                      const forecast_options& options = {}) {
  constexpr auto function = "recursion::forecast_rare_mass";
  const auto grid = forecast_detail::parameter_grid(function, samples, options, 1.0);
  core::check(!rare.groups().empty(), function, "number of rare types", rare.groups().size(), "at least 1");
  loss_forecast f;
  f.level = options.level;
  const double line = options.loss * rare.mass();
  const auto lost = [&](double m, double share, std::uint64_t n) {
    return extinct_mass(rare, ancestry_of(m, share * m, n));
  };
  const double share = options.real_share.value;
  if (options.regime == regime::accumulate || options.regime == regime::augment) {
    const double real = options.regime == regime::augment ? share * samples.value : samples.value;
    const double now = lost(real, 0.0, 1).mean;  // all that is ever lost
    f.expected_limit = now / rare.mass();
    f.expected = now >= line ? 1.0 : core::infinity;
    return f;
  }
  if (options.regime == regime::accumulate_subsample) return f;
  f.expected =
      forecast_detail::first_generation([&](std::uint64_t n) { return lost(samples.value, share, n).mean >= line; });
  f.expected_limit = share == 0.0 ? 1.0 : lost(samples.value, share, 100000).mean / rare.mass();
  forecast_detail::quantiles(f, grid, options.level, [&](const forecast_detail::node& at, std::uint64_t n) {
    const alive_moments m = lost(at.samples, at.share, n);
    return m.variance > 0.0 ? band_detail::normal_cdf((m.mean - line) / std::sqrt(m.variance))
           : m.mean >= line ? 1.0
                            : 0.0;
  });
  return f;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
