// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"

namespace tailwatch::uniqueness {

struct pass_at_k_options {
  std::uint64_t k = 1;  ///< ≥ 1
};

/// One prompt: how many samples were drawn, and how many of them are correct.
struct prompt_successes {
  std::uint64_t samples = 0;
  std::uint64_t correct = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// pass@k: the chance that at least one of k samples for a prompt is correct, without bias, averaged over prompts.
///
///   (1/P) Σ_p [1 − C(n_p − c_p, k)/C(n_p, k)]
///
/// Under collapse pass@1 may rise while pass@k for large k falls: the policy does what it does, and nothing else.
/// @param prompts  samples and correct ones of each; prompts with fewer than k samples are left out
/// @return         in [0, 1]; NaN where no prompt has k samples; standard error s/√P over prompts, NaN for one
/// @complexity     O(Σ min(k, c))
/// @bias           none over the samples of a prompt
/// @throws         std::invalid_argument for k = 0, or more correct than samples
/// @see            M. Chen et al. (2021), Evaluating Large Language Models Trained on Code, arXiv:2107.03374
/// @example        examples/uniqueness/repetition.cpp
struct pass_at_k_fn {
  static constexpr std::string_view name = "uniqueness.pass_at_k";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chen et al. (2021)";

  [[nodiscard]] estimate operator()(std::span<const prompt_successes> prompts,
                                    const pass_at_k_options& options = {}) const {
    constexpr std::string_view function = "uniqueness::pass_at_k";
    core::check_at_least(function, "k", options.k, std::uint64_t{1});
    double mean = 0.0, squares = 0.0;  // Welford
    std::uint64_t used = 0;
    for (const prompt_successes& p : prompts) {
      core::check_at_most(function, "correct", p.correct, p.samples);
      if (p.samples < options.k) continue;
      ++used;
      const double x = of_prompt(p, options.k);
      const double d = x - mean;
      mean += d / static_cast<double>(used);
      squares += d * (x - mean);
    }
    if (used == 0) return {};
    const auto n = static_cast<double>(used);
    return {mean, used < 2 ? core::nan : std::sqrt(squares / (n * (n - 1.0))), used};
  }

  /// 1 − Π_{i = n−c+1}^{n} (1 − k/i): the same as the ratio of binomial coefficients, without overflow.
  [[nodiscard]] static double of_prompt(const prompt_successes& p, std::uint64_t k) noexcept {
    if (p.samples - p.correct < k) return 1.0;
    double miss = 1.0;
    for (std::uint64_t i = p.samples - p.correct + 1; i <= p.samples; ++i)
      miss *= 1.0 - static_cast<double>(k) / static_cast<double>(i);
    return 1.0 - miss;
  }
};
inline constexpr pass_at_k_fn pass_at_k{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
