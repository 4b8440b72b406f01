// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/sketch/document_sample.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

/// What stands in for an order without a match, whose logarithm is −∞. m_k matches among g_k n-grams of order k; the numbers are
/// those of Chen and Cherry (2014). Without a matching word the score is 0 under every one of them.
enum class bleu_smoothing : std::uint8_t {
  none,       ///< nothing: an order without a match makes the score 0 (Papineni et al. 2002)
  epsilon,    ///< 1: m_k = 0 becomes epsilon (Texygen, fast-bleu, NLTK's method1)
  add_one,    ///< 2: (m_k + 1)/(g_k + 1) for k ≥ 2 (Lin and Och 2004)
  geometric,  ///< 3: the j-th order without a match has numerator 2⁻ʲ (NIST's mteval, sacrebleu's exp)
  length,  ///< 4: numerator ln(length)/(5·2ʲ), so that short sequences gain less; 0 matches of a single word: score 0
};

struct self_bleu_options {
  std::size_t order = 4;  ///< n-grams up to n, uniform weights
  double epsilon = 0.1;   ///< of bleu_smoothing::epsilon
  bleu_smoothing smoothing = bleu_smoothing::epsilon;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Self-BLEU: mean BLEU of each sequence with all the others as references. High: the samples say the same thing.
///
///   BLEU(d) = BP · exp((1/n) Σ_k ln(matches_k/grams_k));  each n-gram matches at most as often as in the other sequence that
///   has it most; BP = 1 if longer than the closest other length r (ties: the shorter), else e^{1 − r/length}
///
/// Counts of every n-gram are kept once, with its two largest per-sequence counts, so that a pass over all the others takes
/// no time per reference: O(tokens) where the usual program needs O(sequences · tokens).
///
/// An order of which a sequence is too short to have an n-gram counts as one n-gram without a match.
///
/// A sequence's score changes with every later one, so no bounded state holds that of a whole stream; sketch::document_sample
/// keeps the sequences, all of them or a uniform sample of k, merges across ranks and is saved.
///
/// @param sequences  samples, or a sketch::document_sample of them; empty ones are left out
/// @return         in [0, 1]; NaN for fewer than two non-empty sequences; standard error: deviation of the terms over √D,
///                 the other sequences taken as given
/// @complexity     O(order · tokens)
/// @bias           grows with the number of sequences: compare at one number
/// @throws         std::invalid_argument for order 0 or an epsilon that is not positive
/// @see            Y. Zhu et al. (2018), Texygen, SIGIR, 1097–1100; K. Papineni et al. (2002), BLEU, ACL, 311–318; B. Chen, C. Cherry
///                 (2014), WMT, 362–367 (smoothing)
/// @example        examples/uniqueness/repetition.cpp
struct self_bleu_fn {
  static constexpr std::string_view name = "uniqueness.self_bleu";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Zhu et al. (2018)";

  [[nodiscard]] estimate operator()(const core::token_sequences& sequences,
                                    const self_bleu_options& options = {}) const {
    const std::vector<double> terms = per_sequence(sequences, options);
    if (terms.size() < 2) return {core::nan, core::nan, terms.size()};
    const auto n = static_cast<double>(terms.size());
    double sum = 0.0, squares = 0.0;
    for (const double t : terms) sum += t;
    for (const double t : terms) squares += (t - sum / n) * (t - sum / n);
    return {sum / n, std::sqrt(squares / ((n - 1.0) * n)), terms.size()};
  }
  [[nodiscard]] estimate operator()(const sketch::document_sample& sample,
                                    const self_bleu_options& options = {}) const {
    return (*this)(sample.documents(), options);
  }

  /// The terms of the mean, one per non-empty sequence; of a single one NaN.
  [[nodiscard]] static std::vector<double> per_sequence(const core::token_sequences& sequences,
                                                        const self_bleu_options& options = {}) {
    constexpr std::string_view function = "uniqueness::self_bleu";
    core::check_at_least<std::size_t>(function, "order", options.order, 1);
    core::check_positive(function, "epsilon", options.epsilon);
    core::token_sequences kept;
    std::vector<std::size_t> lengths;
    for (std::size_t i = 0; i < sequences.size(); ++i)
      if (!sequences[i].empty()) {
        kept.push_back(sequences[i]);
        lengths.push_back(sequences[i].size());
      }
    std::vector<double> terms(lengths.size(), core::nan);
    if (lengths.size() < 2) return terms;

    const detail::joint_text text(kept, core::token_sequences());
    std::vector<std::uint32_t> grams = text.words;
    detail::numbering number;
    std::vector<double> log_precision(lengths.size(), 0.0);
    std::vector<std::uint32_t> unmatched(lengths.size(), 0);  // orders so far without a match
    for (std::size_t n = 1; n <= options.order; ++n) {
      number.clear();
      for (std::size_t i = 0; i < grams.size(); ++i)
        if (text.room[i] >= n) grams[i] = n == 1 ? number(grams[i]) : number(grams[i], text.words[i + n - 1]);
      add_order(grams, lengths, number.size(), n, options, log_precision, unmatched);
    }
    std::vector<std::size_t> sorted = lengths;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t d = 0; d < lengths.size(); ++d) {
      const auto length = static_cast<double>(lengths[d]);
      const auto closest = static_cast<double>(closest_other(sorted, lengths[d]));
      const double penalty = length > closest ? 0.0 : 1.0 - closest / length;
      terms[d] = core::is_finite(log_precision[d])
                     ? std::exp(penalty + log_precision[d] / static_cast<double>(options.order))
                     : 0.0;
    }
    return terms;
  }

