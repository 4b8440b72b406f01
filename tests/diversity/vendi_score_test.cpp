// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#if __has_include(<Eigen/Eigenvalues>)

#include "tailwatch/diversity/vendi_score.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/summary/covariance.hpp"

namespace {

constexpr double vendi_infinity = std::numeric_limits<double>::infinity();

std::vector<double> vendi_points(std::size_t n, std::size_t d, tailwatch::core::random_engine& random) {
  std::vector<double> x(n * d);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = (tailwatch::core::uniform_01(random) - 0.3) / static_cast<double>(1 + i % d);
  return x;
}

}  // namespace

TEST_CASE("diversity: vendi_score of samples alike and apart", "[diversity]") {
  using tailwatch::diversity::kernel_matrix;
  using tailwatch::diversity::vendi_score;
  static_assert(tailwatch::core::estimator<tailwatch::diversity::vendi_score_fn>);
  for (const double q : {0.0, 0.5, 1.0, 1.0 + 1e-8, 2.0, 40.0, vendi_infinity}) {
    INFO("q " << q);
    const auto apart = vendi_score(kernel_matrix(6, [](std::size_t, std::size_t) { return 0.0; }), {.order = q});
    CHECK(tailwatch::testing::close(apart.value, 6.0, 1e-13));
    CHECK(std::isnan(apart.standard_error));  // as many kinds as samples: the scatter cannot be seen
    const auto alike = vendi_score(kernel_matrix(6, [](std::size_t, std::size_t) { return 1.0; }), {.order = q});
    CHECK(tailwatch::testing::close(alike.value, 1.0, 1e-13));
    CHECK(std::isnan(alike.standard_error));
    // Two blocks of 2 and 4: shares 1/3 and 2/3, as Hill numbers of counts.
    const auto blocks = vendi_score(
        kernel_matrix(6, [](std::size_t i, std::size_t j) { return (i < 2) == (j < 2) ? 1.0 : 0.0; }), {.order = q});
    const double hill = q == 0.0               ? 2.0
                        : std::abs(q - 1) < .1 ? std::exp(std::log(3.0) - 2.0 / 3.0 * std::log(2.0))
                        : q == vendi_infinity  ? 1.5
                                               : std::pow(std::pow(1.0 / 3, q) + std::pow(2.0 / 3, q), 1.0 / (1.0 - q));
    CHECK(tailwatch::testing::close(blocks.value, hill, 1e-7));
    CHECK(blocks.count == 6);
  }
}

TEST_CASE("diversity: vendi_score of blocks has the multinomial error of its Hill number", "[diversity]") {
  // Blocks of n₁ and n₂ equal samples: H = −Σ p ln p, whose delta error is √(Σ p (ln p + H)²/(n − 1)).
  const auto e = tailwatch::diversity::vendi_score(tailwatch::diversity::kernel_matrix(
      60, [](std::size_t i, std::size_t j) { return (i < 15) == (j < 15) ? 1.0 : 0.0; }));
  const double h = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75));
  const double variance = 0.25 * std::pow(std::log(0.25) + h, 2.0) + 0.75 * std::pow(std::log(0.75) + h, 2.0);
  CHECK(tailwatch::testing::close(e.value, std::exp(h), 1e-13));
  CHECK(tailwatch::testing::close(e.standard_error, std::exp(h) * std::sqrt(variance / 59.0), 1e-10));
}

TEST_CASE("diversity: vendi_score of rows is that of their kernel either way", "[diversity]") {
  tailwatch::core::random_engine random(82);
  for (const std::size_t d : std::vector<std::size_t>{1, 3, 7, 8, 20}) {
    constexpr std::size_t n = 8;
    const auto x = vendi_points(n, d, random);
    const tailwatch::diversity::kernel_matrix kernel(n, [&](std::size_t i, std::size_t j) {
      double product = 0.0, a = 0.0, b = 0.0;
      for (std::size_t k = 0; k < d; ++k) {
        product += x[i * d + k] * x[j * d + k];
        a += x[i * d + k] * x[i * d + k];
        b += x[j * d + k] * x[j * d + k];
      }
      return product / std::sqrt(a * b);
    });
    for (const double q : {0.0, 0.5, 1.0, 3.0, vendi_infinity}) {
      INFO("d " << d << " q " << q);
      const auto rows = tailwatch::diversity::vendi_score(tailwatch::rows(x, n, d), {.order = q});
      const auto full = tailwatch::diversity::vendi_score(kernel, {.order = q});
      CHECK(tailwatch::testing::close(rows.value, full.value, 1e-6));
      if (d > 1 && q > 0.0) CHECK(tailwatch::testing::close(rows.standard_error, full.standard_error, 1e-5));
    }
  }
  const std::vector<float> huge{3e38F, 0, 0, 1e-38F};
  CHECK(tailwatch::testing::close(tailwatch::diversity::vendi_score(tailwatch::rows(huge, 2, 2)).value, 2.0, 1e-14));
}

