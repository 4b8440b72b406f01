// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/pair_terms.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"
#include "tailwatch/simd/sum.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

namespace {

template <class Real>
std::vector<Real> waves(std::size_t n, double rate) {
  std::vector<Real> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<Real>(std::sin(rate * static_cast<double>(i)) + 0.1);
  return x;
}

}  // namespace

TEST_CASE("simd: panel terms agree with the scalar twin for any number of rows and coordinates", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double tolerance) {
      using Real = decltype(tag);
      constexpr std::size_t stride = 12;
      const auto points = waves<Real>(simd::panel_width * stride, 0.7),
                 panel = waves<Real>(simd::panel_width * stride, 1.3);
      for (const std::size_t rows : {1U, 3U, 4U, 5U, 6U, 8U, 12U, 13U, 17U})
        for (const std::size_t to : {0U, 1U, 7U, 12U}) {
          const std::size_t from = to > 3 ? 2 : 0;
          const auto agree = [&]<simd::pair_term Term>() {
            std::vector<Real> a(rows * simd::panel_width, Real(0.5)), b = a;
            simd::panel_terms<Term, Arch>(points.data(), rows, panel.data(), from, to, a.data());
            simd::panel_terms<Term, simd::scalar>(points.data(), rows, panel.data(), from, to, b.data());
            // fused or not, in any order: a few roundings of sums of at most 12 terms below 5
            for (std::size_t i = 0; i < a.size(); ++i)
              REQUIRE(std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) <= tolerance);
          };
          agree.template operator()<simd::pair_term::squared_distance>();
          agree.template operator()<simd::pair_term::product>();
        }
    };
    check(0.0, 1e-14);
    check(0.0F, 1e-5);
  });
}

TEST_CASE("simd: a distance has the same bits from either side", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    constexpr std::size_t d = 9;
    const auto a = waves<double>(simd::panel_width * d, 0.37), b = waves<double>(simd::panel_width * d, 2.1);
    const auto panel_of = [](const std::vector<double>& x) {
      std::vector<double> panel(x.size());
      for (std::size_t l = 0; l < simd::panel_width; ++l)
        for (std::size_t c = 0; c < d; ++c) panel[c * simd::panel_width + l] = x[l * d + c];
      return panel;
    };
    constexpr std::size_t all = simd::panel_width * simd::panel_width;
    std::vector<double> ab(all, 0.0), ba(all, 0.0);
    constexpr auto term = simd::pair_term::squared_distance;
    simd::panel_terms<term, Arch>(panel_of(a).data(), simd::panel_width, panel_of(b).data(), 0, d, ab.data());
    simd::panel_terms<term, Arch>(panel_of(b).data(), simd::panel_width, panel_of(a).data(), 0, d, ba.data());
    for (std::size_t i = 0; i < simd::panel_width; ++i)
      for (std::size_t j = 0; j < simd::panel_width; ++j)
        REQUIRE(ab[i * simd::panel_width + j] == ba[j * simd::panel_width + i]);
  });
}

TEST_CASE("simd: sums of Gaussian kernels agree with the scalar twin, and so does every single one", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double relative) {
      using Real = decltype(tag);
      constexpr std::size_t w = simd::panel_width;
      for (const double rate : {0.0, -1e-3, -0.5, -7.0}) {
        std::vector<Real> v(8 * w);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<Real>(0.037 * static_cast<double>(i));
        std::vector<double> rows_a(8 * simd::sums_per_row, 1.0), rows_b = rows_a, columns_a(w, 2.0),
                                                                 columns_b = columns_a;
        simd::gaussian_sums<Arch>(v.data(), 8, rate, rows_a.data(), columns_a.data());
        simd::gaussian_sums<simd::scalar>(v.data(), 8, rate, rows_b.data(), columns_b.data());
        for (std::size_t l = 0; l < w; ++l) REQUIRE(close(columns_a[l], columns_b[l], relative));
        for (std::size_t r = 0; r < 8; ++r) {
          double a = 0.0, b = 0.0;
          for (std::size_t l = 0; l < simd::sums_per_row; ++l) {
            a += rows_a[r * simd::sums_per_row + l];
            b += rows_b[r * simd::sums_per_row + l];
          }
          REQUIRE(close(a, b, relative));
        }
        std::vector<Real> single(v.begin() + w, v.begin() + 2 * w);
        simd::scaled_exp<Arch>(single.data(), rate);
        for (std::size_t l = 0; l < w; ++l) {
          const double y = rate * static_cast<double>(v[w + l]);
          REQUIRE(close(static_cast<double>(single[l]), std::exp(y), relative * (1.0 - 0.5 * y)));
        }
      }
    };
    check(0.0, 1e-15);
    check(0.0F, 3e-7);
  });
}

TEST_CASE("simd: sums of distances, and their total to twice the precision", "[simd]") {
  constexpr std::size_t w = simd::panel_width;
  tailwatch::testing::for_every_arch([]<class Arch>() {
    for (const std::size_t rows : {1U, 3U, 8U}) {
      std::vector<double> v(rows * w), own(rows * simd::sums_per_row, 1.0), columns(w, 2.0);
      std::vector<double> totals(simd::distance_totals, 0.0);
      for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<double>(i * i);
      v[5] = 0x1p120;  // a distance beside which all the others are rounding errors
      simd::distance_sums<Arch>(v.data(), rows, own.data(), columns.data(), totals.data());
      const auto size = static_cast<double>(v.size());
      simd::compensated_sum total;
      for (const double lane : totals) total.add(lane);
      total.add(-0x1p60);
      CHECK(total.value() == 0.5 * size * (size - 1.0) - 5.0);
      for (std::size_t l = 0; l < w; ++l) {
        double sum = 2.0;
        for (std::size_t r = 0; r < rows; ++r) sum += std::sqrt(v[r * w + l]);
        REQUIRE(close(columns[l], sum, 1e-15));
      }
      for (std::size_t r = 0; r < rows; ++r) {
        double sum = 0.0, lanes = 0.0;
        for (std::size_t l = 0; l < w; ++l) sum += std::sqrt(v[r * w + l]);
        for (std::size_t l = 0; l < simd::sums_per_row; ++l) lanes += own[r * simd::sums_per_row + l];
        REQUIRE(close(lanes, sum + 8.0, 1e-15));
      }
    }
  });
}

TEST_CASE("simd: the kernel of distance 0 is 1 and of a huge one nothing", "[simd]") {
  const auto check = [](auto tag) {
    using Real = decltype(tag);
    std::vector<Real> v(simd::panel_width, Real(0));
    v[1] = Real(1e30);
    simd::scaled_exp(v.data(), -1.0);
    CHECK(v[0] == Real(1));
    CHECK(v[1] < Real(1e-37));
    CHECK(v[31] == Real(1));
  };
  check(0.0);
  check(0.0F);
}
