// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/null_test.hpp"

/// The green-list watermark: a keyed hash of the `context` tokens before it splits the vocabulary in a green share γ and a red
/// rest, and the sampler raised the green logits by δ. Only the statistics are here: which token is green is the key's owner's
/// to say.
namespace tailwatch::provenance {

struct green_list_options {
  double gamma = 0.25;  ///< γ, green share of the vocabulary, in (0, 1)
};

struct green_list_flag_options {
  std::size_t context = 1;    ///< tokens that seed the list of the next one; the first `context` tokens have no list
  bool repeated_once = true;  ///< count each distinct (context, token) once: repeats are no new evidence
};

struct green_list_window_options {
  double gamma = 0.25;
  std::size_t shortest = 1;  ///< tokens a window holds at least
};

/// The window that looks most watermarked.
struct green_list_window {
  std::size_t begin = 0;
  std::size_t size = 0;
  null_test best;                           ///< of that window alone
  double adjusted_log_p_value = core::nan;  ///< with Bonferroni's factor for all windows looked at, at most 0
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// G green tokens of T: z = (G − γT)/√(Tγ(1 − γ)), and the exact p-value P(Binomial(T, γ) ≥ G).
///
/// Assumes that without the watermark tokens are green independently with probability γ, which holds for a good hash and
/// distinct (context, token) pairs. The normal tail is not good enough for the usual threshold z > 4: at γ = ¼ it gives 3.2e-5
/// where 6.2e-5 (T = 200) and 2.0e-4 (T = 25) are true.
///
/// @param flags   one per scored token: not 0 = green, [T]
/// @return        statistic G/T with its binomial error over tokens, z, ln p (upper tail); NaN for T = 0
/// @complexity    O(T)
/// @throws        std::invalid_argument unless 0 < γ < 1, or for more green tokens than tokens
/// @see           J. Kirchenbauer et al. (2023), A watermark for large language models, ICML
/// @example       examples/provenance/watermarks.cpp
struct green_list_fn {
  static constexpr std::string_view name = "provenance.green_list";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Kirchenbauer et al. (2023)";

