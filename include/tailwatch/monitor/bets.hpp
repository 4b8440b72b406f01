// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"

/// Bets against a null mean: what every e-process of this folder multiplies up.
///
///   bounded     x in [0, 1], 0 < m < 1    L = 1 + λ(x/m − 1),             m/(m − 1) < λ < 1
///   bernoulli   sub-Bernoulli             ln L = λ(x − m) − ln(1 + m(e^λ − 1)) + λm
///   normal      sub-Gaussian, variance 1  ln L = λ(x − m) − λ²/2
///
/// Each L has conditional mean at most 1 while the conditional mean of x stays on the null's side of m: above m for
/// λ < 0 (a bet on a fall), below m for λ > 0 (a bet on a rise), whatever the dependence between observations.
namespace tailwatch::monitor {

enum class increment { bounded, bernoulli, normal };

/// Strengths of the default bets, as shares of the strongest one allowed: geometric from 0.1 to 0.95, ratio 2.1.
///
/// A bet λ where λ* would be best grows by about r(2 − r) of the best rate, r = λ/λ*; between two bets of ratio q the better one
/// keeps at least 4q/(1 + q)², here 0.87. On a map of ±3 deviations and m = 1/2 a shift of δ deviations has λ* ≈ 3δ/(1 + δ²), cut at
/// 1: for all δ from 0.4 to 2.6 the strongest bet decides, which is why it lies near the bound. At the bound itself one value at
/// the far end of the map would take everything; at 0.95 it takes ln 20.
inline constexpr std::array<double, 4> default_strengths{0.1, 0.21, 0.45, 0.95};

/// Bets on a rise above `null_mean`: the strengths themselves; on a fall below it: −s·m/(1 − m), the mirror image
/// (x → 1 − x). `either` gives both lists.
/// @throws std::invalid_argument  unless 0 < null_mean < 1 and every strength lies in (0, 1)
[[nodiscard]] inline std::vector<double> bets_on(collapse_direction direction, double null_mean,
                                                 std::span<const double> strengths = default_strengths) {
  core::check_open_interval("monitor::bets_on", "null_mean", null_mean, 0.0, 1.0);
  std::vector<double> bets;
  bets.reserve(2 * strengths.size());
  for (const double s : strengths) core::check_open_interval("monitor::bets_on", "strength", s, 0.0, 1.0);
  if (direction != collapse_direction::falls) bets.insert(bets.end(), strengths.begin(), strengths.end());
  if (direction != collapse_direction::rises)
    for (const double s : strengths) bets.push_back(-s * null_mean / (1.0 - null_mean));
  return bets;
}

namespace detail {

/// @throws std::invalid_argument  for a null mean or a bet outside the ranges above, or no bet at all
inline void check_bets(std::string_view function, increment kind, double null_mean, std::span<const double> bets) {
  if (kind == increment::normal) {
    core::check(core::is_finite(null_mean), function, "null_mean", null_mean, "finite");
  } else {
    core::check_open_interval(function, "null_mean", null_mean, 0.0, 1.0);
  }
  core::check(!bets.empty(), function, "bets", bets.size(), "at least one");
  for (const double bet : bets) {
    core::check(core::is_finite(bet) && bet != 0.0, function, "bet", bet, "finite and not 0");
    if (kind == increment::bounded) core::check_open_interval(function, "bet", bet, null_mean / (null_mean - 1.0), 1.0);
  }
}

/// Whether an e-process may take x at all.
[[nodiscard]] inline bool admissible(increment kind, double x) noexcept {
  return core::is_finite(x) && (kind != increment::bounded || (x >= 0.0 && x <= 1.0));
}

inline void check_observation(std::string_view function, increment kind, double x) {
  core::check(admissible(kind, x), function, "x", x, kind == increment::bounded ? "between 0 and 1" : "finite");
}

/// ln L of one bet; the arguments have been checked.
[[nodiscard]] inline double log_increment(increment kind, double null_mean, double bet, double x) noexcept {
  switch (kind) {
    case increment::bernoulli: return bet * x - std::log1p(null_mean * std::expm1(bet));
    case increment::normal: return bet * (x - null_mean) - 0.5 * bet * bet;
    case increment::bounded: break;
  }
  return std::log1p(bet * (x / null_mean - 1.0));
}

}  // namespace detail
}  // namespace tailwatch::monitor
