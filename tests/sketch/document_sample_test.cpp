// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/sketch/document_sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace {

using namespace tailwatch;
using sketch::document_sample;

/// Documents that say their own number.
core::token_sequences document_sample_numbered(std::uint32_t n) {
  core::token_sequences documents;
  for (std::uint32_t i = 0; i < n; ++i) documents.push_back(std::vector<std::uint32_t>(i % 4 + 1, i));
  return documents;
}

}  // namespace

TEST_CASE("sketch: a document_sample of few documents is all of them", "[sketch]") {
  const core::token_sequences documents = document_sample_numbered(30);
  document_sample sample({.documents = 30});
  sample.update(documents, 100);
  CHECK(sample.count() == 30);
  CHECK(sample.size() == 30);
  const core::token_sequences kept = sample.documents();
  const auto numbers = sample.numbers();
  REQUIRE(kept.size() == 30);
  std::vector<std::uint64_t> sorted = numbers;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < 30; ++i) {
    CHECK(sorted[i] == 100 + i);
    CHECK(std::ranges::equal(kept[i], documents[static_cast<std::size_t>(numbers[i] - 100)]));
  }
}

TEST_CASE("sketch: a document_sample of two ranks is that of one stream", "[sketch]") {
  const core::token_sequences documents = document_sample_numbered(500);
  document_sample whole({.documents = 40}), even({.documents = 40}), odd({.documents = 40});
  for (std::uint32_t i = 0; i < 500; ++i) {
    whole.add(i, documents[i]);
    (i % 2 == 0 ? even : odd).add(i, documents[i]);
  }
  CHECK(whole.size() == 40);
  CHECK(whole.count() == 500);
  odd.merge(even);
  CHECK(odd == whole);
  CHECK(core::to_bytes(odd) == core::to_bytes(whole));
  document_sample loaded({.documents = 40});
  core::from_bytes(core::to_bytes(odd), loaded);
  loaded.add(500, std::vector<int>{1});
  whole.add(500, std::vector<int>{1});
  CHECK(loaded == whole);
}

// Each document is kept with probability k/n, whatever it says: 400 seeds, so that a share of 0.2 has an error of 0.02, and the sum
// of squares over 50 documents, 49 degrees of freedom of which the fixed k leaves, is within 5 deviations of its mean.
TEST_CASE("sketch: a document_sample is uniform over numbers, copies included", "[sketch]") {
  constexpr std::uint32_t n = 50, seeds = 400;
  constexpr std::size_t k = 10;
  std::vector<double> kept(n, 0.0);
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    document_sample sample({.documents = k, .seed = seed});
    for (std::uint32_t i = 0; i < n; ++i)
      sample.add(i, std::vector<std::uint32_t>{i < 25 ? 7U : i});  // half are copies
    for (const std::uint64_t number : sample.numbers()) kept[static_cast<std::size_t>(number)] += 1.0;
  }
  const double mean = seeds * static_cast<double>(k) / n;
  double squares = 0.0;
  for (const double x : kept) squares += (x - mean) * (x - mean);
  const double chi = squares / (mean * (1.0 - static_cast<double>(k) / n)) * (n - 1.0) / n;
  CHECK(std::abs(chi - (n - 1.0)) < 5.0 * std::sqrt(2.0 * (n - 1.0)));
}

TEST_CASE("sketch: document_sample refuses what it cannot be", "[sketch]") {
  CHECK_THROWS_AS(document_sample({.documents = 0}), std::invalid_argument);
  document_sample sample({.documents = 3});
  CHECK_THROWS_AS(sample.merge(document_sample({.documents = 4})), std::invalid_argument);
  CHECK_THROWS_AS(sample.merge(document_sample({.documents = 3, .seed = 2})), std::invalid_argument);
  sample.add(1, std::vector<std::int64_t>{5, -1});
  sample.add(2, std::vector<std::int64_t>{std::int64_t{1} << 32});
  sample.add(3, std::vector<std::uint64_t>{(std::uint64_t{1} << 32) - 1});
  sample.add(4, std::vector<int>{});
  CHECK(sample.rejected() == 2);
  CHECK(sample.count() == 2);
  sample.merge(sample);
  CHECK(sample.count() == 4);
  CHECK(sample.rejected() == 4);
  CHECK(sample.size() == 3);
  sample.reset();
  CHECK(sample == document_sample({.documents = 3}));
}
