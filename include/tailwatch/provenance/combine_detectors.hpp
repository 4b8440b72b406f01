// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/clopper_pearson.hpp"
#include "tailwatch/math/roc.hpp"

namespace tailwatch::provenance {

struct combine_detectors_options {
  std::size_t folds = 10;  ///< parts for cross-validation, at least 2
  double ridge = 1.0;      ///< ρ of the penalty ½ρ‖w‖² on standardised scores, as scikit-learn's C = 1
  double level = 0.95;     ///< of the accuracy intervals
};

/// ln odds = intercept + Σ wᵢ (xᵢ − meanᵢ)/deviationᵢ.
struct detector_combination {
  std::vector<double> mean, deviation;
  std::vector<estimate>
      weight;  ///< per standardised score; errors from the penalised information, a lower bound where ρ matters
  estimate intercept;

  [[nodiscard]] double log_odds(std::span<const double> scores) const noexcept {
    double sum = intercept.value;
    for (std::size_t i = 0; i < weight.size(); ++i)
      if (deviation[i] > 0.0) sum += weight[i].value * (scores[i] - mean[i]) / deviation[i];
    return sum;
  }
  [[nodiscard]] double probability(std::span<const double> scores) const noexcept {
    return 1.0 / (1.0 + std::exp(-log_odds(scores)));
  }
};

/// How one score, or the combination, does on texts it was not fitted to.
struct detector_performance {
  estimate area;               ///< under the ROC curve
  estimate accuracy;           ///< share of texts told right, threshold (and side) chosen on the other folds
  interval accuracy_interval;  ///< Clopper–Pearson
};

struct detector_comparison {
  detector_combination combination;          ///< fitted to all texts: for use
  std::vector<detector_performance> single;  ///< each detector, in column order
  detector_performance combined;             ///< out of fold
  estimate area_gain;                        ///< combined minus the best single area, paired (DeLong)
  std::size_t best = 0;                      ///< that detector
  std::vector<double> out_of_fold;           ///< ln odds of each text by a fit without its fold
};

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Solves A x = b for a symmetric positive definite A [n × n] in place by Cholesky; false where it is not.
[[nodiscard]] inline bool factor_in_place(std::vector<double>& a, std::size_t n) noexcept {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j * n + j] -= a[j * n + k] * a[j * n + k];
    if (!(a[j * n + j] > 0.0)) return false;
    a[j * n + j] = std::sqrt(a[j * n + j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  return true;
}
inline void solve_in_place(const std::vector<double>& factor, std::size_t n, std::vector<double>& b) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= factor[i * n + k] * b[k];
    b[i] /= factor[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= factor[k * n + i] * b[k];
    b[i] /= factor[i * n + i];
  }
}

/// Ridge-penalised logistic regression on the rows `use`, standardised; the intercept is not penalised. Newton with halving.
template <class T>
[[nodiscard]] detector_combination fit_logistic(const core::rows_view<T>& x, const std::vector<std::uint8_t>& labels,
                                                const std::vector<std::size_t>& use, double ridge) {
  const std::size_t d = x.dimension, n = d + 1;
  detector_combination c;
  c.mean.assign(d, 0.0);
  c.deviation.assign(d, 0.0);
  const auto count = static_cast<double>(use.size());
  for (const std::size_t r : use)
    for (std::size_t i = 0; i < d; ++i) c.mean[i] += static_cast<double>(x[r][i]) / count;
  for (const std::size_t r : use)
    for (std::size_t i = 0; i < d; ++i) {
      const double e = static_cast<double>(x[r][i]) - c.mean[i];
      c.deviation[i] += e * e / count;
    }
  for (double& s : c.deviation) s = std::sqrt(s);
  std::vector<double> z(use.size() * n, 1.0);  // last column: intercept
  for (std::size_t k = 0; k < use.size(); ++k)
    for (std::size_t i = 0; i < d; ++i)
      z[k * n + i] = c.deviation[i] > 0.0 ? (static_cast<double>(x[use[k]][i]) - c.mean[i]) / c.deviation[i] : 0.0;
  std::vector<double> w(n, 0.0), gradient(n), hessian(n * n);
  std::vector<double> last, move;
  double before = -core::infinity, length = 1.0;
  for (int step = 0; step < 200; ++step) {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    std::fill(hessian.begin(), hessian.end(), 0.0);
    double here = 0.0;
    for (std::size_t k = 0; k < use.size(); ++k) {
      const double* row = z.data() + k * n;
      double f = 0.0;
      for (std::size_t i = 0; i < n; ++i) f += w[i] * row[i];
      const double e = std::exp(-std::abs(f));
      const double large = 1.0 / (1.0 + e), small = e / (1.0 + e);
      const double p = f > 0.0 ? large : small;
      const bool positive = labels[use[k]] != 0;
      here += std::log(large) - (positive == (f > 0.0) ? 0.0 : std::abs(f));
      const double residual = (positive ? 1.0 : 0.0) - p;
      const double weight = large * small;
      for (std::size_t i = 0; i < n; ++i) {
        gradient[i] += residual * row[i];
        const double scaled = weight * row[i];
        for (std::size_t j = 0; j <= i; ++j) hessian[i * n + j] += scaled * row[j];
      }
    }
    for (std::size_t i = 0; i < d; ++i) {
      here -= 0.5 * ridge * w[i] * w[i];
      gradient[i] -= ridge * w[i];
      hessian[i * n + i] += ridge;
    }
    if (!factor_in_place(hessian, n)) break;
    if (here < before - 1e-12 * std::abs(before) && length > 1e-9) {  // too far: half the step
      length *= 0.5;
      for (std::size_t i = 0; i < n; ++i) w[i] = last[i] + length * move[i];
      continue;
    }
    before = here;
    last = w;
    move = gradient;
    solve_in_place(hessian, n, move);
    double rise = 0.0;
    for (std::size_t i = 0; i < n; ++i) rise += 0.5 * move[i] * gradient[i];
    if (rise <= 1e-14 * (1.0 + std::abs(here))) break;
    length = 1.0;
    for (std::size_t i = 0; i < n; ++i) w[i] += move[i];
  }
  c.weight.resize(d);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> unit(n, 0.0);
    unit[i] = 1.0;
    solve_in_place(hessian, n, unit);
    estimate& e = i < d ? c.weight[i] : c.intercept;
    e = {w[i], std::sqrt(unit[i]), use.size()};
  }
  return c;
}

