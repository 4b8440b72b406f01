// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/sort/pdqsort/pdqsort.hpp>
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
#include "tailwatch/math/clopper_pearson.hpp"

/// How well a score tells two samples apart: receiver operating characteristic.
///
///   roc_curve            the staircase of (false, true) positive counts
///   roc_area             area under it, whole or up to a false-positive rate, with its standard error
///   roc_area_difference  of two scores on the same texts, whose errors depend on each other
///   roc_operating_point  true-positive rate at a false-positive rate, with exact intervals
///
/// A text is called positive where score ≥ threshold; negate scores that run the other way (Binoculars, log-rank). Scores that
/// are NaN are left out and counted.
namespace tailwatch::math {

/// One threshold of the curve.
struct roc_point {
  double threshold = core::infinity;  ///< positive: score ≥ threshold
  std::uint64_t false_positives = 0;
  std::uint64_t true_positives = 0;

  friend bool operator==(const roc_point&, const roc_point&) = default;
};

struct roc_points {
  std::vector<roc_point> points;  ///< from "nothing" (threshold +∞) to "everything"; one per distinct score
  std::uint64_t negatives = 0;
  std::uint64_t positives = 0;
  std::uint64_t rejected = 0;  ///< NaN scores

  [[nodiscard]] double false_positive_rate(std::size_t i) const noexcept {
    return static_cast<double>(points[i].false_positives) / static_cast<double>(negatives);
  }
  [[nodiscard]] double true_positive_rate(std::size_t i) const noexcept {
    return static_cast<double>(points[i].true_positives) / static_cast<double>(positives);
  }
};

struct roc_area_options {
  double max_false_positive_rate = 1.0;  ///< in (0, 1]; below 1 the partial area
  /// Partial areas after D. K. McClish (1989): ½(1 + (A − f²/2)/(f − f²/2)), ½ for chance and 1 for perfection, as in
  /// scikit-learn. `false`: the area itself, at most f.
  bool standardised = true;
};

struct operating_point {
  double threshold = core::nan;  ///< +∞: no score of either sample qualifies
  estimate true_positive_rate;
  interval true_positive_interval;  ///< Clopper–Pearson, given the threshold
  estimate false_positive_rate;     ///< of the sample, at most the rate asked for
  interval false_positive_interval;
  /// Upper bound, at the same level, for the rate on new texts, the threshold having been chosen from these n negatives of which
  /// k may lie above it: that rate is at most (in law) Beta(k + 1, n − k), whatever the law of the scores.
  double false_positive_bound = core::nan;
};

struct roc_operating_point_options {
  double false_positive_rate = 0.01;  ///< in [0, 1)
  double level = 0.95;
};

namespace roc_detail {

template <core::number_range Scores>
[[nodiscard]] std::vector<double> sorted_scores(const Scores& scores, std::uint64_t& rejected) {
  std::vector<double> out;
  out.reserve(core::as_span(scores).size());
  for (const auto value : core::as_span(scores)) {
    const auto x = static_cast<double>(value);
    if (core::is_nan(x)) {
      ++rejected;
    } else {
      out.push_back(x);
    }
  }
  boost::sort::pdqsort_branchless(out.begin(), out.end());
  return out;
}

/// What each text contributes to the area up to f. With F̄(t) = P(negative ≥ t) and T(t) = P(positive ≥ t), both counting half of
/// a tie, and c the threshold at F̄ = f:
///   positive x: max(0, f − F̄(x))      negative y: min(0, T(y) − T(c))
/// The second takes into account that c is estimated: moving it trades f against T(c). At f = 1 both are DeLong's components.
struct components {
  std::vector<double> positive, negative;
  double area = core::nan;
  std::uint64_t rejected = 0;
};

[[nodiscard]] inline double share_at_least(const std::vector<double>& sorted, double x) noexcept {
  const auto range = std::equal_range(sorted.begin(), sorted.end(), x);
  const auto above = static_cast<double>(sorted.end() - range.second);
  return (above + 0.5 * static_cast<double>(range.second - range.first)) / static_cast<double>(sorted.size());
}

/// Area and components in one sweep from the largest score down; `in_order` looks the components up again for the texts as given.
template <core::number_range Negatives, core::number_range Positives>
[[nodiscard]] components components_of(const Negatives& negatives, const Positives& positives, double f,
                                       bool in_order) {
  components c;
  const std::vector<double> low = sorted_scores(negatives, c.rejected);
  const std::vector<double> high = sorted_scores(positives, c.rejected);
  if (low.empty() || high.empty()) return c;
  const auto n = static_cast<double>(low.size());
  const auto m = static_cast<double>(high.size());
  c.positive.reserve(high.size());
  c.negative.reserve(low.size());
  double area = 0.0, fpr = 0.0, tpr = 0.0;
  double cut = 0.0;        // the true-positive rate at f
  std::size_t inside = 0;  // negatives above the cut
  std::size_t i = low.size(), j = high.size();
  while (i > 0 || j > 0) {
    const double threshold = std::max(i > 0 ? low[i - 1] : -core::infinity, j > 0 ? high[j - 1] : -core::infinity);
    const std::size_t first_i = i, first_j = j;
    while (i > 0 && low[i - 1] == threshold) --i;
    while (j > 0 && high[j - 1] == threshold) --j;
    const double next_fpr = (n - static_cast<double>(i)) / n, next_tpr = (m - static_cast<double>(j)) / m;
    const double middle_fpr = 0.5 * (fpr + next_fpr), middle_tpr = 0.5 * (tpr + next_tpr);
    c.positive.insert(c.positive.end(), first_j - j, std::max(0.0, f - middle_fpr));
    c.negative.insert(c.negative.end(), first_i - i, middle_tpr);
    if (middle_fpr < f) inside = c.negative.size();
    if (fpr < f) {  // a trapezoid, the last one up to f
      const double part = next_fpr > f ? (f - fpr) / (next_fpr - fpr) : 1.0;
      cut = tpr + (next_tpr - tpr) * part;
      area += 0.5 * (tpr + cut) * (next_fpr - fpr) * part;
    }
    fpr = next_fpr;
    tpr = next_tpr;
  }
  c.area = area;
  for (std::size_t k = 0; k < c.negative.size(); ++k) c.negative[k] = k < inside ? c.negative[k] - cut : 0.0;
  if (!in_order) return c;
  c.positive.clear();
  c.negative.clear();
  for (const auto value : core::as_span(positives)) {
    const auto x = static_cast<double>(value);
    if (!core::is_nan(x)) c.positive.push_back(std::max(0.0, f - share_at_least(low, x)));
  }
  for (const auto value : core::as_span(negatives)) {
    const auto y = static_cast<double>(value);
    if (!core::is_nan(y)) c.negative.push_back(share_at_least(low, y) < f ? share_at_least(high, y) - cut : 0.0);
  }
  return c;
}

[[nodiscard]] inline double covariance(const std::vector<double>& x, const std::vector<double>& y) noexcept {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0.0, mean_y = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - mean_x) * (y[i] - mean_y);
  return n > 1.0 ? sum / (n - 1.0) : core::nan;
}

/// Variance of the area, or covariance of two; NaN below two texts of a kind.
[[nodiscard]] inline double area_covariance(const components& a, const components& b) noexcept {
  return covariance(a.positive, b.positive) / static_cast<double>(a.positive.size()) +
         covariance(a.negative, b.negative) / static_cast<double>(a.negative.size());
}

}  // namespace roc_detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// The curve: counts at every distinct score, from +∞ down.
/// @param negatives  scores of texts known to be human, any order
/// @param positives  scores of texts known to be generated
/// @complexity       O(N log N)
template <core::number_range Negatives, core::number_range Positives>
[[nodiscard]] roc_points roc_curve(const Negatives& negatives, const Positives& positives) {
  roc_points curve;
  const std::vector<double> low = roc_detail::sorted_scores(negatives, curve.rejected);
  const std::vector<double> high = roc_detail::sorted_scores(positives, curve.rejected);
  curve.negatives = low.size();
  curve.positives = high.size();
  curve.points.push_back({});
  std::size_t i = low.size(), j = high.size();
  while (i > 0 || j > 0) {
    const double threshold = std::max(i > 0 ? low[i - 1] : -core::infinity, j > 0 ? high[j - 1] : -core::infinity);
    while (i > 0 && low[i - 1] == threshold) --i;
    while (j > 0 && high[j - 1] == threshold) --j;
    curve.points.push_back({threshold, low.size() - i, high.size() - j});
  }
  return curve;
}

