// SPDX-License-Identifier: BSL-1.0
// bottom_k: the canonical form, estimates and comparisons within theory, exact while small. The laws: conformance/.
#include "tailwatch/sketch/bottom_k.hpp"

#include <algorithm>
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
#include "tailwatch/core/reducible.hpp"

using namespace tailwatch;
using tailwatch::testing::categorical;
using tailwatch::testing::replicate;

static_assert(core::summary<sketch::bottom_k>);
static_assert(!core::reducible<sketch::bottom_k>);

namespace {

std::vector<std::uint64_t> bottom_k_keys(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t k = begin; k < end; ++k) keys.push_back(k);
  return keys;
}

sketch::bottom_k bottom_k_of(const std::vector<std::uint64_t>& keys, std::size_t k, std::uint32_t seed = 1) {
  sketch::bottom_k state({.k = k, .seed = seed});
  state.update(keys);
  return state;
}

}  // namespace

TEST_CASE("sketch bottom_k: the k smallest hashes with their exact counts", "[sketch]") {
  core::random_engine random(3);
  const auto tokens = categorical::zipf(3000, 0.9).tokens(30000, random);
  for (const std::size_t k : {std::size_t{3}, std::size_t{4}, std::size_t{64}, std::size_t{1000}, std::size_t{5000}}) {
    sketch::bottom_k state({.k = k, .seed = 9});
    for (std::size_t i = 0; i < tokens.size(); i += 777)
      state.update(std::span(tokens).subspan(i, std::min<std::size_t>(777, tokens.size() - i)));
    std::map<std::int64_t, std::int64_t> counts;
    for (const auto t : tokens) ++counts[sketch::detail::hash_key(t, sketch::detail::key_salt(9))];
    std::vector<sketch::bottom_k::entry> expected;
    for (const auto& [hash, count] : counts)
      if (expected.size() < k) expected.push_back({hash, count});
    CHECK(state.entries() == expected);
    CHECK(state.count() == tokens.size());
    sketch::bottom_k one_by_one({.k = k, .seed = 9});
    for (const auto t : tokens) one_by_one.add(t);
    CHECK(core::to_bytes(one_by_one) == core::to_bytes(state));
  }
}

TEST_CASE("sketch bottom_k: sixteen shards merge to the single stream, bit for bit", "[sketch]") {
  core::random_engine random(5);
  const auto tokens = categorical::zipf(200000, 1.0).tokens(100000, random);
  sketch::bottom_k whole({.k = 1000});
  whole.update(tokens);
  std::vector<sketch::bottom_k> shards(16, sketch::bottom_k({.k = 1000}));
  for (const auto t : tokens)
    shards[static_cast<std::size_t>(core::uniform_below(random, 15))].add(t);  // one stays empty
  sketch::bottom_k forward({.k = 1000}), backward = forward;
  for (std::size_t i = 0; i < 16; ++i) {
    forward.merge(shards[i]);
    backward.merge(shards[15 - i]);
  }
  CHECK(core::to_bytes(forward) == core::to_bytes(whole));
  CHECK(core::to_bytes(backward) == core::to_bytes(whole));
}

