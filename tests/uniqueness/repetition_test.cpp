// SPDX-License-Identifier: BSL-1.0
// repetition_n, exact duplicates, self_repetition and self_bleu: one text against itself.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/sketch/document_sample.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"
#include "tailwatch/uniqueness/near_duplicates.hpp"
#include "tailwatch/uniqueness/repetition_n.hpp"
#include "tailwatch/uniqueness/self_bleu.hpp"
#include "tailwatch/uniqueness/self_repetition.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<uniqueness::repetition_n_fn>);
static_assert(core::estimator<uniqueness::sequence_repetition_n_fn>);
static_assert(core::estimator<uniqueness::exact_duplicate_rate_fn>);
static_assert(core::estimator<uniqueness::self_bleu_fn>);

TEST_CASE("uniqueness repetition_n: texts, states and borders", "[uniqueness]") {
  const std::vector<int> text{1, 2, 1, 2, 1, 3};
  CHECK(close(uniqueness::repetition_n(text, {.order = 2}).value, 0.4, 1e-15));  // 12 21 12 21 13
  CHECK(uniqueness::repetition_n(text, {.order = 2}).count == 5);
  summary::ngram_counts grams({.order = 2});
  grams.update(text);
  CHECK(uniqueness::repetition_n(grams) == uniqueness::repetition_n(text, {.order = 2}));
  CHECK(std::isnan(uniqueness::repetition_n(text, {.order = 7}).value));
  CHECK_THROWS_AS(uniqueness::repetition_n(text, {.order = 0}), std::invalid_argument);
  const std::vector<int> equal(50, 4);
  CHECK(close(uniqueness::repetition_n(equal, {.order = 1}).value, 0.98, 1e-15));
  CHECK(std::isnan(uniqueness::repetition_n(equal, {.order = 1}).standard_error));
}

TEST_CASE("uniqueness repetition_n: groups of sequences by hand", "[uniqueness]") {
  token_sequences text;
  text.push_back(std::vector<int>{1, 2, 3});     // group 0: 12 23
  text.push_back(std::vector<int>{1, 2, 4, 4});  // group 1: 12 24 44
  text.push_back(std::vector<int>{2, 3, 2});     // group 0: 23 32
  text.push_back(std::vector<int>{7});           // group 1: none
  const auto e = uniqueness::repetition_n(text, {.order = 2, .groups = 2});
  CHECK(e.value == uniqueness::repetition_n(text, {.order = 2}).value);
  CHECK(close(e.value, 2.0 / 7.0, 1e-15));
  CHECK(e.count == 7);
  CHECK(close(e.standard_error, 0.125, 1e-14));  // distinct per n-gram: 3/3 without group 0, 3/4 without group 1
  CHECK(std::isnan(uniqueness::repetition_n(std::vector<int>{1, 2, 1, 2}, {.order = 2, .groups = 4}).standard_error));
  CHECK(std::isnan(uniqueness::repetition_n(text, {.order = 9, .groups = 2}).value));
  CHECK_THROWS_AS(uniqueness::repetition_n(text, {.order = 2, .groups = 1}), std::invalid_argument);
  summary::ngram_counts grams({.order = 2});
  CHECK_THROWS_AS(uniqueness::repetition_n(grams, {.groups = 5}), std::invalid_argument);
}

// Sequences that repeat themselves in runs: tokens are far from independent, sequences are independent.
TEST_CASE("uniqueness repetition_n: the error by groups matches the scatter", "[uniqueness]") {
  const auto source = testing::categorical::zipf(60, 1.0);
  const auto s = testing::replicate(300, 5, [&](core::random_engine& random) {
    token_sequences text;
    for (int i = 0; i < 60; ++i) {
      std::vector<std::uint32_t> sequence = source.tokens(20, random);
      if (core::uniform_below(random, 2) == 0) std::copy_n(sequence.begin(), 10, sequence.begin() + 10);
      text.push_back(sequence);
    }
    return uniqueness::repetition_n(text, {.order = 2, .groups = 20});
  });
  CHECK(s.discrepancy() > -4.0);             // not too small;
  CHECK(s.mean_error < 1.25 * s.deviation);  // the jackknife errs upwards (Efron and Stein 1981)
}

