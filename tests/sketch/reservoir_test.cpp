// SPDX-License-Identifier: BSL-1.0
// reservoir: uniform, also after a merge, and the weaker laws that a random state keeps.
#include "tailwatch/sketch/reservoir.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "sketch/golden_bytes.hpp"
#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;

static_assert(core::summary<sketch::reservoir<double>>);
static_assert(core::summary<sketch::reservoir<std::uint32_t>>);

namespace {

std::vector<std::int64_t> reservoir_items(std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> x(static_cast<std::size_t>(end - begin));
  std::iota(x.begin(), x.end(), begin);
  return x;
}

/// χ² of inclusions over items that should all be included with probability k/n, in units of its standard deviation
/// from its mean. Inclusions of one draw sum to k, hence n − 1 degrees and the factor (n − 1)/(n − k).
double inclusion_excess(const std::vector<int>& included, double trials, double k) {
  const auto n = static_cast<double>(included.size());
  const double expected = trials * k / n;
  double chi = 0.0;
  for (const int c : included) chi += (c - expected) * (c - expected) / expected;
  chi *= (n - 1.0) / (n - k);
  return (chi - (n - 1.0)) / std::sqrt(2.0 * (n - 1.0));
}

}  // namespace

TEST_CASE("sketch reservoir: the skip is geometric", "[sketch]") {
  CHECK(sketch::detail::geometric_skip(~std::uint64_t{0}, 0) == 0);
  CHECK(sketch::detail::geometric_skip(std::uint64_t{1} << 63, ~std::uint64_t{0}) == 0);       // (1/2)^0 > u ≥ 1/2
  CHECK(sketch::detail::geometric_skip(std::uint64_t{1} << 63, std::uint64_t{1} << 62) == 1);  // u = 1/4: (1/2)^1 > u
  CHECK(sketch::detail::geometric_skip(std::uint64_t{1} << 63, (std::uint64_t{1} << 62) - 2) == 2);
  CHECK(sketch::detail::geometric_skip(0, 5) > std::uint64_t{1} << 60);
  for (const double p : {0.7, 0.1, 1e-3, 1e-6, 1e-9}) {
    const auto threshold = static_cast<std::uint64_t>(std::ldexp(p, 64));
    for (double u = 0.01; u < 1.0; u += 0.037) {
      const double exact = std::log(u) / std::log1p(-p);  // between s and s + 1
      const std::uint64_t s = sketch::detail::geometric_skip(threshold, static_cast<std::uint64_t>(std::ldexp(u, 64)));
      CHECK(std::abs(static_cast<double>(s) + 0.5 - exact) <= 0.5 + 1e-8 * exact);
    }
  }
}

TEST_CASE("sketch reservoir: every item enters with probability k/n", "[sketch]") {
  constexpr int trials = 20'000;
  const auto x = reservoir_items(0, 200);
  std::vector<int> included(200, 0), first(200, 0);
  core::random_engine random(1);
  for (int t = 0; t < trials; ++t) {
    sketch::reservoir<std::int64_t> r(10);
    r.update(x, random);
    const auto sample = r.sample();
    REQUIRE(sample.size() == 10);
    for (const auto item : sample) ++included[static_cast<std::size_t>(item)];
    ++first[static_cast<std::size_t>(sample.front())];
  }
  CHECK(std::abs(inclusion_excess(included, trials, 10.0)) < 4.0);
  CHECK(std::abs(inclusion_excess(first, trials, 1.0)) < 4.0);  // and the sample lies in random order
}

TEST_CASE("sketch reservoir: a merge is uniform over the union, sizes weighed", "[sketch]") {
  constexpr int trials = 20'000;
  std::vector<int> included(200, 0);
  double of_small = 0.0, of_small_squares = 0.0;
  core::random_engine random(2);
  for (int t = 0; t < trials; ++t) {
    sketch::reservoir<std::int64_t> small(10), middle(10), large(10);
    small.update(reservoir_items(0, 7), random);  // fewer items than k
    middle.update(reservoir_items(7, 60), random);
    large.update(reservoir_items(60, 190), random);
    middle.merge(small);
    middle.merge(large);
    middle.update(reservoir_items(190, 200), random);  // goes on after the merge
    REQUIRE(middle.count() == 200);
    double from_middle = 0.0;
    for (const auto item : middle.sample()) {
      ++included[static_cast<std::size_t>(item)];
      from_middle += item >= 7 && item < 60 ? 1.0 : 0.0;
    }
    of_small += from_middle;
    of_small_squares += from_middle * from_middle;
  }
  CHECK(std::abs(inclusion_excess(included, trials, 10.0)) < 4.0);
  // How many of the sample come from one part is hypergeometric: mean and variance.
  const double p = 53.0 / 200.0, mean = of_small / trials;
  const double variance = 10.0 * p * (1.0 - p) * 190.0 / 199.0;
  CHECK(std::abs(mean - 10.0 * p) < 4.0 * std::sqrt(variance / trials));
  CHECK(std::abs((of_small_squares / trials - mean * mean) / variance - 1.0) < 4.0 * std::sqrt(2.0 / trials));
}

