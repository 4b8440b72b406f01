// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/radix_sort.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"

namespace simd = tailwatch::simd;

namespace {

template <class Real>
void sorts_like_the_library(std::vector<Real> x) {
  const std::vector<Real> sorted = simd::radix_sort(x);
  for (Real& v : x) v += Real(0);  // −0 becomes 0
  std::sort(x.begin(), x.end());
  REQUIRE(sorted == x);
  REQUIRE(std::none_of(sorted.begin(), sorted.end(), [](Real v) { return v == Real(0) && std::signbit(v); }));
}

template <class Real, class Draw>
std::vector<Real> drawn(std::size_t n, Draw draw) {
  std::vector<Real> x(n);
  for (Real& v : x) v = static_cast<Real>(draw());
  return x;
}

template <class Real>
void sorts_everything() {
  tailwatch::core::random_engine random(1);
  const auto uniform = [&] { return tailwatch::core::uniform_01(random); };
  const auto normal = [&] { return tailwatch::core::normal_quantile(uniform()); };
  for (const std::size_t n : {0U, 1U, 2U, 3U, 100U, 767U, 768U, 769U, 5000U}) {
    sorts_like_the_library(drawn<Real>(n, normal));
    sorts_like_the_library(drawn<Real>(n, [&] { return 1e6 + uniform(); }));
    sorts_like_the_library(drawn<Real>(n, [&] { return std::exp(20.0 * normal()); }));
    sorts_like_the_library(drawn<Real>(n, [&] { return std::floor(3.0 * uniform()) - 1.0; }));
    sorts_like_the_library(drawn<Real>(n, [] { return -2.5; }));
    sorts_like_the_library(drawn<Real>(n, [&] { return uniform() < 0.5 ? 0.0 : -0.0; }));
    sorts_like_the_library(drawn<Real>(n, [&, i = 0]() mutable { return ++i; }));
    sorts_like_the_library(drawn<Real>(n, [&, i = 0]() mutable { return --i; }));
  }
}

}  // namespace

TEST_CASE("simd: radix sort orders numbers of any kind", "[simd]") {
  sorts_everything<float>();
  sorts_everything<double>();
}

TEST_CASE("simd: radix sort takes the ends of the range", "[simd]") {
  const auto ends = [](auto tag) {
    using Real = decltype(tag);
    using limits = std::numeric_limits<Real>;
    std::vector<Real> x;
    for (int i = 0; i < 300; ++i)
      for (const Real v : {limits::infinity(), -limits::infinity(), limits::max(), limits::lowest(), limits::min(),
                           limits::denorm_min(), -limits::denorm_min(), Real(0)})
        x.push_back(v);
    sorts_like_the_library(x);
  };
  ends(0.0F);
  ends(0.0);
}

// Three passes see the leading 33 bits of the range: here they see nothing but the outlier, and comparisons do all the work.
TEST_CASE("simd: radix sort orders a crowd beside an outlier", "[simd]") {
  tailwatch::core::random_engine random(2);
  std::vector<double> x = drawn<double>(20000, [&] { return 1.0 + 1e-9 * tailwatch::core::uniform_01(random); });
  x[77] = 1e300;
  x[78] = -1e300;
  sorts_like_the_library(x);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] = -x[i] * 4.0;
  sorts_like_the_library(x);
}

TEST_CASE("simd: radix sort keeps its working storage", "[simd]") {
  simd::number_buffer<float> scratch;
  CHECK(scratch.size() == 0);
  std::vector<float> x(2000), out(2000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>((i * 7919) % 2000);
  simd::radix_sort(x.data(), x.size(), out.data(), scratch);
  CHECK(std::is_sorted(out.begin(), out.end()));
  const float* const before = scratch.data();
  simd::radix_sort(x.data(), x.size() - 1, out.data(), scratch);
  CHECK(scratch.data() == before);
  CHECK(std::is_sorted(out.begin(), out.end() - 1));
}
