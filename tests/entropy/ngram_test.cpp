// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/ngram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"

TEST_CASE("entropy: ngram of an alternating list", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::ngram_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::entropy::conditional_ngram_fn>);
  std::vector<int> tokens;
  for (int i = 0; i < 1001; ++i) tokens.push_back(i % 2);
  CHECK(tailwatch::testing::close(tailwatch::entropy::ngram(tokens, {.order = 2}).value, std::log(2.0), 1e-14));
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 2}).count == 1000);
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 2}).standard_error < 1e-3);
  CHECK(std::isnan(tailwatch::entropy::ngram(tokens, {.order = 2, .blocks = 0}).standard_error));
  CHECK_THROWS_AS(tailwatch::entropy::ngram(tokens, {.order = 2, .blocks = 256}), std::invalid_argument);
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 1}).standard_error < 1e-3);
  CHECK(std::abs(tailwatch::entropy::conditional_ngram(tokens, {.order = 2}).value) < 1e-5);
  CHECK(tailwatch::entropy::conditional_ngram(tokens, {.order = 1}).value ==
        tailwatch::entropy::ngram(tokens, {.order = 1}).value);
}

TEST_CASE("entropy: no n-gram crosses the border of two sequences", "[entropy]") {
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2});
  sequences.push_back(std::vector<int>{});
  sequences.push_back(std::vector<int>{1, 2});
  sequences.push_back(std::vector<int>{7});
  const auto e = tailwatch::entropy::ngram(sequences, {.order = 2});
  CHECK(e.value == 0.0);
  CHECK(e.count == 2);
  CHECK(std::isnan(tailwatch::entropy::ngram(sequences, {.order = 3}).value));
}

