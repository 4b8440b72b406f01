// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct hdd_options {
  std::uint64_t draws = 42;  ///< tokens drawn, ≥ 1
};

struct vocd_d_options {
  std::uint64_t from = 35;  ///< smallest sample, ≥ 1
  std::uint64_t to = 50;    ///< largest sample, ≥ from
};

struct vocd_d_random_options {
  std::uint64_t from = 35;      ///< smallest sample, ≥ 1
  std::uint64_t to = 50;        ///< largest sample, ≥ from
  std::uint64_t samples = 100;  ///< draws of each size
  std::uint64_t trials = 3;     ///< fits whose mean is taken
};

struct vocd_d_random_result {
  estimate d{core::nan, core::nan, 0};  ///< mean of the trials, and N; the standard error is not known and NaN
  double draw_error = core::nan;  ///< of that mean over repetitions of the draws, the text given; NaN for one trial
  std::vector<double> trials;     ///< D of each
};

namespace detail {
/// D by least squares from the ratios of samples of from, from + 1, … tokens; +∞ where every ratio is 1.
[[nodiscard]] inline double vocd_fit(const std::vector<double>& ratios, std::uint64_t from) {
  const double last = ratios.back();
  double least = last;
  for (const double r : ratios) least = r < least ? r : least;
  if (!(least < 1.0)) return core::infinity;
  // From TTR = (D/n)(√(1 + 2n/D) − 1): D = n TTR²/(2(1 − TTR)).
  const auto to = static_cast<double>(from + ratios.size() - 1);
  const double start = last < 1.0 ? last : 1.0 - 1e-3;
  double log_d = std::log(to * start * start / (2.0 * (1.0 - start)));
  for (int i = 0; i < 100; ++i) {
    const double d = std::exp(log_d);
    double residual = 0.0;
    double weight = 0.0;
    for (std::size_t k = 0; k < ratios.size(); ++k) {
      const auto size = static_cast<double>(from + k);
      const double root = std::sqrt(1.0 + 2.0 * size / d);
      const double fitted = 2.0 / (root + 1.0);
      const double slope = (root - 1.0) / (root * (root + 1.0));  // dTTR/d ln D
      residual += (ratios[k] - fitted) * slope;
      weight += slope * slope;
    }
    const double step = residual / weight;
    log_d += step;
    if (std::abs(step) < 1e-14) break;
  }
  return std::exp(log_d);
}

/// Expected type–token ratio of `draws` tokens drawn without replacement.
[[nodiscard]] inline double expected_type_ratio(const summary::frequency_profile& profile, std::uint64_t draws) {
  const auto n = static_cast<double>(profile.total());
  const auto m = static_cast<double>(draws);
  double types = 0.0;
  for (const auto& e : profile.entries())
    types -= static_cast<double>(e.multiplicity) * std::expm1(math::log_absent(n, static_cast<double>(e.count), m));
  return types / m;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// HD-D: the type–token ratio expected in a few tokens drawn without replacement.
///
///   (1/n) Σ_t [1 − C(N − f_t, n)/C(N, n)]        n = draws
///
/// What vocd estimates by random draws, exactly; scaled to 0 … 1 (koRpus prints n times this).
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         in (0, 1] and N; the standard error is not known and NaN; NaN when N < draws
/// @complexity     O(tokens), or O(K) from counts; then O(draws) per distinct count
/// @bias           none: it is a U-statistic
/// @throws         std::invalid_argument for draws = 0, and for a negative or fractional count
/// @see            P. M. McCarthy, S. Jarvis (2007), Language Testing 24, 459–488
/// @example        examples/diversity/lexical_diversity.cpp
struct hdd_fn {
  static constexpr std::string_view name = "diversity.hdd";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCarthy and Jarvis (2007)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hdd_options& options = {}) const {
    core::check_at_least("diversity::hdd", "draws", options.draws, std::uint64_t{1});
    const auto& profile = detail::word_profile(source, "diversity::hdd");
    if (!profile.defined() || profile.total() < options.draws) return {core::nan, core::nan, profile.total()};
    return {detail::expected_type_ratio(profile, options.draws), core::nan, profile.total()};
  }
};
inline constexpr hdd_fn hdd{};

/// vocd's D without its random draws: least squares of the model curve on the exact expected type–token ratios.
///
///   TTR(n) = (D/n)(√(1 + 2n/D) − 1), n = from … to
///
/// @param source   as hdd
/// @return         D and N; the standard error is not known and NaN; +∞ without a repeated word; NaN when N < to
/// @complexity     as hdd for each n, then about 10 Gauss–Newton steps
/// @throws         std::invalid_argument unless 1 ≤ from ≤ to, and for a negative or fractional count
/// @see            D. D. Malvern, B. J. Richards, N. Chipere, P. Durán (2004), Lexical Diversity and Language Development
/// @example        examples/diversity/lexical_diversity.cpp
struct vocd_d_fn {
  static constexpr std::string_view name = "diversity.vocd_d";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Malvern, Richards, Chipere and Durán (2004)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const vocd_d_options& options = {}) const {
    core::check_at_least("diversity::vocd_d", "from", options.from, std::uint64_t{1});
    core::check_at_least("diversity::vocd_d", "to", options.to, options.from);
    const auto& profile = detail::word_profile(source, "diversity::vocd_d");
    if (!profile.defined() || profile.total() < options.to) return {core::nan, core::nan, profile.total()};
    if (profile.largest() == 1) return {core::infinity, core::nan, profile.total()};
    std::vector<double> ratios;
    for (std::uint64_t n = options.from; n <= options.to; ++n)
      ratios.push_back(detail::expected_type_ratio(profile, n));
    return {detail::vocd_fit(ratios, options.from), core::nan, profile.total()};
  }
};
inline constexpr vocd_d_fn vocd_d{};

