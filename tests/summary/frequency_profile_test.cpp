// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/summary/frequency_profile.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/summary/dense_counts.hpp"

using tailwatch::summary::frequency_profile;

TEST_CASE("summary: a profile counts the counts", "[summary]") {
  const std::vector<int> counts{3, 0, 1, 1, 5000, 1, 0, 3};
  const frequency_profile p(counts);
  CHECK(p.defined());
  CHECK(p.total() == 5009);
  CHECK(p.types() == 6);
  CHECK(p.cells() == 8);
  CHECK(p.f(0) == 2);
  CHECK(p.f(1) == 3);
  CHECK(p.f(2) == 0);
  CHECK(p.f(3) == 2);
  CHECK(p.f(5000) == 1);
  CHECK(p.f(5001) == 0);
  CHECK(p.largest() == 5000);
  REQUIRE(p.entries().size() == 3);
  CHECK(p.entries()[0] == frequency_profile::entry{1, 3});
  CHECK(p.entries()[2] == frequency_profile::entry{5000, 1});
}

TEST_CASE("summary: an empty profile has nothing", "[summary]") {
  const frequency_profile none;
  CHECK(none.defined());
  CHECK(none.total() == 0);
  CHECK(none.types() == 0);
  CHECK(none.cells() == 0);
  CHECK(none.largest() == 0);
  CHECK(none.entries().empty());
  CHECK(frequency_profile(std::vector<int>{}) == none);
  const frequency_profile zeros(std::vector<int>(5, 0));
  CHECK(zeros.types() == 0);
  CHECK(zeros.cells() == 5);
}

TEST_CASE("summary: a profile does not depend on the order, nor on how it was fed", "[summary]") {
  tailwatch::core::random_engine random(7);
  std::vector<std::int64_t> counts(2000);
  for (auto& c : counts) {
    const std::uint64_t bound = tailwatch::core::uniform_below(random, 3) == 0 ? 5000 : 4;
    c = static_cast<std::int64_t>(tailwatch::core::uniform_below(random, bound));
  }
  const frequency_profile p(counts);
  std::vector<std::int64_t> other = counts;
  tailwatch::core::shuffle(other, random);
  CHECK(frequency_profile(other) == p);

  const std::vector<double> as_doubles(counts.begin(), counts.end());
  CHECK(frequency_profile(tailwatch::counts(as_doubles)) == p);

  tailwatch::summary::dense_counts state(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) state.add(i, static_cast<std::uint64_t>(counts[i]));
  CHECK(frequency_profile(state) == p);

  std::vector<frequency_profile::entry> entries(p.entries().begin(), p.entries().end());
  entries.push_back({7, 0});
  entries.push_back({0, p.f(0)});
  tailwatch::core::shuffle(entries, random);
  CHECK(frequency_profile::from_entries(entries) == p);

  std::uint64_t total = 0;
  std::uint64_t last = 0;
  for (const auto& [count, multiplicity] : p.entries()) {
    CHECK(count > last);
    last = count;
    total += count * multiplicity;
  }
  CHECK(total == p.total());
}

TEST_CASE("summary: one giant count is exact", "[summary]") {
  const std::vector<std::uint64_t> giant{std::uint64_t{1} << 62};
  const frequency_profile p(giant);
  CHECK(p.total() == std::uint64_t{1} << 62);
  CHECK(p.f(std::uint64_t{1} << 62) == 1);
}

TEST_CASE("summary: counts that can never be right are refused, NaN and infinity are data", "[summary]") {
  CHECK_THROWS_AS(frequency_profile(std::vector<int>{1, -1}), std::invalid_argument);
  const std::vector<double> fraction{1.0, 2.5};
  CHECK_THROWS_AS(frequency_profile(tailwatch::counts(fraction)), std::invalid_argument);
  const std::vector<double> negative{-1.0};
  CHECK_THROWS_AS(frequency_profile(tailwatch::counts(negative)), std::invalid_argument);
  const std::vector<double> too_large{0x1p63};
  CHECK_THROWS_AS(frequency_profile(tailwatch::counts(too_large)), std::invalid_argument);
  for (const double odd : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const std::vector<double> counts{1.0, odd, 2.0};
    const frequency_profile p(tailwatch::counts(counts));
    CHECK_FALSE(p.defined());
    CHECK(p.total() == 3);
  }
}

TEST_CASE("frequency_profile: a sum of counts that no integer holds is not defined, and does not wrap", "[summary]") {
  using tailwatch::summary::frequency_profile;
  constexpr std::uint64_t large = std::uint64_t{1} << 63;
  CHECK(frequency_profile(std::vector<std::uint64_t>{large, large - 1}).defined());
  CHECK(frequency_profile(std::vector<std::uint64_t>{large, large - 1}).total() == ~std::uint64_t{0});
  for (const auto& p : {frequency_profile(std::vector<std::uint64_t>{large, large}),
                        frequency_profile(std::vector<std::uint64_t>{large, 7, large, 1}),
                        frequency_profile::from_entries({{1, large}, {1, large}, {5, 2}}),  // the multiplicities alone
                        frequency_profile::from_entries({{5000, large}, {5000, large}, {5, 2}}),
                        frequency_profile::from_entries({{std::uint64_t{1} << 40, std::uint64_t{1} << 30}})}) {
    CHECK_FALSE(p.defined());
    CHECK(p.total() == ~std::uint64_t{0});
  }
  CHECK(frequency_profile::from_entries({{1'000'000'000'000, 1'000'000}}).total() == 1'000'000'000'000'000'000U);
}
