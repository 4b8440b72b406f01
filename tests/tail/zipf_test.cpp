// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/zipf.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

namespace {

/// Counts that follow p_r ∝ (r + q)^{−s} as closely as whole numbers of that total can.
std::vector<std::uint64_t> mandelbrot_counts(std::size_t ranks, double s, double q, double total) {
  double sum = 0.0;
  for (std::size_t r = 1; r <= ranks; ++r) sum += std::pow(static_cast<double>(r) + q, -s);
  std::vector<std::uint64_t> out;
  for (std::size_t r = 1; r <= ranks; ++r)
    out.push_back(static_cast<std::uint64_t>(total * std::pow(static_cast<double>(r) + q, -s) / sum + 0.5));
  return out;
}

}  // namespace

TEST_CASE("tail: zipf of two types in closed form", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::zipf_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::tail::zipf_mandelbrot_fn>);
  const auto fit = tailwatch::tail::zipf(std::vector<int>{1, 0, 3});  // p₂/p₁ = 2^{−s} = 1/3
  CHECK(tailwatch::testing::close(fit.exponent.value, std::log(3.0) / std::log(2.0), 1e-13));
  const auto known =
      tailwatch::tail::zipf(std::vector<int>{1, 0, 3}, {.error = tailwatch::tail::zipf_error::known_ranks});
  CHECK(tailwatch::testing::close(known.exponent.standard_error, 1.0 / (std::log(2.0) * std::sqrt(4.0 * 3.0 / 16.0)),
                                  1e-13));
  CHECK(tailwatch::testing::close(fit.log_likelihood, 3.0 * std::log(0.75) + std::log(0.25), 1e-14));
  CHECK(fit.exponent.count == 4);
}

TEST_CASE("tail: zipf of equal counts is flat", "[tail]") {
  CHECK(std::abs(tailwatch::tail::zipf(std::vector<int>(40, 7)).exponent.value) < 1e-13);
  CHECK(tailwatch::tail::zipf(std::vector<int>(40, 7), {.vocabulary_size = 400}).exponent.value > 0.5);
}

TEST_CASE("tail: zipf where there is no law", "[tail]") {
  CHECK(std::isnan(tailwatch::tail::zipf(std::vector<int>{}).exponent.value));
  CHECK(std::isnan(tailwatch::tail::zipf(std::vector<int>{5}).exponent.value));
  CHECK(std::isnan(tailwatch::tail::zipf(std::vector<int>{5}, {.vocabulary_size = 9}).exponent.value));
  CHECK(std::isnan(tailwatch::tail::zipf_mandelbrot(std::vector<int>{5, 4}).exponent.value));
  CHECK_THROWS_AS(tailwatch::tail::zipf(std::vector<int>{5, 4, 1}, {.vocabulary_size = 2}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::tail::zipf_mandelbrot(std::vector<int>{5, -4}), std::invalid_argument);
}

TEST_CASE("tail: zipf and zipf_mandelbrot recover the law of exact counts", "[tail]") {
  const auto plain = mandelbrot_counts(500, 1.1, 0.0, 1e12);
  CHECK(std::abs(tailwatch::tail::zipf(plain).exponent.value - 1.1) < 1e-9);
  CHECK(std::abs(tailwatch::tail::zipf_mandelbrot(plain).offset.value) < 1e-7);
  for (const double q : {-0.6, 0.5, 3.0, 40.0}) {
    INFO("q " << q);
    const auto counts = mandelbrot_counts(700, 1.4, q, 1e12);
    const auto fit = tailwatch::tail::zipf_mandelbrot(counts);
    CHECK(std::abs(fit.exponent.value - 1.4) < 1e-7);
    CHECK(std::abs(fit.offset.value - q) < 1e-6 * (1.0 + q));
    CHECK(fit.log_likelihood > tailwatch::tail::zipf(counts).log_likelihood);
  }
}

TEST_CASE("tail: zipf_mandelbrot says when an exponential law fits better", "[tail]") {
  std::vector<std::uint64_t> counts;
  for (int r = 0; r < 60; ++r) counts.push_back(static_cast<std::uint64_t>(1e9 * std::exp(-0.25 * r)));
  CHECK(std::isnan(tailwatch::tail::zipf_mandelbrot(counts).exponent.value));
}

TEST_CASE("tail: the error of zipf matches its scatter where ranks are clear", "[tail]") {
  const auto source = tailwatch::testing::categorical::zipf(12, 1.2);
  const auto s = tailwatch::testing::replicate(
      400, 49, [&](auto& random) { return tailwatch::tail::zipf(source.counts(20000, random)).exponent; });
  INFO("mean " << s.mean << ", deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(s.mean - 1.2) < 0.005);
}

TEST_CASE("tail: the error of zipf matches its scatter where the sample ranks", "[tail]") {
  for (const double exponent : {1.0, 0.0}) {
    const auto source = tailwatch::testing::categorical::zipf(exponent > 0.0 ? 2000 : 50, exponent);
    const auto s = tailwatch::testing::replicate(400, 51, [&](auto& random) {
      return tailwatch::tail::zipf(source.counts(exponent > 0.0 ? 2000 : 1000, random)).exponent;
    });
    INFO((exponent > 0.0 ? "Zipf" : "equal")
         << ": mean " << s.mean << ", deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

TEST_CASE("tail: zipf has the published error by option", "[tail]") {
  const std::vector<int> x{40, 20, 13, 10};
  const auto known = tailwatch::tail::zipf(x, {.error = tailwatch::tail::zipf_error::known_ranks}).exponent;
  double sum = 0.0, first = 0.0, second = 0.0;
  for (int r = 1; r <= 4; ++r) {
    const double l = std::log(r), p = std::exp(-known.value * l);
    sum += p;
    first += p * l;
    second += p * l * l;
  }
  const double variance = second / sum - first / sum * (first / sum);
  CHECK(tailwatch::testing::close(known.standard_error, 1.0 / std::sqrt(83.0 * variance), 1e-9));
  CHECK(known.value == tailwatch::tail::zipf(x).exponent.value);
  CHECK(std::isnan(tailwatch::tail::zipf(std::vector<int>(40, 7)).exponent.standard_error));
}

TEST_CASE("tail: the errors of zipf_mandelbrot match their scatter where ranks are clear", "[tail]") {
  std::vector<double> shares;
  for (int r = 1; r <= 12; ++r) shares.push_back(std::pow(r + 1.5, -2.0));
  const tailwatch::testing::categorical source(shares);
  const auto fit = [&](auto& random) { return tailwatch::tail::zipf_mandelbrot(source.counts(100000, random)); };
  const auto s = tailwatch::testing::replicate(200, 50, [&](auto& random) { return fit(random).exponent; });
  const auto q = tailwatch::testing::replicate(200, 50, [&](auto& random) { return fit(random).offset; });
  INFO("s: deviation " << s.deviation << ", mean standard error " << s.mean_error);
  INFO("q: deviation " << q.deviation << ", mean standard error " << q.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(q.discrepancy()) < 4.0);
}
