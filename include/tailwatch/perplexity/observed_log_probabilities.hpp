// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/check_normalised.hpp"
#include "tailwatch/perplexity/detail/log_probability_clusters.hpp"
#include "tailwatch/perplexity/detail/softmax_observation.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace tailwatch::perplexity {

/// What rows of V numbers are.
enum class row_kind : std::uint8_t {
  logits,             ///< a softmax is taken
  log_probabilities,  ///< normalised already: the observed one is read, nothing else
};

struct observed_log_probabilities_options {
  perplexity::row_kind rows = perplexity::row_kind::logits;
};

/// ln p of the observed tokens, with the mask that the estimators of this folder take.
struct observed_tokens {
  std::vector<double> log_probabilities;  ///< one per row, nats; 0 where the mask is 0
  std::vector<std::uint8_t> mask;         ///< 0: no such token in the row (−100 ...), or no softmax
  std::uint64_t ignored = 0;              ///< ids outside [0, V)
  std::uint64_t rejected = 0;             ///< rows with NaN, +∞ or nothing but −∞
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// ln p of the observed tokens from rows of logits: one read a row.
///
///   const auto seen = observed_log_probabilities(rows(logits, n, V), targets);
///   token_perplexity(log_probabilities(seen.log_probabilities), {.block = 1024, .mask = seen.mask});
///
/// @param logits  rows(x, n, V): float, simd::bfloat16, simd::float16 or double; log-probabilities serve as well, and with
///                `.rows = row_kind::log_probabilities` no softmax is taken of them
/// @param tokens  observed ids, n of them; ids outside [0, V), such as −100, are masked
/// @complexity    O(n·V), one exponential per cell, 9 bytes a row; of log-probabilities O(n)
/// @error         1e-6 from float and 16-bit rows (docs/numerics.md), 1e-15 from double
/// @throws        std::invalid_argument  where n differs from the number of tokens; of log-probabilities: a value above 0 (0.05,
///                for the rounding of 16-bit formats) and, where TAILWATCH_CHECK_ROWS is 1 (by default in debug builds), rows
///                whose probabilities do not sum to 1
/// @example       examples/perplexity/calibration.cpp
template <class Arch = simd::default_arch, class T, core::integer_range Tokens>
[[nodiscard]] observed_tokens observed_log_probabilities(const core::rows_view<T>& logits, const Tokens& tokens,
                                                         const observed_log_probabilities_options& options = {}) {
  constexpr std::string_view function = "perplexity::observed_log_probabilities";
  const auto ids = core::as_span(tokens);
  core::check_same_size(function, "logits", logits.size, "tokens", ids.size());
  const bool normalised = options.rows == row_kind::log_probabilities;
#if TAILWATCH_CHECK_ROWS
  if (normalised) detail::check_normalised<Arch>(function, logits);
#endif
  observed_tokens seen;
  seen.log_probabilities.assign(ids.size(), 0.0);
  seen.mask.assign(ids.size(), 0);
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (normalised) {
      const bool inside = std::cmp_greater_equal(ids[r], 0) && std::cmp_less(ids[r], logits.dimension);
      const double x = inside ? detail::number<Arch>(logits[r][static_cast<std::size_t>(ids[r])]) : 0.0;
      core::check(!(x > detail::largest_log_probability), function, "a log-probability", x,
                  "at most 0; logits need a softmax first");
      if (!inside) {
        ++seen.ignored;
      } else if (core::is_nan(x)) {
        ++seen.rejected;
      } else {
        seen.log_probabilities[r] = x;
        seen.mask[r] = 1;
      }
      continue;
    }
    const simd::row_partial row = detail::observe<Arch>(logits[r], ids[r]);
    if (!simd::defined(row)) {
      ++seen.rejected;
    } else if (core::is_nan(row.target_logit)) {
      ++seen.ignored;
    } else {
      seen.log_probabilities[r] = -simd::negative_log_likelihood(row);
      seen.mask[r] = 1;
    }
  }
  return seen;
}

/// Perplexity of the rows that a softmax_rows state has seen with targets: exp of the mean of −ln p.
///
/// @return  standard error by the delta method, rows taken as independent (keep the log-probabilities and use blocks where
///          they are not); +∞ where a target had probability 0; NaN without targets; count = rows with a target
[[nodiscard]] inline estimate perplexity_of_rows(const summary::softmax_rows& rows) {
  const summary::moments& m = rows.negative_log_likelihood();
  const std::uint64_t n = m.count();
  if (m.rejected() != 0) return {core::infinity, core::nan, n + m.rejected()};
  if (n == 0) return {core::nan, core::nan, 0};
  const double value = std::exp(m.sums().mean);
  if (n == 1) return {value, core::nan, 1};
  const auto count = static_cast<double>(n);
  return {value, value * std::sqrt(m.sums().m2 / (count * (count - 1.0))), n};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
