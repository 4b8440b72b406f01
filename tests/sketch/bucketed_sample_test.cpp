// SPDX-License-Identifier: BSL-1.0
// bucketed_sample: exact counts of the sampled keys, estimates within theory, ranks bit for bit. The laws: conformance/.
#include "tailwatch/sketch/bucketed_sample.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

using namespace tailwatch;
using tailwatch::testing::categorical;
using tailwatch::testing::close;
using tailwatch::testing::replicate;

static_assert(core::summary<sketch::bucketed_sample>);
static_assert(core::reducible<sketch::bucketed_sample>);

namespace {

std::vector<std::uint64_t> bucketed_keys(std::uint64_t first, std::size_t n) {
  std::vector<std::uint64_t> keys(n);
  for (std::size_t i = 0; i < n; ++i) keys[i] = first + i;
  return keys;
}

}  // namespace

TEST_CASE("sketch bucketed_sample: the smallest hash of each bucket with its exact count", "[sketch]") {
  core::random_engine random(3);
  const auto tokens = categorical::zipf(3000, 0.9).tokens(20000, random);
  sketch::bucketed_sample state({.buckets = 64, .seed = 9});
  for (std::size_t i = 0; i < tokens.size(); i += 777)  // batches that end inside a block of 64
    state.update(std::span(tokens).subspan(i, std::min<std::size_t>(777, tokens.size() - i)));
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto t : tokens) ++counts[sketch::detail::hash_key(t, sketch::detail::key_salt(9))];
  std::vector<std::int64_t> expected(64, 0);
  for (const auto& [hash, count] : counts) {
    auto& cell = expected[static_cast<std::size_t>(hash % 64)];
    if (cell == 0) cell = count;  // in ascending order of the hashes
  }
  CHECK(std::vector<std::int64_t>(state.counts().begin(), state.counts().end()) == expected);
  CHECK(state.count() == tokens.size());
  CHECK(state.sampled() == 64);

  sketch::bucketed_sample one_by_one({.buckets = 64, .seed = 9});
  for (const auto t : tokens) one_by_one.add(t);
  CHECK(one_by_one == state);
  const std::vector<std::int64_t> wide(tokens.begin(), tokens.end());
  sketch::bucketed_sample of_wide({.buckets = 64, .seed = 9});
  of_wide.update(wide);
  CHECK(of_wide == state);
}

TEST_CASE("sketch bucketed_sample: sixteen shards merge to the single stream, bit for bit", "[sketch]") {
  core::random_engine random(5);
  const categorical source = categorical::zipf(200000, 1.0);
  const auto tokens = source.tokens(100000, random);
  sketch::bucketed_sample whole({.buckets = 1024});
  whole.update(tokens);
  std::vector<sketch::bucketed_sample> shards(16, sketch::bucketed_sample({.buckets = 1024}));
  for (const auto t : tokens)
    shards[static_cast<std::size_t>(core::uniform_below(random, 15))].add(t);  // one stays empty
  sketch::bucketed_sample forward({.buckets = 1024}), backward = forward;
  for (std::size_t i = 0; i < 16; ++i) {
    forward.merge(shards[i]);
    backward.merge(shards[15 - i]);
  }
  CHECK(core::to_bytes(forward) == core::to_bytes(whole));
  CHECK(core::to_bytes(backward) == core::to_bytes(whole));
}

TEST_CASE("sketch bucketed_sample: nothing, one key, and refused arguments", "[sketch]") {
  sketch::bucketed_sample state;
  CHECK(state.distinct() == estimate{0.0, 0.0, 0});
  CHECK(std::isnan(state.f1_share().value));
  CHECK(std::isnan(state.missing_mass().value));
  CHECK(std::isnan(state.uniqueness().value));
  state.add(7);
  CHECK(close(state.distinct().value, 1.0, 1e-3));
  CHECK(state.f1_share().value == 1.0);
  for (int i = 0; i < 9; ++i) state.add(7);
  CHECK(state.f1_share().value == 0.0);
  CHECK(state.frequency_share(10).value == 1.0);
  CHECK(close(state.uniqueness().value, 0.1, 1e-3));
  CHECK(state.counts().size() == 4096);
  for (const std::size_t k : {std::size_t{0}, std::size_t{8}, std::size_t{100}, std::size_t{1} << 29})
    CHECK_THROWS_AS(sketch::bucketed_sample({.buckets = k}), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::bucketed_sample({.seed = 2})), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::bucketed_sample({.buckets = 64})), std::invalid_argument);
  CHECK(state.sampled() == 1);

  const std::vector<int> sequence{1, 2, 3, 1, 2};
  sketch::bucketed_sample bigrams;
  bigrams.update_shingles(sequence, 2);
  CHECK(bigrams.count() == 4);
  CHECK(bigrams.sampled() == 3);
}