/// vocd as its authors run it: mean type–token ratios of random draws, the curve fitted to them, a few trials averaged.
///
/// The draws add a scatter that the text does not have (`draw_error`; 1 to 2 % with the published settings, which is what two runs
/// of other programs differ by): vocd_d has none and costs less. For comparison with published numbers.
///
/// @param tokens   token ids: an integer range, tokens(x) or token_sequences, borders forgotten
/// @param random   64 random bits a call
/// @return         the mean D of the trials; trials that drew no repeated word at all are +∞ and make it so. NaN when N < to
/// @complexity     O(trials · samples · Σ n), and 4 bytes a token
/// @throws         std::invalid_argument unless 1 ≤ from ≤ to, trials ≥ 1, samples ≥ 1
/// @see            D. D. Malvern, B. J. Richards, N. Chipere, P. Durán (2004), Lexical Diversity and Language Development;
///                 G. McKee, D. Malvern, B. Richards (2000), Literary and Linguistic Computing 15, 323–338 (the program)
/// @example        examples/diversity/lexical_diversity.cpp
struct vocd_d_random_fn {
  static constexpr std::string_view name = "diversity.vocd_d_random";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McKee, Malvern and Richards (2000)";

  template <math::token_source Source, core::random_bits Random>
  [[nodiscard]] vocd_d_random_result operator()(const Source& tokens, Random& random,
                                                const vocd_d_random_options& options = {}) const {
    constexpr std::string_view function = "diversity::vocd_d_random";
    core::check_at_least(function, "from", options.from, std::uint64_t{1});
    core::check_at_least(function, "to", options.to, options.from);
    core::check_at_least(function, "samples", options.samples, std::uint64_t{1});
    core::check_at_least(function, "trials", options.trials, std::uint64_t{1});
    std::vector<std::uint32_t> words;
    std::size_t distinct = 0;
    if constexpr (std::same_as<Source, core::token_sequences>) {
      distinct = math::detail::renumber(tokens.tokens(), words);
    } else {
      distinct = math::detail::renumber(core::as_span(tokens), words);
    }
    vocd_d_random_result result;
    result.d.count = words.size();
    if (words.size() < options.to) return result;
    std::vector<std::uint64_t> drawn(distinct, 0);  // the sample in which a word was last drawn
    std::uint64_t sample = 0;
    double mean = 0.0, squares = 0.0;
    for (std::uint64_t trial = 1; trial <= options.trials; ++trial) {
      std::vector<double> ratios;
      for (std::uint64_t n = options.from; n <= options.to; ++n) {
        std::uint64_t types = 0;
        for (std::uint64_t s = 0; s < options.samples; ++s) {
          ++sample;
          // Without replacement: the first n places of a shuffle. Any order of the list serves the next sample as well.
          for (std::uint64_t i = 0; i < n; ++i) {
            const std::uint64_t other = i + core::uniform_below(random, words.size() - i);
            std::swap(words[static_cast<std::size_t>(i)], words[static_cast<std::size_t>(other)]);
            std::uint64_t& last = drawn[words[static_cast<std::size_t>(i)]];
            types += last != sample ? 1 : 0;
            last = sample;
          }
        }
        ratios.push_back(static_cast<double>(types) / static_cast<double>(options.samples * n));
      }
      result.trials.push_back(detail::vocd_fit(ratios, options.from));
      const double step = result.trials.back() - mean;
      mean += step / static_cast<double>(trial);
      squares += step * (result.trials.back() - mean);
    }
    const auto trials = static_cast<double>(options.trials);
    result.d.value = core::is_finite(mean) ? mean : core::infinity;
    if (options.trials > 1 && core::is_finite(mean)) result.draw_error = std::sqrt(squares / (trials * (trials - 1.0)));
    return result;
  }
};
inline constexpr vocd_d_random_fn vocd_d_random{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
