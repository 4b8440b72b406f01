// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/smoothed_ngram.hpp"

#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

namespace {

using tailwatch::token_sequences;
using tailwatch::perplexity::perplexity_ngram;
using tailwatch::perplexity::smoothed_ngram;
using tailwatch::perplexity::smoothing;
using tailwatch::testing::close;

token_sequences smoothed_lines(const std::vector<std::vector<int>>& lines) {
  token_sequences text;
  for (const auto& line : lines) text.push_back(line);
  return text;
}

}  // namespace

TEST_CASE("smoothed_ngram: bigrams by hand", "[perplexity]") {
  // <s> a b </s>, <s> a c </s>: c(a) = 2 before b, c; unigrams <s> 2, a 2, b 1, c 1, </s> 2 of 8
  const auto training = smoothed_lines({{0, 1}, {0, 2}});
  const std::vector<std::uint32_t> ab{0, 1};
  const auto first = [&](smoothing method) {
    return smoothed_ngram(training, {.order = 2, .method = method, .discount = 0.5}).log_probabilities(ab);
  };
  const auto laplace = first(smoothing::laplace);  // V = a b c + 4
  REQUIRE(laplace.size() == 3);
  REQUIRE(close(laplace[1], std::log(2.0 / 9.0), 1e-14));
  const auto absolute = first(smoothing::absolute_discounting);
  REQUIRE(close(absolute[0], std::log(1.5 / 2.0 + 0.25 * 0.25), 1e-14));
  REQUIRE(close(absolute[1], std::log(0.25 + 0.5 * 0.125), 1e-14));
  const auto witten_bell = first(smoothing::witten_bell);  // T(a) = 2, c(a) = 2
  REQUIRE(close(witten_bell[1], std::log(0.5 * 0.5 + 0.5 * 0.125), 1e-14));
  // Continuation counts: a 1, b 1, c 1, </s> 2 (never <s>): k(b)/Σk = 1/5
  const auto kneser_ney = first(smoothing::kneser_ney_interpolated);
  REQUIRE(close(kneser_ney[1], std::log(0.25 + 0.5 * 0.2), 1e-14));
  REQUIRE(close(kneser_ney[2], std::log(0.5 + 0.5 * 0.4), 1e-14));
}

TEST_CASE("perplexity_ngram: unknown words, zero probabilities, edges", "[perplexity]") {
  const auto training = smoothed_lines({{0, 1}, {0, 2}, {0, 1, 5}});
  const auto test = smoothed_lines({{0, 77}});
  // Without an unknown word in training, an unseen one has probability 0; with a cut-off of 2 words 2 and 5 become
  // unknown.
  REQUIRE(std::isinf(perplexity_ngram(training, test, {.order = 2}).value));
  const auto finite = perplexity_ngram(training, test, {.order = 2, .unknown_cutoff = 2});
  REQUIRE(std::isfinite(finite.value));
  REQUIRE(finite.count == 3);
  REQUIRE(std::isnan(finite.standard_error));
  REQUIRE(perplexity_ngram(training, smoothed_lines({{0, 1}, {0, 2}}), {.order = 2}).standard_error > 0.0);
  REQUIRE(smoothed_ngram(training, {.unknown_cutoff = 2}).types() == 2);
  REQUIRE(std::isnan(perplexity_ngram(training, token_sequences{}).value));
  REQUIRE(std::isinf(perplexity_ngram(token_sequences{}, test).value));
  REQUIRE_THROWS_AS(perplexity_ngram(training, test, {.order = 0}), std::invalid_argument);
  REQUIRE_THROWS_AS(perplexity_ngram(training, test, {.discount = 1.5}), std::invalid_argument);
}
