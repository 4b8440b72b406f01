// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/summary/moments.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"

using tailwatch::summary::moments;
using tailwatch::testing::close;

static_assert(tailwatch::core::summary<moments>);
static_assert(tailwatch::core::reducible<moments>);

namespace {

std::vector<double> moments_normal(std::size_t n, unsigned seed, double mean = 0.0) {
  std::mt19937_64 engine(seed);
  std::vector<double> x(n);
  for (double& v : x) {
    const double u = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53,
                 w = static_cast<double>(engine() >> 11) * 0x1p-53;
    v = mean + std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * w);
  }
  return x;
}

void moments_agree(const moments& a, const moments& b) {
  REQUIRE(a.count() == b.count());
  REQUIRE(a.rejected() == b.rejected());
  const double s = std::sqrt(b.sums().m2 / static_cast<double>(b.count()));
  REQUIRE(close(a.sums().mean, b.sums().mean, 1e-14, 1e-12 * s));
  REQUIRE(close(a.sums().m2, b.sums().m2, 1e-12));
  REQUIRE(close(a.sums().m3, b.sums().m3, 1e-12, 1e-12 * b.sums().m2 * s));
  REQUIRE(close(a.sums().m4, b.sums().m4, 1e-12));
}

// What an all-reduce with SUM does to a float64 or int64 segment.
void moments_all_reduce(std::vector<moments>& ranks) {
  for (std::size_t round = 0; round < ranks[0].reduction_rounds(); ++round) {
    std::vector<std::vector<tailwatch::core::reduction_segment>> segments;
    for (auto& r : ranks) segments.push_back(r.begin_round(round));
    for (std::size_t s = 0; s < segments[0].size(); ++s) {
      if (segments[0][s].type == tailwatch::core::element_type::int64) {
        std::uint64_t total = 0;
        for (auto& r : segments) total += *static_cast<std::uint64_t*>(r[s].data);
        for (auto& r : segments) *static_cast<std::uint64_t*>(r[s].data) = total;
      } else {
        double total = 0;
        for (auto& r : segments) total += *static_cast<double*>(r[s].data);
        for (auto& r : segments) *static_cast<double*>(r[s].data) = total;
      }
    }
    for (auto& r : ranks) r.finish_round(round);
  }
}

}  // namespace

