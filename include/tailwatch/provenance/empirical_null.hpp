// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/provenance/null_test.hpp"

namespace tailwatch::provenance {

/// What counts as far from the human texts.
enum class null_tail : std::uint8_t {
  upper,     ///< high scores: curvature, LRR, log-likelihood
  lower,     ///< low scores: log-rank, Binoculars
  two_sided  ///< either: twice the smaller of the two p-values, at most 1
};

struct empirical_null_options {
  null_tail tail = null_tail::upper;
};

/// The null law of a score that has none by theory: how texts known to be human score (conformal p-value).
///
///   p = (1 + |{i : sᵢ at least as far as s}|)/(n + 1)
///
/// If the text in question is exchangeable with the n calibration texts (another draw of the same kind), P(p ≤ α) ≤ α for every α and n,
/// whatever the score and its law; exactly k/(n + 1) at α = k/(n + 1) where scores do not tie. No p-value is below 1/(n + 1): a
/// false-positive rate of 0.1 % takes 999 human texts. The promise is one over calibration sets too; of p-values that share one,
/// the share below α scatters like Beta(k, n + 1 − k). They depend on each other positively, which Benjamini and Hochberg's
/// procedure bears.
///
///   const empirical_null human(human_scores, {.tail = null_tail::upper});
///   null_test t = human(likelihood_rank_ratio(text.tokens).statistic.value);     // t.p_value()
///
/// @complexity  O(n log n) to build, O(log n) a text
/// @see         V. Vovk, A. Gammerman, G. Shafer (2005), Algorithmic Learning in a Random World; S. Bates, E. Candès, L. Lei, Y. Romano,
///              M. Sesia (2023), Annals of Statistics 51, 149–178
/// @example     examples/provenance/detectors.cpp
class empirical_null {
 public:
  empirical_null() = default;
  /// @param human_scores  of texts that neither the detector nor its threshold was chosen on; NaN ones are left out and counted
  template <core::number_range Scores>
  explicit empirical_null(const Scores& human_scores, const empirical_null_options& options = {}) : options_(options) {
    for (const auto score : core::as_span(human_scores)) {
      const auto x = static_cast<double>(score);
      if (core::is_nan(x))
        ++rejected_;
      else
        scores_.push_back(x);
    }
    std::sort(scores_.begin(), scores_.end());
    double squares = 0.0, n = 0.0, mean = 0.0;
    for (const double x : scores_) {
      const double d = x - mean;
      mean += d / ++n;
      squares += d * (x - mean);
    }
    if (n > 0.0) mean_ = mean;
    if (n > 1.0) deviation_ = std::sqrt(squares / (n - 1.0));
  }

  /// @return  statistic: the score, its error unknown; expected and z by mean and deviation of the human scores; ln p as above. NaN for
  ///          a score that is NaN; p = 1 without calibration texts
  [[nodiscard]] null_test operator()(double score) const { return tested(score, 1.0); }

  /// The same with ties broken at random, the text's own place among them too: p is then uniform on (0, 1), for any n and law.
  template <core::random_bits Random>
  [[nodiscard]] null_test operator()(double score, Random& random) const {
    return tested(score, 1.0 - core::uniform_01(random));
  }

  /// Calibration texts.
  [[nodiscard]] std::size_t count() const noexcept { return scores_.size(); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  /// 1/(n + 1).
  [[nodiscard]] double smallest_p_value() const noexcept { return 1.0 / (static_cast<double>(count()) + 1.0); }

 private:
  // share: of the ties, itself included, that count
  [[nodiscard]] null_test tested(double score, double share) const {
    null_test test{{score, core::nan, 1}, mean_, core::nan, core::nan};
    if (core::is_nan(score)) return test;
    if (deviation_ > 0.0) test.z = (score - mean_) / deviation_;
    const auto below = std::lower_bound(scores_.begin(), scores_.end(), score);
    const auto above = std::upper_bound(below, scores_.end(), score);
    const double ties = share * (1.0 + static_cast<double>(above - below));
    const double high = (static_cast<double>(scores_.end() - above) + ties) * smallest_p_value();
    const double low = (static_cast<double>(below - scores_.begin()) + ties) * smallest_p_value();
    const double p = options_.tail == null_tail::upper   ? high
                     : options_.tail == null_tail::lower ? low
                                                         : std::min(1.0, 2.0 * std::min(high, low));
    test.log_p_value = std::log(p);
    return test;
  }

  empirical_null_options options_;
  std::vector<double> scores_;  // ascending
  std::uint64_t rejected_ = 0;
  double mean_ = core::nan, deviation_ = core::nan;
};

}  // namespace tailwatch::provenance
