// SPDX-License-Identifier: BSL-1.0
// ngram_novelty, ngram_jaccard, rare_type_coverage and longest_match: two texts side by side.
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/uniqueness/longest_match.hpp"
#include "tailwatch/uniqueness/ngram_jaccard.hpp"
#include "tailwatch/uniqueness/ngram_novelty.hpp"
#include "tailwatch/uniqueness/rare_type_coverage.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<uniqueness::ngram_novelty_fn>);
static_assert(core::estimator<uniqueness::longest_match_fn>);

namespace {

/// Longest common run by trying every pair of starts.
std::size_t longest_by_force(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t l = 0;
      while (i + l < a.size() && j + l < b.size() && a[i + l] == b[j + l]) ++l;
      best = best > l ? best : l;
    }
  return best;
}

}  // namespace

TEST_CASE("uniqueness ngram_novelty: tokens, types and Jaccard by hand", "[uniqueness]") {
  const std::vector<int> generated{1, 2, 3, 1, 2, 9}, reference{5, 1, 2, 3, 4};
  // bigrams 12 23 31 12 29 against 51 12 23 34
  CHECK(uniqueness::ngram_novelty(generated, reference, {.order = 2}).value == 0.4);
  CHECK(close(uniqueness::ngram_novelty(generated, reference, {.order = 2}).standard_error, std::sqrt(0.24 / 5.0),
              1e-15));
  const estimate types =
      uniqueness::ngram_novelty(generated, reference, {.order = 2, .per = uniqueness::ngram_unit::types});
  CHECK(types.value == 0.5);
  CHECK(types.count == 4);
  CHECK(std::isnan(types.standard_error));
  CHECK(close(uniqueness::ngram_jaccard(generated, reference, {.order = 2}).value, 2.0 / 6.0, 1e-15));
  CHECK(uniqueness::ngram_novelty(generated, generated, {.order = 3}).value == 0.0);
  CHECK(uniqueness::ngram_novelty(generated, reference, {.order = 6}).value == 1.0);
  CHECK(std::isnan(uniqueness::ngram_novelty(generated, reference, {.order = 7}).value));
  CHECK(std::isnan(uniqueness::ngram_jaccard(std::vector<int>{}, std::vector<int>{}).value));
  CHECK_THROWS_AS(uniqueness::ngram_novelty(generated, reference, {.order = 0}), std::invalid_argument);
}

TEST_CASE("uniqueness ngram_novelty: texts, sequences and states agree", "[uniqueness]") {
  core::random_engine random(5);
  token_sequences generated, reference;
  for (int s = 0; s < 20; ++s) {
    std::vector<std::uint32_t> line(static_cast<std::size_t>(core::uniform_below(random, 12)));
    for (auto& t : line) t = static_cast<std::uint32_t>(core::uniform_below(random, 5));
    (s % 2 == 0 ? generated : reference).push_back(line);
  }
  for (const std::size_t order : {1U, 2U, 3U, 4U}) {
    summary::ngram_counts g({.order = order, .vocabulary = 5}), r({.order = order, .vocabulary = 5});
    g.update(generated);
    r.update(reference);
    for (const auto per : {uniqueness::ngram_unit::tokens, uniqueness::ngram_unit::types})
      CHECK(close(uniqueness::ngram_novelty(generated, reference, {.order = order, .per = per}).value,
                  uniqueness::ngram_novelty(g, r, {.per = per}).value, 1e-15));
    CHECK(close(uniqueness::ngram_jaccard(generated, reference, {.order = order}).value,
                uniqueness::ngram_jaccard(g, r).value, 1e-15));
    for (const std::uint64_t cut : {1U, 3U})
      CHECK(close(uniqueness::rare_type_coverage(generated, reference, {.order = order, .max_count = cut}).value,
                  uniqueness::rare_type_coverage(g, r, {.max_count = cut}).value, 1e-15));
  }
  CHECK_THROWS_AS(uniqueness::ngram_novelty(summary::ngram_counts({.order = 2}), summary::ngram_counts({.order = 3})),
                  std::invalid_argument);
}

