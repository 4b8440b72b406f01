// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/mattr.hpp"

#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/summary/windowed_types.hpp"

TEST_CASE("diversity: mattr equals the mean over its windows", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mattr_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::msttr_fn>);
  const auto source = tailwatch::testing::categorical::zipf(40, 1.0);
  tailwatch::core::random_engine random(62);
  const auto tokens = source.tokens(300, random);
  for (const std::size_t w : {1U, 2U, 7U, 100U, 299U, 300U}) {
    double sum = 0.0;
    for (std::size_t i = 0; i + w <= tokens.size(); ++i)
      sum += static_cast<double>(std::set<std::uint32_t>(tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                                         tokens.begin() + static_cast<std::ptrdiff_t>(i + w))
                                     .size());
    CHECK(tailwatch::testing::close(tailwatch::diversity::mattr(tokens, {.window = w}).value,
                                    sum / static_cast<double>(w * (301 - w)), 1e-13));
  }
  CHECK(std::isnan(tailwatch::diversity::mattr(tokens, {.window = 301}).value));
  CHECK(std::isnan(tailwatch::diversity::mattr(std::vector<int>{}).value));
  CHECK_THROWS_AS(tailwatch::diversity::mattr(tokens, {.window = 0}), std::invalid_argument);
}

TEST_CASE("diversity: msttr uses full segments only", "[diversity]") {
  const std::vector<int> tokens{1, 1, 2, 3, 1, 2, 9};
  const auto e = tailwatch::diversity::msttr(tokens, {.window = 3});
  CHECK(tailwatch::testing::close(e.value, (2.0 / 3.0 + 1.0) / 2.0, 1e-15));
  CHECK(tailwatch::testing::close(e.standard_error, 1.0 / 6.0, 1e-14));
  CHECK(std::isnan(tailwatch::diversity::msttr(tokens, {.window = 5}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::msttr(tokens, {.window = 8}).value));
  CHECK_THROWS_AS(tailwatch::diversity::msttr(tokens, {.window = 0}), std::invalid_argument);
}

TEST_CASE("diversity: the error of msttr matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 63, [&](auto& random) { return tailwatch::diversity::msttr(source.tokens(2000, random), {.window = 20}); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: mattr and msttr of sequences stream, merge, and know their error", "[diversity]") {
  using namespace tailwatch;
  using diversity::mattr;
  using diversity::msttr;
  token_sequences text;
  text.push_back(std::vector<int>{1, 1, 2, 3, 1});  // windows of 3: 2 3 3 types; segments: 2
  text.push_back(std::vector<int>{7, 7});           // too short
  text.push_back(std::vector<int>{5, 5, 5, 5});     // 1 1; 1
  text.push_back(std::vector<int>{});
  const auto moving = mattr(text, {.window = 3});
  CHECK(testing::close(moving.value, 10.0 / 15.0, 1e-15));
  CHECK(moving.count == 9);
  // Clusters: 8 types in 3 windows, 2 in 2; mean 2 a window.
  CHECK(testing::close(moving.standard_error, std::sqrt(2.0 * (2.0 * 2.0 + 2.0 * 2.0)) / 15.0, 1e-13));
  const auto segments = msttr(text, {.window = 3});
  CHECK(testing::close(segments.value, 3.0 / 6.0, 1e-15));
  summary::windowed_types first({.window = 3}), second({.window = 3});
  first.update(text[0]);
  first.update(text[1]);
  second.update(text[2]);
  second.merge(first);
  CHECK(mattr(second) == moving);
  CHECK(second.rejected() == 2);
  CHECK(second.sequences() == 2);
  CHECK_THROWS_AS(msttr(second), std::invalid_argument);
  CHECK_THROWS_AS(mattr(summary::windowed_types({.step = summary::window_step::side_by_side})), std::invalid_argument);
  CHECK_THROWS_AS(summary::windowed_types({.window = 0}), std::invalid_argument);
  CHECK_THROWS_AS(mattr(text, {.window = 0}), std::invalid_argument);
  CHECK(std::isnan(mattr(text, {.window = 9}).value));

  // One sequence has the value of the text; 64-bit and negative ids are told apart.
  const auto source = testing::categorical::zipf(50, 1.0);
  core::random_engine random(90);
  const auto tokens = source.tokens(731, random);
  std::vector<std::int64_t> wide;
  for (const auto t : tokens) wide.push_back(static_cast<std::int64_t>(t) * (std::int64_t{1} << 50) - 7);
  for (const std::size_t w : {1U, 7U, 100U, 731U}) {
    summary::windowed_types state({.window = w}), side({.window = w, .step = summary::window_step::side_by_side});
    state.update(wide);
    side.update(wide);
    CHECK(testing::close(mattr(state).value, mattr(tokens, {.window = w}).value, 1e-14));
    CHECK(testing::close(msttr(side).value, msttr(tokens, {.window = w}).value, 1e-13));
    CHECK(std::isnan(mattr(state).standard_error));
  }

  // Sequences that each keep to a vocabulary of their own: only the error over sequences sees how much they differ.
  const auto s = testing::replicate(300, 91, [&](core::random_engine& engine) {
    token_sequences corpus;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t types = 5 + core::uniform_below(engine, 40);
      std::vector<std::uint32_t> sequence(20 + core::uniform_below(engine, 60));
      for (auto& t : sequence) t = static_cast<std::uint32_t>(core::uniform_below(engine, types));
      corpus.push_back(sequence);
    }
    return mattr(corpus, {.window = 20});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
