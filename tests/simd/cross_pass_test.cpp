// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/cross_pass.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

namespace simd = tailwatch::simd;

namespace {

constexpr float masked_out = -std::numeric_limits<float>::infinity();

struct exact_cross {
  long double mean = 0, variance = 0;
  std::uint64_t above = 0;
};

long double exact_log_sum(const float* x, std::size_t n) {
  long double m = -1e30L, s = 0;
  for (std::size_t i = 0; i < n; ++i) m = std::max(m, static_cast<long double>(x[i]));
  for (std::size_t i = 0; i < n; ++i) s += std::exp(static_cast<long double>(x[i]) - m);
  return m + std::log(s);
}

exact_cross exact_moments(const float* q, const float* p, std::size_t n, float threshold) {
  exact_cross e;
  const long double q_sum = exact_log_sum(q, n), p_sum = exact_log_sum(p, n);
  for (std::size_t i = 0; i < n; ++i) {
    const long double mass = std::exp(static_cast<long double>(q[i]) - q_sum);
    if (mass > 0) e.mean += mass * (static_cast<long double>(p[i]) - p_sum);
    e.above += p[i] > threshold ? 1 : 0;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const long double mass = std::exp(static_cast<long double>(q[i]) - q_sum);
    const long double d = static_cast<long double>(p[i]) - p_sum - e.mean;
    if (mass > 0) e.variance += mass * d * d;
  }
  return e;
}

template <class Arch>
simd::cross_moments cross(const float* q, const float* p, std::size_t n, std::ptrdiff_t target) {
  return simd::cross_pass<Arch>(q, p, n, simd::row_pass<Arch>(q, n), simd::row_pass<Arch>(p, n, target));
}

}  // namespace

TEST_CASE("simd: cross pass agrees with long double at every count and misalignment", "[simd]") {
  std::mt19937_64 random(6);
  std::normal_distribution<float> normal(0.0F, 3.0F);
  tailwatch::testing::for_every_arch([&]<class Arch>() {
    double worst = 0.0;
    tailwatch::testing::for_every_span<float, simd::lanes<float, Arch>>(
        [&](std::size_t i) { return i % 5 == 3 ? masked_out : normal(random); },
        [&](const float* x, std::size_t n) {
          if (n == 0) return;
          std::vector<float> p(n);
          for (std::size_t i = 0; i < n; ++i) p[i] = x[i] == masked_out ? masked_out : x[i] + normal(random);
          const auto got = cross<Arch>(x, p.data(), n, static_cast<std::ptrdiff_t>(n / 2));
          const auto want = exact_moments(x, p.data(), n, p[n / 2]);
          const auto mean = static_cast<double>(want.mean), variance = static_cast<double>(want.variance);
          REQUIRE((p[n / 2] == masked_out || got.above == want.above));
          worst = std::max(worst, std::abs(got.mean - mean) / std::max(1.0, std::abs(mean)) / 2e-6);
          worst = std::max(worst, std::abs(got.variance - variance) / (4e-6 * (variance + mean * mean) + 2e-6));
        });
    INFO("largest error in units of the bound " << worst);
    CHECK(worst < 1.0);
  });
}

TEST_CASE("simd: cross pass of long rows, sharp, flat, shifted and equal", "[simd]") {
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal(0.0F, 1.0F);
  tailwatch::testing::for_every_arch([&]<class Arch>() {
    for (const float spread : {0.0F, 1e-2F, 1.0F, 10.0F})
      for (const float offset : {0.0F, -80.0F, 3e3F})
        for (const float apart : {0.0F, 1.0F}) {
          constexpr std::size_t n = 20011;
          std::vector<float> q(n), p(n);
          for (std::size_t i = 0; i < n; ++i) {
            q[i] = offset + spread * normal(random);
            p[i] = apart == 0.0F ? q[i] : q[i] + apart * normal(random) - offset;
          }
          const auto got = cross<Arch>(q.data(), p.data(), n, 17);
          const auto want = exact_moments(q.data(), p.data(), n, p[17]);
          const auto mean = static_cast<double>(want.mean), variance = static_cast<double>(want.variance);
          INFO("spread " << spread << " offset " << offset << " apart " << apart << " mean " << got.mean << " - "
                         << mean << " variance " << got.variance << " - " << variance);
          const double rounding = std::abs(static_cast<double>(offset)) * 6e-8;  // of ln p itself, in single precision
          CHECK(std::abs(got.mean - mean) <= 2e-6 * std::max(1.0, std::abs(mean)) + rounding);
          CHECK(std::abs(got.variance - variance) <=
                4e-6 * (variance + mean * mean) + 2e-6 + 4 * rounding * std::sqrt(variance + 1));
          CHECK(got.above == want.above);
          if (apart == 0.0F)
            CHECK(std::abs(got.mean + simd::entropy(simd::row_pass<Arch>(q.data(), n))) <
                  4e-6 * std::max(1.0, -mean) + rounding);
        }
  });
}

TEST_CASE("simd: cross pass of rows masked in one model, rejected, or beyond the trick's domain", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const std::vector<float> q{1.0F, 2.0F, 0.5F, 0.0F}, p{1.0F, masked_out, 0.5F, 0.0F};
    const auto impossible = cross<Arch>(q.data(), p.data(), 4, 0);
    CHECK(impossible.mean == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(impossible.variance));
    // masked under q: nothing of it is ever drawn
    const auto fine = cross<Arch>(p.data(), q.data(), 4, 1);
    const auto want = exact_moments(p.data(), q.data(), 4, 2.0F);
    CHECK(std::abs(fine.mean - static_cast<double>(want.mean)) < 2e-6);
    CHECK(fine.above == 0);
    const std::vector<float> bad{1.0F, std::numeric_limits<float>::quiet_NaN(), 0.5F, 0.0F};
    CHECK(std::isnan(cross<Arch>(q.data(), bad.data(), 4, 0).mean));
    CHECK(std::isnan(cross<Arch>(bad.data(), q.data(), 4, 0).mean));
    const std::vector<float> huge{3e6F, 3e6F, 3e6F - 1.0F, 0.0F};
    const auto far = cross<Arch>(huge.data(), huge.data(), 4, 2);
    const auto exact = exact_moments(huge.data(), huge.data(), 4, huge[2]);
    CHECK(std::abs(far.mean - static_cast<double>(exact.mean)) < 1e-8);
    CHECK(far.above == 2);
  });
}