TEST_CASE("uniqueness rare_type_coverage: rare types found and lost", "[uniqueness]") {
  const std::vector<int> reference{1, 2, 2, 3, 3, 3, 4}, generated{2, 3, 4, 4, 4, 7};
  CHECK(uniqueness::rare_type_coverage(generated, reference).value == 0.5);  // 1 lost, 4 kept
  CHECK(close(uniqueness::rare_type_coverage(generated, reference, {.max_count = 2}).value, 2.0 / 3.0, 1e-15));
  CHECK(uniqueness::rare_type_coverage(generated, reference, {.max_count = 9}).value == 0.75);
  const std::vector<int> common{5, 5, 5};
  CHECK(std::isnan(uniqueness::rare_type_coverage(generated, common).value));
  CHECK_THROWS_AS(uniqueness::rare_type_coverage(generated, reference, {.max_count = 0}), std::invalid_argument);
}

TEST_CASE("uniqueness longest_match: against brute force, and where it stands", "[uniqueness]") {
  core::random_engine random(17);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<int> a(40 + core::uniform_below(random, 30)), b(50 + core::uniform_below(random, 30));
    const std::uint64_t letters = 2 + core::uniform_below(random, 5);
    for (int& t : a) t = static_cast<int>(core::uniform_below(random, letters)) - 2;
    for (int& t : b) t = static_cast<int>(core::uniform_below(random, letters)) - 2;
    const auto match = uniqueness::longest_match(a, b);
    const auto length = static_cast<std::size_t>(match.length.value);
    CHECK(length == longest_by_force(a, b));
    for (std::size_t i = 0; i < length; ++i) CHECK(a[match.generated_at + i] == b[match.reference_at + i]);
  }
  const std::vector<int> x{1, 2, 3}, y{4, 5}, none;
  CHECK(uniqueness::longest_match(x, y).length.value == 0.0);
  CHECK(uniqueness::longest_match(x, x).length.value == 3.0);
  CHECK(std::isnan(uniqueness::longest_match(x, none).length.value));
}

TEST_CASE("uniqueness longest_match: of several the first in the reference, in texts of sequences", "[uniqueness]") {
  core::random_engine random(23);
  for (int trial = 0; trial < 400; ++trial) {
    const std::uint64_t letters = 1 + core::uniform_below(random, 4);
    const auto draw = [&](token_sequences& text, std::vector<int>& ids, std::vector<std::size_t>& room) {
      for (std::uint64_t left = 1 + core::uniform_below(random, 4); left != 0; --left) {
        std::vector<int> sequence(static_cast<std::size_t>(core::uniform_below(random, 9)));  // some empty
        for (int& t : sequence) t = static_cast<int>(core::uniform_below(random, letters));
        for (std::size_t i = 0; i < sequence.size(); ++i) room.push_back(sequence.size() - i);
        ids.insert(ids.end(), sequence.begin(), sequence.end());
        text.push_back(sequence);
      }
    };
    token_sequences a, b;
    std::vector<int> of_a, of_b;
    std::vector<std::size_t> room_a, room_b;
    draw(a, of_a, room_a);
    draw(b, of_b, room_b);
    if (of_a.empty() || of_b.empty()) continue;
    std::size_t length = 0, at_a = 0, at_b = 0;
    for (std::size_t j = 0; j < of_b.size(); ++j) {
      for (std::size_t i = 0; i < of_a.size(); ++i) {
        std::size_t n = 0;
        while (n < room_a[i] && n < room_b[j] && of_a[i + n] == of_b[j + n]) ++n;
        if (n <= length) continue;
        length = n;
        at_a = i;
        at_b = j;
      }
    }
    const auto match = uniqueness::longest_match(a, b);
    CHECK(match.length.value == static_cast<double>(length));
    CHECK(match.generated_at == at_a);
    CHECK(match.reference_at == at_b);
  }
}

TEST_CASE("uniqueness longest_match: no run crosses the border of a sequence", "[uniqueness]") {
  token_sequences split;
  split.push_back(std::vector<int>{1, 2, 3});
  split.push_back(std::vector<int>{4, 5});
  const std::vector<int> whole{1, 2, 3, 4, 5};
  const auto match = uniqueness::longest_match(whole, split);
  CHECK(match.length.value == 3.0);
  CHECK(match.generated_at == 0);
  CHECK(match.reference_at == 0);
}
