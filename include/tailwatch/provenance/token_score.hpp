// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/cross_pass.hpp"
#include "tailwatch/simd/row_pass.hpp"

namespace tailwatch::provenance {

/// What the model-based detectors need to know about one token. p: the scoring model (performer), q: the sampling model
/// (reference, observer); often the same. Nats.
struct token_score {
  double log_probability = core::nan;           ///< ln p of the token written
  double entropy = core::nan;                   ///< −Σ p ln p
  double expected_log_probability = core::nan;  ///< Σ q ln p = −cross-entropy
  double log_probability_variance = core::nan;  ///< Σ q (ln p)² − (Σ q ln p)²
  std::uint64_t rank = 0;                       ///< 1 + tokens with a larger p

  // with score_tokens_options::rank_moments, for a token drawn from q:
  double expected_log_rank = core::nan;  ///< Σ q ln rank
  double log_rank_variance = core::nan;
  double log_rank_covariance = core::nan;                           ///< of ln p and ln rank; negative
  std::array<double, 3> top_mass{core::nan, core::nan, core::nan};  ///< q of the 10, 100, 1000 likeliest under p

  friend bool operator==(const token_score&, const token_score&) = default;
};

struct scored_text {
  std::vector<token_score> tokens;  ///< those that could be scored, in order
  std::uint64_t rejected = 0;  ///< rows with NaN, +∞ or nothing but −∞; ids beyond the row; tokens of probability 0

  friend bool operator==(const scored_text&, const scored_text&) = default;
};

struct score_tokens_options {
  /// Also the null moments of the rank: sorts every row, some 60 times the cost of the rest at V = 50 000.
  bool rank_moments = false;
};

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

template <simd::logit Logit>
void add_rank_moments(token_score& token, std::span<const Logit> sampling, std::span<const Logit> scoring,
                      double sampling_lse, double scoring_lse, std::vector<std::pair<float, float>>& row) {
  row.clear();
  for (std::size_t v = 0; v < scoring.size(); ++v)
    row.emplace_back(simd::logit_at(scoring.data(), v), simd::logit_at(sampling.data(), v));
  std::sort(row.begin(), row.end(), std::greater<>{});
  double first = 0.0, mass = 0.0;
  std::vector<double> logs;  // ln rank per entry of positive q
  std::vector<double> weight;
  std::vector<double> log_p;
  double rank = 1.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && row[i].first < row[i - 1].first) rank = static_cast<double>(i + 1);  // equal logits share a rank
    const double q = std::exp(static_cast<double>(row[i].second) - sampling_lse);
    mass += q;
    if (i + 1 == 10) token.top_mass[0] = mass;
    if (i + 1 == 100) token.top_mass[1] = mass;
    if (i + 1 == 1000) token.top_mass[2] = mass;
    if (q == 0.0) continue;
    logs.push_back(std::log(rank));
    weight.push_back(q);
    log_p.push_back(static_cast<double>(row[i].first) - scoring_lse);
    first += q * logs.back();
  }
  for (double& m : token.top_mass) m = core::is_nan(m) ? 1.0 : std::min(m, 1.0);
  double second = 0.0, both = 0.0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    second += weight[i] * (logs[i] - first) * (logs[i] - first);
    both += weight[i] * (logs[i] - first) * (log_p[i] - token.expected_log_probability);
  }
  token.expected_log_rank = first;
  token.log_rank_variance = second;
  token.log_rank_covariance = both;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Scores every token of a text once, for all detectors that read logits: likelihood, log-rank, LRR, GLTR, Fast-DetectGPT,
