// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
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
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/sketch/document_sample.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

struct self_repetition_options {
  std::size_t order = 4;  ///< n
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Self-repetition: how far each sequence shares n-grams with the others.
///
///   (1/D) Σ_d ln(1 + Σ_{g ∈ grams(d)} (df(g) − 1)),  df = number of sequences that hold g, each distinct g of d once
///
/// A sequence's term changes with every later one that shares an n-gram, so no bounded state holds that of a whole stream;
/// sketch::document_sample keeps the sequences, all of them or a uniform sample of k, merges across ranks and is saved.
///
/// @param sequences  documents or responses, or a sketch::document_sample of them; those shorter than n count with a term of 0
/// @return         ≥ 0, nats; NaN without sequences; standard error: deviation of the terms over √D, the document
///                 frequencies taken as given
/// @complexity     O(order · tokens)
/// @bias           grows with the number of sequences: compare at one number
/// @throws         std::invalid_argument for order 0
/// @see            N. Salkar et al. (2022), Self-Repetition in Abstractive Neural Summarizers, AACL, 341–350
/// @example        examples/uniqueness/repetition.cpp
struct self_repetition_fn {
  static constexpr std::string_view name = "uniqueness.self_repetition";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Salkar et al. (2022)";

  [[nodiscard]] estimate operator()(const core::token_sequences& sequences,
                                    const self_repetition_options& options = {}) const {
    core::check_at_least<std::size_t>("uniqueness::self_repetition", "order", options.order, 1);
    const std::size_t documents = sequences.size();
    if (documents == 0) return {core::nan, core::nan, 0};
    const detail::joint_text text(sequences, core::token_sequences());
    std::vector<std::uint32_t> grams = text.words;
    detail::numbering number;
    std::size_t distinct = grams.size();
    for (std::size_t n = 2; n <= options.order; ++n) {
      number.clear();
      for (std::size_t i = 0; i < grams.size(); ++i)
        if (text.room[i] >= n) grams[i] = number(grams[i], text.words[i + n - 1]);
      distinct = number.size();
    }
    // The distinct n-grams of each document, in place at the front of its stretch.
    std::vector<std::uint64_t> frequency(distinct, 0);
    std::vector<std::span<const std::uint32_t>> own;
    std::size_t begin = 0;
    for (std::size_t d = 0; d < documents; ++d) {
      const std::size_t length = sequences[d].size();
      const std::size_t n = length >= options.order ? length - options.order + 1 : 0;
      const auto first = grams.begin() + static_cast<std::ptrdiff_t>(begin);
      std::sort(first, first + static_cast<std::ptrdiff_t>(n));
      const auto last = std::unique(first, first + static_cast<std::ptrdiff_t>(n));
      own.push_back(std::span<const std::uint32_t>(grams).subspan(begin, static_cast<std::size_t>(last - first)));
      for (const std::uint32_t g : own.back()) ++frequency[g];
      begin += length;
    }
    std::vector<double> terms;
    double sum = 0.0;
    for (const auto& document : own) {
      std::uint64_t shared = 0;
      for (const std::uint32_t g : document) shared += frequency[g] - 1;
      terms.push_back(std::log1p(static_cast<double>(shared)));
      sum += terms.back();
    }
    const auto count = static_cast<double>(documents);
    estimate result{sum / count, core::nan, documents};
    if (documents < 2) return result;
    double squares = 0.0;
    for (const double t : terms) squares += (t - result.value) * (t - result.value);
    result.standard_error = std::sqrt(squares / ((count - 1.0) * count));
    return result;
  }
  [[nodiscard]] estimate operator()(const sketch::document_sample& sample,
                                    const self_repetition_options& options = {}) const {
    return (*this)(sample.documents(), options);
  }
};
inline constexpr self_repetition_fn self_repetition{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
