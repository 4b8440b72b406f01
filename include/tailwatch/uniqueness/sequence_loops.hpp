// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::uniqueness {

/// What counts as a loop. The defaults are those of Holtzman et al. (2020).
struct sequence_loops_options {
  std::size_t max_period = 90;         ///< longest phrase looked for, tokens
  std::size_t min_repeats = 2;         ///< times that the phrase stands at the end, one after the other
  std::size_t short_period = 3;        ///< phrases shorter than this …
  std::size_t min_short_repeats = 51;  ///< … must stand there so often: "no no" is no loop, a wall of full stops is
};

/// The phrase that a sequence ends in, over and over.
struct sequence_loop {
  std::size_t period = 0;   ///< tokens of the phrase; 0: no loop
  std::size_t repeats = 0;  ///< whole repetitions, the last one included
  std::size_t tokens = 0;   ///< length of the end that has this period, a part of a phrase before the first included
  friend bool operator==(const sequence_loop&, const sequence_loop&) = default;
};

struct sequence_loops_result {
  estimate rate;                     ///< share of the sequences that end in a loop; binomial standard error
  estimate token_share;              ///< share of the tokens that stand in those loops; standard error over sequences
  std::vector<sequence_loop> loops;  ///< one per sequence, period 0 where there is none
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Responses that got stuck: the last phrase repeated to the end of the sequence.
///
/// For each period p the end of the sequence that repeats itself after p tokens is measured exactly, by Z-values of the
/// reversed sequence. The loop is the period with the most whole repeats (ties: the shorter); it counts if it has
/// min_repeats, and min_short_repeats where it is shorter than short_period.
///
/// @param sequences  token ids, one sequence a response, without its end-of-text token; empty ones have no loop and count
/// @return         rate NaN without sequences, token_share NaN without tokens, its standard error by linearisation (Cochran
///                 1977, §6.3), NaN for fewer than two sequences
/// @complexity     O(tokens)
/// @bias           a cut-off response shows its loop, one that escaped it does not; grows with the length allowed
/// @throws         std::invalid_argument for max_period 0, min_repeats or min_short_repeats below 2
/// @see            A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020), The Curious Case of Neural Text Degeneration, ICLR
/// @example        examples/uniqueness/repetition.cpp
struct sequence_loops_fn {
  static constexpr std::string_view name = "uniqueness.sequence_loops";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Holtzman et al. (2020)";

  [[nodiscard]] sequence_loops_result operator()(const core::token_sequences& sequences,
                                                 const sequence_loops_options& options = {}) const {
    sequence_loops_result result;
    std::uint64_t looping = 0, inside = 0;
    result.loops.reserve(sequences.size());
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      result.loops.push_back(last_loop(sequences[i], options));
      looping += result.loops.back().period != 0 ? 1U : 0U;
      inside += result.loops.back().tokens;
    }
    result.rate = summary::binomial_share(looping, sequences.size());
    const std::uint64_t tokens = sequences.token_count();
    result.token_share = {core::nan, core::nan, tokens};
    if (tokens == 0) return result;
    const auto all = static_cast<double>(tokens);
    result.token_share.value = static_cast<double>(inside) / all;
    if (sequences.size() < 2) return result;
    double squares = 0.0;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      const double centred = static_cast<double>(result.loops[i].tokens) -
                             result.token_share.value * static_cast<double>(sequences[i].size());
      squares += centred * centred;
    }
    const auto n = static_cast<double>(sequences.size());
    result.token_share.standard_error = std::sqrt(n / (n - 1.0) * squares) / all;
    return result;
  }

  /// The loop at the end of one sequence.
  template <std::integral Token>
  [[nodiscard]] static sequence_loop last_loop(std::span<const Token> sequence,
                                               const sequence_loops_options& options = {}) {
    constexpr std::string_view function = "uniqueness::sequence_loops";
    core::check_at_least<std::size_t>(function, "max_period", options.max_period, 1);
    core::check_at_least<std::size_t>(function, "min_repeats", options.min_repeats, 2);
    core::check_at_least<std::size_t>(function, "min_short_repeats", options.min_short_repeats, 2);
    const std::size_t n = sequence.size();
    const auto back = [&](std::size_t i) { return sequence[n - 1 - i]; };
    // z[p]: how far the reversed sequence agrees with itself moved by p.
    const std::size_t periods = std::min(options.max_period, n / 2);
    std::vector<std::size_t> z(periods + 1, 0);
    std::size_t left = 0, right = 0;
    sequence_loop best;
    for (std::size_t p = 1; p <= periods; ++p) {
      std::size_t same = p < right ? std::min(right - p, z[p - left]) : 0;
      while (p + same < n && back(same) == back(p + same)) ++same;
      if (p + same > right) {
        left = p;
        right = p + same;
      }
      z[p] = same;
      if ((p + same) / p > best.repeats) best = {p, (p + same) / p, p + same};
    }
    const std::size_t needed = best.period < options.short_period ? options.min_short_repeats : options.min_repeats;
    return best.repeats >= std::max(needed, options.min_repeats) ? best : sequence_loop{};
  }
};
inline constexpr sequence_loops_fn sequence_loops{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
