// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::report {

struct corpus_split_options {
  std::size_t tokens = 0;          ///< wanted tokens per part; 0: as many as the corpus allows
  std::size_t baseline_parts = 8;  ///< disjoint parts of human text for the baselines, at least 5
  double fresh_parts = 0.0;        ///< further human text that the run will draw on, in parts
  std::uint64_t seed = 1;
};

/// Disjoint parts of one corpus, drawn by sentence without replacement.
///
/// The sentences are shuffled by seed once and dealt out in this order: reference, train, baseline parts, control, fresh. All
/// but the last have `tokens` tokens each (to the end of a sentence); what is left is fresh. Shuffling makes the parts
/// exchangeable, which is what the baselines of the monitor assume; the reference is a part of its own, because a model's
/// text stands closer to the text it was trained on than a re-fitted model's text does.
struct corpus_split {
  core::token_sequences reference;  ///< never trained on: what every text is compared with, and the held-out text
  core::token_sequences train;
  std::vector<core::token_sequences> baseline;
  core::token_sequences control;
  core::token_sequences fresh;
  std::size_t tokens = 0;  ///< tokens per part
  bool lowered = false;    ///< the corpus was too small for the tokens that were asked for
};

/// @complexity  O(tokens)
/// @throws      std::invalid_argument when there are fewer than 5 baseline parts, or a share is out of range
[[nodiscard]] inline corpus_split split_corpus(const core::token_sequences& corpus,
                                               const corpus_split_options& options) {
  core::check_at_least("report::split_corpus", "baseline_parts", options.baseline_parts, std::size_t{5});
  core::check_not_negative("report::split_corpus", "fresh_parts", options.fresh_parts);

  std::vector<std::size_t> order(corpus.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  core::random_engine random(core::split_seed(options.seed, 0x5317));
  core::shuffle(order, random);

  const auto total = static_cast<double>(corpus.token_count());
  const double parts = 3.0 + static_cast<double>(options.baseline_parts) + options.fresh_parts;
  // Each part may run over by part of a sentence: the mean sentence once per part is kept in hand.
  const double reserve = corpus.empty() ? 0.0 : parts * total / static_cast<double>(corpus.size());
  const double usable = std::max(0.0, total - reserve);
  const auto most = static_cast<std::size_t>(std::floor(usable / parts));

  corpus_split out;
  out.tokens = options.tokens == 0 ? most : std::min(most, options.tokens);
  out.lowered = options.tokens > most;
  std::size_t next = 0;
  const auto fill = [&](core::token_sequences& part, std::size_t tokens) {
    while (part.token_count() < tokens && next < order.size()) part.push_back(corpus[order[next++]]);
  };
  fill(out.reference, out.tokens);
  fill(out.train, out.tokens);
  out.baseline.resize(options.baseline_parts);
  for (core::token_sequences& part : out.baseline) fill(part, out.tokens);
  fill(out.control, out.tokens);
  fill(out.fresh, corpus.token_count());
  return out;
}

}  // namespace tailwatch::report
