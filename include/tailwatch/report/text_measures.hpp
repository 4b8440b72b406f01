// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/diversity/distinct_n.hpp"
#include "tailwatch/drift/jensen_shannon.hpp"
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/tail/missing_mass.hpp"
#include "tailwatch/tail/reference_tail_coverage.hpp"
#include "tailwatch/uniqueness/ngram_novelty.hpp"

namespace tailwatch::report {

/// The first `tokens` tokens of a text, the last sequence cut where they end: samples of equal size, because types, entropy
/// and n-gram shares all depend on the size.
[[nodiscard]] inline core::token_sequences first_tokens(const core::token_sequences& text, std::size_t tokens) {
  core::token_sequences out;
  out.reserve(std::min(tokens, text.token_count()), text.size());
  for (std::size_t i = 0; i < text.size() && out.token_count() < tokens; ++i) {
    const auto sentence = text[i];
    out.push_back(sentence.first(std::min(sentence.size(), tokens - out.token_count())));
  }
  return out;
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Every number of the collapse table, for texts of one size against one reference text.
///
/// Entropy, missing mass, rare-word mass and n-gram shares by their estimators of entropy/, tail/, diversity/ and uniqueness/;
/// Kullback–Leibler and Jensen–Shannon between word distributions; Wasserstein-1 between the per-sentence log-likelihoods
/// (nats per token) of the text and of human text, both under one fixed scorer. The scorer is fitted on the reference and
/// on nothing else: under generation 0's own model, generation 0's text would look better than that of a re-fitted model.
/// @complexity  O(tokens) per text
class text_measures {
 public:
  static constexpr std::uint64_t rare_count = 2;  ///< a word is rare where the reference holds it at most this often
  static constexpr std::size_t jackknife_groups = 20;  ///< sentences are dealt into these for the errors of distinct-n

  /// @param human   human text outside reference and training, for the log-likelihoods
  /// @param scorer  fitted on the reference; must outlive this object
  text_measures(const core::token_sequences& reference, const core::token_sequences& human, std::size_t vocabulary,
                const perplexity::kneser_ney& scorer)
      : vocabulary_(vocabulary),
        scorer_(&scorer),
        words_(vocabulary),
        trigrams_({.order = 3, .vocabulary = vocabulary}),
        scores_(sentence_scores(human)) {
    words_.update(reference);
    trigrams_.update(reference);
  }

  /// One metric per value of `measure`, in order.
  [[nodiscard]] static std::vector<metric> metrics() {
    return {
        {"perplexity", "held-out perplexity", "ppl",
         "Perplexity of the generation's model on held-out human text; every word of the corpus "
         "vocabulary has a probability, so generations compare. Rises as a model forgets."},
        {"entropy", "token entropy (nats)", "entropy",
         "Shannon entropy of the words of the text, nats per word, plug-in."},
        {"missing_mass", "missing mass", "missing",
         "Good-Turing missing mass f1/N: the chance that the next word of such text is new."},
        {"rare_mass", "mass on rare words", "rare",
         "Share of the text's words that are rare in the reference (seen there once or twice): tail "
         "coverage."},
        {"distinct_2", "distinct-2", "dist-2", "Distinct word pairs divided by all word pairs."},
        {"distinct_3", "distinct-3", "dist-3", "Distinct word triples divided by all word triples."},
        {"novelty_3", "novelty", "novelty", "Share of word triples that do not occur in the reference."},
        {"repetition_4", "repetition", "repeat",
         "Share of runs of four words that repeat an earlier one in the same text."},
        {"kullback_leibler", "Kullback-Leibler (nats)", "KL",
         "Kullback-Leibler divergence of the text's word distribution from the reference's, nats, "
         "half a count added to every word of the vocabulary."},
        {"jensen_shannon", "Jensen-Shannon (nats)", "JS",
         "Jensen-Shannon divergence between the two word distributions, nats (at most 0.693)."},
        {"wasserstein_1", "Wasserstein-1 of log-likelihood", "W1",
         "Wasserstein-1 distance between the log-likelihoods per sentence (nats per word, under a "
         "model of the reference) of the text and of human text."},
    };
  }

  /// @param text        cut to the common size already
  /// @param perplexity  the model's held-out perplexity; an undefined estimate for text without a model
  [[nodiscard]] generation_row measure(const core::token_sequences& text, const estimate& perplexity) const {
    summary::dense_counts words(vocabulary_);
    words.update(text);
    summary::ngram_counts triples({.order = 3, .vocabulary = vocabulary_});
    triples.update(text);
    const estimate quadruples = diversity::distinct_n(text, {.order = 4, .groups = jackknife_groups});
    const std::vector<double> scores = sentence_scores(text);

    generation_row row;
    row.values = {perplexity,
                  entropy::plugin(words),
                  tail::missing_mass(words),
                  tail::reference_tail_coverage(words_, words, {.max_count = rare_count}).mass,
                  diversity::distinct_n(text, {.order = 2, .groups = jackknife_groups}),
                  diversity::distinct_n(text, {.order = 3, .groups = jackknife_groups}),
                  uniqueness::ngram_novelty(triples, trigrams_),
                  {1.0 - quadruples.value, quadruples.standard_error, quadruples.count},
                  drift::kullback_leibler_smoothed(words, words_),
                  drift::jensen_shannon_divergence(words, words_),
                  drift::wasserstein_1d(scores, scores_)};
    row.diversity = static_cast<double>(summary::frequency_profile(words).types());
    row.uniqueness = static_cast<double>(triples.distinct());
    row.quality = perplexity.value;
    return row;
  }

 private:
  [[nodiscard]] std::vector<double> sentence_scores(const core::token_sequences& text) const {
    std::vector<double> scores;
    scores.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      scores.push_back(scorer_->score_sentence(text[i]).log_likelihood_per_token());
    return scores;
  }

  std::size_t vocabulary_;
  const perplexity::kneser_ney* scorer_;
  summary::dense_counts words_;
  summary::ngram_counts trigrams_;
  std::vector<double> scores_;
};

/// Raw counts of `measure` (types, distinct triples, perplexity) → per cent of generation 0. Quality is generation 0's
/// perplexity divided by this one's.
inline void as_percent_of(generation_row& row, const generation_row& first) {
  row.diversity = 100.0 * row.diversity / first.diversity;
  row.uniqueness = 100.0 * row.uniqueness / first.uniqueness;
  row.quality = 100.0 * first.quality / row.quality;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::report
