// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/row_pass.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

struct exact_row {
  long double lse, entropy, largest;
};

// Softmax quantities in long double, −∞ meaning probability 0.
template <class T>
exact_row exact(const T* x, std::size_t n) {
  long double m = -std::numeric_limits<long double>::infinity(), s = 0, q = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float v = simd::to_float(x[i]);
    if (tailwatch::core::is_finite(v) && static_cast<long double>(v) > m) m = v;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float v = simd::to_float(x[i]);
    if (!tailwatch::core::is_finite(v)) continue;
    const long double d = static_cast<long double>(v) - m, e = std::exp(d);
    s += e;
    q += e == 0 ? 0 : d * e;
  }
  return {m + std::log(s), std::log(s) - q / s, 1 / s};
}

template <class T>
void check_row(const simd::row_partial& row, const T* x, std::size_t n, double tolerance = 1e-6) {
  const exact_row want = exact(x, n);
  INFO("n " << n << " lse " << static_cast<double>(want.lse) << " H " << static_cast<double>(want.entropy));
  REQUIRE(simd::defined(row));
  REQUIRE(close(simd::log_sum_exp(row), static_cast<double>(want.lse), 0.0, tolerance));
  const auto h = static_cast<double>(want.entropy);
  REQUIRE(close(simd::entropy(row), h, 0.0, tolerance * (h > 1.0 ? h : 1.0)));
  REQUIRE(close(simd::max_probability(row), static_cast<double>(want.largest), tolerance));
}

template <class T>
T logit_from(float x) {
  if constexpr (std::same_as<T, float>) {
    return x;
  } else if constexpr (std::same_as<T, simd::bfloat16>) {
    return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16)};
  } else {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    const std::uint32_t half = magnitude >= 0x7f800000U   ? 0x7c00U
                               : magnitude < (113U << 23) ? static_cast<std::uint32_t>(std::abs(x) * 0x1p24F)
                                                          : (magnitude - (112U << 23)) >> 13;
    return {static_cast<std::uint16_t>(half | ((bits >> 16) & 0x8000U))};
  }
}

std::vector<float> normal_logits(std::size_t n, double scale, double offset, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::vector<float> x(n);
  for (float& v : x) {
    double z = -6.0;
    for (int i = 0; i < 12; ++i) z += static_cast<double>(engine() >> 11) * 0x1p-53;
    v = static_cast<float>(offset + scale * z);
  }
  return x;
}

}  // namespace

TEST_CASE("simd: row pass agrees with long double at every count and misalignment, every format", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using T = decltype(tag);
      const auto fill = [](std::size_t i) {
        return i % 9 == 4 ? logit_from<T>(minus_infinity)
                          : logit_from<T>(0.37F * static_cast<float>((i * 7) % 23) - 3.0F);
      };
      tailwatch::testing::for_every_span<T, simd::lanes<float, Arch>>(fill, [](const T* x, std::size_t n) {
        const auto row = simd::row_pass<Arch>(x, n, static_cast<std::ptrdiff_t>(n) - 1);
        if (n == 0) {
          REQUIRE(row == simd::row_partial{});
          return;
        }
        check_row(row, x, n);
        check_row(simd::row_pass<simd::scalar>(x, n), x, n, 1e-13);
        REQUIRE(row.target_logit == static_cast<double>(simd::to_float(x[n - 1])));
      });
    };
    check(0.0F);
    check(simd::bfloat16{});
    check(simd::float16{});
  });
}

TEST_CASE("simd: row pass is accurate for real vocabularies, offsets and scales", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const std::size_t n : {100UL, 2048UL, 2049UL, 4097UL, 50257UL}) {
      for (const double scale : {0.0, 1e-3, 2.5, 12.0}) {
        for (const double offset : {0.0, 88.0, -88.0, 100.0, -100.0, 1e4, -1e4}) {
          const auto x = normal_logits(n, scale, offset, 11);
          check_row(simd::row_pass<Arch>(x.data(), n), x.data(), n);
        }
      }
    }
  });
}