TEST_CASE("uniqueness sequence_repetition_n: the mean over sequences", "[uniqueness]") {
  token_sequences text;
  text.push_back(std::vector<int>{1, 2, 1, 2, 1});  // 12 21 12 21: 1/2
  text.push_back(std::vector<int>{1, 2, 3});        // 0, though 12 stands in the first
  text.push_back(std::vector<int>{5});              // no bigram
  text.push_back(std::vector<int>{8, 8, 8, 8, 8});  // 88 four times: 3/4
  const auto e = uniqueness::sequence_repetition_n(text, {.order = 2});
  CHECK(close(e.value, (0.5 + 0.0 + 0.75) / 3.0, 1e-15));
  CHECK(e.count == 3);
  const double mean = 1.25 / 3.0;
  const double squares = (0.5 - mean) * (0.5 - mean) + mean * mean + (0.75 - mean) * (0.75 - mean);
  CHECK(close(e.standard_error, std::sqrt(squares / 6.0), 1e-14));
  CHECK(std::isnan(uniqueness::sequence_repetition_n(token_sequences{}).value));
  token_sequences one;
  one.push_back(std::vector<int>{1, 1, 1});
  CHECK(std::isnan(uniqueness::sequence_repetition_n(one, {.order = 2}).standard_error));
  CHECK(uniqueness::sequence_repetition_n(one, {.order = 2}).value == 0.5);
  CHECK_THROWS_AS(uniqueness::sequence_repetition_n(text, {.order = 0}), std::invalid_argument);
}

TEST_CASE("uniqueness exact_duplicates: lines, sequences and groups by hand", "[uniqueness]") {
  const std::vector<std::string> lines{"a", "b", "a", "", "c", "", "a"};
  CHECK(close(uniqueness::exact_duplicate_rate(lines).value, 3.0 / 7.0, 1e-15));
  CHECK(close(uniqueness::duplicate_member_rate(lines).value, 5.0 / 7.0, 1e-15));
  const auto groups = uniqueness::duplicate_groups(lines);
  CHECK(groups.f(1) == 2);
  CHECK(groups.f(2) == 1);
  CHECK(groups.f(3) == 1);
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  CHECK(uniqueness::exact_duplicate_rate(views) == uniqueness::exact_duplicate_rate(groups));
  token_sequences sequences;
  for (const auto& line : lines) sequences.push_back(line);
  CHECK(uniqueness::exact_duplicate_rate(sequences) == uniqueness::exact_duplicate_rate(groups));
  CHECK(uniqueness::duplicate_member_rate(sequences) == uniqueness::duplicate_member_rate(groups));
  summary::count_table hashes;
  for (const std::uint64_t key : {7U, 8U, 7U, 1U, 9U, 1U, 7U}) hashes.add(key);
  CHECK(uniqueness::exact_duplicate_rate(hashes) == uniqueness::exact_duplicate_rate(groups));
  CHECK(std::isnan(uniqueness::exact_duplicate_rate(std::vector<std::string>{}).value));
  const std::vector<std::string> one{"x"};
  CHECK(uniqueness::exact_duplicate_rate(one).value == 0.0);
  CHECK(uniqueness::duplicate_member_rate(one).value == 0.0);
  CHECK(std::isnan(uniqueness::duplicate_member_rate(one).standard_error));
}

TEST_CASE("uniqueness exact_duplicates: jackknife errors are the delete-one formula", "[uniqueness]") {
  const std::vector<int> sizes{1, 1, 1, 2, 2, 5};
  double sum[2] = {}, squares[2] = {};
  constexpr double n = 12.0;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    for (int copy = 0; copy < sizes[i]; ++copy) {
      std::vector<std::uint64_t> rest(sizes.begin(), sizes.end());
      --rest[i];
      const summary::frequency_profile profile(rest);
      const double v[2] = {uniqueness::exact_duplicate_rate(profile).value,
                           uniqueness::duplicate_member_rate(profile).value};
      for (int k = 0; k < 2; ++k) {
        sum[k] += v[k];
        squares[k] += v[k] * v[k];
      }
    }
  const summary::frequency_profile whole(sizes);
  const auto error = [&](int k) { return std::sqrt((n - 1.0) / n * (squares[k] - sum[k] * sum[k] / n)); };
  CHECK(close(uniqueness::exact_duplicate_rate(whole).standard_error, error(0), 1e-10));
  CHECK(close(uniqueness::duplicate_member_rate(whole).standard_error, error(1), 1e-10));
}