TEST_CASE("moments: closed forms", "[summary]") {
  moments m;
  m.update(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(m.count() == 10);
  CHECK(m.mean().value == 5.5);
  CHECK(close(m.variance().value, 82.5 / 9.0, 1e-15));
  CHECK(close(m.mean().standard_error, std::sqrt(82.5 / 90.0), 1e-15));
  CHECK(close(m.skewness().value, 0.0, 0.0, 1e-15));
  CHECK(close(m.kurtosis().value, -1.2 * (100.0 + 1.0) / (100.0 - 1.0), 1e-14));  // discrete uniform on 1..n
  moments bernoulli;  // p = 1/4: skewness (1 − 2p)/√(pq), kurtosis (1 − 6pq)/(pq)
  bernoulli.update(std::vector<float>{0, 0, 0, 1});
  CHECK(close(bernoulli.skewness().value, 0.5 / std::sqrt(3.0 / 16.0), 1e-14));
  CHECK(close(bernoulli.kurtosis().value, (1.0 - 18.0 / 16.0) / (3.0 / 16.0), 1e-13));
}

TEST_CASE("moments: nothing, one, equal values, NaN and infinity", "[summary]") {
  moments m;
  CHECK(!m.mean().defined());
  CHECK(!m.variance().defined());
  CHECK(!m.skewness().defined());
  m.add(3.0);
  CHECK(m.mean().value == 3.0);
  CHECK(tailwatch::core::is_nan(m.mean().standard_error));
  CHECK(!m.variance().defined());
  m.update(std::vector<float>(100, 3.0F));
  CHECK(m.variance().value == 0.0);
  CHECK(m.variance().standard_error == 0.0);
  CHECK(!m.kurtosis().defined());
  m.update(std::vector<double>{tailwatch::core::nan, -tailwatch::core::infinity});
  m.add(tailwatch::core::nan);
  CHECK(m.count() == 101);
  CHECK(m.rejected() == 3);
  CHECK(m.mean().value == 3.0);
  m.reset();
  CHECK(m == moments{});
}

TEST_CASE("moments: any split and order agree, one by one too", "[summary]") {
  const auto x = moments_normal(20011, 1, 1000.0);
  moments whole, single;
  whole.update(x);
  for (const double v : x) single.add(v);
  moments_agree(single, whole);
  for (const std::size_t cut : {0UL, 1UL, 777UL, 20011UL}) {
    moments a, b;
    a.update(std::span(x).first(cut));
    b.update(tailwatch::sample(std::span(x).subspan(cut)));
    moments ab = a, ba = b;
    ab.merge(b);
    ba.merge(a);
    moments_agree(ab, whole);
    moments_agree(ba, whole);
  }
  moments identity;
  identity.merge(whole);
  CHECK(identity == whole);
  whole.merge(moments{});
  CHECK(identity == whole);
}

TEST_CASE("moments: offset 1000 in float keeps the variance", "[summary]") {
  const auto x = moments_normal(200000, 2, 1000.0);
  const std::vector<float> f(x.begin(), x.end());
  long double mean = 0, m2 = 0;
  for (const float v : f) mean += static_cast<long double>(v);
  mean /= static_cast<long double>(f.size());
  for (const float v : f) m2 += (static_cast<long double>(v) - mean) * (static_cast<long double>(v) - mean);
  moments m;
  m.update(f);
  CHECK(close(m.sums().m2, static_cast<double>(m2), 1e-13));
}

TEST_CASE("moments: all-reduce in two rounds gives the merged state", "[summary]") {
  const auto x = moments_normal(9001, 3, 50.0);
  std::vector<moments> ranks(4);
  moments whole;
  whole.update(x);
  whole.add(tailwatch::core::nan);
  for (std::size_t i = 0; i < x.size(); ++i) ranks[i < 5000 ? 0 : 1 + i % 2].add(x[i]);  // rank 3 has nothing
  ranks[2].add(tailwatch::core::nan);
  moments_all_reduce(ranks);
  for (const auto& r : ranks) {
    moments_agree(r, whole);
    CHECK(r == ranks[0]);
  }
}

TEST_CASE("moments: saved bytes restore the state and refuse damage", "[summary]") {
  moments m;
  m.update(moments_normal(100, 4));
  m.add(tailwatch::core::nan);
  auto bytes = tailwatch::core::to_bytes(m);
  moments back;
  tailwatch::core::from_bytes(bytes, back);
  CHECK(back == m);
  bytes[50] ^= std::byte{1};
  moments untouched;
  CHECK_THROWS_AS(tailwatch::core::from_bytes(bytes, untouched), tailwatch::core::archive_error);
  CHECK(untouched == moments{});
}

TEST_CASE("moments: standard errors of mean and variance match their spread", "[summary]") {
  // 2000 replicates of n = 200 exponentials: Var(s²) has the fourth moment in it (μ4 = 9).
  constexpr int replicates = 2000;
  moments means, variances, mean_errors, variance_errors;
  std::mt19937_64 engine(9);
  for (int r = 0; r < replicates; ++r) {
    moments m;
    for (int i = 0; i < 200; ++i) m.add(-std::log((static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53));
    means.add(m.mean().value);
    mean_errors.add(m.mean().standard_error * m.mean().standard_error);
    variances.add(m.variance().value);
    variance_errors.add(m.variance().standard_error * m.variance().standard_error);
  }
  const auto spread = means.variance(), wide = variances.variance();
  CHECK(std::abs(mean_errors.mean().value - spread.value) <
        4 * std::hypot(spread.standard_error, mean_errors.mean().standard_error));
  CHECK(std::abs(variance_errors.mean().value - wide.value) <
        4 * std::hypot(wide.standard_error, variance_errors.mean().standard_error));
}
