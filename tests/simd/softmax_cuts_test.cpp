// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/softmax_cuts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

namespace {

struct sorted_softmax {
  std::vector<double> p;  // descending, without what has probability 0
  template <class T>
  explicit sorted_softmax(const T* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) p.push_back(static_cast<double>(simd::to_float(x[i])));
    std::sort(p.begin(), p.end(), std::greater<>{});
    const double m = p.front();
    double sum = 0.0;
    for (double& v : p) v = std::exp(v - m);
    for (std::size_t i = p.size(); i > 0; --i) sum += p[i - 1];
    for (double& v : p) v /= sum;
  }
  [[nodiscard]] double outside(std::size_t keep) const {
    double sum = 0.0;
    for (std::size_t i = p.size(); i > keep; --i) sum += p[i - 1];
    return sum;
  }
  [[nodiscard]] std::size_t nucleus(double mass) const {
    double kept = 0.0;
    std::size_t m = 0;
    while (m < p.size() && kept < mass * (1.0 - 1e-9)) kept += p[m++];
    return m;
  }
};

template <class Arch, class T>
void check_cuts(const T* x, std::size_t n) {
  const auto row = simd::row_pass<Arch>(x, n);
  REQUIRE(simd::defined(row));
  const std::vector<std::size_t> ks{1, 2, 10, 50, n, n + 7};
  const std::vector<double> ps{0.1, 0.5, 0.9, 0.99};
  std::vector<simd::softmax_cut> cuts(ks.size() + ps.size());
  std::vector<float> border;
  simd::softmax_cuts<Arch>(x, n, row, ks, ps, cuts.data(), border);
  const sorted_softmax want(x, n);
  for (std::size_t j = 0; j < ks.size(); ++j) {
    INFO("n " << n << " k " << ks[j]);
    REQUIRE(cuts[j].size == std::min(ks[j], n));
    REQUIRE(close(cuts[j].mass_outside, want.outside(std::min(ks[j], n)), 1e-6, 1e-25));
  }
  for (std::size_t j = 0; j < ps.size(); ++j) {
    const auto& cut = cuts[ks.size() + j];
    INFO("n " << n << " p " << ps[j] << " size " << cut.size);
    // The size is exact unless the mass comes within the error of the exponential of p.
    const std::size_t size = want.nucleus(ps[j]);
    const double margin = std::min(std::abs(1.0 - want.outside(size) - ps[j]),
                                   size == 0 ? 1.0 : std::abs(1.0 - want.outside(size - 1) - ps[j]));
    if (margin > 1e-6) REQUIRE(cut.size == size);
    REQUIRE(close(cut.mass_outside, want.outside(cut.size), 1e-6, 1e-25));
  }
  double squares = 0.0;
  for (const double p : want.p) squares += p * p;
  REQUIRE(close(simd::collision_entropy(row, simd::exp_sum_of_squares<Arch>(x, n, row.maximum)), -std::log(squares),
                0.0, 2e-6 * std::max(1.0, -std::log(squares))));
}

template <class T>
T cut_logit(float x) {
  if constexpr (std::same_as<T, float>) {
    return x;
  } else if constexpr (std::same_as<T, simd::bfloat16>) {
    return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16)};
  } else {  // normal numbers of half precision only
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return {static_cast<std::uint16_t>((((bits & 0x7fffffffU) - (112U << 23)) >> 13) | ((bits >> 16) & 0x8000U))};
  }
}

}  // namespace

TEST_CASE("simd: softmax cuts agree with a sort at every count and misalignment, every format", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using T = decltype(tag);
      const auto fill = [](std::size_t i) { return cut_logit<T>(0.37F * static_cast<float>((i * 7) % 23) - 3.05F); };
      tailwatch::testing::for_every_span<T, simd::lanes<float, Arch>>(fill, [](const T* x, std::size_t n) {
        if (n != 0) check_cuts<Arch>(x, n);
      });
    };
    check(0.0F);
    check(simd::bfloat16{});
    check(simd::float16{});
  });
}

TEST_CASE("simd: softmax cuts of real vocabularies, flat, sharp and masked rows", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    std::mt19937_64 engine(5);
    for (const std::size_t n : {1UL, 1000UL, 5003UL}) {
      for (const double scale : {0.0, 1e-3, 2.5, 40.0, 300.0}) {
        for (const double offset : {0.0, -1e4}) {
          std::vector<float> x(n);
          for (float& v : x)
            v = static_cast<float>(offset + scale * (static_cast<double>(engine() >> 11) * 0x1p-53 - 0.5));
          check_cuts<Arch>(x.data(), n);
          if (n < 100) continue;
          for (std::size_t i = 0; i < n; i += 3) x[i] = -std::numeric_limits<float>::infinity();
          check_cuts<Arch>(x.data(), n);
        }
      }
    }
    std::vector<float> large(300, 2e6F);  // beyond the domain of the vectorised exponential
    large[7] += 4.0F;
    check_cuts<Arch>(large.data(), large.size());
  });
}

TEST_CASE("simd: a nucleus of equal probabilities holds exactly as many as it must", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const std::vector<float> x(10, 1.7F);
    const auto row = simd::row_pass<Arch>(x.data(), x.size());
    std::vector<float> border;
    for (std::size_t tenth = 1; tenth < 10; ++tenth) {
      const double p = static_cast<double>(tenth) / 10.0;
      simd::softmax_cut cut;
      simd::softmax_cuts<Arch>(x.data(), x.size(), row, {}, std::vector<double>{p}, &cut, border);
      CHECK(cut.size == tenth);
      CHECK(close(cut.mass_outside, 1.0 - p, 1e-6));
    }
  });
}
