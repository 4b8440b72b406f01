// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/heaps.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: heaps recovers an exact law", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::heaps_fn>);
  std::vector<tailwatch::tail::vocabulary_point> curve;
  for (double n = 10.0; n < 1e6; n *= 3.0) curve.push_back({n, 7.0 * std::pow(n, 0.6)});
  const auto fit = tailwatch::tail::heaps(curve);
  CHECK(tailwatch::testing::close(fit.factor.value, 7.0, 1e-12));
  CHECK(tailwatch::testing::close(fit.exponent.value, 0.6, 1e-12));
  CHECK(std::isnan(fit.exponent.standard_error));
  curve.push_back({0.0, 1.0});
  CHECK(std::isnan(tailwatch::tail::heaps(curve).exponent.value));
}

TEST_CASE("tail: vocabulary_growth counts new words", "[tail]") {
  const std::vector<int> tokens{1, 1, 2, 3, 3, 3, 4, 1, 5};
  const auto by_step = tailwatch::tail::vocabulary_growth(tokens, {.step = 2});
  REQUIRE(by_step.size() == 4);
  CHECK(by_step[3].tokens == 8.0);
  CHECK(by_step[3].types == 4.0);
  const auto by_chunk = tailwatch::tail::vocabulary_growth(tokens, {.chunks = 2});
  REQUIRE(by_chunk.size() == 2);
  CHECK(by_chunk[1].tokens == 8.0);
  CHECK(tailwatch::tail::vocabulary_growth(std::vector<int>{}, {.chunks = 3}).empty());
  CHECK(std::isnan(tailwatch::tail::heaps(tokens).exponent.value));
  CHECK_THROWS_AS(tailwatch::tail::heaps(tokens, {.step = 0}), std::invalid_argument);
}

TEST_CASE("tail: the errors of heaps match their scatter", "[tail]") {
  // Zipf's law, and equal shares whose growth ends within the text
  for (const auto& [types, exponent, seed] :
       {std::tuple{5000, 1.0, 71}, std::tuple{5000, 1.5, 72}, std::tuple{1500, 0.0, 73}}) {
    const auto source = tailwatch::testing::categorical::zipf(static_cast<std::size_t>(types), exponent);
    for (const bool of_factor : {false, true}) {
      const auto s = tailwatch::testing::replicate(400, static_cast<std::uint64_t>(seed), [&](auto& random) {
        const auto fit = tailwatch::tail::heaps(source.tokens(4000, random), {.step = 160});
        return of_factor ? fit.factor : fit.exponent;
      });
      INFO(types << " types, exponent " << exponent << ": deviation " << s.deviation << ", mean standard error "
                 << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
  }
}

TEST_CASE("tail: heaps where every token is new, where all are known, and at many points", "[tail]") {
  std::vector<int> tokens(3000);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int>(i);  // each one new
  const auto fresh = tailwatch::tail::heaps(tokens, {.step = 100});
  CHECK(tailwatch::testing::close(fresh.exponent.value, 1.0, 1e-12));
  CHECK(!(fresh.exponent.standard_error <= 0.0));
  for (int& t : tokens) t %= 20;  // all known at the first point, as nearly always
  const auto flat = tailwatch::tail::heaps(tokens, {.step = 100});
  CHECK(std::abs(flat.exponent.value) < 1e-12);
  CHECK(!(flat.exponent.standard_error > 1e-2));
  // many points are grouped, which moves the error little
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int>(i * i % 2003 % (i / 3 + 1));
  const auto fine = tailwatch::tail::heaps(tokens, {.step = 1}), coarse = tailwatch::tail::heaps(tokens, {.step = 10});
  CHECK(tailwatch::testing::close(fine.exponent.standard_error, coarse.exponent.standard_error, 0.5));
}