  [[nodiscard]] null_test operator()(std::uint64_t green, std::uint64_t scored,
                                     const green_list_options& options = {}) const {
    core::check_open_interval("provenance::green_list", "gamma", options.gamma, 0.0, 1.0);
    core::check_at_most("provenance::green_list", "green", green, scored);
    null_test test{{core::nan, core::nan, scored}, options.gamma, core::nan, core::nan};
    if (scored == 0) return test;
    const auto n = static_cast<double>(scored);
    const auto hits = static_cast<double>(green);
    const double p = green == 0 || green == scored ? (hits + 0.5) / (n + 1.0) : hits / n;
    test.statistic = {hits / n, std::sqrt(p * (1.0 - p) / n), scored};
    test.z = (hits - options.gamma * n) / std::sqrt(n * options.gamma * (1.0 - options.gamma));
    test.log_p_value = math::log_binomial_tail(green, scored, options.gamma);
    return test;
  }
  template <core::number_range Flags>
  [[nodiscard]] null_test operator()(const Flags& flags, const green_list_options& options = {}) const {
    const auto x = core::as_span(flags);
    const auto green = x.size() - static_cast<std::size_t>(std::count(x.begin(), x.end(), 0));
    return (*this)(std::uint64_t{green}, std::uint64_t{x.size()}, options);
  }
};
inline constexpr green_list_fn green_list{};

/// Flags of the tokens of a text that can be scored, in order.
/// @param tokens    ids
/// @param is_green  is_green(std::span<const T> context, T token) → bool: the key's own hash; the context's last token is the
///                  one just before
/// @return          1 or 0 per scored token: all but the first `context`, and of equal (context, token) only the first
/// @complexity      O(tokens · context) and one call per scored token
template <core::integer_range Tokens, class IsGreen>
[[nodiscard]] std::vector<std::uint8_t> green_list_flags(const Tokens& tokens, IsGreen&& is_green,
                                                         const green_list_flag_options& options = {}) {
  const auto ids = core::as_span(tokens);
  using token = typename decltype(ids)::value_type;
  std::vector<std::uint8_t> flags;
  // windows are compared in full: the set holds where they begin
  const std::size_t width = options.context + 1;
  const auto hash = [&](std::size_t begin) {
    std::uint64_t h = 0;
    for (std::size_t i = 0; i < width; ++i)
      h = (h ^ static_cast<std::uint64_t>(ids[begin + i])) * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  };
  const auto equal = [&](std::size_t a, std::size_t b) {
    return std::equal(ids.begin() + static_cast<std::ptrdiff_t>(a),
                      ids.begin() + static_cast<std::ptrdiff_t>(a + width),
                      ids.begin() + static_cast<std::ptrdiff_t>(b));
  };
  boost::unordered_flat_set<std::size_t, decltype(hash), decltype(equal)> seen(0, hash, equal);
  for (std::size_t i = 0; i + width <= ids.size(); ++i) {
    if (options.repeated_once && !seen.insert(i).second) continue;
    const std::span<const token> context = ids.subspan(i, options.context);
    flags.push_back(is_green(context, ids[i + options.context]) ? 1 : 0);
  }
  return flags;
}

/// The window of at least `shortest` tokens with the largest z: finds a watermarked passage in a longer text.
/// @return        window, its own test, and a p-value that allows for all windows by Bonferroni (conservative, because windows
///                overlap)
/// @complexity    O(T²)
/// @throws        std::invalid_argument unless 0 < γ < 1 and shortest ≥ 1
/// @see           J. Kirchenbauer et al. (2024), On the reliability of watermarks for large language models, ICLR (WinMax)
template <core::number_range Flags>
[[nodiscard]] green_list_window green_list_windows(const Flags& flags, const green_list_window_options& options = {}) {
  constexpr auto function = "provenance::green_list_windows";
  core::check_open_interval(function, "gamma", options.gamma, 0.0, 1.0);
  core::check_at_least(function, "shortest", options.shortest, std::size_t{1});
  const auto x = core::as_span(flags);
  green_list_window found;
  found.best = green_list(0, 0, {options.gamma});
  if (x.size() < options.shortest) return found;
  std::vector<double> excess(x.size() + 1, 0.0);  // Σ(flag − γ)
  for (std::size_t i = 0; i < x.size(); ++i) excess[i + 1] = excess[i] + ((x[i] != 0 ? 1.0 : 0.0) - options.gamma);
  double best = -core::infinity;
  double windows = 0.0;
  for (std::size_t size = options.shortest; size <= x.size(); ++size) {
    double largest = -core::infinity;
    std::size_t at = 0;
    for (std::size_t i = 0; i + size <= x.size(); ++i) {
      const double d = excess[i + size] - excess[i];
      if (d > largest) {
        largest = d;
        at = i;
      }
    }
    windows += static_cast<double>(x.size() - size + 1);
    largest /= std::sqrt(static_cast<double>(size));
    if (largest > best) {
      best = largest;
      found.begin = at;
      found.size = size;
    }
  }
  found.best = green_list(std::vector<std::uint8_t>(x.begin() + static_cast<std::ptrdiff_t>(found.begin),
                                                    x.begin() + static_cast<std::ptrdiff_t>(found.begin + found.size)),
                          {options.gamma});
  found.adjusted_log_p_value = std::min(0.0, found.best.log_p_value + std::log(windows));
  return found;
}

/// Spike entropy S = Σ p/(1 + zp) of a next-token law, z = (1 − γ)(e^δ − 1)/(1 + (e^δ − 1)γ): how much room it leaves a
/// watermark.
/// @throws std::invalid_argument for γ outside (0, 1), δ < 0 or a negative probability
template <core::number_range Probabilities>
[[nodiscard]] double green_list_spike_entropy(const Probabilities& probabilities, double gamma, double delta) {
  constexpr auto function = "provenance::green_list_spike_entropy";
  core::check_open_interval(function, "gamma", gamma, 0.0, 1.0);
  core::check_not_negative(function, "delta", delta);
  const double boost = std::expm1(delta);
  const double z = (1.0 - gamma) * boost / (1.0 + boost * gamma);
  double sum = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    core::check_not_negative(function, "probability", p);
    sum += p / (1.0 + z * p);
  }
  return sum;
}

/// Lower bound for the probability that a watermarked token is green: γe^δ/(1 + (e^δ − 1)γ)·S, S the spike entropy, averaged
/// over the key. (Tokens needed for a given z: T ≥ z²γ(1 − γ)/(bound − γ)², roughly.)
/// @param spike_entropy  S, in [0, 1]
[[nodiscard]] inline double green_list_power_bound(double spike_entropy, double gamma, double delta) {
  constexpr auto function = "provenance::green_list_power_bound";
  core::check_closed_interval(function, "spike_entropy", spike_entropy, 0.0, 1.0);
  core::check_open_interval(function, "gamma", gamma, 0.0, 1.0);
  core::check_not_negative(function, "delta", delta);
  return gamma * std::exp(delta) / (1.0 + std::expm1(delta) * gamma) * spike_entropy;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
