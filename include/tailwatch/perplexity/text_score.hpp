// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/perplexity/detail/cluster_ratio.hpp"

namespace tailwatch::perplexity {

/// What a language model says of one sentence. Tokens are its words and one end of sentence.
struct sentence_score {
  double log_likelihood = 0.0;        ///< nats, every token
  double log_likelihood_known = 0.0;  ///< nats, without out-of-vocabulary words
  std::uint64_t tokens = 0;           ///< words + 1
  std::uint64_t oov = 0;              ///< out-of-vocabulary words

  [[nodiscard]] double log_likelihood_per_token() const noexcept {
    return log_likelihood / static_cast<double>(tokens);
  }
  friend bool operator==(const sentence_score&, const sentence_score&) = default;
};

/// What a language model says of a text, sentence by sentence, and every figure that is called "perplexity".
///
///   ℓ    log-likelihood in nats of all tokens          ℓ_k  of the tokens in the vocabulary
///   T    tokens, one </s> per sentence included        S    sentences      O  out-of-vocabulary words
///
///   perplexity()                          exp(−ℓ/T)          KenLM "including OOVs"
///   perplexity_excluding_oov()            exp(−ℓ_k/(T − O))  KenLM "excluding OOVs", SRILM ppl
///   perplexity_per_word()                 exp(−ℓ/(T − S))    word_perplexity of lm-evaluation-harness
///   perplexity_per_word_excluding_oov()   exp(−ℓ_k/(T − S − O))   SRILM ppl1
///   bits_per_token()                      −ℓ/(T ln 2)
///   perplexity_per_byte(B)                exp(−ℓ/B)          bits_per_byte(B)  −ℓ/(B ln 2)
///
/// Only the per-byte figures can be compared between models with different vocabularies, and a perplexity including OOV
/// depends on how much the model gives to the unknown word: report it with excluding_oov and the count.
///
/// Standard errors take the sentence as the unit of sampling (linearised ratio of sums, then the delta method), so that
/// tokens of one sentence may depend on one another; NaN with fewer than two sentences. `count` of the estimate is the
/// number of tokens, words or bytes divided by. Empty text: NaN. A token of probability 0: perplexity +∞, standard
/// error NaN.
class text_score {
 public:
  std::vector<sentence_score> sentences;

  void push_back(const sentence_score& s) {
    sentences.push_back(s);
    log_likelihood_ += s.log_likelihood;
    log_likelihood_known_ += s.log_likelihood_known;
    tokens_ += s.tokens;
    oov_ += s.oov;
  }

  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] double log_likelihood_known() const noexcept { return log_likelihood_known_; }
  [[nodiscard]] double log10_probability() const noexcept { return log_likelihood_ * std::numbers::log10e; }
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::uint64_t words() const noexcept { return tokens_ - sentences.size(); }
  [[nodiscard]] std::uint64_t oov() const noexcept { return oov_; }

  [[nodiscard]] estimate perplexity() const {
    return exponential([](const sentence_score& s) { return detail::cluster{s.log_likelihood, s.tokens}; });
  }
  [[nodiscard]] estimate perplexity_excluding_oov() const {
    return exponential([](const sentence_score& s) {
      return detail::cluster{s.log_likelihood_known, s.tokens - s.oov};
    });
  }
  [[nodiscard]] estimate perplexity_per_word() const { return exponential(mean_per(words())); }
  [[nodiscard]] estimate perplexity_per_word_excluding_oov() const {
    detail::ratio r = mean([](const sentence_score& s) {
      return detail::cluster{s.log_likelihood_known, s.tokens - s.oov};
    });
    return exponential(rescaled(r, words() - oov_));
  }
  [[nodiscard]] estimate bits_per_token() const { return bits(mean_per(tokens_)); }
  [[nodiscard]] estimate perplexity_per_byte(std::uint64_t bytes) const { return exponential(mean_per(bytes)); }
  [[nodiscard]] estimate bits_per_byte(std::uint64_t bytes) const { return bits(mean_per(bytes)); }

  friend bool operator==(const text_score&, const text_score&) = default;

 private:
  template <class Cluster>
  [[nodiscard]] detail::ratio mean(Cluster cluster) const {
    return detail::cluster_ratio(sentences.size(), [&](std::size_t i) { return cluster(sentences[i]); });
  }
  [[nodiscard]] static detail::ratio rescaled(detail::ratio r, std::uint64_t units) {
    const double factor = units == 0 ? core::nan : static_cast<double>(r.units) / static_cast<double>(units);
    return {r.mean * factor, r.standard_error * factor, units, r.clusters};
  }
  [[nodiscard]] detail::ratio mean_per(std::uint64_t units) const {
    return rescaled(mean([](const sentence_score& s) { return detail::cluster{s.log_likelihood, s.tokens}; }), units);
  }
  [[nodiscard]] static estimate exponential(const detail::ratio& r) {
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
  template <class Cluster>
  [[nodiscard]] estimate exponential(Cluster cluster) const {
    return exponential(mean(cluster));
  }
  [[nodiscard]] static estimate bits(const detail::ratio& r) {
    return {-r.mean / std::numbers::ln2, r.standard_error / std::numbers::ln2, r.units};
  }

  double log_likelihood_ = 0.0;
  double log_likelihood_known_ = 0.0;
  std::uint64_t tokens_ = 0;
  std::uint64_t oov_ = 0;
};

}  // namespace tailwatch::perplexity