TEST_CASE("uniqueness exact_duplicates: jackknife error bounds the spread, and not by much", "[uniqueness]") {
  core::random_engine random(13);
  constexpr int replicates = 1500;
  double sum = 0, squares = 0, errors = 0;
  for (int r = 0; r < replicates; ++r) {
    std::vector<std::uint64_t> cells(3000, 0);
    for (int i = 0; i < 600; ++i) ++cells[core::uniform_below(random, cells.size())];
    const estimate e = uniqueness::exact_duplicate_rate(summary::frequency_profile(cells));
    sum += e.value;
    squares += e.value * e.value;
    errors += e.standard_error;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  const double ratio = errors / replicates / spread;
  CHECK(ratio > 1.0 - 4.0 / std::sqrt(2.0 * replicates));
  CHECK(ratio < 1.6);  // √2 in the limit of rare duplicates: the leave-one-out difference counts both of a pair
}

TEST_CASE("uniqueness self_repetition: by hand", "[uniqueness]") {
  token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2, 3, 1, 2});  // 12 23 31
  sequences.push_back(std::vector<int>{1, 2, 9});        // 12 29
  sequences.push_back(std::vector<int>{4});
  const estimate e = uniqueness::self_repetition(sequences, {.order = 2});
  CHECK(close(e.value, 2.0 * std::log(2.0) / 3.0, 1e-15));
  CHECK(e.count == 3);
  CHECK(close(e.standard_error, std::log(2.0) / 3.0, 1e-14));
  CHECK(std::isnan(uniqueness::self_repetition(token_sequences()).value));
  CHECK_THROWS_AS(uniqueness::self_repetition(sequences, {.order = 0}), std::invalid_argument);
}

// Values of NLTK 3.10.4, sentence_bleu with all other sequences as references and its methods 0 to 4; where method 0 gives
// 1e-78 for an order without a match, the definition gives 0.
// Half of the documents on either rank; what they say depends on both halves.
TEST_CASE("uniqueness self_repetition, self_bleu: a document_sample of several ranks gives the value of the corpus",
          "[uniqueness]") {
  core::random_engine random(31);
  token_sequences corpus;
  sketch::document_sample ranks[2] = {sketch::document_sample({.documents = 200}),
                                      sketch::document_sample({.documents = 200})};
  for (std::uint64_t i = 0; i < 200; ++i) {
    std::vector<std::uint32_t> document(core::uniform_below(random, 15));
    for (auto& id : document) id = static_cast<std::uint32_t>(core::uniform_below(random, 6));
    corpus.push_back(document);
    ranks[core::uniform_below(random, 2)].add(i, document);
  }
  ranks[0].merge(ranks[1]);
  // The same terms, summed in another order: 200 roundings.
  const estimate repeated = uniqueness::self_repetition(ranks[0], {.order = 3});
  const estimate bleu = uniqueness::self_bleu(ranks[0], {.order = 3});
  const estimate repeated_whole = uniqueness::self_repetition(corpus, {.order = 3});
  const estimate bleu_whole = uniqueness::self_bleu(corpus, {.order = 3});
  CHECK(repeated.count == repeated_whole.count);
  CHECK(close(repeated.value, repeated_whole.value, 1e-13));
  CHECK(close(repeated.standard_error, repeated_whole.standard_error, 1e-12));
  CHECK(close(bleu.value, bleu_whole.value, 1e-13));
  CHECK(close(bleu.standard_error, bleu_whole.standard_error, 1e-12));
  CHECK(uniqueness::near_duplicates(ranks[0], {.order = 2}).clusters ==
        uniqueness::near_duplicates(corpus, {.order = 2}).clusters);
}

