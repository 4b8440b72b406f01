// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness/near_duplicates.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<uniqueness::near_duplicates_fn>);

namespace {

std::vector<std::uint32_t> near_duplicates_words(core::random_engine& random, std::size_t n, std::uint64_t types) {
  std::vector<std::uint32_t> words(n);
  for (auto& w : words) w = static_cast<std::uint32_t>(core::uniform_below(random, types));
  return words;
}

/// Clusters of all pairs, without sketches.
std::vector<std::uint32_t> near_duplicates_by_force(const token_sequences& documents, std::size_t order, double t) {
  std::vector<std::uint32_t> cluster(documents.size());
  for (std::uint32_t i = 0; i < cluster.size(); ++i) cluster[i] = i;
  for (std::size_t i = 0; i < documents.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (sketch::jaccard_index(sketch::shingle_set(documents[i], order), sketch::shingle_set(documents[j], order)) >=
          t) {
        const std::uint32_t a = std::min(cluster[i], cluster[j]), b = std::max(cluster[i], cluster[j]);
        for (auto& c : cluster) c = c == b ? a : c;
      }
  return cluster;
}

}  // namespace

TEST_CASE("uniqueness near_duplicates: by hand", "[uniqueness]") {
  token_sequences documents;
  documents.push_back(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  documents.push_back(std::vector<int>{20, 21, 22, 23, 24, 25, 26});
  documents.push_back(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99});  // 9 of 11 bigrams
  documents.push_back(std::vector<int>{20, 21, 22, 23, 24, 25, 26});
  documents.push_back(std::vector<int>{});
  documents.push_back(std::vector<int>{1});
  documents.push_back(std::vector<int>{});
  const auto found = uniqueness::near_duplicates(documents, {.order = 2});
  CHECK(found.cluster == std::vector<std::uint32_t>{0, 1, 0, 1, 4, 5, 4});
  CHECK(found.clusters.f(1) == 1);
  CHECK(found.clusters.f(2) == 3);
  CHECK(found.candidates == 1);
  CHECK(found.confirmed == 1);
  CHECK(found.chained == 0);
  CHECK(close(found.rate.value, 3.0 / 7.0, 1e-15));
  CHECK(close(found.member_rate.value, 6.0 / 7.0, 1e-15));
  CHECK(found.member_interval.lower < found.member_rate.value);
  CHECK(found.member_interval.upper > found.member_rate.value);
  CHECK(close(found.largest_share(), 2.0 / 7.0, 1e-15));
  CHECK(found.recall >= 0.99);
  CHECK(found.rate_interval.lower < found.rate.value);
  CHECK(found.rate_interval.upper > found.rate.value);
  CHECK(found.largest == std::vector<uniqueness::near_duplicate_cluster>{
                             {0, 2, 2, 0, 9.0 / 11.0}, {1, 2, 1, 0, 1.0}, {4, 2, 1, 0, 1.0}});
  CHECK(uniqueness::near_duplicates(documents, {.order = 2, .largest = 1}).largest.size() == 1);
  // At the threshold itself the pair counts; above it it does not.
  CHECK(uniqueness::near_duplicates(documents, {.order = 2, .threshold = 9.0 / 11.0}).clusters.f(2) == 3);
  CHECK(uniqueness::near_duplicates(documents, {.order = 2, .threshold = 0.82}).clusters.f(2) == 2);
}

TEST_CASE("uniqueness near_duplicates: edges and errors", "[uniqueness]") {
  token_sequences none, equal, apart;
  const auto empty = uniqueness::near_duplicates(none);
  CHECK(std::isnan(empty.rate.value));
  CHECK(std::isnan(empty.member_interval.lower));
  CHECK(std::isnan(empty.rate_interval.lower));
  CHECK(empty.largest.empty());
  CHECK(std::isnan(empty.largest_share()));
  for (std::uint32_t i = 0; i < 40; ++i) {
    equal.push_back(std::vector<int>{1, 2, 3, 4, 5, 6});
    apart.push_back(std::vector<std::uint32_t>{10 * i, 10 * i + 1, 10 * i + 2, 10 * i + 3, 10 * i + 4, 10 * i + 5});
  }
  const auto one = uniqueness::near_duplicates(equal);
  CHECK(one.clusters.f(40) == 1);
  CHECK(one.candidates == 0);  // equal documents are grouped before
  CHECK(one.member_rate.value == 1.0);
  CHECK(one.member_interval.upper == 1.0);
  CHECK(one.member_interval.lower > 0.8);
  CHECK(one.member_interval.lower < 1.0);
  const auto all = uniqueness::near_duplicates(apart);
  CHECK(all.clusters.f(1) == 40);
  CHECK(all.member_rate.value == 0.0);
  CHECK(all.member_interval.lower == 0.0);
  CHECK(all.member_interval.upper > 0.05);
  CHECK(all.member_interval.upper < 0.2);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.order = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.threshold = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.threshold = 1.5}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.permutations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.recall = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::near_duplicates(equal, {.level = 0.0}), std::invalid_argument);
}