TEST_CASE("diversity: vendi_score without a value", "[diversity]") {
  using tailwatch::diversity::kernel_matrix;
  using tailwatch::diversity::vendi_score;
  CHECK(std::isnan(vendi_score(kernel_matrix()).value));
  CHECK(std::isnan(vendi_score(tailwatch::core::token_sequences()).value));
  CHECK(std::isnan(vendi_score(kernel_matrix(std::vector<double>{1, std::nan(""), std::nan(""), 1}, 2)).value));
  const std::vector<double> rows{1, 0, 0, 0};
  CHECK(std::isnan(vendi_score(tailwatch::rows(rows, 2, 2)).value));  // a row of zeros has no direction
  CHECK(vendi_score(tailwatch::rows(rows, 1, 4)).value == 1.0);
  CHECK(
      std::isnan(vendi_score(kernel_matrix(3, [](std::size_t, std::size_t) { return 0.5; }), {.standard_error = false})
                     .standard_error));
  CHECK_THROWS_AS(vendi_score(kernel_matrix(), {.order = -1.0}), std::invalid_argument);
}

TEST_CASE("diversity: the error of vendi_score matches its scatter", "[diversity]") {
  for (const double q : {0.5, 1.0, 2.0, vendi_infinity}) {
    const auto s = tailwatch::testing::replicate(300, 83, [&](auto& random) {
      const auto x = vendi_points(300, 5, random);
      return tailwatch::diversity::vendi_score(tailwatch::rows(x, 300, 5), {.order = q});
    });
    INFO("q " << q << " mean " << s.mean << " deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

#else

TEST_CASE("diversity: vendi_score is not tested without Eigen", "[diversity]") { SUCCEED(); }

TEST_CASE("diversity: vendi_score of a stream of unit points is that of the rows", "[diversity]") {
  using namespace tailwatch;
  core::random_engine random(83);
  for (const std::size_t n : {5U, 60U}) {  // fewer and more samples than dimensions
    constexpr std::size_t d = 8;
    std::vector<double> x = vendi_points(n, d, random);
    for (std::size_t i = 0; i < n; ++i) {
      double squares = 0.0;
      for (std::size_t c = 0; c < d; ++c) squares += x[i * d + c] * x[i * d + c];
      for (std::size_t c = 0; c < d; ++c) x[i * d + c] /= std::sqrt(squares);
    }
    summary::covariance first(d), second(d);
    first.update(rows(std::span<const double>(x).first(2 * d), 2, d));
    second.update(rows(std::span<const double>(x).subspan(2 * d), n - 2, d));
    second.merge(first);
    for (const double q : {0.0, 0.5, 1.0, 2.0, vendi_infinity}) {
      const auto of_rows = diversity::vendi_score(rows(x, n, d), {.order = q});
      const auto streamed = diversity::vendi_score(second, {.order = q});
      INFO("n " << n << ", q " << q);
      CHECK(testing::close(streamed.value, of_rows.value, 1e-9));
      CHECK(streamed.count == n);
      CHECK(std::isnan(streamed.standard_error));
    }
  }
  summary::covariance raw(2);
  CHECK(std::isnan(diversity::vendi_score(raw).value));
  const std::vector<double> longer{3.0, 4.0, 4.0, 3.0};
  raw.update(rows(longer, 2, 2));
  CHECK_THROWS_AS(diversity::vendi_score(raw), std::invalid_argument);
}

#endif