TEST_CASE("sketch bottom_k: exact while it holds every key", "[sketch]") {
  sketch::bottom_k state({.k = 100});
  CHECK(state.distinct() == estimate{0.0, 0.0, 0});
  CHECK(std::isnan(state.f1_share().value));
  CHECK(std::isnan(state.missing_mass().value));
  CHECK(std::isnan(state.uniqueness().value));
  state.update(std::vector<int>{-1, -1, 3, 4, 4, 4, 5, 6});
  CHECK(state.distinct() == estimate{5.0, 0.0, 8});
  CHECK(state.f1() == estimate{3.0, 0.0, 8});
  CHECK(state.f2() == estimate{1.0, 0.0, 8});
  CHECK(state.f1_share() == estimate{0.6, 0.0, 8});
  CHECK(state.missing_mass().value == 3.0 / 8.0);
  CHECK(state.missing_mass().standard_error == std::sqrt((3.0 / 8 * 5 / 8 + 2.0 / 8) / 8));  // Esty's alone
  CHECK(state.uniqueness().value == 5.0 / 8.0);

  const auto a = bottom_k_of(bottom_k_keys(0, 40), 100), b = bottom_k_of(bottom_k_keys(30, 50), 100);
  CHECK(sketch::jaccard(a, b) == estimate{0.2, 0.0, 50});
  CHECK(sketch::containment(a, b) == estimate{0.25, 0.0, 40});
  CHECK(sketch::containment(b, a) == estimate{0.5, 0.0, 20});
  CHECK(sketch::overlap(a, b) == estimate{0.5, 0.0, 20});
  CHECK(sketch::intersection(a, b) == estimate{10.0, 0.0, 50});
  const sketch::bottom_k none({.k = 100});
  CHECK(std::isnan(sketch::jaccard(none, none).value));
  CHECK(sketch::jaccard(a, none).value == 0.0);

  for (const std::size_t k : {std::size_t{0}, std::size_t{2}, (std::size_t{1} << 26) + 1})
    CHECK_THROWS_AS(sketch::bottom_k({.k = k}), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::bottom_k({.k = 101})), std::invalid_argument);
  CHECK_THROWS_AS(sketch::jaccard(a, sketch::bottom_k({.k = 100, .seed = 2})), std::invalid_argument);
  CHECK(state.count() == 8);
}

TEST_CASE("sketch bottom_k: the number of distinct keys is unbiased and its error is the spread", "[sketch]") {
  for (const std::size_t n : {std::size_t{150}, std::size_t{1000}, std::size_t{12000}}) {
    const auto keys = bottom_k_keys(1000, 1000 + n);
    const auto s = replicate(600, n, [&](core::random_engine& random) {
      return bottom_k_of(keys, 128, static_cast<std::uint32_t>(random())).distinct();
    });
    INFO("n = " << n << ", mean " << s.mean << ", deviation " << s.deviation << ", error " << s.mean_error);
    CHECK(std::abs(s.mean - static_cast<double>(n)) < 4.0 * s.deviation / std::sqrt(600.0));
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

TEST_CASE("sketch bottom_k: frequencies against exact counts", "[sketch]") {
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
      sketch::bottom_k state({.k = 512, .seed = static_cast<std::uint32_t>(engine())});
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
}

TEST_CASE("sketch bottom_k: what two sets share, of equal and of unequal size", "[sketch]") {
  struct pair {
    std::uint64_t a_end, b_begin, b_end;
  };
  for (const pair& p : {pair{2000, 700, 2700}, pair{5000, 4500, 5600}, pair{2000, 0, 2000}, pair{1000, 900, 1020}}) {
    const auto a = bottom_k_keys(0, p.a_end), b = bottom_k_keys(p.b_begin, p.b_end);
    const auto common = static_cast<double>(p.a_end - p.b_begin);
    const auto size_a = static_cast<double>(a.size()), size_b = static_cast<double>(b.size());
    const auto against = [&](double truth, auto&& read) {
      const auto s = replicate(200, 29, [&](core::random_engine& engine) {
        const auto seed = static_cast<std::uint32_t>(engine());
        return read(bottom_k_of(a, 256, seed), bottom_k_of(b, 200, seed));
      });
      INFO("truth " << truth << ", mean " << s.mean << ", deviation " << s.deviation << ", error " << s.mean_error);
      CHECK(std::abs(s.mean - truth) <= 4.0 * s.deviation / std::sqrt(200.0) + 1.0 / 200 / 10 * truth);  // bias O(1/n)
      if (s.deviation > 0.0) CHECK(std::abs(s.discrepancy()) < 4.0);
    };
    against(common / (size_a + size_b - common), [](const auto& x, const auto& y) { return sketch::jaccard(x, y); });
    against(common / size_a, [](const auto& x, const auto& y) { return sketch::containment(x, y); });
    against(common / size_b, [](const auto& x, const auto& y) { return sketch::containment(y, x); });
    against(common, [](const auto& x, const auto& y) { return sketch::intersection(x, y); });
    if (size_a > 2.0 * size_b)
      against(common / size_b, [](const auto& x, const auto& y) { return sketch::overlap(x, y); });
  }
}
