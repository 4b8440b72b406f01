// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/null_test.hpp"

/// The Gumbel (exponential minimum) watermark: the sampler takes the token v with the largest r_v^{1/p_v}, r a keyed uniform
/// number per token and context. It does not change the law of the text, and leaves large r at the tokens written.
namespace tailwatch::provenance {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// S = Σ −ln(1 − rₜ) over the tokens written; without the watermark Gamma(T, 1), so p = P(Gamma(T, 1) ≥ S), exact.
///
/// @param r       the keyed uniform number of each token written, in [0, 1), [T]; score repeated contexts once
/// @return        statistic S/T with its error over tokens, expected 1, z = (S − T)/√T, ln p (upper tail). NaN for T = 0
/// @complexity    O(T)
/// @throws        std::invalid_argument for a number outside [0, 1)
/// @see           S. Aaronson (2023), Watermarking of large language models, lecture, Simons Institute
/// @example       examples/provenance/watermarks.cpp
struct gumbel_fn {
  static constexpr std::string_view name = "provenance.gumbel";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Aaronson (2023)";

  template <core::floating_range Numbers>
  [[nodiscard]] null_test operator()(const Numbers& r) const {
    const auto x = core::as_span(r);
    null_test test{{core::nan, core::nan, x.size()}, 1.0, core::nan, core::nan};
    if (x.empty()) return test;
    const auto n = static_cast<double>(x.size());
    double mean = 0.0, squares = 0.0, count = 0.0;
    for (const auto value : x) {
      const auto u = static_cast<double>(value);
      core::check(u >= 0.0 && u < 1.0 && !core::is_nan(u), "provenance::gumbel", "r", u, "in [0, 1)");
      const double score = -std::log1p(-u);
      const double d = score - mean;
      mean += d / ++count;
      squares += d * (score - mean);
    }
    test.statistic = {mean, n > 1.0 ? std::sqrt(squares / (n * (n - 1.0))) : core::nan, x.size()};
    test.z = (mean - 1.0) * std::sqrt(n);
    test.log_p_value = math::log_gamma_tail(x.size(), mean * n);
    return test;
  }
};
inline constexpr gumbel_fn gumbel{};

/// Mean score of a watermarked token whose next-token law is p: Σ p_v (ψ(1/p_v + 1) + γ_E), exact; 1 for a certain token, and at
/// least 1 + (π²/6 − 1)·H for entropies up to about a nat. T tokens give z ≈ √T (mean − 1).
/// @throws std::invalid_argument for a negative probability
template <core::number_range Probabilities>
[[nodiscard]] double gumbel_expected_score(const Probabilities& probabilities) {
  double sum = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    core::check_not_negative("provenance::gumbel_expected_score", "probability", p);
    if (p > 0.0) sum += p * (math::digamma(1.0 / p + 1.0) + 0.57721566490153286061);
  }
  return sum;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
