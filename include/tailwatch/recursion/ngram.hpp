// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"

namespace tailwatch::recursion {

/// The n-gram language model as a model family for `run`: data are core::token_sequences, a unit is a token.
///
///   recursion::run(text, ngram_model{.fitting = {.order = 3}, .sampling = {.top_p = 0.95}}, options, random, observer);
///
/// A sample consists of whole sentences and so overshoots the tokens asked for by less than one sentence; the trajectory
/// records the tokens really drawn. The options are those of perplexity::kneser_ney and perplexity::kneser_ney_sampler.
/// Sampling with temperature < 1, top_k or top_p sharpens each generation: the tail shrinks systematically. Pure sampling
/// spreads instead, because smoothing gives unseen n-grams mass that the next fit takes for real.
///
/// Weights are one a sentence and mean repetition: k counts as k copies, bit for bit, 0 as absence, a fraction as an expectation
/// (see perplexity::kneser_ney). Their scale matters, because the discounts are about counts of one, two and three. The weights
/// that `run` gives for run_options::real_weight have mean 1; of items, that is of sentences, so the tokens of real sentences get
/// that weight only as far as sentences of both kinds are equally long.
///
/// @complexity  fit O(order · tokens); sample O(order log successors) a token after O(n-grams) to prepare the sampler
struct ngram_model {
  perplexity::kneser_ney_options fitting{};
  perplexity::sampler_options sampling{};

  [[nodiscard]] perplexity::kneser_ney fit(const core::token_sequences& text) const {
    return perplexity::kneser_ney(text, fitting);
  }

  /// @throws std::invalid_argument  for weights as perplexity::kneser_ney refuses them
  [[nodiscard]] perplexity::kneser_ney fit(const core::token_sequences& text, std::span<const double> weights) const {
    return perplexity::kneser_ney(text, weights, fitting);
  }

  template <core::random_bits Random>
  [[nodiscard]] core::token_sequences sample(const perplexity::kneser_ney& model, std::uint64_t tokens,
                                             Random& random) const {
    perplexity::kneser_ney_sampler sampler(model, sampling);
    return sampler.generate(static_cast<std::size_t>(tokens), random);
  }

  /// ln p of a sentence and its end, nats.
  [[nodiscard]] double log_density(const perplexity::kneser_ney& model,
                                   std::span<const core::token_sequences::token> sentence) const {
    return model.score_sentence(sentence).log_likelihood;
  }
};

}  // namespace tailwatch::recursion