/// Area under the curve = P(positive > negative) + ½P(equal), or its part up to a false-positive rate f, between whose neighbours
/// the curve is taken as straight.
///
/// @return        value, standard error by the influence of each text (DeLong's at f = 1; for f < 1 with the estimated
///                threshold taken into account), count = texts. NaN for an empty sample; the error is NaN for fewer than two
///                texts of a kind and where both samples are separated, because an area of 0 or 1 is no certainty
/// @complexity    O(N log N)
/// @bias          none at f = 1; O(1/n) for f < 1
/// @throws        std::invalid_argument for a rate outside (0, 1]
/// @see           E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988), Biometrics 44, 837–845; D. K. McClish (1989),
///                Medical Decision Making 9, 190–195
/// @example       examples/provenance/detectors.cpp
struct roc_area_fn {
  static constexpr std::string_view name = "math.roc_area";
  static constexpr std::string_view reference = "DeLong, DeLong, Clarke-Pearson (1988)";

  template <core::number_range Negatives, core::number_range Positives>
  [[nodiscard]] estimate operator()(const Negatives& negatives, const Positives& positives,
                                    const roc_area_options& options = {}) const {
    const double f = options.max_false_positive_rate;
    core::check(f > 0.0 && f <= 1.0, "math::roc_area", "max_false_positive_rate", f, "in (0, 1]");
    const auto c = roc_detail::components_of(negatives, positives, f, false);
    const std::uint64_t count = c.positive.size() + c.negative.size();
    if (core::is_nan(c.area)) return {core::nan, core::nan, count};
    const double variance = roc_detail::area_covariance(c, c);
    estimate area{c.area, variance > 0.0 ? std::sqrt(variance) : core::nan, count};
    if (f < 1.0 && options.standardised) {
      const double chance = 0.5 * f * f;
      area.value = 0.5 * (1.0 + (area.value - chance) / (f - chance));
      area.standard_error *= 0.5 / (f - chance);
    }
    return area;
  }
};
inline constexpr roc_area_fn roc_area{};

