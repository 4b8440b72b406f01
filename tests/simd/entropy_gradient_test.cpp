// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/entropy_gradient.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

namespace {

namespace simd = tailwatch::simd;
using tailwatch::testing::for_every_arch;

constexpr float no_logit = -std::numeric_limits<float>::infinity();

/// −p(ln p + H) in long double; the largest of 1 and H goes to `size`.
template <class T>
std::vector<double> exact_gradient(const T* x, std::size_t n, double& size) {
  long double m = -1e30L, s = 0, q = 0;
  for (std::size_t i = 0; i < n; ++i) m = std::max(m, static_cast<long double>(simd::logit_at(x, i)));
  for (std::size_t i = 0; i < n; ++i) {
    const float v = simd::logit_at(x, i);
    if (!tailwatch::core::is_finite(v)) continue;
    const long double d = static_cast<long double>(v) - m, e = std::exp(d);
    s += e;
    q += d * e;
  }
  const long double h = std::log(s) - q / s;
  size = std::max(1.0, static_cast<double>(h));
  std::vector<double> g(n);
  for (std::size_t i = 0; i < n; ++i) {
    const float v = simd::logit_at(x, i);
    const long double log_p = static_cast<long double>(v) - m - std::log(s);
    g[i] = tailwatch::core::is_finite(v) ? static_cast<double>(-std::exp(log_p) * (log_p + h)) : 0.0;
  }
  return g;
}

template <class Arch, class T>
double largest_gradient_error(const T* x, std::size_t n, double scale, bool add) {
  double size = 1.0;
  const auto want = exact_gradient(x, n, size);
  std::vector<float> got(n + 2, 7.0F);
  simd::entropy_gradient<Arch>(x, n, simd::row_pass<Arch>(x, n), scale, got.data() + 1, add);
  REQUIRE(got[0] == 7.0F);
  REQUIRE(got[n + 1] == 7.0F);
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double error = std::abs(static_cast<double>(got[i + 1]) - (add ? 7.0 : 0.0) - scale * want[i]);
    if (simd::logit_at(x, i) == no_logit) REQUIRE(got[i + 1] == (add ? 7.0F : 0.0F));
    largest = std::max(largest, error - (add ? 1e-6 : 0.0));  // half a bit of 7
  }
  return largest / (std::abs(scale) * size);
}

template <class T>
T as_logit(float x) {
  if constexpr (std::same_as<T, float>) {
    return x;
  } else if constexpr (std::same_as<T, simd::bfloat16>) {
    return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16)};
  } else {
    // halves of whole numbers below 16, exactly
    if (x == no_logit) return {0xfc00};
    const float v = std::round(2.0F * x) / 2.0F;
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(v);
    if (v == 0.0F) return {0};
    return {static_cast<std::uint16_t>(((bits >> 16) & 0x8000U) | ((((bits >> 23) & 0xffU) - 112U) << 10) |
                                       ((bits >> 13) & 0x3ffU))};
  }
}

}  // namespace

TEMPLATE_TEST_CASE("simd: entropy gradient at every count and misalignment", "[simd]", float, simd::bfloat16,
                   simd::float16) {
  std::mt19937_64 random(4);
  std::normal_distribution<float> normal(0.0F, 3.0F);
  for_every_arch([&]<class Arch>() {
    double worst = 0.0;
    tailwatch::testing::for_every_span<TestType, simd::lanes<float, Arch>>(
        [&](std::size_t i) { return as_logit<TestType>(i % 5 == 3 ? no_logit : normal(random)); },
        [&](const TestType* x, std::size_t n) {
          if (n == 0) return;
          worst = std::max(worst, largest_gradient_error<Arch>(x, n, 1.0, false));
          worst = std::max(worst, largest_gradient_error<Arch>(x, n, -0.25, true));
        });
    INFO("largest error " << worst);
    CHECK(worst < 1e-6);
  });
}

TEST_CASE("simd: entropy gradient of long, sharp, flat and shifted rows", "[simd]") {
  std::mt19937_64 random(5);
  std::normal_distribution<float> normal(0.0F, 1.0F);
  for_every_arch([&]<class Arch>() {
    for (const float spread : {0.0F, 1e-3F, 1.0F, 10.0F, 300.0F}) {
      for (const float offset : {0.0F, -80.0F, 1e4F}) {
        for (const std::size_t n : {1000U, 50257U}) {
          std::vector<float> x(n);
          for (float& v : x) v = offset + spread * normal(random);
          const double error = largest_gradient_error<Arch>(x.data(), n, 1.0, false);
          INFO("spread " << spread << " offset " << offset << " n " << n << " error " << error);
          CHECK(error < 1e-6);
        }
      }
    }
    std::vector<float> huge{3e6F, 3e6F, 2.9e6F, no_logit};
    CHECK(largest_gradient_error<Arch>(huge.data(), huge.size(), 1.0, false) < 1e-6);
  });
}

TEST_CASE("simd: entropy gradient of rows without a softmax", "[simd]") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for_every_arch([&]<class Arch>() {
    for (const float bad : {nan, inf}) {
      std::vector<float> x(100, 1.0F);
      x[37] = bad;
      std::vector<float> g(100, 2.0F);
      const auto row = simd::row_pass<Arch>(x.data(), x.size());
      simd::entropy_gradient<Arch>(x.data(), x.size(), row, 1.0, g.data(), true);
      CHECK(g == std::vector<float>(100, 2.0F));
      simd::entropy_gradient<Arch>(x.data(), x.size(), row, 1.0, g.data());
      CHECK(g == std::vector<float>(100, 0.0F));
    }
    std::vector<float> masked(40, no_logit), g(40, 2.0F);
    simd::entropy_gradient<Arch>(masked.data(), 40, simd::row_pass<Arch>(masked.data(), 40), 1.0, g.data());
    CHECK(g == std::vector<float>(40, 0.0F));
  });
}