TEST_CASE("entropy: ngram of too few tokens is not defined", "[entropy]") {
  CHECK(std::isnan(tailwatch::entropy::ngram(std::vector<int>{}, {.order = 1}).value));
  CHECK(std::isnan(tailwatch::entropy::ngram(std::vector<int>{1, 2}, {.order = 3}).value));
  CHECK(std::isnan(tailwatch::entropy::conditional_ngram(std::vector<int>{1}, {.order = 2}).value));
  CHECK_THROWS_AS(tailwatch::entropy::ngram(std::vector<int>{1}, {.order = 0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::conditional_ngram(std::vector<int>{1}, {.order = 0}), std::invalid_argument);
}

TEST_CASE("entropy: conditional_ngram of independent tokens is their entropy", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(5, 1.0);
  tailwatch::core::random_engine random(25);
  const auto tokens = source.tokens(100000, random);
  const double h = tailwatch::entropy::ngram(tokens, {.order = 1}).value;
  CHECK(std::abs(tailwatch::entropy::conditional_ngram(tokens, {.order = 3}).value - h) < 2e-3);
}

namespace {

using tailwatch::core::random_engine;

/// Replicates of an error of n-grams of one source against the scatter, NaN left out.
struct ngram_errors {
  std::size_t defined = 0, replicates = 0;
  double mean = 0.0, squares = 0.0, errors = 0.0;
  void add(const tailwatch::estimate& e) {
    const double delta = e.value - mean;
    mean += delta / static_cast<double>(++replicates);
    squares += delta * (e.value - mean);
    if (std::isnan(e.standard_error)) return;
    ++defined;
    errors += e.standard_error;
  }
  [[nodiscard]] double ratio() const {
    return errors / static_cast<double>(defined) / std::sqrt(squares / (static_cast<double>(replicates) - 1.0));
  }
};

struct ngram_case {
  std::size_t types;
  double exponent;
  std::size_t tokens, order;
};

/// Mean error over scatter of H_n and of H_n − H_{n−1}, from tokens and from counts, within four Monte-Carlo errors.
void check_ngram_errors(const ngram_case& of, std::uint64_t seed) {
  const auto source = tailwatch::testing::categorical::zipf(of.types, of.exponent);
  ngram_errors whole, next, whole_of_counts, next_of_counts;
  constexpr std::size_t replicates = 400;
  for (std::size_t i = 0; i < replicates; ++i) {
    random_engine random(tailwatch::core::split_seed(seed, i));
    const auto tokens = source.tokens(of.tokens, random);
    whole.add(tailwatch::entropy::ngram(tokens, {.order = of.order}));
    next.add(tailwatch::entropy::conditional_ngram(tokens, {.order = of.order}));
    tailwatch::summary::ngram_counts joint({.order = of.order, .vocabulary = 8192});
    tailwatch::summary::ngram_counts context({.order = of.order - 1, .vocabulary = 8192});
    joint.update(tokens);
    context.update(tokens);
    whole_of_counts.add(tailwatch::entropy::ngram(joint));
    next_of_counts.add(tailwatch::entropy::conditional_ngram(joint, context));
  }
  const double noise = 4.0 / std::sqrt(2.0 * static_cast<double>(replicates));
  INFO(of.types << " types, exponent " << of.exponent << ", " << of.tokens << " tokens, n = " << of.order);
  for (const ngram_errors* e : {&whole, &next, &whole_of_counts, &next_of_counts}) {
    CHECK(e->defined > replicates * 9 / 10);
    CHECK(std::abs(e->ratio() - 1.0) < noise);
  }
}

}  // namespace

TEST_CASE("entropy: the errors of n-gram entropies match their scatter, Zipf", "[entropy]") {
  check_ngram_errors({50, 1.0, 2000, 2}, 57);
  check_ngram_errors({20, 1.0, 1000, 3}, 58);
  check_ngram_errors({500, 1.0, 1000, 2}, 59);
}

TEST_CASE("entropy: the errors of n-gram entropies match their scatter, equal shares", "[entropy]") {
  check_ngram_errors({5, 0.0, 1000, 2}, 60);
  check_ngram_errors({20, 0.0, 2000, 2}, 61);
  check_ngram_errors({100, 0.0, 1000, 2}, 62);
}

TEST_CASE("entropy: the errors of n-gram entropies match where nearly every n-gram is seen once", "[entropy]") {
  check_ngram_errors({20, 0.0, 700, 3}, 63);
  check_ngram_errors({50, 0.0, 2000, 3}, 64);
}

TEST_CASE("entropy: the error of n-gram entropies is not known where hardly any n-gram comes again", "[entropy]") {
  random_engine random(65);
  const auto tokens = tailwatch::testing::categorical::zipf(1000, 0.0).tokens(2000, random);
  CHECK(std::isnan(tailwatch::entropy::ngram(tokens, {.order = 3}).standard_error));
  CHECK(std::isnan(tailwatch::entropy::conditional_ngram(tokens, {.order = 4}).standard_error));
  CHECK(tailwatch::entropy::conditional_ngram(tokens, {.order = 2}).standard_error > 0.0);
  // One passage that comes again is one coincidence, however many n-grams it has.
  auto twice = tailwatch::testing::categorical::zipf(100000, 0.0).tokens(2000, random);
  std::copy_n(twice.begin(), 50, twice.begin() + 1000);
  CHECK(tailwatch::entropy::ngram(twice, {.order = 3}).value < std::log(1998.0) - 0.03);
  CHECK(std::isnan(tailwatch::entropy::ngram(twice, {.order = 3}).standard_error));
  // Nothing varies.
  const std::vector<int> same(500, 3);
  CHECK(tailwatch::entropy::ngram(same, {.order = 2}).value == 0.0);
  CHECK(std::isnan(tailwatch::entropy::ngram(same, {.order = 2}).standard_error));
}

TEST_CASE("entropy: the error of an n-gram entropy knows of dependent tokens", "[entropy]") {
  // Three tokens of four continue a count upwards: independent ones would have an error of half the scatter.
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  ngram_errors whole, next, next_of_counts;
  for (std::size_t i = 0; i < 400; ++i) {
    random_engine random(tailwatch::core::split_seed(58, i));
    auto tokens = source.tokens(2000, random);
    for (std::size_t t = 1; t < tokens.size(); ++t)
      if (tailwatch::core::uniform_01(random) < 0.75) tokens[t] = (tokens[t - 1] + 1) % 50;
    whole.add(tailwatch::entropy::ngram(tokens, {.order = 3}));
    next.add(tailwatch::entropy::conditional_ngram(tokens, {.order = 3}));
    tailwatch::summary::ngram_counts joint({.order = 2}), context({.order = 1});  // a chain of order 1
    joint.update(tokens);
    context.update(tokens);
    next_of_counts.add(tailwatch::entropy::conditional_ngram(joint, context));
  }
  for (const ngram_errors* e : {&whole, &next, &next_of_counts})
    CHECK(std::abs(e->ratio() - 1.0) < 4.0 / std::sqrt(800.0));
}

TEST_CASE("entropy: the errors of n-gram entropies know of the ends of sequences", "[entropy]") {
  // 200 sequences of 10 tokens: one bigram in nine begins no trigram, one trigram in eight has none after it.
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  ngram_errors whole, next, whole_of_counts, next_of_counts;
  for (std::size_t i = 0; i < 400; ++i) {
    random_engine random(tailwatch::core::split_seed(67, i));
    tailwatch::core::token_sequences sequences;
    for (int s = 0; s < 200; ++s) sequences.push_back(source.tokens(10, random));
    whole.add(tailwatch::entropy::ngram(sequences, {.order = 3}));
    next.add(tailwatch::entropy::conditional_ngram(sequences, {.order = 3}));
    tailwatch::summary::ngram_counts joint({.order = 3, .vocabulary = 64}), context({.order = 2, .vocabulary = 64});
    joint.update(sequences);
    context.update(sequences);
    whole_of_counts.add(tailwatch::entropy::ngram(joint));
    next_of_counts.add(tailwatch::entropy::conditional_ngram(joint, context));
  }
  for (const ngram_errors* e : {&whole, &next, &whole_of_counts, &next_of_counts})
    CHECK(std::abs(e->ratio() - 1.0) < 4.0 / std::sqrt(800.0));
}

TEST_CASE("entropy: which states tell the error of a conditional entropy", "[entropy]") {
  random_engine random(66);
  const auto tokens = tailwatch::testing::categorical::zipf(30, 1.0).tokens(3000, random);
  tailwatch::summary::ngram_counts joint({.order = 2, .vocabulary = 64});
  tailwatch::summary::ngram_counts context({.order = 1, .vocabulary = 32});
  tailwatch::summary::dense_counts dense(30), other(30);
  tailwatch::summary::count_table table;
  joint.update(tokens);
  context.update(tokens);
  dense.update(tokens);
  table.update(tokens);
  const auto& conditional = tailwatch::entropy::conditional_ngram;
  const auto e = conditional(joint, context);
  CHECK(e.value == tailwatch::entropy::conditional_ngram(tokens).value);
  CHECK(e.standard_error > 0.0);
  CHECK(tailwatch::testing::close(conditional(joint, dense).standard_error, e.standard_error, 1e-12));
  CHECK(tailwatch::testing::close(conditional(joint, table).standard_error, e.standard_error, 1e-12));
  CHECK(tailwatch::testing::close(conditional(joint, dense, {.unit = tailwatch::information_unit::bits}).standard_error,
                                  e.standard_error / std::log(2.0), 1e-12));

  // The delta method is √(Σ p̂ (ln p̂(next|before) + H)²/N).
  std::vector<double> of_pair(900), of_token(30);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) of_pair[tokens[i] * 30 + tokens[i + 1]] += 1.0;
  for (const std::uint32_t t : tokens) of_token[t] += 1.0;
  double mean = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < 900; ++i)
    if (of_pair[i] > 0.0) {
      const double x = std::log(of_pair[i]) / 2999.0 - std::log(of_token[i / 30]) / 3000.0;
      mean += of_pair[i] * x / 2999.0;
      squares += of_pair[i] * x * x;
    }
  CHECK(tailwatch::testing::close(
      conditional(joint, dense, {.error = tailwatch::entropy::plugin_error::delta_method}).standard_error,
      std::sqrt(squares - 2999.0 * mean * mean), 1e-9));

  CHECK(std::isnan(conditional(joint, other).standard_error));           // counts nothing of what the pairs hold
  CHECK(std::isnan(conditional(joint, joint).standard_error));           // not one token shorter
  CHECK(std::isnan(conditional(joint, dense.counts()).standard_error));  // no longer tells which token
  tailwatch::summary::ngram_counts part({.order = 2, .vocabulary = 64, .max_keys = 50});
  part.update(tokens);
  CHECK(std::isnan(conditional(part, dense).standard_error));
  CHECK(std::isnan(tailwatch::entropy::ngram(part).standard_error));
  CHECK(tailwatch::entropy::ngram(joint).value == tailwatch::entropy::ngram(tokens).value);
  CHECK(tailwatch::entropy::ngram(context).standard_error == tailwatch::entropy::plugin(dense).standard_error);
}