TEST_CASE("uniqueness self_bleu: every smoothing agrees with NLTK", "[uniqueness]") {
  using uniqueness::bleu_smoothing;
  token_sequences text;
  text.push_back(std::vector<int>{1, 2, 3, 4, 5, 6});
  text.push_back(std::vector<int>{1, 2, 3, 9, 8, 7, 6});
  text.push_back(std::vector<int>{1, 2, 10});
  text.push_back(std::vector<int>{3, 4, 5, 11, 12, 13, 14, 15});
  text.push_back(std::vector<int>{1, 2, 3, 4, 20, 21});
  const auto agrees = [&](bleu_smoothing smoothing, const std::vector<double>& expected) {
    const auto terms = uniqueness::self_bleu_fn::per_sequence(text, {.smoothing = smoothing});
    REQUIRE(terms.size() == expected.size());
    for (std::size_t i = 0; i < terms.size(); ++i) CHECK(close(terms[i], expected[i], 1e-13));
  };
  agrees(bleu_smoothing::none, {0.668740304976422, 0.0, 0.0, 0.0, 0.5081327481546147});
  agrees(bleu_smoothing::epsilon,
         {0.668740304976422, 0.17567205239427922, 0.08839449202722564, 0.1374708101760565, 0.5081327481546147});
  agrees(bleu_smoothing::add_one,
         {0.7598356856515925, 0.35745672884978397, 0.21239529438966132, 0.28606242122742576, 0.6042750794713536});
  agrees(bleu_smoothing::geometric,
         {0.668740304976422, 0.2626909894424158, 0.16620830006469264, 0.20556680845025987, 0.5081327481546147});
  agrees(bleu_smoothing::length,
         {0.668740304976422, 0.20748340713083765, 0.07790941292260128, 0.16508103044554204, 0.5081327481546147});
  token_sequences apart;  // no common word: 0 under each
  apart.push_back(std::vector<int>{1, 2, 3, 4});
  apart.push_back(std::vector<int>{5});
  for (const auto smoothing : {bleu_smoothing::none, bleu_smoothing::epsilon, bleu_smoothing::add_one,
                               bleu_smoothing::geometric, bleu_smoothing::length})
    CHECK(uniqueness::self_bleu(apart, {.smoothing = smoothing}).value == 0.0);
}

TEST_CASE("uniqueness self_bleu: equal, disjoint and half-shared sequences", "[uniqueness]") {
  token_sequences equal, disjoint, half;
  for (int i = 0; i < 3; ++i) {
    equal.push_back(std::vector<int>{1, 2, 3, 4, 5});
    disjoint.push_back(std::vector<int>{10 * i, 10 * i + 1, 10 * i + 2, 10 * i + 3});
  }
  CHECK(close(uniqueness::self_bleu(equal).value, 1.0, 1e-15));
  CHECK(uniqueness::self_bleu(disjoint).value == 0.0);
  // 1 2 3 3 against 1 2 3: unigrams 3/4 (3 clipped at one), bigrams 2/3, longer than the reference; the other way all
  // match, brevity penalty e^{1 − 4/3}
  half.push_back(std::vector<int>{1, 2, 3, 3});
  half.push_back(std::vector<int>{});
  half.push_back(std::vector<int>{1, 2, 3});
  const auto terms = uniqueness::self_bleu_fn::per_sequence(half, {.order = 2});
  REQUIRE(terms.size() == 2);
  CHECK(close(terms[0], std::sqrt(0.5), 1e-14));
  CHECK(close(terms[1], std::exp(-1.0 / 3.0), 1e-14));
  CHECK(close(uniqueness::self_bleu(half, {.order = 2}).value, 0.5 * (terms[0] + terms[1]), 1e-15));
  CHECK(std::isnan(uniqueness::self_bleu(token_sequences()).value));
  CHECK_THROWS_AS(uniqueness::self_bleu(half, {.order = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::self_bleu(half, {.epsilon = 0.0}), std::invalid_argument);
}