TEST_CASE("simd: row pass rebases on ascending rows and forgets what is far below", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    std::vector<float> x(20000);
    for (const float step : {0.01F, 50.0F, 300.0F}) {
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = step * static_cast<float>(i / 2048) + 0.001F * static_cast<float>(i % 2048);
      check_row(simd::row_pass<Arch>(x.data(), x.size()), x.data(), x.size());
    }
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = -static_cast<float>(i) * 0.01F;
    check_row(simd::row_pass<Arch>(x.data(), x.size()), x.data(), x.size());
  });
}

TEST_CASE("simd: row pass takes its reference from a live element", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const float mask : {-1e4F, -1e9F, std::numeric_limits<float>::lowest(), minus_infinity}) {
      for (const float live : {-200.0F, 0.0F, 3.0F}) {
        auto x = normal_logits(9000, 1.0, static_cast<double>(live), 3);
        for (std::size_t i = 0; i < 5000; ++i) x[i] = mask;
        check_row(simd::row_pass<Arch>(x.data(), x.size()), x.data(), x.size());
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 3 == 0 ? live : mask;
        check_row(simd::row_pass<Arch>(x.data(), x.size()), x.data(), x.size());
        std::vector<float> one(7000, mask);
        one[6001] = live;
        const auto row = simd::row_pass<Arch>(one.data(), one.size(), 6001);
        check_row(row, one.data(), one.size());
        CHECK(close(simd::negative_log_likelihood(row), 0.0, 0.0, 1e-6));
      }
    }
  });
}

TEST_CASE("simd: logits beyond the trick's domain take the exact path", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const float size : {1.5e6F, 1e9F, 3e38F}) {
      for (const float sign : {1.0F, -1.0F}) {
        std::vector<float> x(5000, sign * size);
        check_row(simd::row_pass<Arch>(x.data(), x.size()), x.data(), x.size(), 1e-12);  // uniform: ln 5000
        x[4000] = 0.0F;
        const auto row = simd::row_pass<Arch>(x.data(), x.size());
        CHECK(close(simd::entropy(row), sign > 0 ? std::log(4999.0) : 0.0, 0.0, 1e-6));
      }
    }
    std::vector<float> late(9000, 0.0F);
    late[8999] = 2e6F;
    CHECK(simd::entropy(simd::row_pass<Arch>(late.data(), late.size())) == 0.0);
    CHECK(simd::log_sum_exp(simd::row_pass<Arch>(late.data(), late.size())) == 2e6);
  });
}

TEST_CASE("simd: NaN and +infinity reject a row wherever they stand, masked rows are empty", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, std::uint32_t nan_bits, std::uint32_t negative_nan_bits) {
      using T = decltype(tag);
      const auto raw = [](std::uint32_t bits) {
        if constexpr (std::same_as<T, float>)
          return std::bit_cast<float>(bits);
        else
          return T{static_cast<std::uint16_t>(bits)};
      };
      for (const std::size_t n : {1UL, 5UL, 33UL, 300UL, 2500UL, 5000UL}) {
        for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
          for (const float base : {1.0F, minus_infinity}) {
            std::vector<T> x(n, logit_from<T>(base));
            for (const T bad : {raw(nan_bits), raw(negative_nan_bits), raw(nan_bits | 1U),
                                logit_from<T>(std::numeric_limits<float>::infinity())}) {
              x[at] = bad;
              const auto row = simd::row_pass<Arch>(x.data(), n);
              INFO("n " << n << " at " << at);
              REQUIRE(row.rejected);
              REQUIRE(!simd::defined(row));
              REQUIRE(tailwatch::core::is_nan(simd::entropy(row)));
              REQUIRE(tailwatch::core::is_nan(simd::log_sum_exp(row)));
            }
          }
        }
        const std::vector<T> masked(n, logit_from<T>(minus_infinity));
        const auto row = simd::row_pass<Arch>(masked.data(), n);
        REQUIRE(!row.rejected);
        REQUIRE(!simd::defined(row));
        REQUIRE(tailwatch::testing::same_bits(simd::log_sum_exp(row), -tailwatch::core::infinity));
        REQUIRE(tailwatch::core::is_nan(simd::entropy(row)));
        REQUIRE(tailwatch::core::is_nan(simd::max_probability(row)));
      }
    };
    check(0.0F, 0x7fc00000U, 0xffc00000U);
    check(simd::bfloat16{}, 0x7fc0U, 0xffc0U);
    check(simd::float16{}, 0x7e00U, 0xfe00U);
  });
}