 private:
  struct largest_two {
    std::uint32_t first = 0, second = 0;
    std::uint32_t owner = 0;  ///< sequence that has the largest
  };

  /// Adds ln(matches/grams) of one order to every sequence.
  static void add_order(const std::vector<std::uint32_t>& grams, const std::vector<std::size_t>& lengths,
                        std::size_t distinct, std::size_t n, const self_bleu_options& options,
                        std::vector<double>& log_precision, std::vector<std::uint32_t>& unmatched) {
    struct own_count {
      std::uint32_t gram;
      std::uint32_t count;
    };
    std::vector<std::vector<own_count>> own(lengths.size());
    std::vector<largest_two> largest(distinct);
    std::vector<std::uint32_t> sorted;
    std::size_t begin = 0;
    for (std::size_t d = 0; d < lengths.size(); ++d) {
      const std::size_t size = lengths[d] >= n ? lengths[d] - n + 1 : 0;
      const auto first = grams.begin() + static_cast<std::ptrdiff_t>(begin);
      sorted.assign(first, first + static_cast<std::ptrdiff_t>(size));
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t i = 0; i < size;) {
        std::size_t j = i;
        while (j < size && sorted[j] == sorted[i]) ++j;
        own[d].push_back({sorted[i], static_cast<std::uint32_t>(j - i)});
        i = j;
      }
      for (const own_count& c : own[d]) {
        largest_two& top = largest[c.gram];
        if (c.count > top.first) {
          top.second = top.first;
          top.first = c.count;
          top.owner = static_cast<std::uint32_t>(d);
        } else {
          top.second = std::max(top.second, c.count);
        }
      }
      begin += lengths[d];
    }
    for (std::size_t d = 0; d < lengths.size(); ++d) {
      std::uint64_t matches = 0;
      for (const own_count& c : own[d]) {
        const largest_two& top = largest[c.gram];
        matches += std::min(c.count, top.owner == d ? top.second : top.first);
      }
      const double size = lengths[d] >= n ? static_cast<double>(lengths[d] - n + 1) : 1.0;
      if (matches == 0) ++unmatched[d];
      log_precision[d] += log_share(static_cast<double>(matches), size, n, lengths[d], unmatched[d], options);
    }
  }

  /// ln(matches/grams), smoothed; `unmatched`: orders without a match, this one included.
  static double log_share(double matches, double grams, std::size_t n, std::size_t length, std::uint32_t unmatched,
                          const self_bleu_options& options) {
    if (matches == 0.0 && n == 1) return -core::infinity;
    if (options.smoothing == bleu_smoothing::add_one && n > 1) return std::log((matches + 1.0) / (grams + 1.0));
    if (matches > 0.0) return std::log(matches / grams);
    switch (options.smoothing) {
      case bleu_smoothing::epsilon: return std::log(options.epsilon / grams);
      case bleu_smoothing::geometric: return std::log(std::ldexp(1.0, -static_cast<int>(unmatched)) / grams);
      case bleu_smoothing::length:
        return std::log(std::ldexp(std::log(static_cast<double>(length)) / 5.0, -static_cast<int>(unmatched)) / grams);
      default: return -core::infinity;
    }
  }

  /// The length nearest to `length` among all but one of that length; ties go to the shorter.
  static std::size_t closest_other(const std::vector<std::size_t>& sorted, std::size_t length) {
    const auto range = std::equal_range(sorted.begin(), sorted.end(), length);
    if (range.second - range.first > 1) return length;
    const bool below = range.first != sorted.begin();
    const bool above = range.second != sorted.end();
    if (!below) return *range.second;
    const std::size_t shorter = *(range.first - 1);
    if (!above) return shorter;
    return length - shorter <= *range.second - length ? shorter : *range.second;
  }
};
inline constexpr self_bleu_fn self_bleu{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