/// Area of score a minus area of score b, both computed on the same texts in the same order.
/// @throws  std::invalid_argument for sizes that differ or NaN scores: texts must stay paired
/// @see     DeLong, DeLong, Clarke-Pearson (1988)
template <core::number_range A, core::number_range B, core::number_range C, core::number_range D>
[[nodiscard]] estimate roc_area_difference(const A& negatives_a, const B& positives_a, const C& negatives_b,
                                           const D& positives_b) {
  constexpr auto function = "math::roc_area_difference";
  core::check_same_size(function, "negatives_a", core::as_span(negatives_a).size(), "negatives_b",
                        core::as_span(negatives_b).size());
  core::check_same_size(function, "positives_a", core::as_span(positives_a).size(), "positives_b",
                        core::as_span(positives_b).size());
  const auto a = roc_detail::components_of(negatives_a, positives_a, 1.0, true);
  const auto b = roc_detail::components_of(negatives_b, positives_b, 1.0, true);
  core::check(a.rejected + b.rejected == 0, function, "number of NaN scores", a.rejected + b.rejected, "0");
  const std::uint64_t count = a.positive.size() + a.negative.size();
  if (core::is_nan(a.area)) return {core::nan, core::nan, count};
  const double variance =
      roc_detail::area_covariance(a, a) + roc_detail::area_covariance(b, b) - 2.0 * roc_detail::area_covariance(a, b);
  return {a.area - b.area, variance > 0.0 ? std::sqrt(variance) : core::nan, count};
}

/// The most sensitive threshold whose share of false positives in the sample is at most `false_positive_rate`.
///
/// @return        threshold (the smallest score of either sample that qualifies), rates with binomial errors, exact intervals.
///                The intervals hold the threshold fixed; `false_positive_bound` allows for its choice
/// @throws        std::invalid_argument for a rate outside [0, 1) or a level outside (0, 1)
/// @complexity    O(N log N)
/// @see           Clopper, Pearson (1934); S. S. Wilks (1941), Annals of Mathematical Statistics 12, 91–96, for the bound
template <core::number_range Negatives, core::number_range Positives>
[[nodiscard]] operating_point roc_operating_point(const Negatives& negatives, const Positives& positives,
                                                  const roc_operating_point_options& options = {}) {
  constexpr auto function = "math::roc_operating_point";
  core::check(options.false_positive_rate >= 0.0 && options.false_positive_rate < 1.0, function, "false_positive_rate",
              options.false_positive_rate, "in [0, 1)");
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  std::uint64_t rejected = 0;
  const std::vector<double> low = roc_detail::sorted_scores(negatives, rejected);
  const std::vector<double> high = roc_detail::sorted_scores(positives, rejected);
  operating_point point;
  if (low.empty() || high.empty()) return point;
  const auto n = static_cast<double>(low.size());
  // rates such as 0.07 of 100 must allow 7 in spite of rounding
  const auto allowed = static_cast<std::size_t>(options.false_positive_rate * n * (1.0 + 1e-12));
  const double forbidden = low[low.size() - 1 - allowed];  // must stay below the threshold
  const auto next_low = std::upper_bound(low.begin(), low.end(), forbidden);
  const auto next_high = std::upper_bound(high.begin(), high.end(), forbidden);
  point.threshold = std::min(next_low == low.end() ? core::infinity : *next_low,
                             next_high == high.end() ? core::infinity : *next_high);
  const auto false_positives = static_cast<std::uint64_t>(low.end() - next_low);
  const auto true_positives = static_cast<std::uint64_t>(high.end() - next_high);
  const auto share = [](std::uint64_t x, std::size_t size) {
    const auto all = static_cast<double>(size);
    const auto hits = static_cast<double>(x);
    const double p = x == 0 || x == size ? (hits + 0.5) / (all + 1.0) : hits / all;
    return estimate{hits / all, std::sqrt(p * (1.0 - p) / all), size};
  };
  point.true_positive_rate = share(true_positives, high.size());
  point.false_positive_rate = share(false_positives, low.size());
  point.true_positive_interval = clopper_pearson(true_positives, high.size(), options.level);
  point.false_positive_interval = clopper_pearson(false_positives, low.size(), options.level);
  point.false_positive_bound =
      boost::math::ibeta_inv(static_cast<double>(allowed) + 1.0, n - static_cast<double>(allowed), options.level);
  return point;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