/// Binoculars, typicality.
///
/// @param sampling  rows(x, T, V): logits of q for each token; float, or rows_view of simd::bfloat16 or simd::float16
/// @param scoring   logits of p, same shape; leave out where p = q (white box)
/// @param tokens    observed ids, [T]; row t predicts tokens[t]
/// @return          one token_score per usable token
/// @complexity      O(T·V), three reads of a row (two where p = q); plus O(T·V ln V) for rank_moments
/// @error           see simd/row_pass.hpp and simd/cross_pass.hpp: about 1e-6
/// @throws          std::invalid_argument for shapes that differ
/// @example         examples/provenance/detectors.cpp
template <class Arch = simd::default_arch, simd::logit Logit, core::integer_range Tokens>
[[nodiscard]] scored_text score_tokens(const core::rows_view<Logit>& sampling, const core::rows_view<Logit>& scoring,
                                       const Tokens& tokens, const score_tokens_options& options = {}) {
  constexpr auto function = "provenance::score_tokens";
  const auto ids = core::as_span(tokens);
  core::check_same_size(function, "sampling", sampling.size, "scoring", scoring.size);
  core::check_same_size(function, "sampling row", sampling.dimension, "scoring row", scoring.dimension);
  core::check_same_size(function, "scoring", scoring.size, "tokens", ids.size());
  scored_text text;
  text.tokens.reserve(ids.size());
  std::vector<std::pair<float, float>> row;
  const std::size_t n = scoring.dimension;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (!std::in_range<std::size_t>(ids[t]) || static_cast<std::size_t>(ids[t]) >= n) {
      ++text.rejected;
      continue;
    }
    const Logit* const p = scoring[t].data();
    const Logit* const q = sampling[t].data();
    const simd::row_partial scored = simd::row_pass<Arch>(p, n, static_cast<std::ptrdiff_t>(ids[t]));
    const simd::row_partial sampled = p == q ? scored : simd::row_pass<Arch>(q, n);
    const double surprise = simd::negative_log_likelihood(scored);
    if (!simd::defined(sampled) || !core::is_finite(surprise)) {
      ++text.rejected;
      continue;
    }
    const simd::cross_moments cross = simd::cross_pass<Arch>(q, p, n, sampled, scored);
    token_score token;
    token.log_probability = -surprise;
    token.entropy = simd::entropy(scored);
    token.expected_log_probability = cross.mean;
    token.log_probability_variance = cross.variance;
    token.rank = cross.above + 1;
    if (options.rank_moments)
      detail::add_rank_moments(token, sampling[t], scoring[t], simd::log_sum_exp(sampled), simd::log_sum_exp(scored),
                               row);
    text.tokens.push_back(token);
  }
  return text;
}
template <class Arch = simd::default_arch, simd::logit Logit, core::integer_range Tokens>
[[nodiscard]] scored_text score_tokens(const core::rows_view<Logit>& model, const Tokens& tokens,
                                       const score_tokens_options& options = {}) {
  return score_tokens<Arch>(model, model, tokens, options);
}

}  // namespace TAILWATCH_ABI_NAMESPACE

namespace detail {

/// Mean of f over tokens with its error √(Σ(x − mean)²/(n(n − 1))).
template <class Function>
[[nodiscard]] estimate token_mean(std::span<const token_score> tokens, Function&& f) {
  double mean = 0.0, squares = 0.0, n = 0.0;
  for (const token_score& token : tokens) {
    const double x = f(token);
    const double d = x - mean;
    mean += d / ++n;
    squares += d * (x - mean);
  }
  if (tokens.empty()) return {};
  return {mean, n > 1.0 ? std::sqrt(squares / (n * (n - 1.0))) : core::nan, tokens.size()};
}

/// Σa/Σb with its error by the delta method for paired tokens.
template <class Numerator, class Denominator>
[[nodiscard]] estimate token_ratio(std::span<const token_score> tokens, Numerator&& a, Denominator&& b) {
  double above = 0.0, below = 0.0;
  for (const token_score& token : tokens) {
    above += a(token);
    below += b(token);
  }
  if (!(below > 0.0) || !core::is_finite(above)) return {core::nan, core::nan, tokens.size()};
  const double ratio = above / below;
  double squares = 0.0;
  for (const token_score& token : tokens) {
    const double d = a(token) - ratio * b(token);
    squares += d * d;
  }
  const auto n = static_cast<double>(tokens.size());
  return {ratio, n > 1.0 ? std::sqrt(squares * n / (n - 1.0)) / below : core::nan, tokens.size()};
}

}  // namespace detail
}  // namespace tailwatch::provenance
