// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/roc.hpp"

/// Unknown provenance: which share of a corpus is generated, from the scores of an imperfect detector.
///
///   synthetic_share_rogan_gladen   from how many texts a threshold flags
///   synthetic_share_mixture        from the whole distribution of scores: a mixture of the human and the generated one
///
/// Both assume that the corpus is a mixture of the two kinds the detector was measured on: human texts like the negatives, generated
/// texts like the positives. A new generator breaks that; `misfit_p_value` of the mixture may show it, one threshold cannot.
namespace tailwatch::provenance {

struct synthetic_share {
  estimate share;  ///< clamped to [0, 1]; count = texts of the corpus
  double unclamped = core::nan;
  interval bounds;                    ///< within [0, 1]; all of it where the detector cannot tell
  double misfit_p_value = core::nan;  ///< mixture: that no share explains the scores; NaN for a single threshold
  std::uint64_t rejected = 0;         ///< NaN scores
};

struct rogan_gladen_options {
  double level = 0.95;
};

struct synthetic_share_mixture_options {
  std::size_t bins = 10;  ///< by quantiles of the labelled scores, at least 2
  double level = 0.95;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Rogan and Gladen's prevalence: π = (f − FPR)/(TPR − FPR), f the flagged share of the corpus.
///
/// @param flagged              texts at or above the detector's threshold
/// @param texts                texts in the corpus
/// @param true_positive_rate   with its standard error, from labelled texts at the same threshold (math::roc_operating_point)
/// @param false_positive_rate  the same
/// @return  share with var = [f(1 − f)/N + π² var TPR + (1 − π)² var FPR]/(TPR − FPR)²; bounds by Fieller's method (all π that the
///          data do not reject), so that a poor detector gives a wide interval and not a wild one. NaN where TPR ≤ FPR or no text
/// @throws  std::invalid_argument for flagged > texts or a rate outside [0, 1]
/// @see     W. J. Rogan, B. Gladen (1978), American Journal of Epidemiology 107, 71–76
/// @example examples/provenance/unknown_provenance.cpp
[[nodiscard]] inline synthetic_share synthetic_share_rogan_gladen(std::uint64_t flagged, std::uint64_t texts,
                                                                  const estimate& true_positive_rate,
                                                                  const estimate& false_positive_rate,
                                                                  const rogan_gladen_options& options = {}) {
  constexpr auto function = "provenance::synthetic_share_rogan_gladen";
  core::check_at_most(function, "flagged", flagged, texts);
  core::check_closed_interval(function, "true_positive_rate", true_positive_rate.value, 0.0, 1.0);
  core::check_closed_interval(function, "false_positive_rate", false_positive_rate.value, 0.0, 1.0);
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  synthetic_share result;
  result.share = {core::nan, core::nan, texts};
  result.bounds = {0.0, 1.0, options.level};
  if (texts == 0) return result;
  const auto n = static_cast<double>(texts);
  const double f = static_cast<double>(flagged) / n;
  const double p = flagged == 0 || flagged == texts ? (static_cast<double>(flagged) + 0.5) / (n + 1.0) : f;
  const double vf = p * (1.0 - p) / n;
  const double vt = true_positive_rate.standard_error * true_positive_rate.standard_error;
  const double v0 = false_positive_rate.standard_error * false_positive_rate.standard_error;
  const double gain = true_positive_rate.value - false_positive_rate.value;
  const double excess = f - false_positive_rate.value;
  if (gain > 0.0) {
    const double share = excess / gain;
    const double clamped = std::clamp(share, 0.0, 1.0);
    result.unclamped = share;
    result.share = {clamped, std::sqrt(vf + clamped * clamped * vt + (1.0 - clamped) * (1.0 - clamped) * v0) / gain,
                    texts};
  }
  // (excess − π·gain)² ≤ z²[vf + π² vt + (1 − π)² v0]: a π² − 2bπ + c ≤ 0
  const double z = core::normal_quantile(0.5 + 0.5 * options.level);
  const double a = gain * gain - z * z * (vt + v0);
  const double b = excess * gain - z * z * v0;
  const double c = excess * excess - z * z * (vf + v0);
  const double root = b * b - a * c;
  if (a > 0.0 && gain > 0.0) {
    const double half = std::sqrt(std::max(root, 0.0));
    result.bounds.lower = std::clamp((b - half) / a, 0.0, 1.0);
    result.bounds.upper = std::clamp((b + half) / a, 0.0, 1.0);
  }
  return result;
}

/// The same at an operating point: counts the scores of the corpus at or above its threshold.
template <core::number_range Corpus>
[[nodiscard]] synthetic_share synthetic_share_rogan_gladen(const Corpus& corpus, const math::operating_point& point,
                                                           const rogan_gladen_options& options = {}) {
  std::uint64_t flagged = 0, texts = 0, rejected = 0;
  for (const auto value : core::as_span(corpus)) {
    const auto x = static_cast<double>(value);
    if (core::is_nan(x)) {
      ++rejected;
      continue;
    }
    ++texts;
    flagged += x >= point.threshold ? 1U : 0U;
  }
  synthetic_share result =
      synthetic_share_rogan_gladen(flagged, texts, point.true_positive_rate, point.false_positive_rate, options);
  result.rejected = rejected;
  return result;
}

/// Maximum-likelihood share of a binned mixture: Σ c_b ln(π g_b + (1 − π) h_b), g and h the labelled scores' shares of the bins (with
/// ½ added to each count), c the corpus. Uses every threshold of the ROC curve at once; with 2 bins it is Rogan–Gladen's.
///
/// @param corpus     scores of the texts in question        @param negatives, positives  scores of labelled texts
/// @return           share; its variance is the inverse information plus what the labelled samples' own scatter adds,
///                   [I + var(∂U/∂g·g) + var(∂U/∂h·h)]/I² with U the score function; bounds normal, clamped. misfit_p_value: χ² of the corpus
///                   against the fitted mixture with bins − 2 degrees of freedom, allowing for the labelled scatter. NaN where
///                   any sample is empty or bins of both kinds agree
/// @complexity       O(N log N)
/// @throws           std::invalid_argument for fewer than 2 bins
/// @see              V. Hasselblad (1966), Technometrics 8, 431–444; G. McLachlan, D. Peel (2000), Finite Mixture Models
/// @example          examples/provenance/unknown_provenance.cpp
template <core::number_range Corpus, core::number_range Negatives, core::number_range Positives>
[[nodiscard]] synthetic_share synthetic_share_mixture(const Corpus& corpus, const Negatives& negatives,
                                                      const Positives& positives,
                                                      const synthetic_share_mixture_options& options = {}) {
  constexpr auto function = "provenance::synthetic_share_mixture";
  core::check_at_least(function, "bins", options.bins, std::size_t{2});
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  synthetic_share result;
  result.bounds = {0.0, 1.0, options.level};
  const std::vector<double> human = math::roc_detail::sorted_scores(negatives, result.rejected);
  const std::vector<double> machine = math::roc_detail::sorted_scores(positives, result.rejected);
  const std::vector<double> unknown = math::roc_detail::sorted_scores(corpus, result.rejected);
  result.share = {core::nan, core::nan, unknown.size()};
  if (human.empty() || machine.empty() || unknown.empty()) return result;
  // cuts between bins: quantiles of a pool in which both kinds weigh the same
  std::vector<double> cuts;
  const auto quantile = [](const std::vector<double>& x, double f) {
    return x[std::min(static_cast<std::size_t>(f * static_cast<double>(x.size())), x.size() - 1)];
  };
  {
    std::vector<double> pool;
    constexpr std::size_t grid = 512;
    for (std::size_t i = 0; i < grid; ++i) {
      const double f = (static_cast<double>(i) + 0.5) / grid;
      pool.push_back(quantile(human, f));
      pool.push_back(quantile(machine, f));
    }
    std::sort(pool.begin(), pool.end());
    for (std::size_t b = 1; b < options.bins; ++b)
      cuts.push_back(quantile(pool, static_cast<double>(b) / static_cast<double>(options.bins)));
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  }
  const std::size_t bins = cuts.size() + 1;
  const auto counts = [&](const std::vector<double>& x) {
    std::vector<double> c(bins, 0.0);
    for (const double value : x)
      ++c[static_cast<std::size_t>(std::upper_bound(cuts.begin(), cuts.end(), value) - cuts.begin())];
    return c;
  };
  std::vector<double> g = counts(machine), h = counts(human);
  const std::vector<double> c = counts(unknown);
  const auto n1 = static_cast<double>(machine.size()), n0 = static_cast<double>(human.size());
  const auto n = static_cast<double>(unknown.size());
  double difference = 0.0;
  for (std::size_t b = 0; b < bins; ++b) {
    g[b] = (g[b] + 0.5) / (n1 + 0.5 * static_cast<double>(bins));
    h[b] = (h[b] + 0.5) / (n0 + 0.5 * static_cast<double>(bins));
    difference = std::max(difference, std::abs(g[b] - h[b]));
  }
  if (!(difference > 1e-12)) return result;
  // U(π) = Σ c (g − h)/(πg + (1 − π)h) falls in π: one root on the interval where the mixture stays positive
  const auto slope = [&](double pi) {
    double sum = 0.0;
    for (std::size_t b = 0; b < bins; ++b) sum += c[b] * (g[b] - h[b]) / (pi * g[b] + (1.0 - pi) * h[b]);
    return sum;
  };
  double low = -core::infinity, high = core::infinity;  // mixture positive strictly inside
  for (std::size_t b = 0; b < bins; ++b) {
    const double edge = -h[b] / (g[b] - h[b]);
    if (g[b] > h[b]) low = std::max(low, edge);
    if (g[b] < h[b]) high = std::min(high, edge);
  }
  low += 1e-9 * (1.0 + std::abs(low));
  high -= 1e-9 * (1.0 + std::abs(high));
  for (int step = 0; step < 200 && high - low > 1e-14; ++step) {
    const double middle = 0.5 * (low + high);
    (slope(middle) > 0.0 ? low : high) = middle;
  }
  result.unclamped = 0.5 * (low + high);
  const double pi = std::clamp(result.unclamped, 0.0, 1.0);
  double information = 0.0, g1 = 0.0, g2 = 0.0, h1 = 0.0, h2 = 0.0, misfit = 0.0;
  for (std::size_t b = 0; b < bins; ++b) {
    const double mixture = pi * g[b] + (1.0 - pi) * h[b];
    information += n * (g[b] - h[b]) * (g[b] - h[b]) / mixture;
    const double by_g = n * h[b] / mixture;  // ∂U/∂g_b at c = n·mixture
    const double by_h = n * g[b] / mixture;
    g1 += g[b] * by_g;
    g2 += g[b] * by_g * by_g;
    h1 += h[b] * by_h;
    h2 += h[b] * by_h * by_h;
    const double d = c[b] - n * mixture;
    misfit += d * d / (n * mixture + n * n * (pi * pi * g[b] / n1 + (1.0 - pi) * (1.0 - pi) * h[b] / n0));
  }
  const double variance = (information + (g2 - g1 * g1) / n1 + (h2 - h1 * h1) / n0) / (information * information);
  result.share = {pi, std::sqrt(variance), unknown.size()};
  const double half = core::normal_quantile(0.5 + 0.5 * options.level) * result.share.standard_error;
  result.bounds.lower = std::clamp(result.unclamped - half, 0.0, 1.0);
  result.bounds.upper = std::clamp(result.unclamped + half, 0.0, 1.0);
  if (bins > 2) result.misfit_p_value = boost::math::gamma_q(0.5 * (static_cast<double>(bins) - 2.0), 0.5 * misfit);
  return result;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