TEST_CASE("entropy: the blocks of an n-gram entropy leave out what they hold", "[entropy]") {
  // Two sequences, 8 blocks of 25 tokens: what Σ n ln n loses, against a text counted without those n-grams.
  const auto source = tailwatch::testing::categorical::zipf(6, 1.0);
  random_engine random(3);
  const auto tokens = source.tokens(200, random);
  const std::vector<std::size_t> ends{90, 200};
  const tailwatch::entropy::detail::blocked_ngrams blocked(std::span<const std::uint32_t>(tokens),
                                                           std::span<const std::size_t>(ends), 2, 8);
  const auto counted = [&](std::size_t b, std::size_t c) {
    std::vector<double> counts(36);
    for (std::size_t i = 0; i + 1 < 200; ++i)
      if (i != 89 && i / 25 != b && i / 25 != c) counts[tokens[i] * 6 + tokens[i + 1]] += 1.0;
    double sum = 0.0;
    for (const double n : counts) sum += n > 0.0 ? n * std::log(n) : 0.0;
    return sum;
  };
  CHECK(tailwatch::testing::close(blocked.sum(), counted(9, 9), 1e-13));
  for (std::size_t b = 0; b < 8; ++b) {
    CHECK(tailwatch::testing::close(blocked.lost(b), counted(9, 9) - counted(b, 9), 1e-12));
    for (std::size_t c = b + 1; c < 8; ++c)
      CHECK(tailwatch::testing::close(blocked.shared(b, c),
                                      counted(9, 9) - counted(b, 9) - counted(c, 9) + counted(b, c), 1e-11));
  }
}
