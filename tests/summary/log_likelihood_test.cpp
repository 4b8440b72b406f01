// SPDX-License-Identifier: BSL-1.0
// log_likelihood: closed forms, agreement with the estimators of ranges, errors against replicates, the edges. Laws: conformance/.
#include "tailwatch/summary/log_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/bits_per_byte.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"

using namespace tailwatch;
using summary::log_likelihood;
using tailwatch::testing::close;

static_assert(core::summary<log_likelihood>);
static_assert(core::reducible<log_likelihood>);

namespace {

std::vector<double> log_likelihood_sample(std::size_t n, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(n);
  for (double& v : x) v = 2.5 * std::log(1.0 - core::uniform_01(random));
  return x;
}

}  // namespace

TEST_CASE("log_likelihood: two documents by hand", "[summary]") {
  const std::vector<double> first{-1.0, -2.0, -3.0}, second{-0.5};
  log_likelihood state;
  state.add_document(log_probabilities(first), {.words = 2, .bytes = 10});
  state.add_document(log_probabilities(second), {.words = 1, .bytes = 2});
  CHECK(state.count() == 4);
  CHECK(state.clusters() == 2);
  CHECK(state.words() == 3);
  CHECK(state.bytes() == 12);
  CHECK(close(state.total(), -6.5, 1e-15));
  CHECK(close(state.per_token().value, 6.5 / 4.0, 1e-15));
  CHECK(close(state.per_word().value, 6.5 / 3.0, 1e-15));
  CHECK(close(state.per_byte().value, 6.5 / 12.0, 1e-15));
  // Σ (s − ℓ u)² over (6, 3) and (0.5, 1), times C/(C − 1), over T².
  const double m = 6.5 / 4.0, a = 6.0 - 3.0 * m, b = 0.5 - m;
  CHECK(close(state.per_token().standard_error, std::sqrt(2.0 * (a * a + b * b)) / 4.0, 1e-14));
  CHECK(state.per_byte().count == 12);
  CHECK(close(state.per_known(8).value, 6.5 / 8.0, 1e-15));
  CHECK(std::isnan(state.per_known(0).value));
}

TEST_CASE("log_likelihood: reads as the estimators of ranges do", "[summary]") {
  const auto x = log_likelihood_sample(5003, 1);
  log_likelihood tokens;
  for (std::size_t i = 0; i < x.size(); i += 700)
    tokens.update(log_probabilities(std::span(x).subspan(i, std::min<std::size_t>(700, x.size() - i))));
  const auto same = [](const estimate& a, const estimate& b, double se_tolerance) {
    CHECK(close(a.value, b.value, 1e-12));
    CHECK(close(a.standard_error, b.standard_error, se_tolerance));
    CHECK(a.count == b.count);
  };
  same(perplexity::token_perplexity(tokens), perplexity::token_perplexity(log_probabilities(x)), 1e-11);
  same(perplexity::bits_per_token(tokens), perplexity::bits_per_token(log_probabilities(x)), 1e-11);
  const estimate per_byte = perplexity::bits_per_byte(log_probabilities(x), 20000);
  same(core::scaled(tokens.per_known(20000), 1.0 / std::numbers::ln2), per_byte, 1e-11);

  std::vector<std::size_t> lengths;  // from 0 to 40 tokens
  std::size_t left = x.size();
  for (std::size_t i = 0; left > 0; ++i) {
    lengths.push_back(std::min<std::size_t>((i * 17) % 41, left));
    left -= lengths.back();
  }
  std::vector<std::uint8_t> mask(x.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 7 == 0 ? 0 : 1;
  log_likelihood documents;
  documents.add_documents(log_probabilities(x), lengths, mask);
  same(perplexity::token_perplexity(documents),
       perplexity::token_perplexity(log_probabilities(x), lengths, {.mask = mask}), 1e-9);
  log_likelihood masked;
  masked.update(log_probabilities(x), mask);
  same(perplexity::token_perplexity(masked), perplexity::token_perplexity(log_probabilities(x), {.mask = mask}), 1e-11);
  CHECK(std::isnan(perplexity::bits_per_byte(documents).value));  // no bytes were given
}

TEST_CASE("log_likelihood: the standard error per byte is the spread over corpora", "[summary]") {
  // Documents of random length whose tokens share a level: tokens of one document are far from independent.
  core::random_engine random(7);
  constexpr int replicates = 400;
  double sum = 0.0, squares = 0.0, variance = 0.0;
  for (int r = 0; r < replicates; ++r) {
    log_likelihood state;
    for (int d = 0; d < 150; ++d) {
      const auto length = 1 + static_cast<std::size_t>(core::uniform_below(random, 30));
      const double level = 1.0 + 3.0 * core::uniform_01(random);
      std::vector<double> x(length);
      std::uint64_t bytes = 0;
      for (double& v : x) {
        v = -level * (0.5 + core::uniform_01(random));
        bytes += 1 + core::uniform_below(random, 8);
      }
      state.add_document(log_probabilities(x), {.words = length, .bytes = bytes});
    }
    const estimate e = perplexity::bits_per_byte(state);
    sum += e.value;
    squares += e.value * e.value;
    variance += e.standard_error * e.standard_error;
  }
  const double n = replicates, spread = (squares - sum * sum / n) / (n - 1.0);
  // A variance from 400 normal replicates is known to √(2/399) = 7 %: four of those.
  CHECK(close(variance / n, spread, 4.0 * std::sqrt(2.0 / (n - 1.0))));
}

TEST_CASE("log_likelihood: what is no log-probability", "[summary]") {
  log_likelihood state;
  CHECK(std::isnan(state.per_token().value));
  CHECK(state.total() == 0.0);
  const std::vector<float> x{-1.0F, static_cast<float>(core::nan), -2.0F};
  state.update(log_probabilities(x));
  CHECK(state.count() == 2);
  CHECK(state.rejected() == 1);
  CHECK(close(state.per_token().value, 1.5, 1e-15));
  const log_likelihood before = state;
  const std::vector<float> logits{-1.0F, 3.0F};
  CHECK_THROWS_AS(state.update(log_probabilities(logits)), std::invalid_argument);
  CHECK_THROWS_AS(state.add_document(log_probabilities(logits)), std::invalid_argument);
  const std::vector<std::uint8_t> hides{1, 0}, short_mask{1};
  CHECK_THROWS_AS(state.update(log_probabilities(logits), short_mask), std::invalid_argument);
  CHECK_THROWS_AS(state.add_documents(log_probabilities(x), std::vector<int>{1, 3}), std::invalid_argument);
  CHECK_THROWS_AS(state.add_documents(log_probabilities(x), std::vector<int>{1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(state.add_documents(log_probabilities(x), std::vector<int>{-1, 4}), std::invalid_argument);
  CHECK(state == before);
  state.update(log_probabilities(logits), hides);  // what the mask hides is not looked at
  CHECK(state.count() == 3);
  const std::vector<float> never{-static_cast<float>(core::infinity)};
  state.update(log_probabilities(never));
  CHECK(state.impossible() == 1);
  CHECK(state.count() == 4);
  CHECK(state.total() == -core::infinity);
  CHECK(state.per_token().value == core::infinity);
  CHECK(std::isnan(state.per_token().standard_error));
  CHECK(perplexity::token_perplexity(state).value == core::infinity);
  log_likelihood one;
  one.update(log_probabilities(std::span(x).first(1)));
  CHECK(one.per_token().value == 1.0);
  CHECK(std::isnan(one.per_token().standard_error));
}
