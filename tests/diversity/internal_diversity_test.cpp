// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/internal_diversity.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/summary/covariance.hpp"

TEST_CASE("diversity: internal_diversity in closed form", "[diversity]") {
  using tailwatch::diversity::internal_diversity;
  using tailwatch::diversity::kernel_matrix;
  static_assert(tailwatch::core::estimator<tailwatch::diversity::internal_diversity_fn>);
  const auto alike = internal_diversity(kernel_matrix(5, [](std::size_t, std::size_t) { return 1.0; }));
  CHECK(alike.value == 0.0);
  CHECK(std::isnan(alike.standard_error));
  const auto apart = internal_diversity(kernel_matrix(5, [](std::size_t, std::size_t) { return 0.0; }));
  CHECK(tailwatch::testing::close(apart.value, 0.8, 1e-15));
  CHECK(std::isnan(apart.standard_error));
  // Row means 1/2, 1/2, 1/3: mean 4/9, s² = 1/108.
  const auto e = internal_diversity(kernel_matrix(std::vector<double>{1, .5, 0, .5, 1, 0, 0, 0, 1}, 3));
  CHECK(tailwatch::testing::close(e.value, 5.0 / 9.0, 1e-14));
  CHECK(tailwatch::testing::close(e.standard_error, 2.0 * std::sqrt(1.0 / 108.0 / 3.0), 1e-13));
  CHECK(e.count == 3);
  CHECK(std::isnan(internal_diversity(kernel_matrix()).value));
  CHECK(std::isnan(internal_diversity(kernel_matrix(std::vector<double>{1, std::nan(""), std::nan(""), 1}, 2)).value));
  const auto one = internal_diversity(kernel_matrix(std::vector<double>{1}, 1));
  CHECK(one.value == 0.0);
  CHECK(std::isnan(one.standard_error));
}

TEST_CASE("diversity: the error of internal_diversity matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(200, 1.0);
  const auto s = tailwatch::testing::replicate(300, 81, [&](auto& random) {
    tailwatch::core::token_sequences text;
    for (int i = 0; i < 60; ++i) text.push_back(source.tokens(5 + tailwatch::core::uniform_below(random, 30), random));
    return tailwatch::diversity::internal_diversity(text);
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: internal_diversity of embeddings is that of their cosines, and streams", "[diversity]") {
  using namespace tailwatch;
  core::random_engine random(82);
  constexpr std::size_t n = 40, d = 6;
  std::vector<float> x(n * d);
  for (float& v : x) v = static_cast<float>(core::uniform_01(random) - 0.2);
  const auto cosine = [&](std::size_t i, std::size_t j) {
    double xx = 0.0, yy = 0.0, xy = 0.0;
    for (std::size_t c = 0; c < d; ++c) {
      const double a = x[i * d + c], b = x[j * d + c];
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    return xy / std::sqrt(xx * yy);
  };
  const auto matrix = diversity::internal_diversity(diversity::kernel_matrix(n, cosine));
  const auto of_rows = diversity::internal_diversity(rows(x, n, d));
  CHECK(testing::close(of_rows.value, matrix.value, 1e-13));
  CHECK(testing::close(of_rows.standard_error, matrix.standard_error, 1e-12));
  CHECK(of_rows.count == n);

  std::vector<double> unit(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    double squares = 0.0;
    for (std::size_t c = 0; c < d; ++c) squares += static_cast<double>(x[i * d + c]) * x[i * d + c];
    for (std::size_t c = 0; c < d; ++c) unit[i * d + c] = x[i * d + c] / std::sqrt(squares);
  }
  summary::covariance first(d), second(d);
  first.update(rows(std::span<const double>(unit).first(11 * d), 11, d));
  second.update(rows(std::span<const double>(unit).subspan(11 * d), n - 11, d));
  first.merge(second);
  const auto streamed = diversity::internal_diversity(first);
  CHECK(testing::close(streamed.value, matrix.value, 1e-12));
  CHECK(testing::close(streamed.standard_error, matrix.standard_error, 1e-10));

  summary::covariance raw(d);
  CHECK(std::isnan(diversity::internal_diversity(raw).value));
  std::vector<double> doubled = unit;
  for (double& v : doubled) v *= 2.0;
  raw.update(rows(doubled, n, d));
  CHECK_THROWS_AS(diversity::internal_diversity(raw), std::invalid_argument);
  x[3] = std::numeric_limits<float>::infinity();
  CHECK(std::isnan(diversity::internal_diversity(rows(x, n, d)).value));
  const std::vector<double> zero(2 * d, 0.0);
  CHECK(std::isnan(diversity::internal_diversity(rows(zero, 2, d)).value));
  const std::vector<double> none;
  CHECK(diversity::internal_diversity(rows(none, 0, d)).count == 0);
}
