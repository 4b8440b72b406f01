// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::text {

struct zipf_mandelbrot_text_options {
  std::size_t words = 100000;  ///< words to write; the last sentence is finished
  std::size_t types = 20000;   ///< vocabulary of the language, of which a text shows only a part
  double exponent = 1.1;       ///< s of p_r ∝ (r + q)^−s, above 0
  double shift = 2.7;          ///< q, above −1
  double dependence = 0.6;     ///< 0: words are independent; towards 1: the word before nearly decides
};

/// The word of rank `rank` = 0, 1, … in the language of zipf_mandelbrot_text: rank in bijective base 80 over
/// consonant–vowel syllables, so every word can be said, frequent words are short, and no two are equal.
[[nodiscard]] inline std::string pseudo_word(std::uint64_t rank) {
  constexpr std::string_view consonants = "bdfghjklmnprstvz";
  constexpr std::string_view vowels = "aeiou";
  constexpr std::uint64_t base = 80;
  std::string word;
  std::uint64_t left = rank + 1;
  for (std::uint64_t position = 0; left != 0; ++position) {
    const std::uint64_t digit = (left - 1) % base;
    left = (left - 1) / base;
    const std::uint64_t syllable = (digit * 37 + position * 11 + 23) % base;  // 37 has no factor of 80: a permutation
    word += consonants[syllable / 5];
    word += vowels[syllable % 5];
  }
  return word;
}

/// Text of an invented language with the tail of a natural one: words follow the Zipf–Mandelbrot law exactly,
///
///   p_r = (r + q)^−s / Σ_k (k + q)^−s        r = 1 … types
///
/// and depend on the word before, so that n-gram models have something to learn and n-grams have a tail of their own.
/// A word is drawn as the quantile of a number u in [0, 1). With probability `dependence` the next u falls into the
/// cell π(⌊256·u⌋) of 256 equal ones, else anywhere; π is a permutation of the cells, so u stays uniform and the law
/// of single words is the same whatever the dependence.
///
/// Lower case, one sentence a line, no punctuation. Sentences have 3 words at least and 13 on average (3 + a negative
/// binomial, r = 2, p = 1/6; standard deviation 7.7) and start afresh. The language is a function of the options,
/// the text of `random`: two texts with the same options are two samples of one language.
///
/// @complexity  O(words + types)
/// @throws      std::invalid_argument for types 0, exponent ≤ 0, shift ≤ −1, or a dependence outside [0, 1]
/// @see         B. Mandelbrot (1953), An informational theory of the statistical structure of language
/// @example     examples/text/generated_text.cpp
template <core::random_bits Random>
[[nodiscard]] std::string zipf_mandelbrot_text(const zipf_mandelbrot_text_options& options, Random& random) {
  constexpr std::string_view function = "text::zipf_mandelbrot_text";
  core::check_at_least<std::size_t>(function, "types", options.types, 1);
  core::check_positive(function, "exponent", options.exponent);
  core::check(options.shift > -1.0 && core::is_finite(options.shift), function, "shift", options.shift,
              "above -1 and finite");
  core::check_closed_interval(function, "dependence", options.dependence, 0.0, 1.0);

  std::vector<std::string> word(options.types);
  std::vector<double> cumulative(options.types);
  double sum = 0.0;
  for (std::size_t r = 0; r < options.types; ++r) {
    word[r] = pseudo_word(r);
    sum += std::pow(static_cast<double>(r + 1) + options.shift, -options.exponent);
    cumulative[r] = sum;
  }
  // First rank of each of 4096 equal stretches of [0, 1): a draw then looks at two or three ranks.
  constexpr std::size_t stretches = 4096;
  std::vector<std::size_t> guide(stretches);
  for (std::size_t g = 0, r = 0; g < stretches; ++g) {
    while (r + 1 < options.types && cumulative[r] <= sum * static_cast<double>(g) / stretches) ++r;
    guide[g] = r;
  }
  const auto rank_of = [&](double u) {
    std::size_t r = guide[static_cast<std::size_t>(u * stretches)];
    while (r + 1 < options.types && cumulative[r] <= u * sum) ++r;
    return r;
  };

  constexpr double cells = 256.0;
  std::string text;
  text.reserve(options.words * 6);
  for (std::size_t written = 0; written < options.words;) {
    std::size_t length = 3;
    for (int stops = 0; stops < 2;) {
      if (core::uniform_below(random, 6) == 0) {
        ++stops;
      } else {
        ++length;
      }
    }
    double u = core::uniform_01(random);
    for (std::size_t i = 0; i < length; ++i) {
      if (i != 0) {
        const bool follows = core::uniform_01(random) < options.dependence;
        const auto cell = (static_cast<std::uint64_t>(u * cells) * 85 + 131) % 256;  // an odd factor: a permutation
        u = core::uniform_01(random);
        if (follows) u = (static_cast<double>(cell) + u) / cells;
        text += ' ';
      }
      text += word[rank_of(u)];
    }
    text += '\n';
    written += length;
  }
  return text;
}

}  // namespace tailwatch::text
