// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/data_traits.hpp"

/// Filters on what is added to the training data: the last argument of `run`.
namespace tailwatch::recursion {

/// A detector of synthetic data known by its rates alone: a real item is thrown out with probability `false_positive_rate`, a
/// synthetic one with `true_positive_rate`, independently.
///
/// Of a batch with real share a the share (1 − f)a/((1 − f)a + (1 − t)(1 − a)) is real afterwards.
/// @throws std::invalid_argument  for a rate outside [0, 1], when it is called
struct detector_screen {
  double false_positive_rate = 0.01;  ///< f
  double true_positive_rate = 0.75;   ///< t

  template <itemised_data Data, core::random_bits Random>
  [[nodiscard]] std::vector<std::size_t> operator()(const Data& batch, std::size_t real_items, Random& random) const {
    constexpr auto function = "recursion::detector_screen";
    core::check_closed_interval(function, "false_positive_rate", false_positive_rate, 0.0, 1.0);
    core::check_closed_interval(function, "true_positive_rate", true_positive_rate, 0.0, 1.0);
    std::vector<std::size_t> kept;
    const std::size_t items = data_traits<Data>::items(batch);
    for (std::size_t i = 0; i < items; ++i)
      if (core::uniform_01(random) >= (i < real_items ? false_positive_rate : true_positive_rate)) kept.push_back(i);
    return kept;
  }

  /// The real share of a batch after the screen, expected number over expected number; NaN where nothing is left.
  [[nodiscard]] double real_share(double real_share_before) const {
    core::check_closed_interval("recursion::detector_screen", "real_share_before", real_share_before, 0.0, 1.0);
    const double real = (1.0 - false_positive_rate) * real_share_before;
    const double synthetic = (1.0 - true_positive_rate) * (1.0 - real_share_before);
    return real + synthetic > 0.0 ? real / (real + synthetic) : core::nan;
  }
};

/// A detector itself: an item is thrown out where its score reaches the threshold; NaN scores are kept. Nobody need know which
/// items are real.
///
/// @tparam Score  score(item) → a number that is large for synthetic items; an item is data[i]
template <class Score>
struct score_screen {
  Score score;
  double threshold = 0.0;

  template <itemised_data Data, core::random_bits Random>
  [[nodiscard]] std::vector<std::size_t> operator()(const Data& batch, std::size_t, Random&) const {
    std::vector<std::size_t> kept;
    const std::size_t items = data_traits<Data>::items(batch);
    for (std::size_t i = 0; i < items; ++i) {
      const auto s = static_cast<double>(score(batch[i]));
      if (core::is_nan(s) || s < threshold) kept.push_back(i);
    }
    return kept;
  }
};
template <class Score>
score_screen(Score, double) -> score_screen<Score>;

/// The threshold that throws out at most the share `false_positive_rate` of `real_scores`: its upper quantile, so that
/// floor(rate · n) scores reach it and none that ties with a kept one. +∞ for a rate of 0 or no scores.
/// @throws std::invalid_argument  for a rate outside [0, 1] or a score that is NaN
[[nodiscard]] inline double threshold_at_false_positive_rate(std::vector<double> real_scores,
                                                             double false_positive_rate) {
  constexpr auto function = "recursion::threshold_at_false_positive_rate";
  core::check_closed_interval(function, "false_positive_rate", false_positive_rate, 0.0, 1.0);
  for (const double s : real_scores) core::check(!core::is_nan(s), function, "score", s, "a number");
  std::sort(real_scores.begin(), real_scores.end(), [](double a, double b) { return a > b; });
  auto allowed = static_cast<std::size_t>(false_positive_rate * static_cast<double>(real_scores.size()));
  if (allowed < real_scores.size())
    while (allowed > 0 && real_scores[allowed - 1] == real_scores[allowed]) --allowed;
  return allowed == 0 ? core::infinity : real_scores[allowed - 1];
}

}  // namespace tailwatch::recursion
