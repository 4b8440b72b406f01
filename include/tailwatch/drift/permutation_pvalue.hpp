// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"

namespace tailwatch::drift {

struct permutation_pvalue_options {
  std::size_t replicates = 999;  ///< relabellings drawn; the p-value is a multiple of 1/(replicates + 1)
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// A statistic of two samples on the real line that can be had from samples in order: kolmogorov_smirnov, kuiper, cramer_von_mises,
/// anderson_darling, tail_anderson_darling, energy_distance, wasserstein_1d.
template <class Statistic, class... Options>
concept sorted_statistic = requires(const Statistic& statistic, const detail::sorted_sample& x,
                                    const Options&... options) {
  { statistic.of_sorted(x, x, options...).value } -> std::convertible_to<double>;
};

/// p-value of a statistic of two samples by random relabelling.
///
///   p = (b + 1)/(B + 1)        b: of B relabellings, those with a statistic ≥ the observed one
///
/// The same test as math::permutation_test, but the pooled sample is put in order once: a relabelling deals the ordered numbers out, and
/// costs O(n + m) instead of two sorts. P(p ≤ α) ≤ α for every α, with ties as without, if the pooled observations are exchangeable
/// under the null: independent ones are, tokens of running text are not.
///
///   permutation_pvalue(x, y, drift::anderson_darling, random)
///   permutation_pvalue(x, y, drift::tail_anderson_darling, random, {.replicates = 4999}, drift::tail_anderson_darling_options{...})
///
/// @param statistic  one of the estimators named above; large means different
/// @return         the p-value, its Monte-Carlo standard error √(p(1 − p)/(B + 1)), and n + m; NaN where the statistic is
/// @complexity     O(B (n + m)); memory 48 (n + m) bytes
/// @throws         std::invalid_argument for replicates = 0, and what the statistic throws
/// @see            B. Phipson, G. K. Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9(1), 39
/// @example        examples/drift/two_samples.cpp
struct permutation_pvalue_fn {
  static constexpr std::string_view name = "drift.permutation_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Phipson and Smyth (2010)";

  template <detail::sample_source X, detail::sample_source Y, class Statistic, core::random_bits Random,
            class... Options>
    requires sorted_statistic<Statistic, Options...>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const Statistic& statistic, Random& random,
                                    const permutation_pvalue_options& options = {},
                                    const Options&... of_statistic) const {
    constexpr std::string_view function = "drift::permutation_pvalue";
    core::check_at_least<std::size_t>(function, "replicates", options.replicates, 1);
    detail::sorted_sample a(x, {}, function, "x"), b(y, {}, function, "y");
    estimate result{core::nan, core::nan, a.size() + b.size()};
    const double observed = statistic.of_sorted(a, b, of_statistic...).value;
    if (!a.defined() || !b.defined() || core::is_nan(observed)) return result;
    const std::size_t n = a.size();
    std::vector<double> pool;
    pool.reserve(n + b.size());
    std::merge(a.values().begin(), a.values().end(), b.values().begin(), b.values().end(), std::back_inserter(pool));
    // A replicate adds the same numbers in another order: what differs by rounding alone is a tie, and ties count.
    const double threshold = observed - 1e-12 * std::abs(observed);
    std::uint64_t reached = 1;
    std::vector<double> first(n), second(b.size());
    for (std::size_t replicate = 0; replicate < options.replicates; ++replicate) {
      // Each of the numbers left goes to the first sample with probability (places left there)/(numbers left).
      std::size_t i = 0, j = 0;
      first.resize(n);
      second.resize(pool.size() - n);
      for (std::size_t k = 0; k < pool.size(); ++k) {
        const bool to_first = core::uniform_below(random, pool.size() - k) < n - i;
        if (to_first) {
          first[i++] = pool[k];
        } else {
          second[j++] = pool[k];
        }
      }
      detail::sorted_sample u = detail::sorted_sample::from_sorted(std::move(first));
      detail::sorted_sample v = detail::sorted_sample::from_sorted(std::move(second));
      const double value = statistic.of_sorted(u, v, of_statistic...).value;
      reached += core::is_nan(value) || value >= threshold ? 1 : 0;
      first = std::move(u).take();
      second = std::move(v).take();
    }
    const double all = static_cast<double>(options.replicates) + 1.0;
    result.value = static_cast<double>(reached) / all;
    result.standard_error = std::sqrt(result.value * (1.0 - result.value) / all);
    return result;
  }
};
inline constexpr permutation_pvalue_fn permutation_pvalue{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