TEST_CASE("uniqueness near_duplicates: the clusters of all pairs", "[uniqueness]") {
  core::random_engine random(3);
  token_sequences documents;
  for (int family = 0; family < 25; ++family) {
    const auto original = near_duplicates_words(random, 30 + core::uniform_below(random, 40), 1000);
    documents.push_back(original);
    for (std::uint64_t copy = core::uniform_below(random, 6); copy > 0; --copy) {
      auto changed = original;
      for (std::uint64_t edit = core::uniform_below(random, 5); edit > 0; --edit)
        changed[core::uniform_below(random, changed.size())] = static_cast<std::uint32_t>(random() % 1000);
      documents.push_back(changed);
    }
  }
  for (const double t : {0.5, 0.7, 0.9}) {
    const auto found = uniqueness::near_duplicates(documents, {.order = 2, .threshold = t, .recall = 0.9999});
    CHECK(found.cluster == near_duplicates_by_force(documents, 2, t));
  }
}

TEST_CASE("uniqueness near_duplicates: over-merging shows", "[uniqueness]") {
  // A chain: each document shares its shingles with the next, the ends share none.
  token_sequences chain;
  for (std::uint32_t i = 0; i < 30; ++i) {
    std::vector<std::uint32_t> words(40);
    for (std::uint32_t w = 0; w < 40; ++w) words[w] = 4 * i + w;
    chain.push_back(words);
  }
  const auto found = uniqueness::near_duplicates(chain, {.order = 1, .recall = 0.9999});
  CHECK(found.clusters.f(30) == 1);
  CHECK(found.chained == 28);  // Jaccard 36/44 with the neighbour, 32/48 with the one after
  CHECK(found.largest_share() == 1.0);
  REQUIRE(found.largest.size() == 1);
  CHECK(found.largest[0].chained == 28);
  CHECK(found.largest[0].similarity < 0.3);
  // A template with one slot is one cluster too, but nothing is chained.
  core::random_engine random(5);
  const auto frame = near_duplicates_words(random, 60, 5000);
  token_sequences form;
  for (std::uint32_t i = 0; i < 500; ++i) {
    auto words = frame;
    words[30] = 10000 + i;
    form.push_back(words);
  }
  const auto filled = uniqueness::near_duplicates(form);
  CHECK(filled.clusters.f(500) == 1);
  CHECK(filled.chained == 0);
  REQUIRE(filled.largest.size() == 1);
  CHECK(filled.largest[0].distinct == 500);
  CHECK(filled.largest[0].similarity > 0.8);
  CHECK(filled.candidates <= 32 * 500);
}

TEST_CASE("uniqueness near_duplicates: standard errors bound the spread, intervals cover", "[uniqueness]") {
  // Documents are drawn from 1500 originals, one word of thirty changed anew each time.
  core::random_engine random(11);
  constexpr int replicates = 120;
  std::vector<std::vector<std::uint32_t>> originals;
  for (int i = 0; i < 1500; ++i) originals.push_back(near_duplicates_words(random, 30, 100000));
  double sum = 0.0, squares = 0.0, errors = 0.0;
  std::vector<core::interval> intervals, rate_intervals;
  double rates = 0.0;
  for (int r = 0; r < replicates; ++r) {
    token_sequences documents;
    for (int i = 0; i < 300; ++i) {
      auto words = originals[core::uniform_below(random, originals.size())];
      words[core::uniform_below(random, 30)] = static_cast<std::uint32_t>(random() % 100000);
      documents.push_back(words);
    }
    const auto found = uniqueness::near_duplicates(
        documents, {.order = 1, .threshold = 0.8, .permutations = 64, .recall = 0.999, .level = 0.9});
    sum += found.member_rate.value;
    squares += found.member_rate.value * found.member_rate.value;
    errors += found.member_rate.standard_error;
    intervals.push_back(found.member_interval);
    rate_intervals.push_back(found.rate_interval);
    rates += found.rate.value / replicates;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  CHECK(close(mean, 1.0 - std::pow(1.0 - 1.0 / 1500.0, 299.0), 4.0 * spread / std::sqrt(replicates) / mean));
  const double ratio = errors / replicates / spread;
  CHECK(ratio > 1.0 - 4.0 / std::sqrt(2.0 * replicates));
  CHECK(ratio < 1.9);
  int covered = 0;
  for (const auto& i : intervals) covered += i.lower <= mean && mean <= i.upper ? 1 : 0;
  CHECK(covered > 0.9 * replicates - 4.0 * std::sqrt(0.09 * replicates));
  // 1 − E[distinct originals]/n
  CHECK(close(rates, 1.0 - 1500.0 * (1.0 - std::pow(1.0 - 1.0 / 1500.0, 300.0)) / 300.0, 0.03));
  covered = 0;
  for (const auto& i : rate_intervals) covered += i.lower <= rates && rates <= i.upper ? 1 : 0;
  CHECK(covered > 0.9 * replicates - 4.0 * std::sqrt(0.09 * replicates));
}