TEST_CASE("sketch bucketed_sample: the number of distinct keys is unbiased and its error is the spread", "[sketch]") {
  // Consecutive keys, from far fewer than the buckets to far more.
  for (const std::size_t n : {std::size_t{40}, std::size_t{256}, std::size_t{1000}, std::size_t{12000}}) {
    const auto keys = bucketed_keys(1000, n);
    const auto s = replicate(600, n, [&](core::random_engine& random) {
      sketch::bucketed_sample state({.buckets = 256, .seed = static_cast<std::uint32_t>(random())});
      state.update(keys);
      return state.distinct();
    });
    INFO("n = " << n << ", mean " << s.mean << ", deviation " << s.deviation << ", error " << s.mean_error);
    CHECK(std::abs(s.mean - static_cast<double>(n)) < 4.0 * s.deviation / std::sqrt(600.0));
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

TEST_CASE("sketch bucketed_sample: shares and frequencies against exact counts", "[sketch]") {
  core::random_engine random(11);
  const auto tokens = categorical::zipf(20000, 0.8).tokens(12000, random);
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const auto t : tokens) ++counts[t];
  double f1 = 0, f2 = 0;
  for (const auto& [token, count] : counts) {
    f1 += count == 1 ? 1 : 0;
    f2 += count == 2 ? 1 : 0;
  }
  const auto d = static_cast<double>(counts.size());
  const auto against = [&](double truth, auto&& read) {
    const auto s = replicate(300, 17, [&](core::random_engine& engine) {
      sketch::bucketed_sample state({.buckets = 512, .seed = static_cast<std::uint32_t>(engine())});
      state.update(tokens);
      return read(state);
    });
    INFO("truth " << truth << ", mean " << s.mean << ", deviation " << s.deviation << ", error " << s.mean_error);
    CHECK(std::abs(s.mean - truth) < 4.0 * s.deviation / std::sqrt(300.0));
    CHECK(std::abs(s.discrepancy()) < 4.0);
  };
  against(f1 / d, [](const auto& s) { return s.f1_share(); });
  against(f2 / d, [](const auto& s) { return s.frequency_share(2); });
  against(f1, [](const auto& s) { return s.f1(); });
  against(f2, [](const auto& s) { return s.f2(); });
  against(d / 12000.0, [](const auto& s) { return s.uniqueness(); });
  against(f1 / d * d, [&](const auto& s) { return s.frequency(1, {d, 0.0, 12000}); });  // D from elsewhere
}

TEST_CASE("sketch bucketed_sample: the missing mass of fresh streams", "[sketch]") {
  const categorical source = categorical::zipf(5000, 0.7);
  double squares = 0.0, claimed = 0.0, shift = 0.0;
  constexpr int replicates = 300;
  for (std::uint64_t r = 0; r < replicates; ++r) {
    core::random_engine random(core::split_seed(23, r));
    const auto tokens = source.tokens(4000, random);
    sketch::bucketed_sample state({.buckets = 512, .seed = static_cast<std::uint32_t>(r)});
    state.update(tokens);
    std::vector<char> seen(5000, 0);
    for (const auto t : tokens) seen[t] = 1;
    double missing = 0.0;
    for (std::size_t i = 0; i < seen.size(); ++i) missing += seen[i] != 0 ? 0.0 : source.shares()[i];
    const estimate e = state.missing_mass();
    shift += (e.value - missing) / replicates;
    squares += (e.value - missing) * (e.value - missing) / replicates;
    claimed += e.standard_error / replicates;
  }
  const double spread = std::sqrt(squares);
  INFO("bias " << shift << ", rms " << spread << ", claimed " << claimed);
  CHECK(std::abs(shift) < 4.0 * spread / std::sqrt(static_cast<double>(replicates)));
  CHECK(std::abs(claimed / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}