TEST_CASE("simd: slices of a row merge to the row", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const double offset : {0.0, 100.0}) {
      auto x = normal_logits(50257, 3.0, offset, 17);
      for (std::size_t i = 20000; i < 30000; ++i) x[i] = minus_infinity;
      for (std::size_t i = 40000; i < x.size(); ++i) x[i] += 150.0F;
      const auto whole = simd::row_pass<Arch>(x.data(), x.size(), 41000);
      for (const std::size_t shards : {2UL, 5UL, 8UL}) {
        simd::row_partial forward, backward;
        std::vector<simd::row_partial> parts;
        for (std::size_t s = 0; s < shards; ++s) {
          const std::size_t begin = x.size() * s / shards, end = x.size() * (s + 1) / shards;
          parts.push_back(simd::row_pass<Arch>(x.data() + begin, end - begin,
                                               std::ptrdiff_t{41000} - static_cast<std::ptrdiff_t>(begin)));
        }
        for (std::size_t s = 0; s < shards; ++s) {
          simd::merge(forward, parts[s]);
          simd::merge(backward, parts[shards - 1 - s]);
        }
        check_row(forward, x.data(), x.size());
        check_row(backward, x.data(), x.size());
        CHECK(close(simd::negative_log_likelihood(forward), simd::negative_log_likelihood(whole), 0.0, 1e-6));
        CHECK(forward.maximum == whole.maximum);
      }
    }
    simd::row_partial empty;
    simd::merge(empty, simd::row_partial{});
    CHECK(empty == simd::row_partial{});
  });
}

TEST_CASE("simd: target likelihoods", "[simd]") {
  const std::vector<float> x{0.0F, std::log(3.0F), minus_infinity};
  const auto nll = [&](std::ptrdiff_t target) {
    return simd::negative_log_likelihood(simd::row_pass(x.data(), 3, target));
  };
  CHECK(close(nll(0), std::log(4.0), 0.0, 1e-6));
  CHECK(close(nll(1), std::log(4.0 / 3.0), 0.0, 1e-6));
  CHECK(tailwatch::testing::same_bits(nll(2), tailwatch::core::infinity));
  CHECK(tailwatch::core::is_nan(nll(-100)));
  CHECK(tailwatch::core::is_nan(nll(3)));
}

TEST_CASE("simd: tail mass below a threshold is summed itself", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const std::size_t n : {1UL, 7UL, 100UL, 5000UL, 50257UL}) {
      for (const double offset : {0.0, 80.0, 3e6}) {
        const auto x = normal_logits(n, 4.0, offset, 23);
        const auto row = simd::row_pass<Arch>(x.data(), n);
        const double lse = simd::log_sum_exp(row);
        const std::vector<double> thresholds{lse + std::log(1e-3), lse + std::log(1e-6), lse + std::log(1e-9)};
        std::vector<double> got(3), want(3);
        simd::exp_sums_below<Arch>(x.data(), n, row.maximum, thresholds.data(), 3, got.data());
        simd::exp_sums_below<simd::scalar>(x.data(), n, row.maximum, thresholds.data(), 3, want.data());
        for (std::size_t j = 0; j < 3; ++j) REQUIRE(close(got[j], want[j], 3e-6, 1e-30));
      }
    }
  });
}

TEST_CASE("simd: 16-bit rows keep subnormals and give what their floats give", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    std::vector<simd::float16> h(3000);
    for (std::size_t i = 0; i < h.size(); ++i)
      h[i].bits = static_cast<std::uint16_t>((i % 1024) | (i % 2 == 0 ? 0x8000U : 0U));
    check_row(simd::row_pass<Arch>(h.data(), h.size()), h.data(), h.size());
    const auto x = normal_logits(32000, 3.0, 5.0, 29);
    std::vector<simd::bfloat16> b(x.size());
    std::vector<simd::float16> f(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      b[i] = logit_from<simd::bfloat16>(x[i]);
      f[i] = logit_from<simd::float16>(x[i]);
    }
    check_row(simd::row_pass<Arch>(b.data(), b.size()), b.data(), b.size());
    check_row(simd::row_pass<Arch>(f.data(), f.size()), f.data(), f.size());
  });
}