TEST_CASE("sketch reservoir: one stream is one state, however it is cut, saved or resumed", "[sketch]") {
  const auto x = reservoir_items(0, 20'000);
  core::random_engine one(3), pieces(3), cuts(4), singly(3);
  sketch::reservoir<std::int64_t> whole(50), cut(50), single(50);
  whole.update(x, one);
  for (const auto item : x) single.add(item, singly);
  for (std::size_t i = 0; i < x.size();) {
    const std::size_t n = std::min<std::size_t>(x.size() - i, core::uniform_below(cuts, 700));
    cut.update(std::span<const std::int64_t>(x).subspan(i, n), pieces);
    sketch::reservoir<std::int64_t> resumed(50);
    core::from_bytes(core::to_bytes(cut), resumed);
    CHECK(resumed == cut);
    cut = resumed;
    i += n;
  }
  CHECK(cut == whole);
  CHECK(single == whole);
  CHECK(core::to_bytes(cut) == core::to_bytes(whole));
  CHECK(one() == pieces());  // as many draws
  CHECK(whole.count() == x.size());

  // Floating items: NaN is skipped and changes nothing else.
  std::vector<double> y(3000), gaps;
  std::iota(y.begin(), y.end(), 0.0);
  for (const double v : y) {
    if (static_cast<int>(v) % 3 == 0) gaps.push_back(core::nan);
    gaps.push_back(v);
  }
  core::random_engine a(5), b(5);
  sketch::reservoir<double> plain(20), holed(20);
  plain.update(y, a);
  holed.update(gaps, b);
  CHECK(holed.sample() == plain.sample());
  CHECK(holed.count() == 3000);
  CHECK(holed.rejected() == 1000);
}

TEST_CASE("sketch reservoir: merges of given reservoirs agree in any order and tree", "[sketch]") {
  core::random_engine random(6);
  std::vector<sketch::reservoir<std::int64_t>> parts(8, sketch::reservoir<std::int64_t>(16));
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i].update(
        reservoir_items(static_cast<std::int64_t>(i) * 1000, static_cast<std::int64_t>(i * 1000 + i * i * 3)), random);
  sketch::reservoir<std::int64_t> in_order(16);
  for (const auto& p : parts) in_order.merge(p);
  for (int trial = 0; trial < 20; ++trial) {
    auto left = parts;
    while (left.size() > 1) {
      core::shuffle(left, random);
      const auto last = left.back();
      left.pop_back();
      left.back().merge(last);
    }
    CHECK(left.front() == in_order);
    CHECK(core::to_bytes(left.front()) == core::to_bytes(in_order));
  }
  auto same = in_order;
  same.merge(sketch::reservoir<std::int64_t>(16));
  CHECK(same == in_order);
  same.merge(same);
  CHECK(same.count() == 2 * in_order.count());
  CHECK_THROWS_AS(same.merge(sketch::reservoir<std::int64_t>(17)), std::invalid_argument);
  CHECK_THROWS_AS(sketch::reservoir<double>(0), std::invalid_argument);
  same.reset();
  CHECK(same == sketch::reservoir<std::int64_t>(16));
  CHECK(same.sample().empty());
}

TEST_CASE("sketch reservoir: damaged, forged and foreign bytes are refused; golden bytes are read", "[sketch]") {
  core::random_engine random(20);
  sketch::reservoir<std::int32_t> today(8);
  std::vector<std::int32_t> x(100);
  std::iota(x.begin(), x.end(), -50);
  today.update(x, random);
  const auto bytes = core::to_bytes(today);
  const auto refused = [&](std::span<const std::byte> damaged) {
    auto state = today;
    core::input_archive in(damaged);
    REQUIRE_THROWS_AS(state.load(in), core::archive_error);
    REQUIRE(state == today);
  };
  for (std::size_t n = 0; n < bytes.size(); ++n) refused(std::span(bytes).first(n));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{4};
    refused(damaged);
  }
  refused(core::to_bytes(sketch::reservoir<std::int64_t>(8)));
  refused(core::to_bytes(sketch::reservoir<std::int32_t>(9)));
  for (int trial = 0; trial < 3000; ++trial) {
    auto forged = bytes;
    const std::size_t body = forged.size() - 4;
    forged[32 + static_cast<std::size_t>(core::uniform_below(random, body - 32))] =
        static_cast<std::byte>(core::uniform_below(random, 256));
    const std::uint32_t crc = core::crc32c(std::span<const std::byte>(forged).first(body));
    for (std::size_t i = 0; i < 4; ++i) forged[body + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xFFU);
    auto state = today;
    core::input_archive in(forged);
    bool read = true;
    try {
      state.load(in);
    } catch (const core::archive_error&) {
      read = false;
    }
    if (read) {
      REQUIRE(core::to_bytes(state) == forged);
    } else {
      REQUIRE(state == today);
    }
  }
  const auto golden = testing::golden_bytes("reservoir", bytes);
  REQUIRE_FALSE(golden.empty());
  CHECK(golden == bytes);
  sketch::reservoir<std::int32_t> loaded(8);
  core::from_bytes(golden, loaded);
  CHECK(loaded == today);
}