/// Threshold and side that tell the most texts right.
struct stump {
  double threshold = core::infinity;
  bool positive_above = true;
  [[nodiscard]] bool right(double score, bool label) const noexcept {
    return ((score >= threshold) == positive_above) == label;
  }
};
/// @param scores  rising
[[nodiscard]] inline stump best_stump(const std::vector<std::pair<double, bool>>& scores) {
  std::ptrdiff_t positives = 0;
  for (const auto& s : scores) positives += s.second ? 1 : 0;
  const auto n = static_cast<std::ptrdiff_t>(scores.size());
  stump best;
  std::ptrdiff_t top = std::max(n - positives, positives);
  best.positive_above = n - positives >= positives;  // threshold +∞: everything on the lower side
  std::ptrdiff_t below_negative = 0, below_positive = 0;
  for (std::size_t i = 0; i < scores.size();) {
    // the threshold lies half-way between two scores, at the first one below all of them
    const double here = scores[i].first;
    const double before = i > 0 ? scores[i - 1].first : here;
    const std::ptrdiff_t right_above = below_negative + (positives - below_positive);
    const std::ptrdiff_t right = std::max(right_above, n - right_above);
    if (right > top) {
      top = right;
      best = {0.5 * (before + here), right_above >= n - right_above};
    }
    for (; i < scores.size() && scores[i].first == here; ++i) (scores[i].second ? below_positive : below_negative) += 1;
  }
  return best;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Several detectors in one, and an honest comparison with each of them: "perplexity 75 %, combined 92 %", on your own texts.
///
/// The combination is a logistic regression with a ridge penalty on standardised scores. Its ROC area and accuracy come from
/// k-fold cross-validation: every text is judged by a fit that has not seen it, and so are the thresholds of the single
/// detectors. Folds are drawn within each class.
///
/// @param scores   rows(x, n, d): d detector scores for each of n texts
/// @param labels   not 0 = generated, [n]
/// @param random   draws the folds
/// @return         see detector_comparison. Areas of single detectors are of the scores as they are (below ½: the score runs the
///                 other way; the gain uses max(A, 1 − A)); their errors are DeLong's, those of accuracies binomial, which neglects that
///                 fits of different folds share texts
/// @complexity     O(folds · n · (d² · steps + d ln n))
/// @throws         std::invalid_argument for sizes that differ, folds < 2, a negative ridge, a score that is not finite, or fewer texts
///                 of a class than folds
/// @see            T. Hastie, R. Tibshirani, J. Friedman (2009), The Elements of Statistical Learning, §§ 4.4, 7.10
/// @example        examples/provenance/detectors.cpp
template <class T, core::number_range Labels, core::random_bits Random>
[[nodiscard]] detector_comparison combine_detectors(const core::rows_view<T>& scores, const Labels& labels,
                                                    Random& random, const combine_detectors_options& options = {}) {
  constexpr auto function = "provenance::combine_detectors";
  const auto given = core::as_span(labels);
  core::check_same_size(function, "scores", scores.size, "labels", given.size());
  core::check_at_least(function, "detectors", scores.dimension, std::size_t{1});
  core::check_at_least(function, "folds", options.folds, std::size_t{2});
  core::check_not_negative(function, "ridge", options.ridge);
  const std::size_t n = scores.size, d = scores.dimension;
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t i = 0; i < d; ++i) {
      const auto x = static_cast<double>(scores[r][i]);
      core::check(core::is_finite(x), function, "score", x, "finite");
    }
  std::vector<std::uint8_t> label(n);
  std::vector<std::size_t> order[2];
  for (std::size_t r = 0; r < n; ++r) {
    label[r] = given[r] != 0 ? 1 : 0;
    order[label[r]].push_back(r);
  }
  core::check_at_least(function, "human texts", order[0].size(), options.folds);
  core::check_at_least(function, "generated texts", order[1].size(), options.folds);
  std::vector<std::size_t> fold(n);
  for (auto& rows : order) {
    core::shuffle(rows, random);
    for (std::size_t k = 0; k < rows.size(); ++k) fold[rows[k]] = k % options.folds;
  }

  detector_comparison result;
  std::vector<std::size_t> everything(n);
  std::iota(everything.begin(), everything.end(), std::size_t{0});
  result.combination = detail::fit_logistic(scores, label, everything, options.ridge);
  result.out_of_fold.assign(n, 0.0);
  std::vector<std::uint64_t> right(d + 1, 0);
  std::vector<double> row(d);
  const auto row_of = [&](std::size_t r) {
    for (std::size_t i = 0; i < d; ++i) row[i] = static_cast<double>(scores[r][i]);
    return std::span<const double>(row);
  };
  const auto rising = [](const std::pair<double, std::size_t>& a, const std::pair<double, std::size_t>& b) {
    return a.first < b.first;
  };
  std::vector<std::vector<std::pair<double, std::size_t>>> sorted(d);  // each detector's scores, once for all folds
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t r = 0; r < n; ++r) sorted[i].emplace_back(static_cast<double>(scores[r][i]), r);
    boost::sort::pdqsort_branchless(sorted[i].begin(), sorted[i].end(), rising);
  }
  for (std::size_t f = 0; f < options.folds; ++f) {
    std::vector<std::size_t> train;
    for (std::size_t r = 0; r < n; ++r)
      if (fold[r] != f) train.push_back(r);
    const detector_combination fitted = detail::fit_logistic(scores, label, train, options.ridge);
    std::vector<std::pair<double, bool>> seen;
    for (std::size_t i = 0; i <= d; ++i) {
      const auto score_of = [&](std::size_t r) {
        return i < d ? static_cast<double>(scores[r][i]) : fitted.log_odds(row_of(r));
      };
      seen.clear();
      if (i < d) {
        for (const auto& [score, r] : sorted[i])
          if (fold[r] != f) seen.emplace_back(score, label[r] != 0);
      } else {
        std::vector<std::pair<double, std::size_t>> combined;
        for (const std::size_t r : train) combined.emplace_back(score_of(r), r);
        boost::sort::pdqsort_branchless(combined.begin(), combined.end(), rising);
        for (const auto& [score, r] : combined) seen.emplace_back(score, label[r] != 0);
      }
      const detail::stump stump = detail::best_stump(seen);
      for (std::size_t r = 0; r < n; ++r) {
        if (fold[r] != f) continue;
        const double score = score_of(r);
        right[i] += stump.right(score, label[r] != 0) ? 1U : 0U;
        if (i == d) result.out_of_fold[r] = score;
      }
    }
  }

  const auto split = [&](auto&& score_of, std::vector<double>& negatives, std::vector<double>& positives) {
    negatives.clear();
    positives.clear();
    for (std::size_t r = 0; r < n; ++r) (label[r] != 0 ? positives : negatives).push_back(score_of(r));
  };
  const auto accuracy = [&](std::uint64_t hits, detector_performance& p) {
    const auto all = static_cast<double>(n);
    const auto x = static_cast<double>(hits);
    const double share = hits == 0 || hits == n ? (x + 0.5) / (all + 1.0) : x / all;
    p.accuracy = {x / all, std::sqrt(share * (1.0 - share) / all), n};
    p.accuracy_interval = math::clopper_pearson(hits, n, options.level);
  };
  std::vector<double> negatives, positives, best_negatives, best_positives;
  result.single.resize(d);
  double best_area = -1.0;
  for (std::size_t i = 0; i < d; ++i) {
    split([&](std::size_t r) { return static_cast<double>(scores[r][i]); }, negatives, positives);
    result.single[i].area = math::roc_area(negatives, positives);
    accuracy(right[i], result.single[i]);
    const double area = result.single[i].area.value;
    if (std::max(area, 1.0 - area) > best_area) {
      best_area = std::max(area, 1.0 - area);
      result.best = i;
      const double sign = area < 0.5 ? -1.0 : 1.0;
      split([&](std::size_t r) { return sign * static_cast<double>(scores[r][i]); }, best_negatives, best_positives);
    }
  }
  split([&](std::size_t r) { return result.out_of_fold[r]; }, negatives, positives);
  result.combined.area = math::roc_area(negatives, positives);
  accuracy(right[d], result.combined);
  result.area_gain = math::roc_area_difference(negatives, positives, best_negatives, best_positives);
  return result;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
